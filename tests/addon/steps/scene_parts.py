"""Parts of scenes for steps that run the add-on from the checkout: enabling it, armatures, speech, words."""

import json
import sys
import wave
from pathlib import Path

import bpy  # isort: skip - addon_utils is found only after it
import addon_utils
import numpy as np

from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINT_NAMES, PARENTS

MODULE = "blender_addon"
WORDS = (
    *("well", "i", "told", "you", "that", "the", "big", "one", "over", "there", "is", "mine"),
    *("and", "you", "know", "it", "very", "well", "my", "friend", "so", "let", "us", "go", "now"),
)


def enable(python: str) -> bpy.types.AddonPreferences:
    """A fresh file with the add-on enabled; the engine is the one of a Python."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert addon_utils.enable(MODULE, default_set=True) is not None
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.python = python
    return preferences


def body(name: str = "Body") -> bpy.types.Object:
    """An armature with SMPL-X's names at the origin, all bones pointing up."""
    data = bpy.data.armatures.new(name)
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    heads = DEFAULT_SKELETON.rest_positions_m() + np.array([0.0, 0.935, 0.0])
    for index, joint in enumerate(JOINT_NAMES):
        bone = data.edit_bones.new(joint)
        x, y, z = heads[index]
        bone.head, bone.tail = (x, -z, y), (x, -z, y + 0.05)
        if PARENTS[index] >= 0:
            bone.parent = data.edit_bones[JOINT_NAMES[PARENTS[index]]]
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in thing.pose.bones:
        bone.rotation_mode = "QUATERNION"
    return thing


def voice(path: Path, seconds: float, *, rate_hz: int = 44100, pitch_hz: float = 140.0) -> Path:
    """A WAV file with syllables of a buzzing tone."""
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    buzz = sum(np.sin(2 * np.pi * pitch_hz * harmonic * time_s) / harmonic for harmonic in range(1, 8))
    sound = 5000 * buzz * np.clip(np.sin(2 * np.pi * 2.1 * time_s), 0.0, 1.0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(sound.astype("<i2").tobytes())
    return path


def give_speech(thing: bpy.types.Object, path: Path, frame: int) -> None:
    """Speech for a character from a frame on: a sound strip, or a file where this Blender cannot read sound."""
    from blender_addon import compat

    if compat.HAS_SOUND:
        compat.add_sound(bpy.context.scene, name="Speech", filepath=str(path), channel=1, frame=frame)
    else:
        thing.exges.source, thing.exges.audio, thing.exges.start_frame = "FILE", str(path), frame


def words(path: Path, seconds: float) -> Path:
    """A transcript with times for any length of speech."""
    count = int(seconds / 0.45)
    said = [
        {"text": WORDS[index % len(WORDS)], "start_s": 0.45 * index + 0.05, "end_s": 0.45 * index + 0.4}
        for index in range(count)
    ]
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def leave(report: Path, found: dict[str, object]) -> None:
    """Write what was found and go at once: bpy can hang a process that leaves politely."""
    import os

    report.write_text(json.dumps(found), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
