"""The everyday words by which people ask for a parameter: data for `questions`."""

import re


def stem(word: str) -> str:
    """A word without its plural, its -ing or -ed, and a final e: enough for `leaving` to meet `leave`."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 5 and word.endswith("ing"):
        word = word[:-3]
    elif len(word) > 5 and word.endswith("ed"):
        word = word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


FILLER = _stems(
    "a an the of for in on at by to and or as is are am be was were it its this that these those "
    "there here i you we me "
    "my your our us what which who whom whose where when how why please could can would will might may shall should do "
    "does did done specify provide tell give given share clarify confirm indicate let know enter supply state choose "
    "select send include mention describe elaborate need want like request require more detail "
    "information info specific "
    "exact further additional some any all thing something anything everything help assist so sorry "
    "sure course ok okay "
    "thank before proceed continue mean use provided value parameter argument field input option "
    "missing also just about "
    "ask with without have has had get got if not no yes order unable cannot full complete task kind make name type "
    "string number kg cm km mm lb lbs ft usd eur pct sec ms"
)
"""Stems that name nothing."""

_GROUPS = (
    "city town location place",
    "location place city town address area",
    "destination headed heading",
    "departure depart departing leave leaving outbound",
    "return returning inbound back",
    "origin leave leaving depart departing start departure",
    "date day when",
    "passenger people travel traveler traveller ticket person seat adult",
    "guest people person attend",
    "attendee participant invite attend",
    "class cabin",
    "quantity portion serving item",
    "recipient receive receiver payee beneficiary",
    "title called call name",
    "song track tune",
    "artist singer band musician performer",
    "ticker symbol stock company share",
    "dish meal food",
    "cuisine style",
    "duration long length",
    "night stay",
    "metric statistic statistical measure calculation",
    "dataset data",
    "column variable field",
    "text phrase sentence word",
    "reminder remind",
    "message text say",
    "formality formal informal tone",
    "amount sum much money",
    "unit celsius fahrenheit scale",
    "category type kind genre",
    "size large small big",
    "email mail",
    "phone telephone",
    "url link website",
    "path file folder",
    "user account username",
    "id identifier",
    "carrier courier",
    "priority urgent",
    "subject topic about",
    "query search look topic keyword term",
    "budget spend price cost",
    "hour time clock",
    "time hour clock",
    "command operation instruction",
    "repo repository",
    "msg message text",
    "lang language",
    "qty quantity",
    "lat latitude",
    "lon longitude",
    "lng longitude",
    "dob birth birthday",
    "tz timezone zone",
    "org organization organisation",
    "dest destination",
    "src source",
    "addr address",
    "img image picture photo",
    "desc description",
    "dept department",
    "temp temperature",
)
SYNONYMS = {stem(group.split()[0]): _stems(group) for group in _GROUPS}
"""A name's stem to the stems that may stand for it, itself included."""

MEASURES = {
    stem(name): _stems(words)
    for name, words in (
        ("height", "tall high"), ("weight", "weigh heavy"), ("age", "old"), ("distance", "far"), ("radius", "far"),
        ("speed", "fast"), ("width", "wide"), ("depth", "deep"), ("temperature", "hot cold warm"),
        ("frequency", "often"), ("interval", "often"),
    )
}  # fmt: skip
"""A name's stem to the stems by which people ask how much of it there is."""

DIRECTIONS = {
    "from": _stems("from origin source start departure depart departing leave leaving pickup sender"),
    "to": _stems("destination target arrival arrive land recipient receiver dropoff into toward"),
}
"""Stems by which a question or a parameter's name points one way. `to` itself is too common in questions."""

DIRECTION_WORDS = _stems("from to in of by for at on out")
"""Words of a parameter's name that say nothing on their own."""

COMPOUNDS = {
    "pickup": ("pick", "up"), "dropoff": ("drop", "off"), "checkin": ("check", "in"), "checkout": ("check", "out"),
}  # fmt: skip
"""Words of a name that people say as two, with other words between them."""

NO_AMOUNTS = _stems("rate ratio percent percentage latitude longitude temperature probability")
"""Numbers that nobody asks for by `how much`."""

CARRIERS = _stems("id path url uri link key code number uuid slug handle")
"""What a parameter may end in that stands for the thing it names: `which image` asks for an `image_path`."""

KINDS = {
    "place": _stems(
        "city town location place destination origin country region area venue airport address state "
        "zip zipcode postcode "
        "station neighborhood neighbourhood latitude longitude"
    ),
    "city": _stems("city town origin destination airport"),
    "time": _stems("date time when deadline start end month year hour schedule birthday"),
    "person": _stems(
        "recipient person contact guest attendee artist author receiver sender friend customer patient "
        "payee user assignee owner"
    ),
    "count": _stems("count passenger guest adult child people room quantity limit portion item ticket night"),
    "duration": _stems("duration night day minute hour week length period"),
    "amount": _stems("amount price budget cost sum total salary principal balance payment"),
    "text": _stems("text message content body note query keyword reminder"),
    "language": _stems("language translation"),
    "currency": _stems("currency"),
    "title": _stems("title subject topic"),
    "song": _stems("song album playlist"),
    "food": _stems("dish meal recipe"),
    "ingredient": _stems("ingredient"),
    "data": _stems("dataset column metric statistic"),
    "unit": _stems("unit celsius fahrenheit"),
    "id": _stems("id identifier ticker symbol code"),
    "file": _stems("file path folder url link"),
}
"""Kinds of things that parameters stand for, by the stems of their names."""

EVERYDAY: dict[str, tuple[str, ...]] = {
    "place": (
        "where", "which place", "what place", "which location", "what location", "which area",
    ),
    "city": ("which city", "what city", "which airport", "what airport", "which town", "what town"),
    "time": (
        "when", "what day", "which day", "what time", "what date", "which date", "the date", "how soon", "how early",
        "how late",
    ),
    "person": ("who", "whom", "whose"),
    "count": ("how many", "what number of", "the number of"),
    "duration": ("how long", "how many"),
    "amount": ("how much", "what sum"),
    "text": (
        "translate?", "translated?", "what should i translate", "should it say", "should i say", "like to say",
        "should i write", "like to write", "want to write", "want to say", "want it to say", "should it read",
        "should i remind", "remind you", "reminded", " say?", "should i send",
        "the message say", "message be", "looking for", "should i search", "me to search", "like to search",
    ),
    "language": ("into what", "into which", "in what language", "in which language"),
    "title": ("it called", "it be called", "should i call", "the name of", "should i name"),
    "song": ("which song", "what song", "the song", "like to hear", "want to hear", "should i play", "like to listen"),
    "food": ("like to eat", "want to eat", "like to order", "should i order", "want to order"),
    "ingredient": ("like to cook", "cook with", "want to cook"),
}  # fmt: skip
"""Question words by kind: weak evidence, void where the sentence names another parameter of the kind."""

WEAK_KINDS = frozenset({"text", "title", "food"})
"""Kinds whose question words give way to any other kind that the sentence names."""

QUESTION_WORDS = {
    "place": re.compile(r"\bwhere\b"),
    "time": re.compile(r"\bwhen\b"),
    "person": re.compile(r"\bwho(?:m|se)?\b"),
    "count": re.compile(r"\bhow many\b"),
    "amount": re.compile(r"\bhow much\b"),
    "duration": re.compile(r"\bhow long\b"),
}
"""The question words that ask for one kind each. Several of them in one text ask for several things."""
