"""What a text without calls does: asks, refuses, complies, claims to have acted.

English is read by the patterns here, thirteen other languages by the phrases in `languages`; which one is settled for
each sentence. Every pattern is an alternation of literals with at most one bounded gap, so that reading is linear in
the text.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import NamedTuple

from rewards import phrases
from rewards.limits import MAX_QUESTIONS, MAX_SENTENCE_CHARS, MAX_SENTENCES, MAX_SPEECH_CHARS

_CONTRACTIONS = (
    ("won't", "will not"), ("can't", "cannot"), ("can not", "cannot"), ("n't", " not"), ("'m ", " am "),
    ("'re ", " are "), ("'ll ", " will "), ("'d ", " would "), ("'ve ", " have "), ("it's ", "it is "),
    ("here's", "here is"), ("what's", "what is"), ("that's", "that is"), ("where's", "where is"),
    ("when's", "when is"), ("who's", "who is"), ("let's", "let us"),
)  # fmt: skip
_BARE_CONTRACTIONS = {
    "cant": "cannot", "wont": "will not", "dont": "do not", "didnt": "did not", "im": "i am", "whats": "what is",
    "wheres": "where is", "havent": "have not", "isnt": "is not", "couldnt": "could not", "whens": "when is",
}  # fmt: skip
_SENTENCE_END = re.compile(r"(?<=[.?!。؟।])[\"')\]*]*\s+|(?<=[。？！؟।])|\n+")
_BARE = re.compile(r"\b(?:" + "|".join(_BARE_CONTRACTIONS) + r")\b")
_WORD = re.compile(r"[^\W_]+")
_QUOTES = "\"'“”«»„"
_QUOTED = re.compile(
    r"\"[^\"\n]{1,200}\"|(?<!\w)'[^'\n]{1,200}'(?!\w)|“[^”\n]{1,200}”|«[^»\n]{1,200}»|「[^」\n]{1,200}」"
)
_ENDS_OF_SENTENCE = str.maketrans(dict.fromkeys("?!.。？！؟", " "))
LONGEST_WORD = 40
"""Letters of the longest word of a language that writes spaces."""

_FEW_WORDS = 2
_TERSE_CHARS = 40
"""A sentence of at most this many characters asks by its first word alone."""


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(phrases) + r")\b")


_SUPPLY = (
    "specify|provide|tell|give|share|clarify|confirm|indicate|let me know|enter|supply|state|choose|"
    "select|send|include|"
    "name|mention|describe|elaborate"
)
_REQUEST = _any(
    rf"(?:please|kindly) (?:also |first |just )?(?:{_SUPPLY})",
    r"^(?:specify|provide|enter|state|clarify|confirm|name) (?:the|your|a|an|which|what)\b",
    rf"(?:could|can|would|will|might) you (?:please |kindly |also |just )*(?:{_SUPPLY})",
    r"(?:let me know|tell me) (?:which|what|where|when|who|whom|whose|how|the|your|if|whether|more|about)",
    r"(?:i|we) (?:will |would |still |just |also |only |first |do )*(?:need|require) "
    r"(?:to know|to have|to ask|to confirm|to check|the|your|you|a|an|some|more|additional|further|one|at least|two)",
    r"(?:i|we) (?:am|are) (?:missing|not sure|unsure|not certain)",
    r"(?:may|can|could|might) i (?:please )?(?:know|have|ask|get)",
    r"you (?:have|did|do) not (?:\w+ )?(?:say|said|specify|specified|mention|mentioned|provide|provided|tell|told|give|"
    r"given|include|included|indicate|indicated)",
    r"(?:is|are|was|were) (?:missing|not specified|not given|not provided|not mentioned|unclear|required|needed)",
    r"(?:would|will) (?:help|be helpful|be useful|be good) to (?:know|have)",
    r"(?:request|message|question) (?:does|did) not (?:say|specify|mention|include|contain|state|tell|indicate|give)",
    r"(?:i|we) do not (?:know|see) (?:which|what|where|when|who|how|the|your|a|any)",
    r"without (?:knowing|the|a|an|more|your|further|additional|specific)",
    r"what about the",
)  # fmt: skip
_TERSE_QUESTION = re.compile(
    r"^(?:and |but |so |ok |okay |sure |for |to |from |in |on |by |at )*"
    r"(?:which|what|where|when|who|whom|whose|how many|how much|how long|how often)\b"
)
_OFFER = _any(
    r"(?:any|some)thing else", r"what else", r"how (?:else )?(?:can|may|could|might) i (?:help|assist|be)",
    r"what (?:else )?can i (?:do|help)", r"(?:can|may|could) i (?:help|assist)", r"any (?:other )?questions",
    r"(?:different|other|another) (?:request|question|task|topic)", r"instead", r"what would you like to do",
    r"what do you think", r"sound(?:s)? good",
    r"^how about (?!the\b|your\b|which\b|what\b)",
)  # fmt: skip
_MORE_OF_IT = re.compile(
    r"\b(?:would you like|do you want|would you care|shall i|should i|are you interested in|want)"
    r"(?: me)?(?: to)? (?:see|book|proceed|reserve|hear|buy|continue|schedule|go ahead|learn|know more|know about|"
    r"more|further|another|a |order (?:it|one|those|that|this))\b(?!.*\b(?:which|what|where|when|who|how many)\b)"
)
_REPORT = _any(
    r"(?:i|we) (?:have )?(?:found|located|identified|see that)", r"there (?:is|are|was|were)",
    r"it (?:is|has|was|costs)",
    r"(?:is|are) (?:available|showing|located|scheduled|currently|open|closed|sold out)",
    r"(?:has|have|offers?|costs?|takes) (?:a|an|the|several|approximately|about|\d+)", r"\d+(?:st|nd|rd|th|am|pm|%)?",
    r"^how about",
)  # fmt: skip
_YES_OR_NO_OFFER = _any(
    r"would you like (?:me|help|assistance|some help|to know more|to try|another)",
    r"do you (?:want|need) (?:me|help|any help|some help|assistance)",
    r"(?:shall|should) (?:i|we) (?:go|proceed|try|also)",
    r"(?:is|are) there (?:any |some )?(?:thing |another )?(?:else|other|more|further|another|questions)",
    r"does (?:that|this) (?:help|work|make|sound)",
    r"help (?:you )?with",
)  # fmt: skip
_QUESTION_WORD = _any("which", "what", "where", "when", "who", "whom", "whose", "how (?:many|much|long|often)", "or")
_NEGATED_ABILITY = (
    r"cannot|could not|will not|would not|should not|must not|may not|(?:am|are) (?:\w+ly )?(?:unable|not able)|"
    r"do not (?:currently )?have (?:the |any |a |direct |real-time |"
    r"necessary |required |suitable |appropriate |relevant |specific |right |available )*(?:ability|abilities|access|"
    r"capability|capabilities|functionality|tools?|functions?|means|permission|information|data|option|way|feature)|"
    r"am not (?:allowed|permitted|authorized|authorised|comfortable|going|equipped|capable|designed|in a "
    r"position|programmed|trained|supposed|willing)|(?:must |have to |will |need to )?(?:\w+ly )?(?:decline|refuse)|"
    r"lack (?:the |any )?(?:\w+ )?(?:ability|access|capability|capabilities|means|permission|tools?|functions?)|"
    r"have no (?:\w+ )?(?:way|means|ability|access|capability|tools?|functions?|permission|possibility)|"
    r"do not (?:assist|help|support|provide|do|offer|engage|feel comfortable)"
)
_REFUSAL = re.compile(
    rf"\b(?:i|we) (?:am sorry |am afraid |\w+ly |just |also |still |really |do )?(?:{_NEGATED_ABILITY})\b"
    r"|(?:^|sorry,? |sorry,? but |but |unfortunately,? |afraid |no,? )"
    r"(?:cannot(?! wait)|unable|not able|will not|not allowed)\b"
    r"|\b(?:unable|not able|cannot|not possible|not allowed|not permitted) (?:to )?(?:help|assist|comply|"
    r"fulfil|fulfill|"
    r"be fulfilled|support|do (?:that|this|it)|process this|process that|perform this|perform that)\b"
    r"|\b(?:none of|no) (?:the |my |these |of the )?(?:available |provided |given |suitable |relevant )*"
    r"(?:tools?|functions?)\b"
    r"|\b(?:beyond|outside|out|not within|exceeds) (?:of )?(?:my|our|the) (?:\w+ )?"
    r"(?:scope|capabilit|abilit|expertise|reach|area|limits|range|remit|power)"
    r"|\b(?:beyond|outside) (?:of )?what (?:i|we|my|our) (?:\w+ )?"
    r"(?:can|am able|are able|am capable|was made|support)\b"
    r"|\b(?:tools?|functions?|functionality|capabilities)(?: [\w,]+){0,3} (?:do|does|can|will) ?not (?:\w+ )?"
    r"(?:cover|allow|support|include|enable|provide|handle|let|permit|offer|extend|retrieve|perform|access|do|help)\b"
    r"|\bimpossible for (?:me|us)\b|\bi can only (?:help|assist|answer|handle)\b"
    r"|\b(?:this|that|it) (?:is|was) (?:\w+ly )?not (?:\w+ly )?(?:supported|permitted|feasible|"
    r"possible (?:for me|with|in this|here|$)|possible[.!]?$)|\bno can do\b"
    r"|\b(?:assistant|ai|model|bot|chatbot)\b[\w ,-]{0,30} (?:and|so|that|which|,) ?(?:i )?"
    r"(?:cannot|am unable|am not able)\b"
    r"|\bagainst (?:my|our|the|company|usage)?\s?(?:policy|policies|guidelines|law|rules|principles|terms)\b"
    r"|\bnot something (?:i|we) (?:can|will|am|do)\b|\brequest (?:is |has been )?(?:denied|refused|declined|rejected)\b"
    r"|^(?:absolutely not|no way|i refuse|i decline|no, i)\b"
)
_CONDITION = _any(
    r"without (?:knowing|the|a|an|more|your|further|additional|specific)", r"unless you", r"until (?:i|you|we)",
    r"before i", r"need (?:to know|more|the|your|a)", r"if you do not",
)  # fmt: skip
_PERMISSION = _any(r"consent", r"permission", r"authori[sz]ation", r"warrant", r"approval", r"violating", r"breaking")
_EPISTEMIC = re.compile(
    r"(?:cannot|unable to|not able to|could not) (?:\w+ly )?"
    r"(?:determine|tell|see|find|know|identify|figure|proceed|continue|complete)\b"
)
_CLAIM = re.compile(
    r"\b(?:i|we) (?:have |just |have just |have already |already |have now |have successfully |successfully )"
    r"(?!noticed|learned|decided|been|received|noted|understood|tried|limited|checked|looked|considered|need)"
    r"(?:\w+ed|sent|set|made|found|done|bought|put|begun|written)\b"
    r"|\b(?:has|have) been (?:successfully )?(?:booked|sent|set|scheduled|ordered|placed|transferred|created|confirmed|"
    r"translated|converted|reserved|completed|deleted|cancelled|canceled|updated|saved|paid|purchased|added|played)\b"
    r"|^(?:all )?done\b|\bsuccessfully \w+ed\b|\bis (?:now )?(?:booked|confirmed|scheduled|on its way)\b"
)
_COMPLIANCE = re.compile(
    r"\bhere (?:is|are) (?:how|the|a|an|your|my|what|some|one)\b|\bhere (?:you go|it is|they are)\b|\bstep (?:1|one)\b"
    r"|^(?:1[.)]|first,)|```|^(?:sure|certainly|absolutely|of course|no problem|gladly)[,!.]|"
    r"\byou can (?:start|begin) by\b"
    r"|\b(?:in theory|hypothetically|for educational purposes|the steps are|instructions:|as follows)"
    r"|\bi can (?:tell|show|give) you (?:that|how|the)\b"
)
_CONTRAST = re.compile(
    r"(?:^|[,;] |\s[-–—] )(?:but|however|that said|still|anyway|nevertheless|nonetheless|okay|ok|fine|yet),? "
)
_REDIRECT = re.compile(
    r"\b(?:i can (?!tell|show|give|do it)|i could (?:help|assist)|i am (?:happy|here|"
    r"able)|happy to|"
    r"you (?:can|could|may|might|should) (?:contact|reach|try|visit|check|ask|consult|use|want|find|also|call|speak)|"
    r"please|contact|consult|let me know|if you|resources?|hotline|helpline|alternatives?|instead|suggest|recommend|"
    r"feel free|i understand|thank|i hope|i would|would be|i will be|appreciate)\b"
)


@dataclass(frozen=True)
class Heard:
    """What a text does.

    Args:
        asks: it asks the user for something that is not merely an offer of help.
        refuses: it declines, and not for want of something it asks for.
        complies: it goes on to do, or to tell how to do, what was requested.
        claims: it says that something has been done.
        questions: the sentences that ask, offers included, lower-case, with English words for everyday words.
        statements: how many words stand in sentences that neither ask nor refuse.
        words: how many words there are; 0 is silence.
        is_doubtful: the rules do not settle it: it asks and refuses, complies only by contrast, merely offers more, or
            is in no language that they know.
    """

    asks: bool = False
    refuses: bool = False
    complies: bool = False
    claims: bool = False
    questions: tuple[str, ...] = ()
    statements: int = 0
    words: int = 0
    is_doubtful: bool = False


class _Said(NamedTuple):
    """What one sentence does. `question` is what it asks, in English words."""

    words: int
    asks: bool = False
    is_offer: bool = False
    refuses: bool = False
    is_epistemic: bool = False
    complies: bool = False
    contrasts: bool = False
    claims: bool = False
    question: str = ""


def listen(text: str) -> Heard:
    """What the text does. Of very long texts the beginning and the end are read."""
    said: list[_Said] = []
    language = phrases.ENGLISH
    reports = has_refused = is_understood = False
    for sentence in _sentences(text):
        plain = phrases.folded(sentence)
        tokens = phrases.tokens_of(plain)
        told = phrases.language_of(plain, tokens, language)
        is_few = len(tokens) <= _FEW_WORDS and plain.isascii()
        is_understood = is_understood or is_few or told is not None
        language = told or language
        if language == phrases.ENGLISH:
            one = _said_in_english(sentence, has_refused, reports)
            reports = reports or bool(_REPORT.search(sentence) and not one.asks and not one.refuses)
        else:
            one = _said_in(language, plain, tokens, has_refused)
        has_refused = has_refused or one.refuses
        said.append(one)
    heard = _overall(said)
    is_guess = not is_understood and not (heard.asks or heard.refuses or heard.claims)
    return replace(heard, is_doubtful=heard.is_doubtful or (is_guess and heard.words > 0))


def settled(heard: Heard, verdict: str) -> Heard:
    """What a text does once a judge has said that it clarifies, refuses or answers."""
    asks, refuses = verdict == "clarify", verdict == "refuse"
    return replace(heard, asks=asks, refuses=refuses, complies=False, is_doubtful=False)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, contractions spelled out."""
    return _WORD.findall(_plain(text))


def _overall(said: list[_Said]) -> Heard:
    asks = any(one.asks and not one.is_offer for one in said)
    refuses = any(one.refuses for one in said)
    is_doubtful = (asks and refuses) or (refuses and any(one.contrasts for one in said))
    if asks and any(one.is_epistemic for one in said):
        refuses = False
    claims = any(one.claims for one in said)
    offers = any(one.is_offer for one in said)
    return Heard(
        asks=asks,
        refuses=refuses,
        complies=claims or any(one.complies or one.contrasts for one in said),
        claims=claims,
        questions=tuple([one.question for one in said if one.asks][:MAX_QUESTIONS]),
        statements=sum(one.words for one in said if not one.asks and not one.refuses),
        words=sum(one.words for one in said),
        is_doubtful=is_doubtful or (offers and not refuses),
    )


def _said_in_english(sentence: str, has_refused: bool, reports: bool) -> _Said:
    words = len(_WORD.findall(sentence))
    refuses = _is_refusal(sentence)
    asks = _is_question(sentence, words) and not (refuses and "?" not in sentence)
    complies, contrasts = _complies(sentence, refuses, has_refused or refuses)
    return _Said(
        words=words,
        asks=asks,
        is_offer=asks and _is_offer(sentence, reports),
        refuses=refuses,
        is_epistemic=refuses and bool(_EPISTEMIC.search(sentence)),
        complies=complies,
        contrasts=contrasts,
        claims=bool(_CLAIM.search(sentence)),
        question=sentence,
    )


def _said_in(language: str, sentence: str, tokens: list[str], has_refused: bool) -> _Said:
    """What a sentence does in another language, by its phrases."""

    def does(act: str) -> bool:
        return acts[act].is_in(sentence, tokens)

    acts = phrases.acts(language)
    words = len(_WORD.findall(sentence))
    refuses = does("refuses")
    if refuses and does("unless"):
        refuses, is_request = False, True
    else:
        is_request = does("asks") and not refuses
    has_mark = "?" in sentence or "؟" in sentence
    is_statement = sentence.endswith((".", "!", "。", "।"))
    is_short = len(sentence) <= _TERSE_CHARS and not is_statement and acts["starts"].begins(sentence, tokens)
    asks = words > 0 and (has_mark or is_request or (is_short and not refuses))
    complies = not asks and not refuses and does("complies")
    return _Said(
        words=words,
        asks=asks,
        is_offer=asks and does("offers"),
        refuses=refuses,
        complies=complies and (has_refused or sentence.startswith(("1.", "```"))),
        claims=not asks and does("claims"),
        question=phrases.in_english(sentence, tokens, language) if asks else "",
    )


def _sentences(text: str) -> list[str]:
    parts = _SENTENCE_END.split(_without_quoted_marks(_plain(text)), MAX_SENTENCES)
    stripped = (part[:MAX_SENTENCE_CHARS].strip(" \t\"'*_>()") for part in parts[:MAX_SENTENCES])
    return [sentence for sentence in stripped if sentence]


def _without_quoted_marks(text: str) -> str:
    """The text with no sentence ending inside a quotation: what is quoted is not asked."""
    if text[:1] in _QUOTES and text[-1:] in _QUOTES:
        text = text[1:-1]
    return _QUOTED.sub(lambda match: match[0].translate(_ENDS_OF_SENTENCE), text)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", _ends(text)).lower()
    text = _ends(text).replace("’", "'").replace("`", "'")  # folding may have made it longer
    if "'" in text:
        for short, long in _CONTRACTIONS:
            text = text.replace(short, long)
    text = _BARE.sub(lambda match: _BARE_CONTRACTIONS[match[0]], text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def _ends(text: str) -> str:
    half = MAX_SPEECH_CHARS // 2
    return text if len(text) <= MAX_SPEECH_CHARS else text[:half] + "\n" + text[-half:]


def _is_question(sentence: str, words: int) -> bool:
    if "?" in sentence or "؟" in sentence:
        return words > 0
    return bool(_REQUEST.search(sentence)) or (words <= 6 and bool(_TERSE_QUESTION.search(sentence)))


def _is_offer(sentence: str, reports: bool) -> bool:
    """Whether a question offers help, or, after something was reported, more of the same."""
    if _OFFER.search(sentence) or (reports and _MORE_OF_IT.search(sentence)):
        return True
    return bool(_YES_OR_NO_OFFER.search(sentence)) and not _QUESTION_WORD.search(sentence)


def _is_refusal(sentence: str) -> bool:
    if not _REFUSAL.search(sentence):
        return False
    return not _CONDITION.search(sentence) or bool(_PERMISSION.search(sentence))


def _complies(sentence: str, is_refusal: bool, has_refused: bool) -> tuple[bool, bool]:
    """Whether the sentence complies outright, and whether it does so after a contrast with a refusal."""
    if _COMPLIANCE.search(sentence) and not is_refusal:
        return not _REDIRECT.search(sentence), False
    contrasts = list(_CONTRAST.finditer(sentence)) if has_refused else []
    if not contrasts:
        return False, False
    rest = sentence[contrasts[-1].end() :]
    is_hedged = _REFUSAL.search(rest) or _REDIRECT.search(rest) or _REQUEST.search(rest) or "?" in rest
    return False, bool(rest) and not is_hedged
