"""Train a denoiser: ``python -m training.train_diffusion --data DIR --out FILE.safetensors --minutes M --seed S``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from exges_core.diffusion.model import load_denoiser
from training.command import start, writable
from training.data.recordings import corpus_hash, read_arrays
from training.data.takes import TakeArrays, hours_of
from training.diffusion.presets import DIFFUSION, DiffusionPreset
from training.diffusion.task import DenoisingTask, save_denoiser
from training.loop.arguments import DeviceArguments, held_out


@dataclass(frozen=True, kw_only=True)
class Arguments(DeviceArguments):
    """Train a denoiser.

    Attributes:
        preset: default (two CPU cores, about an hour), paper, or an ablation of the default (`presets.ABLATIONS`).
        copies: of every training take with varied speech, beside the take itself (`data.augment_presets`).
        init: weights to start from: fine-tuning keeps their size and normalisation; new styles start as the null style,
            and weights without a linear prior get one if the preset has it.
        curriculum: go through the curriculum of masks again in spite of `init`.
        rate_share: of the preset's learning rate; 0.3 or so for fine-tuning.
    """

    USUAL_MINUTES = 60.0

    preset: Literal[
        "default", "paper", "no-score", "no-control", "no-mask-channel", "no-part-mask", "no-curriculum", "regression"
    ] = "default"
    copies: int = 0
    bf16: bool = True
    init: Path | None = None
    curriculum: bool = False
    rate_share: float = 1.0

    def read(self, split: str) -> list[TakeArrays]:
        """Read a split; only training takes get varied copies."""
        copies = self.copies if split == "train" else 0
        return read_arrays(self.data, split, cache=self.cache, workers=self.workers, copies=copies, seed=self.seed)


def preset_of(arguments: Arguments) -> DiffusionPreset:
    """Return the preset with the learning rate and the curriculum that are asked for."""
    preset = DIFFUSION[arguments.preset]
    preset = replace(preset, learning_rate=arguments.rate_share * preset.learning_rate)
    if arguments.init is None or arguments.curriculum:
        return preset
    # What the weights have learned already was the curriculum.
    return replace(preset, masking=replace(preset.masking, curriculum_share=0.0))


def train(arguments: Arguments) -> None:
    """Read the data, train, write the weights.

    Raises:
        InputError: if the data cannot be used.
        CheckpointError: if there is nothing to resume, or weights to start from cannot be used.
        OutputError: if state or weights cannot be written.
    """
    writable(arguments.out)
    preset = preset_of(arguments)
    init = None if arguments.init is None else load_denoiser(arguments.init, is_bf16=False)
    fabric = arguments.fabric()
    with arguments.first_reads(fabric):
        takes, watched = arguments.read("train"), held_out(arguments.read, fabric.print)
    task = DenoisingTask(preset, takes, watched, fabric, seed=arguments.seed, init=init)
    fabric.print(f"{len(takes)} takes, {hours_of(takes):.2f} h, styles {', '.join(task.styles)}", flush=True)
    config = replace(arguments.loop(preset, takes), is_rate_constant=preset.is_rate_constant)
    result = arguments.run(task, fabric, config)
    if fabric.is_global_zero:
        provenance = arguments.provenance(
            "training.train_diffusion",
            result,
            preset=arguments.preset,
            init=None if init is None else {"name": init.name, "sha256": init.sha256, **init.provenance},
            corpus_sha256=corpus_hash(takes),
            corpus_frames=task.source.frames,
            copies=arguments.copies,
        )
        save_denoiser(arguments.out, task, provenance)
        print(arguments.written(result))


if __name__ == "__main__":
    start(train, Arguments, about=__doc__, is_parallel=True)
