"""Your reward in TRL's own trainer, on the policy that comes with rlvr; any model's name will do in its place.

At first the policy takes most of these requests for something it should not do. A few steps teach it to call.
"""

import json
from importlib.resources import files

from datasets import Dataset
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from rewards import Tiered
from rewards.adapters.trl import reward_function

tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 7}},
                "required": ["city"],
            },
        },
    }
]

model = str(files("rlvr.policy") / "tiny")  # 3.5M parameters, installed with rlvr
template = AutoTokenizer.from_pretrained(model).apply_chat_template


def row(city: str) -> dict[str, str]:
    messages = [{"role": "user", "content": f"Weather in {city} for the week?"}]
    truth = {"ground_truth": [{"name": "get_weather", "arguments": {"city": city}}]}
    prompt = template(messages, tools=tools, tokenize=False, add_generation_prompt=True)
    return {"prompt": prompt, "tools": json.dumps(tools), "reward_model": json.dumps(truth)}


cities = ["Paris", "Oslo", "Lima", "Cairo", "Rome", "Delhi", "Quito", "Bern"]
GRPOTrainer(
    model=model,
    reward_funcs=reward_function(Tiered(wire="hermes")),
    args=GRPOConfig(
        "grpo",
        max_steps=6,
        learning_rate=3e-4,
        num_generations=8,
        per_device_train_batch_size=16,
        max_completion_length=48,
        logging_steps=1,
        bf16=False,
        report_to="none",
    ),
    train_dataset=Dataset.from_list([row(city) for city in cities]),
).train()
