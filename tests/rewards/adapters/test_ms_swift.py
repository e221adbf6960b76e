import json
import re
import sys
from pathlib import Path

import pytest

from rewards import Binary, Tiered
from rewards.adapters.ms_swift import orm
from tests.rewards.tools import ALL, PARIS, RIGHT, block

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "your_trainer.md"
WRONG = block('{"city": "Rome"}')
COMPLETIONS = [RIGHT, WRONG, RIGHT]
COLUMNS = {
    "messages": [[{"role": "user", "content": "Weather in Paris?"}]] * 3,
    "response_token_ids": [[1, 2]] * 3,
    "tools": [json.dumps(ALL), ALL, None],
    "reward_model": [PARIS.to_json(), json.dumps(PARIS.to_json()), None],
}


def test_completions_come_first_and_columns_by_name():
    score = orm(Tiered(wire="hermes"))(args=None)
    assert score(COMPLETIONS, trainer_state=None, **COLUMNS) == [1.0, pytest.approx(0.33), None]
    assert score(completions=COMPLETIONS, **COLUMNS) == [1.0, pytest.approx(0.33), None]
    assert orm(Binary())()(COMPLETIONS, **COLUMNS) == [1.0, 0.0, None]


def test_the_function_bears_the_name_of_the_reward():
    assert [orm(reward)().__name__ for reward in (Tiered(), Binary())] == ["tiered", "binary"]


def test_a_data_set_without_ground_truth_is_refused():
    with pytest.raises(ValueError, match="no column holds the ground truth: the data set has messages, tools"):
        orm(Tiered())()([RIGHT], messages=[[]], tools=[ALL])


def test_ms_swift_itself_loads_and_calls_it(tmp_path, monkeypatch):
    pytest.importorskip("swift.rl_core", reason="ms-swift is not installed: pip install ms-swift")
    import torch
    from swift.rewards import orms
    from swift.rl_core.data import GRPOSample
    from swift.rl_core.grpo_algorithm import compute_rewards_per_func
    from swift.utils import import_external_file

    monkeypatch.setattr(sys, "path", [*sys.path])
    plugin = Path(tmp_path / "plugin.py")
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
    plugin.write_text(next(code for code in blocks if "orms[" in code))
    import_external_file(str(plugin))
    rows = [
        {"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": completion}]}
        for completion in COMPLETIONS
    ]
    for position, row in enumerate(rows):
        row |= {"tools": COLUMNS["tools"][position], "reward_model": COLUMNS["reward_model"][position]}
    samples = [GRPOSample.from_row(row) for row in rows]
    rewards = compute_rewards_per_func(samples, [orms["tiered"](args=None)], [None], torch.device("cpu"))
    assert rewards[:2, 0].tolist() == pytest.approx([1.0, 0.33])
    assert rewards[2, 0].isnan()
