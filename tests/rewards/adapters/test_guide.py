"""The functions that `docs/guides/your_trainer.md` gives for trainers without an adapter, called as these call them."""

import asyncio
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from rewards import Tiered
from rewards.adapters.nemo_gym import verifier
from tests.rewards.adapters.test_nemo_gym import CALL
from tests.rewards.adapters.test_nemo_gym import CASES as GYM
from tests.rewards.adapters.test_nemo_gym import request as gym_request
from tests.rewards.tools import ALL, PARIS, RIGHT, block

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "your_trainer.md"
WRONG = block('{"city": "Rome"}')
TRUTH = {"reward_model": PARIS.to_json()}
ROW = {"tools": json.dumps(ALL), "reward_model": json.dumps(PARIS.to_json())}
SCORES = [1.0, pytest.approx(0.33)]


def defined(name):
    """Return what the one code block of the guide that defines `name` defines."""
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
    (code,) = [code for code in blocks if re.search(rf"^(async def|def|class) {name}\b|^{name} =", code, re.MULTILINE)]
    names = {"__name__": "guide"}
    exec(compile(code, str(GUIDE), "exec"), names)
    return names[name]


def test_axolotl_and_tunix():
    tiered = defined("tiered")
    columns = {name: [value] * 2 for name, value in ROW.items()}
    assert tiered(prompts=["Weather?"] * 2, completions=[RIGHT, WRONG], mode="train", **columns) == SCORES


def test_slime():
    def scored(completion):
        sample = SimpleNamespace(response=completion, label=ROW["reward_model"], metadata={"tools": ALL})
        return asyncio.run(defined("custom_rm")(SimpleNamespace(), sample))

    assert [scored(RIGHT), scored(WRONG)] == SCORES


def test_areal():
    reward_fn = defined("reward_fn")
    columns = {"prompt": "Weather?", "query_id": 3, **ROW}
    assert [reward_fn("p", text + "<|im_end|>", [1], [2], **columns) for text in (RIGHT, WRONG)] == SCORES


def test_openrlhf():
    torch = pytest.importorskip("torch")
    prompt = "<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\n"
    queries = [f"{prompt}{completion}<|im_end|>" for completion in (RIGHT, WRONG)]
    given = defined("reward_func")(queries, [prompt] * 2, [json.dumps(ROW)] * 2)
    assert given["rewards"].tolist() == pytest.approx([1.0, 0.33])
    assert torch.tensor([given["scores"][:1]]).shape == (1,)  # as the trainer stacks them, which a list would nest


def test_a_row_for_nemo_gym_has_the_tools_of_the_responses_api():
    row = defined("gym_row")({"prompt": [], "tools": ALL, **TRUTH})
    assert row["responses_create_params"]["tools"][0]["name"] == "get_weather_forecast"
    assert verifier(Tiered())(gym_request([CALL], row))["reward"] == 1.0


def test_nemo_gym():
    pytest.importorskip("nemo_gym", reason="NeMo Gym is not installed: pip install nemo-gym")
    from unittest.mock import MagicMock

    from fastapi.testclient import TestClient
    from nemo_gym.base_resources_server import BaseResourcesServerConfig
    from nemo_gym.server_utils import ServerClient

    config = BaseResourcesServerConfig(host="127.0.0.1", port=8080, entrypoint="app.py", name="tool_calls")
    server = defined("ToolCallServer")(config=config, server_client=MagicMock(spec=ServerClient))
    client = TestClient(server.setup_webserver())
    row = defined("gym_row")({"prompt": [{"role": "user", "content": "Weather?"}], "tools": ALL, **TRUTH})
    cases = {**GYM, "a row of ours": ([CALL], row, 1.0)}
    for output, row, reward in cases.values():
        verified = client.post("/verify", json=gym_request(output, row)).json()
        assert verified["reward"] == pytest.approx(reward)
        assert verified["mask_sample"] == (row == {})
        assert verified.get("reward_model") == row.get("reward_model")


def test_skyrl():
    pytest.importorskip("skyrl_gym", reason="skyrl-gym is not installed: pip install skyrl-gym")
    steps = [defined("ToolCalls")(extras={**ROW, "max_turns": 1}).step(text) for text in (RIGHT, WRONG)]
    assert [step["reward"] for step in steps] == SCORES
