"""A stored configuration is data: what would run code, send data or write elsewhere has to be named by the person."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from rlvr import config as configuration
from rlvr import trust
from rlvr.cli import main
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.evaluation import sweep
from rlvr.training import resume
from rlvr.training.run_folder import RunFolder, check_links


def stored(folder: Path, **changes: Any) -> Path:
    plain = dataclasses.asdict(Config())
    for place, value in changes.items():
        *outer, last = place.split("__")
        inner = plain
        for key in outer:
            inner = inner[key]
        inner[last] = value
    (folder / "config.yaml").write_text(yaml.safe_dump(plain))
    return folder / "config.yaml"


HARMFUL: dict[str, tuple[dict[str, Any], str]] = {
    "os.system": ({"reward": {"_target_": "os.system", "command": "touch pwned"}}, "imports and runs a module"),
    "subprocess.run": ({"reward": {"_target_": "subprocess.run", "args": "x"}}, "imports and runs a module"),
    "a function of ours": ({"reward": {"_target_": "rlvr.cli.main"}}, "imports and runs a module"),
    "a module that ours imports": ({"reward": {"_target_": "rewards.types.Callable"}}, "imports and runs a module"),
    "a module of the user's": ({"reward": {"_target_": "my_reward.Mine"}}, "imports and runs a module"),
    "a model's code": ({"model__trust_remote_code": True}, "runs the code of a model's folder"),
    "a model's code, in arguments": (
        {"training__args": {"model_init_kwargs": {"trust_remote_code": True}}},
        "runs the code of a model's folder",
    ),
    "a kernel": ({"model__attn_implementation": "somebody/attention"}, "loads a kernel from the hub"),
    "publishing": ({"sft__args": {"push_to_hub": True}}, "publishes the weights"),
    "a tracker": ({"tracking__uri": "https://collect.example"}, "sends the run to a server"),
    "a judge": (
        {"reward": {"_target_": "rewards.Tiered", "judge": {"endpoint": "http://x/v1"}}},
        "sends texts to a server",
    ),
    "another key of the environment": (
        {"model__endpoint": "http://x/v1", "model__api_key_env": "GITHUB_TOKEN"},
        "sends (texts to a server|what another variable)",
    ),
    "W&B": ({"tracking__to": "wandb"}, "sends the run to a server"),
    "a space": ({"training__args": {"trackio_space_id": "x/y"}}, "sends the run to a server"),
    "completions": ({"training__args": {"log_completions_hub_repo": "x/y"}}, "publishes completions"),
    "a vLLM server": (
        {"training__args": {"vllm_server_base_url": "http://x"}},
        "sends prompts and weights to a server",
    ),
    "a class for vLLM": ({"rollout__engine": {"worker_cls": "evil.Worker"}}, "can make vLLM import a module"),
    "a list for vLLM": ({"rollout__engine": {"middleware": ["evil.run"]}}, "can make vLLM import a module"),
}


@pytest.mark.parametrize(("changes", "reason"), HARMFUL.values(), ids=HARMFUL)
def test_what_does_harm_has_to_be_named(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    path = stored(tmp_path, **changes)
    with pytest.raises(UserError, match=reason) as caught:
        configuration.load(path)
    assert "\n" not in str(caught.value)
    plain = trust.read_stored(path)
    trust.check_stored(plain, plain, path)  # named, it is the person's own


@pytest.mark.parametrize(
    "changes",
    [
        {"reward": {"_target_": "rewards.Binary"}},
        {"reward": {"_target_": "rewards.presets.Tiered"}},
        {"tracking__uri": "sqlite:///runs/mlflow.db"},
        {"rollout__engine": {"gpu_memory_utilization": 0.3, "enforce_eager": True, "max_model_len": None}},
        {"model__attn_implementation": "flash_attention_2"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_does_none_is_taken(tmp_path: Path, changes: dict[str, Any]) -> None:
    configuration.load(stored(tmp_path, **changes))


def test_the_rewards_of_conf_need_not_be_named_again() -> None:
    for path in (Path(configuration.config_folder()) / "reward").glob("*.yaml"):
        assert trust.is_own_reward(yaml.safe_load(path.read_text())["_target_"]), path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: ${oc.env:HOME}", "is not resolved"),
        ("data: {train: {a: {path: 'x${oc.decode:y}'}}}", "is not resolved"),
        ("seed: !!python/object/apply:os.system ['true']", "not a config"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nname: *b", "aliases are not read here"),
        ("", "expected a mapping"),
        ("- a", "expected a mapping"),
        ("a: " + "[" * 10_000, "not a config"),
        ("name: " + "x" * trust.MAX_CONFIG_BYTES, "the limit is"),
    ],
    ids=["environment", "nested", "python tag", "aliases", "empty", "list", "deep", "large"],
)
def test_a_stored_config_is_plain_yaml(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(UserError, match=said):
        trust.read_stored(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    "name", ["../../../evil", "a/b", "", ".hidden", "-x", "a\nb", "a\x1b[31m", "x" * 65, "metrics"]
)
def test_a_set_is_named_by_a_slug(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"data\.evaluation"):
        configuration.load(stored(tmp_path, data__evaluation={name: {"synth": "five_tools"}}))


def test_what_a_run_may_change_is_taken_and_the_rest_is_named(tmp_path: Path) -> None:
    stored(tmp_path, training__args={"max_steps": 4, "learning_rate": 1e-5}, seed=3)
    given = Config(resume=str(tmp_path))
    longer = dataclasses.replace(given, training=dataclasses.replace(given.training, args={"max_steps": 8}))
    assert resume.resumed(longer).training.args == {"max_steps": 8, "learning_rate": 1e-5}
    assert resume.resumed(given).seed == 3, "what was not set is as it was"
    assert resume.resumed(dataclasses.replace(given, gate=dataclasses.replace(given.gate, max_abstention_fall=None)))
    other = dataclasses.replace(
        given, training=dataclasses.replace(given.training, args={"learning_rate": 1.0}), seed=4
    )
    with pytest.raises(
        UserError, match=r"seed was 3 and is 4 now; training\.args\.learning_rate was 1e-05 and is 1\.0"
    ):
        resume.resumed(other)
    with pytest.raises(UserError, match="seed was 3 and is 0 now"):
        resume.resumed(given, named=["resume", "seed"])  # a default, and still the person's word
    with pytest.raises(UserError, match="leave run_dir out"):
        resume.resumed(dataclasses.replace(given, run_dir=str(tmp_path / "other")))


@pytest.mark.parametrize(
    "link", [".lock", "metrics.jsonl", "config.yaml", "report.html", "grpo", "rollouts/grpo.jsonl"]
)
def test_nothing_is_written_through_a_link_that_leads_out_of_a_run(
    link: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a stranger packs with tar may be a link; `.lock` would empty the file that it leads to."""
    run, victim = tmp_path / "run", tmp_path / "victim"
    (run / "rollouts").mkdir(parents=True)
    victim.write_text(stored(run).read_text())
    before = victim.read_bytes()
    (run / link).unlink(missing_ok=True)
    (run / link).symlink_to(victim)
    for arguments in (["train", f"resume={run}"], ["report", str(run)]):
        assert main(arguments) == 2
        assert f"{run / link}: leads out of the folder, to '{victim}'" in capsys.readouterr().err
        assert victim.read_bytes() == before


def test_a_link_inside_of_a_run_and_one_to_the_run_are_taken(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "grpo").mkdir(parents=True)
    (run / "grpo" / "last").symlink_to(run / "grpo")
    (tmp_path / "latest").symlink_to(run)
    check_links(tmp_path / "latest")


def test_the_log_that_wandb_links_to_keeps_nobody_from_a_run(tmp_path: Path) -> None:
    run, log = tmp_path / "run", tmp_path / "cache" / "core-debug.log"
    logs = run / "wandb" / "offline-run-20261128_234020-f6umd7qk" / "logs"
    logs.mkdir(parents=True)
    log.parent.mkdir()
    log.touch()
    (logs / "debug-core.log").symlink_to(log)
    (run / "wandb" / "latest-run").symlink_to(logs.parent.name)
    check_links(run)
    (run / "wandb" / "debug.log").symlink_to(log)
    with pytest.raises(UserError, match=r"wandb/debug\.log: leads out of the folder"):
        check_links(run)
    (run / "wandb" / "debug.log").unlink()
    (run / "wandb" / "run-1").symlink_to(log.parent)
    with pytest.raises(UserError, match="wandb/run-1: leads out of the folder"):
        check_links(run)


def test_a_lock_is_not_taken_through_a_link(tmp_path: Path) -> None:
    """A new run may begin in a folder with nothing but a lock."""
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "victim")
    with pytest.raises(UserError, match="cannot be written"), RunFolder(tmp_path / "run").held():
        pass
    assert (tmp_path / "victim").read_text() == "mine"


def test_names_in_a_run_s_files_do_not_lead_out_of_it(tmp_path: Path) -> None:
    for stage, name in (("base", "../../../../x"), ("../../..", "x"), ("base", str(tmp_path / "x"))):
        with pytest.raises(UserError, match="leads out of the run folder"):
            RunFolder(tmp_path / "run").evaluation(stage, name)


@pytest.mark.parametrize("text", ["a: &a [x, x]\nb: [*a, *a]", "a: !!python/object/apply:os.system [x]", "a: ["])
def test_runs_of_a_stranger_are_compared_as_plain_data(text: str, tmp_path: Path) -> None:
    for name in ("0", "1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(text)
    with pytest.raises(UserError, match="not a config"):
        sweep.differences([tmp_path / "0", tmp_path / "1"])
