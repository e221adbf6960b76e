"""What a row asks for, before anyone says it: the calls that are wished for, and what has happened since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rewards import GroundTruth
    from rlvr.data.synth.any_tools.parameters import Parameter
    from rlvr.data.synth.any_tools.scenes import Scene
    from rlvr.data.synth.any_tools.spoken import SpokenTool


class Wish(NamedTuple):
    """One call that a request asks for.

    Args:
        tool: of the call.
        stated: the arguments that the request states.
        link: a parameter whose value comes from the result of the wish before.
    """

    tool: SpokenTool
    stated: Mapping[str, Any]
    link: Parameter | None = None


class Task(NamedTuple):
    """What a row is made of, apart from its words.

    Args:
        scene: the tools that are offered.
        truth: what is right.
        wishes: what the request asks for, in its order.
        topic: what it asks for where no tool's arguments are in it: a verb phrase, or with `is_whole` a whole sentence.
        is_whole: whether the topic is a sentence that takes no opening.
        history: what has happened since the request.
        given: the arguments that the request states, where a question or a refusal is right.
    """

    scene: Scene
    truth: GroundTruth
    wishes: tuple[Wish, ...] = ()
    topic: str = ""
    is_whole: bool = False
    history: tuple[dict[str, Any], ...] = ()
    given: Mapping[str, Any] | None = None
