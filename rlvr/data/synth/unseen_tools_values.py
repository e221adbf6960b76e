"""What requests for the unseen tools talk about; cities, dates and amounts are the five tools' held-out ones."""

from random import Random

from rlvr.data.synth.phrasing import lines, words

ROOMS = ("single", "double", "suite")
CUISINES = ("italian", "mexican", "thai", "indian", "greek")
CARRIERS = ("dhl", "ups", "fedex", "usps")
ACCOUNTS = ("checking", "savings")
CAR_CLASSES = ("compact", "midsize", "luxury", "convertible")

DISHES = words("""
    pad thai, chicken curry, veggie burger, ramen, sushi platter, beef burrito, mushroom risotto, lamb kebab,
    falafel wrap, margherita pizza, pepperoni pizza, fish tacos, tomato soup, caesar salad, fried rice, spring rolls,
    lasagna, bibimbap, pho, gyros
""")

STREETS = words("""
    Maple Street, Oak Avenue, Hill Road, Station Road, Church Lane, Mill Street, Park Avenue, King Street,
    Elm Drive, Lake View, Garden Row, Bridge Street, Cedar Court, Sunset Boulevard, Harbor Way, Rose Alley
""")

MEETINGS = lines("""
    {Budget/Design/Safety/Marketing/Hiring/Security} review
    {Team/Project/Client/Board} sync
    {Product/Website/Campaign} kickoff
    {Quarterly/Roadmap/Sprint} planning
    {Contract/Onboarding/Feedback} talk
""")

CHORES = lines("""
    pay the {rent/gas bill/phone bill/school fees}
    call {the dentist/my mother/the bank/the landlord}
    renew my {passport/insurance/gym membership/visa}
    buy {milk/a birthday card/dog food/flowers}
    water the {garden/tomatoes}
    return the {library books/rented tools}
    send the {tax form/thank you note}
    pick up the {dry cleaning/medicine/cake}
""")

INGREDIENTS = words("""
    chicken, salmon, tofu, lentils, eggplant, spinach, mushrooms, shrimp, beef, pumpkin, chickpeas, zucchini,
    potatoes, rice, cauliflower, pork, cod, beans, quinoa, sweet potatoes, feta, avocado, cabbage, leeks, duck
""")

PEOPLE = words("""
    Maria Lopez, John Carter, Aisha Khan, Peter Novak, Lena Fischer, Omar Haddad, Grace Kim, Tom Becker, Nina Rossi,
    Samuel Adeyemi, Julia Meyer, Carlos Diaz, Emma Larsen, Victor Hugo Silva, Priya Nair, Daniel Cohen, Sofia Petrov,
    Lucas Martin, Hannah Wright, Kenji Sato
""")

SONGS = lines("""
    {Midnight/Golden/Silver/Broken/Electric/Paper/Lonely} {River/Summer/Highway/Heart/Garden/Skies}
    Dancing in the {Rain/Kitchen/Moonlight}
    {Letters/Postcards/Echoes} from {Home/Nowhere/the Coast}
    {Stay/Run/Wait} a Little Longer
""")

ARTISTS = words("""
    The Velvet Foxes, Anna Bright, Stone Harbor, DJ Lumen, Marlow and Sons, The Night Owls, Iris Vale, Blue Canyon,
    Rosa Marin, Paper Lions, Theo Grant, The Tin Stars
""")


def tracking_number(rng: Random) -> str:
    """Two letters and eight digits."""
    return "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=2)) + "".join(rng.choices("0123456789", k=8))


def ticker(rng: Random) -> str:
    """Three or four capital letters, made up so that no two data sets share a list of them."""
    return "".join(rng.choices("ABCDEFGHIKLMNOPRSTVWXZ", k=rng.choice((3, 4, 4))))
