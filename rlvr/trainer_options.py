"""The options of TRL's trainers, read from its source: names and values are checked without loading TRL, or torch.

TRL takes seconds to load and checks no types: a learning rate of "fast" would be noticed after the model is loaded and
the base evaluated.
"""

from __future__ import annotations

import ast
import importlib.util
import math
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rlvr import processes
from rlvr.errors import UserError, unknown

SET_ELSEWHERE: Mapping[str, str | None] = {
    "output_dir": "run_dir",
    "resume_from_checkpoint": "resume",
    "seed": "seed",
    "bf16": "hardware.bf16",
    "use_cpu": "hardware.use_cpu",
    "use_vllm": "rollout.backend",
    "report_to": "tracking.to",
    "remove_unused_columns": None,
    "disable_tqdm": None,
}
"""What a run decides for all its stages, and where the user decides it instead."""

# Where the classes are defined, the trainers' own first: (package, file).
_SOURCES = {
    "GRPOConfig": ("trl", "trainer/grpo_config.py"),
    "SFTConfig": ("trl", "trainer/sft_config.py"),
    "DPOConfig": ("trl", "trainer/dpo_config.py"),
    "KTOConfig": ("trl", "trainer/kto_config.py"),
    "_BaseConfig": ("trl", "trainer/base_config.py"),
    "TrainingArguments": ("transformers", "training_args.py"),
    "OptimizerNames": ("transformers", "training_args.py"),
    "SchedulerType": ("transformers", "trainer_utils.py"),
    "IntervalStrategy": ("transformers", "trainer_utils.py"),
    "SaveStrategy": ("transformers", "trainer_utils.py"),
    "HubStrategy": ("transformers", "trainer_utils.py"),
}

# Texts that TRL compares with only when it trains.
_CHOICES: Mapping[tuple[str, str], tuple[Any, ...]] = {
    ("GRPOConfig", "loss_type"): ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"),
    ("GRPOConfig", "importance_sampling_level"): ("token", "sequence"),
    ("GRPOConfig", "scale_rewards"): ("group", "batch", "none", True, False),
    ("GRPOConfig", "multi_objective_aggregation"): ("sum_then_normalize", "normalize_then_sum"),
    ("GRPOConfig", "vllm_mode"): ("server", "colocate"),
    ("SFTConfig", "loss_type"): ("nll", "dft", "chunked_nll"),
    ("DPOConfig", "loss_type"): (
        *("sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired"),
        *("apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm"),
    ),
    ("KTOConfig", "loss_type"): ("kto", "apo_zero_unpaired"),
    # Declared as text for the command line, and read as true or false.
    ("TrainingArguments", "fsdp"): (True, False),
}

_AT_LEAST = {
    **dict.fromkeys(
        [
            *("per_device_train_batch_size", "gradient_accumulation_steps", "max_completion_length", "max_length"),
            *("num_iterations", "steps_per_generation", "generation_batch_size", "save_total_limit"),
        ],
        1,
    ),
    "num_generations": 2,
    **dict.fromkeys(
        [
            *("learning_rate", "weight_decay", "max_grad_norm", "warmup_steps", "warmup_ratio", "beta", "epsilon"),
            *("epsilon_high", "delta", "logging_steps", "adam_beta1", "adam_beta2", "min_p", "label_smoothing"),
            *("top_entropy_quantile", "dataloader_num_workers"),
        ],
        0,
    ),
}
_ABOVE = dict.fromkeys(["num_train_epochs", "temperature", "top_p", "adam_epsilon", "save_steps"], 0)
_AT_MOST = dict.fromkeys(["top_p", "min_p", "warmup_ratio", "top_entropy_quantile"], 1)
_BELOW = dict.fromkeys(["adam_beta1", "adam_beta2", "label_smoothing"], 1)
_LIMITS = (
    (_AT_LEAST, operator.lt, "less than"),
    (_ABOVE, operator.le, "not above"),
    (_AT_MOST, operator.gt, "more than"),
    (_BELOW, operator.ge, "not below"),
)
"""Limits of numbers by their names, with what tells that one is past its limit."""

_WHERE_CALLS_ARE_CONSTRAINED: Mapping[str, tuple[Any, str]] = {
    "vllm_mode": ("colocate", "a server takes one grammar for all prompts"),
    "vllm_tensor_parallel_size": (1, "prompts are then gathered without their tools"),
    "vllm_structured_outputs_regex": (None, "a completion follows one grammar"),
    "vllm_importance_sampling_correction": (True, "the loss has to be weighed by what the grammar forbids"),
}
"""What these options of GRPOConfig have to be, and why."""

_SAID = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list, as in [a,b]",
    "dict": "a mapping, as in {a: 1}",
}


@dataclass(frozen=True)
class Option:
    """One option of a trainer.

    Args:
        kinds: the types it takes, as the source writes them: int, float, bool, str, list, dict, None, or a class.
        choices: the texts it takes, empty for any.
        sentence: what TRL says of it first.
    """

    kinds: tuple[str, ...]
    choices: tuple[Any, ...] = ()
    sentence: str = ""


def why_not_constrained(args: Mapping[str, Any]) -> str | None:
    """Return which of GRPOConfig's options does not go with calls that are constrained; None where all do."""
    for name, (needed, reason) in _WHERE_CALLS_ARE_CONSTRAINED.items():
        if args.get(name, needed) != needed:
            return f"{name}: {args[name]} does not go with constrained calls: {reason}; it has to be {needed}"
    return None


def check(trainer: str, key: str, args: Mapping[str, Any]) -> None:
    """Check the names and the values of what a user passes through to a trainer.

    Args:
        trainer: the name of TRL's configuration class, such as GRPOConfig.
        key: where the user sets them, such as `training.args`.
        args: what the user set there.

    Raises:
        UserError: a name that the class does not take or that the run sets itself, a value of another type or out of
            its range. Nothing is said where TRL is not installed.
    """
    options = options_of(trainer)
    for name, value in args.items():
        if options and name not in options:
            raise UserError(f"{key}: {unknown('option', name, options, place=f'trl.{trainer} takes')}")
        if name in SET_ELSEWHERE:
            elsewhere = SET_ELSEWHERE[name]
            remedy = f"set {elsewhere} instead" if elsewhere else "leave it out"
            raise UserError(f"{key}.{name}: the run decides this for all its stages; {remedy}")
        if options:
            _check_type(f"{key}.{name}", value, options[name])
        _check_range(f"{key}.{name}", name, value)
    if trainer == "GRPOConfig":
        _check_groups(key, args)


@lru_cache
def options_of(trainer: str) -> Mapping[str, Option]:
    """Return the options of one of TRL's configuration classes by name; empty where TRL is not installed."""
    found: dict[str, Option] = {}
    for owner in _lineage(trainer):
        for name, field in _fields(owner):
            kinds = tuple(_kinds(field.annotation))
            found.setdefault(name, Option(kinds, _choices(owner, name, kinds), _sentence(field)))
    return found


def _lineage(name: str) -> Iterator[str]:
    """Yield a class and those that it inherits from, nearest first."""
    while name in _SOURCES and (body := _class(name)) is not None:
        yield name
        name = next(map(ast.unparse, body.bases), "")


def _fields(owner: str) -> Iterator[tuple[str, ast.AnnAssign]]:
    for statement in _statements(owner):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement


def _kinds(annotation: ast.expr) -> Iterator[str]:
    if isinstance(annotation, ast.BinOp):
        yield from _kinds(annotation.left)
        yield from _kinds(annotation.right)
    elif isinstance(annotation, ast.Subscript):
        yield ast.unparse(annotation.value)
    else:
        yield ast.unparse(annotation)


def _sentence(field: ast.AnnAssign) -> str:
    """Return the first sentence of a field's help, `field(metadata={"help": "..."})`."""
    keywords = field.value.keywords if isinstance(field.value, ast.Call) else []
    metadata = next((keyword.value for keyword in keywords if keyword.arg == "metadata"), None)
    if not isinstance(metadata, ast.Dict):
        return ""
    for key, value in zip(metadata.keys, metadata.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "help" and isinstance(value, ast.Constant):
            return " ".join(str(value.value).split()).replace("%%", "%").partition(". ")[0].rstrip(".") + "."
    return ""


def _choices(owner: str, name: str, kinds: tuple[str, ...]) -> tuple[Any, ...]:
    if (owner, name) in _CHOICES:
        return _CHOICES[owner, name]
    enums = [kind for kind in kinds if kind in _SOURCES]
    return tuple(value for enum in enums for value in _values_of(enum))


def _values_of(enum: str) -> Iterator[str]:
    for statement in _statements(enum):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            yield str(statement.value.value)


def _statements(name: str) -> list[ast.stmt]:
    body = _class(name)
    return [] if body is None else body.body


@lru_cache
def _class(name: str) -> ast.ClassDef | None:
    tree = _tree(*_SOURCES[name])
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef)) if tree is not None else ()
    return next((node for node in classes if node.name == name), None)


@lru_cache
def _tree(package: str, file: str) -> ast.Module | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / file
    return ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else None


def _check_type(place: str, value: Any, option: Option) -> None:
    if option.choices:
        _check_choice(place, value, option)
        return
    if any(_is_of(value, kind) for kind in option.kinds):
        return
    said = [_SAID[kind] for kind in option.kinds if kind in _SAID] + ["null"] * ("None" in option.kinds)
    raise UserError(f"{place}: expected {' or '.join(said)}, got {'null' if value is None else repr(value)}")


def _check_choice(place: str, value: Any, option: Option) -> None:
    admitted = [*option.choices]
    if "None" in option.kinds:
        admitted.append(None)
    for item in value if isinstance(value, list) else [value]:
        if item not in admitted:
            raise UserError(unknown(f"{place}:", str(item), list(map(_as_typed, option.choices))))


def _as_typed(choice: Any) -> Any:
    return str(choice).lower() if isinstance(choice, bool) else choice


def _is_of(value: Any, kind: str) -> bool:
    if kind == "None":
        return value is None
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    types = {"int": int, "bool": bool, "str": str, "dict": dict, "list": list}
    if kind not in types:
        return True  # a class of transformers' own, which says itself what it takes
    return type(value) is types[kind]


def _check_range(place: str, name: str, value: Any) -> None:
    numbers = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, int | float)]
    for number in numbers:
        if name == "max_steps" and (number == 0 or number < -1):
            raise UserError(f"{place}: {number} is not a number of steps; leave it out to train by num_train_epochs")
        if name == "logging_steps" and number == 0:
            raise UserError(f"{place}: 0 is not a number of steps; to log nothing, set {place[:-5]}strategy=no")
        for limits, is_wrong, words in _LIMITS:
            if name in limits and is_wrong(number, limits[name]):
                raise UserError(f"{place}: {number} is {words} {limits[name]}")


def _check_groups(key: str, args: Mapping[str, Any]) -> None:
    """TRL generates whole groups of candidates, so that the batch is a multiple of a group."""
    names = ("per_device_train_batch_size", "num_generations")
    if not all(isinstance(args.get(name), int) for name in names) or "generation_batch_size" in args:
        return
    batch, group = (args[name] for name in names)
    steps = args.get("steps_per_generation") or args.get("gradient_accumulation_steps") or 1
    n_processes = processes.launched()
    n_candidates = batch * steps * n_processes
    if n_candidates % group:
        of_all = f" x {n_processes} processes" if n_processes > 1 else ""
        raise UserError(
            f"{key}.num_generations: a batch of {n_candidates} candidates (per_device_train_batch_size x "
            f"gradient_accumulation_steps{of_all}) does not divide into groups of {group}"
        )
