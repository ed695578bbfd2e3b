"""Press again, get another, in a bare Blender, from the checkout; the stand-in's motion depends on the seed alone.

seeds.py REPORT STANDIN ROOT
"""

import stat
import sys
from pathlib import Path

import bpy  # isort: skip

from blender_addon import commands
from blender_addon.engine import client, session
from blender_addon.generation import running, seeds
from blender_addon.scene import compat, curves
from blender_addon.takes import keyframes, record
from blender_addon.ui import readiness
from blender_addon.ui.operators import generate as generate_buttons
from blender_addon.ui.panels import drawing
from blender_addon.ui.panels import main as main_panel
from tests.addon.steps import paper, scene_parts

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
here, found = Path.cwd(), {}


def engine(behaviour: str) -> str:
    path = here / f"python_{behaviour}"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" {behaviour} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def seed_of(take: bpy.types.Action) -> int:
    return record.settings_of(take)["seed"]


def press() -> int:
    """Press Generate; return the new take's seed, which the panel shows now."""
    assert bpy.ops.exges.generate() == {"FINISHED"}
    assert seed_of(record.shown(body)) == chosen.seed
    return chosen.seed


def motion(take: bpy.types.Action) -> dict[object, bytes]:
    keyed = curves.by_channel(compat.curves_of(take))
    return {place: curves.read(curve).floats["co"].tobytes() for place, curve in keyed.items()}


def asked(count: int) -> running.MakingSeveral:
    """The job of 3 Variations, for whoever drives it by hand."""
    settings = seeds.fresh(readiness.take_settings(bpy.context), count=count)
    worker = client.Engine(client.command_of(engine("well")))
    return running.MakingSeveral(settings, sequencer=scene.name, engine=worker, shown=chosen.seed)


preferences = scene_parts.enable(engine("well"))
scene = bpy.context.scene
body = scene_parts.body()
scene.exges.character = body
for name in ("speech", "other"):
    scene_parts.voice(here / f"{name}.wav", 4.0)
chosen = body.exges
chosen.source, chosen.audio = "FILE", str(here / "speech.wav")

# A typed seed is used as it stands; pressed again, another one is drawn, each time.
chosen.seed = 7
found["typed"] = press()
first = record.shown(body)
found["again"] = [press(), press()]
found["moves_differently"] = motion(first) != motion(record.shown(body))
chosen.seed = 123
found["typed_anew"] = press()

# What was changed shows with the same seed; then the next one is drawn.
chosen.vividness = 0.6
found["setting_changed"] = [press(), press() != 123]
chosen.vividness, chosen.seed = 1.0, 7
bone = body.pose.bones["left_elbow"]
bone.rotation_quaternion = (0.9, 0.1, 0.3, -0.2)
bone.keyframe_insert("rotation_quaternion", frame=20)
found["key_set"] = [press(), press() != 7]
edited = chosen.seed
curve = curves.by_channel(compat.curves_of(record.shown(body)))['pose.bones["head"].rotation_quaternion', 1]
point = min(curve.keyframe_points, key=lambda each: abs(each.co[0] - 30))
point.co[1] += 0.12
point.type = "KEYFRAME"
found["take_edited"] = [press() == edited, press() != edited]
for take in keyframes.takes_of(body):
    bpy.ops.exges.delete_take(take=take.name)
body.animation_data_clear()

# The lock, and Reuse Settings, which locks what it brings back.
chosen.seed, chosen.last_made = 7, ""
press()
first = record.shown(body)
chosen.is_seed_locked = True
found["locked"] = [press(), motion(record.shown(body)) == motion(first)]
found["locked_variations"] = [bpy.ops.exges.variations.poll(), generate_buttons.ExgesVariations.why_not(bpy.context)]
chosen.is_seed_locked, chosen.vividness = False, 0.6
chosen.seed = 99
press()
bpy.ops.exges.reuse_settings(take=first.name)
found["reused"] = [chosen.seed, chosen.is_seed_locked, press(), motion(record.shown(body)) == motion(first)]
chosen.is_seed_locked = False

# Deleted because it was bad, it does not come back; other speech has its own takes.
unwanted = press()
bpy.ops.exges.delete_take(take=record.shown(body).name)
found["deleted"] = [unwanted == chosen.seed, press() != unwanted]
now = chosen.seed
chosen.audio = str(here / "other.wav")
found["other_speech"] = press() == now
chosen.audio = str(here / "speech.wav")

# A range: the seed of the whole would make the same again.
whole = press()
scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 12, 30
chosen.part = "PREVIEW"
found["range"] = len({whole, press(), press()})
base = record.shown(body).name
before = keyframes.takes_of(body)
assert bpy.ops.exges.variations() == {"FINISHED"}
three = [each for each in keyframes.takes_of(body) if each not in before]
bases, drawn_seeds = ({record.settings_of(each)[name] for each in three} for name in ("base", "seed"))
found["range_variations"] = [bases == {base}, len(drawn_seeds)]
chosen.part = "WHOLE"

# Takes of an earlier version tell their speech and seed, no more.
chosen.seed = whole
chosen.last_made = ""
for take in keyframes.takes_of(body):
    take.pop(seeds.ASKED_KEY, None)
found["earlier_version"] = press() != whole

# Three at once.
chosen.seed, before = 321, keyframes.takes_of(body)
found["variations"] = list(bpy.ops.exges.variations())
three = keyframes.takes_of(body)[len(before) :]
found["said"] = session.Running.last_message
found["three"] = [seed_of(each) for each in three]
found["three_move"] = len({repr(sorted(motion(each).items())) for each in three})
found["shown_and_compared"] = [record.shown(body) == three[2], chosen.compared == three[1].name]
found["panel_shows"] = chosen.seed == seed_of(three[2])
bpy.ops.exges.flip_takes()
found["flipped"] = record.shown(body) == three[1]
names = [each.name for each in three]
bpy.ops.ed.undo_push(message="Flip")
undone = []
for _ in range(3):
    bpy.ops.ed.undo()
    body = bpy.data.objects["Body"]
    undone.append([sum(name in bpy.data.actions for name in names), record.shown(body).name == names[2]])
found["undone"] = undone
for _ in range(3):
    bpy.ops.ed.redo()
body, scene = bpy.data.objects["Body"], bpy.context.scene
chosen = body.exges
found["redone"] = sum(name in bpy.data.actions for name in names)

# Cancelled in the second: the first stays. A seed that is typed meanwhile stays, too.
count = len(keyframes.takes_of(body))
work, progress = asked(3), []
while work.count[0] < 2 or work.job is None:
    assert not work.step()
    progress.append(work.progress.fraction)
chosen.seed = 5555
texts: list[str] = []
drawing.draw_progress(paper.Paper(texts, []), work)
found["progress"] = [progress == sorted(progress), max(progress) < 0.5, texts[0]]
work.cancel()
while not work.step():
    pass
made = work.outcome
found["cancelled"] = [len(made.takes), type(made.ended_by).__name__, len(keyframes.takes_of(body)) - count, chosen.seed]
found["folders_left"] = [path.name for path in here.rglob("exges-job-*")]
preferences.python = engine("dies_in_the_second")
count = len(keyframes.takes_of(body))
found["died"] = [list(bpy.ops.exges.variations()), len(keyframes.takes_of(body)) - count]
found["died_said"] = [session.Running.last_message, session.Running.is_bad_news]
preferences.python = engine("refuses")
try:
    bpy.ops.exges.variations()
    found["refused"] = "IT RAN"
except RuntimeError as error:
    found["refused"] = str(error)

# Drawn; and saved with the file.
drawn: list[str] = []
texts = paper.draw_all((*main_panel.CLASSES, *main_panel.LATER), drawn)
found["drawn"] = drawn.count("is_seed_locked")
chosen.is_seed_locked = True
bpy.ops.wm.save_as_mainfile(filepath=str(here / "saved.blend"))
bpy.ops.wm.open_mainfile(filepath=str(here / "saved.blend"))
found["saved"] = bpy.data.objects["Body"].exges.is_seed_locked
session.stop_engine()

# The command line takes the seed that it is given, as often as it is given.
one = ["generate", "--armature", "Body", "--audio", str(here / "speech.wav"), "--seed", "7", "--python", engine("well")]
for _ in range(2):
    assert commands.run([*one, "--output", str(here / "saved.blend")]) == 0
body = bpy.data.objects["Body"]
found["command_line"] = [seed_of(each) for each in keyframes.takes_of(body)[-2:]]
found["panel_stays"] = body.exges.seed
scene_parts.leave(report, found)
