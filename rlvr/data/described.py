"""What names and descriptions say: of a parameter which values are allowed, shown or secret, of a tool its words."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

from rewards.names import name_words
from rlvr.files import Json, JsonMapping

_ONE_WORD = r"[^'\"`\u2019\u201d\s]{41,300}"  # an address or a list of codes may be long
_QUOTE = rf"['\"`\u2018\u201c]{{1,3}}([^'\"`\u2019\u201d\n]{{1,40}}|{_ONE_WORD})['\"`\u2019\u201d]{{1,3}}"
_CODE = r"(?-i:#?[A-Z]{1,8}[-_/]?\d[\w-]*|[A-Z]{3})\b"  # which needs no quotes to be a value: ORD-1234, EUR
_OR = r"(?:,|\uff0c|\u3001|\s+or|,\s*or|\s+and)\s*"
_BEFORE = r"\s{0,3}[:\uff1a]?(?:\s|<br ?/?>){0,6}"
_LEAD = (
    r"(?:such as|e\.?g\.?,?|for (?:example|instance),?|\blike|examples?(?: is| are)?:?|\bex:|"
    r"\u4f8b\u5982|\u6bd4\u5982|\u043d\u0430\u043f\u0440\u0438\u043c\u0435\u0440,?|\bz\. ?B\.|\bpar exemple,?|"
    rf"\bp(?:or|\.) ?ej(?:emplo|\.),?|\bad esempio,?){_BEFORE}\[?"
)
_NO_NAME = "Name|Title|Value|Text|Date|Number|String|True|False|None|Null|The|A|An"
_NAME = rf"(?-i:(?!(?:{_NO_NAME})\b)[A-Z][a-z]+(?: [A-Z][a-z]+)*)"
_BARE = r"[\w./:@#-]*[\w/]"
_SHOWN = re.compile(
    rf"{_LEAD}(?:({_QUOTE}(?:{_OR}{_QUOTE})*)|(?<=[.,:] )({_BARE}(?:, {_BARE})*)(?=\.?(?:[);]|$)))|"
    rf"(?:{_LEAD}|\bform(?:at)?(?: of)?:?\s+)({_CODE}(?:{_OR}{_CODE})*)(?=[.,;)]|$)|"
    rf"(?!like){_LEAD}({_NAME}(?:{_OR}{_NAME})*)(?=[.,;)]|$)",
    re.I,
)
_OF_MEMBERS = re.compile(r"\b(?:fields|properties|attributes|columns|members)\W*$", re.I)
_LONGEST_LEAD = 60  # characters before an example in which it may say whose members it names
_EACH = re.compile(_QUOTE)
_ISO_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z?")
_LISTED = re.compile(
    r"(?:\[enum\]\s*:\s*\[|\bone of(?: the following)?|(?<!provide )(?<!specify )(?<!give )(?<!use )\beither|"
    r"\b(?:allowed|possible|valid|supported|accepted|available|permitted) "
    r"(?:values|options|types|kinds|categories|formats|languages|currencies|countries|regions|states|statuses|modes|"
    r"levels|units|sizes|colou?rs)|"
    r"\b(?:options|choices|values)|\bmust be|\bcan be|"
    r"\b(?P<kind>status|state|type|kind|category|level|mode|priority|severity|stage|role|plan|frequency)(?=\s*[:(]))"
    r"(?: are| is| include)?\s*[:=(]?\s*",
    re.I,
)
_QUOTED_LIST = re.compile(
    r"['\"`][^'\"`\n]{1,40}['\"`]"
    r"(?:\s*+(?:\([^()]*\)\s*+)?(?:,\s*+(?:or |and )?|\||/|(?<=\s)(?:or|and)\s)\s*+['\"`][^'\"`\n]{1,40}['\"`])++"
)
_BARE_LIST = re.compile(
    r"[A-Za-z][\w-]{0,30}(?:\s*[,|]\s*(?:or |and )?[A-Za-z][\w-]{0,30})+(?:\s+or\s+[A-Za-z][\w-]{0,30})?"
)
_QUOTED = re.compile(r"['\"`]([^'\"`\n]{1,40})['\"`]")
_LABEL_OF_LIST = re.compile(r"^[A-Z][\w ]{2,30}: (?=['\"`])")
_WHOLE_LIST = re.compile(rf"{_QUOTED_LIST.pattern}(?=\s*(?:$|[.(\-\u2013\u2014]))")
_NO_VALUES = frozenset("etc optional required default string number integer boolean".split())

_ONLY_A_LIST = re.compile(
    r"(?:[A-Z][\w ]{0,20}, )+or [A-Z][\w ]{0,20}\.?|(?:[a-z][a-z_-]{1,20}, ){2,}(?:or )?[a-z][a-z_-]{1,20}\.?"
)
_LIST_IN_BRACKETS = re.compile(rf"\(\s*{_QUOTED_LIST.pattern}\s*\)")
_OPEN_LIST = re.compile(
    r"\b(?:type|kind|category|reason|method|style|mode)\b[^()]{0,200}\(((?:[a-z]\w*, )+[a-z]\w*),? etc\.?\)", re.I
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^)\[]*\)")
_BOLD_LIST = re.compile(r"\s*\*\*(\w+)\*\*(?:\s*,\s*\*\*\w+\*\*)*,?\s+or\s+\*\*\w+\*\*")
_BOLD = re.compile(r"\*\*(\w+)\*\*")
_ALWAYS = re.compile(
    r"\b(?:always|of this resource|must be|has to be)(?: is)?:?\s+['\"`]([\w.-]{1,40})['\"`]\s*\.?\s*$"
)
_IN_BRACKETS = re.compile(r"\(\s*['\"`]([^'\"`\n]{1,40})['\"`]\s*\)")
_LABEL = re.compile(r"^.*?\btool description:", re.I | re.S)
_HEADING = re.compile(
    r"^[^\w\n]*(?:purpose|description|summary|overview|what (?:it|this(?: tool)?) does)[^\w\n:]*(?::|$)", re.I | re.M
)
_MARKS = re.compile(r"\A\W+")
_TITLED = re.compile(r"[^\w\n]*\w[\w ]{2,30}(?::|\n)")
_BULLET = re.compile(r"\A\s*(?:\d{1,2}[.)]|[-*\u2022])\s+")

_PRICED = re.compile(r"\A\W*[A-Z]\w*(?: \w+)? [\u2013\u2014] (?=[A-Z])")
"""What stands before a description and says for whom a tool is: "Pro \u2014"."""

_SECRETS = frozenset(
    """
    accesskey accesstoken apiuser apiusername appkey authkey authorization bearer oauthtoken proxyauthorization
    sessiontoken
    subscriptionkey xaccesstoken xauthkey xcsrftoken
    """.split()
)
_SECRET_ENDINGS = ("apikey", "apisecret", "apitoken", "authtoken", "bearertoken", "clientsecret")
_MAYBE_SECRETS = frozenset("appid auth clientid cookie key secret session sessionid sid token".split())
_ABOUT_SECRETS = re.compile(
    r"authenticat|authoriz|api[ _-]?`?(?:key|token|secret|client_id)|access token|bearer|credential|oauth", re.I
)


def is_authentication(name: str, description: Json, *, is_header: bool = False) -> bool:
    """Return whether a parameter says who calls: the program that runs the tools gives it, and no user does."""
    letters = re.sub(r"[^a-z]", "", name.lower())
    if letters in _SECRETS or letters.endswith(_SECRET_ENDINGS) or (is_header and letters.endswith("signature")):
        return True
    if letters not in _MAYBE_SECRETS and not letters.endswith("token"):
        return False
    return is_header or (isinstance(description, str) and _ABOUT_SECRETS.search(description) is not None)


_PROTOCOL = re.compile(
    r"x-(?:request|correlation|trace|client-request)-id|.+-version|(?:accept|content|if)-[a-z-]+|user-agent|traceparent|in[-_]?reply[-_]?to|.*idempotency[-_]?(?:key|token)|"
    r"(?:opt_)?pretty|prettyprint|\$\.xgafv|quotauser|userip|upload_?(?:protocol|type)",
    re.I,
)


def is_protocol(name: str) -> bool:
    """Return whether a parameter is of the protocol, as a header of a version is: the program gives it, and no user."""
    return _PROTOCOL.fullmatch(name) is not None


def plain_text(description: str) -> str:
    """Return a description without HTML and without the addresses of links."""
    description = _LINK.sub(r"\1", description)
    if "<" not in description and "&" not in description:
        return description
    return html.unescape(_TAG.sub("", re.sub(r"</(?:p|li|div|h\d)>|<br ?/?>", "\n", description))).strip()


def summary(description: str) -> str:
    """Return what a description says of the tool itself.

    BFCL labels it behind a word on the whole toolset; others put it below a heading, behind what they warn of.
    """
    text = _LABEL.sub("", plain_text(description)).strip()
    if _TITLED.match(text) and (heading := _HEADING.search(text)):
        text = _MARKS.sub("", text[heading.end() :])
    return _PRICED.sub("", _BULLET.sub("", text)).strip()


def description_of(schema: JsonMapping) -> str:
    """Return a schema's description as plain text; empty where it has none."""
    description = schema.get("description")
    return plain_text(description) if isinstance(description, str) else ""


@lru_cache(maxsize=4096)
def listed_values(description: str) -> tuple[str, ...]:
    """Return the values that a description says are all: "one of 'open', 'closed'"; empty where it lists none."""
    for lead in _LISTED.finditer(description):
        if match := _QUOTED_LIST.match(description, lead.end()):
            return tuple(dict.fromkeys(value.strip() for value in _QUOTED.findall(match[0])))
        is_marked = lead[0].rstrip()[-1:] in (":", "=", "(")
        if is_marked and (match := _BARE_LIST.match(description, lead.end())):
            parts = re.split(r"\s*[,|]\s*|\s+or\s+|\s+and\s+", match[0])
            values = tuple(dict.fromkeys(re.sub(r"^(?:or|and) ", "", part) for part in parts if part))
            following = description[match.end() :].lstrip()[:1]
            is_whole = _are_kinds(values) if lead["kind"] else len(values) > 1
            if is_whole and following in ("", ".", ")", ";"):
                return values
    unlabelled = _LABEL_OF_LIST.sub("", description)
    if whole := _WHOLE_LIST.match(unlabelled) or _LIST_IN_BRACKETS.search(description):
        return tuple(dict.fromkeys(_QUOTED.findall(whole[0])))
    if _ONLY_A_LIST.fullmatch(description):
        return tuple(re.split(r", (?:or )?", description.rstrip(".")))
    if match := _ALWAYS.search(description):
        return (match[1],)
    if match := _BOLD_LIST.match(description):
        return tuple(_BOLD.findall(match[0]))
    in_brackets = tuple(dict.fromkeys(_IN_BRACKETS.findall(description)))  # local branches ('local'), all ('all')
    return in_brackets if len(in_brackets) > 1 else ()


_ARGUMENTS = re.compile(
    r"^[ \t]*(?:Args|Arguments|Parameters|Params)[ \t]*:[ \t]*\n(.+?)"
    r"(?=^[ \t]*(?:Returns?|Raises|Yields?|Examples?|Notes?|Usage)\b[^\n]*:|\Z)",
    re.M | re.S | re.I,
)
_BULLET_OF_ONE = r"^[ \t]*(?:[-*\u2022][ \t]*)?[`*]{0,2}"
_BEHIND_ITS_NAME = r"[`*]{0,2}[ \t]*(?:\([^()\n]*\))?[ \t]*:(?= )"
_ARGUMENT = re.compile(
    rf"{_BULLET_OF_ONE}(\w+){_BEHIND_ITS_NAME}(.+?)(?={_BULLET_OF_ONE}\w+{_BEHIND_ITS_NAME}|\Z)", re.M | re.S
)


@lru_cache(maxsize=4096)
def documented(description: str) -> Mapping[str, str]:
    """Return what a description says of each parameter below "Args:", as docstrings of servers in Python do."""
    section = _ARGUMENTS.search(description)
    if section is None:
        return {}
    return {name: " ".join(text.split()) for name, text in _ARGUMENT.findall(section[1])}


_FOR = (
    r"\b(?:used|only|required|needed|applies|valid|available|for)\b(?: (?:only|for|with|when|if|by|in|the|action|is))* "
)
_SERVES = re.compile(
    rf"(?:{_FOR}|\baction(?: is |: ?| ?=+ ?))((?:['\"`]?[\w-]+['\"`]?(?:, (?:or |and )?| or | and |/)?)+)|"
    r"(?<![\w-])([\w-]+)(?:/([\w-]+))? only\b",
    re.I,
)


def _are_kinds(words: Sequence[str]) -> bool:
    """Tell whether words behind "status:" are its values: two alone rarely are."""
    return len(words) > 2 and _NO_VALUES.isdisjoint(words)


def served(description: str, actions: Sequence[str]) -> frozenset[str]:
    """Return the actions of a tool that a parameter is for: "used for close/select"; none where it is for all."""
    clauses = " ".join(itertools.chain.from_iterable(_SERVES.findall(description)))
    return frozenset(actions).intersection(re.findall(r"[\w-]+", clauses))


_ONE_OF = re.compile(r"\b(?:(?:exactly|only|at most|just) one of|either)\b([^.;]*)", re.I)
_RIVAL = re.compile(
    r"\b(?:mutually exclusive with|cannot be (?:used|combined|given|set)(?: together)? with|alternative to|instead of)"
    r"\W+(\w+)",
    re.I,
)


def rivals(description: str, parameters: Mapping[str, str]) -> tuple[frozenset[str], ...]:
    """Return sets of parameters of which a call gives one: "exactly one of task_id and project_id".

    Args:
        description: of the tool.
        parameters: the descriptions of its parameters, by their names.
    """
    named = parameters.keys()
    listed = [named & set(re.findall(r"\w+", clause)) for clause in _ONE_OF.findall(description)]
    listed += [
        named & set(re.findall(r"\w+", clause)) for text in parameters.values() for clause in _ONE_OF.findall(text)
    ]
    listed += [{name} | (named & set(_RIVAL.findall(text))) for name, text in parameters.items()]
    return tuple(dict.fromkeys(frozenset(names) for names in listed if len(names) > 1))


_SOME_OF = re.compile(
    r"\b(?:at least|exactly|provided?|specif(?:y|ied)|give|given|passed|requires?) (?:one|either)\b([^.;\n]*)",
    re.I,
)


def alternatives_of(description: str, parameters: Container[str]) -> tuple[frozenset[str], ...]:
    """Return sets of parameters of which a call gives at least one: "at least one of task_id and project_id"."""
    clauses = map(re.compile(r"[^\W_]\w*[^\W_]").findall, _SOME_OF.findall(description))
    listed = (frozenset(filter(parameters.__contains__, words)) for words in clauses)
    return tuple(names for names in listed if len(names) > 1)


@lru_cache(maxsize=4096)
def described_range(description: str) -> tuple[float | None, float | None]:
    """Return the bounds that a description gives to a number: "10 to 60", "between 1 and 5", "at most 50"."""
    for match in _FROM_TO.finditer(description):
        low, high = map(_as_number, match.group("low", "high"))
        if low < high:
            return low, high
    least, most = _AT_LEAST.search(description), _AT_MOST.search(description)
    return least and _as_number(least[1]), most and _as_number(most[1])


def _as_number(text: str) -> float:
    return float(text.replace(",", ""))


_NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.\d+)?(?![\w.,]?\w)"
_TO = r"(?: \([^()]*\))?(?: (?:to|through|and) | ?[-\u2013\u2014] ?| ?\.{2,3} ?)"
_FROM_TO = re.compile(rf"(?<![\w.:/-])(?P<low>{_NUMBER}){_TO}(?P<high>{_NUMBER})(?![:/-]\w)")
_AT_LEAST = re.compile(rf"\b(?:at least|minimum(?: of| is|:)?|min\.?:?|greater than or equal to) ({_NUMBER})", re.I)
_AT_MOST = re.compile(
    rf"\b(?:at most|up to|no more than|max(?:imum)?(?: of| is|:)?|max\.?:?|less than or equal to) ({_NUMBER})", re.I
)


@lru_cache(maxsize=4096)
def shown_examples(description: str) -> tuple[str, ...]:
    """Return the values that a description shows as examples: "such as 'Oslo'"."""
    shown = _ISO_TIME.findall(description)
    for match in () if shown else _SHOWN.finditer(description):
        before = description[max(0, match.start() - _LONGEST_LEAD) : match.start()]
        if _OF_MEMBERS.search(before):
            continue
        shown += _EACH.findall(match[1]) if match[1] else re.split(_OR, match[4] or match[5] or match[6])
    if not shown and (open_list := _OPEN_LIST.search(description)):
        shown = open_list[1].split(", ")
    examples = [_AND_SO_ON.sub("", example).strip() for example in shown]
    return tuple(dict.fromkeys(filter(_is_whole, examples)))


def _is_whole(example: str) -> bool:
    """Tell whether an example is something, no scrap of one that holds quotes, `{namespace=`, and no form, `<id>`."""
    pairs = (("(", ")"), ("[", "]"), ("{", "}"))
    return _FORM.search(example) is None and all(example.count(left) == example.count(right) for left, right in pairs)


_AND_SO_ON = re.compile(r"(?:and )?(?:etc|so on)\.*$")
_FORM = re.compile(r"^$|^RRULE\b|\.\.\.|<\w+>|\[[a-z_]+\]|\u2026")
_PLACEHOLDER = re.compile(
    r"(?i:your|insert|enter|replace)[ _-][\w -]+|(?:\w+:)?my[-_][\w-]*(?:slug|id|name|key)|"
    r"[<{\[].*[>}\]]|[xX]{3,}[\w-]*|string|text|value|example|\W*"
)


def is_placeholder(example: str) -> bool:
    """Return whether an example only stands where a value goes: `YOUR_TENANT_ID`, `<id>`, Swagger's `string`."""
    return _PLACEHOLDER.fullmatch(example.strip()) is not None


@lru_cache(maxsize=4096)
def tool_words(name: str) -> tuple[str, ...]:
    """Return the words of a tool's name; empty where there is but one, which any request may hold."""
    words = tuple(word for word in name_words(name.rpartition(".")[2]) if len(word) > 1)
    return words if len(words) > 1 else ()
