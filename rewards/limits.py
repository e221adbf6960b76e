"""Bounds on what a completion may make the library do. Past a bound the input is malformed, never an exception."""

# completions
MAX_COMPLETION_CHARS = 2**17  # of a text read for calls, without reasoning; a longer one with a mark is one bad call
MAX_MESSAGES = 256  # chat messages read from one completion
MAX_CALLS = 128  # calls read from one completion; further ones count as malformed
MAX_TAGS = 128  # opening tags followed one by one in one completion; further ones count as malformed calls
MAX_REASONING_TAGS = 256  # followed one by one; with more, all up to the last closing tag counts as reasoning
MAX_END_TOKENS = 1024  # end-of-turn and padding tokens taken off the end of one completion
MAX_PYTHON_LITERALS = 2**13  # values inside one pythonic list of calls

# JSON
MAX_JSON_DEPTH = 64  # nested arrays and objects in one JSON value
MAX_JSON_NODES = 2**16  # values inside one JSON value that arrives already parsed
MAX_INTEGER_DIGITS = 4300  # digits in one integer: what Python itself converts by default

# ground truths and schemas
MAX_EXPECTED_CALLS = 64  # calls that one ground truth may hold
MAX_ADMISSIBLE_OBJECTS = 512  # objects that one argument may be, where its members have alternatives of their own
MAX_SCHEMA_STEPS = 64  # `$ref`s and combinators followed for one value; what is left of its schema then admits anything
MAX_SCHEMA_EXPANSION = 10_000  # schemas that one value may be checked against by way of `$ref`s and combinators
MAX_REGEX_BACKTRACKS = 10_000  # steps back that a `pattern` with look-around may take on one value

# equal values
MAX_NORMALISED_CHARS = 2**14  # of a string compared after Unicode normalisation, which may make it 18 times as long
MAX_UNORDERED_ITEMS = 64  # of an unordered list compared pair by pair; longer ones are compared by their sorted forms
NUMBER_TOLERANCE = 1e-9  # relative difference under which two non-integral numbers are the same

# texts
MAX_SPEECH_CHARS = 2**14  # how much of a text without calls is read: half of it from its beginning, half from its end
MAX_SENTENCES = 512  # sentences read from one text
MAX_SENTENCE_CHARS = 2000  # how much of one sentence is read
MAX_QUESTIONS = 32  # sentences that ask, read from one text
MAX_ANSWER_WORDS = 2000  # words of an answer that are read
MAX_FACTS = 256  # dates, hours, amounts and other facts of an answer that are held against the reference
MAX_CHOICES = 16  # words such as `or` beside which an answer is looked at for values to choose from
MAX_PHRASE_GAP_WORDS = 6  # words that may stand in the gap of a phrase such as `ich kann ... nicht`
MAX_PHRASE_GAP_CHARS = 40  # characters that may stand in such a gap where words are joined

MAX_REASONS = 16  # kept in one result
