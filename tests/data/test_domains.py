"""The everyday domains: every line can be said, and none is about what the other sets are about."""

import json
from random import Random

import pytest
from synth_sets import rows_of

from rlvr.data.synth.domains import Domain, domains
from rlvr.data.synth.procedural_requests import request
from rlvr.data.synth.procedural_tools import everyday_tool, is_for_the_same, random_toolset, unavailable_tool

EACH = pytest.mark.parametrize("domain", domains(), ids=lambda domain: domain.nouns[0])


@EACH
def test_every_line_carries_every_required_value_and_no_other(domain: Domain) -> None:
    required = {parameter.key for parameter in domain.parameters if parameter.is_required}
    for phrasings in domain.phrasings.values():
        assert {line.source for line in phrasings if line.slots != required} == set()


@EACH
def test_every_required_value_can_be_left_out_in_every_style(domain: Domain) -> None:
    required = {parameter.key for parameter in domain.parameters if parameter.is_required}
    for phrasings in domain.phrasings.values():
        assert required <= frozenset().union(*(line.droppable for line in phrasings))


@EACH
def test_every_optional_value_has_a_clause_of_its_own(domain: Domain) -> None:
    optional = {parameter.key for parameter in domain.parameters if not parameter.is_required}
    assert {names for names, _ in domain.clauses.full} == {(key,) for key in optional}


def test_a_request_says_its_values_and_not_what_it_lacks() -> None:
    rng = Random(2)
    for turn in range(400):
        tool = everyday_tool(rng)
        asked = request(rng, tool, n_missing=turn % 2)
        assert len(asked.missing) == turn % 2
        text = asked.text.lower()
        for value in asked.arguments.values():
            assert str(value).lower() in text or str(value).replace("_", " ").lower() in text, (asked.text, value)


def test_names_of_a_tools_parameters_differ() -> None:
    rng = Random(3)
    for _ in range(2000):
        tool = everyday_tool(rng)
        assert len({argument.name for argument in tool.arguments}) == len(tool.arguments)


def test_two_tools_on_offer_are_never_for_the_same_and_an_unavailable_one_is_for_something_else() -> None:
    rng = Random(4)
    for _ in range(1000):
        tools = random_toolset(rng)
        assert not any(is_for_the_same(tool, tools[:i]) for i, tool in enumerate(tools))
        assert not is_for_the_same(unavailable_tool(rng, tools), tools)


def test_no_line_is_one_of_the_held_out_sets() -> None:
    own = {line.source for domain in domains() for lines in domain.phrasings.values() for line in lines}
    for which in ("same tools", "unseen"):
        assert not own & {row.extra_info["phrasing"] for row in rows_of(which)}
        texts = {json.dumps(row.prompt[-1]["content"]) for row in rows_of(which)}
        assert not own & texts
