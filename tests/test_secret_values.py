from __future__ import annotations

import pytest

from rlvr.config import Config, ModelConfig, TrackingConfig, TrainingConfig, check
from rlvr.errors import UserError
from rlvr.secret_values import is_secret_name, masked

SECRET = """api_key x-api-key apikey API_KEY openai.api.key access_token hf_token hub_token bearer_token
use_auth_token token password passwd db_password passphrase client_secret authorization credentials private_key
aws_secret_access_key cookie"""
HARMLESS = """max_new_tokens max_tokens add_missing_tokens eos_token pad_token image_token stop_token api_key_env
key keys column_name sort_key tokenizer token_truncate vllm_importance_sampling_mode num_input_tokens_seen secretary"""


@pytest.mark.parametrize("name", SECRET.split())
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)
    assert is_secret_name(f"training.args.{name}")


@pytest.mark.parametrize("name", HARMLESS.split())
def test_names_of_other_options(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:secret@host:5432/db", "postgresql://***@host:5432/db"),
        (
            "cannot reach https://user:p%40ss@mlflow.example/api?x=1 now",
            "cannot reach https://***@mlflow.example/api?x=1 now",
        ),
        ("Authorization: Bearer abcdefghijklmnop1234", "Authorization: Bearer ***"),
        ("hf_" + "a" * 34, "***"),
        ("sk-proj-" + "b" * 24, "***"),
        ("https://host/path@5", "https://host/path@5"),
        ("mail me@example.com", "mail me@example.com"),
    ],
)
def test_secrets_in_texts_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "config",
    [
        Config(model=ModelConfig(request={"headers": {"x-api-key": "abc"}})),
        Config(training=TrainingConfig(args={"model_init_kwargs": {"token": "abc"}})),
        Config(tracking=TrackingConfig(uri="http://me:secret@host")),
        Config(model=ModelConfig(request={"extra": ["sk-" + "a" * 30]})),
    ],
    ids=["header", "nested", "address", "value"],
)
def test_a_config_holds_no_secrets(config: Config) -> None:
    with pytest.raises(UserError, match="in the environment"):
        check(config)
