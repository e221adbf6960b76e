"""A policy on disk, with the run that it comes from: what `rlvr export`, `serve` and `chat` are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rlvr.config import STAGES, Config, ModelConfig
from rlvr.errors import UserError
from rlvr.policy.checks import check_model, source_of
from rlvr.serving.experiment import read_options, run_of
from rlvr.training.run_folder import RunFolder

ADAPTER_FILE = "adapter_config.json"
WEIGHTS_AS_SAVED = "auto"


@dataclass(frozen=True)
class Trained:
    """A policy and where it comes from.

    Args:
        path: what the user named.
        source: what transformers loads: the folder of a policy or of an adapter, or a name on the hub.
        run: the run that trained it; None for any other model.
        stage: the run's stage that ended with it; None without a run.
        config: the run's options; None without a run.
    """

    path: str
    source: str
    run: RunFolder | None = None
    stage: str | None = None
    config: Config | None = None

    @property
    def base(self) -> str:
        """Return what training began with: a model's name or folder; without a run the policy itself."""
        return self.source if self.config is None else self.config.model.path

    @property
    def name(self) -> str:
        """The name to serve it under: the run's, else that of its folder."""
        if self.config is not None:
            return self.config.name
        return self.path.rstrip("/").rpartition("/")[2] or self.path

    @property
    def adapter(self) -> Path | None:
        """The folder of the LoRA adapter that was trained; None where all weights were."""
        folder = Path(self.source)
        for place in (folder, folder / "adapter"):
            if (place / ADAPTER_FILE).is_file():
                return place
        return None

    @property
    def is_adapter_alone(self) -> bool:
        """Tell whether the source holds an adapter that is not merged into its base."""
        return self.adapter == Path(self.source)

    def model_config(self, dtype: str = WEIGHTS_AS_SAVED) -> ModelConfig:
        """Return how the policy is loaded as it was trained.

        A folder of whole weights holds its tokenizer and template as they were trained; an adapter alone takes them
        from its base, changed as the run's options say.
        """
        if self.config is None or not self.is_adapter_alone:
            return ModelConfig(path=self.source, dtype=dtype)
        begun = self.config.model
        weights = begun.dtype if dtype == WEIGHTS_AS_SAVED else dtype
        return replace(begun, path=self.source, dtype=weights, quantization=None)


def find(path: str, stage: str | None = None) -> Trained:
    """Return the policy that a path names.

    Args:
        path: a run's folder, the folder of one of its stages, checkpoints or policies, any other model's folder, an
            adapter's, a model's name, or `tiny`.
        stage: which of a run's policies; None takes the last.

    Raises:
        UserError: nothing is there, or the run has no such policy.
    """
    run = run_of(Path(path))
    if run is None:
        check_model(ModelConfig(path=path))
    if run is None:
        if stage is not None:
            raise UserError(f"stage: {stage} of {path}, which is no run's folder; leave stage out")
        return Trained(path, source_of(path))
    if run.path == Path(path):
        source = _final(run, stage)
    elif stage is not None:
        raise UserError(f"stage: {stage} of {path}, which is one stage's already; leave stage out")
    else:
        source = path if _is_policy(Path(path)) else _final(run, Path(path).name)
    config = read_options(run) if run.config.is_file() else None
    return Trained(path, source, run, _stage_of(run, Path(source)), config)


def _final(run: RunFolder, stage: str | None) -> str:
    if stage is None:
        return source_of(str(run.path))
    finished = [name for name in STAGES if run.final(name).is_dir()]
    if stage not in finished:
        raise UserError(f"stage: {run.path} has no finished {stage!r}; it has: {', '.join(finished) or 'none'}")
    return str(run.final(stage))


def _is_policy(folder: Path) -> bool:
    return (folder / "config.json").is_file() or (folder / ADAPTER_FILE).is_file()


def _stage_of(run: RunFolder, policy: Path) -> str:
    return policy.absolute().relative_to(run.path.absolute()).parts[0]
