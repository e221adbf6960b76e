"""How people ask for the five tools: the training phrasings.

The marks are those of `phrasing.py`. `requests` are verb phrases that take an opening, `sentences` stand alone.
"""

from rlvr.data.synth.phrasing import lines
from rlvr.data.synth.tool import Openings, Wording

OPENINGS = Openings(
    formal=lines("""
        Please ~.
        Could you please ~?
        I would like you to ~.
        Would you kindly ~?
        I would be grateful if you could ~.
        Kindly ~.
        May I ask you to ~?
        Would it be possible to ~?
        I would appreciate it if you could ~.
        When convenient, please ~.
    """),
    casual=lines("""
        Can you ~?
        Hey, ~.
        Hi! Can you ~?
        ~ for me, please.
        I need you to ~.
        Could you ~ for me?
        Hey, could you ~?
        Go ahead and ~.
        Quick one: ~.
        Just ~, thanks.
        I'd like you to ~.
        Let's ~.
    """),
    terse=lines("""
        ~
        ~ please
        ~ now
        need to ~
        help me ~
        can you ~
    """),
)

WEATHER = Wording(
    formal_requests="""
        provide the weather forecast[ for {city}]
        give me a forecast of the weather[ in {city}]
        check what the weather will be[ in {city}]
        look up the expected weather[ in {city}]
        report the weather conditions[ in {city}]
        retrieve the forecast[ for {city}]
        find out how the weather will be[ in {city}]
    """,
    casual_requests="""
        check the weather[ in {city}]
        look at the weather[ in {city}]
        see how the weather looks[ in {city}]
        pull up the forecast[ for {city}]
        find out if it will be nice out[ in {city}]{!units}
        get the weather[ for {city}]
        check if it's going to rain[ in {city}]{!units}
    """,
    formal_sentences="""
        What weather should I expect[ in {city}]?
        What is the weather forecast[ for {city}]?
        How will the weather be[ in {city}]?
        I need the weather forecast[ for {city}].
        Which temperatures are expected[ in {city}]?
    """,
    casual_sentences="""
        What's the weather going to be[ in {city}]?
        How's the weather looking[ in {city}]?
        Will I need an umbrella[ in {city}]?{!units}
        Is it going to rain[ in {city}]?{!units}
        I'm heading out[ to {city}], what's the weather like?
        Do I need a warm coat[ in {city}]?{!units}
        Packing for[ {city}| a trip], how's the weather?
        How warm will it get[ in {city}]?
    """,
    terse="""
        weather[ {city}]
        forecast[ {city}]
        [{city} ]weather
        [{city} ]forecast
        weather[ in {city}]
        weather report[ {city}]
        temperature[ in {city}]
        rain[ in {city}]{*}?{!units}
        check weather[ {city}]
        get forecast[ for {city}]
        need weather[ for {city}]
        weather please[, {city}]
    """,
)

FLIGHTS = Wording(
    formal_requests="""
        find flights[ from {origin}][ to {destination}][ on {departure_date}]
        search for a flight[ from {origin}][ to {destination}][ departing on {departure_date}]
        list the available flights[ from {origin}][ to {destination}][ on {departure_date}]
        look up flights[ departing from {origin}][ for {destination}][ on {departure_date}]
        identify flights[ to {destination}][ from {origin}][ on {departure_date}]
        check flight availability[ from {origin}][ to {destination}][ on {departure_date}]
        present flight options[ from {origin}][ to {destination}][ for {departure_date}]
    """,
    casual_requests="""
        find a flight[ from {origin}][ to {destination}][ on {departure_date}]
        look for flights[ out of {origin}][ to {destination}][ on {departure_date}]
        see what flights go[ from {origin}][ to {destination}][ on {departure_date}]
        check flights[ on {departure_date}][ from {origin}][ to {destination}]
        grab a flight[ from {origin}][ to {destination}][ on {departure_date}]
        pull up some flights[ to {destination}][ from {origin}][ on {departure_date}]
        search flights[ from {origin}][ to {destination}][ leaving on {departure_date}]
    """,
    formal_sentences="""
        I need to travel[ from {origin}][ to {destination}][ on {departure_date}]; please search for flights.
        Which flights are available[ from {origin}][ to {destination}][ on {departure_date}]?
        What flights depart[ from {origin}][ for {destination}][ on {departure_date}]?
        Are there any flights[ from {origin}][ to {destination}][ on {departure_date}]?
        I am looking for a flight[ from {origin}][ to {destination}][ on {departure_date}].
    """,
    casual_sentences="""
        Any flights[ from {origin}][ to {destination}][ on {departure_date}]?
        I'm flying[ from {origin}][ to {destination}][ on {departure_date}]{*}, what's available?
        We want to fly[ from {origin}][ to {destination}][ on {departure_date}].
        Need a flight[ from {origin}][ to {destination}][ on {departure_date}].
        Got any flights[ to {destination}][ from {origin}][ on {departure_date}]?
        Gotta get[ from {origin}][ to {destination}| somewhere][ on {departure_date}], find me a flight.
    """,
    terse="""
        flights[ from {origin}][ to {destination}][ {departure_date}]
        flights {origin} to {destination}[ {departure_date}]
        {origin} to {destination} flights[ {departure_date}]
        [{departure_date} ]flights[ from {origin}][ to {destination}]
        find flight[ from {origin}][ to {destination}][ on {departure_date}]
        search flights[ from {origin}][ to {destination}][ {departure_date}]
        need flight[ {departure_date}][ from {origin}][ to {destination}]
        fly[ from {origin}][ to {destination}][ {departure_date}]
        flight options[ from {origin}][ to {destination}][ {departure_date}]
        flights[ to {destination}][ from {origin}][ on {departure_date}]
        flight search[ from {origin}][ to {destination}][, {departure_date}]
        any flights[ from {origin}][ to {destination}][ {departure_date}]
    """,
)

TRANSLATION = Wording(
    formal_requests="""
        translate[ "{text}"| a sentence]{?source_language}[ into {target_language}]
        render[ "{text}"| a short text]{?source_language} in {target_language}
        provide the[ {target_language}] translation[ of "{text}"| of a sentence]
        translate the[ phrase "{text}"| phrase]{?source_language}[ to {target_language}]
        give the[ {target_language}] equivalent[ of "{text}"| of a phrase]
        put[ the sentence "{text}"| a sentence] into {target_language}
        prepare a translation[ of "{text}"]{?source_language}[ into {target_language}]
    """,
    casual_requests="""
        translate[ "{text}"| something]{?source_language}[ to {target_language}]
        turn[ "{text}"| a phrase] into {target_language}
        put[ "{text}"| something] in {target_language}
        do a translation[ of "{text}"]{?source_language}[ into {target_language}]
        get the[ {target_language}] translation[ of "{text}"]
        switch[ "{text}"| a line]{?source_language} to {target_language}
        translate this{?source_language}[ to {target_language}]{*}[: "{text}"]
    """,
    formal_sentences="""
        How does one say[ "{text}"| a phrase][ in {target_language}| in another language]?{!source_language}
        What is the[ {target_language}] translation[ of "{text}"| of a sentence]?
        I need[ "{text}"| a sentence] translated{?source_language}[ into {target_language}].
        I require the[ {target_language}] version[ of "{text}"| of a text].
        How should[ "{text}"| a sentence] be translated{?source_language}[ into {target_language}]?
    """,
    casual_sentences="""
        How do you say[ "{text}"| something][ in {target_language}| in another language]?{!source_language}
        What's[ "{text}"| my sentence][ in {target_language}| in another language]?{!source_language}
        I need[ "{text}"| something] in {target_language}.{!source_language}
        How would I write[ "{text}"| a note][ in {target_language}| in another language]?{!source_language}
        Want this translated{?source_language}[ into {target_language}]{*}[: "{text}"].
        My friend speaks {target_language}, how do I tell them[ "{text}"| something]?{!source_language}
    """,
    terse="""
        translate[ "{text}"]{?source_language}[ to {target_language}]
        "{text}" to {target_language}
        "{text}" in {target_language}
        [{target_language} ]translation[ of "{text}"]
        translation{?source_language}[ to {target_language}]{*}[: "{text}"]
        translate{?source_language}[ to {target_language}]{*}[: "{text}"]
        how to say[ "{text}"| something] in {target_language}{!source_language}
        [{target_language} ]translation for "{text}"
        translate[ "{text}"]{?source_language}[, {target_language}]
        need translation[ of "{text}"]{?source_language}[ into {target_language}]
    """,
)

CURRENCY = Wording(
    formal_requests="""
        convert[ {amount}| some] {from_currency}[ to {to_currency}]
        convert {amount}[ {from_currency}] into {to_currency}
        convert[ {amount}| an amount][ from {from_currency}][ to {to_currency}]
        calculate the value of[ {amount}| an amount in] {from_currency}[ in {to_currency}| in another currency]
        compute the equivalent of {amount}[ {from_currency}][ in {to_currency}]
        determine how much {amount}[ {from_currency}] is worth[ in {to_currency}]
        express[ {amount}| an amount in] {from_currency} in {to_currency}
    """,
    casual_requests="""
        convert {amount}[ {from_currency}][ to {to_currency}]
        change[ {amount}| some] {from_currency}[ into {to_currency}]
        work out what {amount}[ {from_currency}] is in {to_currency}
        figure out how many {to_currency} I get for[ {amount}| my] {from_currency}
        check how much[ {amount}| my] {from_currency} is[ in {to_currency}| in another currency]
        turn[ {amount}| some cash][ from {from_currency}] into {to_currency}
        do a conversion[ of {amount}][ from {from_currency}][ to {to_currency}]
    """,
    formal_sentences="""
        What is[ {amount}| a sum in] {from_currency} worth[ in {to_currency}]?
        How much is {amount}[ {from_currency}] in {to_currency}?
        What is the value of[ {amount}| my] {from_currency}[ in {to_currency}| in another currency]?
        I need to know what {amount}[ {from_currency}] equals in {to_currency}.
        What amount in {to_currency} corresponds to {amount}[ {from_currency}]?
    """,
    casual_sentences="""
        How much is[ {amount}| my] {from_currency}[ in {to_currency}| in another currency]?
        What's {amount}[ {from_currency}] in {to_currency}?
        How many {to_currency} do I get for[ {amount}| my] {from_currency}?
        I've got[ {amount}| some] {from_currency}, what's that in {to_currency}?
        I have {amount}[ {from_currency}], how much is that in {to_currency}?
        Got {amount}[ {from_currency}] here, convert it[ to {to_currency}].
    """,
    terse="""
        [{amount} ]{from_currency} to {to_currency}
        {amount}[ {from_currency}] to {to_currency}
        {amount} {from_currency}[ in {to_currency}| in another currency]
        convert {amount} {from_currency}[ to {to_currency}]
        convert[ {amount}] {from_currency} to {to_currency}
        convert[ {amount}][ from {from_currency}][ to {to_currency}]
        conversion[ of {amount}][ from {from_currency}][ to {to_currency}]
        how much is {amount}[ {from_currency}] in {to_currency}
        exchange[ {amount}] {from_currency} to {to_currency}
        {from_currency} to {to_currency}[, {amount}]
        value of {amount} {from_currency}[ in {to_currency}]
    """,
)

STATISTICS = Wording(
    formal_requests="""
        compute[ the {metric}| a statistic]{?column}[ in the {dataset} dataset]
        calculate[ the {metric}| a statistic]{?column}[ for the {dataset} dataset]
        determine[ the {metric}| a summary value]{?column}[ in the {dataset} data]
        report[ the {metric}| one statistic]{?column}[ from the {dataset} data]
        provide[ the {metric}| a statistic]{?column}[ for {dataset}]
        obtain[ the {metric}| a summary value]{?column} from the {dataset} dataset
        analyze the {dataset} dataset and return[ the {metric}| a statistic]{?column}
    """,
    casual_requests="""
        get[ the {metric}| a stat]{?column}[ from {dataset}]
        work out[ the {metric}| a stat]{?column}[ in {dataset}]
        find[ the {metric}| a stat]{?column}[ in the {dataset} data]
        pull[ the {metric}| a stat]{?column}[ from the {dataset} data]
        crunch[ the {metric}| a stat]{?column}[ for {dataset}]
        check[ the {metric}| a stat]{?column}[ in {dataset}]
        take {dataset} and get[ the {metric}| a stat]{?column}
    """,
    formal_sentences="""
        What is the {metric}{?column}[ in the {dataset} dataset]?
        Which value is the {metric}{?column}[ in the {dataset} data]?
        I need[ the {metric}| a statistic]{?column}[ from the {dataset} dataset].
        I require[ the {metric}| a statistic]{?column}[ for {dataset}].
        In the {dataset} dataset, what is the {metric}{?column}?
    """,
    casual_sentences="""
        What's the {metric}{?column}[ in {dataset}]?
        I need[ the {metric}| a quick stat]{?column}[ for the {dataset} data].
        Got[ the {metric}| a stat]{?column} for {dataset}?
        For {dataset}, what's the {metric}{?column}?
        I'm looking at {dataset}, what's[ the {metric}| a good stat]{?column}?
        My boss wants[ the {metric}| a stat]{?column}[ in {dataset}].
    """,
    terse="""
        {metric}{?column}[ in {dataset}]
        {metric}{?column}[, {dataset}]
        [{dataset} ]{metric}{?column}
        {dataset}: [{metric}|stats]{?column}
        [{metric}|stats]{?column} for {dataset}
        compute[ {metric}| stat]{?column}[ in {dataset}]
        get[ {metric}| stat]{?column}[ from {dataset}]
        {dataset} data,[ {metric}| stats]{?column}
        need[ {metric}| stats]{?column}[ from {dataset}]
        stats on {dataset}[, {metric}]{*}
        calc[ {metric}| stats]{?column}[ {dataset}]
    """,
)
