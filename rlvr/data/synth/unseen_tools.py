"""Ten tools that no training row knows: neither their names, nor their parameters, nor how people ask for them."""

from functools import cache
from random import Random

from rlvr.data.synth import five_tools_held_out_phrasings, refusals, values
from rlvr.data.synth import unseen_tools_phrasings as phrasings
from rlvr.data.synth import unseen_tools_values as unseen
from rlvr.data.synth.assembly import Family
from rlvr.data.synth.phrasing import OptionalClauses, clauses
from rlvr.data.synth.tool import Ask, SynthTool, choice, cores, date, function, integer, number, string


def _day(rng: Random) -> str:
    return values.day(rng, True).isoformat()


HOTEL = SynthTool(
    function(
        "book_hotel_room",
        "Book a hotel room",
        ["hotel_city", "check_in", "nights"],
        hotel_city=string("City of the hotel"),
        check_in=date("Arrival date"),
        nights=integer(1, 30),
        room_type=choice(unseen.ROOMS),
    ),
    task="book hotel rooms",
    sample=lambda rng, is_held_out: {
        "hotel_city": values.city(rng, True),
        "check_in": _day(rng),
        "nights": rng.randint(1, 14),
        "room_type": rng.choice(unseen.ROOMS),
    },
    clauses=OptionalClauses(
        full=clauses("""
            , ideally a {room_type}
            , room type {room_type}
            , {room_type} if possible
        """),
        terse=clauses("""
            {room_type}
            , {room_type}
            , room type {room_type}
        """),
    ),
    asks={
        "hotel_city": Ask(
            "the city of the hotel", ("Which city should the hotel be in?", "In which city do you need the hotel?")
        ),
        "check_in": Ask(
            "the check-in date", ("What is your check-in date?", "On which date would you like to check in?")
        ),
        "nights": Ask("the number of nights", ("How many nights will you stay?", "For how many nights?")),
    },
)

MEAL = SynthTool(
    function(
        "order_meal",
        "Order food for delivery",
        ["dish", "quantity", "delivery_address"],
        dish=string(),
        quantity=integer(1, 20),
        delivery_address=string(),
    ),
    task="order food",
    sample=lambda rng, is_held_out: {
        "dish": rng.choice(unseen.DISHES),
        "quantity": rng.randint(1, 12),
        "delivery_address": f"{rng.randint(2, 189)} {rng.choice(unseen.STREETS)}",
    },
    clauses=OptionalClauses(full=(), terse=()),
    asks={
        "dish": Ask("the dish", ("Which dish would you like to order?", "What dish should I order?")),
        "quantity": Ask("the quantity", ("How many portions would you like?", "What quantity should I order?")),
        "delivery_address": Ask(
            "the delivery address", ("What is the delivery address?", "Which address should it be delivered to?")
        ),
    },
)

MEETING = SynthTool(
    function(
        "schedule_meeting",
        "Put a meeting on the calendar",
        ["title", "meeting_date"],
        title=string(),
        meeting_date=date(),
        duration_minutes=integer(5, 480, default=30),
    ),
    task="schedule meetings",
    sample=lambda rng, is_held_out: {
        "title": values.expand(rng, rng.choice(unseen.MEETINGS)),
        "meeting_date": _day(rng),
        "duration_minutes": rng.choice((15, 20, 40, 45, 50, 60, 75, 90, 120)),
    },
    clauses=OptionalClauses(
        full=clauses("""
            for {duration_minutes:minute}
            , {duration_minutes:minute} long
        """),
        terse=clauses("""
            {duration_minutes:minute}
            , {duration_minutes:minute}
        """),
    ),
    asks={
        "title": Ask("the title of the meeting", ("What is the title of the meeting?", "Which title should it have?")),
        "meeting_date": Ask("the meeting date", ("On which date is the meeting?", "What is the meeting date?")),
    },
)

REMINDER = SynthTool(
    function(
        "set_reminder",
        "Set a reminder",
        ["reminder_text", "remind_on"],
        reminder_text=string("What to be reminded of"),
        remind_on=date("Date of the reminder"),
    ),
    task="set reminders",
    sample=lambda rng, is_held_out: {
        "reminder_text": values.expand(rng, rng.choice(unseen.CHORES)),
        "remind_on": _day(rng),
    },
    clauses=OptionalClauses(full=(), terse=()),
    asks={
        "reminder_text": Ask(
            "the text of the reminder", ("What should I remind you of?", "What should the reminder say?")
        ),
        "remind_on": Ask(
            "the date of the reminder", ("On which date should I remind you?", "For which date is the reminder?")
        ),
    },
)

RECIPE = SynthTool(
    function(
        "find_recipe",
        "Find a recipe",
        ["ingredient"],
        ingredient=string("Main ingredient"),
        cuisine=choice(unseen.CUISINES),
        max_minutes=integer(5, 240),
    ),
    task="find recipes",
    sample=lambda rng, is_held_out: {
        "ingredient": rng.choice(unseen.INGREDIENTS),
        "cuisine": rng.choice(unseen.CUISINES),
        "max_minutes": rng.choice((10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 90)),
    },
    clauses=OptionalClauses(
        full=clauses("""
            in {cuisine} style
            the {cuisine} way
            that takes at most {max_minutes:minute}
            that takes no more than {max_minutes:minute}
            done in {max_minutes:minute} at most
        """),
        terse=clauses("""
            {cuisine}
            , {cuisine} cuisine
            , max {max_minutes:minute}
            under {max_minutes:minute}
        """),
    ),
    asks={
        "ingredient": Ask(
            "the main ingredient", ("Which ingredient would you like to cook with?", "What is the main ingredient?")
        )
    },
)

PACKAGE = SynthTool(
    function(
        "track_package",
        "Track a package",
        ["tracking_number"],
        tracking_number=string(),
        carrier=choice(unseen.CARRIERS),
    ),
    task="track packages",
    sample=lambda rng, is_held_out: {
        "tracking_number": unseen.tracking_number(rng),
        "carrier": rng.choice(unseen.CARRIERS),
    },
    clauses=OptionalClauses(
        full=clauses("""
            shipped with {carrier}
            sent via {carrier}
            coming with {carrier}
        """),
        terse=clauses("""
            {carrier}
            via {carrier}
            , {carrier}
        """),
    ),
    asks={
        "tracking_number": Ask(
            "the tracking number", ("What is the tracking number?", "Which tracking number should I look up?")
        )
    },
)

TRANSFER = SynthTool(
    function(
        "transfer_money",
        "Send money to a person",
        ["recipient", "transfer_amount"],
        recipient=string(),
        transfer_amount=number("Amount in dollars", minimum=0),
        account_type=choice(unseen.ACCOUNTS),
    ),
    task="transfer money",
    sample=lambda rng, is_held_out: {
        "recipient": rng.choice(unseen.PEOPLE),
        "transfer_amount": values.amount(rng, True),
        "account_type": rng.choice(unseen.ACCOUNTS),
    },
    clauses=OptionalClauses(
        full=clauses("""
            from my {account_type} account
            via my {account_type} account
            using the {account_type} account
        """),
        terse=clauses("""
            from {account_type}
            , {account_type} account
            {account_type}
        """),
    ),
    asks={
        "recipient": Ask("the recipient", ("Who is the recipient?", "Who should receive the money?")),
        "transfer_amount": Ask("the amount", ("What amount should I transfer?", "How much should I transfer?")),
    },
)

STOCK = SynthTool(
    function(
        "get_stock_price",
        "Price of a stock",
        ["ticker"],
        ticker=string("Stock symbol"),
        price_date=date(),
    ),
    task="look up stock prices",
    sample=lambda rng, is_held_out: {"ticker": unseen.ticker(rng), "price_date": _day(rng)},
    clauses=OptionalClauses(
        full=clauses("""
            on {price_date}
            as it stood on {price_date}
            at the close of {price_date}
        """),
        terse=clauses("""
            {price_date}
            on {price_date}
        """),
    ),
    asks={
        "ticker": Ask(
            "the ticker of the stock",
            ("Which ticker should I look up?", "What is the stock's ticker?", "Which stock do you mean?"),
        )
    },
)

SONG = SynthTool(
    function(
        "play_song",
        "Play a song",
        ["song_title"],
        song_title=string(),
        artist=string(),
        volume=integer(1, 100),
    ),
    task="play songs",
    sample=lambda rng, is_held_out: {
        "song_title": values.expand(rng, rng.choice(unseen.SONGS)),
        "artist": rng.choice(unseen.ARTISTS),
        "volume": rng.choice((10, 20, 25, 30, 35, 40, 55, 60, 70, 80, 85, 90)),
    },
    clauses=OptionalClauses(
        full=clauses("""
            by {artist}
            at volume {volume}
            with the volume at {volume}
        """),
        terse=clauses("""
            by {artist}
            - {artist}
            volume {volume}
            , vol {volume}
        """),
    ),
    asks={
        "song_title": Ask("the song title", ("Which song would you like to hear?", "What is the title of the song?"))
    },
)

CAR = SynthTool(
    function(
        "rent_car",
        "Rent a car",
        ["pickup_city", "pickup_date", "rental_days"],
        pickup_city=string(),
        pickup_date=date(),
        rental_days=integer(1, 60),
        car_class=choice(unseen.CAR_CLASSES),
    ),
    task="rent cars",
    sample=lambda rng, is_held_out: {
        "pickup_city": values.city(rng, True),
        "pickup_date": _day(rng),
        "rental_days": rng.randint(1, 21),
        "car_class": rng.choice(unseen.CAR_CLASSES),
    },
    clauses=OptionalClauses(
        full=clauses("""
            in the {car_class} class
            , {car_class} class
            , preferably a {car_class} model
        """),
        terse=clauses("""
            {car_class}
            , {car_class} class
            , {car_class}
        """),
    ),
    asks={
        "pickup_city": Ask("the pickup city", ("In which city will you pick up the car?", "What is the pickup city?")),
        "pickup_date": Ask("the pickup date", ("What is the pickup date?", "On which date will you pick up the car?")),
        "rental_days": Ask(
            "the number of rental days", ("For how many days do you need the car?", "How many days will you rent it?")
        ),
    },
)

WORDED_TOOLS = (
    (HOTEL, phrasings.HOTEL),
    (MEAL, phrasings.MEAL),
    (MEETING, phrasings.MEETING),
    (REMINDER, phrasings.REMINDER),
    (RECIPE, phrasings.RECIPE),
    (PACKAGE, phrasings.PACKAGE),
    (TRANSFER, phrasings.TRANSFER),
    (STOCK, phrasings.STOCK),
    (SONG, phrasings.SONG),
    (CAR, phrasings.CAR),
)

TOOLS = tuple(tool.schema for tool, _ in WORDED_TOOLS)
"""The ten schemas, in OpenAI's form."""


@cache
def family() -> Family:
    """The ten tools; their openings and refused requests are the five tools' held-out ones."""
    openings = five_tools_held_out_phrasings.OPENINGS
    return Family(
        name="unseen_tools",
        split="held_out",
        tools=tuple((tool, cores(wording, openings)) for tool, wording in WORDED_TOOLS),
        refused=refusals.HELD_OUT,
        openings=openings,
    )
