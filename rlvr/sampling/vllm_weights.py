"""Local weights in vLLM, for `rlvr evaluate rollout=vllm`; a training has an engine of its own, which it updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from rewards.wire.call_tokens import CallTokens
from rlvr.chat import chat_format, render_prompt
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.files import JsonObject
from rlvr.policy.checks import source_of
from rlvr.policy.gguf import is_gguf
from rlvr.policy.load import device_for, load_tokenizer
from rlvr.policy.precision import in_bf16
from rlvr.progress import Advance
from rlvr.sampler import Completion, Request, unwatched
from rlvr.sampling.grammar import Grammars, constrained
from rlvr.sampling.vllm import CPU_ENGINE_FOR_SEEDS, check_usable


def open_sampler(config: Config) -> VllmSampler:
    """Return the weights that `config.model` names, in a vLLM of their own; `rollout.engine` has its arguments.

    Raises:
        UserError: vLLM is not installed or refuses the model, the weights are no folder that it loads, or calls are to
            be constrained that no grammar can be made for.
    """
    model, on_cpu = config.model, device_for(config.hardware).type == "cpu"
    check_usable({}, on_cpu=on_cpu)
    source = source_of(model.path)
    if is_gguf(source) or (Path(source) / "adapter_config.json").exists():
        raise UserError(f"rollout=vllm: {source} is no whole model; write one with rlvr export, or leave out rollout")
    tokenizer, _ = load_tokenizer(model)
    grammars = Grammars(tokenizer) if config.rollout.constrain_calls else None
    dtype = config.rollout.dtype or ("bfloat16" if in_bf16(config.hardware) else "auto")
    arguments: JsonObject = {"dtype": dtype, "seed": config.seed}
    if on_cpu:
        arguments |= CPU_ENGINE_FOR_SEEDS
    arguments |= config.rollout.engine
    from vllm import LLM

    try:
        engine = LLM(model=source, use_tqdm_on_load=False, **arguments)
    except (ValueError, TypeError) as error:
        raise UserError(f"rollout=vllm: {' '.join(str(error).split())[:300]}") from error
    return VllmSampler(engine, tokenizer, model.path, grammars)


@dataclass(frozen=True)
class VllmSampler:
    """A vLLM engine with the tokenizer and chat template that training and evaluation read with.

    Args:
        engine: a `vllm.LLM`.
        tokenizer: with the chat template.
        name: what tables call the model.
        grammars: of the tools that calls are constrained to; None leaves calls free.
    """

    engine: Any
    tokenizer: PreTrainedTokenizerBase
    name: str
    grammars: Grammars | None = None

    @property
    def wire(self) -> str:
        """The format that the chat template writes calls in."""
        return chat_format(self.tokenizer).wire

    def close(self) -> None:
        """End the engine's processes."""
        self.engine.llm_engine.engine_core.shutdown()

    def sample(
        self, requests: Sequence[Request], progress: Advance = unwatched
    ) -> Iterator[tuple[int, list[Completion]]]:
        """Yield each request's completions with the log-probability of each token; `rlvr.sampler.Sampler` says how."""
        prompts = [{"prompt_token_ids": self._prompt(request)} for request in requests]
        parameters = list(map(self._parameters, requests))
        if self.grammars is not None:
            tags, _ = self.grammars.of_each([request.tools for request in requests])
            parameters = list(map(constrained, parameters, tags))
        outputs = self.engine.generate(prompts, parameters, use_tqdm=False)
        progress(len(requests))  # at once: after the first alone, the others would seem to take as long each
        for place, (request, output) in enumerate(zip(requests, outputs, strict=True)):
            call_tokens = CallTokens(self.tokenizer, request.wire)
            n_prompt_tokens = len(prompts[place]["prompt_token_ids"])
            yield place, [self._completion(each, call_tokens, n_prompt_tokens) for each in output.outputs]

    def _prompt(self, request: Request) -> list[int]:
        text = render_prompt(self.tokenizer, list(map(dict, request.messages)), request.tools)
        return list(self.tokenizer(text)["input_ids"])

    def _parameters(self, request: Request) -> Any:
        from vllm import SamplingParams

        sampling, spoken = request.sampling, chat_format(self.tokenizer)
        stops = [self.tokenizer.convert_tokens_to_ids(mark) for mark in (spoken.stop, spoken.call_stop) if mark]
        return SamplingParams(
            n=request.n,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            min_p=sampling.min_p or 0.0,
            max_tokens=request.max_tokens,
            seed=request.seed if sampling.temperature > 0 else None,
            stop_token_ids=[*stops, self.tokenizer.eos_token_id],
            logprobs=0,
            detokenize=False,
        )

    def _completion(self, output: Any, call_tokens: CallTokens, n_prompt_tokens: int) -> Completion:
        ids = list(output.token_ids)
        text = call_tokens.text(ids)
        if text is None:
            text = str(self.tokenizer.decode(ids, skip_special_tokens=True))
        logprobs = tuple(step[token].logprob for token, step in zip(ids, output.logprobs, strict=True))
        reason = "length" if output.finish_reason == "length" else "stop"
        return Completion(text, len(ids), reason, n_prompt_tokens, token_ids=tuple(ids), logprobs=logprobs)
