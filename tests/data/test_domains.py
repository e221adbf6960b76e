"""The everyday domains: every line can be said, and none is about what the other sets are about."""

import json
from random import Random

import pytest
from synth_sets import rows_of

from rlvr.data.synth.domains import Domain, domains
from rlvr.data.synth.made_up import everyday_tool, is_for_the_same, toolset, unavailable_tool

EACH = pytest.mark.parametrize("domain", domains(), ids=lambda domain: domain.nouns[0])


@EACH
def test_every_line_carries_every_required_value_and_no_other(domain: Domain) -> None:
    required = {parameter.key for parameter in domain.parameters if parameter.is_required}
    for lines in domain.lines.values():
        assert {line.text for line in lines if line.taken_apart.slots != required} == set()


@EACH
def test_every_required_value_can_be_left_out_in_every_style(domain: Domain) -> None:
    required = {parameter.key for parameter in domain.parameters if parameter.is_required}
    for lines in domain.lines.values():
        assert required <= frozenset().union(*(line.taken_apart.droppable for line in lines))


@EACH
def test_every_optional_value_has_a_clause_of_its_own(domain: Domain) -> None:
    optional = {parameter.key for parameter in domain.parameters if not parameter.is_required}
    assert {names for names, _ in domain.clauses.full} == {(key,) for key in optional}


def test_names_of_a_tools_parameters_differ() -> None:
    rng = Random(3)
    for _ in range(2000):
        tool = everyday_tool(rng)
        assert len(set(tool.parameter_of.values())) == len(tool.parameter_of)


def test_two_tools_on_offer_are_never_for_the_same_and_an_unavailable_one_is_for_something_else() -> None:
    rng = Random(4)
    for _ in range(1000):
        tools = toolset(rng)
        assert not any(is_for_the_same(tool, tools[:i]) for i, tool in enumerate(tools))
        assert not is_for_the_same(unavailable_tool(rng, tools), tools)


def test_no_line_is_one_of_the_held_out_sets() -> None:
    own = {line.text for domain in domains() for lines in domain.lines.values() for line in lines}
    for which in ("same tools", "unseen"):
        assert not own & {row.extra_info["phrasing"] for row in rows_of(which)}
        texts = {json.dumps(row.prompt[-1]["content"]) for row in rows_of(which)}
        assert not own & texts
