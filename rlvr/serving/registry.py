"""An exported policy in MLflow's model registry: the folder, the signature of chat completions, and how it is served.

The registry is the one that MLFLOW_TRACKING_URI names, else the local store. The run's own `tracking.uri` is not asked:
a run folder may be a stranger's.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from rlvr.config import Config
from rlvr.errors import RunError, UserError
from rlvr.files import read_json
from rlvr.serving.manifest import Manifest
from rlvr.serving.trained import Trained
from rlvr.training import tracking

ARTIFACT = "policy"


def check() -> None:
    """Check that MLflow is there before anything is exported.

    Raises:
        UserError: it is not installed.
    """
    if not tracking.is_installed("mlflow"):
        raise UserError("register: needs MLflow: pip install 'rlvr[mlflow]', or leave register out")


def register(folder: Path, trained: Trained, served: Manifest, name: str) -> str:
    """Add an exported folder to the registry as the next version of a model, in the run that trained it where it can.

    Args:
        folder: the export.
        trained: the policy, with its run.
        served: how it is served; goes into the model's metadata and, in short, into the version's tags.
        name: the registered model's name.

    Returns:
        The version's address, `models:/NAME/VERSION`.

    Raises:
        RunError: the registry refuses it or cannot be reached; the folder stays as it is.
    """
    import mlflow

    tracking.quiet_mlflow()
    uri = tracking.store_of(Config())
    client = mlflow.MlflowClient(uri)
    try:
        run_id = _earlier_run(client, trained) or _new_run(client, uri, name)
        client.log_artifacts(run_id, str(folder), ARTIFACT)
        _log_signature(client, run_id, served)
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name)
        source = f"{client.get_run(run_id).info.artifact_uri}/{ARTIFACT}"
        tags = {"wire": served.wire, "vllm_parser": str(served.vllm_parser), "stage": str(trained.stage)}
        version = client.create_model_version(name, source, run_id, tags=tags)
    except (mlflow.MlflowException, OSError) as error:
        raise RunError(f"register: {name}: {' '.join(str(error).split())[:300]}; {folder} is whole") from None
    return f"models:/{name}/{version.version}"


def _earlier_run(client: Any, trained: Trained) -> str | None:
    """Return the id of MLflow's run of the training; None where the store has none."""
    from mlflow import MlflowException

    ids = None if trained.run is None else trained.run.path / tracking.IDS
    if ids is None or not ids.is_file():
        return None
    try:
        return str(client.get_run(str(read_json(ids).get("run"))).info.run_id)
    except MlflowException:
        return None


def _new_run(client: Any, uri: str, name: str) -> str:
    experiment = tracking.experiment_of(client, Config().tracking.project, uri)
    run_id = str(client.create_run(experiment, run_name=name).info.run_id)
    client.set_terminated(run_id)
    return run_id


def _log_signature(client: Any, run_id: str, served: Manifest) -> None:
    from mlflow.models import Model, ModelSignature
    from mlflow.types.llm import CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA

    signature = ModelSignature(CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA)
    model = Model(artifact_path=ARTIFACT, run_id=run_id, signature=signature, metadata={"serve": served.to_json()})
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "MLmodel"
        model.save(path)
        client.log_artifact(run_id, str(path), ARTIFACT)
