"""What the five tools' requests talk about: values for training, and other values held out.

Open values (places, texts, data sets, columns, amounts, dates) never occur on both sides. Languages and currencies
are short closed lists, so some stand on both sides, and the rest of the held-out ones in no training row.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from rlvr.data.synth.phrasing import lines, words

TRAIN_CITIES = words("""
    Oslo, Rome, Paris, Berlin, Madrid, Vienna, Prague, Dublin, Lisbon, Athens, Tokyo, Kyoto, Seoul, Beijing,
    Shanghai, Bangkok, Hanoi, Manila, Jakarta, Mumbai, Delhi, Chennai, Dubai, Cairo, Nairobi, Lagos, Accra,
    Casablanca, Tunis, Istanbul, Ankara, Sofia, Bucharest, Budapest, Warsaw, Krakow, Hamburg, Munich, Cologne,
    Zurich, Geneva, Milan, Naples, Turin, Barcelona, Seville, Valencia, Porto, Lyon, Nice, Bordeaux, Brussels,
    Antwerp, Amsterdam, Rotterdam, Copenhagen, Stockholm, Helsinki, Tallinn, Riga, London, Manchester, Glasgow,
    Bristol, Leeds, Boston, Chicago, Denver, Dallas, Houston, Austin, Miami, Atlanta, Seattle, Portland, Phoenix,
    New York, Los Angeles, San Diego, New Orleans, Toronto, Montreal, Ottawa, Mexico City, Havana, Bogota, Lima,
    Santiago, Buenos Aires, Rio de Janeiro, Sydney, Melbourne, Perth, Cape Town, Singapore, Hong Kong
""")

HELD_OUT_CITIES = words("""
    Reykjavik, Bergen, Malmo, Aarhus, Vilnius, Gdansk, Leipzig, Stuttgart, Salzburg, Innsbruck, Bratislava,
    Ljubljana, Zagreb, Dubrovnik, Belgrade, Sarajevo, Florence, Venice, Bologna, Palermo, Bilbao, Malaga, Granada,
    Marseille, Toulouse, Strasbourg, Ghent, Utrecht, Edinburgh, Cardiff, Liverpool, Belfast, Cork, Osaka, Sapporo,
    Busan, Taipei, Kuala Lumpur, Colombo, Kathmandu, Doha, Amman, Beirut, Marrakesh, Dakar, Kampala, Durban,
    Philadelphia, Baltimore, Nashville, Salt Lake City, San Antonio, Minneapolis, Vancouver, Calgary, Quito,
    Montevideo, Brisbane, Adelaide, Auckland
""")

TRAIN_LANGUAGES = words("""
    French, Spanish, German, Italian, Portuguese, Dutch, Swedish, Polish, Czech, Greek, Turkish, Russian, Arabic,
    Hindi, Japanese, Korean, Thai, Vietnamese, Indonesian, Swahili
""")

HELD_OUT_LANGUAGES = words("""
    Norwegian, Danish, Finnish, Icelandic, Hungarian, Romanian, Bulgarian, Ukrainian, Catalan, Hebrew, Bengali,
    Tamil, Malay, Mandarin, Zulu, French, Spanish, German, Japanese
""")

TRAIN_CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "SEK", "CAD", "AUD", "INR", "BRL", "MXN", "PLN", "SGD", "TRY")
HELD_OUT_CURRENCIES = ("NOK", "DKK", "CZK", "HUF", "NZD", "ZAR", "KRW", "THB", "ILS", "AED", "USD", "EUR", "GBP")

# Each line is a pattern of sentences; a slash list in braces is one choice.
TRAIN_SENTENCES = lines("""
    Good morning
    Good night
    Thank you very much
    See you tomorrow
    Happy birthday
    Where is the {train station/library/museum/bus stop/pharmacy/hospital/old market/city hall}?
    How far is the {airport/beach/harbor/castle/bank}?
    I would like {a cup of tea/two coffees/the soup/a glass of water/the menu/a window table}
    How much does this {shirt/ticket/lamp/book/hat/bag} cost?
    My {sister/brother/father/teacher/neighbor} lives in a {small village/big city/quiet street}
    The {meeting/concert/lecture/match} starts at {nine/noon/eight/half past six}
    I lost my {passport/wallet/phone/keys/luggage}
    Please close the {door/window/gate}
    We need more {time/chairs/paper/help}
    Can you help me with my {homework/bags/report}?
    The {train/bus/ferry} leaves in {ten minutes/an hour/two hours}
    Is this seat free?
    Do you accept credit cards?
    I am learning to {cook/swim/dance/drive}
    The food was {delicious/too salty/very spicy/cold}
    What time does the {shop/bakery/office/gallery} open?
    She works as {a nurse/a pilot/an engineer/a lawyer}
    It has been raining since {Monday/Friday/this morning}
    Our {contract/order/invoice} will be ready on {Tuesday/Thursday}
""")

HELD_OUT_SENTENCES = lines("""
    Have a safe trip
    Congratulations on your new job
    Welcome back
    Which way to the {stadium/cathedral/post office/ferry dock/zoo}?
    Could we have {the bill/another blanket/a receipt/some bread}?
    My {grandmother/cousin/roommate/boss} enjoys {gardening/chess/long walks/old movies}
    There is a problem with my {room/laptop/reservation/bicycle}
    The {garden/kitchen/bridge} looks beautiful in {spring/autumn/the evening}
    When will the {package/doctor/plumber} arrive?
    I forgot to bring my {umbrella/charger/glasses}
    Let us meet near the {fountain/entrance/river}
    He plays the {violin/piano/drums} every {weekend/Sunday}
    This {soup/jacket/chair} is not {mine/new/warm}
    Do not forget to {call me/lock up/feed the cat}
    Our flight was {delayed/cancelled/early}
""")

# A sentence that is not English, with its language, so that source_language is worth saying.
TRAIN_FOREIGN = (
    ("Guten Tag", "German"),
    ("Wie geht es dir?", "German"),
    ("Ich habe Hunger", "German"),
    ("Wo ist der Bahnhof?", "German"),
    ("Bonjour tout le monde", "French"),
    ("Je suis en retard", "French"),
    ("Bon voyage", "French"),
    ("Merci beaucoup", "French"),
    ("Buenas noches", "Spanish"),
    ("Tengo mucho trabajo", "Spanish"),
    ("Hasta luego", "Spanish"),
    ("La casa es blanca", "Spanish"),
    ("Buona sera", "Italian"),
    ("Ho perso il treno", "Italian"),
    ("Dove sei?", "Italian"),
    ("Bom dia", "Portuguese"),
    ("Muito obrigado", "Portuguese"),
    ("Goede reis", "Dutch"),
    ("Ik kom morgen", "Dutch"),
    ("God morgon", "Swedish"),
)

HELD_OUT_FOREIGN = (
    ("Bis morgen", "German"),
    ("Das Auto ist neu", "German"),
    ("Il fait froid", "French"),
    ("Bonne chance", "French"),
    ("Feliz viaje", "Spanish"),
    ("El perro duerme", "Spanish"),
    ("Takk for maten", "Norwegian"),
    ("God jul", "Norwegian"),
    ("Vi ses i morgen", "Danish"),
    ("Hyvaa huomenta", "Finnish"),
    ("Bon dia a tothom", "Catalan"),
)


@dataclass(frozen=True)
class Theme:
    """Data sets of one kind, with the columns and groupings that make sense in them."""

    datasets: tuple[str, ...]
    columns: tuple[str, ...]
    groupings: tuple[str, ...]


TRAIN_THEMES = (
    Theme(
        lines("""
            {sales/orders/invoices/payments/returns}
            {sales/orders/invoices/payments/returns}_{2021/2022/2023}
            {web/store/branch}_{orders/sales}
        """),
        words("price, quantity, discount, unit_price, total_cost, tax, profit, order_value"),
        words("region, country, category, month, store, year"),
    ),
    Theme(
        lines("""
            {employees/students/patients/customers/members}
            {employees/students/patients/customers/members}_{small/clean/full}
            {titanic/census}
        """),
        words("age, income, height, weight, salary, test_score, household_size"),
        words("gender, country, region, department, class"),
    ),
    Theme(
        lines("""
            {sensors/houses/penguins/diamonds/trips/iris}
            {sensors/houses/trips}_{north/south/raw}
        """),
        words("temperature, body_mass, duration, distance, length, width, weight, price"),
        words("species, city, month, year, color"),
    ),
)

HELD_OUT_THEMES = (
    Theme(
        lines("""
            {shipments/subscriptions/donations/bookings/expenses/claims}
            {shipments/subscriptions/donations/bookings/expenses}_{2018/2019}
            {warehouse/library/farm}_{loans/output}
        """),
        words("revenue, shipping_fee, balance, margin, ticket_price, response_time"),
        words("continent, supplier, quarter, warehouse, weekday"),
    ),
    Theme(
        lines("""
            {players/movies/wines/vehicles/stations/trees}
            {players/movies/wines/vehicles/stations}_{v2/sample}
        """),
        words("rating, mileage, humidity, attendance, area, depth"),
        words("team, brand, genre, continent, owner"),
    ),
)

METRICS = ("mean", "median", "min", "max", "sum", "count", "stddev")
UNITS = ("celsius", "fahrenheit")
CABINS = ("economy", "premium_economy", "business", "first")
FORMALITIES = ("formal", "informal")

_CHOICE = re.compile(r"\{([^}]*)\}")
_FIRST_DAY = datetime.date(2025, 1, 1).toordinal()
_LAST_DAY = datetime.date(2027, 12, 31).toordinal()


def expand(rng: Random, pattern: str) -> str:
    """A pattern with each `{a/b/c}` replaced by one of its choices."""
    return _CHOICE.sub(lambda choice: rng.choice(choice[1].split("/")), pattern)


def city(rng: Random, is_held_out: bool) -> str:
    """A city's name."""
    return rng.choice(HELD_OUT_CITIES if is_held_out else TRAIN_CITIES)


def target_language(rng: Random, is_held_out: bool) -> str:
    """A language to translate into; English is one on both sides, for the texts that are not English."""
    if rng.random() < 0.1:
        return "English"
    return rng.choice(HELD_OUT_LANGUAGES if is_held_out else TRAIN_LANGUAGES)


def currency(rng: Random, is_held_out: bool) -> str:
    """A currency's three letters."""
    return rng.choice(HELD_OUT_CURRENCIES if is_held_out else TRAIN_CURRENCIES)


def dataset(rng: Random, is_held_out: bool) -> tuple[str, str, str]:
    """A data set's name, one of its numeric columns, and one to group by."""
    theme = rng.choice(HELD_OUT_THEMES if is_held_out else TRAIN_THEMES)
    return expand(rng, rng.choice(theme.datasets)), rng.choice(theme.columns), rng.choice(theme.groupings)


def distinct(rng: Random, is_held_out: bool, draw: Callable[[Random, bool], str]) -> tuple[str, str]:
    """Two different values."""
    first = draw(rng, is_held_out)
    while (second := draw(rng, is_held_out)) == first:
        continue
    return first, second


def day(rng: Random, is_held_out: bool) -> datetime.date:
    """A date from 2025 to 2027; every fifth day is held out."""
    return _on_side(rng.randint(_FIRST_DAY, _LAST_DAY), is_held_out)


def later_day(rng: Random, is_held_out: bool, start: datetime.date) -> datetime.date:
    """A date two days to four weeks after the start, on the same side."""
    return _on_side(start.toordinal() + rng.randint(2, 23), is_held_out)


def _on_side(ordinal: int, is_held_out: bool) -> datetime.date:
    if is_held_out:
        ordinal += -ordinal % 5
    elif ordinal % 5 == 0:
        ordinal += 1
    return datetime.date.fromordinal(ordinal)


def amount(rng: Random, is_held_out: bool) -> int | float:
    """An amount of money from 5 to 9,999.99; those whose whole part leaves 3 when divided by 7 are held out."""
    while True:
        whole = rng.choice(
            (rng.randint(5, 99), rng.randint(100, 999), 10 * rng.randint(1, 99), 50 * rng.randint(1, 199))
        )
        if (whole % 7 == 3) == is_held_out:
            break
    if rng.random() < 0.75:
        return whole
    return float(f"{whole}.{rng.choice(('5', '25', '75', '99', '49', '95'))}")


def sentence(rng: Random, is_held_out: bool) -> tuple[str, str]:
    """A text to translate and the language that it is in."""
    if rng.random() < 0.15:
        return rng.choice(HELD_OUT_FOREIGN if is_held_out else TRAIN_FOREIGN)
    return expand(rng, rng.choice(HELD_OUT_SENTENCES if is_held_out else TRAIN_SENTENCES)), "English"
