"""What a question asks for, held against what is missing."""
from rewards.toolset import Toolset


def question_credit(
    questions: tuple[str, ...], missing: tuple[str, ...], text: str | None, tools: Toolset | None
) -> tuple[float, str | None]:
    """How well the questions ask for what is missing, in [0, 1], and why not wholly."""
    if not missing:
        return 1.0, None
    from rewards.matching import name_words

    said = " ".join(questions)
    hit = [name for name in missing if any(word in said for word in name_words(name))]
    return (1.0, None) if len(hit) == len(missing) else (0.3, "behavior: asks for something else")
