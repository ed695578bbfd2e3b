"""Takes made slice by slice: given up, undone or disturbed at any slice nothing stays; all slices give the same take.

cooperative.py REPORT
"""

import sys
from pathlib import Path

import bpy  # isort: skip - addon_utils is found only after it
import numpy as np

from blender_addon.character import armature, rigcache
from blender_addon.generation import applying, preparing, ranges
from blender_addon.generation.settings import TakeSettings
from blender_addon.scene import compat, cooperative, curves
from blender_addon.sound import strips
from blender_addon.takes import keyframes, record
from exges_core.errors import ExgesError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply, quat_normalise
from exges_core.protocol import Result
from tests.addon.steps import scene_parts

report, here, found = Path(sys.argv[1]), Path.cwd(), {}
RATE_HZ, SECONDS = 24, 2.0
KEYED = 20


def clip(seed: int) -> MotionClip:
    generator, time_s = np.random.default_rng(seed), np.arange(round(30 * SECONDS))[:, None, None] / 30.0
    phase, size = generator.uniform(0.0, 6.28, (1, 55, 3)), generator.normal(scale=0.3, size=(1, 55, 3))
    root = np.tile([0.0, 0.93, 0.0], (len(time_s), 1))
    local = quat_from_rotvec(size * np.sin(3.0 * time_s + phase))
    return MotionClip(local_quat_wxyz=local, root_position_m=root, frame_rate_hz=30.0)


def result_of(plan: preparing.Plan, seed: int) -> Result:
    """What the engine would hand over."""
    write_npz(Path(plan.request.outputs[0]), clip(seed))
    return Result(id=plan.request.id, outputs=plan.request.outputs, report={"words": [], "model": {"name": "none"}})


def state() -> tuple[object, ...]:
    """All of the scene that a take could change."""
    animation = body.animation_data
    tracks = [(track.name, track.mute) for track in animation.nla_tracks] if animation else []
    pose = [tuple(bone.rotation_quaternion) for bone in body.pose.bones]
    folders = sorted(path.name for path in here.glob("exges-job-*"))
    return sorted(action.name for action in bpy.data.actions), tracks, pose, folders, len(bpy.data.scenes)


def count_of(work: cooperative.Work[object]) -> int:
    """Do all of a work and return how many slices it took, waiting aside."""
    count = 0
    for waited_for in work:
        count += waited_for is None
        if waited_for is not None:
            waited_for.wait()
    return count


def begun(work: cooperative.Work[object], count: int) -> cooperative.Work[object]:
    """Do so many slices of a work."""
    while count:
        waited_for = next(work)
        if waited_for is not None:
            waited_for.wait()
        else:
            count -= 1
    return work


def asked_for(**settings: object) -> TakeSettings:
    given = {"audio": str(here / "speech.wav"), "start_frame": 1, "seed": 3, **settings}
    return TakeSettings(scene=scene.name, character="Body", **given)


def keys_of(action: bpy.types.Action) -> dict[tuple[str, int], curves.Keys]:
    return {place: curves.read(curve) for place, curve in curves.by_channel(compat.curves_of(action)).items()}


def same(one: dict[tuple[str, int], curves.Keys], other: dict[tuple[str, int], curves.Keys]) -> bool:
    return one.keys() == other.keys() and all(
        each.floats[name].tobytes() == other[place].floats[name].tobytes()
        for place, each in one.items()
        for name in ("co", "handle_left", "handle_right")
    )


def values_at(keys: dict[tuple[str, int], curves.Keys], path: str, frame: int) -> np.ndarray:
    return np.array([keys[path, channel].values[keys[path, channel].frames == frame][0] for channel in range(4)])


scene_parts.enable("")
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = RATE_HZ, 1.0
body = scene_parts.body()
scene.exges.character = body
scene_parts.voice(here / "speech.wav", SECONDS)
elbow = body.pose.bones["left_elbow"]
elbow.rotation_quaternion = (0.9, 0.1, 0.3, -0.2)
elbow.keyframe_insert("rotation_quaternion", frame=KEYED)
goal = np.array(elbow.rotation_quaternion.normalized())

# The map: a thread makes it while panels say so.
found["seen_first"] = rigcache.seen(body, may_wait=False) is None
while rigcache.poll() is not None:
    rigcache._Look.work.wait()
found["seen_then"] = not isinstance(rigcache.seen(body, may_wait=False), str | None)
rigcache.stop()
found["timer_left"] = bpy.app.timers.is_registered(rigcache.poll)

cooperative.SLICE_S = 0.0  # every slice as short as can be
before = state()
plan = preparing.prepare(asked_for(), sequencer=scene)
found["controls"] = len(plan.keys.controls["keys"])
folder = plan.folder.name
found["prepared"] = [each for each in state()[3] if each != folder] == list(before[3])
result = result_of(plan, 1)

# Given up at any slice.
total = count_of(preparing.preparing(asked_for(), sequencer=scene.name))
for leftover in here.glob("exges-job-*"):
    if leftover.name != folder:
        preparing.shutil.rmtree(leftover)
with_folder, kept = state(), []
for count in (1, 2, total // 2, total - 1):
    begun(preparing.preparing(asked_for(), sequencer=scene.name), count).close()
    kept.append(state() == with_folder)
found["prepare_given_up"] = [total > 3, *kept]
whole = cooperative.now(applying.finishing(plan, result))
first = keys_of(bpy.data.actions[whole])
keyframes.remove_take(body, whole)
with_folder = state()  # the animator's Action has a track of its own now
total = count_of(applying.finishing(plan, result))
keyframes.remove_take(body, whole)
found["removed_is_before"] = state() == with_folder
kept = []
for count in (1, 2, 3, total // 2, total - 1):
    begun(applying.finishing(plan, result), count).close()
    kept.append(state() == with_folder)
found["apply_given_up"] = [total > 100, *kept]

# An undo in between takes the unfinished Action away; the take is whole all the same.
work = begun(applying.finishing(plan, result), total // 2)
half = next(action for action in bpy.data.actions if action.name.startswith("ExGes "))
found["half_has_no_user"] = half.users == 0 and keyframes.takes_of(body) == ()
bpy.data.actions.remove(half)
name = cooperative.now(work)
found["whole_after_undo"] = same(first, keys_of(bpy.data.actions[name]))
keyframes.remove_take(body, name)

# The character goes in between.
work = begun(applying.finishing(plan, result), total // 2)
body.name = "Elsewhere"
try:
    cooperative.now(work)
    found["gone"] = "IT RAN"
except ExgesError as error:
    found["gone"] = str(error)
body.name = "Body"
found["gone_is_before"] = state() == with_folder
cooperative.SLICE_S = 0.02

# The take itself: dense, through the key, thinned, a range of it.
path = 'pose.bones["left_elbow"].rotation_quaternion'
at_key = values_at(first, path, KEYED)
found["at_key"] = float(np.abs(at_key * np.sign(at_key @ goal) - goal).max())
dense_take = applying.finish(plan, result)
plan.discard()
fewer = preparing.prepare(asked_for(tolerance_deg=0.5), sequencer=scene)
sparse_take = applying.finish(fewer, result_of(fewer, 1))
sparse = keys_of(sparse_take)
found["sparse_share"] = sum(len(each.frames) for each in sparse.values()) / sum(
    len(each.frames) for each in first.values()
)
smooth, turned, columns = curves.by_channel(compat.curves_of(sparse_take)), [], set()
for turn in {turn for turn, _ in first if turn.endswith("rotation_quaternion")}:
    was = np.stack([first[turn, channel].values for channel in range(4)], axis=1)
    frames = first[turn, 0].frames.tolist()
    now = [[smooth[turn, channel].evaluate(frame) for channel in range(4)] for frame in frames]
    turned.append(quat_angle(quat_multiply(quat_inverse(quat_normalise(was)), quat_normalise(np.array(now)))).max())
    columns |= set(sparse[turn, 0].frames.tolist())
found["sparse_off"] = float(np.degrees(max(turned)))
arm = {tuple(sparse[f'pose.bones["left_{name}"].rotation_quaternion', 0].frames) for name in ("shoulder", "elbow")}
found["shared_by_the_arm"] = len(arm) == 1
found["columns"] = len(columns) / len(first[path, 0].frames)
found["selected"] = sum(len(curves.selected_frames(curve)) for curve in compat.curves_of(dense_take))
part, remade = (15, 35), []
for curve in compat.curves_of(dense_take):
    for point in curve.keyframe_points:
        point.select_control_point = curve.data_path == path and part[0] <= point.co[0] < part[1]
for base, tolerance_deg in ((dense_take, 0.0), (sparse_take, 0.0), (sparse_take, 0.5)):
    record.show(body, base.name)
    kept_keys = keys_of(base)
    asked = asked_for(part=part, base=base.name, tolerance_deg=tolerance_deg, seed=9)
    again = preparing.prepare(asked, sequencer=scene)
    fresh = keys_of(applying.finish(again, result_of(again, 2)))
    again.discard()
    outside = {}
    for place, keys in kept_keys.items():
        chosen = keys.where((keys.frames < part[0]) | (keys.frames >= part[1]))
        outside[place] = (chosen, fresh[place].where(np.isin(fresh[place].frames, chosen.frames)))
    is_same = all(same({("", 0): one}, {("", 0): other}) for one, other in outside.values())
    moved = abs(values_at(fresh, path, 25) - values_at(first, path, 25)).max() if tolerance_deg == 0.0 else 1.0
    remade.append([is_same, float(moved)])
    if base == dense_take:
        found["selected_again"] = ranges.part_of(scene, body, ranges.KEYS)
found["ranges"] = remade

# A strip that is tweaked: the buttons leave it first, the animator's own Action plays again.
animation = body.animation_data
for button in ("show", "generate", "remove"):
    animation.nla_tracks.active = animation.nla_tracks[-1]
    animation.nla_tracks[-1].strips[0].select = True
    animation.use_tweak_mode = True
    was = animation.use_tweak_mode
    if button == "show":
        record.show(body, dense_take.name)
    elif button == "generate":
        applying.finish(fewer, result_of(fewer, 1))
    else:
        record.remove(body, sparse_take.name)
    found[f"tweak_{button}"] = [was, animation.use_tweak_mode, animation.action is None]
fewer.discard()

# Sound mixed in pieces is the sound mixed at once.
if compat.HAS_SOUND:
    scene_parts.voice(here / "long.wav", 5.0)
    strip = compat.add_sound(scene, name="Speech", filepath=str(here / "long.wav"), channel=1, frame=7)
    strip.volume = 0.5
    mixed = []
    for seconds in (60.0, 1.0):
        strips._PIECE_S = seconds
        cooperative.now(strips.mixing(strips.strips_heard(scene.name, (strip.name,)), here / "mixed.wav"))
        with strips.wave.open(str(here / "mixed.wav"), "rb") as file:
            mixed.append(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float))
    length = min(map(len, mixed))
    whole, pieced = (each[:length] for each in mixed)
    off = np.abs([pieced[1000:-1000] - np.roll(whole, lag)[1000:-1000] for lag in (-1, 0, 1)]).min(axis=0)
    # Blender begins a piece on the sample nearest to its frame: one sample, 1/44100 s, is what it may be off.
    found["mixed"] = [max(map(len, mixed)) - length, float(np.linalg.norm(off) / np.linalg.norm(whole))]
    found["pieces_left"] = [path.name for path in here.glob("mixed-*.wav")]
found["armature"] = armature.retargeter_of(body).rig_map.title
bpy.ops.preferences.addon_disable(module=scene_parts.MODULE)
scene_parts.leave(report, found)
