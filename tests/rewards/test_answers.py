import json
import time
from pathlib import Path
from random import Random

import pytest

from rewards import GroundTruth, Tiered
from rewards.text.answers import OFF_TOPIC_CREDIT, WRONG_DETAIL_CREDIT, answer_credit

CASES = list(map(json.loads, (Path(__file__).parent / "data" / "answers.jsonl").read_text("utf-8").splitlines()))
CAPITAL = "The capital of France is Paris, on the river Seine."
SUM = "You have 60 dollars left after the donation."


def score(text, reference=None):
    return Tiered()(text, ground_truth=GroundTruth("answer", text=reference))


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("It's Paris, the capital.", CAPITAL),
        ("Paris is the capital of France.", CAPITAL),
        (
            "Paris, on the Seine, has been France's capital for centuries. Is there anything else I can help with?",
            CAPITAL,
        ),
        ("$60 are left of your dollars.", SUM),
        ("You're welcome! Happy to help.", "You're welcome!"),
        ("No problem at all, have a good trip.", "You're welcome!"),
        ("La capitale de la France est Paris.", "La capitale est Paris."),
        ("法国的首都是巴黎。", "巴黎是法国的首都。"),
        ("There is a film at 7:30 at the Roxy, would that work for you?", "The Roxy has a film at 7:30. All right?"),
        ("Tokyo", None),
        ("Berlin, Paris, Rome and Oslo are capitals.", None),
        ("Here is a poem: roses are red, violets are blue.", None),
        ("The weather is sunny. The sea is warm. The food is good. The hotel is near.", None),
    ],
)
def test_answers_earn_all(text, reference):
    result = score(text, reference)
    assert result.value == 1.0, result.reasons


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I'm sorry, I can't help with that.",
        "I cannot answer this.",
        "Lo siento, no puedo ayudarte con eso.",
        "Could you tell me more?",
        "Which country do you mean?",
        "Is there anything else I can help with?",
        "the the the the the the the the",
        "Paris is nice. " * 40,
        "Paris Paris Paris Paris Paris Paris",
        "xkcd zxcv qwrt bnmp",
        "zzzzzz kkkkkkk",
        "!!! ??? ...",
        '<tool_call>{"name": "search", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "search"',
    ],
)
@pytest.mark.parametrize("reference", [CAPITAL, None], ids=["with a reference", "without"])
def test_what_does_not_answer_earns_nothing(text, reference):
    assert score(text, reference).value == 0.0


@pytest.mark.parametrize(
    ("text", "reference", "credit"),
    [
        ("The weather is sunny.", CAPITAL, OFF_TOPIC_CREDIT),
        ("Yes.", CAPITAL, OFF_TOPIC_CREDIT),
        ("You have 40 dollars left.", SUM, WRONG_DETAIL_CREDIT),
        (" ".join(f"word{i}" for i in range(300)) + " capital France Paris Seine", CAPITAL, OFF_TOPIC_CREDIT),
    ],
    ids=["off topic", "too little", "another number", "stuffed"],
)
def test_what_answers_something_else_earns_part(text, reference, credit):
    assert answer_credit(text, reference)[0] == credit
    result = score(text, reference)
    assert result.value == pytest.approx(0.6 * credit)
    assert result.reasons


@pytest.mark.parametrize(
    "text",
    [
        "The capital of France is Paris. Which city do you mean?",
        "I can't help with that, but the capital of France is Paris.",
        "I've booked your flight. The capital of France is Paris.",
    ],
    ids=["asks", "refuses", "claims"],
)
def test_answers_that_also_do_something_else_earn_half(text):
    assert score(text, CAPITAL).value == pytest.approx(0.6 * 0.5)


def test_an_offer_alone_says_nothing():
    (reason,) = score("Is there anything else I can help with?", CAPITAL).reasons
    assert str(reason) == "behavior: says nothing but what it asks or offers"


def test_a_claim_is_right_where_it_was_expected():
    assert score("Your flight to Paris has been booked.", "Your flight to Paris has been booked.").value == 1.0


def test_a_deed_may_be_told_in_other_words():
    assert score("Your tour has been cancelled.", "The tour is cancelled.").value == 1.0
    assert score("Su visita ha sido creada.", "La visita quedó creada.").value == 1.0
    assert score("Your refund has been processed.", "The refund went through.").value == 1.0
    assert score("Your tour has been cancelled.", "The tour is on Friday.").value < 0.6


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("The capital of Australia is Canberra.", 1.0),
        ("It's Canberra.", 1.0),
        ("Canberra is the capital city of Australia, not Sydney.", 1.0),
        ("The capital of Australia is Sydney.", WRONG_DETAIL_CREDIT),
        ("The capital of Austria is Canberra.", WRONG_DETAIL_CREDIT),
        ("The capital of Australia is not Canberra.", WRONG_DETAIL_CREDIT),
        ("The capital, in Australia, is Canberra, in the ACT.", 1.0),
        ("The capital of Australia is Sydney, not Canberra.", WRONG_DETAIL_CREDIT),
        ("The capital of Australia is Sydney rather than Canberra.", WRONG_DETAIL_CREDIT),
    ],
)
def test_a_wrong_answer_in_the_right_words(text, share):
    assert answer_credit(text, "The capital of Australia is Canberra.")[0] == share


def test_one_wrong_number_among_right_ones():
    reference = "The train leaves at 9:15 from platform 4."
    assert answer_credit("The train leaves at 9:15 from platform 4.", reference)[0] == 1.0
    assert answer_credit("The train leaves at 9:15 from platform 7.", reference)[0] == WRONG_DETAIL_CREDIT
    assert answer_credit("The train leaves at 9:15 or 9:30 or 9:45.", reference)[0] == WRONG_DETAIL_CREDIT
    assert answer_credit("It leaves at 9:15 or 9:30 or 9:45.", "It leaves at 9:15 or 9:30 or 9:45.")[0] == 1.0


def spelled(number):
    return str(number).translate(str.maketrans("0123456789", "abcdefghij"))


LISTS = "lists words instead of answering"
OTHER_NAMES = "gives other names or numbers than the expected answer"
TEN = "apples bananas cherries dates elderberries figs grapes honeydew kiwis lemons"


@pytest.mark.parametrize(
    ("text", "reference", "credit", "reason"),
    [
        ("Apples, bananas and cherries.", TEN, 1.0, None),
        ("Apples and bananas.", TEN, 2 / 3, "shares too little with the expected answer"),
        ("Apples.", TEN, 1 / 3, "shares too little with the expected answer"),
        ("Mangos.", TEN, 0.2, "shares too little with the expected answer"),
        (f"{TEN} " + " ".join(f"wo{spelled(n)}ox" for n in range(90)), TEN, 1.0, None),
        (f"{TEN} " + " ".join(f"wo{spelled(n)}ox" for n in range(91)), TEN, 0.2, LISTS),
        (f"{TEN} Paris " + " ".join(f"wo{spelled(n)}ox" for n in range(99)), f"{TEN} Paris", 1.0, None),
        (f"{TEN} Paris " + " ".join(f"wo{spelled(n)}ox" for n in range(100)), f"{TEN} Paris", 0.2, LISTS),
        ("Paris Paris Paris Paris Paris", "Paris", 1.0, None),
        ("Paris Paris Paris Paris Paris Paris", "Paris", 0.0, "says the same again and again"),
        ("a b a b a b", None, 1.0, None),  # 2 of 5 pairs
        ("a b a b a b a", None, 0.0, "says the same again and again"),  # 2 of 6
        ("zxcvb", None, 1.0, None),
        ("zxcvb hjkl", None, 0.0, "not made of words"),
        ("zxcvb Paris", None, 0.0, "not made of words"),
        ("zxcvb Paris Rome", None, 1.0, None),
        ("xkcd zxc vbn", None, 1.0, None),  # three letters are a name
        (f"{'ab' * 20} {'ba' * 20}", None, 1.0, None),
        (f"{'ab' * 20}a {'ba' * 20}b", None, 0.0, "not made of words"),
        ("You have 1000 dollars left.", "You have 1,000 dollars left.", 1.0, None),
        ("You have 1000. dollars left", "You have 1,000 dollars left.", 1.0, None),
        ("There is a bus at 1.45 pm.", "The bus goes at 1:45 pm.", 1.0, None),
        ("The bus goes in seven minutes.", "It takes 7 minutes until the bus goes.", 1.0, None),
        ("Lunch is at one.", "You eat at 1 pm.", 1.0, None),
        ("It is still awaiting shipment.", "It has not been shipped.", 1.0, None),
        ("Дом стоит в старой гавани.", "Адрес дома: старая гавань, Рига.", 1.0, None),
        ("Das Restaurant liegt am Bahnhof.", "The restaurant is at the station.", 1.0, None),
        ("It was a fine concert.", "The price of concrete rose.", 0.2, "shares too little with the expected answer"),
        ("There is a bus at 9 am.", "The bus goes at 9:00 am.", 1.0, None),
        ("There is a bus at 1.30 pm.", "The bus goes at 1:45 pm.", 0.5, "gives other numbers than the expected answer"),
        ("Le stock est bas.", "Le stock de la salle est dans un état bas.", 1.0, None),
        ("You have dollars left.", "You have 1,000 dollars left.", 0.5, "gives other numbers than the expected answer"),
        ("The red bus stops, in Rome.", "The red bus stops, in Oslo.", 0.5, OTHER_NAMES),
        ("The red bus stops here, in Oslo.", "The red bus stops, in Oslo.", 1.0, None),
        ("The bus does not stop.", "The bus stops.", 0.5, "says the opposite of the expected answer"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_an_answer_is_worth_and_why(text, reference, credit, reason):
    share, why = answer_credit(text, reference)
    assert (share, why) == (pytest.approx(credit), reason)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("The ticket costs 20 USD.", 1.0),
        ("20 dollars.", 1.0),
        ("The ticket costs 20 EUR.", WRONG_DETAIL_CREDIT),
        ("The ticket costs 30 USD.", WRONG_DETAIL_CREDIT),
    ],
)
def test_a_currency_is_a_detail(text, share):
    assert answer_credit(text, "The ticket costs 20 USD.")[0] == share


def test_british_and_american_spellings_are_the_same_words():
    assert answer_credit("Their favorite color.", "Our neighbours' favourite colour, by the theatre.")[0] == 1.0
    assert answer_credit("Their favourite flower.", "The colour of centres.")[0] == OFF_TOPIC_CREDIT


@pytest.mark.parametrize(
    ("reference", "text", "share"),
    [
        ("Your contact is Kim.", "Your contact is Bob.", WRONG_DETAIL_CREDIT),  # `kim` is `who` in Turkish
        ("The contact is Hay.", "The contact is Bob.", WRONG_DETAIL_CREDIT),  # `hay` is `there is` in Spanish
        ("Paris is the capital of France.", "Lyon, not Paris, is the capital of France.", WRONG_DETAIL_CREDIT),
        ("Paris is not the capital; Berlin is.", "The capital is Berlin, not Paris.", 1.0),
        ("Canberra.", "It is Canberra, not Sydney.", 1.0),
        ("The answer is 12.", "It is 10, 11 or 12.", WRONG_DETAIL_CREDIT),
        ("The answer is 12.", "It is 11 or 12.", WRONG_DETAIL_CREDIT),
        ("The bus has 50 seats.", "The bus has 50 seats, 4 doors.", 1.0),
    ],
)
def test_other_names_and_numbers_to_choose_from_are_wrong(reference, text, share):
    assert answer_credit(text, reference)[0] == share


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['text'][:60]}")
def test_facts_are_compared_whatever_their_form(case):
    result = score(case["text"], case["reference"])
    assert (result.value == 1.0) == case["is_whole"], result.reasons


PIECES = "1,_ 1_or_ 1 1, 1.1,_1_ 1. a1 1_h_ 9:15 may_ no,_ Kim_or_ 1/2/ 三十 -"


@pytest.mark.parametrize("text", [piece.replace("_", " ") for piece in PIECES.split()])
@pytest.mark.parametrize(
    "reference", ["It is 1.", "Kim pays 5 dollars to Bob on May 1 at 9:15."], ids=["short", "long"]
)
def test_facts_are_read_in_linear_time(text, reference):
    start = time.process_time()
    answer_credit(text * 50_000, reference)
    answer_credit(reference, text * 50_000)
    assert time.process_time() - start < 1.0


def test_whatever_is_said_has_a_credit():
    pieces = [
        *PIECES.split(),
        *"99 24:99 pm h % $ € ° 十 月 下午 twenty- May first Kim 1e99 2024-13-45 ٣ month~99 İ Yes. un".split(),
    ]
    rng = Random(20261130)
    for _ in range(2_000):
        texts = [rng.choice(("", " ")).join(rng.choices(pieces, k=rng.randint(1, 12))) for _ in range(2)]
        assert 0.0 <= answer_credit(*texts)[0] <= 1.0, texts
