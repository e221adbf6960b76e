"""What parameter names mean, and the everyday things that free texts are about."""

from __future__ import annotations

from collections.abc import Mapping

from rewards.names import name_words
from rlvr.data.synth.phrasing import lines, words

_KIND_WORDS: tuple[tuple[str, str], ...] = (
    ("email", "email mail"),
    ("phone", "phone telephone mobile fax"),
    ("url", "url uri link website webpage homepage"),
    ("ip", "ip"),
    ("date", "date day birthday deadline"),
    ("time", "time clock"),
    ("zip", "zip zipcode postcode postal"),
    ("currency", "currency"),
    ("language", "language lang locale"),
    ("address", "address street"),
    ("path", "path file filename folder directory"),
    ("username", "username login handle"),
    ("code", "id ids identifier code number key token sku isbn ref reference serial hash barcode flight reservation"),
    ("ticker", "ticker symbol stock"),
    ("city", "city town location place origin destination airport departure arrival area venue"),
    ("country", "country nation"),
    ("state", "state province"),
    ("company", "company employer organization organisation business vendor supplier brand"),
    ("job", "job occupation profession role position"),
    ("color", "color colour"),
    ("person", "person recipient customer patient guest attendee contact author sender user client employee owner "
     "assignee artist actor director friend participant member host passenger student teacher doctor"),
    ("food", "dish meal food cuisine recipe ingredient restaurant"),
    ("message", "message text body content note comment description summary reason details feedback review sentence "
     "reminder caption instructions"),
    ("title", "title subject topic event task project name label heading"),
    ("query", "query search keyword keywords term question prompt item product category"),
)  # fmt: skip
POOLS: Mapping[str, tuple[str, ...]] = {
    "food": words("""
        lasagna, mushroom risotto, pad thai, tomato soup, falafel, chicken curry, fish tacos, apple pie, ramen,
        pumpkin bread, spinach quiche, lentil stew, beef noodles, greek salad, potato pancakes
    """),
    "message": lines("""
        the {meeting/workshop/delivery/review} moved to {Monday/Tuesday/Friday} {morning/afternoon}
        please bring the {signed contract/spare keys/printed slides/blue folder}
        {lunch/dinner/the call} is at {noon/seven/half past six}
        the {printer/elevator/heating} on the {second/third/fifth} floor is broken
        we are out of {coffee/paper/printer ink}
        the {invoice/report/draft} is ready for {review/signing/printing}
        {thanks for the/see the} {quick answer/update from yesterday}
        the {package/parcel/order} arrived {damaged/late/without a receipt}
        I will be {ten minutes/an hour} late
        the {train/bus/ferry} was {late/full/cancelled}
    """),
    "title": lines("""
        {weekly/quarterly/annual} {report/review/planning/budget}
        {spring/summer/winter} {campaign/sale/party/workshop}
        {team/family/customer} {dinner/survey/newsletter}
        {kitchen/garden/office} {renovation/cleanup/inventory}
        {project/product} {kickoff/launch/roadmap}
    """),
    "query": lines("""
        {wireless/cheap/used/red/folding} {headphones/bicycle/desk lamp/keyboard/backpack}
        {quiet/modern/local} {hotels/cafes/museums/bookshops}
        {history/biology/cooking/chess} {books/courses/podcasts}
        {electric cars/solar panels/house plants/rain jackets}
    """),
    "path": lines("{reports/photos/backup/drafts/music}/{january/march/summer/client}_{1/2/3/7}.{txt/pdf/csv/png}"),
    "ticker": ("AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "INTC", "ORCL", "IBM", "SAP", "NFLX", "AMD", "ADBE"),
}
"""Strings by kind; a list in braces is one choice."""

CODE_POOLS: tuple[tuple[str, frozenset[str], tuple[str, ...]], ...] = (
    ("[A-Z]{2}", frozenset("country market region nationality territory nation".split()),
     words("AT, DE, FR, IT, ES, NL, SE, NO, PL, CH, US, CA, MX, BR, JP, KR, IN, AU, NZ, ZA")),
    ("[A-Z]{3}", frozenset("country nationality territory nation".split()),
     words("AUT, DEU, FRA, ITA, ESP, NLD, SWE, NOR, POL, CHE, USA, CAN, MEX, BRA, JPN, KOR, IND, AUS, NZL, ZAF")),
    ("[A-Z]{3}", frozenset("airport origin destination departure arrival from to".split()),
     words("VIE, MUC, CDG, FCO, MAD, AMS, ARN, OSL, WAW, ZRH, JFK, YYZ, MEX, GRU, HND, ICN, DEL, SYD, AKL, CPT")),
    ("[A-Z]{3}", frozenset(("currency",)),
     words("EUR, USD, GBP, CHF, JPY, SEK, NOK, PLN, CAD, AUD, NZD, INR, BRL, MXN")),
    ("[a-z]{2}", frozenset("language lang locale".split()),
     words("en, de, fr, it, es, nl, sv, no, pl, pt, ja, ko, hi")),
    ("[a-z]{2}[-_][A-Z]{2}", frozenset("language lang locale".split()),
     words("en-US, en-GB, de-AT, de-DE, fr-FR, it-IT, es-ES, nl-NL, sv-SE, pl-PL, pt-BR, ja-JP")),
    ("[A-Z]{2}", frozenset("state province".split()),
     words("CA, NY, TX, WA, OR, CO, IL, MA, GA, FL, OH, MI, AZ, MN")),
)  # fmt: skip
"""Codes that stand in a list: the form of an example, the words of a parameter's name, and the codes."""

QUALITIES = words("silver, northern, quiet, amber, early, hidden, golden, crimson, rapid, gentle, bright, crystal")
NOUNS = words("harbor, meadow, lantern, falcon, orchard, summit, river, maple, comet, garden, bridge, compass, island")


def kind_by_name(name: str) -> str:
    """What a string of this name is: `email`, `city`, `person`, ...; empty where the name does not say."""
    parts = [part for part in name_words(name) if part]
    plain = [part[:-1] if part.endswith("s") and not part.endswith("ss") else part for part in parts]
    found = set(plain) | set(parts)
    if "country" in found and "code" in found:
        return "country_code"
    if "name" in found and ("first" in found or "last" in found):
        return "first_name" if "first" in found else "last_name"
    if "name" in found and ("full" in found or found & _PERSON_WORDS):
        return "person"
    if "name" in found and "user" in found:
        return "username"
    last = [plain[-1], parts[-1]] if parts else []
    for kind, names in _KINDS:  # what stands last says what the thing is: a city code is a code
        if names.intersection(last):
            return kind
    return next((kind for kind, names in _KINDS if names & found), "")


_KINDS = tuple((kind, frozenset(names.split())) for kind, names in _KIND_WORDS)
_PERSON_WORDS = dict(_KINDS)["person"] - {"user"}

VERBS = frozenset(
    """
    accept activate add adjust analyze apply approve arrange assign authenticate block book buy calculate
    call cancel change charge check classify clear close compare complete compute confirm connect convert
    copy count create deactivate delete deliver deposit describe detect determine disable discover display
    download draw edit email enable encode estimate evaluate exchange export extract fetch fill filter find
    fix follow forecast format generate get give help hire identify import insert inspect install invite
    issue join launch list load locate lock log look lookup mark measure merge message modify monitor move
    mute navigate notify open order pause pay perform pick place plan play plot post predict prepare print
    process provide publish purchase query rank rate read recommend record refund register reject release
    remind remove rename rent reply report request reschedule reserve reset resolve restart restore resume
    retrieve return review run save scan schedule score search select sell send set share show shut simulate
    solve sort split start stop store submit subscribe suggest summarize switch sync take test think toggle
    track train transcribe transfer translate trigger turn unlock unsubscribe update upload upgrade use
    validate verify view withdraw write
    """.split()
)
"""Words that begin the name of a tool when it says what the tool does."""

QUESTIONS_AND_ANSWERS: tuple[tuple[str, str], ...] = tuple(
    (question.strip(), answer.strip())
    for question, answer in (
        line.split("|")
        for line in lines("""
            thanks, that was helpful | You're welcome! I'm glad it was helpful.
            thank you so much | You're welcome!
            good morning | Good morning! It's nice to hear from you.
            hello there | Hello! It's nice to hear from you.
            that's all for today, bye | Goodbye, and have a nice day!
            how many continents are there | There are seven continents.
            how many sides does a hexagon have | A hexagon has six sides.
            what is the capital of France | The capital of France is Paris.
            what is the largest planet of the solar system | Jupiter is the largest planet of the solar system.
            who wrote Hamlet | Hamlet was written by William Shakespeare.
            what do bees make | Bees make honey.
            what color do blue and yellow make | Blue and yellow make green.
            what is water made of | Water is made of hydrogen and oxygen.
            how many legs does a spider have | A spider has eight legs.
            what does a thermometer measure | A thermometer measures temperature.
            what is frozen water called | Frozen water is called ice.
            which animal is the largest on earth | The blue whale is the largest animal on earth.
            what is the opposite of hot | The opposite of hot is cold.
            how many letters does the English alphabet have | The English alphabet has 26 letters.
            which planet is closest to the sun | Mercury is the planet closest to the sun.
            what is a baby cat called | A baby cat is called a kitten.
            which ocean is the largest | The Pacific is the largest ocean.
            who painted the Mona Lisa | The Mona Lisa was painted by Leonardo da Vinci.
            what gas do plants take in | Plants take in carbon dioxide.
            how many players are in a football team | A football team has eleven players.
            what is the past tense of go | The past tense of go is went.
            what is a group of wolves called | A group of wolves is called a pack.
            which metal is liquid at room temperature | Mercury is liquid at room temperature.
        """)
    )
)
"""What needs no tool, and what to say."""
