# SPDX-License-Identifier: GPL-3.0-or-later
"""One generation from scene to take, in two halves around the worker's job: `prepare` and `finish`.

The modal operator, Blender without a window, the command line and the tests all go through these. Between the halves
only names are kept: the scene may change.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import bpy

from exges_core.errors import AudioError, InputError, RigMatchError, message
from exges_core.motion.npz import read_npz
from exges_core.protocol import Request, Result

from . import armature, compat, controls, keyframes, soundstrip


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user asked for; names, not references.

    Attributes:
        scene, character: names.
        strip: name of a sound strip; '' = the first one. Ignored if audio is given.
        audio: a sound file, or ''.
        start_frame: where the motion of a sound file begins; a strip has its own place.
        transcript, speaker: '' = none.
        use_keys: True = the animator's own keys are kept as control.
        as_active_action: True = the active Action instead of an NLA track.
    """

    scene: str
    character: str
    strip: str = ""
    audio: str = ""
    start_frame: int = 1
    transcript: str = ""
    speaker: str = ""
    seed: int = 0
    use_retrieval: bool = True
    use_keys: bool = True
    as_active_action: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A prepared generation: the request, where its files are and where the motion goes."""

    wish: Wish
    request: Request
    folder: Path
    start_frame: int
    sequencer_scene: str

    def discard(self) -> None:
        """Delete the working files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare(wish: Wish, *, sequencer: bpy.types.Scene) -> Plan:
    """Write what the worker needs into a fresh folder and compose the request; the scene stays as it is.

    Raises:
        RigMatchError: if the character cannot be mapped.
        AudioError: if there is no usable speech.
    """
    scene, character = _scene(wish), _character(wish)
    retargeter = armature.retargeter_of(character)
    if character.library is not None:
        raise RigMatchError(f"Character: {character.name!r} is linked and cannot be animated. Make a library override.")
    folder = Path(tempfile.mkdtemp(prefix="exges-"))
    try:
        speech, start_frame, frames = _speech(wish, scene, sequencer, folder)
        path = folder / "controls.json"
        rate_hz = keyframes.scene_rate_hz(scene)
        keys = controls.controls_of(character, retargeter, start_frame=start_frame, frames=frames, rate_hz=rate_hz)
        has_keys = wish.use_keys and bool(keys["keys"])
        if has_keys:
            controls.write_controls(path, keys)
        request = Request(
            id=uuid.uuid4().hex,
            speech=str(speech),
            outputs=(str(folder / "motion.npz"),),
            transcript=bpy.path.abspath(wish.transcript) or None,
            controls=str(path) if has_keys else None,
            report=str(folder / "report.json"),
            speaker=wish.speaker or None,
            seed=wish.seed,
            use_retrieval=wish.use_retrieval,
        )
    except InputError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Plan(wish=wish, request=request, folder=folder, start_frame=start_frame, sequencer_scene=sequencer.name)


def _speech(wish: Wish, scene: bpy.types.Scene, sequencer: bpy.types.Scene, folder: Path) -> tuple[Path, int, int]:
    """Return the sound file, the scene frame it begins at and at most how many frames it covers."""
    if not wish.audio:
        strip = soundstrip.find_strip(sequencer, wish.strip)
        path = folder / "speech.wav"
        soundstrip.mix_strip(sequencer, strip, path)
        start, stop = compat.strip_range(strip)
        return path, start, stop - start
    path = Path(bpy.path.abspath(wish.audio))
    if not path.is_file():
        raise AudioError(
            message(expected="a sound file", got=f"no file {path}", where="Speech", do="Choose an existing sound file.")
        )
    return path.resolve(), wish.start_frame, scene.frame_end + 1_000_000


def _scene(wish: Wish) -> bpy.types.Scene:
    scene = bpy.data.scenes.get(wish.scene)
    if scene is None:
        raise InputError(f"Scene: {wish.scene!r} is gone. Choose the scene again and press Generate.")
    return scene


def _character(wish: Wish) -> bpy.types.Object:
    character = bpy.data.objects.get(wish.character)
    if character is None:
        names = ", ".join(each.name for each in bpy.data.objects if each.type == "ARMATURE") or "no armature at all"
        raise RigMatchError(
            message(
                expected=f"an armature {wish.character!r}" if wish.character else "an armature",
                got=names,
                where="Character",
                do="Choose the character's armature.",
            )
        )
    return character


def finish(plan: Plan, result: Result) -> bpy.types.Action:
    """Turn the worker's result into a take.

    Raises:
        InputError: if the character or scene has gone meanwhile; the scene is unchanged then.
    """
    scene, character = _scene(plan.wish), _character(plan.wish)
    clip = read_npz(Path(result.outputs[0]))
    report = result.report
    settings = {
        **asdict(plan.wish),
        **{name: report[name] for name in ("model", "library", "sampler", "steps") if name in report},
    }
    keyed = controls.keyed_frames(character, armature.retargeter_of(character)) if plan.wish.use_keys else {}
    return keyframes.add_take(
        scene,
        character,
        clip,
        start_frame=plan.start_frame,
        settings=settings,
        as_active_action=plan.wish.as_active_action,
        exact_frames=keyed,
    )
