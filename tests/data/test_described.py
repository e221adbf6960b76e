"""What the words of a parameter say of its values."""

import pytest

from rlvr.data.described import (
    described_range,
    is_authentication,
    is_placeholder,
    is_protocol,
    listed_values,
    plain_text,
    rivals,
    served,
    shown_examples,
    summary,
)


@pytest.mark.parametrize(
    ("description", "values"),
    [
        ("One of 'open', 'closed' or 'all'.", ("open", "closed", "all")),
        ('Allowed values: "asc", "desc".', ("asc", "desc")),
        ("The state. Can be one of: `open`, `closed`, `all`", ("open", "closed", "all")),
        ("either 'a' or 'b'", ("a", "b")),
        ("Provide either `command` or `argv`, not both.", ()),
        ("Possible values are: red, green, blue.", ("red", "green", "blue")),
        ("Options: json | xml", ("json", "xml")),
        ("The kind of route. Valid types are: store, forward, stop.", ("store", "forward", "stop")),
        ("Supported languages: en, de, fr", ("en", "de", "fr")),
        ("Supported operators: eq, ne", ()),
        ("Must be 'metric' (Celsius) or 'imperial' (Fahrenheit).", ("metric", "imperial")),
        ("The values of the cells, row by row.", ()),
        ("One of the rooms of the house, by name.", ()),
        ("Can be any text, such as 'hello'.", ()),
        ("options: see the handbook, chapter two, for more", ()),
    ],
)
def test_listed_values(description: str, values: tuple[str, ...]) -> None:
    assert listed_values(description) == values


@pytest.mark.parametrize(
    ("description", "bounds"),
    [
        ("Length in minutes, 10 to 60", (10, 60)),
        ("Number of results (1-100)", (1, 100)),
        ("Rating from 1 (poor) to 5 (great)", (1, 5)),
        ("between 1,000 and 5,000", (1000, 5000)),
        ("values 0.0..1.0", (0, 1)),
        ("from -20 to 45 degrees", (-20, 45)),
        ("Default: 20, max: 100", (None, 100)),
        ("Page size, up to 1,000", (None, 1000)),
        ("at least 2", (2, None)),
        ("min: 1, max: 20", (1, 20)),
        ("since 2024-01-02", (None, None)),
        ("9:00 to 17:00", (None, None)),
        ("a 10-digit number, 1-based", (None, None)),
        ("1 = low, 5 = high", (None, None)),
    ],
)
def test_the_range_that_a_description_gives(description: str, bounds: tuple[float | None, float | None]) -> None:
    assert described_range(description) == bounds


LINK = "https://example.com/files/2026/reports/summary.pdf?version=3"


@pytest.mark.parametrize(
    ("description", "examples"),
    [
        ("The city, such as 'Oslo'.", ("Oslo",)),
        ('An airport code (e.g. "VIE").', ("VIE",)),
        ("For example: `a-1`, for instance 'b-2'", ("a-1", "b-2")),
        ("Oslo", ()),
        ("Kind (e.g. 'Bug', 'Task' or 'Story')", ("Bug", "Task", "Story")),
        ("A filter, such as '{name=\"a\"}' or '<name>'", ()),
        ("Key (e.g., PROJ-1)", ("PROJ-1",)),
        ("like this)", ()),
        ("The place, in the format of 'City, State', such as 'Austin, TX'.", ("Austin, TX",)),
        ("The order's ID, such as ORD-1234", ("ORD-1234",)),
        ("the language, for example Italian", ("Italian",)),
        ("Cities such as New York or Oslo.", ("New York", "Oslo")),
        ("columns, such as Name", ()),
        ("for sites like Reddit.", ()),
        ("such as Paris is in the list", ()),
        ("A room, for example B12 or C7.", ("B12", "C7")),
        ("An ID in the form INV-2024-001.", ("INV-2024-001",)),
        ("A currency like EUR, USD or GBP", ("EUR", "USD", "GBP")),
        ("Whom to tell, such as the owner", ()),
        ("Looks unlike THE others", ()),
        ("A format like JSON is not needed", ()),
        ("Issue IDs or keys (e.g. 'AB-1,AB-2')", ("AB-1,AB-2",)),
        ("The script, with optional fields like 'alias', 'mode'", ()),
        ("Kind of shop (e.g., bakeries, florists, etc.)", ("bakeries", "florists")),
        ("e.g. 'a', 'b' etc.", ("a", "b")),
        (f"For example:<br/>`{LINK}`<br/>No more than 100.", (LINK,)),
        (f"such as '{LINK[:20]} {LINK}'", ()),
        ("A brand (e.g. ``bnd114iN``).", ("bnd114iN",)),
        ('A host. Example: ``"acme.com"``', ("acme.com",)),
        ("State name, ex: NV.", ("NV",)),
        ("A number, for example: 3.5.", ("3.5",)),
    ],
)
def test_shown_examples(description: str, examples: tuple[str, ...]) -> None:
    assert shown_examples(description) == examples


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ("\n  \U0001f3af Purpose\n    1. Reads a card.\n    2. Shows it.", "Reads a card."),
        ("Guardrails:\n 1. It changes data.\n\nPurpose:\n 1. Writes a card.", "Writes a card."),
        ("**Description:** Get the menu", "Get the menu"),
        ("Overview\n========\nLists all ovens.", "Lists all ovens."),
        ("- Get it", "Get it"),
        ("Summary of the order", "Summary of the order"),
        ("Read cards.\nDescription: of what", "Read cards."),
        ("Bakes - slowly - a cake", "Bakes - slowly - a cake"),
    ],
)
def test_a_summary_stands_below_its_heading(description: str, told: str) -> None:
    assert summary(description).partition("\n")[0] == told


@pytest.mark.parametrize(
    ("description", "actions"),
    [
        ("Place, used for close/select. Without it the current one", {"close", "select"}),
        ("Title (required for open)", {"open"}),
        ("For 'open' and 'close'", {"open", "close"}),
        ("Required when action is 'select'", {"select"}),
        ("If action=close, why", {"close"}),
        ("A note (select only)", {"select"}),
        ("Name to select", set()),
        ("ID of the close one", set()),
    ],
)
def test_the_actions_that_a_parameter_serves(description: str, actions: set[str]) -> None:
    assert served(description, ("open", "close", "select")) == actions


@pytest.mark.parametrize(
    ("description", "parameters", "expected"),
    [
        (
            "Exactly one of a_id, b_id, or c_id must be given.",
            {"a_id": "", "b_id": "", "c_id": "", "d": ""},
            ["a_id b_id c_id"],
        ),
        ("Give either a or b; c is free.", {"a": "", "b": "", "c": ""}, ["a b"]),
        ("", {"a": "Mutually exclusive with `b`.", "b": ""}, ["a b"]),
        ("", {"a": "", "b": "Use it instead of a", "c": "Cannot be combined with b"}, ["a b", "b c"]),
        ("Either way, a is read.", {"a": "", "b": ""}, []),
        ("One of the a and b.", {"a": "", "b": ""}, []),
    ],
)
def test_parameters_of_which_a_call_gives_one(
    description: str, parameters: dict[str, str], expected: list[str]
) -> None:
    assert rivals(description, parameters) == tuple(frozenset(names.split()) for names in expected)


@pytest.mark.parametrize("text", ["Notes:\n" + "-\n" * 20_000, "Notes:\n" + " " * 40_000, "a" * 40_000])
def test_a_long_description_is_read_in_linear_time(text: str) -> None:
    # Each of them took half a minute or more where it was read anew from each of its places.
    assert summary(text).strip("-\n")
    assert served(text, ("open",)) == frozenset()
    assert rivals(text, {"a": text}) == ()


def test_html_is_taken_out_and_comparisons_stay() -> None:
    assert plain_text("<p>One &amp; two.</p><p>Three</p>") == "One & two.\nThree"
    assert plain_text("a < b and b > c") == "a < b and b > c"


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("api_key", None, True),
        ("X-API-Key", "", True),
        ("access_token", "", True),
        ("xi-api-key", None, True),
        ("token", "Authentication token bearing required scopes.", True),
        ("HubToken", "API token for models behind a gate", True),
        ("token", "The token of the word to mark.", False),
        ("key", "The key of the song.", False),
        ("page_token", "Token of the next page", False),
        ("secret", "Your API secret, used for authentication.", True),
        ("client_id", "Your Shop API `client_id`.", True),
        ("client_id", "The client that the case is of.", False),
    ],
)
def test_parameters_of_authentication(name: str, description: str | None, expected: bool) -> None:
    assert is_authentication(name, description) is expected


def test_a_signature_is_of_the_caller_in_a_header_alone() -> None:
    assert is_authentication("x-jira-signature", None, is_header=True)
    assert all(map(is_protocol, ("X-Request-Id", "prettyPrint", "opt_pretty", "$.xgafv", "upload_protocol")))
    assert not is_protocol("type")
    assert not is_authentication("signature", "How the letter is signed.")


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("YOUR_XERO_TENANT_ID", True),
        ("<id>", True),
        ("{accountId}", True),
        ("string", True),
        ("xxxx-xxxx", True),
        ("", True),
        ("ORD-1234", False),
        ("Your order has shipped.", False),
        ("yourself", False),
        ("text/plain", False),
        ("[1] see below", False),
    ],
)
def test_placeholders_are_no_values(example: str, expected: bool) -> None:
    assert is_placeholder(example) is expected


@pytest.mark.parametrize(
    ("description", "values"),
    [
        ("Filter by status (inbox, next_up, done)", ("inbox", "next_up", "done")),
        ("Type: call, meeting, note", ("call", "meeting", "note")),
        ("Type (string, optional)", ()),
        ("Search text (title, description, notes)", ()),
        ("The type of incident (theft, lost, etc.)", ()),
        ('"low", "medium", "high" - energy it takes', ("low", "medium", "high")),
        ('Sleep quality: "good", "fair", "poor"', ("good", "fair", "poor")),
        ("Window, Patio, or Private Room", ("Window", "Patio", "Private Room")),
    ],
)
def test_lists_of_short_descriptions(description: str, values: tuple[str, ...]) -> None:
    assert listed_values(description) == values


def test_an_open_list_shows_examples() -> None:
    assert shown_examples("The type of incident (theft, water_damage, etc.)") == ("theft", "water_damage")
    assert shown_examples("Searches the text (title, notes, etc.)") == ()
