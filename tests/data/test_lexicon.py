"""What parameters are taken to mean, how tasks and values are said, and values of one call that belong together."""

import datetime
import json
import re
from random import Random
from typing import Any

import pytest

from rlvr.data.described import listed_values, plain_text
from rlvr.data.synth import any_tools
from rlvr.data.synth.any_tools import results
from rlvr.data.synth.any_tools.asking import asked_for
from rlvr.data.synth.any_tools.drawn_calls import draw_arguments
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.toolset import SpokenToolset, spoken_tools
from rlvr.data.synth.lexicon import lexicon
from rlvr.data.synth.meanings import meaning_of, number_meaning, role_of
from rlvr.data.synth.nouns import plural, singular, with_articles
from rlvr.errors import UserError
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
        ("query_type", "search", "unknown"),
        ("email_address", "", "email"),
        ("merge_request_iid", "", "id"),
        ("channel", "slack", "channel"),
        ("channel", "television", "unknown"),
        ("search_text", "", "query"),
        ("url_path", "", "code"),
        ("domain", "light", "unknown"),
        ("domain", "dns", "host"),
        ("label_name", "issue", "code"),
        ("jql", "", "code"),
        ("to", "flight", "place"),
        ("to", "message", "unknown"),
        ("route_to", "route", "unknown"),
        ("display_name", "@user", "person"),
        ("display_name", "folder", "title"),
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
    return any_tools.rows(SHELF, 600, masked=0.0, guesses=True)


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


def requests_for(name: str, description: str, n: int = 60, /, **properties: dict[str, Any]) -> list[str]:
    made = any_tools.rows([tool(name, description, " ".join(properties), **properties)], n, masked=0.0, guesses=True)
    asked = [next(message for message in row.prompt if message["role"] == "user") for row in made]
    return [message["content"].lower() for message, row in zip(asked, made, strict=True) if row.ground_truth.calls]


@pytest.mark.parametrize(
    ("verb", "description", "never"),
    [
        ("terminate", "End a parcel.", "hold|paus|stop|halt|wait"),
        ("revoke", "", "hold|paus|stop|halt|wait"),
        ("cancel", "Cancel a parcel.", "hold|paus|stop|halt|wait"),
        ("delete", "Delete a parcel.", "hold|paus|stop|halt|take out|call off"),
        ("pause", "Pause a parcel.", "end|call off|rid|stop|cancel"),
        ("suspend", "", "end|call off|rid|stop|cancel"),
        ("clear", "Clear a parcel.", "get rid|throw|go for good"),
        ("rename", "Rename a parcel.", "mov|bring|should go"),
        ("enable", "Enable a parcel.", "turn the|turn parcel|off"),
        ("disable", "", "stop|hold|on$"),
        ("resume", "Resume a parcel.", "start|run|put on"),
        ("confirm", "Confirm a parcel.", "check|sure|look"),
        ("set", "", "fix|adjust"),
        ("replace", "Replace a parcel.", "change|adjust|fix"),
        ("update", "Update a parcel.", "fix|switch|replace"),
        ("open", "Open a parcel.", "set up|make|put together"),
        ("upload", "", "set up|make|put together"),
        ("print", "Print a parcel.", "show|look|see"),
        ("notify", "", "send|issue"),
        ("buy", "Buy a parcel.", "book|reserve"),
        ("refund", "", "send back|give back"),
        ("join", "", "follow|posted|eye on"),
        ("move", "Move a parcel.", "should go|can go"),
    ],
)
def test_a_wish_means_what_the_tool_does(verb: str, description: str, never: str) -> None:
    texts = requests_for(f"{verb}_parcel", description, parcel_id=TEXT)
    assert len(set(texts)) > 20
    assert [text for text in texts if re.search(rf"\b(?:{never})", text)] == []


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("order_cancel", "cancel the order"),
        ("file_search", "search files"),
        ("print_label", "print the label"),
        ("notify_team", "notify the team"),
        ("book_room", "book a room"),
    ],
)
def test_the_verb_of_a_name_that_no_description_helps(name: str, task: str) -> None:
    (each,) = spoken_tools([tool(name, "", "")])
    assert each.task == task


def test_a_description_that_begins_with_a_noun_says_no_verb() -> None:
    (each,) = spoken_tools([tool("read_parcel", "Details of one parcel.", "parcel_id", parcel_id=TEXT)])
    assert each.task == "read a parcel"
    assert not any(
        "detail the" in text for text in requests_for("read_parcel", "Details of one parcel.", parcel_id=TEXT)
    )


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("change a invoice", "change an invoice"),
        ("an user and an one-time code", "a user and a one-time code"),
        ("a hour, a honest answer", "an hour, an honest answer"),
        ("a SMS to a API of an European union", "an SMS to an API of a European union"),
        ("an UUID, an URL, a umbrella, a unnamed file", "a UUID, a URL, an umbrella, an unnamed file"),
        ("A error in plan A for me", "An error in plan A for me"),
        ("a update of a uninstall", "an update of an uninstall"),
    ],
)
def test_an_article_goes_with_the_sound_behind_it(text: str, articles: str) -> None:
    assert with_articles(text) == articles


def test_what_something_is_changed_to_is_said_as_such() -> None:
    color = {"type": "string", "enum": ["red", "green"]}
    texts = requests_for(
        "edit_event", "Change a event.", 120, event_id=TEXT, color=color, quantity={"type": "integer"}, city=TEXT
    )
    assert not any(re.search(r"\b(?:near|a event)\b", text) for text in texts)
    assert all(re.search(r"\bto (?:red|green|color)|color (?:to|is)", text) for text in texts)
    assert all(re.search(r"quantity (?:to|is) \d", text) for text in texts)


def test_only_what_is_looked_for_is_near_a_place() -> None:
    found = requests_for("find_events", "Search events.", 120, city=TEXT)
    made = requests_for("create_event", "Make a new event.", 120, city=TEXT)
    assert any("near" in text for text in found)
    assert not any("near" in text for text in made)


def test_only_what_names_a_thing_is_meant() -> None:
    parcel = tool("end_parcel", "End a parcel.", "parcel_id reason", parcel_id=TEXT, reason=TEXT)
    questions = {str(row.ground_truth.text) for row in any_tools.rows([parcel], 60, behaviors={"clarify": 1.0})}
    assert any("parcel ID do you mean" in question for question in questions)
    assert not any("reason do you mean" in question for question in questions)


def test_nothing_stands_between_what_is_asked_for_and_its_values() -> None:
    forms = {form for verb in lexicon().verbs.values() for form in verb.forms["terse"]}
    assert not [form for form in forms if re.search(r"\{o\}, (?:please|go|stop)", form)]


def test_a_number_is_said_in_the_unit_that_its_description_names() -> None:
    def number(description: str) -> dict[str, Any]:
        return {"type": "number", "description": description}

    texts = requests_for(
        "compute_index",
        "Compute the body index.",
        80,
        mass=number("Mass of the person in kilograms."),
        angle=number("Tilt (degrees)"),
        room_heat=number("Heat (in degrees Celsius)"),
        score_in_all=number("All in all"),
    )
    assert all(re.search(r"\d kilograms\b", text) for text in texts)
    assert all(re.search(r"\d degrees(?! celsius)", text) for text in texts)
    assert all(re.search(r"\d degrees celsius", text) for text in texts)
    assert any("an angle of" in text for text in texts)
    assert not any(re.search(r"\ba angle| = +\w", text) for text in texts)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("total", "money"),
        ("order_total", "money"),
        ("total_cost", "money"),
        ("total_baggages", "bags"),
        ("nonfree_baggages", "bags"),
        ("total_tickets", "pieces"),
        ("total_widgets", "unknown"),
    ],
)
def test_a_total_of_things_counts_them(name: str, meaning: str) -> None:
    assert number_meaning(name).name == meaning


ISSUE = {"owner": TEXT, "repo": TEXT, "issue_number": {"type": "number", "description": "Issue number"}}


def spoken_alone(name: str, description: str, required: str, /, **properties: dict[str, Any]) -> SpokenTool:
    (each,) = spoken_tools([tool(name, description, required, **properties)])
    return each


def test_a_number_of_a_thing_is_whole_and_stands_behind_it() -> None:
    texts = requests_for("get_issue", "Get a specific issue in a repository.", 60, **ISSUE)
    assert all(re.search(r"\bissue (?:number )?\d+(?![.\d])", text) for text in texts)
    assert all(re.search(r"\b[\w-]+/[\w-]+", text) for text in texts)
    assert number_meaning("number").name == "unknown"


def test_what_is_changed_to_a_value_is_said_so() -> None:
    texts = requests_for("update_issue_title", "Update the title of an existing issue.", 60, title=TEXT, **ISSUE)
    assert all(re.search(r'title of issue (?:number )?\d+ .*to "', text) for text in texts)


def test_an_action_is_what_the_tool_does() -> None:
    action = {"type": "string", "enum": ["create", "update", "get_labels"]}
    each = spoken_alone(
        "issue_write", "Create or update an issue.", "method owner repo", method=action, **ISSUE, title=TEXT
    )
    rng = Random(0)
    for arguments in (draw_arguments(each, rng) for _ in range(60)):
        is_said = {"create": "title" in arguments, "update": {"title", "issue_number"} <= arguments.keys()}
        assert is_said.get(arguments["method"], True), arguments
    texts = requests_for("issue_write", "Create or update an issue.", 60, method=action, **ISSUE)
    assert not any("method" in text or "get_labels" in text for text in texts)


def test_an_action_takes_what_serves_it() -> None:
    action = {"type": "string", "enum": ["list", "open", "close"]}
    address = {**TEXT, "description": "The address, used for open."}
    place = {"type": "integer", "description": "Which one (required for close)"}
    each = spoken_alone("tabs", "Lists, opens or closes a tab.", "action", action=action, url=address, index=place)
    rng = Random(0)
    drawn = [draw_arguments(each, rng) for _ in range(90)]
    taken = {(arguments["action"], *sorted(arguments)) for arguments in drawn}
    assert taken == {("list", "action"), ("open", "action", "url"), ("close", "action", "index")}


def test_a_call_gives_one_of_what_excludes_each_other() -> None:
    description = "Finds comments. Exactly one of task_id and project_id must be given."
    each = spoken_alone("find_comments", description, "", task_id=TEXT, project_id=TEXT, text=TEXT)
    rng = Random(0)
    drawn = [draw_arguments(each, rng).keys() for _ in range(200)]
    assert {"task_id"} in drawn
    assert {"project_id"} in drawn
    assert not any({"task_id", "project_id"} <= names for names in drawn)


def test_what_is_moved_goes_somewhere() -> None:
    folder = {"anyOf": [TEXT, {"type": "null"}]}
    properties = {"email_ids": {"type": "array", "items": TEXT}, "source_mailbox": TEXT, "destination_mailbox": folder}
    each = spoken_alone("move_emails", "Move emails.", "email_ids", **properties)
    rng = Random(0)
    assert all("destination_mailbox" in draw_arguments(each, rng) for _ in range(40))


def test_what_a_whole_toolset_works_on_tells_what_its_files_are() -> None:
    tools = [
        tool("read_text", "Read the text of a Word document.", "path", path=TEXT),
        tool("list_headings", "List the headings of a Word document.", "path", path=TEXT),
        tool("break_page", "Add a page break.", "path", path=TEXT),
    ]
    made = any_tools.rows(tools, 60, masked=0.0, behaviors={"single": 1})
    paths = [call.arguments["path"] for row in made for call in row.ground_truth.calls]
    assert all(path.endswith(".docx") for path in paths)
    alone = any_tools.rows(tools[2:], 20, masked=0.0, behaviors={"single": 1}, guesses=True)
    assert not any(call.arguments["path"].endswith(".docx") for row in alone for call in row.ground_truth.calls)


def test_an_index_is_of_what_its_name_says() -> None:
    number = {"type": "integer"}
    texts = requests_for("fill_cell", "Fill a cell.", 40, row_index=number, col_index=number)
    assert all(re.search(r"in row \d", text) and re.search(r"in column \d", text) for text in texts)


def test_what_is_done_with_a_text_is_not_where_it_goes() -> None:
    assert role_of(["text", "to", "find"], "text") is None
    assert role_of(["currency", "to"], "currency") is not None
    assert role_of(["to", "place"], "place") is not None


def test_a_command_in_words_is_one_line() -> None:
    words = {"type": "array", "items": TEXT}
    texts = requests_for("exec_in_container", "Run a command in a container.", 40, command=words)
    lines = "df -h|uptime|free -m|ps aux|env|whoami|hostname|date|ls -la /|cat /etc/|tail /var/"
    assert all(re.search(lines, text) for text in texts)


def test_what_is_made_is_called_new_where_it_could_be_there() -> None:
    texts = requests_for("create_monitor", "Create a monitor.", 80, name=TEXT)
    assert any("a new monitor" in text for text in texts)
    assert not any(re.search(r"\b(?:could i get|may i have|i need|we need) a monitor", text) for text in texts)


def test_a_bare_id_beside_a_thing_s_own_is_of_what_holds_it() -> None:
    texts = requests_for("oven_check", "Get a check.", 40, id=TEXT, check_id=TEXT)
    assert all(re.search(r"oven (?:id )?\d", text) for text in texts if "oven" in text)
    assert any("oven" in text for text in texts)


def test_a_new_name_is_of_the_kind_of_the_old_one() -> None:
    new = {**TEXT, "description": "The new name for the table"}
    properties = {"database": TEXT, "table": TEXT, "newName": new}
    texts = requests_for("rename_table", "Renames a table in an SQL database", 40, **properties)
    tables = "orders|customers|invoices|products|payments|shipments|sessions|reviews"
    assert all(re.search(rf"(?:to|called|named) \W?(?:{tables})", text) for text in texts)


def test_a_name_tells_what_is_changed_where_its_description_says_so() -> None:
    name = {**TEXT, "description": "Name of the kiosk to update"}
    texts = requests_for("update_kiosk", "Update a kiosk.", 40, name=name, color=TEXT)
    assert not any("new name" in text for text in texts)


def test_width_and_height_are_said_together_and_apart() -> None:
    size = {"type": "number", "description": "in the window"}
    made = any_tools.rows([tool("resize_window", "Resize the window", "width height", width=size, height=size)], 60)
    texts = [next(m["content"] for m in row.prompt if m["role"] == "user") for row in made]
    assert any(re.search(r"\d+ by \d+ pixels", text) for text in texts)
    assert not any(re.search(r", \d+ pixels", text) for text in texts)


def test_nothing_is_changed_without_saying_what_to() -> None:
    each = spoken_alone("update_event", "Update an event.", "event_id", event_id=TEXT, title=TEXT, color=TEXT)
    rng = Random(0)
    assert all(len(draw_arguments(each, rng)) > 1 for _ in range(60))


def test_the_assistant_speaks_of_the_user_and_the_user_of_himself() -> None:
    each = spoken_alone("fork", "Fork a repository to your account.", "name", name=TEXT)
    assert each.task.endswith("to your account")
    texts = requests_for("get_me", "Get details of the authenticated user.", 20)
    assert all("my details" in text for text in texts)


def test_what_ends_ends_soon_after_its_start() -> None:
    shown = {"type": "string", "description": "ISO 8601, e.g. '2024-01-01T00:00:00'"}
    each = spoken_alone("list_events", "List events.", "time_min time_max", time_min=shown, time_max=shown)
    rng = Random(0)
    for arguments in (draw_arguments(each, rng) for _ in range(60)):
        start, end = (datetime.datetime.fromisoformat(arguments[name]) for name in ("time_min", "time_max"))
        assert datetime.timedelta(0) < end - start <= datetime.timedelta(days=7)
    assert [asked_for(parameter) for parameter in each.parameters] == ["start time", "end time"]


def test_the_only_value_there_is_goes_without_saying() -> None:
    members = {"type": {**TEXT, "description": "The type of this resource: `tags`"}, "id": TEXT}
    tag = {"type": "object", "properties": members, "required": ["type", "id"]}
    texts = requests_for("add_tag", "Add a tag.", 40, data=tag)
    assert not any(re.search(r"\btype\b|\btags\b", text) for text in texts)


def test_things_of_another_kind_are_no_source_of_an_id() -> None:
    alerts = [
        tool(
            f"{verb}_{kind}_alert{end}",
            f"{verb.title()} a {kind} alert{end}.",
            needed,
            alert_number={"type": "integer"},
        )
        for verb, end, needed in (("list", "s", ""), ("get", "", "alert_number"))
        for kind in ("secret", "leak")
    ]
    for row in (made.row for made in any_tools.generate(any_tools.Recipe(alerts, 400, 0, masked=0.0))):
        if row.extra_info["kind"] == "chain":
            asked = str(row.prompt[-3]["content"]) if len(row.prompt) > 3 else str(row.prompt[0]["content"])
            assert ("secret" in asked.lower()) == ("secret" in row.ground_truth.calls[0].name), asked


def chains(*tools: dict[str, Any]) -> list[Row]:
    return any_tools.rows(list(tools), 12, behaviors={"chain": 1, "single": 0}, masked=0.0)


BOARDS = tool("list_boards", "List all boards.", "")
NEW_BOARD = tool("create_board", "Create a board.", "name", name=TEXT)


def test_what_a_chain_takes_is_the_first_of_many_or_the_new_one() -> None:
    closing = tool("close_board", "Close a board.", "board_id", board_id=TEXT)
    asked = [(str(row.prompt[-3]["content"]), json.loads(row.prompt[-1]["content"])) for row in chains(BOARDS, closing)]
    assert all("the first board" in text for text, _ in asked)
    assert any(len(result["boards"]) > 1 for _, result in asked)
    sharing = tool("share_board", "Share a board.", "board_id email", board_id=TEXT, email=TEXT)
    assert all("the new board" in str(row.prompt[-3]["content"]) for row in chains(NEW_BOARD, sharing))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            NEW_BOARD,
            tool("delete_board", "Delete a board.", "board_id", board_id=TEXT),
        ),  # which nobody asks for at once
        (
            BOARDS,
            tool("move_card", "Update a card.", "board_id card_id title", board_id=TEXT, card_id=TEXT, title=TEXT),
        ),
        (BOARDS, tool("open_ad", "Open an ad board.", "ad_board_id", ad_board_id=TEXT)),  # another kind of board
    ],
)
def test_what_nobody_asks_for_in_one_request_is_no_chain(first: dict[str, Any], second: dict[str, Any]) -> None:
    (made, made_of) = spoken_tools([first, second])
    assert results.links(made_of, [made]) == []


def test_a_report_tells_what_was_found_by_its_name() -> None:
    weather = tool("get_weather", "Get the current weather.", "city", city=TEXT)
    rows = any_tools.rows([BOARDS, weather], 20, behaviors={"report": 1}, masked=0.0)
    for row in rows:
        text, result = str(row.ground_truth.text), json.loads(row.prompt[-1]["content"])
        if "boards" in result:
            assert all(board["name"] in text for board in result["boards"])
        else:
            assert str(result.get("temperature", result.get("conditions"))) in text


def test_a_file_to_save_to_is_nothing_that_is_looked_for() -> None:
    saved = {**TEXT, "description": "Filename to save the matches to."}
    each = spoken_alone("find_text", "Search the page for text.", "", filename=saved, text=TEXT)
    rng = Random(0)
    assert all("text" in draw_arguments(each, rng) for _ in range(40))
    assert each.parameters[0].clauses == ("and save it as {v}", "saved as {v}")


def test_a_second_value_of_a_kind_is_said_with_its_name() -> None:
    texts = requests_for("create_link", "Create a link.", 60, title=TEXT, heading=TEXT)
    assert all(re.search(r'with the heading "', text) for text in texts)


def test_what_a_tool_does_to_things_of_several_types() -> None:
    action = {"type": "string", "enum": ["archive", "unarchive"]}
    texts = requests_for("project_state", "Archive or unarchive a project.", 40, action=action, project_id=TEXT)
    assert not any("action" in text for text in texts)
    moves = {"type": "string", "enum": ["move-to-personal", "move-to-workspace"]}
    texts = requests_for("project_move", "Move a project between contexts.", 40, action=moves, project_id=TEXT)
    assert all(re.search(r"to (?:personal|workspace)", text) for text in texts)
    each = spoken_alone("delete_object", "Delete a project, a task or a label.", "type id", type=KIND, id=TEXT)
    assert {draw_arguments(each, Random(seed))["type"] for seed in range(20)} == {"project"}
    assert [parameter.name for parameter in each.demanded] == ["id"]


def test_an_item_of_a_change_says_what_it_becomes() -> None:
    item = {"type": "object", "properties": {"id": TEXT, "title": TEXT}, "required": ["id"]}
    each = spoken_alone("update_tasks", "Update tasks.", "tasks", tasks={"type": "array", "items": item})
    drawn = [draw_arguments(each, Random(seed))["tasks"] for seed in range(20)]
    assert all("title" in task for tasks in drawn for task in tasks)


def test_a_moment_and_a_new_name_are_said_as_what_they_are() -> None:
    texts = requests_for(
        "update_access", "Update an access.", 40, access_id=TEXT, expires_at={**TEXT, "format": "date"}
    )
    assert all("expires at" in text for text in texts)
    texts = requests_for("create_bucket", "Create a new bucket.", 40, name=TEXT)
    assert all(re.search("called|named", text) for text in texts)


def test_an_address_of_another_kind_is_said_with_its_name() -> None:
    texts = requests_for("update_app", "Update an app.", 40, app_id=TEXT, callback_url=TEXT)
    assert all("callback url" in text for text in texts)


KIND = {"type": "string", "enum": ["project", "task", "label"]}


def test_one_of_all_is_not_said_to_be_whole() -> None:
    texts = requests_for("cancel_order", "Cancel the whole order.", 20, order_id=TEXT)
    assert not any("whole" in text for text in texts)


def test_no_user_is_asked_for_a_switch_or_a_whole_object() -> None:
    user = {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}
    each = tool("invite", "Invite a user.", "user notify email", user=user, notify={"type": "boolean"}, email=TEXT)
    rows = any_tools.rows([each], 8, behaviors={"clarify": 1}, masked=0, guesses=True)
    assert {row.ground_truth.missing for row in rows} == {("email",)}


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("click", "Perform a click on the page", "click on the page"),
        ("hover", "Hover over an element", "hover over an element"),
        ("get_user", "Get current user information", "get your information"),
        ("log", "Capture a snapshot (of one page) of the session", "capture a snapshot of the session"),
        ("snapshot", "The state", "get the snapshot"),
        ("note", "Use the tool to store a note", "store a note"),
    ],
)
def test_the_verb_of_a_sentence(name: str, description: str, task: str) -> None:
    assert spoken_alone(name, description, "").task == task


def test_a_closed_list_is_said_by_what_it_lists() -> None:
    window = {**TEXT, "enum": ["morning", "afternoon", "evening"]}
    pace = {**TEXT, "enum": ["daily", "weekly"]}
    texts = requests_for("schedule_delivery", "Schedule a delivery.", 40, window=window, pace=pace)
    assert all(re.search("in the (?:morning|afternoon|evening)", text) for text in texts)
    assert not any(re.search("window|pace", text) for text in texts)


def test_money_is_said_in_its_currency_and_before_the_reason() -> None:
    amount = {"type": "number", "description": "How much to refund, in euros."}
    texts = requests_for("refund_order", "Refund an order.", 60, order_id=TEXT, amount=amount, reason=TEXT)
    assert all(re.search(r"\b(?:for|of) [\d.]+ euros", text) for text in texts)
    assert not any(re.search(r"(?:because|since) [^,]* of [\d.]+ euros", text) for text in texts)


def drawn(name: str, schema: dict[str, Any], n: int = 200) -> list[Any]:
    each = spoken_alone("list_orders", "List the orders.", name, **{name: schema})
    return [draw_arguments(each, Random(seed))[name] for seed in range(n)]


def test_people_speak_of_a_switch_where_they_want_another_position() -> None:
    shares = [drawn("urgent", {"type": "boolean", "default": default}).count(True) for default in (True, False)]
    assert shares[0] < 50 < 150 < shares[1]


def test_nobody_asks_for_hundreds_of_things() -> None:
    assert max(drawn("limit", {"type": "integer", "maximum": 1000})) <= 50


def test_what_only_shapes_an_answer_is_not_said() -> None:
    number = {"type": "integer"}
    several = spoken_alone("list_orders", "List the orders.", "", fields=TEXT, expand=TEXT, limit=number)
    assert [parameter.name for parameter in several.parameters] == ["limit"]
    one = spoken_alone("get_order", "Get an order.", "order_id", order_id=TEXT, limit=number)
    assert [parameter.name for parameter in one.parameters] == ["order_id"]


def test_a_thing_is_not_named_by_its_id_and_by_its_name() -> None:
    each = spoken_alone("list_goals", "List goals.", "workspace_id", workspace_id=TEXT, workspace_name=TEXT)
    assert [parameter.name for parameter in each.parameters] == ["workspace_id"]


def test_no_user_is_asked_for_a_page() -> None:
    each = spoken_alone("list_bills", "List bills.", "page status", page={"type": "integer"}, status=TEXT | PAID)
    assert [parameter.name for parameter in each.demanded] == ["status"]


PAID = {"enum": ["paid", "open"]}


def test_ids_stand_in_what_holds_others_and_on_what_is_worked_on() -> None:
    texts = requests_for("create_task", "Create a task.", 40, project_id=TEXT, issue_id=TEXT, email=TEXT)
    assert all(re.search("in project ", text) and re.search("on issue ", text) for text in texts)


def test_a_code_of_nothing_is_said_with_its_name() -> None:
    texts = requests_for("create_item", "Create an item.", 40, code=TEXT, title=TEXT)
    assert all(re.search(r"\bcode \w", text) for text in texts)


def test_what_is_changed_is_named_before_what_it_becomes() -> None:
    plan = {"type": "string", "enum": ["basic", "large"]}
    texts = requests_for("update_account", "Update an account.", 40, account_id=TEXT, plan=plan)
    assert all(re.search("the plan of account (?:id )?[a-z]-[0-9]+ .*to (?:basic|large)", text) for text in texts)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"tag_id": TEXT, "name": TEXT}, r'tag (?:id )?t-\d+ .*to "'),
        ({"name": TEXT, "new_name": TEXT}, r'called ".* to "|to ".* called "'),
    ],
)
def test_what_is_renamed_gets_the_new_name(properties: dict[str, Any], said: str) -> None:
    texts = requests_for("rename_tag", "Rename a tag.", 30, **properties)
    assert all(re.search(said, text) for text in texts), texts


def test_several_texts_stand_in_quotes_each() -> None:
    names = {"type": "array", "items": TEXT, "minItems": 2}
    texts = requests_for("create_options", "Create options.", 30, option_names=names)
    assert all(re.search(r'called "[^"]+" and "', text) for text in texts)


def test_a_text_of_another_kind_is_said_with_its_name() -> None:
    texts = requests_for("create_release", "Create a release.", 30, release_notes=TEXT, message=TEXT)
    assert all(
        re.search('with the notes ".*with the message "|with the message ".*with the notes "', text) for text in texts
    )


@pytest.mark.parametrize(
    ("description", "task"),
    [
        ("List all bills in Xero", "list all bills in Xero"),
        ("Remove User from Team", "remove the user from the team"),
        ("Get current user", "get your profile"),
        ("Reply to a comment in its thread.", "reply to a comment in its thread"),
        ("Validate an existing .gitlab-ci.yml file.", "validate an .gitlab-ci.yml file"),
        ("List the bills for date range.", "list the bills"),
    ],
)
def test_what_stands_in_a_sentence_stays_what_it_is(description: str, task: str) -> None:
    assert spoken_alone("run", description, "").task == task


def test_a_need_that_two_tools_serve_is_a_sentence() -> None:
    pair = [
        tool(f"{verb}_file", f"{verb.title()} a shared file.", "file_id", file_id=TEXT) for verb in ("lock", "copy")
    ]
    rows = any_tools.rows([*pair, SHELF[0]], 8, behaviors={"ambiguous": 1}, masked=0.0)
    texts = {str(row.prompt[-1]["content"]) for row in rows if len(row.ground_truth.text or "") > 20}
    assert any("a shared file" in text for text in texts)


@pytest.mark.parametrize(
    ("name", "shown"), [("symbol_or_id", r"[A-Z]+"), ("underlying_symbol", r"[A-Z]+"), ("timeframe", "15Min")]
)
def test_a_value_is_of_what_its_name_says_first(name: str, shown: str) -> None:
    schema = {**TEXT, "examples": ["15Min"]} if name == "timeframe" else TEXT
    assert all(re.fullmatch(shown, value) for value in drawn(name, schema, 20))


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("comment_reply", "Reply to a comment.", "reply to a comment"),
        ("bookmark", "Bookmark topic", "bookmark a topic"),
        ("topic_status", "Update the status of a topic", "update the status of a topic"),
    ],
)
def test_a_bare_id_is_of_what_the_task_is_about(name: str, description: str, task: str) -> None:
    each = spoken_alone(name, description, "id", id=TEXT)
    assert each.task == task
    assert asked_for(each.parameters[0]) == f"{task.split()[-1]} ID"


def test_a_start_is_said_before_its_end_and_a_text_last() -> None:
    days = {name: {"type": "string", "format": "date"} for name in ("start_date", "end_date")}
    texts = requests_for("send_notice", "Send a notice.", 40, message=TEXT, **days)
    assert all(re.search(r"(?:from|starting) .*(?:until|up to) .*\"", text) for text in texts)


def test_two_pages_of_a_list_are_no_two_wishes() -> None:
    bills = tool("list_bills", "List bills.", "page", page={"type": "integer"})
    with pytest.raises(UserError, match="behavior 'parallel'"):
        any_tools.rows([bills], 1, behaviors={"parallel": 1}, masked=0.0, distractors=0)


def test_sums_of_one_kind_are_told_apart_by_their_names() -> None:
    sums = {"type": "number", "description": "The balance, in dollars."}
    texts = requests_for("compute_total", "Compute a total.", 40, starting_balance=sums, ending_balance=sums)
    assert all("starting balance" in text and "ending balance" in text for text in texts)


def test_a_number_of_a_formula_is_said_with_its_letter() -> None:
    whole = {"type": "integer"}
    texts = requests_for("compute_sum", "Compute the sum of two integers.", 40, a=whole, b=whole)
    assert all(re.search(r"\ba = \d", text) and re.search(r"\bb = \d", text) for text in texts)


def test_coordinates_lie_on_the_globe_and_no_form_is_a_value() -> None:
    spot = {**TEXT, "description": "The spot, in the format 'Latitude, Longitude' (e.g., '34.052235, -118.243683')."}
    texts = requests_for("share_spot", "Share a spot.", 60, spot=spot)
    assert not any("latitude" in text for text in texts)
    spots = [re.search(r"(-?\d+\.\d+), (-?\d+\.\d+)", text) for text in texts]
    assert all(found and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180 for found in spots)


def test_a_starting_date_is_before_the_ending_date() -> None:
    dates = {**TEXT, "format": "date"}
    made = any_tools.rows(
        [tool("count", "Count.", "starting_date ending_date", starting_date=dates, ending_date=dates)], 40, guesses=True
    )
    called = [call.arguments for row in made for call in row.ground_truth.calls if len(call.arguments) == 2]
    assert called
    assert all(min(map(str, each.values())) == str(next(iter(each.values()))) for each in called)


def test_the_verb_keeps_the_e_of_its_ending() -> None:
    texts = requests_for("initialize_pipeline", "Initializes the pipeline.", 20)
    assert not any(re.search(r"initializ\b", text) for text in texts)


def test_a_change_is_said_as_a_new_name_or_by_what_becomes_what() -> None:
    texts = requests_for("update_list", "Update a list.", 40, list_id=TEXT, name=TEXT)
    assert all(re.search('(?:renam|the name of).* to "', text) for text in texts)
    texts = requests_for("update_app", "Update an app.", 40, app_id=TEXT, callback_url=TEXT)
    assert all(re.search("the callback url of app .*to http", text) for text in texts)


@pytest.mark.parametrize(
    ("verb", "words", "task"),
    [
        ("add", "fax line user", "add a fax line user"),
        ("add", "children", "add children"),
        ("create", "feedback", "create feedback"),
        ("create", "address", "create an address"),
    ],
)
def test_what_is_counted_has_an_article(verb: str, words: str, task: str) -> None:
    assert spoken_alone(verb, f"{verb.title()} {words}.", "").task == task


def test_what_shapes_an_answer_goes_unsaid_where_it_must_be_given() -> None:
    fields = {**TEXT, "example": "shared_link"}
    texts = requests_for("get_link", "Get a link.", 20, link_id=TEXT, fields=fields)
    assert not any("fields" in text for text in texts)


def test_nobody_says_a_moment_as_a_number() -> None:
    number = {"type": "integer"}
    each = spoken_alone("log_time", "Log time.", "task_id", task_id=TEXT, start=number, due_date=number, hours=number)
    assert set(each.left_out) == {"start", "due_date"}


def test_one_thing_is_asked_for_as_one() -> None:
    texts = requests_for("list_balance", "List the trial balance.", 60, city=TEXT)
    assert not any("what are" in text for text in texts)
    assert any("what is" in text for text in texts)


@pytest.mark.parametrize(
    ("description", "task"),
    [
        ("Fetch a list of Drivers", "fetch the drivers"),
        ("Retrieve a paginated list of contacts", "retrieve the contacts"),
        ("Update a table's name or description", "update a table"),
        ("Compare places in one call", "compare the places"),
    ],
)
def test_a_list_of_things_are_the_things(description: str, task: str) -> None:
    assert spoken_alone("run", description, "").task == task


def test_a_preposition_is_asked_for_as_what_it_begins() -> None:
    day = {"type": "string", "format": "date"}
    each = spoken_alone("list_trips", "List trips.", "from to", **{"from": day, "to": day})
    assert [asked_for(parameter) for parameter in each.parameters] == ["start date", "end date"]
    each = spoken_alone("send_file", "Send a file.", "file_id body", file_id=TEXT, body=TEXT)
    assert [parameter.name for parameter in each.demanded] == ["file_id"]


def test_a_page_that_begins_after_an_id_is_no_wish() -> None:
    each = spoken_alone("list_mails", "List mails.", "", after={**TEXT, "format": "uuid"}, folder=TEXT)
    assert [parameter.name for parameter in each.parameters] == ["folder"]


def test_a_thing_stands_in_what_is_named_before_it() -> None:
    texts = requests_for("add_note", "Add a note.", 40, base_id=TEXT, table_id=TEXT, text=TEXT)
    assert all(re.search(r"in table .* in base .*\"", text) for text in texts)


def test_a_spot_is_where_the_task_says() -> None:
    spot = {"latitude": {"type": "number"}, "longitude": {"type": "number"}}
    texts = requests_for("get_weather", "Get the weather for a location.", 30, **spot)
    assert all(re.search(r"for location -?[\d.]+, -?[\d.]+", text) for text in texts)


def test_a_switch_becomes_no_yes() -> None:
    texts = requests_for("update_app", "Update an app.", 40, app_id=TEXT, click_tracking={"type": "boolean"})
    assert not any(re.search("to (?:yes|no|true|false)", text) for text in texts)
    filtered = spoken_alone("list_records", "List records.", "", formula=TEXT)
    assert list(filtered.left_out) == ["formula"]


def test_what_a_thing_is_in_stands_before_what_it_becomes() -> None:
    texts = requests_for("update_field", "Update a field.", 30, table_id=TEXT, field_id=TEXT, name=TEXT)
    assert all(re.search(r"field (?:id )?f-\d+ in table (?:id )?t-\d+ .*to \"", text) for text in texts)


def test_nobody_is_asked_for_half_a_spot() -> None:
    spot = {"latitude": {"type": "number"}, "longitude": {"type": "number"}}
    each = spoken_alone("get_weather", "Get the weather.", "latitude longitude units", units=TEXT | PAID, **spot)
    assert [parameter.name for parameter in each.demanded] == ["units"]


def test_what_is_written_has_its_id_from_the_server() -> None:
    body = {"type": "object", "properties": {"id": TEXT, "name": TEXT, "notes": TEXT}}
    each = spoken_alone("save_group", "Save a group.", "body", body=body)
    assert not any("id" in draw_arguments(each, Random(seed))["body"] for seed in range(40))


def test_a_gid_is_an_id_and_what_says_it_twice_is_no_wish() -> None:
    texts = requests_for("add_tag", "Add a tag to a task.", 40, task_gid=TEXT, tag_gid=TEXT)
    assert all(re.search(r"tag (?:id )?tg-\d+ to task (?:id )?tg-\d+", text) for text in texts)
    each = spoken_alone(
        "delete_page", "Delete a page.", "page_gid", page_gid=TEXT, confirmation_token=TEXT, version={"type": "integer"}
    )
    assert [asked_for(parameter) for parameter in each.parameters] == ["page ID"]


@pytest.mark.parametrize(
    ("description", "task"),
    [
        ("Get one event in full", "get one event in full"),
        ("List the groups you belong to", "list the groups you belong to"),
        ("Get YOUR own identity for ALL courses", "get your own identity for all courses"),
    ],
)
def test_what_is_stressed_is_said_without_stress(description: str, task: str) -> None:
    each = spoken_alone("run", description, "")
    assert each.task == task
    assert not any(re.search(r"\byou\b", str(part)) for part in each.object)


def test_a_choice_in_an_object_is_said_with_its_name() -> None:
    state = {"type": "string", "enum": ["open", "closed"]}
    query = {"type": "object", "properties": {"state": state}, "required": ["state"]}
    texts = requests_for("search_refunds", "Search refunds.", 20, query=query)
    assert all(re.search("state (?:open|closed)", text) for text in texts)


def test_definitions_of_another_kind_are_no_source_of_an_id() -> None:
    listing = tool("list_shop_custom_field_definitions", "List shop custom field definitions.", "")
    removing = tool("delete_staff_custom_field_definition", "Delete a staff custom field definition.", "id", id=TEXT)
    (giver, taker) = spoken_tools([listing, removing])
    assert results.links(taker, [giver]) == []


def test_nothing_is_written_that_only_has_a_version() -> None:
    attribute = {"type": "object", "properties": {"version": {"type": "integer"}}}
    saving = tool("save_attribute", "Save an attribute.", "attribute", attribute=attribute)
    assert spoken_tools([saving]) == ()


def test_a_result_has_ids() -> None:
    answer = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
    each = spoken_alone("get_group", "Get a group.", "group_id", group_id=TEXT)
    schema = {**each.schema, "function": {**each.schema["function"], "x-response": answer}}
    (answering,) = spoken_tools([schema])
    assert answering.answers is not None
    assert any("id" in answering.answers(Random(seed)) for seed in range(20))


@pytest.mark.parametrize("example", ["string", "YOUR_ORDER_ID", "<order id>"])
def test_what_stands_where_a_value_goes_is_never_drawn(example: str) -> None:
    values = drawn("order_id", {**TEXT, "example": example})
    assert not any(value.casefold().startswith(example[:4].casefold()) for value in values)


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("approve_discount", "Approve the flat rate or percentage discount.", "approve the discount"),
        ("chat_list_channels", "List public or pre-defined channels.", "list the chat channels"),
        ("search_offers", "Search Market Square for used books/records to add to a list", "used books in"),
        ("list_boards", "List all boards the user has access to", "list all boards you have access to"),
        ("list_rooms", "List rooms the user can book in Roomy, sorted by size", "rooms you can book in roomy"),
        ("get_trigger", "Get an instance of a usage trigger", "get a usage trigger"),
        ("create_key", "Create a new signing key resource", "create a new signing key"),
        ("shelf_get_contents", "", "get the shelf contents"),
        ("update_list_position", "Update the position of a list on the board, and its order", "position"),
        ("ask_manager", "Asks the manager for approval.", "ask the manager for approval"),
    ],
)
def test_a_task_is_what_description_and_name_say_together(name: str, description: str, task: str) -> None:
    assert task in spoken_alone(name, description, "").task.lower()


def test_what_is_named_by_what_it_searches_is_a_search() -> None:
    texts = requests_for("wikipedia", "A wrapper around an encyclopedia.", 40, query=TEXT)
    assert all(re.search(r"\w+ in wikipedia", text) for text in texts)


def test_a_description_tells_an_id() -> None:
    texts = requests_for(
        "create_refund",
        "Refund a payment intent.",
        40,
        payment_intent={**TEXT, "description": "The ID of the PaymentIntent to refund."},
    )
    assert all(re.search(r"payment intent pi-\d+", text) for text in texts)


def test_slugs_and_stamps_of_messages_are_ids_of_their_own_form() -> None:
    texts = requests_for("find_teams", "Find teams in an organization.", 40, organizationSlug=TEXT)
    assert all(re.search(r"organization [a-z]+-[a-z]+", text) for text in texts)
    texts = requests_for("reply_to_thread", "Reply to a message thread.", 40, thread_ts=TEXT, text=TEXT)
    assert all(re.search(r"thread 171\d{7}\.\d{6}", text) for text in texts)


def test_what_is_added_and_taken_out_is_said_so() -> None:
    ids = {"type": "array", "items": TEXT}
    texts = requests_for("modify_email", "Modify labels of an email.", 40, message_id=TEXT, add_label_ids=ids)
    assert all(re.search(r"message (?:id )?m-\d+.*, adding labels? (?:ids? )?l-\d+", text) for text in texts)


def test_a_value_stands_at_another_word_for_the_same_thing() -> None:
    texts = requests_for("delete_email", "Deletes an email from a mailbox.", 40, message_id=TEXT)
    assert all(re.search(r"message (?:id )?m-\d+", text) and "mailbox" not in text for text in texts)


def test_a_name_of_another_thing_stands_at_that_thing() -> None:
    texts = requests_for("get_stats", "Get the statistics for a library.", 40, library_name=TEXT)
    assert all(re.search(r'library "', text) for text in texts)
    texts = requests_for("create_playlist", "Create a new playlist.", 40, playlist_title=TEXT, library_name=TEXT)
    assert all(re.search(r'(?:for|in) the library "', text) for text in texts)


def test_whichever_says_which_thing_is_meant_stands_at_it() -> None:
    each = tool("delete_shelf", "Delete a shelf.", "", shelf_name=TEXT, shelf_id={"type": "integer"})
    texts = [
        row.prompt[-1]["content"].lower() for row in any_tools.rows([each], 40, masked=0.0, behaviors={"single": 1})
    ]
    assert all(re.search(r'shelf (?:id )?(?:\d|")', text) for text in texts)


def test_a_switch_that_undoes_a_task_is_never_drawn_as_no() -> None:
    each = spoken_alone(
        "watch_card",
        "Subscribe or unsubscribe from watching a card",
        "card_id on",
        card_id=TEXT,
        on={"type": "boolean"},
    )
    assert all(draw_arguments(each, Random(seed))["on"] for seed in range(30))


def test_switches_of_one_word_and_of_only_are_sentences() -> None:
    switch = {"type": "boolean"}
    texts = requests_for("update_dispute", "Update a dispute.", 40, dispute_id=TEXT, submit=switch)
    assert all(re.search(r", (?:and|but do not) submit it", text) for text in texts)
    texts = requests_for("list_clients", "List all clients.", 40, active_only=switch)
    assert all(re.search(r"only active ones", text) for text in texts)


def test_nobody_gives_half_a_name_or_two_values_for_one() -> None:
    off = {"type": "number", "description": "Percent off (required if amount_off is not passed)"}
    schema = {"first_name": TEXT, "last_name": TEXT, "percent_off": off, "amount_off": {"type": "number"}}
    each = spoken_alone("create_coupon", "Create a coupon.", "amount_off", **schema)
    calls = [draw_arguments(each, Random(seed), 1.0) for seed in range(60)]
    assert all(("first_name" in call) == ("last_name" in call) and "percent_off" not in call for call in calls)


@pytest.mark.parametrize("name", ["regionUrl", "sort_by", "batch_size"])
def test_what_only_the_program_knows_is_asked_for_by_nobody(name: str) -> None:
    kind = {"type": "integer"} if name == "batch_size" else TEXT
    each = spoken_alone("list_orders", "List the orders.", "", **{name: kind})
    assert not any(name in draw_arguments(each, Random(seed), 1.0) for seed in range(40))


def test_a_span_of_hours_is_drawn_as_it_is_shown() -> None:
    assert set(drawn("slot", {**TEXT, "description": "The desired slot (e.g., '9-12')."})) == {"9-12"}


def test_a_new_slug_does_not_say_which() -> None:
    new = {**TEXT, "description": "The new slug of the project"}
    texts = requests_for("update_project", "Update a project.", 40, project_slug=TEXT, slug=new)
    assert all(re.search(r"\bthe slug of project \S+ (?:has to be )?(?:changed )?to |slug to ", text) for text in texts)


def test_values_in_several_objects_are_said_with_their_names() -> None:
    criteria = {"type": "object", "properties": {"from": {**TEXT, "format": "email"}}, "required": ["from"]}
    action = {"type": "object", "properties": {"forward": {**TEXT, "format": "email"}}, "required": ["forward"]}
    texts = requests_for("create_filter", "Create a new filter.", 40, criteria=criteria, action=action)
    assert all("criteria from " in text and "action forward " in text for text in texts)


def test_what_is_put_on_something_is_said_so() -> None:
    texts = requests_for("add_comment", "Add a comment.", 40, issue_id=TEXT, text=TEXT)
    assert all(re.search(r"to issue (?:id )?i-\d+", text) for text in texts)
    texts = requests_for("create_customer", "Create a customer.", 40, name=TEXT)
    assert all(re.search(r"a (?:new )?customer (?:named|called) ", text) for text in texts)
    texts = requests_for("send_link", "Send a link.", 40, phone_number=TEXT)
    assert all(re.search(r"to \+1-", text) for text in texts)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("days_until_due", r"due in \d+ days"),
        ("value", r"of \d"),
        ("min_price", r"at least \d|\d or more"),
        ("pets", r"\d+ pets|of us"),
    ],
)
def test_numbers_are_tied_on_as_people_do(name: str, words: str) -> None:
    texts = requests_for("create_offer", "Create an offer.", 40, **{name: {"type": "integer"}})
    assert all(re.search(words, text) for text in texts)


TAG = {"type": "object", "properties": {"id": TEXT, "kind": {"const": "tag"}}, "required": ["id", "kind"]}
GROUPS = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT}, "required": ["id"]}}


@pytest.mark.parametrize(
    ("members", "place", "is_number"),
    [
        ({"groups": GROUPS, "data": {"type": "array", "items": TAG}}, "data", False),
        ({"id": TEXT, "tags": {"type": "array", "items": TAG}}, "tags", False),
        ({"tags": {"type": "array", "items": {"properties": {"tag_id": {"type": "integer"}}}}}, "tags", True),
        ({"id": TEXT, "groups": GROUPS}, "tags", False),
    ],
    ids=["data", "their own list", "a number", "no list of them"],
)
def test_an_id_is_taken_from_the_list_of_its_things(members: dict[str, Any], place: str, is_number: bool) -> None:
    listing = tool("list_tags", "List all tags.", "")
    listing["outputSchema"] = {"type": "object", "properties": members, "required": list(members)}
    removing = tool("delete_tag", "Delete a tag.", "tag_id_or_slug", tag_id_or_slug=TEXT)
    (giver, taker) = spoken_tools([listing, removing])
    ((_, link),) = results.links(taker, [giver])
    for seed in range(10):
        result, value = results.holding(giver, {}, link, "T-1", Random(seed))
        first = next(iter(result[place][0].values()))
        assert value == (str(first) if is_number else "T-1") == str(first)
        assert "tag_id_or_slug" not in str(result)


def test_what_shows_one_thing_answers_with_one() -> None:
    looking = tool("get_team", "Get your team.", "")
    removing = tool("list_team_members", "List the members of a team.", "team_id", team_id=TEXT)
    (giver, taker) = spoken_tools([looking, removing])
    ((_, link),) = results.links(taker, [giver])
    result, value = results.holding(giver, {}, link, "T-1", Random(0))
    assert result["team_id"] == value == "T-1"


def test_a_result_is_of_what_the_call_names_and_its_names_are_told() -> None:
    times = {"updated_at": {"format": "date-time", **TEXT}, "created_at": {"format": "date-time", **TEXT}}
    pages = {"offset": {"type": "integer"}, "page": {"type": "integer"}}
    order = {"id": TEXT, "description": TEXT, "name": TEXT, "site": {"format": "uri", **TEXT}, **times, **pages}
    inner = {"type": "object", "properties": {"name": TEXT}}
    schema = tool("get_order", "Get an order.", "order_id", order_id=TEXT, shop_id=TEXT, filter=inner)
    schema["outputSchema"] = {"type": "object", "properties": order, "required": list(order)}
    (each,) = spoken_tools([schema])
    call = {"order_id": "O-1", "shop_id": "S-1", "filter": {"name": "Ada"}}
    for seed in range(10):
        report = results.reported(each, call, Random(seed))
        kept = {key: report.result[key] for key in ("id", "name", "offset", "page")}
        assert kept == {"id": "O-1", "name": "Ada", "offset": 0, "page": 1}
        assert report.result["created_at"] <= report.result["updated_at"]
        assert "://" not in report.text


def test_a_new_price_is_not_reported_as_another_one() -> None:
    each = spoken_alone("create_price", "Create a price.", "amount", amount={"type": "integer"})
    told = [results.reported(each, {"amount": 100}, Random(seed)).text for seed in range(40)]
    assert not any("price is" in text for text in told)


def test_a_name_beside_a_date_of_birth_is_a_persons() -> None:
    texts = requests_for("log_check", "Log a check.", 40, name=TEXT, date_of_birth=TEXT)
    assert all(re.search(r"(?:for|named) [a-z]+ [a-z]+", text) for text in texts)


def test_several_origins_and_destinations_are_told_apart() -> None:
    places = {"type": "array", "items": TEXT}
    about = "Calculate travel distance and time for multiple origins and destinations"
    texts = requests_for("distance_matrix", about, 40, origins=places, destinations=places)
    assert all(re.search(r" from .+ to |to .+ from ", text) and "origins" not in text for text in texts)


def test_what_a_change_ends_with_is_said_with_its_name() -> None:
    texts = requests_for("update_label", "Update a label.", 40, label_id=TEXT, name=TEXT, color=TEXT)
    assert all(
        re.search(r"colou?r (?:of label .+ )?(?:changed |has to be changed )?to |color to", text) for text in texts
    )


def test_an_address_of_a_list_is_no_link() -> None:
    listing = tool("list_accounts", "List all accounts.", "")
    looking = tool("get_profile", "Get a profile.", "email", email=TEXT)
    (giver, taker) = spoken_tools([listing, looking])
    assert results.links(taker, [giver]) == []


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("edit_filters", "Change the filters while preserving settings you omit", "change the filters"),
        ("run_task", "Run a butler task now", "run a butler task"),
        ("clean_bundles", "", "clean the bundles"),
        ("get_information", "Get information for a user by their email", "get the information for a user"),
        ("get_directions", "Get directions between two points", "get the directions"),
        ("shelf_get_contents", "Get filtered, paginated items of a shelf", "get the shelf contents"),
        ("list_wishes", "List the shop's wishes, including old ones", "list the shop's wishes"),
        ("copy_checklist", "Copy a checklist from one card to another", "copy a checklist"),
        ("close_line", "Close a line and revoke its lineId.", "close a line"),
        ("poll_job", "Check the status of a job and retrieve results", "check the status of a job"),
        ("list_rights", "List the read and write permissions", "list the read and write permissions"),
        ("patch_shelf", "Update field(s) of a shelf using JSON", "update a shelf"),
        ("wait_for", "Wait for dough to rise or a time to pass", "wait for dough to rise"),
        ("apply_plan", "Apply a YAML plan from a string or file", "apply a YAML plan"),
        ("search_shop", "Search the product catalog by keyword", "search something in the product catalog"),
        ("search_posts", "Search posts in the forum", "search posts in the forum"),
        ("wiki", "Search Wikipedia for articles", "search articles in Wikipedia"),
        ("search", "Search across tasks and notes in Umbra", "search something across tasks and notes in Umbra"),
        ("export_ledger", "Return the ledger file as base64.", "export the ledger file"),
        ("bake_bread", "Returns the baked bread.", "get the baked bread"),
        ("shift_mails", "Move mails between IMAP folders", "move the mails"),
        ("update_shelf", "Update a shelf name, color, or place", "update a shelf"),
        ("search_and_replace", "Search for text and replace all occurrences", "replace all occurrences"),
        ("cherry_pick", "Cherry-pick commits from a shelf", "cherry-pick the commits from a shelf"),
        ("find_notes", "Performs fuzzy searches across all vaults", "find notes"),
        ("get_owner_card", "Authenticates the bearer and reads it", "get the owner card"),
        ("batch_drop_rows", "", "drop the rows"),
        ("ping", "Verify that the bakery is still open", "verify whether the bakery is still open"),
        ("oven_helper", "This tool helps clean and check and fix an oven.", "clean an oven"),
        ("approve_cake", "Once the baker has marked a cake, the user approves it.", "approve the cake"),
        ("shop_search", "Search the catalog for any topic", "search something in the catalog"),
        ("courier_agent", "Autonomous parcel agent", "get the courier agent"),
        ("focus_tab", "Focus a tab", "focus a tab"),
    ],
)
def test_a_task_leaves_out_how_it_is_done(name: str, description: str, task: str) -> None:
    assert spoken_alone(name, description, "").task == task


def test_a_spot_in_an_object_is_two_numbers() -> None:
    number = {"type": "number"}
    spot = {"type": "object", "properties": {"latitude": number, "longitude": number}}
    spot["required"] = ["latitude", "longitude"]
    texts = requests_for("get_elevation", "Get the elevation.", 40, locations={"type": "array", "items": spot})
    assert all(re.search(r"-?[\d.]+, -?[\d.]+", text) and "latitude" not in text for text in texts)


def test_a_change_of_what_stands_beside_a_thing_is_named() -> None:
    texts = requests_for("update_product", "Update a product.", 40, product_id=TEXT, vendor=TEXT)
    assert all(re.search(r"vendor (?:of .+ )?(?:changed |has to be changed )?to ", text) for text in texts)
    names = {"first_name": TEXT, "last_name": TEXT}
    texts = requests_for("update_customer", "Update a customer.", 40, customer_id=TEXT, **names)
    assert all(re.search(r"name to [a-z]+ [a-z]+", text) for text in texts)


def test_the_name_of_a_parameter_is_no_example_of_it() -> None:
    assert "friendly_name" not in drawn("FriendlyName", {**TEXT, "example": "friendly_name"})


def test_a_handle_for_addresses_is_no_address() -> None:
    handle = {**TEXT, "description": "The URL handle of the product"}
    assert meaning_of("handle", handle).name != "url"


def test_things_in_camel_case_are_said_in_words() -> None:
    sid = {**TEXT, "description": "The string that uniquely identifies the UsageTrigger resource to fetch"}
    texts = requests_for("get_trigger", "Fetch a usage trigger.", 40, Sid=sid)
    assert all(re.search(r"usage trigger \w+", text) for text in texts)


def test_of_an_object_people_name_values_before_switches() -> None:
    item = {"type": "object", "properties": {"quantity": {"type": "integer"}, "deleted": {"type": "boolean"}}}
    texts = requests_for("update_order", "Update an order.", 40, order_id=TEXT, items={"type": "array", "items": item})
    assert not any("deleted" in text for text in texts)


def test_a_path_of_another_thing_is_said_with_its_name() -> None:
    texts = requests_for("edit_album", "Edit an album.", 40, album_id=TEXT, poster_path=TEXT)
    assert all(re.search(r"poster path (?:of .+ )?(?:changed |has to be changed )?to ", text) for text in texts)


def test_nobody_says_twice_who_is_meant() -> None:
    who = {"username": TEXT, "user_id": {"type": "integer"}}
    each = spoken_alone("list_plays", "List the plays of a user.", "", **who)
    assert not any(who.keys() <= draw_arguments(each, Random(seed), 1.0).keys() for seed in range(60))


def test_what_no_user_gives_is_named_with_what_to_do() -> None:
    tools = SpokenToolset([tool("create_payment", "Create a payment.", "idempotency_key", idempotency_key=TEXT)])
    assert tools[0] is None
    assert "take it out of the schema" in tools.unusable["create_payment"]


def test_a_new_name_says_not_which_thing_is_meant() -> None:
    new = {**TEXT, "description": "The new name of the project"}
    each = tool("update_project", "Update a project.", "", project_id=TEXT, name=new)
    texts = [
        row.prompt[-1]["content"].lower()
        for row in any_tools.rows([each], 60, masked=0.0, behaviors={"clarify": 1, "single": 1})
    ]
    assert not any(re.search(r'project "', text) for text in texts)


def test_one_of_several_ids_says_which_thing_is_meant() -> None:
    each = spoken_alone("get_profile", "Inspect a profile in detail.", "", profile_id=TEXT, profile_key=TEXT)
    assert [parameter.name for parameter in each.required] == ["profile_id"]


@pytest.mark.parametrize(
    ("name", "description", "words", "value"),
    [
        ("list_complaints", "List all complaints of a domain.", "domain_name", r"[a-z]+\.(?:com|org|net)"),
        ("verify_domain", "Verify a domain.", "name", r"[a-z]+\.(?:com|org|net)"),
        ("delete_bounce", "Delete a bounce.", "address", r"\S+@\S+"),
        ("delete_ip_entry", "Delete an entry of the IP allowlist.", "address", r"\d+\.\d+\.\d+\.\d+"),
        ("add_data", "Add data to a line.", "gb_amount", r"[\d.]+ gb"),
        ("mute_host", "Mute a host.", "message", r'with the message "'),
        ("read_workbook", "Reads a workbook.", "path", r"\w\.xlsx"),
        ("read_docx", "Reads a docx.", "filename", r"\w\.docx"),
        ("clear_range", "Clears cells of a worksheet.", "range", r"[a-f]\d+:[a-f]\d+"),
        ("drop_sheet", "Drops a sheet.", "sheet", r"sheet (?:bud|ord|inv|sum|jan|cust|sheet)"),
        ("open_folder", "Opens a folder of emails.", "mailbox", r"folder (?:arch|rec|news|trav|cli|foll)"),
        ("fetch_attachment", "Fetches an attachment.", "attachment_name", r"attachment \w+\.(?:pdf|docx|jpg)"),
        (
            "list_tables",
            "List the tables of a database.",
            "database",
            r"database (?:shop|crm|bil|ana|inv|blog|ord)",
        ),
        (
            "describe_table",
            "Describe a table of a database.",
            "table",
            r"table (?:ord|cust|inv|prod|pay|ship|sess|rev)",
        ),
        (
            "purge_queue",
            "Purge a queue of messages.",
            "queue_name",
            r"queue (?:ord|ema|ima|pay|inv|retr)",
        ),
    ],
)
def test_values_are_of_the_kind_that_their_tool_speaks_of(name: str, description: str, words: str, value: str) -> None:
    kind = {"type": "number"} if "gb" in words else {**TEXT, "description": f"The {words} of the domain"}
    kind = kind if words in ("domain_name", "name", "gb_amount") else TEXT
    texts = requests_for(name, description, 40, **{words: kind})
    assert all(re.search(value, text) for text in texts)


def test_where_all_wishes_are_is_said_once() -> None:
    tools = [
        tool("list_dashboards", "List dashboards from Datadog.", ""),
        tool("get_dashboard", "Get a dashboard from Datadog.", "dashboard_id", dashboard_id=TEXT),
    ]
    made = any_tools.rows(tools, 40, masked=0.0, behaviors={"chain": 1})
    texts = [next(m["content"] for m in row.prompt if m["role"] == "user") for row in made]
    assert all(text.count("from Datadog") == 1 for text in texts)


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("get_bills", "Retrieve a list of the customer's bills, most recent first", "retrieve the customer's bills"),
        ("get_me", "Get one's own user details", "get your user details"),
    ],
)
def test_a_list_and_what_is_ones_own_are_said_plainly(name: str, description: str, task: str) -> None:
    assert spoken_alone(name, description, "").task == task


def test_seconds_until_now_are_said_by_nobody() -> None:
    ago = {"type": "integer", "description": "Number of seconds since when the hosts are counted"}
    each = spoken_alone("count_hosts", "Count hosts.", "hostname", hostname=TEXT, **{"from": ago})
    assert "from" in each.left_out


def test_an_ip_is_no_word_of_its_description() -> None:
    values = drawn("ip", {**TEXT, "description": "The IP, for example 'ip_pool' or 'all'"})
    assert all(re.fullmatch(r"\d+\.\d+\.\d+\.\d+", value) for value in values)


def test_several_ids_of_what_a_thing_has_are_not_asked_for() -> None:
    ids = {"type": "array", "items": TEXT}
    each = spoken_alone("modify_email", "Modify email labels", "message_id", message_id=TEXT, label_ids=ids)
    assert [parameter.name for parameter in each.required] == ["message_id"]


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("complete_task", "Mark a task as completed.", "mark a task as completed"),
        ("seatGuestTool", "Mark guest as seated (from the waitlist).", "mark the guest as seated"),
        ("list_values", "List all orders as JSON.", "list all orders"),
        ("defer_task", "Defer a task until a specific date (hide it until then).", "defer a task"),
        ("placeOrderTool", "Place food order for seated guest with menu items.", "place a food order"),
        ("checkWaitTimeTool", "", "check the wait time"),
        ("promote_task", "Move a backlog item to active inbox (promote it).", "move a task to the active inbox"),
        ("update_task", "Update an existing task's fields.", "update a task"),
        ("update_person", "Update information about a person.", "update a person"),
        ("get_low_stock", "Get items at or below the reorder level.", "get the items at or below the reorder level"),
        ("waste_report", "Generate a waste/write-off report", "generate a waste report"),
        ("get_sleep", "Get sleep summary for the last N days.", "get the sleep summary"),
        ("initiate_return", "Process a return after vision verification.", "process a return"),
        ("notify", "Send notification to customer that their table is ready.", "send a notification to the customer"),
        ("search_people", "Search the people database by name.", "search something in the people database"),
        (
            "log_debt",
            "Record that a customer took goods without paying.",
            "record that a customer took goods",
        ),
        ("confirm_seat", "Confirm that the seat is free.", "confirm whether the seat is free"),
        (
            "web_search",
            "Search the public web for up-to-date technical information.",
            "search something on the public web",
        ),
        ("get_stats", "Get library statistics grouped by genre.", "get the library statistics"),
        ("top_cars", "Top N by price with filters.", "get the top cars"),
        ("average_price", "Average price with filters.", "get the average price"),
        ("get_plan", "Look up Daniel's current plan.", "look up Daniel's current plan"),
        ("check_stock", "Check if a product is in stock.", "check if a product is in stock"),
        ("book_visit", "Books the visit.", "book a visit"),
    ],
)
def test_short_descriptions_are_said_whole(name: str, description: str, task: str) -> None:
    assert spoken_alone(name, description, "").task == task


def test_a_pair_of_values_is_not_said_twice() -> None:
    number = {"type": "number"}
    each = spoken_alone(
        "calculate_bmi", "Calculate body index from weight and height.", "weight height", weight=number, height=number
    )
    assert each.task == "calculate the body index"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("promote_task", r"(?:move|shift) task|task (?:id )?t-\d+ (?:has to be )?moved to the inbox"),
        ("archive_task", r"task"),
    ],
)
def test_where_something_goes_is_said_behind_the_verb(template: str, words: str) -> None:
    texts = requests_for(template, "Move a task to the inbox.", 40, task_id=TEXT)
    assert all(re.search(words, text) for text in texts)
    assert not any(re.search("inbox (?:has|moved|to be)", text) for text in texts)


def test_several_changes_are_each_named_and_one_is_not_repeated() -> None:
    new = {"newDate": TEXT | {"format": "date"}, "newPartySize": {"type": "integer"}}
    texts = requests_for("edit_reservation", "Modify a reservation.", 60, reservationId=TEXT, **new)
    assert all(re.search(r"the (?:date|party size) of reservation", text) for text in texts)
    assert all(re.search(r" and the (?:date|party size) to ", text) for text in texts)
    budget = requests_for("update_budget", "Update the budget of a campaign.", 40, campaign_id=TEXT, new_limit=WHOLE)
    assert all(re.search(r"budget of campaign (?:id )?c-\d+.* to \d", text) for text in budget)
    assert not any("limit" in text for text in budget)


WHOLE = {"type": "integer"}


def test_who_is_changed_is_no_value_of_the_change() -> None:
    each = tool("update_person", "Update information about a person.", "name", name=PERSON, phone=TEXT, city=TEXT)
    rows = any_tools.rows([each], 40, masked=0.0, behaviors={"single": 1})
    calls_of = [call.arguments for row in rows for call in row.ground_truth.calls]
    assert all(len(arguments) > 1 for arguments in calls_of)
    texts = [str(row.prompt[-1]["content"]) for row in rows]
    pairs = zip(texts, calls_of, strict=True)
    assert not any(re.search(f"to {re.escape(str(arguments['name']))}", text) for text, arguments in pairs)


PERSON = {**TEXT, "description": "The full name of the person"}


@pytest.mark.parametrize(
    ("words", "schema", "value"),
    [
        ("time", {"description": "Time like '7:00 PM'"}, r"(?:1?\d):(?:00|15|30|45) [AP]M"),
        ("time", {"description": "Time, e.g. '7pm'"}, r"1?\d(?:am|pm)"),
        ("date", {"description": "Day, e.g. 'March 3'"}, r"[A-Z][a-z]+ [0-3]\d"),
        ("billing_period", {"description": "Year and month", "examples": ["2020-11"]}, r"20\d\d-(?:0[1-9]|1[0-2])"),
        (
            "device",
            {"description": 'The model (e.g., "Pixel Pro 15", "Galaxy Note S24")'},
            "Pixel Pro 15|Galaxy Note S24",
        ),
        ("date_text", {}, r"\d{4}-\d\d-\d\d"),
        ("time_str", {}, r"\d\d:\d\d"),
        ("food_name", {}, r"(?:[a-z]+ ?)+"),
        ("npc", {}, r"[A-Z][\w ]+"),
        ("manager_passcode", {}, r"\d{4}"),
        ("category", {"description": "The menu category"}, "(?:[a-z]+ ?)+"),
        ("isbn", {}, r"978\d{10}"),
        ("days_of_week", {}, r"[A-Z][a-z]+day"),
        ("time_range", {}, r"last .+"),
        ("city", {"description": "Where (e.g., 'city')"}, r"[A-Z].*"),
        ("slot", {"description": "time of day, e.g. '11:00' or '2:30pm'."}, r"\d\d:\d\d"),
    ],
)
def test_values_are_such_as_people_have(words: str, schema: dict[str, Any], value: str) -> None:
    each = spoken_alone("list_menu", "List the menu of a restaurant.", words, **{words: {**TEXT, **schema}})
    values = {draw_arguments(each, Random(seed))[words] for seed in range(40)}
    assert all(re.fullmatch(value, str(drawn_value)) for drawn_value in values), values


@pytest.mark.parametrize(
    ("name", "description", "schema", "said"),
    [
        ("book_room", "Book a room.", {"room_type": {"enum": ["double", "family"]}}, r"(?:double|family) room"),
        ("list_orders", "List orders.", {"status": {"enum": ["open", "paid"]}}, r"(?:open|paid) orders"),
        (
            "create_plan",
            "Create a plan.",
            {"effort": {"enum": ["low", "high"]}},
            r"effort (?:low|high)|a (?:low|high) effort|: ",
        ),
        ("raise_heat", "Increase the heat.", {"increment": {"type": "integer"}}, r" by \d"),
        ("set_heat", "Set the heat.", {"temperature": {"type": "number"}}, r" to (?:1[7-9]|2[0-5])\b"),
        (
            "log_food",
            "Log a food.",
            {"protein": {"type": "number", "description": "Protein in grams"}},
            r"grams of protein",
        ),
        ("reserve_table", "Reserve a table.", {"party_size": {"type": "integer"}}, r"people|of us|party of"),
        ("create_task", "Create a new task.", {"due_date": {"type": "string", "format": "date"}}, r" due "),
        ("book_visit", "Book a visit.", {"doctor_name": TEXT}, r" with [A-Z]\w+ [A-Z]"),
        (
            "add_contact",
            "Add a new contact.",
            {"first_name": TEXT, "last_name": TEXT},
            r"(?:named|called) [A-Z]\w+ [A-Z]",
        ),
        ("move_hero", "Move a hero.", {"city": TEXT}, r" to [A-Z]"),
    ],
)
def test_values_of_small_tools_are_tied_on_as_people_do(
    name: str, description: str, schema: dict[str, Any], said: str
) -> None:
    typed = {key: {"type": "string", **value} for key, value in schema.items()}
    rows = any_tools.rows([tool(name, description, " ".join(typed), **typed)], 40, masked=0.0, behaviors={"single": 1})
    texts = [str(row.prompt[-1]["content"]) for row in rows]
    assert all(re.search(said, text) for text in texts), texts


@pytest.mark.parametrize("name", ["get_user_input", "ask_human", "ask_user_question", "final_answer"])
def test_what_an_assistant_does_for_itself_is_asked_for_by_nobody(name: str) -> None:
    tools = SpokenToolset([tool(name, "Get missing information.", "query", query=TEXT)])
    assert tools[0] is None
    assert "of its own accord" in tools.unusable[name]


def test_a_household_member_is_no_member_that_stands_beside() -> None:
    names = {"memberId": TEXT, "householdMemberName": TEXT}
    texts = requests_for("removeMember", "Remove a household member from the membership.", 40, **names)
    assert not any(re.search(r"household member (?:id )?m-", text) for text in texts)
    assert all(re.search(r"for member (?:id )?m-\d+", text) for text in texts)


def test_two_times_of_one_call_are_told_apart() -> None:
    texts = requests_for("log_sleep", "Log sleep information.", 40, sleep_time=TEXT, wake_time=TEXT)
    assert all("wake time" in text and "sleep time" in text for text in texts)


def test_what_is_changed_is_told_by_what_is_not_new() -> None:
    texts = requests_for("update_status", "Update the order status.", 40, company=TEXT, new_status=OPEN)
    assert not any(re.search("company (?:of|to)", text) for text in texts)
    assert all(re.search("(?:open|paid)", text) for text in texts)
    each = tool("update_book", "Update book information by ISBN.", "isbn", isbn=TEXT, author=TEXT, title=TEXT)
    rows = any_tools.rows([each], 40, masked=0.0, behaviors={"single": 1})
    texts = [str(row.prompt[-1]["content"]) for row in rows]
    assert not any(re.search("(?i)isbn (?:of|to)", text) for text in texts)


OPEN = {"type": "string", "enum": ["open", "paid"]}


@pytest.mark.parametrize(
    ("name", "description", "meaning"),
    [
        ("adults_number", "", "people"),
        ("room_number", "Number of rooms.", "rooms"),
        ("room_number", "", "id"),
        ("n", "Number of cars to return", "limit"),
        ("number", "", "unknown"),
    ],
)
def test_a_number_of_things_counts_them(name: str, description: str, meaning: str) -> None:
    assert number_meaning(name, description).name == meaning


def test_a_reason_without_a_verb_is_one_of_something() -> None:
    reason = {**TEXT, "description": "Why, e.g. 'debt advice', 'childcare costs', 'a late bus', 'a new job'"}
    texts = requests_for("request_callback", "Request a callback.", 40, reason=reason)
    assert not any(re.search("(?:because|since) (?!of)", text) for text in texts)
    dates = requests_for("list_events", "List events.", 40, start_date={**TEXT, "format": "date"})
    assert not any("because" in text for text in dates)


def test_what_ends_on_a_clock_of_twelve_hours_ends_after_its_start() -> None:
    shown = {**TEXT, "description": "Time like '7:00 PM'"}
    each = spoken_alone("create_event", "Create an event.", "start_time end_time", start_time=shown, end_time=shown)
    for seed in range(60):
        start, end = (
            datetime.datetime.strptime(str(time), "%I:%M %p") for time in draw_arguments(each, Random(seed)).values()
        )
        assert start <= end


def test_the_most_of_something_is_asked_for_as_such() -> None:
    each = spoken_alone("find_cars", "Find cars.", "budget_max", budget_max={"type": "number"})
    assert asked_for(each.parameters[0]) == "maximum budget"


@pytest.mark.parametrize(
    ("name", "words", "schema", "value"),
    [
        ("book_table", "restaurant_name", {}, r"[A-Z][\w ]+"),
        ("book_table", "special_requests", {"description": "Wishes, such as a birthday"}, None),
        ("find_hcp", "hcp_name", {}, None),
        ("find_meeting", "meeting_name", {}, r"[A-Z].+"),
        ("find_tenants", "query", {}, r"[A-Z]\w+ [A-Z]\w+"),
    ],
)
def test_a_name_is_drawn_only_of_what_has_such_names(
    name: str, words: str, schema: dict[str, Any], value: str | None
) -> None:
    tools = SpokenToolset([tool(name, "", words, **{words: {**TEXT, **schema}})])
    if value is None:
        assert tools[0] is None
        return
    assert tools[0] is not None
    drawn_values = {draw_arguments(tools[0], Random(seed))[words] for seed in range(20)}
    assert all(re.fullmatch(value, str(each)) for each in drawn_values), drawn_values


def test_stays_begin_and_end_in_this_order() -> None:
    each = spoken_alone("find_rooms", "Find rooms.", "check_in check_out", check_in=TEXT, check_out=TEXT)
    calls_of = [draw_arguments(each, Random(seed)) for seed in range(40)]
    assert all(arguments["check_in"] < arguments["check_out"] for arguments in calls_of)
    assert [asked_for(parameter) for parameter in each.parameters] == ["check-in date", "check-out date"]


def test_an_action_takes_what_it_is_done_to() -> None:
    action = {"type": "string", "enum": ["play", "stop"]}
    about = "Control the music system to play a song."
    texts = requests_for("control_music", about, 60, action=action)
    assert any("song" in text for text in texts)
    assert any("music system" in text for text in texts)
    assert not any("music system to play" in text for text in texts)


def test_nobody_cancels_without_saying_which() -> None:
    each = spoken_alone("cancel_stay", "Cancel a stay.", "", guest_name=TEXT, confirmation_id=TEXT)
    assert all(draw_arguments(each, Random(seed)) for seed in range(40))


def test_whether_a_thing_is_so_names_the_thing() -> None:
    texts = requests_for("is_locked", "Check if a specific door is locked.", 40, door_id=TEXT)
    assert all(re.search(r"(?:if|whether) door (?:id )?d-\d+ is locked", text) for text in texts)


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("generate_quiz_question", "topic", r"(?!.*(?:headphones|bicycle|cafes)).+"),
        ("search_policy", "query", r"(?!.*(?:headphones|bicycle|leak|jobs)).+"),
        ("create_review", "review_text", r"(?!.*(?:invoice|printer|meeting)).+"),
        ("create_ticket", "description", r"(?!.*(?:Sunday|kitchen|draft)).+"),
        ("search_products", "query", r".+(?:headphones|bicycle|lamp|keyboard|backpack|jacket|desk|machine|tent)|tent"),
    ],
)
def test_people_write_of_what_the_tool_is_for(name: str, words: str, value: str) -> None:
    each = spoken_alone(name, "", words, **{words: TEXT})
    drawn_values = {str(draw_arguments(each, Random(seed))[words]) for seed in range(40)}
    assert all(re.fullmatch(value, text) for text in drawn_values), drawn_values


def test_a_name_of_which_only_examples_tell_is_said_behind_what_it_names() -> None:
    pizza = {**TEXT, "description": "The name of the pizza to order, e.g. Margherita"}
    texts = requests_for("create_order", "Create an order.", 30, pizza_name=pizza)
    assert all("for the pizza margherita" in text for text in texts)


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("verify_login", "Verify the token/URL work and return who that is", "verify whether the token works"),
        ("get_progress", "Get progress for one course or all courses", "get the progress for all courses"),
        ("get_changes", "Get recent changes since a given time", "get the recent changes"),
        ("getSessionAuth", "Begin Umbra authentication", "begin the umbra authentication"),
        ("getStreamIndexTs", "Fetch a video segment for an oven camera channel of a shelf", "fetch a video segment"),
        ("get_current_user", "Authenticates the token and reads it", "get the user"),
        ("identify_lamp", "Make a lamp breathe", "identify the lamp"),
        ("make_lamp", "Make a lamp", "make a lamp"),
        ("clean_shelf_issues", "Clean the rows with issues in a shelf", "clean the rows with issues"),
        ("compare_ovens", "Compare 2-3 ovens side-by-side", "compare the ovens side-by-side"),
        ("check_pay", "Check whether a baker is set up to be paid", "check whether a baker is set up to be paid"),
        ("reflog", "View the logs to track when a shelf moved", "view the logs"),
        ("init_shelf", "Initialize a new shelf at the specified path", "initialize a new shelf"),
        ("rebase", "Rebase commits onto another branch", "rebase the commits"),
        ("list_mine", "List all shelves the current user is in", "list all shelves I am in"),
    ],
)
def test_a_task_is_what_its_description_tells(name: str, description: str, task: str) -> None:
    spoken_back = task.replace(" I am", " you am")
    assert spoken_alone(name, description, "").task == spoken_back


def test_one_of_alternatives_is_given() -> None:
    description = "List the stops. At least one _deviceId_ or one _groupId_ must be passed."
    numbers = {"type": "array", "items": {"type": "integer"}}
    each = spoken_alone("list_stops", description, "", deviceId=numbers, groupId=numbers, limit={"type": "integer"})
    rng = Random(0)
    drawn = [draw_arguments(each, rng).keys() for _ in range(60)]
    assert not any(names.isdisjoint(("deviceId", "groupId")) for names in drawn)


def test_what_manages_things_does_one_of_its_actions() -> None:
    mode = {**TEXT, "enum": ["list", "create", "delete"], "default": "list"}
    shelf = {**TEXT, "description": "Shelf name for create/delete operations."}
    limit = {"type": "integer", "description": "For list mode: cap the number of shelves returned."}
    each = spoken_alone(
        "shelves", "Manage shelves: list, create or delete them.", "", mode=mode, title=shelf, limit=limit
    )
    rng = Random(0)
    taken = {(arguments["mode"], "title" in arguments) for arguments in (draw_arguments(each, rng) for _ in range(90))}
    assert taken == {("list", False), ("create", True), ("delete", True)}
    texts = requests_for("shelves", "Manage shelves: list, create or delete them.", 60, mode=mode, title=shelf)
    assert not any("manage" in text.lower() for text in texts)


def test_nobody_confirms_or_speaks_of_how_a_program_runs() -> None:
    consent = {**TEXT, "enum": ["Y", "yes"]}
    switch = {"type": "boolean"}
    ticks = {"type": "integer", "description": "How long, in milliseconds"}
    each = spoken_alone("clear_cart", "Clear the cart.", "confirm", confirm=consent, dry_run=switch, fade_ms=ticks)
    assert [(parameter.name, parameter.meaning.name) for parameter in each.parameters] == [("confirm", "constant")]
    assert draw_arguments(each, Random(0)) == {"confirm": "Y"}


def test_a_date_of_something_else_is_said_with_its_name() -> None:
    day = {**TEXT, "format": "date"}
    texts = requests_for("share_shelf", "Share a shelf.", 40, shelf_id=TEXT, expiration=day)
    assert all("expiration" in text for text in texts)
    texts = requests_for("add_expense", "Add an expense.", 40, amount={"type": "number"}, expense_date=day)
    assert not any("expense date" in text for text in texts)


def test_what_a_server_notes_itself_is_said_by_nobody() -> None:
    moment = {**TEXT, "format": "date-time"}
    each = spoken_alone("create_device", "Create a device.", "", title=TEXT, lastUpdate=moment, created_at=moment)
    assert [parameter.name for parameter in each.parameters] == ["title"]


def test_an_id_glued_to_its_thing_is_one() -> None:
    texts = requests_for("get_grades", "Get the grades of a course.", 20, courseid={"type": "integer"})
    assert all(re.search(r"\bcourse (?:id )?\d+", text) for text in texts)


def test_a_switch_that_begins_with_no_is_turned_round() -> None:
    texts = requests_for("merge_shelf", "Merge a shelf.", 30, shelf_id=TEXT, noFastForward={"type": "boolean"})
    assert any("without fast forward" in text for text in texts)
    assert not any("number" in text for text in texts)


def test_a_tool_that_answers_nothing_is_not_reported_on() -> None:
    bare = tool("get_capabilities", "Get the capabilities.", "")
    weather = tool("get_weather", "Get the weather of a city.", "city", city=TEXT)
    rows = any_tools.rows([bare, weather], 20, behaviors={"report": 1}, masked=0.0)
    called = {row.prompt[-2]["tool_calls"][0]["function"]["name"] for row in rows}
    assert called == {"get_weather"}


def test_tools_of_which_nothing_is_said_are_called_less() -> None:
    bare = tool("read_graph", "Read the graph.", "")
    given = tool("get_order", "Get an order.", "order_id", order_id=TEXT)
    rows = any_tools.rows([bare, given], 60, behaviors={"single": 1}, masked=0.0)
    n_bare = sum(row.ground_truth.calls[0].name == "read_graph" for row in rows)
    assert 0 < n_bare < len(rows) / 2


def test_a_second_call_stays_where_the_first_one_was() -> None:
    endpoint = {"type": "integer", "description": "Which endpoint"}
    listing = tool("list_boxes", "List the boxes on an endpoint.", "", endpoint_id=endpoint)
    stopping = tool("open_box", "Open a box.", "box_id", box_id=TEXT, endpoint_id=endpoint)
    for row in chains(listing, stopping):
        first = json.loads(row.prompt[-2]["tool_calls"][0]["function"]["arguments"])
        (second,) = row.ground_truth.calls
        assert second.arguments.get("endpoint_id") == first.get("endpoint_id", second.arguments.get("endpoint_id"))


def test_codes_of_countries_are_of_countries() -> None:
    country = {**TEXT, "minLength": 2, "maxLength": 2, "description": "Country code"}
    codes = {value for value in drawn("country", country) if isinstance(value, str)}
    assert codes <= set(next(entry.pool for entry in lexicon().codes if "nationality" in entry.words))
    numbers = {"type": "array", "items": {"type": "integer", "maximum": 60}, "description": "In increasing order"}
    assert all(value == sorted(value) for value in drawn("minutes", numbers))


@pytest.mark.parametrize(
    ("name", "description", "task"),
    [
        ("send_letter", "Send a letter immediately to all readers", "send a letter to all readers"),
        ("list_own", "List the self-managed ovens", "list the self-managed ovens"),
        ("list_ripe_pears", "List pears by how ripe they are", "list the ripe pears"),
        ("get_motion", "Get one House of Lords motion by ID", "get the motion"),
    ],
)
def test_no_word_of_how_takes_the_place_of_a_thing(name: str, description: str, task: str) -> None:
    assert spoken_alone(name, description, "").task == task


def test_a_thing_stands_before_its_name() -> None:
    texts = requests_for("count_orders", "Count the orders.", 30, warehouse_name={**TEXT, "examples": ["Northgate"]})
    assert not any("warehouse name" in text for text in texts)


def test_two_lines_of_an_address_are_one() -> None:
    lines = dict.fromkeys(("address1", "address2", "city", "state", "zip"), TEXT)
    texts = requests_for("modify_address", "Modify the default address of a user.", 20, user_id=TEXT, **lines)
    assert all(re.search(r"address of user (?:id )?[\w-]+", text) for text in texts)


def test_a_branch_is_renamed_to_its_new_name() -> None:
    texts = requests_for("git_rename", "Rename a git branch.", 20, branch=TEXT, newBranch=TEXT)
    assert texts
    assert all(" to " in text and " on " not in text for text in texts)


def test_what_becomes_of_a_thing_stands_behind_it() -> None:
    texts = requests_for("unpublish_page", "Take a page offline", 20, page_id=TEXT)
    assert all(re.search(r"\bpage (?:id )?p-\d+ (?:and p-\d+ )?offline|offline", text) for text in texts)
    assert not any("the offline" in text for text in texts)


def test_all_reviews_are_no_reviews_of_a_product() -> None:
    product = {"type": "integer", "description": "Only those of this product"}
    schema = tool("list_product_reviews", "List product reviews.", "", product_id=product)
    for row in any_tools.rows([schema], 30, behaviors={"single": 1}, masked=0.0):
        (call,) = row.ground_truth.calls
        assert ("product " + str(call.arguments.get("product_id", "reviews"))) in str(
            row.prompt[-1]["content"]
        ).replace("ID ", "")


def test_an_interval_is_shorter_than_its_period() -> None:
    interval = {**TEXT, "enum": ["1h", "1d", "1wk", "1mo"]}
    period = {**TEXT, "enum": ["5d", "1mo", "1y"]}
    each = spoken_alone("get_bars", "Get the bars.", "interval period", interval=interval, period=period)
    drawn_pairs = {tuple(draw_arguments(each, Random(seed)).values()) for seed in range(120)}
    assert drawn_pairs.isdisjoint({("1wk", "5d"), ("1mo", "5d"), ("1mo", "1mo")})


@pytest.mark.parametrize(
    ("word", "several"), [("category", "categories"), ("box", "boxes"), ("day", "days"), ("series", "series")]
)
def test_a_noun_of_several(word: str, several: str) -> None:
    assert plural(word) == several
    assert singular(several) == word


def test_a_kind_of_file_is_no_file() -> None:
    path = {**TEXT, "description": "Path of the file to upload, e.g. 'PDF', 'PNG', 'JPG'"}
    assert not any(re.fullmatch("[A-Z]{3}", value) for value in drawn("file_path", path))
    months = drawn("end_month", {**TEXT, "pattern": r"^\d{4}-\d{2}$"})
    assert all(re.fullmatch(r"20\d\d-(?:0[1-9]|1[0-2])", value) for value in months)


def test_a_bare_id_is_of_the_thing_that_only_the_name_says() -> None:
    texts = requests_for("process_account", "Run the mail processing.", 20, id={"type": "integer"})
    assert all(re.search(r"\baccount (?:id )?\d+", text) for text in texts)
