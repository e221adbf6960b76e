"""The five tools that the method was published with: their schemas, values, questions, and rows of them."""

from functools import cache
from random import Random
from typing import Any

from rlvr.data.synth import five_tools_held_out_phrasings as held_out_phrasings
from rlvr.data.synth import five_tools_phrasings as train_phrasings
from rlvr.data.synth import refusals, values
from rlvr.data.synth.assembly import Family
from rlvr.data.synth.phrasing import OptionalClauses, clauses
from rlvr.data.synth.tool import Ask, SynthTool, choice, cores, date, function, integer, number, string


def _weather(rng: Random, is_held_out: bool) -> dict[str, Any]:
    return {
        "city": values.city(rng, is_held_out),
        "date": values.day(rng, is_held_out).isoformat(),
        "days": rng.randint(2, 14),
        "units": rng.choice(values.UNITS),
    }


WEATHER = SynthTool(
    function(
        "get_weather_forecast",
        "Weather forecast",
        ["city"],
        city=string(),
        date=date(),
        days=integer(1, 14, default=3),
        units=choice(values.UNITS, default="celsius"),
    ),
    task="check the weather",
    sample=_weather,
    clauses=OptionalClauses(
        full=clauses("""
            for {days:day} from {date}
            for {days:day} starting on {date}
            on {date}
            for {days:day}
            for the next {days:day}
            over {days:day}
            in {units}
            in degrees {units}
            , in {units}
        """),
        terse=clauses("""
            {days:day} from {date}
            {date}, {days:day}
            {date}
            on {date}
            {days:day}
            next {days:day}
            {units}
            in {units}
            , {units}
        """),
    ),
    asks={
        "city": Ask(
            "the city",
            (
                "Which city would you like the forecast for?",
                "For which city?",
                "What city should I check the weather in?",
                "Which city are you asking about?",
            ),
        )
    },
)


def _flight(rng: Random, is_held_out: bool) -> dict[str, Any]:
    departure = values.day(rng, is_held_out)
    origin, destination = values.distinct(rng, is_held_out, values.city)
    return {
        "origin": origin,
        "destination": destination,
        "departure_date": departure.isoformat(),
        "return_date": values.later_day(rng, is_held_out, departure).isoformat(),
        "passengers": rng.randint(1, 9),
        "cabin_class": rng.choice(values.CABINS),
    }


FLIGHTS = SynthTool(
    function(
        "search_flights",
        "Search flights",
        ["origin", "destination", "departure_date"],
        origin=string("Departure city"),
        destination=string("Arrival city"),
        departure_date=date(),
        return_date=date(),
        passengers=integer(1, 9, default=1),
        cabin_class=choice(values.CABINS, default="economy"),
    ),
    task="search for flights",
    sample=_flight,
    clauses=OptionalClauses(
        full=clauses("""
            returning on {return_date}
            coming back on {return_date}
            with a return on {return_date}
            for {passengers:passenger}
            for {passengers:adult}
            for {passengers:traveler}
            in {cabin_class} class
            in {cabin_class}
        """),
        terse=clauses("""
            return {return_date}
            , back {return_date}
            , returning {return_date}
            {passengers:passenger}
            , {passengers:passenger}
            for {passengers:adult}
            {cabin_class} class
            , {cabin_class} class
            in {cabin_class}
        """),
    ),
    asks={
        "origin": Ask(
            "the departure city",
            (
                "Which city are you flying from?",
                "Where will you depart from?",
                "What is your departure city?",
                "From which city would you like to leave?",
            ),
        ),
        "destination": Ask(
            "the destination",
            (
                "Which city are you flying to?",
                "Where would you like to fly to?",
                "What is your destination?",
                "To which city would you like to go?",
            ),
        ),
        "departure_date": Ask(
            "the departure date",
            (
                "On which date would you like to depart?",
                "What is your departure date?",
                "When would you like to leave?",
                "Which day do you want to depart?",
            ),
        ),
    },
)


def _translation(rng: Random, is_held_out: bool) -> dict[str, Any]:
    text, source = values.sentence(rng, is_held_out)
    target = source
    while target == source:
        target = values.target_language(rng, is_held_out)
    return {
        "text": text,
        "target_language": target,
        "source_language": source,
        "formality": rng.choice(values.FORMALITIES),
    }


TRANSLATION = SynthTool(
    function(
        "translate_text",
        "Translate a text",
        ["text", "target_language"],
        text=string(),
        target_language=string(),
        source_language=string(),
        formality=choice(values.FORMALITIES),
    ),
    task="translate texts",
    sample=_translation,
    clauses=OptionalClauses(
        full=clauses("""
            from {source_language}
            using {formality} language
            in {formality} style
            with {formality} wording
        """),
        terse=clauses("""
            from {source_language}
            , {formality}
            ({formality})
            , {formality} tone
        """),
    ),
    asks={
        "text": Ask(
            "the text to translate",
            (
                "Which text should I translate?",
                "What is the text to translate?",
            ),
        ),
        "target_language": Ask(
            "the target language",
            (
                "Which language should I translate it into?",
                "What is the target language?",
                "Into which language would you like it translated?",
            ),
        ),
    },
)


def _conversion(rng: Random, is_held_out: bool) -> dict[str, Any]:
    source, target = values.distinct(rng, is_held_out, values.currency)
    return {
        "amount": values.amount(rng, is_held_out),
        "from_currency": source,
        "to_currency": target,
        "date": values.day(rng, is_held_out).isoformat(),
    }


CURRENCY = SynthTool(
    function(
        "currency_convert",
        "Convert an amount of money",
        ["amount", "from_currency", "to_currency"],
        amount=number(minimum=0),
        from_currency=string("Currency code"),
        to_currency=string("Currency code"),
        date=date(),
    ),
    task="convert currencies",
    sample=_conversion,
    clauses=OptionalClauses(
        full=clauses("""
            on {date}
            at the rate of {date}
            as of {date}
            using the rate from {date}
        """),
        terse=clauses("""
            on {date}
            , {date}
            , rate of {date}
        """),
    ),
    asks={
        "amount": Ask(
            "the amount",
            (
                "What amount would you like to convert?",
                "How much would you like to convert?",
                "Which amount should I convert?",
            ),
        ),
        "from_currency": Ask(
            "the source currency",
            (
                "Which currency are you converting from?",
                "From which currency should I convert?",
                "What currency is the amount in?",
            ),
        ),
        "to_currency": Ask(
            "the target currency",
            (
                "Which currency would you like to convert to?",
                "To which currency should I convert?",
                "What is the target currency?",
            ),
        ),
    },
)


def _statistic(rng: Random, is_held_out: bool) -> dict[str, Any]:
    dataset, column, grouping = values.dataset(rng, is_held_out)
    return {"dataset": dataset, "metric": rng.choice(values.METRICS), "column": column, "group_by": grouping}


STATISTICS = SynthTool(
    function(
        "get_statistics",
        "Statistic of a dataset",
        ["dataset", "metric"],
        dataset=string(),
        metric=choice(values.METRICS),
        column=string(),
        group_by=string(),
    ),
    task="compute statistics",
    sample=_statistic,
    clauses=OptionalClauses(
        full=clauses("""
            of {column}
            of the {column} column
            grouped by {group_by}
            by {group_by}
            for each {group_by}
            per {group_by}
        """),
        terse=clauses("""
            {column}
            of {column}
            by {group_by}
            per {group_by}
            grouped by {group_by}
        """),
    ),
    asks={
        "dataset": Ask(
            "the dataset",
            (
                "Which dataset should I use?",
                "What dataset would you like to analyze?",
                "In which dataset?",
            ),
        ),
        "metric": Ask(
            "the metric",
            (
                "Which metric should I compute?",
                "What metric do you need, for example the mean or the max?",
                "Which metric do you want?",
            ),
        ),
    },
    usual=("column", 0.6),
)

SYNTH_TOOLS = (WEATHER, FLIGHTS, TRANSLATION, CURRENCY, STATISTICS)

TOOLS = tuple(tool.schema for tool in SYNTH_TOOLS)
"""The five schemas, in OpenAI's form."""


@cache
def family(split: str) -> Family:
    """The five tools with the phrasings, values and refused requests of a split: train or held_out."""
    source = held_out_phrasings if split == "held_out" else train_phrasings
    openings = source.OPENINGS
    wordings = (source.WEATHER, source.FLIGHTS, source.TRANSLATION, source.CURRENCY, source.STATISTICS)
    return Family(
        name="five_tools",
        split=split,
        tools=tuple((tool, cores(wording, openings)) for tool, wording in zip(SYNTH_TOOLS, wordings, strict=True)),
        refused=refusals.HELD_OUT if split == "held_out" else refusals.TRAIN,
        openings=openings,
    )
