"""Lists and objects as elements inside of elements, as MiniMax-M3 writes them."""

import pytest

from rewards import Tiered, ToolCall, Toolset, wire

MARK = "]<]minimax[>["
NUMBERS = {"type": "array", "items": {"type": "number"}}
RULE = {"type": "object", "properties": {"key": {"type": "string"}, "sizes": NUMBERS}}
TOOLS = Toolset(
    {
        "name": "f",
        "parameters": {
            "type": "object",
            "properties": {
                "tags": {"type": "array", "items": {"type": "string"}},
                "rows": {"type": "array", "items": NUMBERS},
                "rule": {"anyOf": [{"$ref": "#/$defs/rule"}, {"type": "null"}]},
                "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
                "any": {},
                "free": {"type": "object"},
            },
            "$defs": {"rule": RULE},
        },
    }
)


def called(inside):
    marked = inside.replace("<", f"{MARK}<")
    return f'{MARK}<tool_call>\n{MARK}<invoke name="f">{marked}{MARK}</invoke>\n{MARK}</tool_call>'


def items(*values):
    return "".join(f"<item>{value}</item>" for value in values)


READ = {
    "texts": (f"<tags>{items('1', ' a ', 'null')}</tags>", {"tags": ["1", " a ", "null"]}),
    "none": ("<tags></tags><counts>\n</counts>", {"tags": [], "counts": {}}),
    "lists of lists": (f"<rows>{items(items(1, 2.5), items(3))}</rows>", {"rows": [[1, 2.5], [3]]}),
    "an object behind a reference": (
        f"<rule>\n <key>7</key>\n <sizes>{items(1)}</sizes>\n</rule>",
        {"rule": {"key": "7", "sizes": [1]}},
    ),
    "members without names": ("<counts><a>1</a><b>2</b></counts>", {"counts": {"a": 1, "b": 2}}),
    "null": ("<rule>null</rule>", {"rule": None}),
    "json": ('<rule>{"key": "a"}</rule>', {"rule": {"key": "a"}}),
    "the same name inside": ("<any><any>a</any></any>", {"any": {"any": "a"}}),
    "nothing tells the type": (f"<any>{items(1)}</any><free><n>1</n></free>", {"any": ["1"], "free": {"n": "1"}}),
}


@pytest.mark.parametrize(("inside", "arguments"), READ.values(), ids=READ)
def test_elements_are_read_by_the_schema(inside, arguments):
    parsed = wire.parse(called(inside), "minimax_m3", TOOLS)
    assert (parsed.calls, parsed.reasons) == ((ToolCall("f", arguments),), ())


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<tags><item>a</tags>", "element 'item' is not closed"),
        ("<tags><item>a</item>", "parameter 'tags' is not closed"),
        ("<tags>some<item>a</item></tags>", "parameter 'tags' is not closed"),
        ("<counts><a>1</a><a>2</a></counts>", "a member of an object is given twice"),
        ("<tags>" + "<item>" * 70 + "a" + "</item>" * 70 + "</tags>", "elements nested deeper than 64"),
        ("<tags>" + "<item>" * 2_000, "elements nested deeper than 64"),
        ("<tags>\ud800</tags>", "a lone surrogate in a string"),
    ],
    ids=range(7),
)
def test_broken_elements_are_malformed(inside, reason):
    parsed = wire.parse(called(inside), "minimax_m3", TOOLS)
    assert (parsed.calls, parsed.malformed) == ((), 1)
    assert reason in parsed.reasons[0]


@pytest.mark.parametrize(
    ("arguments", "inside"),
    [
        ({"tags": ["a", "b"]}, f"<tags>{items('a', 'b')}</tags>"),
        ({"rule": {"key": "a", "sizes": [1, 2]}}, f"<rule><key>a</key><sizes>{items(1, 2)}</sizes></rule>"),
        ({"tags": []}, "<tags></tags>"),
        ({"free": {"n": 1}}, '<free>{"n": 1}</free>'),  # as elements it would be a text
        ({"counts": {"a b": 1, "": 2}}, '<counts>{"a b": 1, "": 2}</counts>'),
    ],
)
def test_what_is_written_reads_back(arguments, inside):
    text = wire.render([ToolCall("f", arguments)], "minimax_m3", TOOLS)
    assert text.split('name="f">\n')[1].split(f"\n{MARK}</invoke>")[0] == inside.replace("<", MARK + "<")
    assert wire.parse(text, "minimax_m3", TOOLS).calls == (ToolCall("f", arguments),)


@pytest.mark.parametrize(
    ("inside", "is_right"),
    [
        (f"<any>{items(1, 'x')}</any><free><n>2</n></free>", True),
        (f"<any>{items(1)}</any><free><n>2</n></free>", False),
        (f"<any>{items(1, 'x')}</any><free><n>2</n><m>1</m></free>", False),
        (f"<any>{items(1, 'y')}</any><free><n>2</n></free>", False),
        ("<any>1</any><free><n>2</n></free>", False),
    ],
)
def test_values_whose_type_nothing_tells_are_compared_as_they_are_written(inside, is_right):
    truth = [{"name": "f", "arguments": {"any": [1, "x"], "free": {"n": 2}}}]
    result = Tiered(wire="minimax_m3")(called(inside), ground_truth=truth, tools=TOOLS)
    assert (result.value == 1.0) is is_right
