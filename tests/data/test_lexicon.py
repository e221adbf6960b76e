"""What parameters are taken to mean, how tasks and values are said, and values of one call that belong together."""

import re
from random import Random
from typing import Any

import pytest

from rlvr.data.described import listed_values, plain_text
from rlvr.data.synth import any_tools
from rlvr.data.synth.any_tools.spoken import SpokenTool, draw_arguments
from rlvr.data.synth.any_tools.toolset import spoken_tools
from rlvr.data.synth.lexicon import meaning_of
from rlvr.records.row import Row

TEXT = {"type": "string"}


def tool(name: str, description: str, required: str, /, **properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return {"name": name, "description": description, "parameters": parameters}


SHELF = [
    tool("read_file", "Read the complete contents of a file as text.", "path", path=TEXT),
    tool("move_file", "Move or rename files.", "source destination", source=TEXT, destination=TEXT),
    tool("create_directory", "Create a new directory or ensure it exists.", "path", path=TEXT),
    tool("git_checkout", "Switches branches", "repo_path branch_name", repo_path=TEXT, branch_name=TEXT),
    tool(
        "git_branch",
        "List Git branches",
        "repo_path branch_type",
        repo_path=TEXT,
        branch_type={**TEXT, "description": "local branches ('local'), remote branches ('remote') or all ('all')"},
    ),
    tool(
        "cancel_pending_order",
        "Cancel a pending order.",
        "order_id",
        order_id={**TEXT, "description": "The order id, such as '#W0000000'."},
    ),
    tool(
        "modify_user_address",
        "Modify the default address of a user.",
        "user_id address1 city state zip country",
        user_id={**TEXT, "description": "The user id, such as 'sara_doe_496'."},
        address1=TEXT,
        city=TEXT,
        state={**TEXT, "description": "The state, such as 'CA'."},
        zip=TEXT,
        country={**TEXT, "description": "The country, such as 'USA'."},
    ),
    tool(
        "add_passenger",
        "Add a passenger to a booking",
        "first_name last_name dob email",
        first_name=TEXT,
        last_name=TEXT,
        dob={**TEXT, "description": "Date of birth in the format 'YYYY-MM-DD', such as '1990-01-01'."},
        email=TEXT,
    ),
    tool(
        "get_forecast",
        "Get the weather forecast",
        "city api_key",
        city=TEXT,
        api_key={**TEXT, "description": "API token"},
    ),
]


def spoken(name: str) -> SpokenTool:
    return next(each for each in spoken_tools(SHELF) if each.name == name)


def calls(name: str, n: int = 60) -> list[dict[str, Any]]:
    each, rng = spoken(name), Random(0)
    return [draw_arguments(each, rng) for _ in range(n)]


@pytest.mark.parametrize(
    ("name", "context", "meaning"),
    [
        ("recipient_email", "", "email"),
        ("dob", "", "birth"),
        ("order_id", "", "id"),
        ("path", "file files", "path"),
        ("path", "@directory directory", "directory"),
        ("target", "git commit", "revision"),
        ("target", "shop price", "unknown"),
        ("branch_name", "git", "branch"),
        ("branch", "bank", "unknown"),
        ("departure_city", "", "city"),
        ("message", "git commit", "commit_message"),
        ("message", "mail", "text"),
        ("firstName", "", "first_name"),
        ("q", "", "query"),
    ],
)
def test_a_name_means_what_its_tool_makes_of_it(name: str, context: str, meaning: str) -> None:
    assert meaning_of(name, TEXT, frozenset(context.split())).name == meaning


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("read_file", "read the complete contents of a file"),
        ("move_file", "move files"),
        ("git_checkout", "switch the branches"),
        ("cancel_pending_order", "cancel a pending order"),
        ("modify_user_address", "modify the default address of a user"),
    ],
)
def test_what_a_tool_does(name: str, task: str) -> None:
    assert spoken(name).task == task


def test_values_of_one_call_agree() -> None:
    for arguments in calls("modify_user_address"):
        assert re.fullmatch(r"[A-Z]{2}", arguments["state"])
        assert arguments["country"] == "USA"
        assert arguments["user_id"].count("_") == 2
    addresses = {(each["city"], each["state"], each["zip"]) for each in calls("modify_user_address")}
    assert len({city for city, _, _ in addresses}) == len(addresses) > 10
    for arguments in calls("add_passenger"):
        assert arguments["dob"] < "2007"
        assert arguments["first_name"].lower() in arguments["email"]
    assert all(arguments["source"] != arguments["destination"] for arguments in calls("move_file"))


def test_values_stay_within_a_list_that_only_the_description_gives() -> None:
    assert {arguments["branch_type"] for arguments in calls("git_branch")} == {"local", "remote", "all"}
    assert listed_values("**track**, **context** or **off**.") == ("track", "context", "off")


def test_an_example_is_one_value_among_others() -> None:
    ids = {arguments["order_id"] for arguments in calls("cancel_pending_order")}
    assert len(ids) > 50
    assert all(re.fullmatch(r"#W\d{7}", each) for each in ids)


def test_links_in_a_description_are_their_words() -> None:
    assert plain_text("The [Spotify ID](/documentation/ids) of the album.") == "The Spotify ID of the album."


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return any_tools.rows(SHELF, 600, masked=0.0)


def test_names_of_parameters_and_tools_are_seldom_said(rows: list[Row]) -> None:
    """On real data 19 to 42% and 3 to 5%."""
    arguments = named = n_calls = worded = 0
    for row in rows:
        text = next(str(message["content"]) for message in row.prompt if message["role"] == "user").lower()
        for call in row.ground_truth.calls:
            n_calls += 1
            worded += all(word in text for word in call.name.split("_"))
            arguments += len(call.arguments)
            named += sum(name.replace("_", " ") in text for name in call.arguments)
    assert named <= 0.3 * arguments
    assert worded <= 0.12 * n_calls


def test_no_question_asks_for_a_secret(rows: list[Row]) -> None:
    assert not any("api_key" in row.ground_truth.missing for row in rows)


def test_results_fit_the_call(rows: list[Row]) -> None:
    for row in rows:
        if row.extra_info["kind"] == "report":
            assert '"status": "ok"' not in str(row.prompt[-1]["content"])


def test_a_thought_is_said_in_every_sentence() -> None:
    think = tool("think", "Use the tool to think about something.", "thought", thought=TEXT)
    rows = any_tools.rows([think, *SHELF[:3]], 300, behaviors={"single": 1.0}, masked=0.0)
    said = [
        (call.arguments["thought"], str(row.prompt[-1]["content"]))
        for row in rows
        for call in row.ground_truth.calls
        if call.name == "think"
    ]
    assert len(said) > 40
    assert all(thought in text for thought, text in said)
