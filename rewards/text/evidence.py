"""Which parameters a question asks for: by their names, by one of their words, or by a question word that fits.

A parameter is recognised by its name's words, their everyday synonyms, its enum's values, its description's words, and
by the question word that fits it (where, when, who, how many, how much).
"""

from collections.abc import Iterable, Mapping, Sequence

from rewards.text.parameters import Lexicon, Parameter, lexicon_of
from rewards.text.question import KINDS_NAMED, Question, read_question
from rewards.text.vocabulary import (
    DIRECTION_WORDS,
    ENGLISH_WORDS,
    KINDS,
    KINDS_BY_LAST_WORD,
    NAMELESS,
    NOUNS_OF_FORM,
    WEAK_KINDS,
    synonyms,
)
from rewards.toolset import Toolset

BY_NAME, BY_WORD, BY_KIND = 3, 2, 1
"""How a question tells which parameter it asks for: by all words of its name, by one of them, by a question word."""

ENOUGH_OF_DESCRIPTION = 0.75  # share of a description's words by which a question asks for the parameter
_FEWEST_WORDS = 2
_SHORTEST_ALIKE = 5  # letters by which words of two languages are known as one
_LONGEST_ENDING = 2
_LONGEST_SLAVIC_ENDING = 4
_COUNTED_KINDS = ("count", "duration")


def parameters_asked_for(questions: Iterable[str], tools: Toolset | None, among: Iterable[str]) -> frozenset[str]:
    """Return which of some parameters the questions ask for.

    Args:
        questions: the sentences that ask, as `read_text` gives them.
        tools: that have the parameters.
        among: their names.
    """
    names = tuple(among)
    lexicon = lexicon_of(tools, names)
    read = [read_question(sentence, lexicon) for sentence in questions]
    return frozenset(asked_for(read, lexicon, frozenset(names))) & frozenset(names)


def asked_for(questions: Iterable[Question], lexicon: Lexicon, missing: frozenset[str]) -> dict[str, int]:
    """Return the parameters that the questions ask for, with how each is told."""
    asked: dict[str, int] = {}
    for question in questions:
        evidence = {
            name: level
            for name, parameter in lexicon.parameters.items()
            if (level := _evidence(parameter, question, lexicon))
        }
        least = BY_NAME if _is_for_one_by_name(question, evidence, lexicon) else BY_KIND
        for name, level in evidence.items():
            if level >= least and (level > BY_KIND or not _is_explained(name, evidence, lexicon, missing)):
                asked[name] = max(level, asked.get(name, 0))
    return asked


def _is_for_one_by_name(question: Question, evidence: Mapping[str, int], lexicon: Lexicon) -> bool:
    """Tell whether a question for one thing has a name of several words in full: `the customer's email address`."""
    named = [lexicon.parameters[name] for name, level in evidence.items() if level == BY_NAME]
    is_full = any(parameter.is_concerned and len(parameter.words) > 1 for parameter in named)
    return is_full and not question.joins


def _evidence(parameter: Parameter, question: Question, lexicon: Lexicon) -> int:
    """Return how the question tells that it asks for the parameter; 0 where it does not."""
    is_open = not parameter.direction or _is_marked(parameter, question)
    if len(parameter.gist) >= _FEWEST_WORDS and is_open and _is_described(parameter, question):
        return BY_WORD
    if _is_about_sibling(parameter, question, lexicon):
        return BY_KIND * _is_one_of_several(parameter, question)
    if _is_way_asked(parameter, question) or (is_open and _is_described(parameter, question)):
        return BY_WORD
    if parameter.words == ("to",):  # too common a word: "what would you like the subject to be"
        return 0
    if _is_named(parameter, question):
        return BY_NAME
    if _is_asked_by_a_word(parameter, question, lexicon) or _is_among_things(parameter, question, lexicon):
        return BY_WORD
    if _is_for_another(parameter, question, lexicon):
        return 0
    if _kinds_asked(parameter, question):
        return BY_WORD if parameter.direction and is_open else BY_KIND
    kinds = question.nouns | question.asked
    if question.focus & parameter.described:
        return BY_WORD
    if parameter.kinds and kinds and parameter.kinds.isdisjoint(kinds):
        return 0
    if _names_head(parameter, question):
        return BY_WORD
    modifiers = parameter.modifiers - lexicon.tool_stems - DIRECTION_WORDS - NOUNS_OF_FORM
    is_modified = kinds <= parameter.kinds and any(question.focus & synonyms(word) for word in modifiers)
    return BY_KIND * (is_modified or _is_only_one_of_kind(parameter, question, lexicon))


def _is_one_of_several(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question is for all dates, or all hours, and the parameter is one: `For which dates?`."""
    return parameter.clock == question.clock_of_several


def _names_head(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question has a word for what the parameter is. `How many days` names no date."""
    named = question.focus & parameter.head_words
    if parameter.kinds and parameter.kinds.isdisjoint(_COUNTED_KINDS):
        named -= question.counted
    return bool(named)


def _is_way_asked(parameter: Parameter, question: Question) -> bool:
    """Tell whether the parameter is called `to` or `from`, and the question asks where to or from where."""
    if parameter.words == ("from",):
        return question.leads_from
    if parameter.words != ("to",):
        return False
    return question.leads_to or not question.focus.isdisjoint(parameter.described)


def _is_among_things(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether the parameter, or a part of it, is one of the things that are asked for: `Which film and time?`."""
    if parameter.parts & question.objects - lexicon.name_stems - NAMELESS:
        return True
    return question.joins and not (question.objects - NAMELESS).isdisjoint(parameter.head_words)


def _is_named(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question has all words of the name, or says `order number` for an `order_id`."""
    if parameter.words and question.focus.issuperset(parameter.words):
        return True
    return not question.neighbours.isdisjoint(parameter.other_names)


def _kinds_asked(parameter: Parameter, question: Question) -> frozenset[str]:
    """Return the kinds of the parameter that the question words ask for."""
    asked = parameter.kinds & question.asked
    if asked <= WEAK_KINDS and question.nouns and parameter.kinds.isdisjoint(question.nouns):
        return frozenset()
    return asked


def _is_for_another(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether the question word asks for something that the parameter is not, whatever else is named."""
    if question.asks_by_adverb and parameter.kinds.isdisjoint(question.asked):
        return True
    return _counts_another(parameter, question, lexicon)


def _counts_another(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether `how many` counts what another parameter stands for, and not this one."""
    if parameter.kinds.isdisjoint(_COUNTED_KINDS) or question.counted <= parameter.said_of:
        return False
    counts_time = not question.counted.isdisjoint(KINDS["duration"])
    return any(
        (question.counted & each.said_of and not each.kinds.isdisjoint(_COUNTED_KINDS))
        or (counts_time and "duration" in each.kinds - parameter.kinds)
        for each in lexicon.parameters.values()
    )


def _is_described(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question asks for what the parameter's description says, nearly word for word."""
    gist = parameter.gist
    if len(gist) < _FEWEST_WORDS:
        return bool(gist) and gist <= question.objects
    return len(gist & question.stems) >= ENOUGH_OF_DESCRIPTION * len(gist)


def _is_asked_by_a_word(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether one word settles it: an allowed value, a measure, `which image` for an `image_path`, a direction."""
    if any(map((question.stems - question.infinitives).issuperset, parameter.enum)):
        return True
    subjects = question.subjects - NAMELESS
    if subjects & parameter.head_words or question.stems & parameter.measures:
        return True
    if question.subjects & parameter.carried or question.counted & parameter.units:
        return True
    if question.qualities & parameter.head_words:
        return True
    is_about_tool = not subjects.isdisjoint(lexicon.tool_stems) and subjects.isdisjoint(lexicon.name_stems)
    is_title = parameter.plain_word in KINDS_BY_LAST_WORD["title"] and parameter.modifiers <= subjects
    if is_title and (parameter.modifiers or is_about_tool):
        return True
    if question.nouns & parameter.kinds and question.stems & parameter.direction_words:
        return True
    return _is_only_one_called(parameter, question, lexicon) or _is_spelled_alike(parameter, question, lexicon)


def _is_spelled_alike(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether a word of another language is nearly one of the parameter's: `which protocollo`."""
    things = question.objects - ENGLISH_WORDS - lexicon.tool_stems - lexicon.name_stems
    own = parameter.described.union(parameter.words)
    return any(_differ_in_ending(thing, word) for thing in things for word in own)


def _differ_in_ending(word: str, other: str) -> bool:
    """Tell whether one of two words is the other with a short ending; endings of Slavic adjectives are long."""
    shorter, longer = sorted((word, other), key=len)
    longest_ending = _LONGEST_ENDING if shorter.isascii() else _LONGEST_SLAVIC_ENDING
    return (
        len(shorter) >= _SHORTEST_ALIKE and longer.startswith(shorter) and len(longer) - len(shorter) <= longest_ending
    )


def _is_only_one_called(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether the sentence asks for a `number` or a `type`, and this is the only parameter that is called so.

    A `plate number` is that of a `license_plate` and not of any `policy_number`.
    """
    if synonyms(parameter.plain_word).isdisjoint((question.subjects | question.objects) & NAMELESS):
        return False
    rest = frozenset[str]()
    if not question.joins:
        rest = question.stems - NAMELESS - parameter.said_of
    return not any(
        sibling.plain_word == parameter.plain_word or sibling.head in rest
        for sibling in lexicon.parameters.values()
        if sibling is not parameter
    )


def _is_only_one_of_kind(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether the sentence names a place or a time, and its tool has no other parameter that is one."""
    kinds = parameter.kinds & question.nouns & KINDS_NAMED
    return bool(kinds) and not any(
        each.is_concerned and each is not parameter and each.kinds & kinds for each in lexicon.parameters.values()
    )


def is_likeliest(questions: Sequence[Question], missing: tuple[str, ...], lexicon: Lexicon) -> bool:
    """Tell whether what is missing has more words in common with the questions than any other parameter of its tool."""
    if len(missing) != 1:
        return False
    asked = frozenset[str]().union(*(question.asked for question in questions)) - WEAK_KINDS
    if asked and asked.isdisjoint(lexicon.parameters[missing[0]].kinds):
        return False
    words = frozenset[str]().union(*(question.stems for question in questions)) - (NAMELESS - NOUNS_OF_FORM)
    common = {
        name: len(words & parameter.said) for name, parameter in lexicon.parameters.items() if parameter.is_concerned
    }
    best = common.pop(missing[0])
    rivals = [name for name, count in common.items() if count >= best]
    return best > 0 and all(len(name) == 1 == len(missing[0]) for name in rivals)


def _is_about_sibling(parameter: Parameter, question: Question, lexicon: Lexicon) -> bool:
    """Tell whether what is said of this kind of thing is said of another parameter: a return date, not a departure."""
    is_other_clock = {parameter.clock, question.clock} == {"day", "hour"}
    for sibling in lexicon.parameters.values():
        if sibling.name == parameter.name:
            continue
        if is_other_clock and sibling.is_concerned and sibling.clock == question.clock:
            return True
        if not sibling.is_concerned and _is_named_instead(sibling, parameter, question):
            return True
        if not _is_alike(sibling, parameter):
            continue
        if _is_phrased(sibling, question) and parameter.phrasal and not _is_phrased(parameter, question):
            return True
        if _is_marked(sibling, question) and not _is_marked(parameter, question):
            return True
        if set(sibling.words) < set(parameter.words) <= question.stems | (parameter.modifiers - question.stems):
            return not _is_marked(parameter, question)
    return False


def _is_named_instead(sibling: Parameter, parameter: Parameter, question: Question) -> bool:
    """Tell whether another tool's parameter of the same kind is named in full, and this one not or only as part."""
    if sibling.kinds.isdisjoint(parameter.kinds) or len(sibling.words) < 2:
        return False
    if not question.stems.issuperset(sibling.words):
        return False
    return not question.stems.issuperset(parameter.words) or set(parameter.words) < set(sibling.words)


def _is_alike(sibling: Parameter, parameter: Parameter) -> bool:
    """Tell whether the two could be taken for each other: in one tool by head or direction, in two by direction."""
    is_of_one_kind = not sibling.kinds.isdisjoint(parameter.kinds)
    if not sibling.is_concerned:
        return bool(sibling.direction) and not parameter.direction and is_of_one_kind
    return sibling.head == parameter.head or (bool(sibling.direction and parameter.direction) and is_of_one_kind)


def _is_phrased(parameter: Parameter, question: Question) -> bool:
    return not question.phrases.isdisjoint(parameter.phrasal)


def _is_marked(parameter: Parameter, question: Question) -> bool:
    """Tell whether the question has a word that sets the parameter apart from those like it."""
    ways = {"to": question.leads_to, "from": question.leads_from}
    if ways.get(parameter.direction) and "time" not in parameter.kinds:
        return True
    return not question.stems.isdisjoint(parameter.marks)


def _is_explained(name: str, evidence: Mapping[str, int], lexicon: Lexicon, missing: frozenset[str]) -> bool:
    """Tell whether a question word that fits this parameter belongs to another one that the sentence names."""
    explained = lexicon.parameters[name]
    for rival, level in evidence.items():
        parameter = lexicon.parameters[rival]
        if level < BY_WORD or rival == name or rival in missing:
            continue
        if _are_day_and_hour(parameter, explained):
            continue
        if parameter.is_concerned and parameter.kinds & explained.kinds:
            return True
    return False


def _are_day_and_hour(parameter: Parameter, other: Parameter) -> bool:
    """Tell whether the two are the day and the hour of one thing, so that `when` asks for either."""
    return {parameter.clock, other.clock} == {"day", "hour"} and "to" not in {parameter.direction, other.direction}
