"""Values of one request for each tool that was worded by hand: all of its parameters, in the order they are drawn."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from rlvr.data.synth import values


def _weather(rng: Random, is_held_out: bool) -> dict[str, Any]:
    return {
        "city": values.city(rng, is_held_out),
        "date": values.day(rng, is_held_out).isoformat(),
        "days": rng.randint(2, 14),
        "units": rng.choice(values.CLOSED["units"]),
    }


def _flight(rng: Random, is_held_out: bool) -> dict[str, Any]:
    departure = values.day(rng, is_held_out)
    origin, destination = values.distinct(rng, is_held_out, values.city)
    return {
        "origin": origin,
        "destination": destination,
        "departure_date": departure.isoformat(),
        "return_date": values.later_day(rng, is_held_out, departure).isoformat(),
        "passengers": rng.randint(1, 9),
        "cabin_class": rng.choice(values.CLOSED["cabins"]),
    }


def _translation(rng: Random, is_held_out: bool) -> dict[str, Any]:
    text, source = values.sentence(rng, is_held_out)
    target = source
    while target == source:
        target = values.target_language(rng, is_held_out)
    return {
        "text": text,
        "target_language": target,
        "source_language": source,
        "formality": rng.choice(values.CLOSED["formalities"]),
    }


def _conversion(rng: Random, is_held_out: bool) -> dict[str, Any]:
    source, target = values.distinct(rng, is_held_out, values.currency)
    return {
        "amount": values.amount(rng, is_held_out),
        "from_currency": source,
        "to_currency": target,
        "date": values.day(rng, is_held_out).isoformat(),
    }


def _statistic(rng: Random, is_held_out: bool) -> dict[str, Any]:
    dataset, column, grouping = values.dataset(rng, is_held_out)
    return {"dataset": dataset, "metric": rng.choice(values.CLOSED["metrics"]), "column": column, "group_by": grouping}


def tracking_number(rng: Random) -> str:
    """Two letters and eight digits."""
    return "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=2)) + "".join(rng.choices("0123456789", k=8))


def ticker(rng: Random) -> str:
    """Three or four capital letters, made up so that no two data sets share a list of them."""
    return "".join(rng.choices("ABCDEFGHIKLMNOPRSTVWXZ", k=rng.choice((3, 4, 4))))


def _day(rng: Random) -> str:
    return values.day(rng, True).isoformat()


SAMPLES: Mapping[str, Callable[[Random, bool], dict[str, Any]]] = {
    "get_weather_forecast": _weather,
    "search_flights": _flight,
    "translate_text": _translation,
    "currency_convert": _conversion,
    "get_statistics": _statistic,
    "book_hotel_room": lambda rng, is_held_out: {
        "hotel_city": values.city(rng, True),
        "check_in": _day(rng),
        "nights": rng.randint(1, 14),
        "room_type": rng.choice(values.UNSEEN["rooms"]),
    },
    "order_meal": lambda rng, is_held_out: {
        "dish": rng.choice(values.UNSEEN["dishes"]),
        "quantity": rng.randint(1, 12),
        "delivery_address": f"{rng.randint(2, 189)} {rng.choice(values.UNSEEN['streets'])}",
    },
    "schedule_meeting": lambda rng, is_held_out: {
        "title": values.expand(rng, rng.choice(values.UNSEEN["meetings"])),
        "meeting_date": _day(rng),
        "duration_minutes": rng.choice((15, 20, 40, 45, 50, 60, 75, 90, 120)),
    },
    "set_reminder": lambda rng, is_held_out: {
        "reminder_text": values.expand(rng, rng.choice(values.UNSEEN["chores"])),
        "remind_on": _day(rng),
    },
    "find_recipe": lambda rng, is_held_out: {
        "ingredient": rng.choice(values.UNSEEN["ingredients"]),
        "cuisine": rng.choice(values.UNSEEN["cuisines"]),
        "max_minutes": rng.choice((10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 90)),
    },
    "track_package": lambda rng, is_held_out: {
        "tracking_number": tracking_number(rng),
        "carrier": rng.choice(values.UNSEEN["carriers"]),
    },
    "transfer_money": lambda rng, is_held_out: {
        "recipient": rng.choice(values.UNSEEN["people"]),
        "transfer_amount": values.amount(rng, True),
        "account_type": rng.choice(values.UNSEEN["accounts"]),
    },
    "get_stock_price": lambda rng, is_held_out: {"ticker": ticker(rng), "price_date": _day(rng)},
    "play_song": lambda rng, is_held_out: {
        "song_title": values.expand(rng, rng.choice(values.UNSEEN["songs"])),
        "artist": rng.choice(values.UNSEEN["artists"]),
        "volume": rng.choice((10, 20, 25, 30, 35, 40, 55, 60, 70, 80, 85, 90)),
    },
    "rent_car": lambda rng, is_held_out: {
        "pickup_city": values.city(rng, True),
        "pickup_date": _day(rng),
        "rental_days": rng.randint(1, 21),
        "car_class": rng.choice(values.UNSEEN["car_classes"]),
    },
}
"""By tool; True draws held-out values, and the unseen tools know no others."""
