"""The language of phrases that `data` is written in, sign by sign, and what a text's language is told by."""

import pytest

from rewards.limits import MAX_PHRASE_GAP_CHARS, MAX_PHRASE_GAP_WORDS
from rewards.text.detection import language_of
from rewards.text.everyday import in_english
from rewards.text.languages import language
from rewards.text.words import folded, spelled_out, tokens_of

SIX = "one two three four five six"
GROUPS = {"closing": ["goodbye", "see you"], "farewell": ["<closing> now", "so long"]}


def shown(monkeypatch, phrases, sentence, **data):
    """Return where a sentence shows the phrases of a language that has no others."""
    phrases = [phrases] if isinstance(phrases, str) else phrases
    monkeypatch.setattr("rewards.text.languages.read_data", lambda name: {"acts": {"act": phrases}, **data})
    return sorted(language.__wrapped__("xx").acts(tokens_of(sentence), sentence).get("act", []))


@pytest.mark.parametrize(
    ("phrase", "sentence", "is_shown"),
    [
        ("will not", "i will not do it", True),
        ("will not", "i will do it", False),
        ("will not", "not will", False),
        ("will/would not", "it would not do", True),
        ("of_course/sure thing", "of course thing", True),
        ("of_course/sure thing", "sure thing", True),
        ("of_course/sure thing", "of thing", False),
        ("i [really] do", "i do", True),
        ("i [really] do", "i really do", True),
        ("i [really] do", "i really really do", False),
        ("[so] sorry", "sorry", True),
        ("[so] sorry", "so sorry", True),
        ("can * help", "i can help", True),
        ("can * help", f"i can {SIX} help", True),
        ("can * help", f"i can {SIX} seven help", False),
        ("can * help", "i can , well , help", False),
        ("can * help", "i can , well help", True),
        ("can * help", "i can ; well help", False),
        ("* help", "do help", True),
        ("a _ city", "a big city", True),
        ("a _ city", "a city", False),
        ("a _ city", "a , city", False),
        ("for # days", "for 3 days", True),
        ("for # days", "for 3rd days", True),
        ("for # days", "for some days", False),
        ("be ~ly told", "be badly told", True),
        ("be ~ly told", "be ly told", True),
        ("be ~ly told", "be lying told", False),
        ("an anti~", "an antidote", True),
        ("an anti~", "an ant", False),
        ("i !do will", "i will", True),
        ("do !it", "do that", True),
        ("do !it", "do it", False),
        ("do !it/that", "do that", False),
        ("<closing> friend", "see you friend", True),
        ("<closing> friend", "goodbye friend", True),
        ("<closing>/farewell friend", "farewell friend", True),
        ("<closing> friend", "see friend", False),
        ("<farewell>", "see you now", True),
        ("<farewell>", "so long", True),
        ("<farewell>", "see you", False),
        ("^ sorry", "sorry , no", True),
        ("^ sorry", "so sorry", False),
        ("you $", "thank you", True),
        ("you $", "you there", False),
        ("^ no $", "no", True),
        ("no , but", "no , but yes", True),
        ("no , but", "no but yes", False),
        ("no ,/; but", "no ; but yes", True),
        ("Café", "a cafe", True),
    ],
)
def test_a_phrase_stands_for_these_words(monkeypatch, phrase, sentence, is_shown):
    assert bool(shown(monkeypatch, phrase, sentence, groups=GROUPS)) is is_shown
    with_marks = shown(monkeypatch, phrase, sentence, groups=GROUPS, marks="i do it the you can will not a of no so")
    assert bool(with_marks) is is_shown, "frequent words only tell where to look first"


def test_a_phrase_is_shown_from_sign_to_sign_each_time(monkeypatch):
    assert len(SIX.split()) == MAX_PHRASE_GAP_WORDS
    # `^ i will , i would $` with a blank behind each
    assert shown(monkeypatch, ["i will/would"], "i will, i would") == [(2, 9), (11, 19)]
    assert shown(monkeypatch, ["will", "i * would"], "i will, i would") == [(4, 9), (11, 19)]


@pytest.mark.parametrize(
    ("phrase", "sentence", "spans"),
    [
        ("无法", "我无法做", [(1, 3)]),
        ("无法*帮助", "我无法帮助你", [(1, 5)]),
        ("无法*帮助", "无法" + "很" * MAX_PHRASE_GAP_CHARS + "帮助", [(0, MAX_PHRASE_GAP_CHARS + 4)]),
        ("无法*帮助", "无法" + "很" * (MAX_PHRASE_GAP_CHARS + 1) + "帮助", []),
        ("a.b", "axb", []),
        ("無法", "无法", [(0, 2)]),
    ],
)
def test_in_joined_text_a_phrase_is_a_piece(monkeypatch, phrase, sentence, spans):
    assert shown(monkeypatch, ["没有", phrase], sentence, is_joined=True) == spans


@pytest.mark.parametrize(
    ("sentence", "fallback", "code"),
    [
        ("which city do you mean", "en", "en"),
        ("welche stadt meinen sie", "en", "de"),
        ("quelle ville voulez-vous", "en", "fr"),
        ("qwrt", "en", None),
        ("", "en", None),
        ("какой город", "en", "ru"),
        ("都市名を教えて", "en", "ja"),
        ("请提供城市", "en", "zh"),
        ("어떤 도시", "en", "ko"),
        ("ما هي المدينة", "en", "ar"),
        ("कौन सा शहर", "en", "hi"),
        ("the chinese word 你好 is a greeting", "en", "en"),
        ("enter a city.", "en", "en"),
        ("a date, a city, a name.", "en", "en"),
        ("the train leaves a bit late", "en", "en"),
        ("íme a jelszó: 1234", "hu", "hu"),
        ("a che ora?", "en", "it"),
    ],
)
def test_the_language_of_a_sentence(sentence, fallback, code):
    sentence = folded(sentence)
    assert language_of(sentence, tokens_of(sentence), fallback) == code


def test_words_of_several_languages_are_in_english_or_in_that_of_the_sentence_before():
    assert language_of("para", ["para"], "es") == "es"
    assert language_of("para", ["para"], "pt") == "pt"


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("i can't, won't", "i cannot, will not"),
        ("it isn't", "it is not"),
        ("we're and i'm here", "we are and i am here"),
        ("dont ask, im here", "do not ask, i am here"),
        ("importing cants", "importing cants"),
    ],
)
def test_contractions_are_spelled_out(text, long):
    assert spelled_out(text) == long


@pytest.mark.parametrize(
    ("text", "without"),
    [("Où? São", "Ou? Sao"), ("plain", "plain"), ("łódź", "lodz"), ("無法", "无法"), ("أين", "اين")],
)
def test_accents_and_variants_are_folded(text, without):
    assert folded(text) == without


@pytest.mark.parametrize(
    ("sentence", "code", "english"),
    [
        ("welche stadt?", "de", "which city?"),
        ("welche stadt", "de", "which city"),
        ("quelle ville ?", "fr", "which city?"),
    ],
)
def test_everyday_words_are_put_in_english(sentence, code, english):
    sentence = folded(sentence)
    assert in_english(sentence, tokens_of(sentence), code) == english


def test_pieces_of_joined_text_are_put_in_english():
    assert in_english("哪个城市", ["哪个城市"], "zh").split() == ["which", "city"]
