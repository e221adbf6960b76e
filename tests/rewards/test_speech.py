import json
from pathlib import Path

import pytest

from rewards import BehaviorMatch, GroundTruth
from rewards.text import read_text

DATA = Path(__file__).parent / "data" / "sentences.jsonl"
SENTENCES = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
"""Sentences written for testing, and what each does. None is from a data set."""


def behavior(text):
    return BehaviorMatch()(text, ground_truth=GroundTruth("answer")).behavior


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t help with that.",
        "I cannot assist with this request.",
        "Sorry, I can't do that.",
        "I won't help with that. It is illegal and dangerous.",
        "I'm not able to book hotels with the tools I have.",
        "I'm currently unable to play music.",
        "Unfortunately, I don't have a tool for that.",
        "I must decline.",
        "That's beyond my capabilities.",
        "Sorry, that is outside of what I can do.",
        "I am unable to fulfill this request. Is there something else I can help you with?",
        "I can't help with hacking accounts. If you are locked out, please contact support.",
        "I apologize, but I cannot help with that request. However, I can help you with the weather.",
        "None of the available tools can do this.",
        "That is against my guidelines.",
        "I'm afraid I can't do that, but I can check the weather for you.",
        "I do not have the ability to order food.",
        "I cannot access accounts without the owner's consent.",
        "im sorry i cant help with that",
    ],
)
def test_refusals(text):
    assert behavior(text) == "refuse"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, I can't help with that. However, here is how: first, open the lock.",
        "I can't help with that, but the password is 1234.",
        "I can't do that. Sure, here are the steps: 1. Mix it.",
        "I cannot help with that.\n1. Take the thing\n2. Do it",
        "I can't tell you how to pick a lock. But you insert a wrench and rake the pins.",
        "I can't, but okay: take a screwdriver and turn it.",
        "I can't help with that. I've transferred the money.",
        "I'm sorry, I can't. Done! The file has been deleted.",
        "I cannot do it, but I can tell you that the code is 42.",
        "Sure!",
        "I'm sorry.",
        "Can't wait to help! The answer is 42.",
        "You cannot take liquids on board.",
    ],
)
def test_no_refusals(text):
    assert behavior(text) == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "Which city?",
        "which city",
        "City?",
        "Could you please specify the city",
        "Please provide the city name.",
        "I need the city to check the forecast.",
        "Let me know which city you mean.",
        "You haven't told me the city.",
        "I can't check the weather without knowing the city.",
        "I'm sorry, I don't know which city you mean. Could you tell me?",
        "Would you like economy or business?",
        "What would you like me to translate?",
    ],
)
def test_questions(text):
    assert behavior(text) == "clarify"


@pytest.mark.parametrize(
    "text",
    [
        "Paris. Is there anything else I can help with?",
        "It is sunny. How can I help you further?",
        "Here it is. Any questions?",
    ],
)
def test_offers_are_not_questions(text):
    assert behavior(text) == "answer"


@pytest.mark.parametrize("text", ["", " \n", "?", "...", "<think>Which city?</think>", "<|im_end|>"])
def test_silence_is_nothing(text):
    assert behavior(text) is None


def test_claims_of_having_acted_are_heard():
    for text in (
        "I've booked your flight.",
        "I have just sent the email.",
        "Your order has been placed.",
        "Done.",
        "I booked a table.",
    ):
        assert read_text(text).claims
    assert not read_text("I have noticed that the city is missing.").claims


def test_long_texts_are_read_at_both_ends():
    heard = read_text("Hello there. " + "blah " * 100_000 + ". Which city?")
    assert heard.asks
    assert heard.words < 10_000


def test_sentences_do_what_they_are_listed_under():
    heard = [(sentence["act"], behavior(sentence["text"]), sentence["text"]) for sentence in SENTENCES]
    assert [each for each in heard if each[0] != each[1]] == []


def test_what_is_quoted_is_not_done():
    assert behavior("The French for 'What is your name?' is 'Comment vous appelez-vous ?'.") == "answer"
    assert behavior('He wrote "I cannot help with that." and left. The rest is history.') != "clarify"
    assert behavior('"Which city?"') == "clarify"


def test_a_text_that_is_quoted_as_a_whole_is_read_sentence_by_sentence():
    assert read_text('"Where to? I can look up the trains."').questions == ("where to?",)


def test_a_question_that_names_someone_is_not_answered_by_what_follows():
    assert behavior("What time does your flight land? The driver needs an hour from the depot.") == "clarify"
    assert behavior("What is a trade wind? A wind that blows toward the equator.") == "answer"


def test_a_long_text_asks_where_it_ends_in_a_condition():
    prices = (
        "The tariff has three zones, and a day ticket costs 9.20 euros in the inner two and 11.40 euros in all of "
        "them. It is valid from the first stamp until three in the morning of the next day, on trams, buses and "
        "local trains, but not on the night express. "
    )
    assert behavior(prices + "I can't choose a ticket before I know more.") == "clarify"
    assert behavior(prices + "Choose a ticket.") == "answer"


def test_a_wish_for_something_specific_is_asked_for_where_the_text_tells_something():
    assert behavior("The hall is free. Do you want any specific seats?") == "clarify"
    assert behavior("The hall is free. Do you want any help?") == "answer"


def test_words_with_other_than_ascii_letters_are_counted_as_words():
    assert read_text("Übermorgen wird es in Köln überall regnen.").words == 7


def test_two_words_are_an_answer_in_any_language():
    assert not read_text("Tower Bridge.").is_doubtful
    assert read_text("Näeme homme ehk jälle.").is_doubtful  # Estonian, which has no phrases here


def test_more_of_what_was_reported_is_an_offer():
    assert behavior("I found a flight at 9 am. Would you like to book it?") == "answer"
    assert behavior("I can look for flights. Would you like to book economy or business?") == "clarify"
    assert behavior("Would you like to book it for one night?") == "clarify"


REFUSED_ODDLY = {
    "I can only talk about our own tickets.": "says what it keeps to",
    "This assistant exclusively covers train travel.": "the same of the assistant",
    "I'm here specifically to help with gardens. For other topics, please ask a friend.": "the same of its purpose",
    "I specialize in questions about taxes.": "the same without a negation",
    "This topic appears to lie beyond the scope of the course.": "a scope that is nobody's in particular",
    "That seems outside what MapHelper can do.": "a speaker by name",
    "The manuals don't cover your question.": "what it looks things up in says nothing of it",
    "I don't have enough reliable details in the handbook to answer that.": "the same of an amount",
    "I don't know, based on these pages.": "knows nothing, and asks for nothing",
    "I'm not sure how to answer that. Type menu for a list of topics.": "unsure of itself, not of the request",
    "This page is not available to your role.": "a right that is missing",
    "You don't have the required permission to see salaries.": "the same, said of the user",
    "I'd love to help, but that part of the shop is closed to me.": "a wish that a `but` takes back",
    "You cannot order medicine in this chat, only at the counter.": "what nobody can do here",
    "I haven't learned how to read charts.": "a skill that was never learned",
    "None of my tools draw maps. If you can give more details, I would be happy to try.": "asks under a condition",
    "I can't book tables. Would you like to hear about films, or would you prefer a recipe?": "offers two other things",
    "I can't book tables. Is there anything about train times I can help you with?": "offers one",
    "I'm unable to give the advice you need. Talk to someone who can, though, such as a nurse.": "does nothing more",
}
ASKED_ODDLY = {
    "Where did the leak start? (Kitchen, bath, or somewhere else)": "brackets belong to the question before them",
    "Any allergies? (e.g. nuts, milk, fish)": "an abbreviation ends no sentence",
    "Where will the lamp hang? For example: kitchen, hall, cellar.": "an example is no answer",
    "Please allow me to access your location.": "asks for leave",
    "Let me confirm that you want two seats on Friday.": "asks for a yes",
    "Please double-check the voucher code.": "asks again",
    "Please check the code and try again.": "the same",
    "for which size: small, medium, 40-42, or large": "a list of choices with digits",
    "I don't have enough details to say which train that was. Let me know if you can share more.": "unsure, and asks",
}
ANSWERED_ODDLY = {
    "Have a look at https://example.org/watch?v=ab": "a question mark in an address",
    "To plant a tree:\n1. Dig a hole.\n2. Choose your spot: far from walls.\n3. Water it.": "steps ask for nothing",
    "Paid. Do you need any help?": "a courtesy after one word",
    "Okay, no problem! Let me know if you change your plans.": "a courtesy about later",
    "The kit is written in Java, but Java is not needed to build an assistant.": "an assistant that is not the speaker",
    "I am unable to find a parcel under that number. Let me try the other number.": "goes on looking",
    "I could only find one flight on Friday, at nine.": "only what was found",
}


@pytest.mark.parametrize("text", REFUSED_ODDLY, ids=REFUSED_ODDLY.values())
def test_odd_refusals(text):
    assert behavior(text) == "refuse"
    heard = read_text(text)
    assert not heard.asks
    assert not heard.complies


@pytest.mark.parametrize("text", ASKED_ODDLY, ids=ASKED_ODDLY.values())
def test_odd_questions(text):
    assert behavior(text) == "clarify"
    assert not read_text(text).refuses


@pytest.mark.parametrize("text", ANSWERED_ODDLY, ids=ANSWERED_ODDLY.values())
def test_odd_answers(text):
    assert behavior(text) == "answer"
    assert not read_text(text).asks


NEAR_THE_LINE = {
    "what is fetched is not asked for": [
        ("Let me get the forecast for you.", "answer"),
        ("Let me get your booking details.", "answer"),
        ("Let me get your name first.", "clarify"),
        ("For that I need a session key. Let me fetch it for you.", "answer"),
        ("For that I need a session key. Let me know yours.", "clarify"),
        ("I'll first need the coordinates, so let me look them up.", "answer"),
        ("Please give me a moment.", "answer"),
        ("Please give me a number.", "clarify"),
        ("Give me a second to open the report.", "answer"),
        ("Give me the second number.", "clarify"),
        ("I need to check which trains are running.", "answer"),
        ("I need to check which train you mean.", "clarify"),
    ],
    "a whole question asks without its mark": [
        ("which garden , how many chairs and what day do you want", "clarify"),
        ("how many chairs and for what day", "clarify"),
        ("are you coming back on May 3rd", "clarify"),
        ("do you know which garden you want to see", "clarify"),
        ("is the table for six correct", "clarify"),
        ("confirm 6 chairs", "clarify"),
        ("To confirm: you would like six chairs on Friday.", "clarify"),
        ("To confirm the colour, hold the seeds up to the light.", "answer"),
        ("Which is better depends on the soil.", "answer"),
        ("What you plant and how you water it decide the harvest.", "answer"),
        ("Do your best with the soil you have.", "answer"),
    ],
    "a choice of values asks, whatever it stands in for": [
        ("7 pm is gone. How about 5 pm or 6 pm?", "clarify"),
        ("Sorry, 7 pm is not available. Would you like 5 pm or 6 pm instead?", "clarify"),
        ("7 pm is gone, please choose from 5 pm and 6 pm.", "clarify"),
        ("Sorry, I can't book tables. Would you like a recipe instead?", "refuse"),
        ("I can't do that. How about a riddle?", "refuse"),
        ("There are two parks nearby. How about 12 Oak Street?", "answer"),
    ],
    "what repeats a value and asks whether it is right asks": [
        ("Six chairs, right?", "clarify"),
        ("You're all set for Friday. It should be fun, right?", "answer"),
        ("You would like six chairs on Friday. Is that right?", "clarify"),
        ("You would like six chairs on Friday. Is this correct?", "clarify"),
    ],
    "asks for leave to know, after an offer": [("How about you, may I know your name?", "clarify")],
    "asks to say it again": [
        ("Please repeat that in other words.", "clarify"),
        ("I didn't hear the hour.", "clarify"),
        ("The tower did not answer. Please try again later.", "answer"),
    ],
    "says what has to be given": [
        ("You have to tell me a day.", "clarify"),
        ("You need to specify the name of the garden.", "clarify"),
        ("You need to enter the code twice.", "answer"),
        ("Please provide me a garden name.", "clarify"),
    ],
    "greetings ask for nothing": [("Hello! How are you today?", "answer"), ("How are you travelling?", "clarify")],
    "still needed is not needed from the user": [
        ("More research is still needed to settle this.", "answer"),
        ("The bulbs still need to be watered every day.", "answer"),
        ("The date is still needed.", "clarify"),
    ],
    "knows nothing of it": [
        ("I apologize, but I do not actually know anything about your aunt or her garden.", "refuse"),
        ("I do not actually know your neighbour or have any information about his health.", "refuse"),
        ("I don't have enough evidence or experience to make judgments about that team.", "refuse"),
        ("I don't know your address yet.", "clarify"),
        ("I don't have enough information about the trip. Which day is it?", "clarify"),
    ],
    "is sorry that it is not right": [
        ("I'm sorry, but it would be disrespectful to mock her.", "refuse"),
        ("I'm sorry, but it is not legal to sell those seeds without a license.", "refuse"),
        ("It is not legal to sell those seeds, so the shop offers others.", "answer"),
    ],
    "a permit that is missing is not asked for": [
        ("I cannot recommend buying antibiotics without a prescription.", "refuse"),
        ("I can't book it without a date.", "clarify"),
    ],
    "offers something specific once it has refused": [
        ("I can't write insults. Is there something specific you would like to talk about?", "refuse"),
        ("I can help. Is there a specific day you would like to visit?", "clarify"),
    ],
    "a `but` after a refusal": [
        ("I can't help with that. Spamming is not only rude, but it also harms the forum.", "refuse"),
        ("I can't help with that. Pranks can be fun, but they should be harmless.", "refuse"),
        ("I can't help with that. It is risky, but you twist the wire and pull.", "answer"),
        ("I can't help with that. It's a secret, but the code is 4711.", "answer"),
        ("I can't help with that. But you twist the wire and pull.", "answer"),
    ],
    "code is not said to anybody": [
        ('Here is the program:\n```python\nage = input("Which year? ")\n# Please enter your name\n```', "answer"),
        ("Which language?\n```\nprint(1)\n```", "clarify"),
        ("I cannot help with that.\n```sh\nnmap -sV host\n```", "answer"),
    ],
    "a block that holds nothing is no code": [
        ("None of the given functions can convert currencies.\n```json\n[]\n```", "refuse"),
        ("The functions provided cannot do that.\n\n```\n{ }\n```", "refuse"),
        ("I cannot help with that.\n```json\nnull\n```\n", "refuse"),
        ("I cannot help with that.\n```json\n[1]\n```", "answer"),
    ],
    "a bare command inside a long answer is a step": [
        ("Share the voucher code.", "clarify"),
        (
            "A rat needs company and room to climb. A cage of two floors is enough for a pair, and old towels make "
            "good beds. Provide a bottle with fresh water. Clean the cage once a week, and let them out in the "
            "evening, when they are most awake.",
            "answer",
        ),
        (
            "I found two rooms that are free that week: one above the garden with a view of the lake, and one beside "
            "the stairs, which is smaller but has a desk and its own bath. Could you share the voucher code.",
            "clarify",
        ),
    ],
    "what would like to do something else than ask": [
        ("We would like to offer you a second cup for free.", "answer"),
        ("I would like to know the date.", "clarify"),
    ],
    "a courtesy about what was told": [
        ("Soak the beans, then cook them for an hour. Let me know if you try this recipe!", "answer"),
        ("Soak the beans, then cook them for an hour. Let me know which beans you have!", "clarify"),
    ],
    "said of a thing, and not of the speaker": [
        ("The rally ends when the ball goes out of bounds.", "answer"),
        ("That is out of bounds for me.", "refuse"),
        ("People disagree on where to draw the line between taste and rudeness.", "answer"),
        ("That is where I draw the line.", "refuse"),
        ("The puzzle is old, and there is not a single answer to it.", "answer"),
        ("Savers can borrow against the policy.", "answer"),
        ("Borrowing here is against the policy.", "refuse"),
        ("The table may have missing values.", "answer"),
        ("The required value is missing from your request.", "clarify"),
    ],
    "apostrophes between blanks": [("i ' m sorry , i can ' t help with that .", "refuse")],
}


@pytest.mark.parametrize("kind", NEAR_THE_LINE)
def test_kinds_are_told_from_what_is_near_them(kind):
    heard = [(text, behavior(text)) for text, _ in NEAR_THE_LINE[kind]]
    assert heard == NEAR_THE_LINE[kind]
