"""Sitting, holding a cup, driving, walking: does what is held stay, does what is free move?

`PYTHONPATH=. python -P -m benchmarks.scenes --out FOLDER [--only NAME ...] [--no-films]`, in a Python that has bpy and
the engine. Four Rigify humans with an animation of their own (`scene_sets`) say the demo speech's first twelve seconds;
takes are made by the extension with the real engine. On every frame the evaluated places of what has to stay are
compared with the own animation's, for the take and for the same take without holding; what is free is to move.
FOLDER gets scenes.json and, of each scene, the .blend, a film and a sheet of pictures, two a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy  # isort: skip
import numpy as np

from benchmarks import scene_films, scene_sets
from blender_addon.engine import client, preferences
from blender_addon.generation import running
from blender_addon.generation.settings import settings_for
from blender_addon.takes import layers, record
from exges_core import assets
from exges_core.arrays import Array
from tests.addon.steps import scene_parts
from tools.demo_scene import mannequin
from tools.demo_scene.scene import add_rigify_human

_CUT = "import sys, soundfile as s; x, r = s.read(sys.argv[1]); s.write(sys.argv[2], x[: int(r * int(sys.argv[3]))], r)"
_CORNERS = np.array([(0.0, 0.0, 0.0, 1.0), (0.1, 0.0, 0.0, 1.0), (0.0, 0.1, 0.0, 1.0), (0.0, 0.0, 0.1, 1.0)]).T
"""Points of a thing that is watched, metres in its own axes: its origin and one on each, so that turns count."""


def speech(folder: Path) -> tuple[Path, Path]:
    """Write the demo speech's beginning and its words; return both files."""
    sound, words = folder / "speech.wav", folder / "speech.json"
    length = str(scene_sets.SECONDS)
    subprocess.run(  # noqa: S603 - our own line, run by our own interpreter
        [sys.executable, "-P", "-c", _CUT, str(assets.DEMO_SPEECH), str(sound), length], check=True
    )
    said = json.loads(scene_parts.DEMO_WORDS.read_text(encoding="utf-8"))["words"]
    words.write_text(json.dumps([each for each in said if each["end_s"] < scene_sets.SECONDS]), encoding="utf-8")
    return sound, words


def places(rig: bpy.types.Object, names: Sequence[str]) -> Array:
    """Return where points of bones or objects are on every frame as Blender shows them, frames x points x 3, metres."""
    scene, rows = bpy.context.scene, []
    for frame in range(1, scene_sets.FRAMES + 1):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        posed = rig.evaluated_get(graph)
        rows.append([_matrix(posed, name, graph) @ _CORNERS for name in names])
    return np.swapaxes(np.array(rows)[:, :, :3], 2, 3).reshape(len(rows), -1, 3)


def _matrix(posed: bpy.types.Object, name: str, graph: bpy.types.Depsgraph) -> Array:
    if name in posed.pose.bones:
        return np.array(posed.matrix_world @ posed.pose.bones[name].matrix)
    return np.array(bpy.data.objects[name].evaluated_get(graph).matrix_world)


class Stage:
    """One scene: its character, its own animation and what takes make of it."""

    def __init__(self, name: str, base: Path, engine: client.Engine, said: tuple[Path, Path]) -> None:
        bpy.ops.wm.open_mainfile(filepath=str(base), use_scripts=True)
        self.set, self._engine, self._said = scene_sets.SETS[name], engine, said
        self.scene, self.rig = bpy.context.scene, bpy.data.objects["ExGes human"]
        self.scene.render.fps, self.scene.frame_start, self.scene.frame_end = scene_sets.RATE, 1, scene_sets.FRAMES
        self.scene.exges.character = self.rig
        self.set.build(self.rig)
        self.names = sorted(
            {bone for bones, _ in self.set.stays.values() for bone in bones} | self._free_names() | {scene_sets.ROOT}
        )
        self.own = places(self.rig, self.names)

    def _free_names(self) -> set[str]:
        return {bone for bones in self.set.free.values() for bone in bones}

    def take(self, *busy: str) -> bpy.types.Action:
        """Make a take as the panel would."""
        sound, words = self._said
        asked = {"audio": str(sound), "transcript": str(words), "seed": 4, "busy": busy}
        asked |= {"use_keys": False} if self.set.in_layers else {}
        making = running.Making(
            settings_for(self.scene.name, self.rig.name, asked), sequencer=self.scene.name, engine=self._engine
        )
        while not making.step():
            time.sleep(0.01)
        return making.outcome

    def upper_body_only(self) -> None:
        """Split the shown take; legs and root go back to the own animation."""
        for done in (bpy.ops.exges.split_take(), bpy.ops.exges.upper_body_only()):
            assert done == {"FINISHED"}, done
        take = record.shown(self.rig)
        assert take is not None
        assert layers.is_split(self.rig, take)

    def measured(self) -> dict[str, dict[str, float]]:
        """Return how far what has to stay is off and how far what is free moves, in mm, as the scene is now."""
        now = places(self.rig, self.names)
        away = 1000.0 * np.linalg.norm(now - self.own, axis=-1)
        off = {
            name: float(away[frames.start - 1 : frames.stop - 1, self._columns(bones)].max())
            for name, (bones, frames) in self.set.stays.items()
        }
        moves, own = (
            {name: 1000.0 * self._span(paths, bones) for name, bones in self.set.free.items()}
            for paths in (now, self.own)
        )
        return {"off_mm": off, "moves_mm": moves, "own_moves_mm": own}

    def _span(self, paths: Array, bones: Sequence[str]) -> float:
        """Return the diagonal of the box that a bone's path fills, the way of the root bone left out; metres."""
        path = paths[:, self._columns(bones)[0]] - paths[:, self._columns([scene_sets.ROOT])[0]]
        return float(np.linalg.norm(np.ptp(path, axis=0)))

    def _columns(self, bones: Sequence[str]) -> list[int]:
        count = _CORNERS.shape[1]
        return [count * self.names.index(bone) + each for bone in bones for each in range(count)]


def play(name: str, stage: Stage) -> dict[str, Any]:
    """Make the scene's take and the one to compare with; return what was measured. The take is shown at the end."""
    wanted = stage.set
    control_s = time.monotonic()
    stage.take()
    free = stage.measured()
    if wanted.in_layers:
        stage.upper_body_only()
    else:
        stage.take(*wanted.busy)
    found = {**stage.measured(), "free_off_mm": free["off_mm"], "seconds": time.monotonic() - control_s}
    for part, off in found["off_mm"].items():
        print(
            f"{name:<8} {part:<11} stays within {off:9.4f} mm  (without holding {free['off_mm'][part]:7.1f})",
            flush=True,
        )
    for part, moves in found["moves_mm"].items():
        print(f"{name:<8} {part:<11} moves {moves:7.1f} mm  (own {found['own_moves_mm'][part]:7.1f})", flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=list(scene_sets.SETS), choices=list(scene_sets.SETS))
    parser.add_argument("--no-films", action="store_true")
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])  # for the engine
    scene_parts.enable(sys.executable)
    base = out / "base.blend"
    mannequin.add_mannequin(bpy.context.scene, add_rigify_human(bpy.context.scene))
    bpy.ops.wm.save_as_mainfile(filepath=str(base))
    said = speech(out)
    engine = client.Engine(client.command_of(sys.executable), environment=preferences.engine_environment(bpy.context))
    found: dict[str, Any] = {}
    for name in options.only:
        stage = Stage(name, base, engine, said)
        found[name] = play(name, stage)
        (out / "scenes.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        bpy.ops.wm.save_as_mainfile(filepath=str(out / f"{name}.blend"), copy=True)
        if not options.no_films:
            scene_films.film(stage.scene, stage.rig, out / name, sound=said[0], frames=scene_sets.FRAMES)
    engine.stop()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # bpy can hang a process that leaves politely once Rigify has run
