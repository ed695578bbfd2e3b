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


def playing_own(mesh: str, own: bpy.types.Action) -> bool:
    """Whether an Action lies in a track below the take's, unmuted."""
    animation = players.faces(body)[mesh].animation_data
    places = [strip.action for track in animation.nla_tracks if not track.mute for strip in track.strips]
    return places[0] == own and animation.action is None


def same_outside(new: bpy.types.Action, old: bpy.types.Action, first: int, last: int) -> bool:
    for mesh in players.faces(body):
        fresh = keys_of(new, mesh)
        for path, keys in keys_of(old, mesh).items():
            outside = keys.where((keys.frames < first) | (keys.frames > last))
            there = fresh[path].where(np.isin(fresh[path].frames, outside.frames))
            for name in ("co", "handle_left", "handle_right"):
                if outside.floats[name].tobytes() != there.floats[name].tobytes():
                    return False
            if (outside.ints["type"] != there.ints["type"]).any():
                return False
    return True


scene_parts.enable(engine("well"))
worker = client.Engine.of(preferences.launch_of(bpy.context))
scene = bpy.context.scene
scene.render.fps = 30
body = scene_parts.body()
scene_parts.voice(here / "speech.wav", 4.0)

# Nothing to move, for the face's bones are locked and keys have lost their names: the body alone, and a line on it.
lost = head(body, "Lost", [f"target_{number}" for number in range(5)])
for name in ("jaw", "left_eye_smplhf", "right_eye_smplhf"):
    body.pose.bones[name].lock_rotation = body.pose.bones[name].lock_location = (True, True, True)
take = make()
found["no_face"] = [each for each in record.report(take)["warnings"] if each.startswith("face")]
found["no_face_slots"] = len(players.parts_of(take)) if not compat.HAS_SLOTS else len(take.slots) - 1
keyframes.remove_take(body, take.name)
bpy.data.objects.remove(lost)
for name in ("jaw", "left_eye_smplhf", "right_eye_smplhf"):
    body.pose.bones[name].lock_rotation = body.pose.bones[name].lock_location = (False, False, False)

# Without shape keys, jaw and eyes turn; a key of one's own on the jaw is met.
jaw_bone = body.pose.bones["jaw"]
jaw_bone.rotation_quaternion = (0.99, 0.14, 0.0, 0.0)
jaw_bone.keyframe_insert("rotation_quaternion", frame=20)
by_bones = make()
angles = []
for frame in FRAMES:
    scene.frame_set(frame)
    angles.append(2.0 * float(np.arccos(min(1.0, abs(jaw_bone.rotation_quaternion.normalized().w)))))
found["jaw_bone"] = [float(np.degrees(angles[each])) for each in (0, 19, 50)]
found["jaw_wanted"] = [float(22.0 * abs(jaw_of(7, is_shut=True)[each])) for each in (0, 50)]
found["by_bones"] = [bool(record.report(by_bones)["warnings"][1:]), len(by_bones.slots) if compat.HAS_SLOTS else 1]
own = body.animation_data.nla_tracks[0].strips[0].action
keyframes.remove_take(body, by_bones.name)
bpy.data.actions.remove(own)
jaw_bone.rotation_quaternion = (1.0, 0.0, 0.0, 0.0)

head(body, "Head", ARKIT_NAMES)
head(body, "Teeth", ("JawOpen", "jaw_left", "jaw_right"), high=100.0, bone="head")  # Blender makes it 10
head(body, "Avatar", OCULUS)
driven(head(body, "Lashes", ("eyeBlinkLeft", "eyeBlinkRight")), "eyeBlinkLeft")
linked(body, here / "library.blend", "Beard", ("jawOpen",))
faces.look_again()
found["seen"] = {"found": faces.face_of(body).found, "alone": faces.face_of(body).left_alone}
value_of("Head", "mouthSmileLeft", 0.3)

first = make()
found["warnings"] = [each for each in record.report(first)["warnings"] if each.startswith("face")]
names = sorted(each.name for each in bpy.data.actions)
if compat.HAS_SLOTS:
    found["whole"] = names == [first.name] and sorted(slot.target_id_type for slot in first.slots)
else:
    found["whole"] = [each.removeprefix(first.name) for each in names]
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
keyframes.remove_take(body, bare.name)
keyframes.remove_take(body, second.name)
keyframes.remove_take(body, first.name)
found["removed"] = {
    "actions": [each.name for each in bpy.data.actions],
    "tracks": [playing(mesh) for mesh in players.faces(body)],
    "smile": value_of("Head", "mouthSmileLeft"),
    "jaw": value_of("Head", "jawOpen"),
}

# The animator's own keys: hard ones are met, soft ones drawn to, ignored ones do not count.
blocks = players.faces(body)["Head"].key_blocks
for frame, value in ((12, 0.9), (30, 0.0)):
    blocks["jawOpen"].value = value
    blocks["jawOpen"].keyframe_insert("value", frame=frame)
blocks["mouthFunnel"].value = 1.0
blocks["mouthFunnel"].keyframe_insert("value", frame=20)
blocks["cheekPuff"].value = 1.0
blocks["cheekPuff"].keyframe_insert("value", frame=25)
own = players.faces(body)["Head"].animation_data.action
kept = make(soft_frames=(20,), ignored_frames=(25,))
shown = seen("Head", "jawOpen")
found["hard_off"] = [abs(float(shown[11]) - 0.9), abs(float(shown[29]))]
found["hard_far"] = float(np.abs(shown[45:] - jaw[45:]).max())
found["hard_step"] = float(np.abs(np.diff(shown)).max())
free = make(use_keys=False)
plain = seen("Head", "mouthFunnel")[19]
found["free"] = float(np.abs(seen("Head", "jawOpen") - jaw).max())
record.show(body, kept.name)
found["soft"] = [float(plain), float(seen("Head", "mouthFunnel")[19])]
found["ignored"] = float(seen("Head", "cheekPuff")[24])
found["own_below"] = playing_own("Head", own)
keyframes.remove_take(body, free.name)

# A key set inside the take is kept by the next one; fewer keys hold every value.
curve = players.curves_of(kept, players.faces(body)["Head"])['key_blocks["jawOpen"].value', 0]
point = next(each for each in curve.keyframe_points if each.co[0] == 40.0)
point.co[1], point.type = 0.123, "KEYFRAME"
curve.update()
edited = make()
shown = seen("Head", "jawOpen")
found["edited"] = [abs(float(shown[39]) - 0.123), abs(float(shown[11]) - 0.9)]
found["edited_type"] = [
    int(kind) for kind in keys_of(edited, "Head")['key_blocks["jawOpen"].value'].ints["type"] if kind
].count(curves.numbers().generated)
dense_values = {name: seen("Head", name) for name in ("jawOpen", "mouthSmileLeft", "browInnerUp", "tongueOut")}
thin = make(tolerance_deg=1.0)
found["thin_off"] = max(float(np.abs(seen("Head", name) - each).max()) for name, each in dense_values.items())
found["thin_own"] = abs(float(seen("Head", "jawOpen")[39]) - 0.123)
found["thin_keys"] = [len(keys_of(each, "Head")['key_blocks["jawOpen"].value'].frames) for each in (edited, thin)]
found["rest_keys"] = len(keys_of(edited, "Head")['key_blocks["tongueOut"].value'].frames)

# A range: all outside of it stays bit for bit, of thin takes, too.
for base in (edited, thin):
    record.show(body, base.name)
    part = make(seed=9, part=(20, 36), base=base.name, tolerance_deg=1.0 if base == thin else 0.0)
    found.setdefault("range", []).append(same_outside(part, base, 20, 35))
    shown = {name: seen("Head", name) for name in dense_values}
    record.show(body, base.name)
    before = {name: seen("Head", name) for name in dense_values}
    outside = [*range(0, 19), *range(35, 60)]
    found.setdefault("range_seen", []).append(
        max(float(np.abs(shown[name] - before[name])[outside].max()) for name in dense_values)
    )
    inside = np.abs(shown["mouthSmileLeft"] - before["mouthSmileLeft"])[20:34]
    found.setdefault("range_moved", []).append(float(inside.max()))
    found.setdefault("range_step", []).append(float(np.abs(np.diff(shown["mouthSmileLeft"])).max()))

# A range with a face in a take without one; and a range without a face in one that has it.
bare = make(face=False, use_keys=False)
part = make(seed=9, part=(20, 36), base=bare.name, use_keys=False)
shown = seen("Head", "browInnerUp")
found["face_in_range"] = [float(np.ptp(shown[:19])), float(np.ptp(shown[19:36])), float(np.ptp(shown[36:]))]
back = make(face=False, seed=9, part=(20, 36), base=edited.name)
record.show(body, edited.name)
before = seen("Head", "browInnerUp")
record.show(body, back.name)
found["kept_face"] = float(np.abs(seen("Head", "browInnerUp") - before).max())

# Blender forgets the animation of an overridden mesh's keys in a file: it is left alone as the linked one is.
bpy.data.objects["Beard"].data.override_create(remap_local_usages=True)
faces.look_again()
found["override"] = ["Beard" in players.faces(body), any("Beard" in each for each in faces.face_of(body).warnings)]

# Keys renamed and meshes removed while the engine works: left out, and said.
work = running.Making(
    settings_for(scene.name, body.name, {"audio": str(here / "speech.wav"), "face": True, "seed": 5}),
    sequencer=scene.name,
    engine=worker,
)
while work.job is None:
    work.step()
blocks["mouthPucker"].name = "Kiss"
bpy.data.objects.remove(bpy.data.objects["Teeth"])
lost = work.now()
found["gone"] = [each for each in record.report(lost)["warnings"] if "went while" in each]
found["gone_curves"] = 'key_blocks["mouthPucker"].value' in keys_of(lost, "Head")
found["gone_plays"] = float(np.ptp(seen("Head", "mouthFunnel")))
scene_parts.leave(report, found)
