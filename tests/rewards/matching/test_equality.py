"""Rule: equal means the same, unless the schema or the text itself says that a person reads it."""

import random

import pytest

from rewards import Tiered, ToolCall
from rewards.matching import Parameter, is_identical, values_equal

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
INSTANT = {"type": "string", "format": "date-time"}
ROOT = {
    "$defs": {"text": STRING, "exact": {"type": "string", "x-compare": "exact"}, "maybe": {"type": ["string", "null"]}}
}


TEXT = {"type": "string", "x-compare": "text"}
CAR_OR_BIKE = {
    "oneOf": [
        {"properties": {"k": {"const": "a"}, "n": INTEGER, "all": {"default": True}}, "required": ["k"]},
        {"properties": {"k": {"const": "b"}, "n": INTEGER, "all": {"default": False}}, "required": ["k"]},
        {"properties": {"wheels": INTEGER, "bell": {"default": True}}},
    ]
}
A_OR_ANY = {"anyOf": [{"type": "string", "const": "A"}, TEXT]}
FIRST_A_TEXT = {"type": "array", "prefixItems": [TEXT], "items": STRING}
LETTER = {"type": "object", "description": "A message to a person", "properties": {"body": STRING}}


def equal(expected, predicted, schema=None, name="value"):
    return values_equal(expected, predicted, Parameter.of(name, schema or {}, ROOT))


def described(text, **rest):
    return {"type": "string", "description": text, **rest}


# (why it is forgiven, expected, predicted, schema, parameter)
WORDS_FOR_PEOPLE = [
    ("case of a place", "Paris", "paris", STRING, "city"),
    ("white space around", "Paris", "  Paris\t", STRING, "city"),
    ("a space that does not break", "New York", "New \u00a0York", STRING, "city"),
    ("composed letters", "café", "cafe\u0301", STRING, "city"),
    ("wide letters of a person's text", "ＡＢＣ Park", "ABC Park", STRING, "park"),
    ("another writing of capital sharp s", "Straße", "STRASSE", STRING, "street"),
    ("a number in an address", "221B Baker Street", "221b baker street", STRING, "address"),
    ("abbreviations", "U.S. history", "u.s. History", STRING, "topic"),
    ("prices and hours", "Lunch at 5pm for $20, okay?", "lunch at 5pm for $20, okay?", STRING, "message"),
    ("another script", "Привет, Анна", "привет, анна", STRING, "message"),
    ("line breaks of a letter", "Hi Bob,\n\nsee you.", "Hi Bob, see you.", STRING, "message"),
    ("a line break at the end", "See you", "See you\n", STRING, "message"),
    ("type or null", "Paris", "paris", {"type": ["string", "null"]}, "city"),
    ("a choice of types", "Paris", "paris", {"anyOf": [{"type": "null"}, STRING]}, "city"),
    ("behind a reference", "Paris", "paris", {"$ref": "#/$defs/text"}, "city"),
    ("in parts", "Paris", "paris", {"allOf": [STRING, {"maxLength": 5}]}, "city"),
    ("items of a list", ["Paris", "Rome"], ["paris", "Rome"], {"type": "array", "items": STRING}, "cities"),
    ("a plural in -es", ["Oslo Fjord"], ["oslo fjord"], {"type": "array", "items": STRING}, "addresses"),
    ("a plural in -s", ["See you"], ["see you"], {"type": "array", "items": STRING}, "messages"),
    ("a described list", ["Ann"], ["ann"], described("The guests", items=STRING, type="array"), "names"),
    ("a choice of one or the other", "b c", "B c", A_OR_ANY, "value"),
    ("x-compare beside a reference", "Ab", "aB", {"$ref": "#/$defs/exact", "x-compare": "text"}, "value"),
    ("first items by their place", ["A b", "c"], ["a B", "c"], FIRST_A_TEXT, "value"),
    ("items after others", [1, "A b"], [1, "a B"], {"prefixItems": [INTEGER], "items": TEXT}, "value"),
    ("additional items", ["x", "A"], ["x", "a"], {"items": [STRING], "additionalItems": TEXT}, "value"),
    ("a name in two words", "Ann", "ann", STRING, "first_name"),
    ("camel case", "Paris", "paris", STRING, "destinationCity"),
    ("what the description says", "Ann Lee", "ann lee", described("The name of the guest"), "name"),
    ("a described text", "See you", "see you", described("Body of the message"), "body"),
    ("an email's subject", "Hello Bob", "hello bob", described("Email subject"), "subject"),
    ("a member of an object", {"city": "Paris"}, {"city": "paris"}, {"properties": {"city": STRING}}, "place"),
    ("an apostrophe as a telephone sets it", "Ann's day", "Ann\u2019s day", STRING, "title"),
    (
        "quotes and a dash as a telephone sets them",
        'Say "hi" - now',
        "say \u201chi\u201d \u2013 now",
        STRING,
        "message",
    ),
    ("words for a search", "hiking in Norway", "Hiking in norway", described("Search query (max 50 words)"), "query"),
    ("a search by its name", "Llamas", "llamas", STRING, "search_term"),
    (
        "keywords to search for",
        ["Llamas"],
        ["llamas"],
        described("What to search", items=STRING, type="array"),
        "keywords",
    ),
    ("or of a place", "Portland, OR", "portland, or", STRING, "city"),
    ("x-compare", "a.B", "A.b", {"type": "string", "x-compare": "text"}, "value"),
    ("x-compare over an enum", "Red", "red", {"enum": ["Red"], "x-compare": "text"}, "value"),
    ("x-compare of a list", ["a B"], ["A b"], {"type": "array", "items": STRING, "x-compare": "text"}, "value"),
]

# (why it is not, expected, predicted, schema, parameter)
FOR_MACHINES = [
    ("shell flags", "ls -l", "ls -L", STRING, "command"),
    ("a flag in a text for people", "run it with -v please", "run it with -V please", STRING, "message"),
    ("an option of two dashes", "use --all", "use --ALL", STRING, "note"),
    ("units", "mW", "MW", STRING, "unit"),
    ("a chemical symbol", "CO", "Co", STRING, "formula"),
    ("SMILES", "C1CCCCC1", "c1ccccc1", STRING, "smiles"),
    ("a molecule in a title", "CO2 levels", "Co2 levels", STRING, "title"),
    ("a path", "/data/A.csv", "/data/a.csv", STRING, "source"),
    ("a path in a text for people", "see /home/A", "see /home/a", STRING, "message"),
    ("paths", ["/home/A"], ["/home/a"], {"type": "array", "items": STRING}, "paths"),
    ("a file's name", ["README.md"], ["readme.md"], {"type": "array", "items": STRING}, "files"),
    ("a file's name in a title", "notes.TXT", "notes.txt", STRING, "title"),
    ("a date's format", "%Y", "%y", STRING, "format"),
    ("a format in a text for people", "in %Y", "in %y", STRING, "description"),
    ("code", "print(True)", "print(true)", STRING, "script"),
    ("code's indentation", "if a:\n    b()", "if a:\n  b()", STRING, "content"),
    ("indentation in a text for people", "if so:\n    go home", "if so: go home", STRING, "message"),
    ("a patch's indentation", "    x = 1", "x = 1", STRING, "old_string"),
    ("a diff", "- a\n+ B", "- a\n+ b", STRING, "diff"),
    ("SQL", "SELECT A FROM t", "select a from t", STRING, "query"),
    (
        "SQL that is called a search",
        "SELECT A FROM t",
        "select a from t",
        described("SQL query to search with"),
        "query",
    ),
    ("a search with syntax", "Llamas", "llamas", described("Search query (see the search syntax)"), "query"),
    ("an operator of a search", "cats OR dogs", "cats or dogs", described("Search query"), "query"),
    ("a field of a search", "in:Title llamas", "in:title llamas", described("Search query"), "query"),
    ("a query that nothing calls a search", "Llamas", "llamas", described("The query"), "query"),
    ("an apostrophe in code", "print('a')", "print(\u2019a\u2019)", STRING, "script"),
    ("a statement's end", "drop it;", "DROP it;", STRING, "message"),
    ("a regular expression", "a  b", "a b", STRING, "pattern"),
    ("a password", "a b  c", "a b c", STRING, "password"),
    ("a hash", "deadBEEF", "deadbeef", STRING, "sha"),
    ("base64", "aGk=", "agk=", STRING, "content"),
    ("an id", "AC12", "ＡＣ１２", STRING, "account_id"),
    ("an id by its description", "abc", "ABC", described("id of the city"), "city"),
    ("a code by its description", "Ber", "BER", described("IATA code of the city"), "city"),
    ("a ticker", "Brk", "BRK", STRING, "ticker"),
    ("a branch", "Main", "main", STRING, "branch"),
    ("a version", "V1.0", "v1.0", STRING, "tag"),
    ("a handle", "@Ann", "@ann", STRING, "recipient"),
    ("a hash tag", "#News today", "#news today", STRING, "topic"),
    ("a mail address", "Ann@x.org", "ann@x.org", STRING, "recipient"),
    ("a web address", "see https://x.org/A", "see https://x.org/a", STRING, "message"),
    ("a locale", "pt-BR", "pt-br", STRING, "locale"),
    ("a language tag", "EN", "en", STRING, "target_language"),
    ("cron", "0 9 * * MON", "0 9 * * mon", STRING, "schedule"),
    ("a superscript", "25", "2⁵", STRING, "expression"),
    ("a superscript for people", "2⁵ apples", "25 apples", STRING, "message"),
    ("zero width", "Paris", "Par\u200bis", STRING, "city"),
    ("a line break at the end of a file", "a\n", "a", STRING, "content"),
    ("a variable", "$HOME is home", "$home is home", STRING, "message"),
    ("a member of code", "std::Vector", "std::vector", STRING, "topic"),
    ("digits only", "12  34", "12 34", STRING, "address"),
    ("any name that says nothing", "Abc", "abc", STRING, "value"),
    ("a name by itself", "Ann", "ann", STRING, "name"),
    ("no schema", "Paris", "paris", {}, "city"),
    ("an enum", "celsius", "Celsius", {"type": "string", "enum": ["celsius"]}, "city"),
    ("an enum's white space", "celsius", " celsius ", {"type": "string", "enum": ["celsius"]}, "city"),
    ("a constant", "a", "A", {"type": "string", "const": "a"}, "city"),
    ("a pattern", "a", "A", {"type": "string", "pattern": "."}, "city"),
    ("a format", "Paris", "paris", {"type": "string", "format": "regex"}, "city"),
    ("others after first items", ["a", "C"], ["a", "c"], FIRST_A_TEXT, "value"),
    ("a first item by its place", ["A", "b"], ["a", "b"], {"items": [STRING], "additionalItems": TEXT}, "value"),
    ("a member under a described object", {"body": "A b"}, {"body": "a B"}, LETTER, "letter"),
    ("an enum in a choice", "a", "A", {"anyOf": [{"type": "string", "enum": ["a"]}, INTEGER]}, "city"),
    ("x-compare", "Paris", "paris", {"type": "string", "x-compare": "exact"}, "city"),
    ("x-compare of a list", ["Oslo"], ["oslo"], {"type": "array", "items": STRING, "x-compare": "exact"}, "cities"),
    ("other words", "Paris", "Paris, FR", STRING, "city"),
    ("nothing", "Paris", "", STRING, "city"),
    ("a missing space", "New York", "NewYork", STRING, "city"),
]

# (why, expected, predicted)
SAME_INSTANT = [
    ("Z is an offset", "2026-01-01T09:00:00Z", "2026-01-01T09:00:00+00:00"),
    ("lower case", "2026-01-01T09:00:00Z", "2026-01-01t09:00:00z"),
    ("another offset", "2026-01-01T09:00:00Z", "2026-01-01T10:30:00+01:30"),
    ("an offset over midnight", "2025-12-31T23:00:00-02:00", "2026-01-01T01:00:00Z"),
    ("no fraction", "2026-01-01T09:00:00Z", "2026-01-01T09:00:00.000Z"),
    ("zeros of a fraction", "2026-01-01T09:00:00.5Z", "2026-01-01T09:00:00.500Z"),
    ("both local", "2026-01-01T09:00:00", "2026-01-01T09:00:00.0"),
    ("nanoseconds", "2026-01-01T09:00:00.123456789Z", "2026-01-01T09:00:00.1234567890Z"),
    ("a leap second", "2026-01-01T23:59:60Z", "2026-01-02T00:00:00Z"),
]
OTHER_INSTANT = [
    ("an hour later", "2026-01-01T09:00:00Z", "2026-01-01T10:00:00Z"),
    ("another offset", "2026-01-01T09:00:00Z", "2026-01-01T09:00:00+01:00"),
    ("a fraction", "2026-01-01T09:00:00Z", "2026-01-01T09:00:00.001Z"),
    ("a nanosecond", "2026-01-01T09:00:00.123456789Z", "2026-01-01T09:00:00.123456788Z"),
    ("local is not UTC", "2026-01-01T09:00:00", "2026-01-01T09:00:00Z"),
    ("no date of the calendar", "2026-02-30T09:00:00Z", "2026-02-30t09:00:00z"),
    ("white space", "2026-01-01T09:00:00Z", " 2026-01-01T09:00:00Z"),
    ("no hour of a day", "2026-01-01T24:00:00Z", "2026-01-02T00:00:00Z"),
    ("no minute of an hour", "2026-01-01T23:60:00Z", "2026-01-02T00:00:00Z"),
    ("no second of a minute", "2026-01-01T23:59:61Z", "2026-01-02T00:00:01Z"),
]


# (why, form or description, expected, predicted)
SAME_IN_FORM = [
    ("a root is a path", {"format": "uri"}, "https://example.org", "https://example.org/"),
    ("a root before a query", {"format": "uri"}, "https://example.org?a=1", "https://example.org/?a=1"),
    ("a host has no case", {"format": "uri"}, "https://example.org/A", "HTTPS://Example.org/A"),
    ("a scheme's own port", {"format": "uri"}, "https://example.org/a", "https://example.org:443/a"),
    ("a host of another scheme", {"format": "uri"}, "ftp://ann@example.org/A", "ftp://ann@Example.org/A"),
    ("a domain has no case", {"format": "email"}, "Ann@example.org", "Ann@Example.ORG"),
    ("digits of a UUID have no case", {"format": "uuid"}, "9cfb482a-81e3-4154", "9CFB482A-81E3-4154"),
    ("names of hosts have no case", {"format": "hostname"}, "example.org", "Example.org"),
    ("an instant by its description", {"description": "In ISO 8601"}, "2026-01-01T09:00:00Z", "2026-01-01T10:00+01:00"),
    ("signs that ISO 8601 may lack", {"description": "ISO 8601"}, "2026-01-01T09:00:00.5Z", "20260101T110000,5+02"),
    ("a time by another zone", {"format": "time"}, "09:00:00Z", "10:00:00.0+01:00"),
    ("sixty minutes", {"format": "duration"}, "PT1H30M", "PT90M"),
    ("seven days", {"format": "duration"}, "P1W", "P7D"),
    ("another name of it", {"description": "RFC3339"}, "2026-01-01T09:00:00Z", "2026-01-01T09:00:00.000+0000"),
    ("JSON by its description", {"description": "A JSON string"}, '{"a": 1, "b": 2}', '{"b":2,"a":1}'),
    ("another name of that", {"description": "JSON-encoded filter"}, "[1]", "[ 1 ]"),
]
OTHER_IN_FORM = [
    ("a path has a case", {"format": "uri"}, "https://example.org/A", "https://example.org/a"),
    ("a slash behind a path", {"format": "uri"}, "https://example.org/a", "https://example.org/a/"),
    ("another port", {"format": "uri"}, "https://example.org/", "https://example.org:8443/"),
    ("the port of another scheme", {"format": "uri"}, "http://example.org/", "http://example.org:443/"),
    ("a scheme is more than a name", {"format": "uri"}, "http://example.org", "https://example.org"),
    ("a user has a case", {"format": "uri"}, "https://Ann@example.org/", "https://ann@example.org/"),
    ("no address", {"format": "uri"}, "Example.org", "example.org"),
    ("a mailbox may have a case", {"format": "email"}, "Ann@example.org", "ann@example.org"),
    ("another digit", {"format": "uuid"}, "9cfb482a-81e3-4154", "9cfb482b-81e3-4154"),
    ("a form without a standard", {"format": "ssn"}, "A", "a"),
    ("an address without a form", {"description": "The URL"}, "https://example.org", "https://example.org/"),
    ("a day is no instant", {"description": "ISO 8601"}, "2026-01-01", "2026-01-01T00:00:00"),
    ("signs that RFC 3339 wants", {"format": "date-time"}, "2026-01-01T09:00:00Z", "20260101T090000Z"),
    ("signs that a pattern wants", {"description": "ISO 8601 (YYYY-MM-DD…)"}, "2026-01-01T09:00Z", "20260101T0900Z"),
    ("another time", {"format": "time"}, "09:00:00Z", "09:00:00+01:00"),
    ("a time of no zone", {"format": "time"}, "09:00:00", "09:00:00Z"),
    ("a day may have 23 hours", {"format": "duration"}, "P1D", "PT24H"),
    ("a month has no length", {"format": "duration"}, "P1M", "P30D"),
    ("nothing for how long", {"format": "duration"}, "PT0S", "PT"),
    ("words that name no form", {"description": "When"}, "2026-01-01T09:00:00Z", "2026-01-01T09:00:00.0Z"),
    ("no JSON", {"description": "A JSON string"}, '{"a": 1}', "{'a': 1}"),
    ("a file of JSON", {"description": "The JSON file"}, '{"a": 1}', '{"a":1}'),
    ("exact all the same", {"format": "uuid", "x-compare": "exact"}, "9cfb", "9CFB"),
]


def params(table):
    return [pytest.param(*values, id=why) for why, *values in table]


@pytest.mark.parametrize(("expected", "predicted", "schema", "name"), params(WORDS_FOR_PEOPLE))
def test_words_for_people_are_forgiven(expected, predicted, schema, name):
    assert equal(expected, predicted, schema, name)
    assert equal(predicted, expected, schema, name)


@pytest.mark.parametrize(("expected", "predicted", "schema", "name"), params(FOR_MACHINES))
def test_nothing_else_is(expected, predicted, schema, name):
    assert not equal(expected, predicted, schema, name)
    assert not equal(predicted, expected, schema, name)


@pytest.mark.parametrize("machine", [{"const": "A"}, {"enum": ["A", 1]}, {"type": "string", "format": "ipv4"}])
def test_of_alternatives_the_first_that_admits_the_expected_value_says_how_it_is_compared(machine):
    assert not equal("A", "a", {"anyOf": [machine, TEXT]})
    assert not equal("A", "a", {"anyOf": [INTEGER], "oneOf": [machine, TEXT]})
    assert equal("A", "a", {"anyOf": [INTEGER, TEXT], "oneOf": [machine]})
    assert equal("A", "a", {"anyOf": [{"const": True}, {"enum": [1]}, TEXT]})


@pytest.mark.parametrize(("expected", "predicted"), params(SAME_INSTANT))
def test_date_times_are_instants(expected, predicted):
    assert equal(expected, predicted, INSTANT)
    assert equal(predicted, expected, {"anyOf": [INSTANT, {"type": "null"}]})
    assert equal([expected], [predicted], {"items": INSTANT})
    assert not equal(expected, predicted, STRING)


@pytest.mark.parametrize(("expected", "predicted"), params(OTHER_INSTANT))
def test_other_instants_differ(expected, predicted):
    assert not equal(expected, predicted, INSTANT)
    assert not equal(predicted, expected, INSTANT)


@pytest.mark.parametrize(("form", "expected", "predicted"), params(SAME_IN_FORM))
def test_texts_in_a_form_are_what_its_standard_says(form, expected, predicted):
    assert equal(expected, predicted, {**STRING, **form})
    assert equal(predicted, expected, {**STRING, **form})
    assert not equal(expected, predicted, STRING)


@pytest.mark.parametrize(("form", "expected", "predicted"), params(OTHER_IN_FORM))
def test_what_the_standard_tells_apart_differs(form, expected, predicted):
    assert not equal(expected, predicted, {**STRING, **form})
    assert not equal(predicted, expected, {**STRING, **form})


@pytest.mark.parametrize(
    ("expected", "predicted", "schema"),
    [
        (3, 3.0, INTEGER),
        (10**30, 10**30, INTEGER),
        (0.1 + 0.2, 0.3, NUMBER),
        (0, -0.0, NUMBER),
        (0.1 + 0.2, 0.3, {"type": ["integer", "number"]}),
        (0.1 + 0.2, 0.3, {}),
        (0.0, 1e-13, NUMBER),
        ("a" * 2**14, "A" * 2**14, {"x-compare": "text"}),
        (None, None, {}),
        (True, True, {"type": "boolean"}),
        (["a", "b"], ["b", "a"], {"type": "array", "items": STRING, "uniqueItems": True}),
        (["a", "b"], ["b", "a"], {"type": "array", "x-unordered": True}),
        (list(range(100)), list(range(99, -1, -1)), {"type": "array", "uniqueItems": True}),
        ([{"k": [i]} for i in range(80)], [{"k": [i]} for i in range(79, -1, -1)], {"uniqueItems": True}),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, {}),
        ({"a": 1}, {"a": 1, "b": 2}, {"type": "object", "properties": {"b": {"default": 2}}}),
        ({"a": 1}, {"a": 1, "b": None}, {"properties": {"b": {"type": ["string", "null"]}}}),
        ({"a": 1}, {"a": 1, "b": None}, {"properties": {"b": {"anyOf": [STRING, {"type": "null"}]}}}),
        ({"a": 1}, {"a": 1, "b": None}, {"properties": {"b": {"$ref": "#/$defs/maybe"}}}),
        ([{"a": 1}], [{"a": 1, "b": None}], {"items": {"properties": {"b": {"type": ["string", "null"]}}}}),
        ({"k": "b", "n": 1}, {"k": "b", "n": 1, "all": False}, CAR_OR_BIKE),
        ({"k": "a", "n": 1}, {"k": "a", "n": 1, "all": True}, CAR_OR_BIKE),
        ({"wheels": 2}, {"wheels": 2, "bell": True}, CAR_OR_BIKE),
        ({"x": 1.0}, {"x": 1}, {"additionalProperties": INTEGER}),
        ({"x": {"a": 1}}, {"x": {"a": 1, "b": 2}}, {"additionalProperties": {"properties": {"b": {"default": 2}}}}),
        (["x", 1], ["x", 1.0], {"type": "array", "prefixItems": [STRING, INTEGER]}),
    ],
    ids=str,
)
def test_equal_values(expected, predicted, schema):
    assert equal(expected, predicted, schema)
    assert equal(predicted, expected, schema)


@pytest.mark.parametrize(
    ("expected", "predicted", "schema"),
    [
        ({"k": "b", "n": 1}, {"k": "b", "n": 1, "all": True}, CAR_OR_BIKE),
        ({"k": "a", "n": 1}, {"k": "a", "n": 1, "all": False}, CAR_OR_BIKE),
        ("1", 1, STRING),
        (1, "1", INTEGER),
        (1, True, INTEGER),
        (0, False, {}),
        (None, False, {}),
        (None, "", {}),
        (10**30, 10**30 + 1, INTEGER),
        (2**53, 2**53 + 1, NUMBER),
        (9007199254740993, 9007199254740992.0, INTEGER),
        (3, 3.0000000001, INTEGER),
        (1_000_000, 1_000_001, NUMBER),
        (99.99, 99.98, NUMBER),
        (0.0, 1e-11, NUMBER),
        (0.1 + 0.2, 0.3, INTEGER),
        ("a" * (2**14 + 1), "A" * (2**14 + 1), {"x-compare": "text"}),
        (10**400, 1.5, NUMBER),
        (["a", "b"], ["b", "a"], {"type": "array", "items": STRING}),
        (["a", "a"], ["a", "b"], {"uniqueItems": True}),
        (["a"], ["a", "a"], {"uniqueItems": True}),
        ("a", ["a"], {}),
        (["a"], {"0": "a"}, {}),
        ({"a": 1}, {"a": 1, "b": 2}, {}),
        ({"a": 1}, {"A": 1}, {}),
        ({"a": True}, {"a": 1}, {}),
        ([True], [1], {}),
        ({"a": 1}, {"a": 1, "b": None}, {"properties": {"b": STRING}}),
        ({"a": 1}, {"a": 1, "b": None}, {"properties": {"b": {"type": ["string", "null"]}}, "required": ["b"]}),
        ({"a": 1}, {"a": 1, "b": None}, {"properties": {"b": {"type": ["string", "null"], "default": "x"}}}),
    ],
    ids=str,
)
def test_unequal_values(expected, predicted, schema):
    assert not equal(expected, predicted, schema)
    assert not equal(predicted, expected, schema)


KINDS = [
    *(f"item {n}" for n in range(60)),
    *(0, 1, -1, 2.5, -2.5, 10**400, -(10**400), True, False, None),
    *([1, [2, "b"]], [1, ["b", 2]], [], {"a": 1, "b": [None]}, {"a": 1, "b": [False]}, {}),
]


@pytest.mark.parametrize("seed", range(3))
def test_a_long_list_has_no_order_either_where_the_schema_takes_it_away(seed):
    rng = random.Random(seed)
    shuffled = rng.sample(KINDS, len(KINDS))
    assert equal(KINDS, shuffled, {"uniqueItems": True})
    assert not equal(KINDS, shuffled, {})
    for other in ("item 99", 3, 10**400 + 1, [2], {"a": 2}):
        changed = [*shuffled]
        changed[rng.randrange(len(changed))] = other
        assert not equal(KINDS, changed, {"uniqueItems": True})


def test_long_lists_are_sorted_by_what_their_items_mean():
    expected, written = [f"Item  {n}" for n in range(70)], [f"item {n}" for n in range(70)][::-1]
    assert equal(expected, written, {"x-unordered": True, "items": {"type": "string", "x-compare": "text"}})
    assert not equal(expected, written, {"x-unordered": True, "items": {"type": "string", "x-compare": "exact"}})
    assert equal([*range(70)], [float(n) for n in range(70)][::-1], {"x-unordered": True})
    members = [{"a": n, "b": 1} for n in range(70)]
    assert equal(members, [{"b": 1, "a": n} for n in range(70)][::-1], {"x-unordered": True})


def test_schemas_that_refer_to_themselves_end():
    root = {"$defs": {"a": {"$ref": "#/$defs/a"}, "b": {"anyOf": [{"$ref": "#/$defs/b"}] * 16}}}
    assert not values_equal("a", "b", Parameter.of("x", {"$ref": "#/$defs/a"}, root))
    assert not values_equal("a", "b", Parameter.of("x", {"$ref": "#/$defs/b"}, root))


@pytest.mark.parametrize(
    ("a", "b", "is_same"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (1, True, False),
        (None, None, True),
        ([1, {"a": 2}], [1, {"a": 2}], True),
        ([1, {"a": 2}], [1, {"a": 2.0}], False),
        ({"a": [1], "b": 0}, {"b": 0, "a": [1]}, True),
        ({"a": [1], "b": 0}, {"b": False, "a": [1]}, False),
        ("1", 1, False),
        ({}, [], False),
    ],
)
def test_identical_values_are_of_one_type_throughout(a, b, is_same):
    assert is_identical(a, b) is is_identical(b, a) is is_same


NULLABLE = {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("days", "required", "expected", "predicted", "is_right"),
    [
        (NULLABLE, [], {}, {"days": None}, True),
        (NULLABLE, [], {"days": None}, {}, True),
        ({**NULLABLE, "default": None}, [], {}, {"days": None}, True),
        ({**INTEGER, "nullable": True}, [], {}, {"days": None}, True),
        ({"anyOf": [INTEGER, {"type": "null"}]}, [], {}, {"days": None}, True),
        ({"enum": [3, None]}, [], {}, {"days": None}, True),
        ({"enum": [3]}, [], {}, {"days": None}, False),
        (NULLABLE, ["days"], {"days": None}, {}, False),
        (NULLABLE, [], {"days": 3}, {"days": None}, False),
        (INTEGER, [], {}, {"days": None}, False),
        ({**NULLABLE, "default": 3}, [], {}, {"days": None}, False),  # null is not 3
        ({**NULLABLE, "default": 3}, [], {}, {"days": 3}, True),
    ],
)
def test_null_for_an_optional_nullable_parameter_is_leaving_it_out(days, required, expected, predicted, is_right):
    tools = [{"name": "f", "parameters": {"type": "object", "properties": {"days": days}, "required": required}}]
    completion = [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": predicted}}]}]
    result = Tiered()(completion, ground_truth=[ToolCall("f", expected)], tools=tools)
    assert (result.value == 1.0) is is_right


JSON_TEXT = {"type": "string", "contentMediaType": "application/json"}
PAGE = {"type": "object", "properties": {"page": {"type": "integer", "default": 1}}}


@pytest.mark.parametrize(
    ("predicted", "schema", "is_equal"),
    [
        ('{"b": [2], "a": 1}', JSON_TEXT, True),
        ('{"a": 1.0,\n "b": [2]}', JSON_TEXT, True),
        ('{"a": 1, "b": [2], "page": 1}', {**JSON_TEXT, "contentSchema": PAGE}, True),
        ('{"a": 1, "b": [2], "page": 1}', JSON_TEXT, False),
        ('{"a": 1, "b": [3]}', JSON_TEXT, False),
        ('{"a": 1, "b": [2]', JSON_TEXT, False),
        ('{"b": [2], "a": 1}', STRING, False),
        ('{"b": [2], "a": 1}', {**JSON_TEXT, "x-compare": "exact"}, False),
    ],
)
def test_a_text_that_the_schema_calls_json_is_what_it_holds(predicted, schema, is_equal):
    assert equal('{"a": 1, "b": [2]}', predicted, schema) is is_equal
