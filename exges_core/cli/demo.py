"""`exges demo`: the bundled speech through everything, down to a rendered film.

Motion, BVH and report come from the pipeline. The .blend and .mp4 are made by the Blender side in a process of its own
(torch never shares a process with Blender), which needs a source checkout (`tools/demo_scene`) and the `blender` extra.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core import assets
from exges_core.errors import ExgesError, InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.motion.skeleton import joint_index
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.protocol import OnProgress, Progress, Request, part_of
from exges_core.timeline import time_of

_HAPPY = 0.25
"""How happy the demo's speaker looks."""
MOTION_SHARE = 0.15
"""How much of the demo's progress bar is the motion; the rest is rendering."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The files that were written, and what is to be said of them."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def run_demo(out: Path, *, seed: int, video: bool, on_progress: OnProgress) -> Demo:
    """Write demo.bvh, .npz, .json and, with Blender at hand, .blend, .png and .mp4.

    Raises:
        InputError: if the Blender side is not there; the motion is written all the same.
        ExgesError: if the Blender side fails.
        OutputError: if a file cannot be written.
    """
    out = out.absolute()
    files = tuple(out / f"demo.{suffix}" for suffix in ("bvh", "npz", "json"))
    request = Request(
        id="demo",
        speech=str(assets.DEMO_SPEECH),
        transcript=str(assets.DEMO_TRANSCRIPT),
        outputs=(str(files[0]), str(files[1])),
        report=str(files[2]),
        seed=seed,
        face=True,
        face_happy=_HAPPY,
    )
    generate_files(request, Models(), on_progress=part_of(on_progress, 0.0, MOTION_SHARE if video else 1.0))
    require_blender("exges demo (motion and report are written; .blend and .mp4 are not)")
    made = {"blend": out / "demo.blend", **({"video": out / "demo.mp4", "picture": out / "demo.png"} if video else {})}
    picture_time_s = _telling_time_s(read_npz(files[1]))
    notes = film(
        files[1],
        assets.DEMO_SPEECH,
        made,
        log=out / "demo_render.log",
        options=("--picture-time", f"{picture_time_s:.3f}") if video else (),
        on_progress=part_of(on_progress, MOTION_SHARE, 1.0),
    )
    on_progress(Progress(stage="done", fraction=1.0))
    return Demo(files=(*files, *made.values()), notes=notes)


def require_blender(where: str) -> None:
    """Make sure that the Blender side is there.

    Args:
        where: who needs it, for the message.

    Raises:
        InputError: if bpy or the source checkout's `blender_addon` is missing.
    """
    for name, do in (
        ("bpy", "On Python 3.11: pip install 'exges[blender]'."),
        ("blender_addon", "Run it from a source checkout."),
    ):
        if importlib.util.find_spec(name) is None:
            raise InputError(message(expected=f"the module {name}", got="nothing", where=where, do=do))


def _telling_time_s(clip: MotionClip) -> float:
    """Return the instant at which both hands are high and far apart: that picture shows a gesture, not a pause."""
    wrists_m = clip.positions_m()[:, [joint_index("left_wrist"), joint_index("right_wrist")]]
    apart_m = np.linalg.norm(wrists_m[:, 0] - wrists_m[:, 1], axis=-1)
    return time_of(int(np.argmax(wrists_m[..., 1].sum(axis=1) + apart_m)), clip.frame_rate_hz)


def film(
    motion: Path,
    speech: Path,
    made: Mapping[str, Path],
    *,
    log: Path,
    options: Sequence[str] = (),
    on_progress: OnProgress,
) -> tuple[str, ...]:
    """Run the Blender side; its lines `progress FRACTION STAGE` feed the bar, everything goes to the log.

    Returns:
        Its lines `note TEXT`, to be told at the end.

    Args:
        motion: BEAT2's .npz.
        speech: the sound that it goes with.
        made: what to write, by the Blender side's options: blend, and video and picture if wanted.
        log: removed in the end if all went well.
        options: more of `python -m tools.demo_scene`.
        on_progress: told of the rendering, 0 to 1.

    Raises:
        ExgesError: if it fails; the log stays.
    """
    command = [sys.executable, "-P", "-m", "tools.demo_scene", "--motion", str(motion), "--speech", str(speech)]
    for option, path in made.items():
        command += [f"--{option}", str(path)]
    command += options
    with log.open("w", encoding="utf-8") as record:
        process = subprocess.Popen(  # noqa: S603 - our own module with paths as arguments, no shell
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_with_checkout()
        )
        try:
            notes = _follow(process, record.write, on_progress)
        finally:
            process.kill()
            process.wait()
    if process.returncode != 0 or not all(path.is_file() for path in made.values()):
        raise ExgesError(f"Blender failed with exit code {process.returncode}; its output is in {log}")
    log.unlink()
    return notes


def _with_checkout() -> dict[str, str]:
    """Return the environment in which the checkout's `tools` come before any other of that name."""
    spec = importlib.util.find_spec("blender_addon")
    assert spec is not None  # `require_blender` has made sure
    assert spec.origin is not None
    paths = (str(Path(spec.origin).resolve().parents[1]), os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _follow(
    process: subprocess.Popen[str], record: Callable[[str], object], on_progress: OnProgress
) -> tuple[str, ...]:
    notes: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        record(line)
        words = line.split(maxsplit=2)
        if len(words) == 3 and words[0] == "progress":
            on_progress(Progress(stage=words[2].strip(), fraction=float(words[1])))
        elif words[:1] == ["note"]:
            notes.append(line.removeprefix("note").strip())
    process.wait()
    return tuple(notes)
