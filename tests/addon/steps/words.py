"""Words in a bare Blender, from the checkout: hear, list, correct, paste, choose who hears, fetch a model.

words.py REPORT STANDIN ROOT PYTHON: the stand-in answers at once; PYTHON has the real engine, which hears at the end.
"""

import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import bpy  # isort: skip

from blender_addon import commands
from blender_addon.engine import client, session, speech_models
from blender_addon.engine.process import Launch
from blender_addon.generation import hearing
from blender_addon.generation import transcript as transcripts
from blender_addon.scene import compat
from blender_addon.takes import heard_words, keyframes, record
from blender_addon.ui import readiness
from blender_addon.ui.operators import speech_models as model_buttons
from blender_addon.ui.operators import words as word_buttons
from blender_addon.ui.panels import bone_map as bone_map_panel
from blender_addon.ui.panels import gestures as gestures_panel
from blender_addon.ui.panels import main
from blender_addon.ui.panels import takes as takes_panel
from blender_addon.ui.panels import words as words_panel
from exges_core.errors import Cancelled
from tests.addon.steps import paper, scene_parts

report, standin, root, python = (Path(argument) for argument in sys.argv[1:5])
here, found = Path.cwd() / "Wörter & 動き", {}
here.mkdir()
cache = here / "cache"
os.environ["EXGES_CACHE"] = str(here / "nobodys")  # Blender's own: the preferences' folder is the engine's
PANELS = (
    *main.CLASSES,
    *bone_map_panel.CLASSES,
    *words_panel.CLASSES,
    *main.LATER,
    *gestures_panel.CLASSES,
    *takes_panel.CLASSES,
)


def engine(behaviour: str) -> str:
    path = here / f"python_{behaviour}"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" {behaviour} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def press(name: str, **given: object) -> str:
    """Press a button; return '' or the sentence of its refusal."""
    try:
        result = getattr(bpy.ops.exges, name)(**given)
        return "" if "FINISHED" in result else str(result)
    except RuntimeError as error:
        return str(error).strip()


def drawn() -> list[str]:
    return [text for text in paper.draw_all(PANELS) if text]


def two_speakers(path: Path) -> Path:
    """A TextGrid of four seconds in which two speak in turn."""
    tiers = {
        "anna": ((0.0, 0.3, ""), (0.3, 0.8, "good"), (0.8, 1.2, "morning"), (1.2, 4.0, "")),
        "ben": ((0.0, 1.6, ""), (1.6, 2.1, "hello"), (2.1, 2.6, "anna"), (2.6, 4.0, "")),
    }
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", "4", "<exists>", str(len(tiers))]
    for name, intervals in tiers.items():
        lines += ['"IntervalTier"', f'"{name}"', "0", "4", str(len(intervals))]
        lines += [f'{start_s}\n{end_s}\n"{said}"' for start_s, end_s, said in intervals]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def reason() -> str:
    return readiness.reason(bpy.context, is_fresh=True)


preferences = scene_parts.enable(engine("well"))
preferences.cache_folder = str(cache)
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 20, 1.0
body = scene_parts.body()
scene.exges.character = body
scene_parts.voice(here / "speech.wav", 4.0)
settings = body.exges
settings.source, settings.audio, settings.start_frame = "FILE", str(here / "speech.wav"), 31

# Nothing is here but PocketSphinx; the model is offered, and greyed while Blender may not go online.
found["before"] = drawn()
found["offline"] = [bpy.ops.exges.get_model.poll(), model_buttons.fetch_reason(bpy.context)]
(here / "wheels").mkdir()
(here / "wheels" / "moonshine_cpp-0.1.4-py3-none-any.whl").write_bytes(b"")
preferences.wheels, model_buttons.State.fresh_until_s = str(here / "wheels"), 0.0
found["offline_with_wheel"] = model_buttons.fetch_reason(bpy.context)
preferences.wheels, model_buttons.State.fresh_until_s = "", 0.0
bpy.context.preferences.system.use_online_access = True

# A choice that is not here is said; nothing else takes its place.
found["reasons"] = {}
for asr in ("moonshine", "whisper:base", "nonsense", "whisper:", "none"):
    settings.recogniser = asr
    found["reasons"][asr] = [reason(), readiness.hearing_reason(bpy.context, is_fresh=True), press("generate")]
    for action in list(bpy.data.actions):
        bpy.data.actions.remove(action)
settings.recogniser = "whisper:base"
found["offered_whisper"] = drawn()
settings.recogniser, settings.transcript = "moonshine", str(here / "nothing.txt")
found["reasons"]["with_transcript"] = reason()
settings.transcript = ""

# Fetch it: refused, cancelled, there.
preferences.python = engine("refuses")
found["refused_fetch"] = press("get_model")
preferences.python = engine("slow")
speech_models.forget()
fetching = speech_models.Fetching("moonshine", Launch(command=client.command_of(preferences.python)))
while fetching.progress.fraction == 0.0:
    fetching.step()
fetching.cancel()
try:
    while not fetching.step():
        pass
except Exception as error:  # noqa: BLE001 - it is what is looked at
    found["cancelled_fetch"] = [type(error).__name__, str(error)]
preferences.python = engine("well")
found["fetched"] = press("get_model", model="moonshine")
places = speech_models.Places(environment={"EXGES_CACHE": str(cache / "exges")})
found["fetched_into"] = [speech_models.MOONSHINE.name in speech_models.here(places)]
found["nobodys"] = (here / "nobodys").exists()
readiness.forget()
found["after"], found["fine_now"] = drawn(), reason()
settings.recogniser = "auto"
found["automatic"] = drawn()

# Hear: listed, jumped to, kept.
found["hear"] = press("hear_words")
found["said"] = session.Running.last_message
heard = heard_words.of(body)
lines = tuple(heard_words.HeardLine(text=str(second), start_s=float(second)) for second in range(6))
long = replace(heard, lines=lines)
found["near"] = ["".join(each.text for each in long.lines_near(frame, 20.0, 4)) for frame in (-99, 31, 61, 92, 999)]
found["near"] += ["".join(each.text for each in replace(heard, lines=lines[:2]).lines_near(40, 20.0, 4))]
found["heard"] = [heard.asr, [each.text for each in heard.words], [each.text for each in heard.doubtful]]
found["listed"] = drawn()
press("go_to_frame", frame=heard.frame_of(heard.doubtful[0], 20.0))
found["jumped"] = scene.frame_current
found["marked"] = [press("add_words"), sorted((each.name, each.frame) for each in scene.timeline_markers)]
press("remove_words")
settings.audio = str(here / "other.wav")
found["other_speech"] = "These words belong to different speech." in drawn()
settings.audio = str(here / "speech.wav")
bpy.ops.wm.save_as_mainfile(filepath=str(here / "kept.blend"))
bpy.ops.wm.open_mainfile(filepath=str(here / "kept.blend"))
scene, body = bpy.context.scene, bpy.data.objects["Body"]
settings = body.exges
found["reopened"] = [each.text for each in heard_words.of(body).words]

first = session.engine_for(bpy.context)
preferences.cache_folder = str(here / "elsewhere")
second = session.engine_for(bpy.context)
found["cache_folder_followed"] = [first is not second, second.launch.environment["EXGES_CACHE"].startswith(str(here))]
preferences.cache_folder = str(cache)

# Correct them as a Text, which is the transcript from then on; paste another one.
found["to_text"] = press("words_to_text")
text = settings.transcript_text
found["text"] = [text.name, text.as_string()]
text.clear()
text.write("well met by moonlight\nproud titania")
found["generate"] = press("generate")
take = record.shown(body)
made_with = record.settings_of(take)
found["take"] = [made_with["transcript_text"], made_with["asr"], made_with["heard_by"], settings.heard]
found["take_words"] = [heard_words.of(body).origin, [each.text for each in heard_words.of(body).words]]
found["take_listed"] = drawn()
found["empty_clipboard"] = press("paste_transcript")
found["pasted"] = [press("paste_transcript", text="one two"), settings.transcript_text.as_string()]
settings.transcript_text.clear()
found["empty_text"] = press("generate")
settings.transcript_text = None
settings.recogniser = "pocketsphinx"
press("generate")
second = record.shown(body)
found["pocketsphinx"] = record.settings_of(second)["heard_by"]
found["differences"] = [title for title, _, _ in record.differences(second, take)]
press("reuse_settings", take=take.name)
found["reused"] = [settings.recogniser, settings.transcript_text.name if settings.transcript_text else ""]
press("reuse_settings", take=second.name)
found["reused_second"] = [settings.recogniser, settings.transcript_text is None]
found["chosen"] = [press("choose_recogniser", recogniser="moonshine"), settings.recogniser]
found["chosen_nonsense"] = press("choose_recogniser", recogniser="nonsense")

# The command line passes it on, and refuses what is not here.
argv = ["generate", "--armature", "Body", "--audio", str(here / "speech.wav"), "--output", str(here / "cli.blend")]
found["cli"] = commands.run([*argv, "--asr", "pocketsphinx"])
found["cli_asr"] = record.settings_of(keyframes.takes_of(bpy.data.objects["Body"])[-1])["asr"]
found["cli_missing"] = commands.run([*argv, "--asr", "whisper:base"])
manifest = here / "many.jsonl"
line = {"armature": "Body", "audio": "speech.wav", "output": "many.blend", "settings": {"asr": "moonshine"}}
manifest.write_text(json.dumps(line), encoding="utf-8")
found["batch"] = commands.run(["batch", str(manifest)])
found["batch_asr"] = record.settings_of(keyframes.takes_of(bpy.data.objects["Body"])[-1])["asr"]

# Failures change nothing.
body = bpy.data.objects["Body"]
bpy.context.scene.exges.character = body
body.exges.source, body.exges.audio, body.exges.transcript_text = "FILE", str(here / "speech.wav"), None
body.exges.heard = "no JSON"
found["foreign_heard"] = heard_words.of(body).words == ()
drawn()
body.exges.heard = ""
for behaviour in ("refuses", "dies_inside"):
    preferences.python = engine(behaviour)
    found[behaviour] = press("hear_words")
slow = client.Engine(client.command_of(engine("slow")))
cancelled = hearing.Hearing(
    readiness.take_settings(bpy.context, with_part=False), sequencer=bpy.context.scene.name, engine=slow
)
while cancelled.progress.stage != "dancing":
    cancelled.step()
cancelled.cancel()
try:
    while not cancelled.step():
        pass
except Cancelled as error:
    found["cancelled_hearing"] = str(error)
slow.stop()
found["unchanged"] = body.exges.heard == ""
found["working_folders"] = [path.name for path in (*cache.glob("exges-job-*"), *Path.cwd().glob("exges-job-*"))]

# Several speakers: a menu, whose words are meant, and a choice that is no longer there.
settings, preferences.python = body.exges, engine("well")
settings.transcript = str(two_speakers(here / "talk.TextGrid"))
found["speakers"] = [list(transcripts.speakers(settings.transcript)), transcripts.speakers(str(here / "gone.TextGrid"))]
settings.speaker_tier = "cleo"
found["no_speaker"] = ["The transcript has no speaker 'cleo'." in drawn(), reason(), press("generate")]
settings.speaker_tier = "ben"
found["ben"] = [reason(), press("generate"), record.settings_of(record.shown(body))["speaker_tier"]]
preferences.python, preferences.cache_folder = str(python), ""
found["bens_words"] = [press("hear_words"), [each.text for each in heard_words.of(body).words]]
settings.speaker_tier = ""
found["all_words"] = [press("hear_words"), [each.text for each in heard_words.of(body).words]]
press("reuse_settings", take=record.shown(body).name)
found["reused_speaker"] = settings.speaker_tier
settings.transcript = settings.speaker_tier = ""
press("paste_transcript", text="1\n00:00:01,600 --> 00:00:02,600\nhello anna\n")
found["pasted_subtitles"] = [press("hear_words"), heard_words.of(body).asr, heard_words.of(body).origin]
settings.transcript_text = None

# The real engine hears real speech.
scene_parts.talk(here / "talk.wav", str(python), 3.0)
body.exges.source, body.exges.audio, body.exges.recogniser = "FILE", str(here / "talk.wav"), "pocketsphinx"
found["real"] = press("hear_words")
real = heard_words.of(body)
found["real_words"] = [real.asr, [(each.text, each.start_s, each.end_s, each.confidence) for each in real.words]]
found["true_words"] = [each["text"] for each in json.loads((here / "talk.json").read_text())]
drawn()
session.stop_engine()
found["polls"] = [word_buttons.disabled_reason(bpy.context), compat.HAS_SOUND]
found["speakers_of_nothing"] = transcripts.speakers("")
bpy.ops.preferences.addon_disable(module=scene_parts.MODULE)
found["left"] = [name for name in dir(bpy.types) if name.upper().startswith("EXGES")]
scene_parts.leave(report, found)
