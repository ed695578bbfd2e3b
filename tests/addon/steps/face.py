"""The face of takes, in a bare Blender, from the checkout: which curves there are, who obeys whom, what goes away.

face.py REPORT STANDIN ROOT
"""

import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon.engine import client, preferences
from blender_addon.face import found as faces
from blender_addon.generation import running
from blender_addon.generation.settings import settings_for
from blender_addon.scene import compat, curves
from blender_addon.takes import keyframes, players, record
from exges_core.face.names import ARKIT_NAMES
from tests.addon.steps import scene_parts
from tests.addon.steps.face_parts import OCULUS, driven, head, jaw_of, linked, value_of

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
here, found = Path.cwd(), {}
FRAMES = range(1, 61)


def engine(behaviour: str) -> str:
    path = here / f"python_{behaviour}"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" {behaviour} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def make(**settings: object) -> bpy.types.Action:
    given = {"audio": str(here / "speech.wav"), "face": True, "seed": 7, **settings}
    return running.Making(settings_for(scene.name, body.name, given), sequencer=scene.name, engine=worker).now()


def seen(mesh: str, name: str, frames: Sequence[float] = FRAMES) -> np.ndarray:
    """A shape key's value as Blender evaluates it."""
    rows = []
    for frame in frames:
        scene.frame_set(int(frame), subframe=frame - int(frame))
        rows.append(value_of(mesh, name))
    return np.array(rows)


def keys_of(take: bpy.types.Action, mesh: str) -> dict[str, curves.Keys]:
    key = players.faces(body)[mesh]
    return {path: curves.read(curve) for (path, _), curve in players.curves_of(take, key).items()}


def playing(mesh: str) -> list[tuple[str, bool]]:
    """The tracks of a mesh's shape keys: whether they play a take, and are muted."""
    animation = players.faces(body)[mesh].animation_data
    tracks = [] if animation is None else animation.nla_tracks
    return [(players.take_in(strip.action).name, track.mute) for track in tracks for strip in track.strips]


scene_parts.enable(engine("well"))
worker = client.Engine.of(preferences.launch_of(bpy.context))
scene = bpy.context.scene
scene.render.fps = 30
body = scene_parts.body()
scene_parts.voice(here / "speech.wav", 4.0)

# Nothing to move: the body alone, and a line that says so.
take = make()
found["no_face"] = [each for each in record.report(take)["warnings"] if each.startswith("face")]
found["no_face_slots"] = len(players.parts_of(take)) if not compat.HAS_SLOTS else len(take.slots) - 1
keyframes.remove_take(body, take.name)

head(body, "Head", ARKIT_NAMES)
head(body, "Teeth", ("JawOpen", "jaw_left", "jaw_right"), high=100.0, bone="head")  # Blender makes it 10
head(body, "Avatar", OCULUS)
driven(head(body, "Lashes", ("eyeBlinkLeft", "eyeBlinkRight")), "eyeBlinkLeft")
linked(body, here / "library.blend", "Beard", ("jawOpen",))
found["seen"] = {"found": faces.face_of(body).found, "alone": faces.face_of(body).left_alone}
value_of("Head", "mouthSmileLeft", 0.3)

first = make()
found["warnings"] = [each for each in record.report(first)["warnings"] if each.startswith("face")]
found["actions"] = sorted(each.name for each in bpy.data.actions)
if compat.HAS_SLOTS:
    found["slots"] = sorted(slot.target_id_type for slot in first.slots)
found["curves"] = {mesh: len(keys_of(first, mesh)) for mesh in players.faces(body)}
types = {kind for mesh in players.faces(body) for keys in keys_of(first, mesh).values() for kind in keys.ints["type"]}
found["types"] = types == {curves.numbers().generated}
jaw = jaw_of(7)
found["jaw_off"] = float(np.abs(seen("Head", "jawOpen") - jaw).max())
found["teeth_off"] = float(np.abs(seen("Teeth", "JawOpen") - 10.0 * jaw).max())
found["avatar_moves"] = float(np.ptp(seen("Avatar", "viseme_aa")))
found["driven_rests"] = float(np.ptp(seen("Lashes", "eyeBlinkLeft")))
found["body_moves"] = len(compat.own_curves(first)) > 100

# Another take, and the first again.
second = make(seed=8)
found["second_off"] = float(np.abs(seen("Head", "jawOpen") - jaw_of(8)).max())
found["tracks"] = [muted for _, muted in playing("Head")]
record.show(body, first.name)
found["first_again"] = float(np.abs(seen("Head", "jawOpen") - jaw).max())
bare = make(face=False, seed=9)
found["without_face"] = [float(np.ptp(seen("Head", "jawOpen"))), value_of("Head", "mouthSmileLeft")]
found["before"] = value_of("Head", "jawOpen")
scene_parts.leave(report, found)
