"""Parts of scenes for steps that run the add-on from the checkout: enabling it, armatures, speech, words."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import bpy  # isort: skip - addon_utils is found only after it
import addon_utils
import numpy as np

from exges_core import assets
from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINT_NAMES, PARENTS

MODULE = "blender_addon"
DEMO_WORDS = assets.DEMO_SPEECH.with_suffix(".json")
QUIET_S = 0.9
"""So much of the demo's speech is silence before the first word; talk begins after it."""
_FLAC_TO_WAV = "import sys, soundfile; soundfile.write(sys.argv[2], *soundfile.read(sys.argv[1]), subtype='PCM_16')"


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
    """A WAV file with syllables of a buzzing tone: for what looks at a sound's length alone, the engine hears noise."""
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
    from blender_addon.scene import compat

    if compat.HAS_SOUND:
        compat.add_sound(bpy.context.scene, name="Speech", filepath=str(path), channel=1, frame=frame)
    else:
        thing.exges.source, thing.exges.audio, thing.exges.start_frame = "FILE", str(path), frame


def talk(path: Path, python: str, seconds: float) -> Path:
    """A WAV file of the demo's speech, again and again, and beside it (.json) the words that are said, with times.

    The engine compares words with sound: made-up ones would fit by chance, or not. Its Python reads FLAC, this may not.
    """
    subprocess.run([python, "-P", "-c", _FLAC_TO_WAV, str(assets.DEMO_SPEECH), str(path)], check=True)
    with wave.open(str(path), "rb") as file:
        rate_hz, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    spoken = samples[round(QUIET_S * rate_hz) :]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.resize(spoken, round(seconds * rate_hz)).tobytes())
    demo = json.loads(DEMO_WORDS.read_text(encoding="utf-8"))["words"]
    said: list[dict[str, str | float]] = []
    for turn in range(int(seconds * rate_hz / len(spoken)) + 1):
        later_s = turn * len(spoken) / rate_hz - QUIET_S
        said += [{**word, "start_s": word["start_s"] + later_s, "end_s": word["end_s"] + later_s} for word in demo]
    whole = [word for word in said if float(word["end_s"]) <= seconds]
    path.with_suffix(".json").write_text(json.dumps(whole), encoding="utf-8")
    return path


def leave(report: Path, found: dict[str, object]) -> None:
    """Write what was found and go at once: bpy can hang a process that leaves politely."""
    import os

    report.write_text(json.dumps(found), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
