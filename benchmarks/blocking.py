"""For how long Blender has to wait while a take is made: `PYTHONPATH=. python -P -m benchmarks.blocking`.

A 60 s take on a Rigify human, with everything but the engine, which is a process of its own: the first look at the
bones, preparing and applying a whole take, fewer keys, ranges of dense and of thinned takes, own keys, mixed sound.
Motion is made up, and its hands touch nothing; `real` takes are what the engine makes of a minute of the demo's speech,
whose hands are kept out of the body and together, and `--motion` one of your own.
Printed for each: its longest slice and all of it, in processor seconds of Blender's own thread (what it is on an idle
core), and the longest slice by the clock. Threads that work beside it are not Blender's waiting and are not counted.

`window`: from the first slice to the last as a user waits for them, slices on the modal operator's timer and threads
in between, each by the processor's time; what Blender draws meanwhile comes on top. Applying has to stay below 1 s, a
real take with contacts to keep below 2 s.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import bpy  # isort: skip
import numpy as np

from blender_addon.character import rigcache
from blender_addon.generation import applying, preparing
from blender_addon.scene import compat, cooperative
from blender_addon.takes import export, record
from blender_addon.ui import readiness
from blender_addon.ui.operators import driven
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz, write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.protocol import Result
from tests.addon.steps import scene_parts
from tools.demo_scene.scene import add_rigify_human

Made = TypeVar("Made")
LIMIT_S, APPLYING_LIMIT_S, REAL_LIMIT_S = 0.2, 1.0, 2.0
OWN_KEYS_EVERY = 30
CANDIDATES = 320


class Table:
    """What was measured, printed as it comes."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def work(self, name: str, work: cooperative.Work[Made]) -> Made:
        """Do a work slice by slice and return its result."""
        longest_s, by_clock_s, whole_s, count = 0.0, 0.0, 0.0, 0
        window_s, tick_s = 0.0, 0.0  # a user's time, and how much of this tick of the timer is used
        while True:
            clock_s, processor_s = time.perf_counter(), time.thread_time()
            try:
                waited_for, result = next(work), None
            except StopIteration as end:
                waited_for, result = None, end
            passed_s = time.thread_time() - processor_s
            count, whole_s = count + 1, whole_s + passed_s
            longest_s, by_clock_s = max(longest_s, passed_s), max(by_clock_s, time.perf_counter() - clock_s)
            window_s, tick_s = window_s + passed_s, tick_s + passed_s
            if result is not None:
                break
            if waited_for is not None:
                processor_s = time.process_time()
                waited_for.wait()
                window_s += time.process_time() - processor_s
            if waited_for is not None or tick_s > cooperative.BUDGET_S:
                window_s, tick_s = _next_tick(window_s), 0.0
        row = {"name": name, "longest_s": longest_s, "by_clock_s": by_clock_s, "whole_s": whole_s, "slices": count}
        self.rows.append({**row, "window_s": window_s})
        print(
            f"{name:<34} longest {longest_s:6.3f} s (clock {by_clock_s:6.3f})  all {whole_s:6.3f} s, {count} slices, "
            f"window {window_s:6.3f} s",
            flush=True,
        )
        return result.value

    def once(self, name: str, action: Callable[[], Made]) -> Made:
        """Do what has one slice only."""

        def work() -> cooperative.Work[Made]:
            return action()
            yield None

        return self.work(name, work())

    def is_slow(self, *, is_real: bool) -> bool:
        """Tell which take was applied slowest, of real ones or of made-up ones; say whether that was too slow."""
        applied = (row for row in self.rows if row["name"].endswith("applying"))
        rows = [row for row in applied if row["name"].startswith("real") == is_real]
        slowest, limit_s = max(rows, key=lambda row: row["window_s"]), REAL_LIMIT_S if is_real else APPLYING_LIMIT_S
        kind = "a real" if is_real else "a made-up"
        print(f"from the engine's answer to {kind} take: at most {slowest['window_s']:.3f} s ({slowest['name']})")
        return slowest["window_s"] > limit_s


def _next_tick(window_s: float) -> float:
    return driven.SLICE_TICK_S * math.ceil(window_s / driven.SLICE_TICK_S)


def clip_of(seconds: float) -> MotionClip:
    generator, frames = np.random.default_rng(1), round(30 * seconds)
    phase, size = generator.uniform(0.0, 6.28, (1, 55, 3)), generator.normal(scale=0.35, size=(1, 55, 3))
    time_s = np.arange(frames)[:, None, None] / 30.0
    root = 0.05 * np.sin(np.arange(frames)[:, None] / 20.0 + np.arange(3)) + np.array([0.0, 0.9, 0.0])
    local = quat_from_rotvec(size * np.sin(2.0 * time_s + phase))
    return MotionClip(local_quat_wxyz=local, root_position_m=root, frame_rate_hz=30.0)


def real_clip(folder: Path, seconds: float) -> MotionClip:
    """Return what the engine makes of the demo's speech, said again and again."""
    speech = scene_parts.talk(folder / "talk.wav", sys.executable, seconds)
    motion = folder / "talk.npz"
    words = str(speech.with_suffix(".json"))
    asked = [str(speech), "-o", str(motion), "--transcript", words, "--seed", "1"]
    engine = [sys.executable, "-P", "-m", "exges_core.cli", "generate", *asked]
    subprocess.run(engine, check=True)  # noqa: S603 - this Python, and files made here
    return read_npz(motion)


def result_of(plan: preparing.Plan, clip: MotionClip) -> Result:
    """Return what an engine would hand over: motion, words, poses of candidates."""
    write_npz(Path(plan.request.outputs[0]), clip)
    turns = np.random.default_rng(2).normal(scale=0.3, size=(CANDIDATES, 55, 3))
    poses = quat_from_rotvec(turns).astype(np.float32)
    numbers = np.arange(CANDIDATES)
    np.savez(plan.folder / "poses.npz", local_quat_wxyz=poses, segment=numbers // 8, clip=numbers)
    words = [{"text": "word", "start_s": 0.3 * each, "end_s": 0.3 * each + 0.2} for each in range(200)]
    return Result(id=plan.request.id, outputs=plan.request.outputs, report={"words": words, "duration_s": 60.0})


def make(table: Table, name: str, clip: MotionClip) -> bpy.types.Action:
    """Make a take of the panel's settings, all but the engine."""
    table.once(f"{name}: why it is disabled", lambda: readiness.reason(bpy.context, is_fresh=True))
    settings = readiness.take_settings(bpy.context)
    plan = table.work(f"{name}: preparing", preparing.preparing(settings, sequencer=bpy.context.scene.name))
    take = table.work(f"{name}: applying", applying.finishing(plan, result_of(plan, clip)))
    plan.discard()
    return bpy.data.actions[take]


def make_real(table: Table, rig: bpy.types.Object, clip: MotionClip, keyed: range) -> None:
    """Make a real take with a key on every frame, with fewer keys, and through poses of the animator's own."""
    rig.exges.bake = "EVERY"
    make(table, "real, every frame", clip)
    rig.exges.bake = "FEWER"
    make(table, "real, fewer keys", clip)
    key_poses(rig, keyed)
    make(table, "real, own keys", clip)


def write_take(rig: bpy.types.Object, path: Path) -> None:
    export.export_take(bpy.context, rig, record.shown(rig).name, path, with_meshes=False)


def key_poses(rig: bpy.types.Object, frames: range) -> None:
    for frame in frames:
        for name in ("hand_fk.L", "upper_arm_fk.L", "torso"):
            bone = rig.pose.bones[name]
            kind = "rotation_quaternion" if bone.rotation_mode == "QUATERNION" else "rotation_euler"
            bone.keyframe_insert(kind, frame=frame)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--motion", type=Path, help="a take of the engine's (.npz) in place of the demo's speech")
    parser.add_argument("--exports", action="store_true", help="also how long Blender's exporters take; minutes")
    parser.add_argument("--json", type=Path, help="write the rows there")
    options = parser.parse_args()
    cooperative.clock = time.thread_time  # else a busy computer would end slices early and make them look short
    here, table = Path(tempfile.mkdtemp()), Table()
    scene_parts.enable(sys.executable)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    rig = add_rigify_human(scene)
    scene.exges.character, settings = rig, rig.exges
    settings.source, settings.audio = "FILE", str(scene_parts.voice(here / "speech.wav", options.seconds))
    table.once("panel, first look at the bones", lambda: rigcache.seen(rig, may_wait=False))
    while rigcache._Look.work is not None:
        rigcache._Look.work.wait()
        table.once("panel, the bones are found", rigcache.poll)
    clip = clip_of(options.seconds)
    dense = make(table, "every frame", clip)
    settings.bake = "FEWER"
    sparse = make(table, "fewer keys", clip)
    third = round(10 * options.seconds)
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, third, third + 150
    settings.part, settings.bake = "PREVIEW", "EVERY"
    record.show(rig, dense.name)
    make(table, "range of every frame", clip)
    record.show(rig, sparse.name)
    settings.bake = "FEWER"
    make(table, "range of fewer keys", clip)
    settings.part = "WHOLE"
    real = read_npz(options.motion) if options.motion else real_clip(here, options.seconds)
    make_real(table, rig, real, range(10, third * 3 - 20, OWN_KEYS_EVERY))
    make(table, "own keys", clip)
    if compat.HAS_SOUND:
        strip = compat.add_sound(scene, name="Speech", filepath=settings.audio, channel=1, frame=1)
        strip.volume = 0.5
        settings.source = "STRIP"
        settings = readiness.take_settings(bpy.context)
        plan = table.work("sound to be mixed: preparing", preparing.preparing(settings, sequencer=scene.name))
        plan.discard()
    longest = max(table.rows, key=lambda row: row["longest_s"])
    print(f"Blender {bpy.app.version_string}: longest slice {longest['longest_s']:.3f} s ({longest['name']})")
    is_slow = [table.is_slow(is_real=is_real) for is_real in (False, True)]
    rows = list(table.rows)
    for suffix in export.SUFFIXES if options.exports else ():
        table.once(f"export {suffix}", lambda suffix=suffix: write_take(rig, here / f"take{suffix}"))
    if options.json:
        options.json.write_text(json.dumps(table.rows, indent=1))
    return int(max(row["longest_s"] for row in rows) > LIMIT_S or any(is_slow))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
