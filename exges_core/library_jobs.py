"""What `exges library` does: build, extend and search motion bases from recordings. It composes; rooms compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exges_core import __version__
from exges_core.audio.features import audio_features
from exges_core.engine import Engine
from exges_core.errors import InputError, message
from exges_core.listening import listen
from exges_core.motion.bvh import clip_from_bvh, read_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.protocol import OnProgress, Progress
from exges_core.recordings import read_folder
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.picture import draw_matches
from exges_core.retrieval.search import search
from exges_core.retrieval.sources import source_take


def build_library(folder: Path, data: Path, *, device: str, on_progress: OnProgress) -> dict[str, Any]:
    """Build a motion base of every take in a folder of BEAT2's layout; return its info.

    Raises:
        InputError: if the folder is not of that layout or a take cannot be used.
        OutputError: if the base cannot be written.
    """
    takes = read_folder(data, "all")
    engine = Engine(device=device)
    sources = []
    for number, take in enumerate(takes):
        on_progress(Progress(stage="reading", fraction=0.8 * number / len(takes), note=take.id))
        sources.append(source_take(take.id, take.clip, take.waveform, take.words, speaker=take.speaker))
    on_progress(Progress(stage="embedding", fraction=0.8))
    provenance = {"command": "exges library build", "exges": __version__, "takes": len(takes)}
    base = MotionBase.build(folder, sources, engine.retrieval, licence="not stated", provenance=provenance)
    on_progress(Progress(stage="done", fraction=1.0))
    return base.info()


def add_to_library(
    folder: Path,
    *,
    motion: Path,
    speech: Path,
    transcript: Path | None,
    speaker: str,
    asr: str,
    device: str,
    on_progress: OnProgress,
) -> dict[str, Any]:
    """Add one recording to a motion base; return its info. No retraining.

    Raises:
        InputError: if motion, speech or base cannot be used.
        OutputError: if it cannot be written; the base stays as it was.
    """
    engine = Engine(device=device)
    base = engine.base(folder)
    clip = _motion(motion)
    heard = listen(speech, transcript=transcript, asr=asr, on_progress=on_progress)
    take = source_take(motion.stem, clip, heard.waveform, heard.words, speaker=speaker)
    return base.add([take], engine.retrieval).info()


def search_library(
    folder: Path,
    speech: Path,
    *,
    transcript: Path | None,
    asr: str,
    top_k: int,
    device: str,
    picture: Path | None,
    on_progress: OnProgress,
) -> dict[str, Any]:
    """Return what a speech retrieves, as the command line's JSON; draw it if a picture is asked for.

    Raises:
        InputError: if the speech or the base cannot be used.
        OutputError: if the picture cannot be written.
    """
    engine = Engine(device=device)
    base = engine.base(folder)
    heard = listen(speech, transcript=transcript, asr=asr, on_progress=on_progress)
    matches = search(base, engine.retrieval, audio_features(heard.waveform), heard.segments, top_k)
    if picture is not None:
        draw_matches(base, matches, picture)
    segments = [
        {
            "start_s": match.segment.start_s,
            "end_s": match.segment.end_s,
            "text": match.segment.text,
            "candidates": [
                {
                    "source": each.source,
                    "source_start_s": each.source_start_s,
                    "source_end_s": each.source_end_s,
                    "key_time_s": each.key_time_s,
                    "score": each.score,
                    "probability": each.probability,
                }
                for each in match.candidates
            ],
        }
        for match in matches
    ]
    return {"asr": heard.asr, "warnings": list(heard.warnings), "segments": segments}


def _motion(path: Path) -> MotionClip:
    match path.suffix.lower():
        case ".npz":
            return read_npz(path)
        case ".bvh":
            return clip_from_bvh(read_bvh(path), where=str(path))
        case other:
            do = "Convert it to one of these."
            raise InputError(
                message(expected="a .npz or .bvh motion", got=other or "no suffix", where=str(path), do=do)
            )
