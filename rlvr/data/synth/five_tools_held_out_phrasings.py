"""How people ask for the five tools in the held-out set: no line and no opening of the training phrasings."""

from rlvr.data.synth.phrasing import lines
from rlvr.data.synth.tool import Openings, Wording

OPENINGS = Openings(
    formal=lines("""
        I kindly request that you ~.
        Would you be so kind as to ~?
        Could I trouble you to ~?
        I should be glad if you would ~.
        Might I request that you ~?
        It would help me greatly if you could ~.
        If you would, please ~.
    """),
    casual=lines("""
        Any chance you can ~?
        Do me a favor and ~.
        Mind if I ask you to ~?
        Yo, can you ~?
        Alright, ~.
        Okay so please ~.
        Think you could ~?
        ~ when you get a sec.
    """),
    terse=lines("""
        ~
        ~ asap
        want to ~
        gotta ~
        could u ~
    """),
)

WEATHER = Wording(
    formal_requests="""
        describe the upcoming weather[ in {city}]
        consult the forecast[ for {city}]
        summarize the weather outlook[ for {city}]
        state the predicted weather[ in {city}]
    """,
    casual_requests="""
        take a peek at the forecast[ for {city}]
        find out what it's like outside[ in {city}]
        dig up the weather[ for {city}]
        give me the lowdown on the weather[ in {city}]
    """,
    formal_sentences="""
        I am interested in the weather[ in {city}].
        What conditions does the forecast[ for {city}] show?
        What are the meteorological conditions[ in {city}]?
    """,
    casual_sentences="""
        Is it gonna be sunny[ in {city}]?{!units}
        Sunny or rainy[ in {city}]?{!units}
        What should I wear[ in {city}], weather wise?
        How hot does it get[ in {city}]?
    """,
    terse="""
        how's weather[ in {city}]
        will it be warm[ in {city}]
        [{city} ]temps
        weather outlook[ {city}]
        show weather[ for {city}]
    """,
)

FLIGHTS = Wording(
    formal_requests="""
        locate a flight[ from {origin}][ to {destination}][ on {departure_date}]
        review the flights offered[ from {origin}][ to {destination}][ on {departure_date}]
        display flights[ leaving {origin}][ bound for {destination}][ on {departure_date}]
        arrange a flight search[ from {origin}][ to {destination}][ for {departure_date}]
    """,
    casual_requests="""
        hunt down a flight[ from {origin}][ to {destination}][ on {departure_date}]
        scout flights[ from {origin}][ to {destination}][ on {departure_date}]
        find some seats on a plane[ from {origin}][ to {destination}][ on {departure_date}]
        dig up flights[ to {destination}][ from {origin}][ on {departure_date}]
    """,
    formal_sentences="""
        I intend to fly[ from {origin}][ to {destination}][ on {departure_date}].
        Do any airlines fly[ from {origin}][ to {destination}][ on {departure_date}]?
        My journey begins[ in {origin}][ on {departure_date}][ and ends in {destination}]; which flights exist?
    """,
    casual_sentences="""
        Trying to get[ from {origin}][ to {destination}| away][ on {departure_date}] by plane.
        What planes leave[ from {origin}][ for {destination}][ on {departure_date}]?
        We're off[ to {destination}][ from {origin}][ on {departure_date}]{*}, got flights?
        Looking to fly[ from {origin}][ to {destination}][ on {departure_date}].
    """,
    terse="""
        plane[ from {origin}][ to {destination}][ {departure_date}]
        airfare[ from {origin}][ to {destination}][ {departure_date}]
        show flights[ from {origin}][ to {destination}][ {departure_date}]
        {origin} to {destination} by air[ {departure_date}]
        list flights[ to {destination}][ from {origin}][ on {departure_date}]
    """,
)

TRANSLATION = Wording(
    formal_requests="""
        supply[ "{text}"| a text] in {target_language}
        restate[ "{text}"| a sentence] in {target_language}
        produce a translation[ of "{text}"]{?source_language}[ into {target_language}]
        have[ the words "{text}"| some words] translated{?source_language}[ into {target_language}]
    """,
    casual_requests="""
        flip[ "{text}"| a phrase]{?source_language} into {target_language}
        write[ "{text}"| a message] in {target_language}
        figure out the[ {target_language}] translation[ for "{text}"]
        get[ "{text}"| something] translated{?source_language}[ into {target_language}]
    """,
    formal_sentences="""
        How would one express[ "{text}"| a thought][ in {target_language}| in another language]?{!source_language}
        What would be the[ {target_language}] wording[ for "{text}"| for a sentence]?{!formality}
        My colleague reads {target_language}; please translate[ "{text}"| a sentence].
    """,
    casual_sentences="""
        How'd[ "{text}"| this] sound[ in {target_language}| in another language]?{!source_language}
        How'd you put[ "{text}"| a line][ in {target_language}| in another language]?{!source_language}
        So how does[ "{text}"| my line] go[ in {target_language}| in another language]?{!source_language}
        I want[ "{text}"| a text] translated{?source_language}[ into {target_language}].
    """,
    terse="""
        say[ "{text}"| something] in {target_language}{!source_language}
        render[ "{text}"]{?source_language} in {target_language}
        put into {target_language}{*}[: "{text}"]
        translating[ "{text}"]{?source_language}[ to {target_language}]
        translated version[ of "{text}"][ in {target_language}]
    """,
)

CURRENCY = Wording(
    formal_requests="""
        work out the worth of {amount}[ {from_currency}] in {to_currency}
        state what[ {amount}| an amount in] {from_currency} comes to[ in {to_currency}| in another currency]
        change a sum[ of {amount}][ from {from_currency}][ to {to_currency}]
        give me the value of {amount}[ {from_currency}][ in {to_currency}]
    """,
    casual_requests="""
        see what[ {amount}| my] {from_currency} gets me[ in {to_currency}| in another currency]
        flip {amount}[ {from_currency}] into {to_currency}
        run the numbers on[ {amount}| some] {from_currency}[ to {to_currency}]
        tell me what {amount}[ {from_currency}] comes to in {to_currency}
    """,
    formal_sentences="""
        To how many {to_currency} do {amount}[ {from_currency}] amount?
        What sum in {to_currency} equals[ {amount}| my] {from_currency}?
        I hold[ {amount}| some] {from_currency} and need the value[ in {to_currency}| in another currency].
    """,
    casual_sentences="""
        If I swap {amount}[ {from_currency}][ for {to_currency}], how much do I get?
        What would[ {amount}| my] {from_currency} be[ in {to_currency}| in another currency]?
        Say I've {amount}[ {from_currency}], what's it in {to_currency}?
        So {amount}[ {from_currency}] is how many {to_currency}?
    """,
    terse="""
        swap[ {amount}] {from_currency} for {to_currency}
        {amount}[ {from_currency}] as {to_currency}
        worth of {amount} {from_currency}[ in {to_currency}]
        price[ of {amount}][ from {from_currency}] in {to_currency}
        [{amount} ]{from_currency} into {to_currency}
    """,
)

STATISTICS = Wording(
    formal_requests="""
        evaluate[ the {metric}| a statistic]{?column}[ over the {dataset} dataset]
        derive[ the {metric}| a summary figure]{?column}[ from the {dataset} data]
        examine {dataset} and state[ the {metric}| a statistic]{?column}
        supply[ the {metric}| a figure]{?column}[ for the {dataset} dataset]
    """,
    casual_requests="""
        give me[ the {metric}| a figure]{?column}[ out of {dataset}]
        figure out[ the {metric}| a stat]{?column}[ for {dataset}]
        run[ the {metric}| a stat]{?column}[ on {dataset}]
        dig[ the {metric}| a figure]{?column} out of {dataset}
    """,
    formal_sentences="""
        For my report I need[ the {metric}| a figure]{?column}[ from {dataset}].
        Concerning {dataset}, what is the {metric}{?column}?
        What value does the {metric}{?column} take[ in {dataset}]?
    """,
    casual_sentences="""
        So what's the {metric}{?column}[ over in {dataset}]?
        I'm curious about[ the {metric}| a stat]{?column}[ in {dataset}].
        In {dataset}, what's[ the {metric}| a useful stat]{?column}?
        Gimme[ the {metric}| a stat]{?column}[ for {dataset}].
    """,
    terse="""
        show[ {metric}| stats]{?column}[ from {dataset}]
        {metric} wanted{?column}[, {dataset}]
        from {dataset},[ {metric}| stats]{?column}
        [{metric}|stats]{?column} across {dataset}
        run[ {metric}| stats]{?column}[ on {dataset}]
    """,
)
