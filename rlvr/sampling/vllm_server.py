"""Candidates from a vLLM server, which is given the trainer's weights through files on a disk that both see.

Prompts go as token ids and completions come back as token ids with their log-probabilities, so that tokens are trained
on as they were sampled. No vLLM is needed beside the trainer.

A LoRA adapter gets a new name at each sync. vLLM would load it again under its old one too, but with every request, and
would go on from what the adapter before it had computed of a prompt (vLLM 0.31). Whole weights are loaded by vLLM's
`reload_weights`, and the requests after it have another salt, for the same reason.
"""

from __future__ import annotations

import shutil
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from peft import PeftModel
from safetensors.torch import save_file
from trl import GRPOConfig

from rlvr.config import RolloutConfig
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject
from rlvr.sampling import adapter
from rlvr.sampling.vllm import LOAD_ADAPTER, RELOAD_WEIGHTS, has_path, open_server

Candidate = tuple[list[int], list[float]]
"""Token ids, and the log-probability of each."""
Groups = list[list[Candidate]]

ANSWER_TIMEOUT_S = 1800.0
MOST_REQUESTS = 256
"""Groups that the server is asked for at once."""
LARGEST_GAP = 0.25
"""Mean |log p_rollout - log p_train| of candidates that the trainer's own weights have drawn, in any number type."""


class ServerFailedError(UserError):
    """The server has failed while it was needed. The trainer has not: its last finished step can be saved."""

    exit_code = 1


@dataclass(frozen=True)
class Ahead:
    """Candidates that the server draws while the trainer does something else.

    Args:
        prompts: one of each group.
        groups: their candidates, once they are there.
    """

    prompts: list[list[int]]
    groups: Future[Groups]

    @classmethod
    def begun(cls, prompts: list[list[int]], draw: Callable[[], Groups]) -> Ahead:
        """Return candidates that a thread has begun to draw; nobody waits for it where the program ends."""
        groups: Future[Groups] = Future()

        def run() -> None:
            try:
                groups.set_result(draw())
            except BaseException as error:  # noqa: BLE001 - raised where the candidates are needed
                groups.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        return cls(prompts, groups)


def _check_adapter(model: Any, *, is_merged: bool) -> None:
    if not isinstance(model, PeftModel):
        return
    reason = adapter.why_not_merged(model) if is_merged else adapter.why_not_synced(model)
    if reason is not None:
        remedy = "leave rollout.merge_adapter out" if is_merged else "take rollout.merge_adapter=true"
        raise UserError(f"rollout=server: the server cannot be given this adapter, since {reason}; {remedy}")


class ServerGeneration:
    """What TRL's trainer takes for its `VLLMGeneration`: a server that draws, and is given the trainer's weights.

    Args:
        rollout: where the server is, the folder that both see, the type of the weights that are written there, and
            whether an adapter is merged into them.
        args: the trainer's, which say how to sample.
        model: the trainer's.
        processing_class: its tokenizer.
        of_trl: what TRL's class takes besides; `args` has it.

    Attributes:
        step: the trainer's, which candidates are drawn by.
        following: the prompts of the next step, to be drawn ahead once this step's are there; None draws nothing ahead.

    Raises:
        UserError: the server cannot be used, or not with this adapter.
    """

    def __init__(
        self, *, rollout: RolloutConfig, args: GRPOConfig, model: Any, processing_class: Any, **of_trl: Any
    ) -> None:
        self.model, self.seed = model, args.seed
        self.dtype = rollout.dtype or adapter.compute_dtype(model, bf16=args.bf16, fp16=args.fp16)
        self.syncs_adapter = isinstance(model, PeftModel) and not rollout.merge_adapter
        _check_adapter(model, is_merged=rollout.merge_adapter)
        options = {"timeout_s": ANSWER_TIMEOUT_S, "concurrency": MOST_REQUESTS}
        self.server = open_server(rollout, [LOAD_ADAPTER if self.syncs_adapter else RELOAD_WEIGHTS], **options)
        # A run before this one may have changed what lies below the adapter. It cannot where weights are not taken.
        self.syncs_base = not isinstance(model, PeftModel) or adapter.why_not_merged(model) is None
        self.syncs_base = self.syncs_base and has_path(self.server, RELOAD_WEIGHTS)
        self.control = replace(self.server, url=self.server.url.removesuffix("/v1"), retries=0)
        parent = Path(rollout.sync_dir or args.output_dir).resolve()
        try:
            parent.mkdir(parents=True, exist_ok=True)
            self.folder = TemporaryDirectory(prefix="rollout-", dir=parent)
            Path(self.folder.name).chmod(0o755)  # the server may run as somebody else
        except OSError as error:
            raise UserError(f"rollout.sync_dir: {parent} cannot be written: {error.strerror}") from None
        self.sampling = {
            "max_tokens": args.max_completion_length,
            "temperature": args.temperature,
            "top_p": args.top_p,
            "top_k": args.top_k,
            "min_p": args.min_p or 0.0,
            "repetition_penalty": args.repetition_penalty,
            "stop_token_ids": [processing_class.eos_token_id],
            **(args.generation_kwargs or {}),
        }
        if args.vllm_structured_outputs_regex is not None:
            self.sampling["structured_outputs"] = {"regex": args.vllm_structured_outputs_regex}
        self.step, self.n_syncs, self.version = 0, 0, ""
        self.following: list[list[int]] | None = None
        self.ahead: Ahead | None = None
        self.is_unchecked = True

    def sync_weights(self) -> None:
        """Give the server the trainer's adapter, or its weights, once what it draws is drawn.

        Raises:
            ServerFailedError: it has failed, or cannot load them.
        """
        if self.ahead is not None:
            self.ahead.groups.result()
        self.n_syncs += 1
        before, self.version = self.version, f"{Path(self.folder.name).name}-{self.n_syncs}"
        folder = Path(self.folder.name) / self.version
        folder.mkdir()
        try:
            if not self.syncs_adapter or (self.syncs_base and not before):
                weights = adapter.whole_weights(self.model, self.dtype, is_merged=not self.syncs_adapter)
                save_file(weights, folder / "model.safetensors")
                call = {"method": "reload_weights", "kwargs": {"weights_path": str(folder)}}
                self.control.post(RELOAD_WEIGHTS, [call])
            if self.syncs_adapter:
                adapter.save_adapter(self.model, folder)
                self.control.post(LOAD_ADAPTER, [{"lora_name": self.version, "lora_path": str(folder)}])
            if self.syncs_adapter and before:
                self.control.post("v1/unload_lora_adapter", [{"lora_name": before}])
        except UserError as error:
            raise ServerFailedError(f"rollout.sync_dir: the server cannot load {folder}: {error}") from None
        if before:
            shutil.rmtree(folder.with_name(before))

    def generate(
        self, prompts: list[list[int]], images: Any, num_generations: int, profiler: Any = None
    ) -> tuple[list[list[int]], list[list[int]], list[list[list[float]]], None]:
        """Return candidates as TRL's class does; then let those of the following prompts be drawn.

        Raises:
            UserError: the prompts have images.
            ServerFailedError: the server has failed.
        """
        if images is not None:
            raise UserError("rollout=server: it sends tokens, and these prompts have images; take rollout=vllm")
        distinct = prompts[::num_generations]
        if self.ahead is not None and self.ahead.prompts == distinct:
            groups, self.ahead, self.is_unchecked = self.ahead.groups.result(), None, False
        else:
            groups = self._draw(distinct, num_generations, self.step)
        following, self.following = self.following, None
        if following is not None:
            chosen, step = following[::num_generations], self.step + 1
            self.ahead = Ahead.begun(chosen, lambda: self._draw(chosen, num_generations, step))
        candidates = [candidate for group in groups for candidate in group]
        ids = [ids for ids, _ in candidates]
        return prompts, ids, [[[logprob] for logprob in logprobs] for _, logprobs in candidates], None

    def drawn_ahead(self) -> JsonObject | None:
        """Return what is drawn for the next step, once it is there; None where there is nothing to keep."""
        if self.ahead is None or self.ahead.groups.exception() is not None:
            return None
        return {"prompts": self.ahead.prompts, "groups": self.ahead.groups.result()}

    def take_ahead(self, drawn: JsonMapping | None) -> None:
        """Go on with what `drawn_ahead` returned."""
        if drawn is not None:
            groups: Future[Groups] = Future()
            groups.set_result(drawn["groups"])
            self.ahead = Ahead(drawn["prompts"], groups)

    def check_gap(self, gap: float) -> None:
        """Check the first candidates that the trainer's own weights should have drawn.

        Raises:
            UserError: it was another model.
        """
        if self.is_unchecked and gap > LARGEST_GAP:
            raise UserError(
                f"rollout.endpoint: {self.server.url} draws from another policy than the one that is trained: their "
                f"log-probabilities differ by {gap:.2f} in the mean; let it serve the model that GRPO begins with, and "
                "with --logprobs-mode processed_logprobs"
            )
        self.is_unchecked = False

    def _draw(self, prompts: list[list[int]], n: int, step: int) -> Groups:
        """Return the candidates of each prompt, the same each time for a step and the same weights."""
        fields = {
            "model": self.version if self.syncs_adapter else self.server.model,
            "cache_salt": self.version,
            "n": n,
            "logprobs": 0,
            "return_token_ids": True,
            **self.sampling,
        }
        requests = []
        for place, prompt in enumerate(prompts):
            seed = zlib.crc32(f"{self.seed} {step} {place} {prompt}".encode())
            requests.append({"seed": seed, **fields, "prompt": prompt})
        try:
            answers = self.server.post("completions", requests)
        except UserError as error:
            raise ServerFailedError(str(error)) from None
        return [self._candidates(answer, n) for answer in answers]

    def _candidates(self, answer: JsonMapping, n: int) -> list[Candidate]:
        try:
            choices = sorted(answer["choices"], key=lambda choice: choice["index"])
            candidates = [(choice["token_ids"], choice["logprobs"]["token_logprobs"]) for choice in choices]
            is_whole = len(candidates) == n and all(len(ids) == len(logprobs) for ids, logprobs in candidates)
        except (KeyError, TypeError):
            is_whole = False
        if not is_whole:
            raise ServerFailedError(
                f"rollout.endpoint: {self.server.url} answers without the token ids of {n} candidates and their "
                "log-probabilities; give the address of a vLLM server, 0.31 or later"
            )
        return candidates
