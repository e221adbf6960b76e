"""Bounds on what a completion may make the library do. Past a bound the input is malformed, never an exception."""

MAX_COMPLETION_CHARS = 2**17
"""Longest text read for calls, reasoning excluded. What is longer and looks like a call is one malformed call."""

MAX_SPEECH_CHARS = 2**14
"""How much of a text without calls is read: its first and its last half of this many characters."""

MAX_CALLS = 128
"""Calls read from one completion. Further ones count as malformed."""

MAX_TAGS = 128
"""Opening tags followed one by one in one completion; further ones count as malformed calls."""

MAX_EXPECTED_CALLS = 64
"""Calls that one ground truth may hold."""

MAX_ADMISSIBLE_OBJECTS = 512
"""Objects that one argument may be, where its members have alternatives of their own."""

MAX_JSON_DEPTH = 64
"""Nested arrays and objects in one JSON value."""

MAX_PYTHON_LITERALS = 2**13
"""Values inside one pythonic list of calls."""

MAX_JSON_NODES = 2**16
"""Values inside one JSON value that arrives already parsed."""

MAX_INTEGER_DIGITS = 4300
"""Digits in one integer: what Python itself converts by default."""

MAX_REASONING_TAGS = 256
"""Reasoning tags followed one by one. With more, all up to the last closing tag counts as reasoning."""

MAX_END_TOKENS = 1024
"""End-of-turn and padding tokens taken off the end of one completion."""

MAX_MESSAGES = 256
"""Chat messages read from one completion."""

MAX_NORMALISED_CHARS = 2**14
"""Longest string that is compared after Unicode normalisation, which may make it 18 times as long."""

MAX_QUESTIONS = 32
"""Sentences that ask, read from one text."""

MAX_UNORDERED_ITEMS = 64
"""Items of an unordered list compared pair by pair; longer lists are compared by their sorted canonical forms."""

MAX_REASONS = 16
"""Reasons kept in one result."""

MAX_SCHEMA_STEPS = 64
"""Local `$ref`s and combinators followed for one value, before what is left of its schema is read as 'anything'."""

MAX_SCHEMA_EXPANSION = 10_000
"""Schemas that one value may be checked against by way of `$ref`s and combinators."""

MAX_REGEX_BACKTRACKS = 10_000
"""Steps back that a `pattern` with look-around may take on one value."""

NUMBER_TOLERANCE = 1e-9
"""Relative difference under which two non-integral numbers are the same."""

MAX_PHRASE_GAP_WORDS = 6
"""Words that may stand in the gap of a phrase such as `ich kann ... nicht`."""

MAX_PHRASE_GAP_CHARS = 40
"""Characters that may stand in such a gap where words are joined."""

MAX_SENTENCES = 512
"""Sentences read from one text."""

MAX_SENTENCE_CHARS = 2000
"""How much of one sentence is read."""

MAX_ANSWER_WORDS = 2000
"""Words of an answer that are read."""
