# SPDX-License-Identifier: GPL-3.0-or-later
"""From the panel to the settings of a take, and why Generate cannot run now."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import bpy

from exges_core.errors import ExgesError
from exges_core.settings import IDLE_LENGTHS_S, FaceSettings, SettingValue, about

from ..character import rigcache
from ..engine import builtin, preferences, speech_models
from ..generation import checks, preparing, ranges, transcript
from ..generation.settings import TakeSettings, settings_for
from ..scene import compat, extension, lookup
from ..scene.extension import Stored, stored
from ..sound import sources, strips
from ..takes import gestures, keyframes, layers, record
from . import setting_properties
from .remembered import FACE, Memory

_FACE = about(FaceSettings)


def character_of(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the chosen character, or the one that is meant while none is; None if that cannot be said."""
    character = stored(context.scene).character
    return character if character is not None and character.type == "ARMATURE" else meant(context)


def meant(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the armature that is meant while none is chosen: the active one, its mesh's, or the only one seen."""
    layer = context.view_layer
    active = layer.objects.active if layer is not None else None
    if active is not None and active.type == "ARMATURE":
        return active
    owner = active.find_armature() if active is not None else None
    if owner is not None:
        return owner
    armatures = [each for each in context.scene.objects if each.type == "ARMATURE"]
    seen = [each for each in armatures if each.visible_get(view_layer=layer)] if len(armatures) > 1 else armatures
    return seen[0] if len(seen) == 1 else None


def keep_choice(context: bpy.types.Context) -> None:
    """Make the armature that is meant the chosen one: a button works with it, whatever is selected afterwards."""
    if stored(context.scene).character is None:
        stored(context.scene).character = meant(context)


def chosen(context: bpy.types.Context) -> bpy.types.Object:
    """Return the chosen character where `poll` has made sure that there is one."""
    character = character_of(context)
    assert character is not None
    return character


def _matters(context: bpy.types.Context) -> object:
    """Return what a remembered reason holds for: another character, frame or engine has its own at once."""
    character, found = character_of(context), preferences.of(context)
    engine = (found.engine, found.python) if found else ()
    return context.scene.name, character.name_full if character else "", context.scene.frame_current, engine


def why_no_engine(context: bpy.types.Context) -> str:
    """Return why there is no engine to start, '' if there is one."""
    found = preferences.of(context)
    if preferences.is_builtin(context):
        return why_no_builtin()
    if found is None or not found.python:
        return "No engine: press Set Up"
    if shutil.which(preferences.python_of(context)) is None:
        return "The engine's Python is missing or does not run: choose another in the preferences, or create one there"
    return ""


def why_no_builtin() -> str:
    """Return why the built-in engine cannot be used, '' if it can."""
    return builtin.why_no_builtin(extension.FOLDER)


def why_unchangeable(context: bpy.types.Context) -> str:
    """Return why the character's settings cannot be changed, '' if they can."""
    character = character_of(context)
    if character is None:
        return "No character: choose its armature"
    return "The character is linked: make a library override first" if character.library is not None else ""


def why_no_face(context: bpy.types.Context) -> str:
    """Return why the character's face cannot be moved, '' if it can."""
    character = character_of(context)
    if character is None:
        return "No character: choose its armature"
    seen = FACE.of(character)
    if seen.can_move:
        return ""
    if seen.meshes:
        return "No face: no shape key is known by its name, assign some in Face Map"
    if seen.linked:
        return "No face: its meshes are linked, make a library override first"
    return "No face: no shape keys or face bones were found"


def why_no_take(context: bpy.types.Context) -> str:
    """Return that the character has no take, '' if it has one."""
    character = character_of(context)
    return "No take yet: generate one" if character is None or not keyframes.takes_of(character) else ""


def _source_values(context: bpy.types.Context, settings: Stored) -> dict[str, object]:
    if settings.source == sources.FILE:
        return {"audio": settings.audio, "start_frame": settings.start_frame}
    if settings.source == sources.SPEAKER:
        return {"speaker_object": settings.speaker_object.name if settings.speaker_object else ""}
    if settings.source == sources.RANGE:
        return {"sound_frames": (settings.sound_start, settings.sound_end + 1)}
    if settings.source == sources.SELECTED:
        heard = strips.sound_strips(compat.sequencer_scene(context))
        return {"strips": tuple(strip.name for strip in heard if strip.select)}
    return {"strip": settings.strip}


def take_settings(context: bpy.types.Context, *, with_part: bool = True) -> TakeSettings:
    """Return what the panel asks of the chosen character's next take.

    Args:
        context: Blender's.
        with_part: False = all of the speech is meant, whatever range is chosen.

    Raises:
        InputError: if the range that is chosen is not there.
    """
    scene, character = context.scene, character_of(context)
    if character is None:
        return TakeSettings(scene=scene.name, character="")
    chosen, of_scene = stored(character), stored(scene)
    part = ranges.part_of(scene, character, chosen.part) if with_part else None
    shown = record.shown(character)
    values: dict[str, object] = {
        **_source_values(context, chosen),
        **_score_values(chosen),
        "speech_from": chosen.source,
        "transcript": chosen.transcript,
        "transcript_text": chosen.transcript_text.name if chosen.transcript_text else "",
        "speaker_tier": "" if chosen.transcript_text or not chosen.transcript else chosen.speaker_tier,
        "asr": chosen.recogniser,
        "library": of_scene.library if of_scene.use_library else "",
        "use_shipped": of_scene.use_shipped,
        "use_keys": chosen.use_keys,
        "bones": tuple(each.bone for each in chosen.bones) if chosen.only_bones else (),
        "soft_frames": tuple(each.frame for each in chosen.keyed if each.kind == "SOFT"),
        "ignored_frames": tuple(each.frame for each in chosen.keyed if each.kind == "IGNORED"),
        "busy": tuple(each.part if each.is_whole else f"{each.part}:{each.first}-{each.last}" for each in chosen.held),
        "keeps_path": chosen.keeps_path,
        "posture_text": chosen.posture_text,
        "part": part,
        "base": shown.name if part is not None and shown is not None else "",
        "travel": "hips" if chosen.travel == "place" else chosen.travel,
        "is_in_place": chosen.travel == "place",
        "keeps_hands_out": chosen.keeps_hands_out,
        "tolerance_deg": round(chosen.tolerance_deg, 4) if chosen.bake == "FEWER" else 0.0,
        "turns": chosen.turns,
        "as_active_action": chosen.as_active_action,
    }
    return _with_gestures(settings_for(scene.name, character.name, values), chosen)


def _score_values(chosen: Stored) -> dict[str, SettingValue]:
    """Return all generation settings and the score's files; what has no meaning beside the rest is left out."""
    values = setting_properties.values_of(chosen)
    if not chosen.use_score or chosen.score:  # what is given or unplanned has its own strokes
        values.pop("vividness")
    if not chosen.face:
        values = {name: value for name, value in values.items() if name not in _FACE}
    return {**values, "score": chosen.score, "score_out": chosen.score_out} if chosen.use_score else values


def _with_gestures(settings: TakeSettings, chosen: Stored) -> TakeSettings:
    """Return the settings with the gestures asked for, but no pins for other speech: they number its segments."""
    wishes = list(chosen.wishes)
    if gestures.numbering_of(chosen.wishes_for) not in (None, settings.numbering):
        return settings  # other motion bases number other gestures
    bans = tuple(dict.fromkeys(str(each.clip) for each in wishes if each.kind == "BAN"))
    if chosen.wishes_for != settings.speech_key:
        return replace(settings, bans=bans)
    return replace(
        settings,
        bans=bans,
        pins=tuple(f"{each.segment}={each.clip}" for each in wishes if each.kind == "PIN"),
        no_gesture=tuple(each.segment for each in wishes if each.kind == "NONE"),
    )


def reason(context: bpy.types.Context, *, is_fresh: bool = False, lasts_s: float = 0.0) -> str:
    """Return why a take cannot be made of the chosen settings, '' if it can; looked at once a second at most.

    Args:
        context: Blender's.
        is_fresh: look at once.
        lasts_s: whoever asks again within this time gets the same answer: a panel's text and its button agree.
    """
    return _TAKE.asked(context, _matters(context), is_fresh=is_fresh, lasts_s=lasts_s)


def why_no_idle(context: bpy.types.Context) -> str:
    """Return why no idle can be made, '' if one can; no speech is needed."""
    missing = _look_at_character(context)
    if missing:
        return missing
    character = chosen(context)
    try:
        rate_hz = checks.check_rate(context.scene)
        retargeter = rigcache.seen(character)
        if retargeter is None or isinstance(retargeter, str):
            return retargeter or rigcache.LOOKING
        checks.check_locks(character, retargeter)
    except ExgesError as error:
        return str(error)
    least_s, most_s = IDLE_LENGTHS_S
    is_fit = least_s <= stored(character).idle_frames / rate_hz <= most_s
    return "" if is_fit else "An idle takes 2 to 300 seconds: choose another length"


def hearing_reason(context: bpy.types.Context, *, is_fresh: bool = False) -> str:
    """Return why no words can be heard in the chosen speech, '' if they can; looked at once a second at most."""
    return _WORDS.asked(context, _matters(context), is_fresh=is_fresh, lasts_s=0.0)


def sound_key_of(context: bpy.types.Context) -> str:
    """Return which speech is chosen now, as `TakeSettings.sound_key` has it; '' if no character is."""
    character = character_of(context)
    if character is None:
        return ""
    chosen = stored(character)
    return settings_for("", "", {"speech_from": chosen.source, **_source_values(context, chosen)}).sound_key


def forget() -> None:
    """Let the next look be a fresh one."""
    _TAKE.key = _WORDS.key = None
    FACE.forget()


def _look_at_character(context: bpy.types.Context) -> str:
    """Return what is missing before any speech can be looked at."""
    why = why_no_engine(context)
    if why:
        return why
    character = character_of(context)
    if character is None:
        has_any = any(each.type == "ARMATURE" for each in context.scene.objects)
        return "No character: choose its armature" if has_any else "No armature in this scene: add a character"
    try:
        checks.check_character(character)
    except ExgesError as error:
        return str(error)
    return ""


def why_no_speech(context: bpy.types.Context) -> str:
    """Return what is missing before the chosen speech can be used, '' if nothing is; there is a character."""
    settings = stored(chosen(context))
    if settings.source == sources.FILE and not settings.audio:
        return "No sound file: choose one under Speech"
    if settings.source == sources.STRIP and not strips.sound_strips(compat.sequencer_scene(context)):
        return "No sound strip in the sequencer: add one, or choose a file"
    if settings.transcript and settings.speaker_tier and not settings.transcript_text:
        names = transcript.speakers(settings.transcript)
        if names and settings.speaker_tier not in names:
            return "No such speaker in the transcript: choose another one"
    try:
        checks.check_recogniser(take_settings(context, with_part=False))
    except ExgesError as error:
        return str(error)
    return ""


def _look(context: bpy.types.Context) -> str:
    missing = _look_at_character(context) or why_no_speech(context)
    if missing:
        return missing
    character = chosen(context)
    if _lacks_score(stored(character)):
        return "No score file there: choose another one, or none"
    try:
        checks.check_rate(context.scene)
        retargeter = rigcache.seen(character)
        if retargeter is None:
            return rigcache.LOOKING
        if isinstance(retargeter, str):
            return retargeter
        checks.check_locks(character, retargeter)
        settings = take_settings(context)
        place = sources.place_of(settings.source, context.scene, compat.sequencer_scene(context))
        _check_sound(settings, compat.sequencer_scene(context))
        if settings.part is not None and place.seconds is not None:
            _check_part(settings.part, place, lookup.scene_rate_hz(context.scene))
        if layers.is_split(character, record.shown(character)):
            preparing.base_of(settings, character)
    except ExgesError as error:
        return str(error)
    return ""


def _lacks_score(chosen: Stored) -> bool:
    """Say whether the strokes are to come from a file that is not there."""
    path = preparing.absolute(chosen.score) if chosen.use_score else None
    try:
        return path is not None and not Path(path).is_file()
    except (OSError, ValueError):  # nobody may look there, or no file can have this name
        return True


def _look_for_words(context: bpy.types.Context) -> str:
    missing = _look_at_character(context) or why_no_speech(context)
    if missing:
        return missing
    try:
        settings = take_settings(context, with_part=False)
        if settings.asr == speech_models.NONE and not settings.has_transcript:
            return "No recogniser: choose one to hear words"
        checks.check_rate(context.scene)
        sources.place_of(settings.source, context.scene, compat.sequencer_scene(context))
        _check_sound(settings, compat.sequencer_scene(context))
    except ExgesError as error:
        return str(error)
    return ""


_TAKE, _WORDS = Memory(_look), Memory(_look_for_words)


def _check_sound(settings: TakeSettings, sequencer: bpy.types.Scene) -> None:
    """Refuse strips whose sound file is missing."""
    if settings.source.kind not in {sources.STRIP, sources.SELECTED}:
        return
    for name in settings.source.strips or ("",):
        strips.check_source(strips.find_strip(sequencer, name))


def _check_part(part: tuple[int, int], place: sources.Place, rate_hz: float) -> None:
    frames = max(1, round((place.seconds or 0.0) * rate_hz))
    preparing.clipped(part, (place.start_frame, place.start_frame + frames))
