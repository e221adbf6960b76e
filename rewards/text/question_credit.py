"""What questions earn: what they ask for, held against the parameters that are missing."""

import re
from collections.abc import Iterable, Mapping, Sequence

from rewards.limits import MAX_QUESTIONS
from rewards.text.acts import read_text
from rewards.text.evidence import BY_KIND, BY_WORD, asked_for, is_likeliest
from rewards.text.parameters import Lexicon, lexicon_of
from rewards.text.question import Question, kinds_by_question_word, questions_in, read_question
from rewards.text.vocabulary import KINDS, NAMELESS, synonyms
from rewards.text.words import stems, words_of
from rewards.toolset import Toolset

GENERIC_CREDIT = 0.3  # for a question that names nothing
WRONG_PARAMETER_CREDIT = 0.2  # for a question about a parameter that is not missing

MAX_QUESTION_WORDS = 60
"""Words in all the sentences that ask, for each missing parameter. More count as asking for one thing too many."""

_NOTHING = frozenset[str]()
_OF_USER = re.compile(
    r"(?:^ ?|[,;:.] ?|\b(?:and|also|plus|have|know|need|get|tell|me|us|provide|share|give|send|say|name|specify|"
    r"confirm|enter|state|(?:me|us) with|"
    r"как|(?:what|which|wie) (?:is|are|was|est|es|jest|ist)(?: (?:il|la|o|a))?) )your ((?:[^\W_]+ ){0,2}?[^\W_]+)"
    r"(?= ?(?:$|[,;:.?!)]| and\b| please\b| is\b))"
)
"""What is asked of the user directly: `what is your name`, but not `which of your channels`."""

_BEFORE_YOURS = re.compile(r",? and (?=your\b)")
_BARE_QUESTIONS = frozenset("what which where when who whom whose how why huh pardon sorry".split())


def question_credit(
    questions: tuple[str, ...], missing: tuple[str, ...], reference: str | None, tools: Toolset | None
) -> tuple[float, str | None]:
    """Return how well the questions ask for what is missing, and why it is not 1.

    Args:
        questions: the sentences that ask, as `read_text` gives them.
        missing: parameter names; where empty, what the reference text's questions ask for stands in, if anything.
        reference: the ground truth's text.
        tools: what was offered; None where unknown.

    Returns:
        F1 = 2 |asked and missing| / (|asked| + |missing|), as a call that asks earns it, or one of the credits above
        where nothing missing was asked for; and the reason, None where it is 1.
    """
    lexicon = lexicon_of(tools, missing)
    if not missing:
        return _credit_by_reference(questions, reference, lexicon)
    if not any(map(_says_more, questions)):
        return GENERIC_CREDIT, "a bare question word"
    read = _without_alternatives(questions_in(questions, lexicon), frozenset(missing), lexicon)
    asked = asked_for(read, lexicon, frozenset(missing))
    hits = asked.keys() & set(missing)
    surplus = _surplus(read, asked, missing, lexicon)
    wanted = ", ".join(map(repr, missing))
    if not hits and max(asked.values(), default=0) <= BY_KIND and is_likeliest(read, missing, lexicon):
        return 1.0, None
    if not hits:
        if surplus or asked.keys() - set(missing):
            return WRONG_PARAMETER_CREDIT, f"asks for something else than {wanted}"
        return GENERIC_CREDIT, f"does not ask for {wanted}"
    share = max(GENERIC_CREDIT, 2 * len(hits) / (len(hits) + surplus + len(missing)))
    if share == 1.0:
        return 1.0, None
    return share, f"asks for more or less than {wanted}"


def _without_alternatives(
    questions: Sequence[Question], missing: frozenset[str], lexicon: Lexicon
) -> Sequence[Question]:
    """Return the questions without those to which another one that asks for what is missing is an alternative."""
    alternatives = [question for question in questions if question.is_alternative]
    fitting = [question for question in alternatives if not missing.isdisjoint(asked_for([question], lexicon, missing))]
    if not fitting:
        return questions
    return [question for question in questions if not question.is_alternative or question in fitting]


def _says_more(question: str) -> bool:
    """Tell whether a question is more than a bare question word."""
    words = words_of(question)
    return len(words) > 1 or any(word not in _BARE_QUESTIONS for word in words)


def _credit_by_reference(
    questions: tuple[str, ...], reference: str | None, lexicon: Lexicon
) -> tuple[float, str | None]:
    wanted = read_text(reference).questions if reference else ()
    if not wanted:
        return 1.0, None
    model, read = questions_in(wanted, lexicon), questions_in(questions, lexicon)
    of_model = asked_for(model, lexicon, _NOTHING)
    expected = frozenset(of_model)
    if expected:
        asked = asked_for(read, lexicon, expected)
        hits = len(asked.keys() & expected)
        is_for_one_thing = not asked and not _things(model).isdisjoint(_things(read))  # the channel: a Slack channel
        if not hits and not is_for_one_thing:
            return GENERIC_CREDIT, "asks for something else than the reference does"
        names = tuple(expected)
        surplus = _surplus(read, asked, names, lexicon) - _surplus(model, of_model, names, lexicon)
        if surplus <= 0:
            return 1.0, None
        return max(GENERIC_CREDIT, 2 * hits / (2 * hits + surplus)), "asks for more than the reference does"
    content = _content(wanted)
    if not content or _shares_content(content, _content(questions)):
        return 1.0, None
    if not _content(questions):
        return GENERIC_CREDIT, "a question that names nothing"
    return GENERIC_CREDIT, "asks for something else than the reference does"


def _things(questions: Iterable[Question]) -> frozenset[str]:
    """Return the stems of what questions ask for, without words that name nothing."""
    return frozenset[str]().union(*(question.objects for question in questions)) - NAMELESS


def _content(questions: Iterable[str]) -> set[str]:
    return {each for each in stems(questions) if each not in NAMELESS}


def _shares_content(expected: set[str], content: set[str]) -> bool:
    """Tell whether two questions have a word in common, or cannot be held against each other: they differ in script."""
    if any(synonyms(each) & content for each in expected) or any(synonyms(each) & expected for each in content):
        return True
    return bool(content) and "".join(expected).isascii() != "".join(content).isascii()


def _surplus(
    questions: Sequence[Question], asked: Mapping[str, int], missing: tuple[str, ...], lexicon: Lexicon
) -> int:
    """Return how many things too many are asked for. One that a question word alone asks for is taken as courtesy."""
    things = frozenset[str]().union(*(question.objects for question in questions))
    wanted = [lexicon.parameters[name] for name in missing]
    wanted_kinds = frozenset[str]().union(*(parameter.kinds for parameter in wanted))
    explained = lexicon.tool_stems.union(*(parameter.said_of for parameter in wanted))
    named = [
        parameter
        for name, parameter in lexicon.parameters.items()
        if name not in missing
        and (parameter.is_concerned or wanted_kinds.isdisjoint(parameter.kinds))  # `city` of a tool that is not meant
        and asked.get(name, 0) >= BY_WORD
        and things.issuperset(parameter.words)
        and set(parameter.words) - explained - NAMELESS
    ]
    explained = explained.union(*(parameter.words for parameter in named))
    kinds_named = {kind for kind, words in KINDS.items() if kind not in wanted_kinds and things & (words - explained)}
    kinds_asked = _surplus_question_words(questions, wanted_kinds)
    given = [
        parameter
        for name, parameter in lexicon.parameters.items()
        if parameter.is_required and name not in missing and parameter not in named
    ]
    kinds_given = {kind for kind in kinds_asked if any(kind in parameter.kinds for parameter in given)}
    doubtful = len((kinds_asked | kinds_named) - kinds_given)
    length = sum(len(question.sentence.split()) for question in questions)
    is_long = length > MAX_QUESTION_WORDS * len(missing)
    beside_the_point = _count_beside_the_point(questions, lexicon)
    return len(named) + len(kinds_given) + max(beside_the_point, doubtful - 1) + is_long


def _count_beside_the_point(questions: Iterable[Question], lexicon: Lexicon) -> int:
    """Count the user's things that are asked for and that no offered tool takes: `And what is your name?`."""
    count = 0
    for question in questions:
        if "your" not in question.sentence:
            continue
        for part in _BEFORE_YOURS.split(question.sentence)[:MAX_QUESTIONS]:
            things = [stems([thing])[-1] for thing in _OF_USER.findall(part)]
            if things and not asked_for([read_question(part, lexicon)], lexicon, _NOTHING):
                count += len(things)
    return count


def _surplus_question_words(questions: Sequence[Question], wanted: frozenset[str]) -> set[str]:
    """Return the kinds that question words ask for besides those that are wanted."""
    kinds = kinds_by_question_word(questions)
    return kinds - wanted if kinds & wanted or len(kinds) > 1 else set()
