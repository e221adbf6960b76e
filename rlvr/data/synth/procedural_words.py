"""The vocabulary of the procedural tools: verbs, nouns, and the kinds of argument with their names and phrasings.

No tool name and no parameter name of the five training tools or of the held-out tools can be produced from here; a
test holds this. Single words ("city", "date") may occur inside other names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faker import Faker

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

# One generator, reseeded from the caller's random.Random before each draw, keeps a corpus a function of its seed.
_FAKER = Faker("en_US")

VERBS: dict[str, tuple[str, ...]] = {
    "get": ("get", "show", "fetch", "give me", "pull up"),
    "search": ("search", "look for", "find"),
    "find": ("find", "look up", "locate"),
    "create": ("create", "make", "set up", "add"),
    "update": ("update", "change", "edit"),
    "delete": ("delete", "remove", "drop"),
    "list": ("list", "show", "show me all"),
    "book": ("book", "reserve", "get me"),
    "reserve": ("reserve", "book", "hold"),
    "cancel": ("cancel", "call off", "drop"),
    "send": ("send", "forward", "mail"),
    "convert": ("convert", "change", "turn"),
    "compute": ("compute", "calculate", "work out"),
    "check": ("check", "look at", "verify"),
    "fetch": ("fetch", "get", "grab"),
    "schedule": ("schedule", "plan", "arrange"),
    "play": ("play", "put on", "start"),
    "order": ("order", "buy", "get me"),
    "buy": ("buy", "purchase", "order"),
    "track": ("track", "follow", "trace"),
    "compare": ("compare", "contrast"),
    "analyze": ("analyze", "study", "look into"),
    "summarize": ("summarize", "sum up"),
    "lookup": ("look up", "find"),
    "set": ("set", "put", "change"),
    "start": ("start", "begin", "launch"),
    "stop": ("stop", "end", "halt"),
    "open": ("open", "bring up"),
    "share": ("share", "pass on", "send"),
    "rent": ("rent", "hire"),
    "plan": ("plan", "arrange", "prepare"),
    "estimate": ("estimate", "guess", "work out"),
    "count": ("count", "tally"),
    "post": ("post", "publish"),
    "print": ("print", "print out"),
    "pay": ("pay", "settle"),
    "move": ("move", "shift", "bring"),
    "copy": ("copy", "duplicate"),
    "draw": ("draw", "sketch"),
    "measure": ("measure", "gauge"),
    "assign": ("assign", "give", "hand"),
    "log": ("log", "record", "note down"),
    "submit": ("submit", "hand in", "file"),
    "detect": ("detect", "spot"),
    "review": ("review", "check"),
    "recommend": ("recommend", "suggest"),
    "download": ("download", "fetch", "save"),
    "upload": ("upload", "put up"),
    "archive": ("archive", "store"),
    "notify": ("notify", "tell", "alert"),
    "call": ("call", "ring", "phone"),
    "invite": ("invite", "ask"),
    "register": ("register", "sign up", "enroll"),
    "report": ("report", "file"),
    "read": ("read", "read out"),
    "write": ("write", "compose"),
    "sort": ("sort", "order"),
    "filter": ("filter", "narrow down"),
    "merge": ("merge", "combine"),
    "scan": ("scan", "go over"),
}

NOUNS = tuple(
    """weather flight hotel email invoice ticket song movie recipe stock price route task note event contact file photo
    package meeting report city currency statistics news message reminder account balance product restaurant
    train bus car room appointment device light temperature alarm code job course article video playlist payment
    receipt budget loan tax salary team player match score planet star animal plant drug symptom doctor patient clinic
    museum concert park garden school class exam grade library bridge river lake storm forecast traffic parking
    delivery shipment warehouse inventory supplier contract policy claim insurance mortgage rent property house
    apartment kitchen meal snack drink coffee wine menu table chef diet workout gym yoga run swim bike race trip tour
    cruise visa passport luggage seat gate airport taxi ride driver fuel battery charger phone laptop tablet camera
    printer server database backup log ticket_queue error bug release version branch commit test build pipeline
    dataset chart graph map image logo font color theme page website domain link post comment forum blog podcast
    episode channel game level quest pet dog cat horse bird fish tree flower seed crop field farm tractor tool
    machine robot sensor signal radio antenna satellite rocket lab sample protein gene cell vaccine dose bandage
    nurse ward bed surgery therapy election vote law court case lawyer judge permit license fine donation charity
    volunteer member club party wedding birthday gift card letter parcel stamp coin wallet bank transfer deposit
    refund discount coupon auction bid offer lead customer survey review rating badge award prize medal poem story
    chapter translation dictionary word sentence quote speech lesson tutor student homework project sprint
    milestone deadline calendar shift holiday overtime timesheet expense""".split()
)

CITIES = tuple(
    """Paris London Berlin Madrid Rome Cairo Lima Delhi Dublin Vienna Prague Athens Boston Denver Austin Chicago Miami
    Seattle Toronto Sydney Moscow Geneva Munich Milan Naples Lagos Nairobi Accra Quito Bogota Havana Dallas Houston
    Phoenix Portland Atlanta Detroit Warsaw Hanoi Manila Jakarta Mumbai Kyoto Osaka Busan Perth Brisbane Auckland
    Dakar Tunis Amman Beirut Doha Baku Tbilisi Riga Tallinn Vilnius Sofia Zagreb Lyon Nice Turin Seville Bilbao
    Bruges Ghent Leeds Bath York Cork Galway Bergen Malmo Turku Krakow Graz Basel Omaha Tulsa Tampa Reno Boise
    Cusco Natal Recife Cordoba Rosario Durban Kigali Lusaka Harare Muscat Lahore Kabul Dhaka Colombo Penang""".split()
)
LANGUAGES = tuple(
    """French Spanish German Italian Portuguese Dutch Swedish Danish Polish Czech Greek Turkish Arabic Hebrew Hindi Urdu
    Bengali Tamil Thai Korean Japanese Chinese Russian Romanian Hungarian Finnish Latvian Swahili Zulu Irish""".split()
)
ENUMS: dict[str, tuple[str, ...]] = {
    "size": ("small", "medium", "large", "tiny", "huge", "regular"),
    "style": ("modern", "classic", "plain", "rustic", "bold"),
    "mode": ("fast", "slow", "eco", "silent", "turbo", "normal"),
    "format": ("json", "csv", "xml", "pdf", "html", "text"),
    "kind": ("basic", "standard", "deluxe", "shared", "private"),
    "sort_by": ("newest", "oldest", "cheapest", "nearest", "longest"),
    "quality": ("low", "high", "best", "draft"),
    "priority": ("low", "normal", "high", "urgent"),
    "color": ("red", "green", "blue", "black", "white", "yellow", "purple"),
    "unit_system": ("metric", "imperial"),
    "period": ("daily", "weekly", "monthly", "yearly"),
    "plan": ("free", "starter", "team", "premium"),
    "method": ("card", "cash", "cheque", "invoice"),
    "transport": ("bus", "train", "ferry", "tram", "bike"),
    "status": ("pending", "done", "blocked", "late", "active"),
    "genre": ("jazz", "rock", "folk", "blues", "opera", "soul"),
    "flavor": ("sweet", "spicy", "sour", "bitter", "salty"),
    "level": ("beginner", "middle", "expert", "pro"),
    "material": ("wood", "steel", "glass", "cotton", "leather"),
    "tone": ("polite", "friendly", "neutral", "serious"),
    "operation": ("average", "total", "lowest", "highest", "spread"),
    "seat_type": ("window", "aisle", "middle"),
    "service": ("express", "standard", "overnight", "ground"),
    "vehicle": ("van", "truck", "sedan", "coupe", "minivan"),
}
COUNTED = tuple(
    """days weeks months hours minutes seconds people seats pages copies tickets items steps points players rows
    bottles boxes users kids adults floors rooms slices bags miles results photos songs episodes units plates""".split()
)
_SYLLABLES = "ka lo mi ra tu ve no shi pe da gu fi zo be ha ny or el an is um ek sol ver tan mar bri cho dre".split()

Value = Any


def singular(unit: str) -> str:
    """One of the counted units: "day" for "days"."""
    irregular = {"people": "person", "boxes": "box", "copies": "copy"}
    return irregular.get(unit, unit[:-1])


def _faked(rng: Random, method: str) -> str:
    _FAKER.seed_instance(rng.getrandbits(32))
    return str(getattr(_FAKER, method)())


def _noun(rng: Random) -> str:
    _FAKER.seed_instance(rng.getrandbits(32))
    return str(_FAKER.word(part_of_speech="noun")).lower()


def invented_word(rng: Random) -> str:
    """A pronounceable word that is in no dictionary, so that copying cannot be done from memory."""
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4)))


def any_word(rng: Random) -> str:
    """A lower-case noun: English, what tools are about, or invented."""
    draw = rng.random()
    if draw < 0.4:
        return _noun(rng)
    return rng.choice(NOUNS) if draw < 0.78 else invented_word(rng)


def _place(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.35:
        return rng.choice(CITIES)
    if draw < 0.6:
        return _faked(rng, "city")
    if draw < 0.7:
        return rng.choice(("New", "Port", "San", "North", "Old", "Santa")) + " " + invented_word(rng).capitalize()
    if draw < 0.8:
        return _faked(rng, "street_address").split("\n")[0]
    return invented_word(rng).capitalize()


def _person(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.4:
        return _faked(rng, "first_name")
    if draw < 0.8:
        return _faked(rng, "first_name") + " " + _faked(rng, "last_name")
    return invented_word(rng).capitalize()


def _words(rng: Random) -> str:
    if rng.random() < 0.2:
        return _faked(rng, "sentence").rstrip(".") + rng.choice(("", "", "?", "!"))
    some = [
        _faked(rng, "word") if rng.random() < 0.8 else invented_word(rng) for _ in range(rng.choice((1, 2, 2, 3, 4)))
    ]
    text = " ".join(some)
    draw = rng.random()
    if draw < 0.3:
        return text.capitalize()
    return text.title() if draw < 0.45 else text


def _thing(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.15:
        return any_word(rng) + "_" + (any_word(rng) if rng.random() < 0.7 else str(rng.randint(1990, 2030)))
    if draw < 0.4:
        return rng.choice(NOUNS).replace("_", " ")
    if draw < 0.6:
        return _noun(rng)
    if draw < 0.8:
        return f"{_noun(rng)} {_noun(rng)}"
    return invented_word(rng) if draw < 0.92 else f"{invented_word(rng)} {_noun(rng)}"


def _title(rng: Random) -> str:
    some = [_faked(rng, "word") if rng.random() < 0.75 else invented_word(rng) for _ in range(rng.choice((1, 2, 2, 3)))]
    return " ".join(some).title()


def _task(rng: Random) -> str:
    verb = rng.choice(rng.choice(sorted(VERBS.items()))[1])
    return f"{verb} {rng.choice(('the', 'the', 'my', 'a', 'our'))} {_thing(rng)}"


def _date(rng: Random) -> str:
    return f"20{rng.randint(24, 29)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _time(rng: Random) -> str:
    return f"{rng.randint(0, 23):02d}:{rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50)):02d}"


def _count(rng: Random) -> int:
    return rng.randint(1, 12) if rng.random() < 0.7 else rng.randint(13, 400)


def _quantity(rng: Random) -> float | int:
    draw = rng.random()
    if draw < 0.6:
        return rng.randint(1, 999) if draw < 0.4 else rng.randint(1000, 20000)
    value = round(rng.uniform(1, 900), 1 if draw < 0.75 else 2)
    return int(value) if value.is_integer() else value


def _code(rng: Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.randint(1, 5)))
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(0, 10)))
    return letters + rng.choice(("", "", "-")) + digits if digits else letters + rng.choice(("", "X"))


def _short_code(rng: Random) -> str:
    return "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(3))


def _true(rng: Random) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """One kind of argument: what it may be called, what it holds, and how people say it.

    Attributes:
        schema: the JSON Schema of its values, without a description.
        names: parameter names; most tools put a word of their own before the last part.
        value: draws one.
        shape: what values look like. Within one tool, two arguments of the same shape are told apart by their
            phrases, so each keeps only the ones that the other does not have.
        phrases: {v} is the value, {f} the argument's name in words, {u} the unit of a count.
        descriptions: what a schema may say about it.
        is_bare: whether the value may stand alone where no other argument has its shape.
        before_noun: phrases that may stand before the noun of the request ("a large table").
        is_last: whether nothing can follow it, as with unquoted text.
        renamed: names around a word {w}, for kinds whose names lose their sense with the first part ("end_date").
        vague: how a request that lacks the value may mention it all the same ("to another language").
    """

    schema: dict[str, Any]
    names: tuple[str, ...]
    value: Callable[[Random], Value]
    shape: str
    phrases: tuple[str, ...]
    descriptions: tuple[str, ...]
    is_bare: bool = False
    before_noun: tuple[str, ...] = ()
    is_last: bool = False
    renamed: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()


_STRING: dict[str, Any] = {"type": "string"}
_DATE: dict[str, Any] = {"type": "string", "format": "date"}


def _names(text: str, modifiers: str = "", heads: str = "") -> tuple[str, ...]:
    """The names in `text`, and each of `heads` alone and after each of `modifiers`."""
    combined = tuple(f"{modifier}_{head}" for head in heads.split() for modifier in modifiers.split())
    return (*text.split(), *heads.split(), *combined)


KINDS: dict[str, Kind] = {
    "place": Kind(
        _STRING,
        _names(
            "home_city event_city store_city site_address shop_address work_address",
            "home main local event office nearest store",
            "town place area region location venue district",
        ),
        _place,
        "words",
        ("in {v}", "in {v}", "in {v}", "near {v}", "at {v}", "around {v}", "for {v}"),
        ("Name of the town", "Where", "Town or address", "Place name", "City"),
        is_bare=True,
        vague=("somewhere", "in some town", "at my place", "there"),
    ),
    "from_place": Kind(
        _STRING,
        _names(
            "from_town start_place starting_point departure_town start_city from_station from_location source_town "
            "collection_point pickup_town sender_town origin_town from_place"
        ),
        _place,
        "words",
        ("from {v}", "from {v}", "from {v}", "leaving {v}", "starting in {v}", "departing from {v}", "out of {v}"),
        ("Where it starts", "Starting town", "Place of departure"),
        vague=("from home", "from here"),
        renamed=("from_{w}", "start_{w}", "{w}_origin_town", "departure_{w}"),
    ),
    "to_place": Kind(
        _STRING,
        _names(
            "to_town end_place arrival_town end_city to_station to_location target_place goal_town drop_off_town "
            "receiver_town destination_town drop_address"
        ),
        _place,
        "words",
        ("to {v}", "to {v}", "to {v}", "heading to {v}", "bound for {v}", "arriving in {v}", "going to {v}"),
        ("Where it ends", "Town of arrival", "Place to go to"),
        vague=("to somewhere nice", "to another town"),
        renamed=("to_{w}", "end_{w}", "{w}_destination_town", "arrival_{w}"),
    ),
    "person": Kind(
        _STRING,
        _names(
            "guest_name user_name sender assignee full_name author_name performer receiver_name",
            "new first main",
            "person customer client guest patient employee contact owner friend driver student",
        ),
        _person,
        "words",
        ("for {v}", "for {v}", "with {v}", "by {v}", "named {v}", "to {v}"),
        ("Name of the person", "Full name", "Who"),
        vague=("for a friend", "with someone", "for somebody"),
    ),
    "text": Kind(
        _STRING,
        _names(
            "body words sentence subject_line task_name event_title note_text input_text",
            "short main first",
            "message note topic query comment phrase label caption keyword content headline",
        ),
        _words,
        "quoted",
        ("'{v}'", '"{v}"', "'{v}'", '"{v}"', "saying '{v}'", "called '{v}'", 'named "{v}"', "with the {f} '{v}'"),
        ("Text to use", "What it says", "Title or text"),
        is_bare=True,
        vague=("something", "with some text"),
    ),
    "task": Kind(
        _STRING,
        _names("errand todo chore job_text task_text action thing_to_do plan_text instruction purpose what_to_do"),
        _task,
        "task",
        ("to {v}", "to {v}", "to {v}", "so that I {v}", ": {v}", "about this: {v}"),
        ("What is to be done", "Task in words", "What it is for"),
        is_last=True,
        renamed=("{w}_task", "{w}_errand", "{w}_todo", "what_{w}"),
    ),
    "title": Kind(
        _STRING,
        _names(
            "book_title movie_title album game_name track_name show_name course_name article_title project_name film"
        ),
        _title,
        "title",
        ("{v}", '"{v}"', "'{v}'", "called {v}", "titled '{v}'", 'named "{v}"'),
        ("Name of the work", "Title"),
        is_bare=True,
        vague=("something new",),
    ),
    "thing": Kind(
        _STRING,
        _names(
            "goods what drink_name main_food topic_name collection field_name",
            "main first wanted",
            "item product object device_name food animal plant_name model brand subject",
        ),
        _thing,
        "words",
        ("of {v}", "with {v}", "about {v}", "using {v}", "for {v}", "of {v}"),
        ("Which one", "Name of the item", "What it is about"),
        is_bare=True,
        before_noun=("{v}",),
        vague=("with something",),
    ),
    "source": Kind(
        _STRING,
        _names("table_name records catalog archive_name sheet data_source register file_name log_name book", "", ""),
        _thing,
        "words",
        ("from {v}", "in {v}", "in the {v} data", "across {v}", "on {v}", "over {v}", "for {v}"),
        ("Where the data is", "Name of the table", "Source"),
        vague=("in my data",),
    ),
    "grouping": Kind(
        _STRING,
        _names("grouping split_field group_field per_field group_key key breakdown bucket", "", ""),
        _thing,
        "words",
        ("by {v}", "per {v}", "for each {v}", "grouped by {v}", "for every {v}", "split by {v}"),
        ("Field to group by", "How to split"),
    ),
    "date": Kind(
        _DATE,
        _names(
            "day_of_visit deadline on_date from_date first_day report_date",
            "new",
            "day due_date start_day event_date visit_date delivery_date begin_date arrival_day",
        ),
        _date,
        "date",
        ("on {v}", "on {v}", "on {v}", "for {v}", "by {v}", "starting {v}", "from {v}", "dated {v}", "as of {v}"),
        ("Date, YYYY-MM-DD", "Day", "Date it starts"),
        is_bare=True,
        vague=("soon", "some day", "one of these days"),
    ),
    "end_date": Kind(
        _DATE,
        _names("end_date last_day until_date checkout_day back_on expiry_date end_day to_date"),
        _date,
        "date",
        ("until {v}", "to {v}", "through {v}", "ending {v}", "back on {v}", "returning {v}", "till {v}"),
        ("Last day", "Date it ends", "Day of return"),
        renamed=("{w}_end_date", "last_{w}_day", "{w}_until", "end_of_{w}"),
    ),
    "time": Kind(
        _STRING,
        _names("time start_time_of_day at_time clock_time hour begin_time"),
        _time,
        "time",
        ("at {v}", "at {v}", "at {v}", "by {v}", "around {v}"),
        ("Time, HH:MM", "Time of day"),
        is_bare=True,
        vague=("at some point",),
    ),
    "generic_count": Kind(
        {"type": "integer"},
        _names("how_many number pieces count_wanted number_wanted repeat top_n max_results portions"),
        _count,
        "number",
        ("{v} of them", "{v} times", "{v} in all", "x{v}", "{f} {v}"),
        ("How many", "Number wanted"),
        is_bare=True,
        before_noun=("{v}",),
        vague=("a few times", "some of them"),
    ),
    "level": Kind(
        {"type": "integer"},
        _names("loudness brightness strength page_size depth power heat age rank"),
        _count,
        "number",
        ("at {f} {v}", "{f} {v}", "with {f} {v}", "with a {f} of {v}"),
        ("A whole number", "Setting"),
    ),
    "number": Kind(
        {"type": "number"},
        _names(
            "sum_of_money money paid_amount loan_amount",
            "max min base new full",
            "price cost sum budget weight fee total value payment rate salary",
        ),
        _quantity,
        "number",
        ("of {v}", "for {v}", "worth {v}", "up to {v}", "under {v}", "{v} dollars", "{f} {v}", "with {f} {v}"),
        ("A number", "How much", "Sum of money"),
        is_bare=True,
        before_noun=("{v}",),
        vague=("for some money",),
    ),
    "from_code": Kind(
        _STRING,
        _names("from_code source_code_name base_code old_code have_unit from_unit start_unit"),
        _short_code,
        "code",
        ("from {v}", "from {v}", "of {v}"),
        ("Code to start from", "Three-letter code"),
        renamed=("from_{w}", "old_{w}", "{w}_from_code"),
    ),
    "to_code": Kind(
        _STRING,
        _names("to_code goal_code new_code want_unit to_unit output_code"),
        _short_code,
        "code",
        ("to {v}", "into {v}", "in {v}", "as {v}"),
        ("Code to go to", "Three-letter code"),
        vague=("into something else",),
        renamed=("to_{w}", "new_{w}", "{w}_to_code"),
    ),
    "code": Kind(
        _STRING,
        _names(
            "invoice_number parcel_code ticket_number case_id asset_code user_id",
            "old short",
            "code reference order_id serial account_id sku badge_id flight_code symbol",
        ),
        _code,
        "code",
        ("{v}", "number {v}", "with code {v}", "ref {v}", "of {v}", "for {v}", "{f} {v}"),
        ("Identifier", "Code", "Reference number"),
        is_bare=True,
        before_noun=("{v}",),
        vague=("of mine",),
    ),
    "language": Kind(
        _STRING,
        _names("language spoken_language output_language lang new_language to_language"),
        lambda rng: rng.choice(LANGUAGES),
        "language",
        ("in {v}", "into {v}", "to {v}"),
        ("Name of the language", "Language"),
        is_bare=True,
        vague=("in another language", "into a foreign language"),
    ),
    "from_language": Kind(
        _STRING,
        _names("from_language original_language old_language input_language"),
        lambda rng: rng.choice(LANGUAGES),
        "language",
        ("from {v}", "from the {v}", "out of {v}"),
        ("Language of the original",),
        before_noun=("{v}",),
        renamed=("from_{w}_language", "{w}_original_language", "old_{w}_language"),
    ),
    "flag": Kind(
        {"type": "boolean"},
        _names("urgent private express refundable vegan verified quiet include_tax gift_wrap"),
        _true,
        "flag",
        ("{f}", "make it {f}", "it must be {f}"),
        ("Whether or not",),
    ),
}
