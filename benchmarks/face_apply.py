"""What a face adds to applying a take in Blender: `PYTHONPATH=. python -P -m benchmarks.face_apply`.

60 s at 30 frames a second on a character with four meshes of 52 shape keys each, with everything but the engine:
applying without a face and with one, a key on every frame and fewer keys, and a range made anew. Printed as
`benchmarks.blocking` does. A face may add 0.5 s to what a user waits for, and no slice may be longer than 0.1 s.

Fewer keys are chosen in a thread that Blender does not wait for; its time is in `window`, and has no bound here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from benchmarks.blocking import Table, clip_of
from blender_addon.generation import applying, preparing
from blender_addon.generation.settings import TakeSettings, settings_for
from blender_addon.scene import cooperative
from blender_addon.takes import keyframes
from exges_core.arrays import Array
from exges_core.face.names import ARKIT_NAMES
from exges_core.motion.npz import write_npz
from exges_core.protocol import Result
from exges_core.signals.filters import gaussian
from tests.addon.steps import scene_parts
from tests.addon.steps.face_parts import head

LIMIT_S, SLICE_LIMIT_S, MESHES = 0.5, 0.1, 4


def curves_of(frames: int) -> Array:
    """Return curves that move as much as faces do, 0 to 1; every third one rests."""
    noise = np.random.default_rng(3).normal(size=(frames, len(ARKIT_NAMES)))
    smooth = gaussian(noise, 2.0)
    found = np.clip(0.6 * smooth / smooth.std(axis=0), 0.0, 1.0)
    found[:, ::3] = 0.0
    return found


def make(table: Table, name: str, settings: TakeSettings) -> str:
    """Make a take, all but the engine; return its name."""
    scene = bpy.context.scene
    plan = cooperative.now(preparing.preparing(settings, sequencer=scene.name))
    clip = clip_of(60.0)
    extra = {"face_arkit": curves_of(clip.frames), "face_arkit_names": np.array(ARKIT_NAMES)} if settings.face else {}
    write_npz(Path(plan.request.outputs[0]), clip, extra=extra)
    report: dict[str, object] = {"words": [], "duration_s": 60.0}
    result = Result(id=plan.request.id, outputs=plan.request.outputs, report=report)
    take = table.work(name, applying.finishing(plan, result))
    plan.discard()
    return take


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    cooperative.clock = time.thread_time
    here, table = Path(tempfile.mkdtemp()), Table()
    scene_parts.enable(sys.executable)
    bpy.context.scene.render.fps = 30
    body = scene_parts.body()
    for number in range(MESHES):
        head(body, f"Head {number}", ARKIT_NAMES)
    given = {"audio": str(scene_parts.voice(here / "speech.wav", 60.0)), "keeps_hands_out": False}
    plain = settings_for(bpy.context.scene.name, body.name, given)
    rows: dict[str, list[float]] = {}
    for title, change in (("every frame", {}), ("fewer keys", {"tolerance_deg": 1.0})):
        for face in (False, True):
            settings = replace(plain, face=face, **change)
            take = make(table, f"{title}, {'with' if face else 'without'} a face", settings)
            part = replace(settings, part=(600, 750), base=take)
            make(table, f"  range, {'with' if face else 'without'} a face", part)
            rows.setdefault(title, []).append(table.rows[-2]["whole_s"])
            rows.setdefault(f"range, {title}", []).append(table.rows[-1]["whole_s"])
            for each in keyframes.takes_of(body):
                keyframes.remove_take(body, each.name)
    added = {name: with_face - without for name, (without, with_face) in rows.items()}
    longest_s = max(row["longest_s"] for row in table.rows)
    print(f"Blender {bpy.app.version_string}: a face adds", end=" ")
    print(", ".join(f"{seconds:.2f} s ({name})" for name, seconds in added.items()), end="; ")
    print(f"longest slice {longest_s:.3f} s")
    return int(added["every frame"] > LIMIT_S or longest_s > SLICE_LIMIT_S)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
