import json
from pathlib import Path

import pytest

from rewards import GroundTruth, Tiered, Toolset
from rewards.text import read_text
from rewards.text.evidence import parameters_asked_for
from rewards.text.question_credit import question_credit
from tests.rewards.tools import ALL, DATE, FLIGHTS, TEXT, WEATHER, tool

DATA = Path(__file__).parent / "data"
TOOLS = json.loads((DATA / "everyday_tools.json").read_text("utf-8"))
QUESTIONS = [json.loads(line) for line in (DATA / "everyday_questions.jsonl").read_text("utf-8").splitlines()]
"""Everyday questions about one parameter of everyday tools, each beside one about another parameter."""

F1_OF_ONE_TOO_MANY = 2 / 3  # one hit, one thing more: 2 * 1 / (2 + 1)
FULL = {
    "city": [
        "Could you please specify the city?",
        "Which city should I check?",
        "city?",
        "which city",
        "For which location would you like the forecast?",
        "I'd be happy to help! Could you tell me which city you'd like the weather for?",
        "Please provide the city name.",
        "Where are you?",
        "I need a city to check the weather. Which one?",
        "What's the name of the town?",
        "You haven't told me the city. Could you provide that?",
        "I don't know which city you mean. Could you clarify?",
        "I can't check the weather without knowing the city. Which city would you like?",
        "I'm sorry, but I need the city to get the forecast. Could you provide it?",
        "<think>No city.</think>Which city?",
    ],
    "destination": [
        "To search flights I need the destination. Where are you flying to?",
        "Where would you like to fly?",
        "Where to?",
        "Where are you headed?",
        "Which city are you flying to?",
        "Could you please specify your destination city?",
    ],
    "departure_date": [
        "What date would you like to leave?",
        "When would you like to depart?",
        "On what day do you want to fly?",
        "When are you leaving?",
        "Could you tell me the date of departure?",
        "What date are you planning to travel?",
    ],
    "origin": ["Where are you flying from?", "Which city are you departing from?", "What is your departure airport?"],
    "origin,departure_date": ["Where are you flying from and when?"],
    "origin,destination": ["Where are you flying from, and where to?"],
    "passengers": ["How many passengers will there be?", "For how many people?"],
    "cabin_class": ["Would you like economy or business?", "Which cabin class do you prefer?"],
    "target_language": [
        "Which language should I translate it into?",
        "What language would you like?",
        "What is the target language?",
        "Which language do you want it in?",
        "Could you tell me the language you'd like this translated to?",
    ],
    "text": ["What would you like me to translate?", "What text should I translate?", "What do you want translated?"],
    "recipient": [
        "Who should I send it to?",
        "What's the recipient's email address?",
        "To whom should I send the email?",
    ],
    "body": ["What should the email say?", "What should the body of the email be?"],
}


def score(missing, text, tools, reference=None):
    truth = GroundTruth("clarify", missing=tuple(missing.split(",")) if missing else (), text=reference)
    return Tiered()(text, ground_truth=truth, tools=tools)


def own(missing):
    name = missing.split(",")[0]
    return next([tool] for tool in ALL if name in tool["function"]["parameters"]["properties"])


@pytest.mark.parametrize(("missing", "text"), [(missing, text) for missing, texts in FULL.items() for text in texts])
def test_questions_for_what_is_missing_earn_all(missing, text):
    for tools in (own(missing), ALL):
        result = score(missing, text, tools)
        assert result.value == 1.0, result.reasons


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("city", "Could you provide more details?"),
        ("city", "Could you please clarify?"),
        ("city", "Please provide all the required information."),
        ("city", "What do you mean?"),
        ("city", "What date?"),
        ("city", "How many days?"),
        ("city", "Celsius or fahrenheit?"),
        ("city", "Could you specify the city, date, days and units?"),
        ("city", "Please provide the city, origin, destination, date, language, text, amount and currency."),
        ("city", "Could you please specify the city, the text, the recipient, the amount and the dataset?"),
        ("city", "I've booked it. Which city?"),
        ("city", "I'm sorry, I can't help with that. Which city?"),
        ("city", "Which city? " * 50),
        ("city", "Which city, Paris?"),
        ("city", "Shall I use Paris as the city?"),
        ("city", "Is it Paris?"),
        ("city", "I'll use Paris. Which city is it?"),
        ("city", "What, where, when, who, how many and how much?"),
        ("city", "Could you share the details, for example the city, the date or the text?"),
        ("destination", "Where and when?"),
        ("departure_date", "Where, when and who?"),
        ("departure_date", "When would you like to return?"),
        ("departure_date", "What is your departure city?"),
        ("origin", "Where are you flying to?"),
        ("origin", "When would you like to leave?"),
        ("destination", "Where are you flying from?"),
        ("destination", "How many passengers will be travelling?"),
        ("destination", "What are your origin, destination, departure date, passengers and cabin class?"),
        ("target_language", "What is the source language?"),
        ("text", "Into which language would you like it translated?"),
        ("origin,destination", "Where are you flying from?"),
    ],
)
def test_other_questions_earn_part(missing, text):
    result = score(missing, text, own(missing))
    assert 0.0 < result.value <= 0.6 * F1_OF_ONE_TOO_MANY + 1e-9, result
    assert result.reasons


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "city",
        "The city is Paris.",
        "The weather in Paris is sunny.",
        "I'm sorry, I can't help with that.",
        "Would you like help with something else?",
        "<tool_call> city?",
        "<think>Which city?</think>",
        'Which city? <tool_call>{"name": "get_weather_forecast", "arguments": {"city": "Paris"}}</tool_call>',
        'Which city? {"name": "get_weather_forecast", "arguments": {"city": "Paris"}}',
    ],
)
def test_what_does_not_ask_earns_nothing(text):
    assert score("city", text, [WEATHER]).value == 0.0


def test_order_of_credit():
    right, generic, wrong = (
        score("destination", text, [FLIGHTS]).value
        for text in ("Where to?", "Could you clarify?", "When would you like to return?")
    )
    assert right > generic >= wrong > 0.0


def test_without_missing_the_reference_says_what_to_ask_for():
    reference = "To provide the forecast, which city do you mean?"
    assert score("", "For which location?", [WEATHER], reference).value == 1.0
    for text in ("Could you clarify?", "For how many days?"):
        assert score("", text, [WEATHER], reference).value < 0.6
    assert score("", "Where is that?", [WEATHER]).value == 1.0


def test_names_do_without_tools():
    assert score("target_language", "Which language?", None).value == 1.0
    assert score("target_language", "Which amount?", None).value < 0.6
    assert score("targetLanguage", "What is the target language?", None).value == 1.0


def test_descriptions_and_names_in_other_spellings_count():
    tools = [
        {
            "name": "lookup",
            "parameters": {"type": "object", "properties": {"q": {"type": "string", "description": "Licence plate"}}},
        }
    ]
    assert score("q", "What is the licence plate?", tools).value == 1.0


def requiring(*names):
    return [tool("update", "Update a record", {name: {"type": "string"} for name in names}, list(names))]


IDS = requiring("booking_id", "flight_number", "user_id", "seat_class")


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("booking_id", "Please share the booking number."),
        ("booking_id", "What is your booking reference?"),
        ("booking_id,flight_number", "Can you provide me with your booking number or the flight number?"),
        ("user_id", "What's your user code?"),
        ("seat_class", "Please give me the user's seat class."),
    ],
)
def test_an_id_is_asked_for_as_a_number_and_an_owner_is_not_asked_for(missing, text):
    assert score(missing, text, IDS).value == 1.0


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("issue_severity", "How severe is the issue?"),
        ("urgency", "How urgent is this?"),
        ("importance", "How important is the goal?"),
        ("brightness", "How bright should it be?"),
    ],
)
def test_a_quality_is_asked_for_by_its_adjective(missing, text):
    others = [name for name in ("issue_severity", "urgency", "importance", "brightness") if name != missing]
    tools = requiring(missing, "issue_category", *others)
    assert score(missing, text, tools).value == 1.0
    assert score(others[0], text, tools).value < 0.6


RIDE = requiring("customer_name", "customer_phone", "driver_name", "departure_location", "arrival_location")


@pytest.mark.parametrize(
    ("missing", "text", "is_asked_for"),
    [
        ("customer_name", "May I have your name?", True),
        ("customer_name,departure_location", "What's your name, and where should we pick you up?", True),
        ("customer_phone", "What is your phone number?", True),
        ("driver_name", "May I have your name?", False),
        ("customer_name", "What is your driver's name?", False),
    ],
)
def test_your_name_is_that_of_whoever_speaks(missing, text, is_asked_for):
    assert (score(missing, text, RIDE).value == 1.0) is is_asked_for


def test_a_number_is_asked_for_by_how_much():
    deposit = tool("pay", "Pay", {"deposit": {"type": "number"}, "note": TEXT}, ["deposit", "note"])
    assert score("deposit", "How much?", [deposit]).value == 1.0


def test_what_was_asked_for_by_name_stays_so_though_a_word_follows():
    names = ("destination", "departure_date", "cabin_class", "meal")
    search = tool("search", "Search", dict.fromkeys(names, TEXT), ["destination"])
    text = "Please tell me the destination, the departure date and the cabin class. Which class is it?"
    assert score("destination", text, [search]).value == pytest.approx(0.6 * 0.5)


ORDERS = [
    tool(
        "get_order_status",
        "Get the status of an order",
        {name: {"type": "string"} for name in ("order_id", "customer_email", "shipping_address", "phone_number")},
        ["order_id", "customer_email", "shipping_address", "phone_number"],
    )
]
SAID_OF_AN_OWNER = [
    "What is the {owner}'s {thing}?",
    "What is the {thing} of the {owner}?",
    "Could you tell me your {owner}'s {thing}?",
    "Please provide the {thing} of your {owner}.",
    "May I have the {thing} of the {owner} that you want to update?",
    "I need the {owner}'s {thing} to continue. Can you share it?",
    "Which {thing} does your {owner} have?",
    "What {thing} is on the {owner}?",
]


@pytest.mark.parametrize("form", SAID_OF_AN_OWNER)
@pytest.mark.parametrize(
    ("missing", "owner", "thing"),
    [
        ("order_id", "order", "number"),
        ("order_id", "order", "ID"),
        ("order_id", "customer order", "number"),
        ("customer_email", "customer", "email"),
        ("phone_number", "phone", "number"),
    ],
)
def test_a_thing_is_asked_for_by_what_has_it(missing, owner, thing, form):
    assert score(missing, form.format(owner=owner, thing=thing), ORDERS).value == 1.0


@pytest.mark.parametrize("form", SAID_OF_AN_OWNER[:6])
def test_a_name_in_full_asks_for_nothing_else_that_has_a_word_of_it(form):
    text = form.format(owner="customer", thing="email address")
    assert score("customer_email", text, ORDERS).value == 1.0
    assert score("shipping_address", text, ORDERS).value < 0.6
    both = "What is the customer's email, and to which address should it be shipped?"
    assert score("customer_email,shipping_address", both, ORDERS).value == 1.0


@pytest.mark.parametrize("text", ["What is the customer's number?", "What is the number of the customer?"])
def test_the_number_of_something_else_is_no_id(text):
    assert score("order_id", text, ORDERS).value < 0.6


@pytest.mark.parametrize("others", [[], ["payment_amount"]], ids=["three", "four"])
def test_what_most_parameters_begin_with_sets_none_apart(others):
    tools = requiring("payment_type", "payment_start_date", "payment_end_date", *others)
    assert score("payment_end_date", "When should the payment end?", tools).value == 1.0
    assert score("payment_start_date", "When should the payment start?", tools).value == 1.0
    assert score("payment_start_date", "When should the payment end?", tools).value < 0.6


def test_another_number_is_no_id():
    assert score("booking_id", "What is the flight number?", IDS).value < 0.6


@pytest.mark.parametrize("question", [pytest.param(each, id=each["right"]) for each in QUESTIONS])
def test_everyday_questions_are_told_apart(question):
    names, missing = list(TOOLS), ",".join(question["missing"])
    tools = [TOOLS[question["tool"]], TOOLS[names[(names.index(question["tool"]) + 3) % len(names)]]]
    result = score(missing, question["right"], tools)
    assert result.value == 1.0, result.reasons
    if question["wrong"] is not None:
        assert 0.0 < score(missing, question["wrong"], tools).value <= 0.3 * 0.6


@pytest.mark.parametrize(
    ("text", "missing", "credit", "reason"),
    [
        ("Which city?", "city", 1.0, None),
        ("What?", "city", 0.3, "a bare question word"),
        ("Sorry?", "city", 0.3, "a bare question word"),
        ("When?", "origin,destination", 0.3, "a bare question word"),
        ("What do you mean?", "city", 0.3, "does not ask for 'city'"),
        ("How much?", "days", 0.3, "does not ask for 'days'"),
        ("Which date?", "city", 0.2, "asks for something else than 'city'"),
        (
            "Where are you flying from?",
            "origin,destination",
            2 / 3,
            "asks for more or less than 'origin', 'destination'",
        ),
        ("Where from, and where to?", "origin,destination", 1.0, None),
        ("Where from, and when?", "origin", 2 / 3, "asks for more or less than 'origin'"),
        ("Could you give me the city, date, days and units?", "city", 2 / 5, "asks for more or less than 'city'"),
        ("Which city should that be, " + "really " * 54 + "now?", "city", 1.0, None),  # 60 words
        ("Which city should that be, " + "really " * 55 + "now?", "city", 2 / 3, "asks for more or less than 'city'"),
        ("Where and when?", "city", 1.0, None),  # a date may be given
        ("Celsius or fahrenheit?", "units", 1.0, None),
        ("Business?", "cabin_class", 1.0, None),
        ("How long?", "days", 1.0, None),
        ("Into which language?", "target_language", 1.0, None),
        ("From which language?", "source_language", 1.0, None),
        ("Which language?", "source_language,target_language", 1.0, None),
        ("Formal or informal?", "formality", 1.0, None),
        ("What is it about?", "subject", 1.0, None),
        ("What should it say?", "body", 1.0, None),
        ("Who, when and where?", "recipient", 2 / 3, "asks for more or less than 'recipient'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_a_question_is_worth_and_why(text, missing, credit, reason):
    names = tuple(missing.split(","))
    found, why = question_credit(read_text(text).questions, names, None, Toolset(own(missing)))
    assert (found, why) == (pytest.approx(credit), reason)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Which city, and which date?", {"city", "date"}),
        ("How many days?", {"days"}),
        ("Celsius or fahrenheit?", {"units"}),
        ("What do you mean?", set()),
    ],
)
def test_the_parameters_that_questions_ask_for(text, asked):
    questions = read_text(text).questions
    tools = Toolset([WEATHER])
    assert parameters_asked_for(questions, tools, ["city", "date", "days", "units"]) == asked
    assert parameters_asked_for(questions, tools, ["date"]) == asked & {"date"}


@pytest.mark.parametrize(
    ("reference", "text", "credit", "reason"),
    [
        (None, "Which date?", 1.0, None),
        ("It is sunny.", "Which date?", 1.0, None),
        ("Which city?", "Which city do you mean?", 1.0, None),
        ("Which city?", "Which date?", 0.3, "asks for something else than the reference does"),
        ("Which colour?", "Which colour do you want?", 1.0, None),
        ("Which colour?", "Which shape?", 0.3, "asks for something else than the reference does"),
        ("Which colour?", "What is it?", 0.3, "a question that names nothing"),
        ("Which colour?", "哪种颜色？", 1.0, None),  # in other letters nothing can be compared
    ],
)
def test_without_missing_the_reference_s_question_is_the_measure(reference, text, credit, reason):
    questions = read_text(text).questions
    assert question_credit(questions, (), reference, Toolset([WEATHER])) == (credit, reason)


CINEMA = [
    tool(
        "book_film",
        "Book seats for a film",
        {
            "film": {"type": "string", "description": "Title of the film"},
            "theatre_name": {"type": "string", "description": "Name of the theatre"},
            "date": DATE,
            "time": {"type": "string", "description": "Start"},
            "num_tickets": {"type": "integer", "description": "Number of tickets"},
        },
        ["film", "theatre_name", "date", "time", "num_tickets"],
    )
]


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("theatre_name", "Which theater would you like?"),
        ("theatre_name", "At which cinema?"),
        ("time", "Which showtime would you like?"),
        ("film,theatre_name", "Which film and theater would you like?"),
        ("theatre_name,film,time", "Which theater, film and time would you like?"),
        ("date,theatre_name", "Which day and theater do you prefer?"),
        ("num_tickets,time,theatre_name", "Please provide the number of tickets, time and name of the theater."),
    ],
)
def test_each_of_several_things_is_asked_for_in_either_spelling(missing, text):
    assert score(missing, text, CINEMA).value == 1.0


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("theatre_name", "Which film would you like to see?"),
        ("film", "Which theater would you like?"),
        ("date", "Which theater, film and time would you like?"),
        ("film,theatre_name", "Which film would you like to see at the theater?"),
    ],
)
def test_what_is_not_listed_is_not_asked_for(missing, text):
    assert score(missing, text, CINEMA).value < 0.6


def test_what_is_only_said_to_be_needed_is_known_by_its_name():
    assert score("city", "The city is unspecified.", [WEATHER]).value == 1.0
    assert score("city", "The date is unspecified.", [WEATHER]).value < 0.6


SIGHTINGS = {
    "type": "array",
    "items": {"type": "object", "properties": {"bird_type": TEXT, "seen_at": TEXT, "location": TEXT, "date": DATE}},
}
WISHES = {"type": "object", "properties": {"free_hours": TEXT, "languages": TEXT}}


def test_the_parts_of_an_object_are_asked_for_in_its_stead():
    tools = [tool("log_sightings", "Log birds", {"sightings": SIGHTINGS}, ["sightings"])]
    listed = "Could you please provide the sightings, including bird type, location and date?"
    assert score("sightings", listed, tools).value == 1.0
    tools = [tool("book_guide", "Book a guide", {"town": TEXT, "wishes": WISHES}, ["town", "wishes"])]
    assert score("wishes", "At which hours are you free, and which languages do you speak?", tools).value == 1.0
    assert score("wishes", "Which town is it?", tools).value < 0.6
    assert score("town", "Which languages do you speak?", tools).value < 0.6


LISTS = {
    "- Destination\n- Departure date": 1.0,
    "* **Destination city**\n* **Departure date**\n\nOnce I have these, I'll search right away.": 1.0,
    "1. Your destination.\n2. Your departure date.": 1.0,
    "Destination\nDeparture date\nThank you very much for your help with this!": 1.0,
    "1. Destination: where are you flying to?\n2. Departure date: when would you like to leave?": 1.0,
    "- Destination\n- Departure date\n- Number of passengers\n- Return date\n- Origin": 4 / 7,
    "- Number of passengers\n- Return date": 0.3,
    "We fly to every destination on each departure date.": 0.3,
    "- Destination that you would like to go to next month\n- Departure date": 1.0,
    "- Destination that you would like to go to next summer, please\n- Departure date": 1.0,
    # no item, but prose
    "Destination that you would like to go to next summer or in spring, please\n- Departure date": 0.3,
}


@pytest.mark.parametrize("before", ["Please provide the following:", "To search flights, I need:"])
@pytest.mark.parametrize(("listed", "share"), LISTS.items())
def test_a_request_asks_for_the_list_behind_its_colon(before, listed, share):
    result = score("destination,departure_date", f"{before}\n{listed}", [FLIGHTS])
    assert result.value == 1.0 if share == 1.0 else result.value <= 0.6 * share + 1e-9, result


def test_a_list_in_another_language_is_asked_for():
    for text in ("Bitte nennen Sie mir:\n- Stadt", "Pourriez-vous préciser :\n1. La ville"):
        assert score("city", text, [WEATHER]).value == 1.0


HOUSES = [
    tool(
        "find_houses",
        "Find houses",
        {"number_of_beds": {"type": "integer"}, "number_of_baths": {"type": "integer"}, "area": TEXT},
        ["number_of_beds", "number_of_baths", "area"],
    )
]
COACHES = [tool("find_coach", "Find a coach", {"from": TEXT, "to": TEXT, "seats": TEXT}, ["from", "to", "seats"])]


@pytest.mark.parametrize(
    ("missing", "text", "tools", "is_right"),
    [
        ("number_of_beds,number_of_baths", "How many bedrooms and baths?", HOUSES, True),
        ("number_of_baths", "How many bedrooms?", HOUSES, False),
        ("to", "Where are you headed?", COACHES, True),
        ("to", "Where are you going from?", COACHES, False),
        ("from", "Where would you like to leave from?", COACHES, True),
        ("from", "From where?", COACHES, True),
        ("from", "Which town are you going to?", COACHES, False),
    ],
)
def test_two_counts_and_bare_directions_are_told_apart(missing, text, tools, is_right):
    assert (score(missing, text, tools).value == 1.0) is is_right


ROOMS = [
    tool(
        "book_room",
        "Book a hotel room",
        {"room_type": TEXT, "check_in_date": DATE, "guests": {"type": "integer"}},
        ["room_type", "check_in_date", "guests"],
    )
]


def test_the_only_type_of_a_tool_needs_no_other_word():
    assert score("room_type,guests", "Please give me the type and the number of guests.", ROOMS).value == 1.0


FINES = [
    tool(
        "find_fine",
        "Find a fine",
        {
            "q": {"type": "string", "description": "License plate"},
            "owner": {"type": "string", "description": "Owner of the license plate"},
            "day": DATE,
        },
        ["q", "owner", "day"],
    )
]
GUESTS = [tool("register", "Register a guest", {"given_name": TEXT, "arrival": DATE}, ["given_name", "arrival"])]
GUESTS_BY_CLOCK = [
    tool("register", "Register a guest", {"given_name": TEXT, "arrival": TEXT | {"format": "time"}}, ["arrival"])
]
PARKING = [
    tool(
        "park",
        "Park a car",
        {"plate": TEXT, "limit": {"type": "number", "description": "Maximum hours"}},
        ["plate", "limit"],
    )
]


@pytest.mark.parametrize(
    ("missing", "text", "tools", "is_right"),
    [
        ("q,day", "What is the license plate, and on which day was it?", FINES, True),
        ("owner,day", "What is the license plate, and on which day was it?", FINES, False),
        ("arrival", "When do you get here?", GUESTS, True),
        ("given_name", "When do you get here?", GUESTS, False),
        ("arrival", "When do you get here?", GUESTS_BY_CLOCK, True),
        ("limit", "How long?", PARKING, True),
        ("plate", "How long?", PARKING, False),
    ],
)
def test_descriptions_and_formats_say_what_a_name_does_not(missing, text, tools, is_right):
    assert (score(missing, text, tools).value == 1.0) is is_right


POST = {
    "name": "post_message",
    "description": "Post a message to a Corner channel",
    "parameters": {
        "type": "object",
        "properties": {
            "channel_id": {"type": "string", "description": "ID of the channel"},
            "text": {"type": "string"},
        },
    },
}


@pytest.mark.parametrize(
    "text", ["Which Corner channel should it go to?", "Which of your Corner channels do you mean?"]
)
def test_a_word_before_the_thing_asks_for_the_same_thing(text):
    assert score("", text, [POST], reference="Which channel should I post to?").value == 1.0


@pytest.mark.parametrize("text", ["Which Corner workspace should it go to?", "What should I post?", "Which post?"])
def test_a_word_of_the_task_is_not_the_thing(text):
    assert score("", text, [POST], reference="Which channel should I post to?").value < 0.6


def test_a_reference_that_names_one_of_two_places_asks_for_no_other():
    tools = [tool("find_street", "Find a street", {"city": TEXT, "street_address": TEXT}, ["city", "street_address"])]
    assert score("", "Which city?", tools, reference="Where is the city?").value == 1.0
    assert score("", "Which street?", tools, reference="Where is the city?").value < 0.6


def refund_asked(name: str, question: str) -> float:
    """Score a question where the one tool refunds, and the value of this name is missing."""
    parameters = {"type": "object", "properties": {name: TEXT, "amount_paid": {"type": "number"}}, "required": [name]}
    tools = [{"name": "refund", "description": "Refund an order.", "parameters": parameters}]
    truth = {"ground_truth": "Which one?", "behavior": "clarify", "missing": [name]}
    return Tiered()(question, ground_truth=truth, tools=tools).value


@pytest.mark.parametrize(
    "name", ["order_id", "order_number", "order_no", "orderNo", "order_nr", "order_num", "order_ref"]
)
@pytest.mark.parametrize(
    "question", ["Which order?", "Could you tell me the order number?", "Which order shall I refund?"]
)
def test_a_number_is_asked_for_by_the_thing_or_as_a_number(name: str, question: str) -> None:
    assert refund_asked(name, question) == 1.0


@pytest.mark.parametrize("name", ["order_no", "order_ref"])
def test_another_value_of_the_thing_is_not_its_number(name: str) -> None:
    assert refund_asked(name, "What amount shall I refund?") < 0.5


@pytest.mark.parametrize(
    ("name", "word"), [("amt", "amount"), ("loc", "location"), ("acct", "account"), ("dt", "date")]
)
def test_a_name_that_is_cut_short_is_asked_for_by_the_word(name: str, word: str) -> None:
    assert refund_asked(name, f"Could you tell me the {word}?") == 1.0


TRAM = [
    tool(
        "book_tram",
        "Book a tram",
        {
            "stop": TEXT | {"description": "Stop where the rider gets on"},
            "leave_at": TEXT | {"description": "Leaving time of the tram"},
            "food": TEXT | {"description": "Food on board"},
            "seat": TEXT | {"enum": ["window", "middle", "aisle"]},
            "vip": {"type": "boolean"},
        },
        ["stop", "leave_at"],
    )
]


@pytest.mark.parametrize(
    ("missing", "text", "is_right"),
    [
        ("leave_at", "What time suits you?", True),
        ("leave_at", "How many riders are there?", False),
        ("stop,leave_at", "To which stop, and at what time?", True),
        ("stop", "To find the right time, I need the stop.", True),
        ("leave_at", "To find the right time, I need the stop.", False),
        ("food", "What sort of cuisine would you like?", True),
        ("food", "What sort of tram would you like?", False),
        ("stop", "Please tell me the stop. Once I have it, I can check at what time the tram leaves.", True),
        ("leave_at", "Please tell me the stop. Once I have it, I can check at what time the tram leaves.", False),
        ("stop", "I can check when the tram is booked. Which stop, please?", True),
        ("stop", "Your tram is booked. Which stop, please?", False),
        ("stop,leave_at", "To what stop , what time do you need it ?", True),
        ("leave_at", "I would be happy to help, but first I will need to know the time.", True),
        ("leave_at", "Would you like a ride? Sure, what is your leaving time", True),
        ("seat", "There are seats at the window, in the middle and at the aisle. Which would you like?", True),
        ("food", "There are seats at the window, in the middle and at the aisle. Which would you like?", False),
        ("food", "There are stops, seats and food on board. Which would you like?", False),
    ],
)
def test_what_a_thing_is_for_and_what_follows_it_is_not_asked_for(missing, text, is_right):
    assert (score(missing, text, TRAM).value == 1.0) is is_right


def test_two_things_may_take_twice_the_words_to_ask_for():
    words = "which is printed in small letters on the yellow card that came with the first of the letters from town "
    question = f"Could you tell me the stop, {words}{words}and the leaving time, {words}please?"
    assert score("stop,leave_at", question, TRAM).value == 1.0
    assert score("stop", f"Could you tell me the stop, {words}{words}{words}please?", TRAM).value < 0.6


FLAT = requiring("budget", "floor_space", "storage", "duration")


@pytest.mark.parametrize(
    ("missing", "text", "is_right"),
    [
        ("floor_space", "How much space do you need?", True),
        ("budget", "How much space do you need?", False),
        ("storage", "How much storage should it have?", True),
        ("budget", "How much storage should it have?", False),
        ("budget", "How much would you like to spend?", True),
        ("budget", "How much money?", True),
        ("budget", "How much rent can you pay?", True),
        ("budget", "Wie viel möchten Sie ausgeben?", True),
        ("duration", "How much time do you have?", True),
        ("budget", "How much time do you have?", False),
    ],
)
def test_how_much_of_a_thing_asks_for_the_thing(missing, text, is_right):
    assert (score(missing, text, FLAT).value == 1.0) is is_right


def test_how_much_of_a_thing_that_no_parameter_names_asks_for_its_amount():
    recipe = requiring("ingredient", "amount")
    assert score("amount", "How much flour do you need?", recipe).value == 1.0
    assert score("price", "How much flour do you need?", requiring("price", "town")).value < 0.6


@pytest.mark.parametrize(
    ("missing", "text", "share"),
    [
        ("size,color", "What size which color?", 1.0),
        ("size,color", "Please tell me which size what color", 1.0),
        ("size,town", "What size do you need in which town are you?", 1.0),
        ("town,color", "城市是哪个，颜色是什么？", 1.0),
        ("town", "What is the town in which you live?", 1.0),
        ("size", "What size which color?", 2 / 3),
    ],
)
def test_two_questions_need_nothing_that_joins_them(missing, text, share):
    shirts = requiring("size", "color", "town")
    assert score(missing, text, shirts).value == (1.0 if share == 1.0 else pytest.approx(0.6 * share))


TRAVEL_IN_ITALIAN = ("citta", "data_partenza", "numero_persone")
FOREIGN = {
    "it": (
        TRAVEL_IN_ITALIAN,
        ["Quale città?", "Quando vuole partire?", "Per quante persone?"],
    ),
    "de": (("stadt", "datum", "anzahl_personen"), ["Welche Stadt?", "An welchem Tag?", "Für wie viele Personen?"]),
    "plurals": (("tage", "personen"), ["Für welche Tage?", "Wie viele Personen?"]),
    "es": (("ciudad", "fecha", "hora"), ["¿En qué ciudad?", "¿Para qué día?", "¿A qué hora?"]),
    "en": (
        TRAVEL_IN_ITALIAN,
        ["Which city?", "When do you want to leave?", "How many people?"],
    ),
}


@pytest.mark.parametrize(("names", "questions"), FOREIGN.values(), ids=FOREIGN)
def test_names_may_be_in_another_language(names, questions):
    tools = requiring(*names)
    for name, question in zip(names, questions, strict=True):
        assert score(name, question, tools).value == 1.0
        for other in {*names} - {name}:
            assert score(other, question, tools).value < 0.6


@pytest.mark.parametrize(
    "text",
    ["Could you tell me what your step count is? Is it around 5,000 steps?", "How many steps, or not more than what?"],
)
def test_the_thing_in_other_words_is_no_other_thing(text):
    tools = [
        tool("watch", "Watch daily steps", {"threshold": {"type": "integer", "description": "Steps"}}, ["threshold"])
    ]
    assert score("threshold", text, tools).value == 1.0


def test_a_reference_does_not_ask_for_everything():
    assert score("", "Which city?", [WEATHER], "Which city do you mean?").value == 1.0
    greedy = "Could you give me the city, the date, the days and the units?"
    assert score("", greedy, [WEATHER], "Which city do you mean?").value < 0.6
    assert score("", greedy, [WEATHER], greedy).value == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "도시를 알려주시면 날짜에 맞는 날씨를 알려드릴 수 있습니다.",
        "请告诉我城市，我就可以查询那个日期的天气。",
        "Bitte nennen Sie mir die Stadt, dann kann ich das Wetter für das Datum nachsehen.",
        "¿Podría indicarme la ciudad para que pueda consultar el tiempo de esa fecha?",
        "Pourriez-vous préciser la ville, je pourrai alors regarder la météo à cette date ?",
    ],
)
def test_what_the_answer_is_for_is_not_asked_for_in_other_languages(text):
    assert score("city", text, [WEATHER]).value == 1.0
    assert score("date", text, [WEATHER]).value < 0.6


@pytest.mark.parametrize(
    ("missing", "text", "is_right"),
    [
        ("item", "Which scarf do you mean?", True),
        ("item", "Which ones?", True),
        ("item", "Which of these?", True),
        ("item", "Which colour?", False),
        ("item", "Which date?", False),
        ("item", "Which size should it be?", False),
        ("size", "Which scarf do you mean?", False),
        ("size", "Which one?", False),
    ],
)
def test_an_item_is_asked_for_as_what_it_is(missing, text, is_right):
    assert (score(missing, text, requiring("item", "size")).value == 1.0) is is_right


@pytest.mark.parametrize(
    "text",
    [
        "¿Cuánto tiempo?",
        "Quanto è lungo?",
        "Quanto tempo?",
        "Wie lange?",
        "Combien de temps ?",
        "Hoe lang?",
        "Jak długo?",
    ],
)
def test_how_long_is_asked_in_other_languages(text):
    assert score("duration", text, requiring("duration", "label")).value == 1.0


def test_an_item_of_a_list_that_has_been_given_is_not_asked_for():
    listed = "To search flights, I need:\n- Origin{}\n- Destination (city or airport)\n- Departure date"
    given = listed.format(" (you already provided Oslo)")
    assert score("destination,departure_date", given, [FLIGHTS]).value == 1.0
    assert score("destination,departure_date", listed.format(""), [FLIGHTS]).value < 0.6


@pytest.mark.parametrize(
    "text", ["What should I remind you about?", "Vad ska jag påminna dig om?", "Was soll ich notieren?"]
)
def test_a_parameter_may_be_called_what(text):
    assert score("what", text, requiring("what", "when")).value == 1.0
    assert score("when", text, requiring("what", "when")).value < 0.6
