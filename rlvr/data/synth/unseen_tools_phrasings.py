"""How people ask for the ten unseen tools; the marks are those of `phrasing.py`."""

from rlvr.data.synth.tool import Wording

HOTEL = Wording(
    formal_requests="""
        book a hotel room[ in {hotel_city}][ from {check_in}][ for {nights:night}]
        reserve a room at a hotel[ in {hotel_city}][, arriving on {check_in}][, for {nights:night}]
        secure accommodation[ in {hotel_city}][ for {nights:night}][ starting {check_in}]
    """,
    casual_requests="""
        get me a hotel[ in {hotel_city}][ for {nights:night}][ from {check_in}]
        book me a room[ in {hotel_city}][, checking in on {check_in}][, {nights:night}]
        sort out a place to sleep[ in {hotel_city}][ from {check_in}][ for {nights:night}]
    """,
    formal_sentences="""
        We require lodging[ in {hotel_city}][ from {check_in}][ for {nights:night}].
        My stay[ in {hotel_city}] begins[ on {check_in}| soon][ and lasts {nights:night}]; please book a hotel room.
    """,
    casual_sentences="""
        Need a hotel room[ in {hotel_city}][ from {check_in}][, {nights:night}].
        I'm staying[ in {hotel_city}][ from {check_in}][ for {nights:night}], book me a room.
        I'll sleep over[ in {hotel_city}][ for {nights:night}][ starting {check_in}]{*}, can you reserve a hotel room?
    """,
    terse="""
        hotel[ {hotel_city}][ {check_in}][ {nights:night}]
        book room[ in {hotel_city}][ from {check_in}][, {nights:night}]
        [{nights:night} ]hotel[ in {hotel_city}][ from {check_in}]
        room reservation[, {hotel_city}][, {check_in}][, {nights:night}]
    """,
)

MEAL = Wording(
    formal_requests="""
        order[ {quantity:portion} of| some] {dish}[ to {delivery_address}]
        place an order[ for {quantity:portion}][ of {dish}][, to be delivered to {delivery_address}]
        arrange delivery[ of {dish}][, quantity {quantity},][ to {delivery_address}]
    """,
    casual_requests="""
        order {quantity:portion}[ of {dish}| of the usual][ to {delivery_address}]
        get {quantity:serving}[ of {dish}] sent[ to {delivery_address}]
        send[ {quantity:portion} of| some] {dish}[ over to {delivery_address}]
    """,
    formal_sentences="""
        We should like[ {quantity:serving} of| some] {dish} brought[ to {delivery_address}| to us].
        Please have[ {dish}| a meal] delivered[ to {delivery_address}][, {quantity} in total].
    """,
    casual_sentences="""
        I'm starving, order[ {quantity:plate} of| some] {dish}[ to {delivery_address}].
        We're hungry, get[ {quantity:portion} of| us some] {dish}[ to {delivery_address}].
        Craving[ {dish}| something tasty], bring {quantity:portion}[ to {delivery_address}].
    """,
    terse="""
        order[ {quantity:portion}] {dish}[ to {delivery_address}]
        {quantity:portion}[ of {dish}| of food][ to {delivery_address}]
        [{quantity:portion} ]{dish} delivered[ to {delivery_address}]
        food order[: {dish}][, {quantity:portion}][, {delivery_address}]
    """,
)

MEETING = Wording(
    formal_requests="""
        schedule a meeting[ titled "{title}"][ on {meeting_date}]
        arrange a meeting[ called "{title}"][ for {meeting_date}]
        enter[ "{title}"| a meeting] in the calendar[ on {meeting_date}]
    """,
    casual_requests="""
        set up a meeting[ called "{title}"][ on {meeting_date}]
        put[ "{title}"| a meeting] on my calendar[ on {meeting_date}]
        block time for[ "{title}"| a meeting][ on {meeting_date}]
    """,
    formal_sentences="""
        The team must meet[ on {meeting_date}]; please schedule it[ as "{title}"].
        I would like a meeting[ named "{title}"] on the calendar[ for {meeting_date}].
    """,
    casual_sentences="""
        We need to meet[ on {meeting_date}][, call it "{title}"].
        Let's all meet up[ on {meeting_date}][ for "{title}"].
        Can we pencil in[ "{title}"| a meeting][ on {meeting_date}]?
    """,
    terse="""
        meeting[ "{title}"][ {meeting_date}]
        schedule[ "{title}"| meeting][ on {meeting_date}]
        new meeting[: "{title}"][, {meeting_date}]
        calendar[: "{title}"| meeting][ {meeting_date}]
    """,
)

REMINDER = Wording(
    formal_requests="""
        remind me[ on {remind_on}][ to {reminder_text}]
        set a reminder[ to {reminder_text}][ on {remind_on}]
        see that I am reminded[ to {reminder_text}][ on {remind_on}]
    """,
    casual_requests="""
        set a reminder[ for {remind_on}][ to {reminder_text}]
        nudge me[ to {reminder_text}][ on {remind_on}]
        ping me[ on {remind_on}][ to {reminder_text}]
    """,
    formal_sentences="""
        I must[ {reminder_text}| do something important][ on {remind_on}]; please remind me.
        A reminder[ to {reminder_text}] is needed[ on {remind_on}].
    """,
    casual_sentences="""
        Don't let me forget[ to {reminder_text}][ on {remind_on}].
        I always forget things, remind me[ to {reminder_text}][ on {remind_on}].
        I have to[ {reminder_text}| do something][ on {remind_on}], so remind me.
    """,
    terse="""
        reminder[ {remind_on}][: {reminder_text}]
        remind me[ to {reminder_text}][ on {remind_on}]
        remind[ {remind_on}][ {reminder_text}| me]
        set reminder[: {reminder_text}][, {remind_on}]
    """,
)

RECIPE = Wording(
    formal_requests="""
        find a recipe[ with {ingredient}]
        suggest a recipe[ that uses {ingredient}]
        recommend something to cook[ with {ingredient}]
    """,
    casual_requests="""
        find me something to cook[ with {ingredient}]
        dig up a recipe[ for {ingredient}]
        come up with a dinner recipe[ using {ingredient}]
    """,
    formal_sentences="""
        Which recipe can be prepared[ with {ingredient}]?
        A recipe[ featuring {ingredient}]{*} would be welcome.
    """,
    casual_sentences="""
        What can I cook[ with {ingredient}]?
        Got a good recipe[ for {ingredient}]?
        There's[ {ingredient}| stuff] in the fridge, any recipe?
    """,
    terse="""
        recipe[ with {ingredient}]
        [{ingredient} ]recipe
        cook[ {ingredient}| something]
        dinner idea[, {ingredient}]
    """,
)

PACKAGE = Wording(
    formal_requests="""
        track the package[ with number {tracking_number}]
        locate the parcel[ {tracking_number}| that I expect]
        report the delivery status[ of {tracking_number}| of my parcel]
    """,
    casual_requests="""
        track[ {tracking_number}| my package]
        see where my package[ {tracking_number}] is
        look into my parcel[, number {tracking_number}]
    """,
    formal_sentences="""
        Where is the parcel[ {tracking_number}| I ordered] at present?{!carrier}
        My shipment[ {tracking_number}]{*} has not arrived; where is it?
    """,
    casual_sentences="""
        Where's my package[ {tracking_number}]{*}?
        Has[ {tracking_number}| my parcel] been delivered yet?{!carrier}
        My order[ {tracking_number}]{*} is late, where's it at?
    """,
    terse="""
        track[ {tracking_number}| package]
        package[ {tracking_number}| status]
        where is[ {tracking_number}| parcel]
        parcel status[ {tracking_number}]
    """,
)

TRANSFER = Wording(
    formal_requests="""
        transfer[ {transfer_amount} dollars| money][ to {recipient}]
        send a payment[ of {transfer_amount} dollars][ to {recipient}]
        remit[ {transfer_amount} dollars| some funds][ to {recipient}]
    """,
    casual_requests="""
        send[ {transfer_amount} bucks| some money][ to {recipient}]
        wire[ {transfer_amount} dollars| some cash][ over to {recipient}]
        pay[ {recipient}| someone][ {transfer_amount} dollars| back]
    """,
    formal_sentences="""
        A sum[ of {transfer_amount} dollars] is to be paid[ to {recipient}].
        I owe[ {recipient}| a friend][ {transfer_amount} dollars| money]; please transfer it.
    """,
    casual_sentences="""
        I owe[ {recipient}| a buddy][ {transfer_amount} bucks| some money], send it over.
        Shoot[ {transfer_amount} dollars| some cash][ to {recipient}].
        Time to pay[ {recipient}| up][ the {transfer_amount} dollars I owe].
    """,
    terse="""
        transfer[ {transfer_amount}| money][ to {recipient}]
        send[ {transfer_amount} dollars| money][ to {recipient}]
        pay[ {recipient}| someone][ {transfer_amount}]
        payment[ of {transfer_amount}][ to {recipient}]
    """,
)

STOCK = Wording(
    formal_requests="""
        quote the share price[ of {ticker}]
        obtain the stock price[ of {ticker}]
        look up the price of[ the {ticker} stock| a stock]
    """,
    casual_requests="""
        check the stock price[ of {ticker}]
        see what[ {ticker}| my] shares cost
        grab the price of[ {ticker} stock| a stock]
    """,
    formal_sentences="""
        At what price did[ {ticker}| the] stock trade?
        What was the share price[ of {ticker}]?
    """,
    casual_sentences="""
        How much was[ {ticker}| my] stock?
        What's[ {ticker}| my stock] trading at?{!price_date}
        How much were[ {ticker}| my] shares?
    """,
    terse="""
        [{ticker} ]stock price
        stock[ {ticker}| price]
        price of[ {ticker}| a] share
        [{ticker} ]shares, price
    """,
)

SONG = Wording(
    formal_requests="""
        play the song[ "{song_title}"]
        put on[ "{song_title}"| a song]
        start the playback[ of "{song_title}"| of a song]
    """,
    casual_requests="""
        play[ "{song_title}"| a song]
        throw on[ "{song_title}"| a tune]
        queue up[ "{song_title}"| some music]
    """,
    formal_sentences="""
        I should like to hear[ "{song_title}"| a song].
        The song[ "{song_title}"| that I have in mind] would be pleasant now; please play it.
    """,
    casual_sentences="""
        I wanna hear[ "{song_title}"| a song].
        I'm in the mood for[ "{song_title}"| a song].
        Let's listen to[ "{song_title}"| a song].
    """,
    terse="""
        play[ "{song_title}"| song]
        song[ "{song_title}"| please]
        ["{song_title}", |song, ]play it
        music:[ "{song_title}"| one song]
    """,
)

CAR = Wording(
    formal_requests="""
        rent a car[ in {pickup_city}][ from {pickup_date}][ for {rental_days:day}]
        reserve a rental car[ in {pickup_city}][ for {rental_days:day}][ from {pickup_date}]
        hire a vehicle[ in {pickup_city}][ on {pickup_date}][ for {rental_days:day}]
    """,
    casual_requests="""
        rent a car[ in {pickup_city}][ for {rental_days:day}][ starting {pickup_date}]
        get me a rental[ in {pickup_city}][ on {pickup_date}][ for {rental_days:day}]
        line up a rental car[ in {pickup_city}][ from {pickup_date}][ for {rental_days:day}]
    """,
    formal_sentences="""
        A rental car is needed[ in {pickup_city}][ from {pickup_date}][ for {rental_days:day}].
        I wish to rent a car[ in {pickup_city}][ on {pickup_date}][ for {rental_days:day}].
    """,
    casual_sentences="""
        Need some wheels[ in {pickup_city}][ from {pickup_date}][ for {rental_days:day}].
        I'll be driving around[ {pickup_city}][ from {pickup_date}][ for {rental_days:day}], rent me a car.
        We need a car[ in {pickup_city}][ for {rental_days:day}][ from {pickup_date}].
    """,
    terse="""
        rental car[ {pickup_city}][ {pickup_date}][ {rental_days:day}]
        rent car[ in {pickup_city}][ from {pickup_date}][ for {rental_days:day}]
        car hire[ {pickup_city}][, {pickup_date}][, {rental_days:day}]
        [{rental_days:day} ]car rental[ in {pickup_city}][ from {pickup_date}]
    """,
)
