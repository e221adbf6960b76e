"""TRL's generation with vLLM, such that what generates is what is trained.

After each sync vLLM's log-probabilities may differ from the trainer's by rounding, and by nothing else:

- On a CPU vLLM repacks weights for its kernels after loading them, so that they cannot be loaded one by one, as TRL
  does. They go in together, through vLLM's own reload, and a head that is tied to the embeddings goes in by its name
  too: its packed copy would otherwise stay what it was.
- vLLM computes in the type that the trainer computes in. Left alone it takes bfloat16 for float32 weights, and the gap
  then grows with every update that bfloat16 cannot hold.
- A LoRA adapter is handed over as it is; the weights below it stay where they are, on both sides.

Where calls are constrained, each prompt goes to vLLM with the grammar of its row's tools: see `rlvr.sampling.grammar`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import WeakSet

import torch
from peft import PeftModel
from torch import Tensor
from trl import GRPOConfig
from trl.generation import vllm_generation as trl_vllm
from trl.generation.vllm_generation import VLLMGeneration

from rlvr.config import RolloutConfig
from rlvr.errors import RunError, UserError
from rlvr.files import JsonObject
from rlvr.sampling import adapter
from rlvr.sampling.grammar import Grammars, constrained
from rlvr.sampling.vllm import CPU_ENGINE

logger = logging.getLogger(__name__)

# What TRL sets for vLLM's process group. Left there, the process's next trainer takes itself for a distributed one.
_LAUNCH_VARIABLES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_LOG_LEVEL = "VLLM_LOGGING_LEVEL"
# vLLM's process groups are the process's: an engine that is collected takes them from the one after it.
_engines: WeakSet[Any] = WeakSet()


class Generation(VLLMGeneration):
    """`trl.generation.vllm_generation.VLLMGeneration`, with exact syncs on CPUs and of adapters.

    Args:
        rollout: the type to compute in, further arguments of `vllm.LLM`, whether adapters are merged, and whether
            calls are constrained.
        dtype: what the trainer computes in, such as "bfloat16"; used where `rollout` names none.
        seed: of the engine's sampling, on the first process.
        options: as TRL's class takes them.

    Raises:
        UserError: vLLM refuses the model or an argument.
    """

    def __init__(self, *, rollout: RolloutConfig, dtype: str, seed: int, **options: Any) -> None:
        self.rollout = rollout
        self.dtype = rollout.dtype or dtype
        self.seed = seed
        self.adapter_folder: TemporaryDirectory[str] | None = None
        self.base_is_synced = False
        self.grammars = Grammars(options["processing_class"]) if rollout.constrain_calls else None
        self.tags: list[str | None] = []
        super().__init__(**options)

    @property
    def is_on_cpu(self) -> bool:
        """Tell whether vLLM computes on the CPU, with weights that it has packed."""
        return bool(self.accelerator.device.type == "cpu")

    def _init_vllm(self) -> None:
        if self.mode != "colocate":
            super()._init_vllm()
            return
        self.syncs_adapter = self._can_sync_adapter()
        if self.accelerator.num_processes == 1:
            for engine in list(_engines):
                engine.shutdown()
        try:
            with _environment_kept(), _engine_arguments(self._engine_arguments()):
                super()._init_vllm()
        except ValueError as error:
            raise UserError(f"rollout=vllm: {' '.join(str(error).split())}") from error
        _engines.add(self.llm.llm_engine.engine_core)
        if self.syncs_adapter:
            self._generate_with_adapter()
        if self.grammars is not None:
            self._generate_constrained()

    def _can_sync_adapter(self) -> bool:
        if not isinstance(self.model, PeftModel) or self.rollout.merge_adapter:
            return False
        from vllm.lora.layers import BaseLayerWithLoRA

        reason = adapter.why_not_synced(self.model)
        if not hasattr(BaseLayerWithLoRA, "load_weights"):
            reason = "this version of vLLM cannot load the weights below it anew"
        if self._dist.is_fsdp or self._dist.is_zero3:
            reason = "its weights are sharded"
        if reason:
            logger.warning("the adapter is merged into copies of the weights at every sync: %s", reason)
        return reason is None

    def _engine_arguments(self) -> JsonObject:
        seed = self.seed + self.accelerator.process_index // self.tensor_parallel_size
        arguments: JsonObject = {"dtype": self.dtype, "seed": seed, "use_tqdm_on_load": False}
        if self.is_on_cpu:
            arguments |= CPU_ENGINE
        if self.syncs_adapter:
            arguments |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": adapter.max_rank(self.model)}
        return arguments | self.rollout.engine

    def _generate_with_adapter(self) -> None:
        from vllm.lora.request import LoRARequest

        self.adapter_folder = TemporaryDirectory(prefix="rlvr-adapter-")
        self.adapter_request = LoRARequest("policy", 1, self.adapter_folder.name)
        generate = self.llm.generate
        self.llm.generate = lambda *args, **kwargs: generate(*args, lora_request=self.adapter_request, **kwargs)

    def _generate_constrained(self) -> None:
        generate = self.llm.generate

        def constrained_to_rows(prompts: Sequence[Any], *, sampling_params: Any, **kwargs: Any) -> Any:
            if len(self.tags) != len(prompts):
                raise RunError(f"rollout.constrain_calls: {len(prompts)} prompts, and the tools of {len(self.tags)}")
            each = [constrained(sampling_params, tag) for tag in self.tags]
            return generate(prompts, sampling_params=each, **kwargs)

        self.llm.generate = constrained_to_rows

    def offer(self, offered: Sequence[Any]) -> float:
        """Constrain the calls that are generated next to what each prompt offers.

        Returns:
            The share of the prompts that xgrammar has no grammar for.
        """
        if self.grammars is None:
            return 0.0
        self.tags, n_free = self.grammars.of_each(offered)
        return n_free / max(1, len(offered))

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        """As TRL's. An engine that is to run eagerly does so in its sampling too, which needs no C++ compiler then."""
        is_eager = self.mode == "colocate" and self.llm.llm_engine.model_config.enforce_eager
        with torch.compiler.set_stance("force_eager") if is_eager else nullcontext():
            return super().generate(*args, **kwargs)

    def sync_weights(self) -> None:
        """Give vLLM the weights of the trainer, or its adapter where vLLM has the weights below it already."""
        if self.mode != "colocate":
            super().sync_weights()
            return
        # Asleep, vLLM has thrown everything away.
        if not self.syncs_adapter or not self.base_is_synced or self._llm_weights_sleeping:
            self._sync_parameters()
            self.base_is_synced = True
        if self.syncs_adapter:
            self._sync_adapter()

    def _sync_parameters(self) -> None:
        if not self.is_on_cpu:
            super().sync_weights()
            return
        weights = list(adapter.with_tied_head(self.model, self._iter_named_params()))
        self.llm.collective_rpc("reload_weights", kwargs={"weights_iterator": iter(weights)})
        self.llm.reset_prefix_cache()

    def _sync_adapter(self) -> None:
        adapter.save_adapter(self.model, Path(self.adapter_request.lora_path))
        self.llm.llm_engine.remove_lora(self.adapter_request.lora_int_id)
        self.llm.llm_engine.add_lora(self.adapter_request)
        self.llm.reset_prefix_cache()

    def _iter_named_params(self) -> Iterator[tuple[str, Tensor]]:
        return adapter.in_checkpoint(self.model, self._trained_parameters())

    def _trained_parameters(self) -> Iterator[tuple[str, Tensor]]:
        is_sharded = self._dist.is_fsdp or self._dist.is_zero3
        if not isinstance(self.model, PeftModel) or is_sharded:
            return super()._iter_named_params()
        if self.mode == "colocate" and self.syncs_adapter:
            return adapter.base_parameters(self.model)
        reason = adapter.why_not_merged(self.model)
        if reason is None:
            return adapter.merged_parameters(self.model)
        logger.warning("the adapter is merged in place at every sync: %s", reason)
        return super()._iter_named_params()


def generation(*, rollout: RolloutConfig, args: GRPOConfig, **options: Any) -> Generation:
    """Return the generation of a trainer with `args`, from the options that TRL gives its own."""
    dtype = adapter.compute_dtype(options["model"], bf16=args.bf16, fp16=args.fp16)
    return Generation(rollout=rollout, dtype=dtype, seed=args.seed, **options)


@contextmanager
def _engine_arguments(arguments: JsonObject) -> Iterator[None]:
    """Within this, TRL builds its `vllm.LLM` with these arguments too."""
    stock = trl_vllm.LLM
    trl_vllm.LLM = lambda **options: stock(**options | arguments)
    try:
        yield
    finally:
        trl_vllm.LLM = stock


@contextmanager
def _environment_kept() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*_LAUNCH_VARIABLES, _LOG_LEVEL)}
    # An engine sets vLLM's loggers up anew; what the run has quietened stays quiet.
    os.environ.setdefault(_LOG_LEVEL, logging.getLevelName(logging.getLogger("vllm").getEffectiveLevel()))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
