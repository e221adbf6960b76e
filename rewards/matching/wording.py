"""Words by which a parameter shows whether people or machines read its values."""

NAMES_FOR_PEOPLE = frozenset(
    # where
    "address area avenue borough building city continent country county destination district landmark location "
    "neighborhood neighbourhood office place province region room state street suburb town venue village "
    # who
    "actor actress artist attendee author band colleague composer customer director doctor employee friend guest "
    "manager nickname participant passenger patient person player recipient sender singer student surname teacher team "
    # what is said
    "agenda answer biography caption comment description feedback greeting headline memo message note occasion "
    "question reason remark reminder review subject summary theme title topic "
    # what people call things
    "airline airport album animal book brand college company cuisine dish drink employer event film food game genre "
    "holiday hotel ingredient meal movie museum novel organisation organization park recipe restaurant school song "
    "sport university".split()
)
"""A name with one of these, singular or plural, shows words for a person, unless another word of it is technical."""

AMBIGUOUS_NAMES = frozenset("name text body content label".split())
"""A name with one of these does so where the description has a word of `NAMES_FOR_PEOPLE`."""

PARTS_OF_NAMES = frozenset("first last full middle family maiden".split())
"""With `name`, these show a person's."""

TECHNICAL = frozenset(
    "abbreviation acronym base64 branch checksum code command commit css csv directory dns domain exact exactly "
    "expression file filename folder formula guid handle hash hostname html iata icao id identifier iso json key "
    "literal literally locale login markdown mime password passwd path pattern pin query raw regex regexp "
    "script secret sensitive sequence shell signature sku slug smiles sql symbol syntax tag ticker timezone token uid "
    "uri url urn username uuid verbatim version xml xpath yaml".split()
)
"""A name or a description with one of these shows a value that a machine reads."""

TECHNICAL_NAMES = frozenset(
    "app args argument attribute class column config currency database dir env field flag format function host ip lang "
    "language link mac memory method mode module number option package port program property repo repository schema "
    "table type unit user variable wallet".split()
)
"""A name with one of these does too; descriptions use such words of anything."""
