"""Does speech make the motion, or the seed? ``python -m training.seed_against_speech SOUND... [--seeds 4]``.

Every speech is generated with every seed by the product's own flow, with and without retrieval; printed are the shares
of the variance of wrist paths that either explains, and how alike one seed's paths are for different speeches. With
``--shared-noise`` all speeches get the same chances (noise, plan, style) for a seed: what then differs between them,
the speech made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from exges_core import assets
from exges_core.arrays import Array, Float
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import InputError, message
from exges_core.files import write_json
from exges_core.motion.clip import MotionClip
from exges_core.planning.planner_model import load_planner
from exges_core.speech.recognise import recognise
from exges_core.speech.segments import segment
from training.command import start
from training.evaluation.inputs import FULL, read_retriever, read_weights
from training.evaluation.material import KnownTake
from training.evaluation.seed_design import SeedAgainstSpeech, design, frames_of, seed_against_speech, speeches_of
from training.evaluation.stitching import held
from training.evaluation.systems import Flow

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")


@dataclass(frozen=True, kw_only=True)
class Design:
    """Generate a design of seeds by speeches and measure it.

    Attributes:
        sounds: sound files, or folders of them; long ones are cut, short ones joined.
        seeds: how many.
        speeches: at most so many.
        seconds: length of each.
        model: denoiser weights.
        retrieval: retrieval weights; library: the motion base they belong to.
        planner: weights of what plans the strokes.
        no_score: nobody plans, which is the paper.
        shared_noise: draw noise, plan and style from the seed alone, not from the seed and the sound.
        asr: recogniser for retrieval's words, as `exges generate` has it.
        json: write the figures here.
    """

    sounds: Annotated[tuple[Path, ...], tyro.conf.Positional]
    seeds: int = 4
    speeches: int = 4
    seconds: float = 24.0
    model: Path = assets.DENOISER
    retrieval: Path = assets.RETRIEVAL
    library: Path = assets.LIBRARY
    planner: Path = assets.PLANNER
    no_score: bool = False
    shared_noise: bool = False
    asr: str = "auto"
    json: Path | None = None


def measure(options: Design) -> dict[str, SeedAgainstSpeech]:
    """Return the figures with and without retrieval.

    Raises:
        InputError: if there is too little sound.
        CheckpointError: if weights cannot be used.
        OutputError: if the JSON cannot be written.
    """
    denoiser = read_weights((), options.model, device="cpu")[FULL]
    retriever = read_retriever(options.library, options.retrieval, device="cpu")
    planner = None if options.no_score else load_planner(options.planner)
    read = [(path.name, read_waveform(path)) for path in files_of(options.sounds)]
    speeches = speeches_of(read, seconds=options.seconds, most=options.speeches)
    pose = denoiser.stats.mean
    takes = [
        speech_take(f"{place} {name}", waveform, asr=options.asr, pose=pose)
        for place, (name, waveform) in enumerate(speeches)
    ]
    frames = min(frames_of(options.seconds), *(take.frames for take in takes))
    found: dict[str, SeedAgainstSpeech] = {}
    for name, used in (("with retrieval", retriever), ("without retrieval", None)):
        flow = Flow(denoiser=denoiser, retriever=used, scores=planner, shares_noise=options.shared_noise)
        found[name] = _measured(flow, takes, options.seeds, frames)
        print(told(name, found[name]), flush=True)
    if options.json is not None:
        write_json(options.json, {name: each.as_json() for name, each in found.items()})
    return found


def _measured(flow: Flow, takes: list[KnownTake], seeds: int, frames: int) -> SeedAgainstSpeech:
    def made(seed: int, speech: int) -> MotionClip:
        return flow(takes[speech], seed).clip

    return seed_against_speech(design(made, seeds=seeds, speeches=len(takes), frames=frames))


def told(name: str, found: SeedAgainstSpeech) -> str:
    """Return the figures as a line."""
    return (
        f"{name}: same seed, other speech r {found.same_seed:.2f} (chance 0); same speech, other seed "
        f"{found.same_speech:.2f} (0); share of speech {found.speech:.2f} ({found.speech_chance:.2f}), "
        f"of seed {found.seed:.2f} ({found.seed_chance:.2f})"
    )


def files_of(places: tuple[Path, ...]) -> list[Path]:
    """Return the sound files among files and folders, in order.

    Raises:
        InputError: if there is none.
    """
    found = [
        path
        for place in places
        for path in (sorted(place.iterdir()) if place.is_dir() else [place])
        if path.suffix.lower() in SOUNDS
    ]
    if not found:
        expected, got = f"sounds ({', '.join(SOUNDS)})", ", ".join(map(str, places)) or "nothing"
        raise InputError(message(expected=expected, got=got, where="SOUND", do="Name files or folders of sound."))
    return found


def speech_take(name: str, waveform: Waveform, *, asr: str, pose: Float[Array, "channels"]) -> KnownTake:
    """Return a speech as the flow takes it; its motion is not known, so a held pose stands for it."""
    audio = audio_features(waveform)
    words = recognise(waveform, asr=asr).words
    return KnownTake(
        id=name,
        speaker="",
        truth=held(pose, len(audio)),
        waveform=waveform,
        audio=audio,
        segments=segment(words, waveform),
        words=words,
    )


if __name__ == "__main__":
    start(measure, Design, about=__doc__)
