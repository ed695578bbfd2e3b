"""What cannot be used is refused with a sentence, as the reason on the button and by the operator; nothing changes."""

import sys
import time
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon.character import bone_map
from blender_addon.engine import session
from blender_addon.face import assignments
from blender_addon.generation import checks
from blender_addon.generation import settings as generation_settings
from blender_addon.scene import compat, cooperative
from blender_addon.sound import sources, strips
from blender_addon.takes import gestures, heard_words, keyframes, marks, record
from blender_addon.ui import readiness, remembered
from blender_addon.ui.operators.character import ExgesUseActive
from exges_core.errors import ExgesError
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from tests.addon.steps import scene_parts

report, python = Path(sys.argv[1]), sys.argv[2]
here, found = Path.cwd(), {}
reasons: dict[str, str] = {}
found["reasons"] = reasons


def counts() -> tuple[int, ...]:
    data = bpy.data
    return tuple(len(each) for each in (data.actions, data.objects, data.scenes, data.sounds, data.armatures))


def refused(name: str) -> None:
    """Keep the button's reason; pressing it changes nothing."""
    before = counts()
    reasons[name] = readiness.reason(bpy.context, is_fresh=True)
    try:
        bpy.ops.exges.generate()
        reasons[name] = "IT RAN"
    except RuntimeError as error:
        if "Traceback" in str(error):
            reasons[name] = f"TRACEBACK {error}"
    if before != counts():
        reasons[name] += " AND THE SCENE CHANGED"


preferences = scene_parts.enable("")
scene = bpy.context.scene
refused("no_engine")
preferences.python = str(here / "deleted" / "bin" / "python")
refused("engine_deleted")
preferences.python = python
refused("no_armature")
body = scene_parts.body()
other = scene_parts.body("Other")
bpy.context.view_layer.objects.active = None
refused("not_chosen")
bpy.data.objects.remove(other)
bpy.context.view_layer.objects.active = body
scene.exges.character = body
refused("no_sound")
settings = body.exges
settings.source = "FILE"
refused("no_file")
settings.audio = str(here / "nowhere.wav")
refused("file_missing")
settings.audio = "x" * 300 + ".wav"
refused("file_name_too_long")
scene_parts.voice(here / "speech.wav", 4.0)
scene_parts.voice(here / "blip.wav", 0.1)
settings.audio = str(here / "blip.wav")
refused("too_short")
settings.audio = str(here / "speech.wav")
found["fine"] = readiness.reason(bpy.context, is_fresh=True)
for name, fps, base in (("half_fps", 1, 2.0), ("many_fps", 500, 1.0)):
    scene.render.fps, scene.render.fps_base = fps, base
    refused(name)
scene.render.fps, scene.render.fps_base = 240, 1.0
found["fps_240"] = readiness.reason(bpy.context, is_fresh=True)
scene.render.fps, scene.render.fps_base = 24, 1.0
if compat.HAS_SOUND:
    settings.source = "RANGE"
    compat.add_sound(scene, name="Speech", filepath=str(here / "speech.wav"), channel=1, frame=1)
    settings.sound_start, settings.sound_end = 1, 24 * 3700
    refused("over_an_hour")
    settings.source = "STRIP"
    strips.sound_strips(scene)[0].sound.filepath = str(here / "gone.wav")
    refused("strip_file_missing")
    strips.sound_strips(scene)[0].sound.filepath = str(here / "speech.wav")
settings.source, settings.sound_start, settings.sound_end = "RANGE", 50, 20
refused("range_backwards")
settings.source = "SPEAKER"
refused("no_speaker")
settings.source = "SELECTED"
for strip in strips.sound_strips(scene):
    strip.select = False
refused("none_selected")
settings.source = "STRIP" if compat.HAS_SOUND else "FILE"
settings.part = "PREVIEW"
refused("no_preview_range")
settings.part = "MARKERS"
refused("no_markers")
settings.part = "KEYS"
refused("no_keys")
settings.part = "PREVIEW"
scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 5000, 5100
refused("range_without_speech")
settings.part = "WHOLE"
bone_map.set_bone(body, "left_elbow", "head")
refused("bone_twice")
bone_map.forget(body)
body.scale = (1.0, 2.0, 1.0)
bpy.context.view_layer.update()
refused("uneven_scale")
body.scale = (1.0, 1.0, 1.0)
bpy.context.view_layer.update()
for bone in body.pose.bones:
    bone.lock_rotation = (True, True, True)
refused("all_locked")
for bone in body.pose.bones:
    bone.lock_rotation = (False, False, False)
bpy.ops.object.mode_set(mode="EDIT")
refused("edit_mode")
bpy.ops.object.mode_set(mode="OBJECT")
stranger = bpy.data.objects.new("New", body.data.copy())  # nothing has evaluated its pose: it has none
stranger.exges.source, stranger.exges.audio = "FILE", str(here / "speech.wav")
scene.exges.character = stranger
refused("no_pose")
scene.collection.objects.link(stranger)
found["linked_now"] = readiness.reason(bpy.context, is_fresh=True)
bpy.data.armatures.remove(stranger.data)
scene.exges.character = body


# Never grey without its reason: a defect in looking for one is a reason, and a panel's text and its buttons agree.
def defects() -> None:
    right = checks.check_rate
    checks.check_rate = lambda _scene: [][0]
    refused("defect")
    checks.check_rate = right
    button = ExgesUseActive
    own = button.__dict__["why_not"]
    button.why_not = classmethod(lambda _cls, _context: [][0])
    found["defect_greys"] = not bpy.ops.exges.use_active.poll()
    try:
        bpy.ops.exges.use_active()
        found["defect_said"] = "IT RAN"
    except RuntimeError as error:
        found["defect_said"] = str(error)
    button.why_not = own
    found["fine_again"] = readiness.reason(bpy.context, is_fresh=True)
    is_drawn_again = bpy.app.timers.is_registered
    if is_drawn_again(remembered._draw_again):  # no timer runs in the background
        bpy.app.timers.unregister(remembered._draw_again)
    readiness._TAKE.until_s = time.monotonic() + 0.1
    scene.render.fps = 500
    drawn = readiness.reason(bpy.context, lasts_s=0.25)
    once = is_drawn_again(remembered._draw_again)
    found["agree"] = [drawn, readiness.reason(bpy.context)]
    found["drawn_again"] = [once, is_drawn_again(remembered._draw_again)]
    bpy.app.timers.unregister(remembered._draw_again)
    scene.render.fps = 24


defects()


# Sounds: what a plain strip hands on, what a mix and a Speaker give.
def sounds() -> None:
    strip = strips.sound_strips(scene)[0]
    found["plain"] = strips.is_plain(scene, strip)
    strip.frame_offset_start = 24
    stretch = cooperative.now(strips.speaking(scene.name, strip.name, here))
    found["stretch"] = [stretch.start_s, stretch.stop_s, stretch.path == here / "speech.wav"]
    strip.volume = 0.5
    found["plain_when_softer"] = strips.is_plain(scene, strip)
    strip.volume = 1.0
    strip.sound.pack()
    packed = cooperative.now(strips.speaking(scene.name, strip.name, here))
    found["packed"] = packed.path.read_bytes() == (here / "speech.wav").read_bytes()
    second = compat.add_sound(scene, name="Second", filepath=str(here / "speech.wav"), channel=2, frame=150)
    both = sources.Source(kind=sources.SELECTED, strips=(strip.name, second.name))
    place = sources.place_of(both, scene, scene)
    (here / "out").mkdir()
    mixed = cooperative.now(sources.writing(both, scene.name, here / "out"))
    found["both"] = [place.start_frame, place.seconds, strips.file_length_s(mixed.path)]
    found["mutes_kept"] = [strip.mute, second.mute, scene.frame_start, scene.frame_end]
    bpy.ops.object.speaker_add()
    speaker = bpy.context.object
    speaker.data.sound = bpy.data.sounds.load(str(here / "speech.wav"))
    speaker.data.pitch = 2.0
    speaker.animation_data.nla_tracks[0].strips[0].frame_start = 31
    source = sources.Source(kind=sources.SPEAKER, speaker=speaker.name)
    place = sources.place_of(source, scene, scene)
    scenes, sounds = len(bpy.data.scenes), len(bpy.data.sounds)
    quick = cooperative.now(sources.writing(source, scene.name, here / "out"))
    found["speaker"] = [place.start_frame, place.seconds, strips.file_length_s(quick.path)]
    found["speaker_left"] = [len(bpy.data.scenes) - scenes, len(bpy.data.sounds) - sounds]
    scene.render.fps, scene.render.fps_base = 24, 1.001
    found["ntsc_seconds"] = sources.place_of(sources.Source(strips=("Second",)), scene, scene).seconds


found["has_sound"], found["has_slots"] = compat.HAS_SOUND, compat.HAS_SLOTS
if compat.HAS_SOUND:
    sounds()
bpy.context.view_layer.objects.active = body

# A map corrected, saved, loaded on another character; a map for bones of any name.
bpy.context.view_layer.objects.active = body
settings.preset = "mine"
bpy.ops.exges.edit_map(joint="left_middle3", bone="")
bpy.ops.exges.save_map()
other = scene_parts.body("Other")
scene.exges.character = other
other.exges.preset = "mine"
bpy.ops.exges.load_map()
found["loaded"] = {each.joint: each.bone for each in other.exges.overrides}
DEEP = "[" * 100_000
(bone_map.preset_folder() / "deep.json").write_text(DEEP)
other.exges.preset = "deep"
try:
    reasons["deep_preset"] = f"IT RAN {bpy.ops.exges.load_map()}"
except RuntimeError as error:
    reasons["deep_preset"] = str(error)
found["loaded_still"] = {each.joint: each.bone for each in other.exges.overrides}
found["own_settings"] = [body.exges.audio != "", other.exges.audio == ""]
for bone in other.data.bones:
    bone.name = f"x{list(body.data.bones.keys()).index(bone.name)}"
other.exges.overrides.clear()
for index, joint in enumerate(body.data.bones.keys()):
    if "eye" not in joint:
        bone_map.set_bone(other, joint, f"x{index}")
from blender_addon.character import armature  # noqa: E402

found["any_names"] = len(armature.retargeter_of(other).rig_map.bones)

# An Action shared by two objects, through slots and as a whole.
twin = scene_parts.body("Twin")
quats = quat_from_rotvec(np.full((30, 55, 3), 0.05))
root = np.tile([0.0, 0.935, 0.0], (30, 1))
clip = MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=24.0)
scene.render.fps_base = 1.0
take = keyframes.add_take(scene, body, clip, start_frame=1, settings={"seed": 0})


# Somebody wrote into what takes and characters remember.
def overwritten() -> None:
    thing = bpy.data.actions.new("Broken")
    body[assignments.MAP_KEY] = thing[marks.TAKE_KEY] = thing[record.REPORT_KEY] = DEEP
    found["chosen_of_broken"] = assignments.chosen_of(body)
    for name, read in (("broken_settings", record.settings_of), ("broken_report", record.report)):
        try:
            reasons[name] = f"IT RAN {read(thing)}"
        except ExgesError as error:
            reasons[name] = str(error)
    found["numbering_of_broken"] = gestures.numbering_of(DEEP)
    found["sound_of_broken"] = heard_words.sound_of(DEEP)
    del body[assignments.MAP_KEY]
    bpy.data.actions.remove(thing)


overwritten()
twin.animation_data_create().action = take
compat.assign_slot(twin.animation_data, take)
name = take.name
scene.exges.character = body
found["removed"] = record.remove(body, name)
found["twin_keeps"] = name in bpy.data.actions and twin.animation_data.action.name == name
found["body_takes"] = len(keyframes.takes_of(body))
twin.animation_data.action = None
shared = bpy.data.actions.new("Shared")
for thing, angle in ((body, 0.2), (twin, 0.9)):
    thing.animation_data_create().action = shared
    if compat.HAS_SLOTS:
        slot = shared.slots.new(id_type="OBJECT", name=thing.name)
        thing.animation_data.action_slot = slot
    thing.pose.bones["left_elbow"].rotation_quaternion = (1.0 - angle, 0.0, angle, 0.0)
    thing.pose.bones["left_elbow"].keyframe_insert("rotation_quaternion", frame=10 if thing == body else 20)
from blender_addon.takes import user_keys  # noqa: E402

found["own_of_shared"] = list(user_keys.listed(body, armature.retargeter_of(body)))

# Linked and overridden characters.
bpy.ops.wm.save_as_mainfile(filepath=str(here / "library.blend"))
scene_parts.enable(python)
scene = bpy.context.scene
with bpy.data.libraries.load(str(here / "library.blend"), link=True) as (_, wanted):
    wanted.objects = ["Body"]
linked = bpy.data.objects["Body"]
scene.collection.objects.link(linked)
scene.exges.character = linked
reasons["linked"] = readiness.reason(bpy.context, is_fresh=True)
try:
    checks.check_character(linked)
    reasons["linked_operator"] = "IT RAN"
except ExgesError as error:
    reasons["linked_operator"] = str(error)
local = linked.override_create(remap_local_usages=True)
scene.exges.character = local
local.override_library.is_system_override = False
local.exges.seed = 12
found["override_writes"] = local.exges.seed
local.exges.source, local.exges.audio = "FILE", str(here / "speech.wav")
found["override"] = readiness.reason(bpy.context, is_fresh=True)
local.override_library.is_system_override = True
reasons["system_override"] = readiness.reason(bpy.context, is_fresh=True)
found["source"] = generation_settings.TakeSettings(scene="a", character="b").source.kind
found["running"] = session.Running.current is None
bpy.ops.preferences.addon_disable(module=scene_parts.MODULE)
scene_parts.leave(report, found)
