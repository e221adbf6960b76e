"""Worlds read off schemas: what calls find and change, and what tasks in them prove."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rewards import ToolCall, Toolset
from rlvr.environments.checks import findings
from rlvr.environments.conversation import PolicyTurn, hold, scripted
from rlvr.environments.episode import Episode
from rlvr.environments.opening import open_environment
from rlvr.environments.protocol import Outcome, ToolResult
from rlvr.environments.worlds import tasks, wishes
from rlvr.environments.worlds.arithmetic import arithmetic
from rlvr.environments.worlds.environment import WorldEnvironment
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.environments.worlds.goal import Change, Goal, changes_of, compare
from rlvr.environments.worlds.phrases import Kind, participle
from rlvr.environments.worlds.reading import read_operations
from rlvr.environments.worlds.schema import WorldSchema
from rlvr.environments.worlds.tasks import KINDS
from rlvr.environments.worlds.telling import is_told
from rlvr.environments.worlds.world import World, first_keys
from rlvr.errors import UserError

Tools = list[dict[str, Any]]

AIRLINE = Path(__file__).parents[3] / "shared" / "data" / "tau_airline_tools.json"


@pytest.fixture
def world(shop: Tools) -> World:
    return World(WorldSchema.of(shop), seed=3)


@pytest.fixture(scope="session")
def episodes(shop: Tools) -> list[Episode]:
    return list(generate(Recipe(shop, rows=120)))


def key_of(world: World, entity: str, place: int = 0) -> Any:
    return first_keys(world.schema, world.seed, entity)[place]


def called(world: World, name: str, **arguments: Any) -> Any:
    result = world.call(ToolCall(name, arguments))
    return json.loads(result.content) | {"is_error": result.is_error}


def test_tools_say_what_they_do_with_which_records(shop: Tools) -> None:
    operations = read_operations(Toolset(shop))
    assert {name: (o.kind, o.entity, o.key, dict(o.links)) for name, o in operations.items()} == {
        "get_order": (Kind.READ, "order", "order_id", {}),
        "find_orders": (Kind.SEARCH, "order", None, {}),
        "create_order": (Kind.CREATE, "order", None, {"customer_id": "customer"}),
        "update_order": (Kind.UPDATE, "order", "order_id", {}),
        "cancel_order": (Kind.REMOVE, "order", "order_id", {}),
        "get_customer": (Kind.READ, "customer", "customer_id", {}),
        "send_message": (Kind.ACT, "", None, {"customer_id": "customer"}),
        "calculate": (Kind.ANSWER, "", None, {}),
    }


@pytest.mark.parametrize(
    ("name", "properties", "kind", "entity"),
    [
        ("git_branch", {"branch_type": {"type": "string"}}, Kind.ANSWER, ""),
        ("getUserDetails", {"userId": {"type": "string"}}, Kind.READ, "user"),
        ("get_weather", {"city": {"type": "string"}}, Kind.ANSWER, ""),
        ("list_all_product_types", {}, Kind.SEARCH, "product_type"),
        ("modify_pending_order_address", {"order_id": {"type": "string"}}, Kind.UPDATE, "order"),
        ("write_file", {"path": {"type": "string"}, "content": {"type": "string"}}, Kind.CREATE, "file"),
        ("delete_everything", {}, Kind.ACT, ""),
        ("remove-tracks-playlist", {"playlist_id": {"type": "string"}}, Kind.ACT, ""),
        ("return_delivered_order_items", {"order_id": {"type": "string"}}, Kind.REMOVE, "order"),
        ("issue_read", {"issue_id": {"type": "string"}}, Kind.READ, "issue"),
        ("message_get_login_status", {}, Kind.ANSWER, ""),
        ("order_cancel", {"order_id": {"type": "string"}}, Kind.REMOVE, "order"),
        ("issue_refund", {"amount": {"type": "number"}}, Kind.CREATE, "refund"),
        ("archive_project", {"project_id": {"type": "string"}}, Kind.UPDATE, "project"),
        ("get_pods", {"namespace": {"type": "string"}}, Kind.SEARCH, "pod"),
        ("get_directions", {"origin": {"type": "string"}}, Kind.ANSWER, ""),
        ("search_weather_around_place", {"place": {"type": "string"}}, Kind.ANSWER, ""),
        ("find_nearest_tire_shop", {}, Kind.ANSWER, ""),
        ("get_bills_for_customer", {"customer_id": {"type": "string"}}, Kind.SEARCH, "bill"),
        ("get_customer_balance", {"customer_id": {"type": "string"}}, Kind.ANSWER, ""),
        ("add_user_to_group", {"group_id": {"type": "string"}, "user_id": {"type": "string"}}, Kind.ACT, ""),
        ("remove_user_from_group", {"group_id": {"type": "string"}, "user_id": {"type": "string"}}, Kind.ACT, ""),
        ("post_tasks_taskId_complete", {"taskId": {"type": "string"}}, Kind.UPDATE, "task"),
        ("delete_tasks_taskId", {"taskId": {"type": "string"}}, Kind.REMOVE, "task"),
        ("get_tasks_taskId_comments", {"taskId": {"type": "string"}}, Kind.SEARCH, "comment"),
        ("get_symbol_by_name", {"name": {"type": "string"}}, Kind.ANSWER, ""),
    ],
)
def test_a_name_says_what_a_tool_does(name: str, properties: Any, kind: Kind, entity: str) -> None:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    operation = read_operations(Toolset([{"name": name, "parameters": schema}]))[name]
    assert (operation.kind, operation.entity) == (kind, entity)


def operations_of(*tools: str) -> dict[str, tuple[Kind, str, str | None]]:
    """Return what tools of these names and required parameters do: `get_order order_id`."""
    described = []
    for tool in tools:
        name, *parameters = tool.split()
        properties = {parameter: {"type": "string"} for parameter in parameters}
        described.append({"name": name, "parameters": {"properties": properties, "required": parameters}})
    return {name: (o.kind, o.entity, o.key) for name, o in read_operations(Toolset(described)).items()}


@pytest.mark.parametrize(
    ("tools", "name", "kind", "entity", "key"),
    [
        # A tool is about the record that its name ends with, not about the one that this stands in.
        (("list_rules policy_id", "delete_rule policy_id rule_id"), "delete_rule", Kind.REMOVE, "rule", "rule_id"),
        (
            ("list_policy_rules policy_id", "delete_policy_rule policy_id rule_id"),
            "delete_policy_rule",
            Kind.REMOVE,
            "policy_rule",
            "rule_id",
        ),
        (("delete_theme_logo theme_id",), "delete_theme_logo", Kind.ACT, "", None),
        # What parameters call otherwise than tools do.
        (
            ("list_applications", "get_application app_id"),
            "get_application",
            Kind.READ,
            "application",
            "app_id",
        ),
        (
            ("search_contacts", "modify_contact person_id", "remove_contact person_id"),
            "remove_contact",
            Kind.REMOVE,
            "contact",
            "person_id",
        ),
        (("list_big_events", "get_big_event eventId"), "get_big_event", Kind.READ, "big_event", "eventId"),
        # A list that has records of its own is one.
        (("list_task_lists", "list_tasks task_list_id"), "list_tasks", Kind.SEARCH, "task", None),
        (("list_task_lists", "create_task task_list_id title"), "create_task", Kind.CREATE, "task", None),
        (("get_product_list", "get_product product_id"), "get_product", Kind.READ, "product", "product_id"),
        # A number names a record where tools are about its kind.
        (("list_issues repo", "get_issue repo issue_number"), "get_issue", Kind.READ, "issue", "issue_number"),
        (("get_issue repo issue_number",), "get_issue", Kind.ANSWER, "", None),
        (("get_pods", "describe_pod pod_name"), "describe_pod", Kind.READ, "pod", "pod_name"),
        # What each record has one of is a record of its own, under the same key.
        (
            ("get_error_page brand_id", "replace_error_page brand_id content"),
            "get_error_page",
            Kind.READ,
            "error_page",
            "brand_id",
        ),
        (("list_users", "list_group_users group_id"), "list_group_users", Kind.SEARCH, "user", None),
        (("get_a", "get_b", "get_orders", "get_order order_id"), "get_orders", Kind.SEARCH, "order", None),
    ],
)
def test_the_names_of_a_toolset_are_read_together(
    tools: tuple[str, ...], name: str, kind: Kind, entity: str, key: str | None
) -> None:
    assert operations_of(*tools)[name] == (kind, entity, key)


def world_of(*tools: dict[str, Any]) -> World:
    return World(WorldSchema.of([{"type": "function", "function": tool} for tool in tools]), seed=3)


def tool(name: str, **properties: str) -> dict[str, Any]:
    """Return a tool whose parameters are all required."""
    members = {each: {"type": kind} for each, kind in properties.items()}
    return {"name": name, "parameters": {"type": "object", "properties": members, "required": list(members)}}


def test_a_verb_that_gives_no_values_changes_the_status() -> None:
    world = world_of(tool("get_ticket", ticket_id="string"), tool("close_ticket", ticket_id="string"))
    key = key_of(world, "ticket")
    called(world, "close_ticket", ticket_id=key)
    assert called(world, "get_ticket", ticket_id=key)["status"] == "closed"


@pytest.mark.parametrize(
    ("verb", "done"), [("close", "closed"), ("pin", "pinned"), ("unpin", "unpinned"), ("reopen", "reopened")]
)
def test_participles(verb: str, done: str) -> None:
    assert participle(verb) == done


def test_a_person_has_the_name_of_one() -> None:
    world = world_of(tool("get_user", user_id="string"))
    names = {called(world, "get_user", user_id=key_of(world, "user", place))["name"] for place in range(5)}
    assert names.isdisjoint({"Weekly Review", "Quarterly Review", "Family Survey", "Summer Workshop"})
    assert all(re.match(r"[A-Z]\w+ [A-Z]", name) for name in names), names


def test_a_record_is_found_only_where_it_stands() -> None:
    place = {"project_id": "string", "task_id": "string"}
    world = world_of(
        tool("list_tasks", project_id="string"), tool("get_task", **place), tool("rename_task", **place, title="string")
    )
    key = key_of(world, "task")
    at = world.table("task")[str(key)]["project_id"]
    elsewhere = next(each for each in first_keys(world.schema, world.seed, "project") if each != at)
    assert not called(world, "get_task", project_id=at, task_id=key)["is_error"]
    refused = called(world, "rename_task", project_id=elsewhere, task_id=key, title="x")
    assert refused["error"] == f"no task {key!r} in project {elsewhere!r}"
    assert changes_of(world) == []


def test_a_part_of_a_record_has_its_key_and_is_changed_alone() -> None:
    world = world_of(
        tool("get_brand", brand_id="string"),
        tool("get_error_page", brand_id="string"),
        tool("replace_error_page", brand_id="string", content="string"),
    )
    key = key_of(world, "brand")
    called(world, "replace_error_page", brand_id=key, content="gone")
    assert [str(change) for change in changes_of(world)] == [f"error_page {key!r} changed: content='gone'"]
    assert called(world, "get_error_page", brand_id="nothing")["error"] == "no brand 'nothing'"


def test_each_write_of_a_solution_is_needed() -> None:
    """A flag that a record has already need not be set."""
    flag = {"type": "object", "properties": {"app_id": {"type": "integer"}, "is_public": {"type": "boolean"}}}
    key = {"type": "object", "properties": {"client_id": {"type": "integer"}}, "required": ["client_id"]}
    tools = [
        {
            "name": "update_app",
            "description": "Update an app.",
            "parameters": {**flag, "required": list(flag["properties"])},
        },
        {"name": "delete_client", "description": "Delete a client.", "parameters": key},
    ]
    for episode in generate(Recipe(tools, rows=20, kinds={"several": 1.0})):
        for place in range(2):
            steps = [step for number, step in enumerate(episode.solution) if number != place]
            shorter = replace(episode, solution=tuple(steps))
            (held,) = hold([(shorter, open_environment(shorter))], scripted(shorter))
            assert not held.outcome.is_reached


def test_a_corrected_question_is_answered_for_the_corrected_value() -> None:
    tools = [tool("get_rate", currency="string", day="string")]
    for episode in generate(Recipe(tools, rows=20, kinds={"correction": 1.0})):
        assert not list(findings(episode.to_json()))


def test_a_solution_that_tells_what_no_tool_returns_is_named(episodes: list[Episode]) -> None:
    row = next(e for e in episodes if e.options["goal"]["told"] and not e.options["goal"]["changes"]).to_json()
    text = json.dumps(row).replace(json.dumps(row["episode"]["goal"]["told"][0])[1:-1], "no such thing")
    assert [finding.kind for finding in findings(json.loads(text))] == ["unsolved"]


def test_a_unit_in_a_name_is_said_behind_the_value() -> None:
    assert wishes._with_values({"duration_minutes": 13, "city": "Graz"}, {}) == "with duration 13 minutes and city Graz"
    assert wishes._with_values({"days": 3}, {}) == "with days 3"


def test_a_search_finds_what_a_read_shows(world: World) -> None:
    order = called(world, "get_order", order_id=key_of(world, "order"))
    assert not order["is_error"]
    found = called(world, "find_orders", email=order["email"])
    assert [each["order_id"] for each in found["orders"]] == [order["order_id"]]


def test_writes_change_what_reads_return(world: World) -> None:
    key = key_of(world, "order")
    called(world, "update_order", order_id=key, email="new@example.com")
    assert called(world, "get_order", order_id=key)["email"] == "new@example.com"
    called(world, "cancel_order", order_id=key, reason="late")
    assert called(world, "get_order", order_id=key)["status"] == "cancelled"


def test_a_created_record_can_be_read_and_its_default_need_not_be_said(world: World) -> None:
    customer = key_of(world, "customer")
    order = called(world, "create_order", customer_id=customer, quantity=2)
    assert called(world, "get_order", order_id=order["order_id"])["quantity"] == 2
    twin = World(world.schema, world.seed)
    called(twin, "create_order", customer_id=customer, quantity=2, gift=False)
    assert compare(world.schema, Goal(tuple(changes_of(world))), changes_of(twin)).is_reached


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("get_order", {"order_id": "nothing"}, "no order 'nothing'"),
        ("get_order", {}, "invalid arguments"),
        ("get_order", {"order_id": 7}, "invalid arguments: order_id"),
        ("send_message", {"customer_id": "nobody", "text": "hi"}, "no customer 'nobody'"),
        ("fly", {}, "there is no tool named 'fly'"),
    ],
)
def test_errors_are_told_as_a_service_tells_them(world: World, name: str, arguments: Any, error: str) -> None:
    result = called(world, name, **arguments)
    assert result["is_error"]
    assert error in result["error"]
    assert changes_of(world) == []


def test_what_is_cancelled_cannot_be_changed_or_cancelled_again(world: World) -> None:
    key = key_of(world, "order")
    called(world, "cancel_order", order_id=key, reason="late")
    for name, arguments in (("update_order", {"email": "a@b.example"}), ("cancel_order", {"reason": "again"})):
        assert "conflict" in called(world, name, order_id=key, **arguments)["error"]


def test_a_busy_tool_works_the_second_time_and_one_that_is_down_never(shop: Tools) -> None:
    world = World(WorldSchema.of(shop), 3, {"get_order": "busy", "get_customer": "down"})
    order, customer = {"order_id": key_of(world, "order")}, {"customer_id": key_of(world, "customer")}
    assert [called(world, "get_order", **order)["is_error"] for _ in range(2)] == [True, False]
    assert [called(world, "get_customer", **customer)["is_error"] for _ in range(2)] == [True, True]


def test_what_a_call_finds_does_not_depend_on_the_calls_before(shop: Tools) -> None:
    one, two = World(WorldSchema.of(shop), 3), World(WorldSchema.of(shop), 3)
    called(one, "get_customer", customer_id=key_of(one, "customer"))
    key = key_of(one, "order")
    assert called(one, "get_order", order_id=key) == called(two, "get_order", order_id=key)


def test_the_order_of_two_creations_is_no_matter(shop: Tools) -> None:
    calls = [{"customer_id": None, "quantity": quantity} for quantity in (1, 2)]
    worlds = [World(WorldSchema.of(shop), 3) for _ in range(2)]
    for world, in_order in zip(worlds, (calls, calls[::-1]), strict=True):
        for call in in_order:
            called(world, "create_order", **{**call, "customer_id": key_of(world, "customer")})
    assert compare(worlds[0].schema, Goal(tuple(changes_of(worlds[0]))), changes_of(worlds[1])).is_reached


def test_a_needless_change_keeps_the_goal_from_being_reached(world: World) -> None:
    called(world, "cancel_order", order_id=key_of(world, "order"), reason="late")
    goal = Goal(tuple(changes_of(world)))
    called(world, "send_message", customer_id=key_of(world, "customer"), text="hello")
    outcome = compare(world.schema, goal, changes_of(world))
    assert not outcome.is_reached
    assert outcome.progress == 0.5
    assert outcome.reasons[0].startswith("not wanted: send_message done")


def test_a_goal_survives_its_json() -> None:
    goal = Goal((Change("changed", "order", 7, {"status": "cancelled"}),), ("12",), declined=True)
    assert Goal.from_json(json.loads(json.dumps(goal.to_json()))) == goal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * (3 + 4)", 14),
        ("1/3", 0.333333),
        ("-5 + 2", -3),
        ("1/0", None),
        ("2 ** 99", None),
        ("x + 1", None),
        ("7", None),
    ],
)
def test_arithmetic(text: str, value: float | None) -> None:
    assert arithmetic(text) == value


def test_every_kind_of_task_is_drawn(episodes: list[Episode]) -> None:
    assert {episode.extra_info["kind"] for episode in episodes} == set(KINDS)


def test_every_solution_reaches_its_goal_and_doing_nothing_does_not(episodes: list[Episode]) -> None:
    for episode in episodes:
        (held,) = hold([(episode, open_environment(episode))], scripted(episode))
        assert held.outcome.is_reached, episode.to_json()
        assert held.outcome.progress == 1.0
        assert held.end == "over"
        (idle,) = hold([(episode, open_environment(episode))], lambda requests: [PolicyTurn("Done.")] * len(requests))
        assert not idle.outcome.is_reached, episode.to_json()


def test_episodes_are_the_same_for_the_same_seed_and_others_for_another(shop: Tools, episodes: list[Episode]) -> None:
    again = [episode.to_json() for episode in generate(Recipe(shop, rows=30))]
    assert again == [episode.to_json() for episode in episodes[:30]]
    assert next(generate(Recipe(shop, rows=1, seed=1))).to_json() != again[0]


def test_an_episode_survives_its_json(episodes: list[Episode]) -> None:
    for episode in episodes[:20]:
        assert Episode.from_json(json.loads(json.dumps(episode.to_json()))) == episode


def test_what_has_to_be_found_or_asked_for_is_not_given_away(episodes: list[Episode]) -> None:
    asked = [episode for episode in episodes if episode.extra_info["kind"] == "ask"]
    assert asked
    for episode in asked:
        hidden = episode.options["user"]["hidden"]
        assert not any(
            f" {value} " in f" {episode.prompt[0]['content']} " for value in hidden.values() if len(str(value)) > 3
        )


def wrong_calls(episode: Episode, rng: Random) -> list[ToolCall]:
    """Calls of offered tools, with values of the solution mixed up."""
    steps = [call for step in episode.solution for call in step.calls]
    values = [value for call in steps for value in call.arguments.values()] or ["x"]
    calls = []
    for _ in range(rng.randint(1, 4)):
        function = rng.choice(episode.tools)["function"]
        names = function["parameters"].get("properties", {})
        calls.append(ToolCall(function["name"], {name: rng.choice([*values, 1, "x"]) for name in names}))
    return calls


def paths_that_reach(episodes: list[Episode], n: int) -> list[Any]:
    reached = []
    for number in range(n):
        episode, rng = episodes[number % len(episodes)], Random(number)
        environment = WorldEnvironment.begin(episode)
        calls = wrong_calls(episode, rng)
        for call in calls:
            environment.answer(call)
        environment.reply("That is done.")
        right = [call for step in episode.solution for call in step.calls]
        if environment.outcome().is_reached and not all(call in calls for call in right[-1:]):
            reached.append((episode.to_json(), calls))
    return reached


def outcome_of(episode: Episode, *turns: ToolCall | str) -> Outcome:
    """Hold an episode by these calls and texts, and return how far it came."""
    environment = WorldEnvironment.begin(episode)
    for turn in turns:
        environment.reply(turn) if isinstance(turn, str) else environment.answer(turn)
    return environment.outcome()


def the_first(episodes: list[Episode], kind: str, tool: str) -> Episode:
    return next(e for e in episodes if (e.extra_info["kind"], e.extra_info["tool"]) == (kind, tool))


def test_a_record_that_has_to_be_found_is_described_where_its_name_would_stand(episodes: list[Episode]) -> None:
    requests = [str(each.prompt[-1]["content"]) for each in episodes if each.extra_info["kind"] == "lookup"]
    assert len(requests) > 5
    assert all(" with " in text or " of " in text for text in requests)
    assert not [text for text in requests if re.search(r"it is about the|that is for the|\(the \w+ with", text)]


def test_a_user_who_has_what_was_wanted_ends_the_talk_whatever_is_asked(shop: Tools) -> None:
    writes = the_first(list(generate(Recipe(shop, rows=40, kinds={"direct": 1.0}))), "direct", "cancel_order")
    environment = WorldEnvironment.begin(writes)
    question = "What is the order id?"
    assert not environment.reply(question).is_over
    for call in writes.solution[0].calls:
        environment.answer(call)
    assert environment.reply(question).is_over
    assert environment.outcome().is_reached
    reads = the_first(list(generate(Recipe(shop, rows=40, kinds={"direct": 1.0}))), "direct", "get_order")
    environment = WorldEnvironment.begin(reads)
    for call in reads.solution[0].calls:
        environment.answer(call)
    assert not environment.reply(question).is_over, "what was read has still to be told"
    assert environment.reply(f"{reads.solution[-1].text} {question}").is_over
    assert environment.outcome().is_reached


def test_a_goal_asks_for_an_end_of_the_talk(shop: Tools) -> None:
    """What is right in the records and goes on, or is cut off within a turn, has not let the user know."""
    episode = the_first(list(generate(Recipe(shop, rows=40, kinds={"direct": 1.0}))), "direct", "cancel_order")
    (call,) = episode.solution[0].calls
    cut_off = outcome_of(episode, call)
    assert cut_off == Outcome(False, 0.5, ("the talk was not brought to an end",))
    assert outcome_of(episode, call, "That is done.").is_reached


def test_a_call_that_fails_again_earns_less_than_one_that_failed(shop: Tools) -> None:
    episode = the_first(list(generate(Recipe(shop, rows=40, kinds={"ask": 1.0}))), "ask", "cancel_order")
    question, step, _ = episode.solution
    (call,) = step.calls
    other = ToolCall(call.name, {**call.arguments, "order_id": "nothing"})
    worse = ToolCall(call.name, {**call.arguments, "order_id": "nothing else"})
    once = outcome_of(episode, question.text, other, "Sorry.").progress
    assert outcome_of(episode, question.text, other, worse, "Sorry.").progress == once
    assert outcome_of(episode, question.text, other, other, "Sorry.").progress < once
    assert outcome_of(episode, question.text, other, other, call, "That is done.").is_reached


def test_a_list_of_all_answers_is_none_and_neither_is_what_was_not_read(episodes: list[Episode]) -> None:
    questions = [e for e in episodes if e.options["goal"]["told"] and not e.options["goal"]["changes"]]
    assert len(questions) > 40
    for episode in questions:
        *steps, last = episode.solution
        turns = [turn for step in steps for turn in (*step.calls, *filter(None, [step.text]))]
        goal = Goal.from_json(episode.options["goal"])
        a_list = " or ".join((*goal.told, *goal.otherwise[:30]))
        assert outcome_of(episode, *turns, last.text).is_reached
        assert not outcome_of(episode, last.text).is_reached, "a right guess is no answer"
        assert not (goal.otherwise and outcome_of(episode, *turns, f"It is {a_list}.").is_reached)


@pytest.mark.parametrize(
    ("words", "is_right"),
    [
        ("There are 3 orders.", True),
        ("There are three orders with city Graz.", True),
        ("**3** orders: W-1, W-7 and W-9.", True),
        ("There are 3 orders:\n1. W-A\n2. W-B\n3. W-C", True),
        ("It is 2 or 3.", False),
        ("two, three, four", False),
        ("It is 13.", False),
        ("It is 3.5 or W-3.", False),
        ("It is 3." + " word" * 80, False),
    ],
)
def test_what_counts_as_told(words: str, is_right: bool) -> None:
    others = [str(number) for number in range(1, 13) if number != 3]
    assert is_told("3", words, others) is is_right


@pytest.mark.parametrize(
    ("wanted", "words", "is_right"),
    [
        ("2026-12-30", "It was created on December 30, 2026.", True),
        ("2026-12-30", "It was created on the 30th of December 2026.", True),
        ("2026-12-30", "Created: 30 Dec 2026", True),
        ("2026-12-03", "It was created on December 30, 2026.", False),
        ("12.5", "The total is $12.50.", True),
        ("12.5", "The total is $12.55.", False),
        ("1200", "The limit is 1,200 (1200.00).", True),
        ("in_progress", "It is in progress.", True),
        ("in_progress", "It is making progress.", False),
        ("1", "There is one order.", True),
    ],
)
def test_values_are_told_as_people_write_them(wanted: str, words: str, is_right: bool) -> None:
    assert is_told(wanted, words, ()) is is_right


def test_a_guess_earns_less_than_a_question(shop: Tools) -> None:
    episode = the_first(list(generate(Recipe(shop, rows=40, kinds={"ask": 1.0}))), "ask", "cancel_order")
    question, step, _ = episode.solution
    (call,) = step.calls
    (hidden, *_) = episode.options["user"]["hidden"]
    guess = ToolCall(call.name, {**call.arguments, hidden: "x"})
    assert outcome_of(episode, question.text, call, "That is done.").progress == 1.0
    assert outcome_of(episode, "That is done.").progress == 0.0
    asked, guessed = outcome_of(episode, question.text, "Sorry."), outcome_of(episode, guess, "That is done.")
    assert not asked.is_reached
    assert not guessed.is_reached
    assert asked.progress > guessed.progress
    assert outcome_of(episode, question.text, guess, "That is done.").progress > guessed.progress


def test_a_question_that_is_repeated_earns_less_than_one(shop: Tools) -> None:
    episode = the_first(list(generate(Recipe(shop, rows=40, kinds={"ask": 1.0}))), "ask", "cancel_order")
    question, step, _ = episode.solution
    once = outcome_of(episode, question.text, "Sorry.")
    twice = outcome_of(episode, question.text, question.text, "Sorry.")
    often = outcome_of(episode, *[question.text] * 4, "Sorry.")
    assert once.progress > twice.progress > often.progress > 0.0
    assert outcome_of(episode, question.text, question.text, *step.calls, "That is done.").is_reached


def test_what_was_never_tried_cannot_be_declined(shop: Tools) -> None:
    episode = next(generate(Recipe(shop, rows=1, kinds={"down": 1.0})))
    tried, said = episode.solution[0].calls[0], episode.solution[-1].text
    assert outcome_of(episode, said) == Outcome(False, 0.0, ("nothing was tried that is down",))
    assert outcome_of(episode, tried, "That is done.").progress == 0.5
    assert outcome_of(episode, tried, said).is_reached


def test_a_record_that_is_not_there_is_met_by_every_kind_of_tool(shop: Tools) -> None:
    unknown = list(generate(Recipe(shop, rows=24, kinds={"unknown": 1.0})))
    kinds = read_operations(Toolset(shop))
    assert {kinds[e.extra_info["tool"]].kind for e in unknown} == {Kind.READ, Kind.UPDATE, Kind.REMOVE}


def test_kinds_that_few_tools_can_have_keep_their_share(episodes: list[Episode]) -> None:
    n = Counter(episode.extra_info["kind"] for episode in episodes)
    for kind, (_, share) in KINDS.items():
        assert n[kind] == pytest.approx(share * len(episodes), abs=0.05 * len(episodes)), n


def test_reads_answer_what_the_response_schema_says(shop: Tools) -> None:
    order = {"status": {"type": "string", "enum": ["placed", "sent"]}, "customer_id": {"type": "string"}}
    members = {"id": {"type": "string"}, "courier": {"type": "string", "enum": ["bike", "van"]}, **order}
    said = {"type": "object", "properties": {"data": {"type": "object", "properties": members}}}
    tools = [{**tool, "function": {**tool["function"], "x-response": said}} for tool in shop[:1]] + shop[1:]
    episodes = list(generate(Recipe(tools, rows=60)))
    world = WorldEnvironment.begin(episodes[0]).world
    record = called(world, "get_order", order_id=key_of(world, "order"))
    assert record["courier"] in ("bike", "van")
    assert record["status"] in ("placed", "sent")
    assert "id" not in record, "the key has one name"
    assert not called(world, "get_customer", customer_id=record["customer_id"])["is_error"]
    requests = " ".join(episode.prompt[0]["content"] for episode in episodes)
    assert "courier" in requests
    assert "customer of order" in requests
    assert all("x-response" not in tool["function"] for episode in episodes for tool in episode.tools)
    assert Episode.from_json(json.loads(json.dumps(episodes[0].to_json()))) == episodes[0]


def test_no_random_wrong_path_reaches_a_goal(episodes: list[Episode]) -> None:
    assert paths_that_reach(episodes, 1000) == []


@pytest.mark.skipif(not AIRLINE.exists(), reason="needs ../shared/data")
def test_a_real_toolset_takes_part_and_no_wrong_path_reaches_a_goal() -> None:
    tools = json.loads(AIRLINE.read_text())
    episodes = list(generate(Recipe(tools, rows=100)))
    called_tools = {call.name for episode in episodes for step in episode.solution for call in step.calls}
    assert len(called_tools) >= 0.9 * len(tools)
    assert paths_that_reach(episodes, 1000) == []


def test_what_says_who_calls_stands_before_the_request_and_is_checked() -> None:
    world = world_of(
        tool("list_bookings", access_token="string", day="string"), tool("get_booking", booking_id="string")
    )
    tools = list(world.schema.tools.values())
    for episode in generate(Recipe(tools, rows=20)):
        system, user = (message["content"] for message in episode.prompt)
        (token,) = re.findall(r"access_token (\w+)\.", system)
        assert token not in user
        asked = [call for step in episode.solution for call in step.calls if call.name == "list_bookings"]
        assert {call.arguments["access_token"] for call in asked} <= {token}
    assert "unauthorized" in called(world, "list_bookings", access_token="guess", day="today")["error"]


@pytest.mark.parametrize(
    "broken",
    [
        {"description": "Without a name"},
        {"name": "count", "parameters": "none"},
        {
            "name": "count",
            "parameters": {"type": "object", "properties": {"access_token": {"type": "string"}}, "required": 1},
        },
    ],
    ids=["no name", "no parameters", "no required ones"],
)
def test_a_broken_tool_is_left_out_beside_others(broken: dict[str, Any]) -> None:
    tools = [tool("get_booking", booking_id="string"), {"type": "function", "function": broken}]
    offered = [each["function"]["name"] for episode in generate(Recipe(tools, rows=4)) for each in episode.tools]
    assert set(offered) == {"get_booking"}


def test_one_tool_without_parameters_is_enough() -> None:
    tools = [{"name": "reboot_server", "description": "Reboot the server"}]
    assert len(list(generate(Recipe(tools, rows=40)))) == 40


def test_kinds_that_do_not_exist_are_refused(shop: Tools) -> None:
    with pytest.raises(UserError, match=r"kinds\.flying: there are direct"):
        Recipe(shop, 1, kinds={"flying": 1.0})


def test_a_large_toolset_is_offered_in_parts(shop: Tools) -> None:
    for episode in generate(Recipe(shop, rows=20, most_tools=4)):
        assert len(episode.tools) == 4
        assert episode.extra_info["tool"] in {tool["function"]["name"] for tool in episode.tools}


def test_last_words_hold_what_was_asked_as_it_is(shop: Tools) -> None:
    schema = WorldSchema.of(shop)
    drawing = wishes.Drawing(schema, 3, Random(0))
    read = schema.operations["get_order"]
    reason = "the parcel came to my old address"
    wish = wishes.Wish(read, {"order_id": "W-1"}, {"order_id": "W-1"}, asks_for="reason", told=(reason,))
    assert tasks.last_words(drawing, wish, ToolResult("{}")) == f"The reason of order W-1 is {reason}."


def test_tools_that_disagree_on_what_names_a_record_are_read() -> None:
    """Sentry's API changes all detectors of an organization by the organization, and one by its own id."""
    text, number = "string", "integer"
    tools = [
        tool("list_organizations", query=text),
        tool("update_organization_detectors", organization_id_or_slug=text, enabled="boolean"),
        tool("update_organization_detector", organization_id_or_slug=text, detector_id=number, title=text),
    ]
    operations = read_operations(Toolset(tools))
    assert operations["update_organization_detectors"].entity == "organization"
    assert operations["update_organization_detector"].entity == "detector"
    episodes = list(generate(Recipe(tools, rows=40)))
    called_tools = {call.name for episode in episodes for step in episode.solution for call in step.calls}
    assert "update_organization_detector" in called_tools
    assert not [episode for episode in episodes if "slug" in episode.prompt[-1]["content"]]
