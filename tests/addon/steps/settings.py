"""Every generation setting in a bare Blender, from the checkout: property, request, take, reuse, options, panel.

settings.py REPORT STANDIN ROOT VALUES OPTIONS: for each setting a value that is not its default, and how the command
line spells it.
"""

import json
import stat
import sys
from pathlib import Path

import bpy  # isort: skip

from blender_addon import commands, registration
from blender_addon.engine import session
from blender_addon.generation import preparing
from blender_addon.headless import batch
from blender_addon.takes import record
from blender_addon.ui import properties, readiness, setting_properties
from exges_core.settings import FaceSettings, GenerationSettings, about
from tests.addon.steps import paper, scene_parts

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
values, options = json.loads(sys.argv[4]), json.loads(sys.argv[5])
here, found = Path.cwd(), {}
PANELS = tuple(each for each in registration._CLASSES if issubclass(each, bpy.types.Panel))
OF_THE_PANEL = list(setting_properties.SETTINGS)


class LastVersion(bpy.types.PropertyGroup):
    """What a character had of these settings in the version before, property by property."""

    seed: bpy.props.IntProperty(min=0)
    speaker: bpy.props.StringProperty()
    energy: bpy.props.EnumProperty(items=[(each, each, "") for each in ("calm", "normal", "vivid")], default="normal")
    vividness: bpy.props.FloatProperty(default=1.0, min=0.0, max=2.0)
    use_score: bpy.props.BoolProperty(default=True)
    is_fine: bpy.props.BoolProperty()
    intensity: bpy.props.FloatProperty(default=1.0, min=0.5, max=1.5)
    retrieval_strength: bpy.props.FloatProperty(default=1.0, min=0.0, max=1.0)
    retrieval_joints: bpy.props.EnumProperty(items=[(each, each, "") for each in ("upper-body", "arms", "hands")])
    use_retrieval: bpy.props.BoolProperty(default=True)


def write_with_last_version(path: Path) -> None:
    """A file with two characters: one set by hand, one as it came."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.utils.register_class(LastVersion)
    bpy.types.Object.exges = bpy.props.PointerProperty(type=LastVersion)
    old = scene_parts.body("ByHand").exges
    old.seed, old.speaker, old.energy, old.vividness, old.use_score = 7, "ada", "vivid", 0.6, False
    old.is_fine, old.intensity, old.retrieval_strength, old.retrieval_joints = True, 1.25, 0.0, "hands"
    old.use_retrieval = False
    scene_parts.body("AsItCame").exges.seed = 3
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    del bpy.types.Object.exges
    bpy.utils.unregister_class(LastVersion)


def asked() -> dict[str, object]:
    """What the engine would be asked for now, by name."""
    plan = preparing.prepare(readiness.take_settings(bpy.context), sequencer=bpy.context.scene)
    plan.discard()
    return {name: getattr(plan.request, name) for name in about(GenerationSettings)}


def remembered() -> dict[str, object]:
    made_with = record.settings_of(record.shown(body))
    return {name: made_with[name] for name in about(GenerationSettings)}


def generated() -> dict[str, object]:
    assert bpy.ops.exges.generate() == {"FINISHED"}
    return remembered()


old_file = here / "last version.blend"
write_with_last_version(old_file)
engine = here / "python"
engine.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" well "$@"\n')
engine.chmod(engine.stat().st_mode | stat.S_IEXEC)
scene_parts.enable(str(engine))
bpy.ops.wm.open_mainfile(filepath=str(old_file))
found["opened"] = {name: setting_properties.values_of(bpy.data.objects[name].exges) for name in ("ByHand", "AsItCame")}
found["locked_seeds"] = [each.name for each in bpy.data.objects if each.exges.is_seed_locked]
found["migrated_once"] = not any(each.exges.is_fine for each in bpy.data.objects)

bpy.ops.wm.read_homefile(use_empty=True)
scene = bpy.context.scene
body = scene_parts.body()
scene.exges.character = body
face = bpy.data.objects.new("Face", bpy.data.meshes.new("Face"))
scene.collection.objects.link(face)
face.parent = body
for key in ("Basis", "jawOpen"):  # nothing is asked of a face where there is none
    face.shape_key_add(name=key)
scene_parts.voice(here / "speech.wav", 4.0)
chosen = body.exges
chosen.source, chosen.audio = "FILE", str(here / "speech.wav")

# From property to request, one at a time; all of them together in a take, and back from it.
found["panel"] = {"untouched": asked()}
for name in OF_THE_PANEL:
    needed = {"face": True} if name in about(FaceSettings) else {}
    setting_properties.restore(chosen, {**needed, name: values[name]})
    found["panel"][name] = asked()[name]
setting_properties.restore(chosen, {name: values[name] for name in about(FaceSettings) if name != "face"})
found["faceless"] = {name: value for name, value in asked().items() if name in about(FaceSettings)}
together = {name: values[name] for name in OF_THE_PANEL if name not in {"use_score", "use_retrieval"}}
setting_properties.restore(chosen, together)
found["together"], found["remembered"] = together, generated()
take = record.shown(body)
setting_properties.restore(chosen, {})
found["reset"] = setting_properties.values_of(chosen)
bpy.ops.exges.reuse_settings(take=take.name)
found["reused"] = setting_properties.values_of(chosen)
setting_properties.restore(chosen, {"retrieval_strength": 0.0})
generated()
setting_properties.restore(chosen, {})
bpy.ops.exges.reuse_settings(take=record.shown(body).name)
found["strength_0"] = [chosen.sets_retrieval_strength, chosen.retrieval_strength, chosen.sets_intensity]
found["differences"] = [title for title, _, _ in record.differences(record.shown(body), take)]

# Each is drawn once, by a panel of its own or the general one; with what decides whether it is there switched on.
drawn: list[str] = []
setting_properties.restore(chosen, {})
paper.draw_all(PANELS, drawn)
found["drawn"] = {name: drawn.count(name) for name in OF_THE_PANEL}
found["tooltips"] = {name: chosen.bl_rna.properties[name].description for name in OF_THE_PANEL}
found["stored"] = sorted(each.identifier for each in properties.ExgesCharacter.bl_rna.properties)

# Without a window: each as an option, and in a manifest's line.
session.stop_engine()
one = ["generate", "--armature", "Body", "--audio", str(here / "speech.wav"), "--python", str(engine)]
found["cli"] = commands.run([*one, *options, "--output", str(here / "out.blend")])
body = bpy.data.objects["Body"]
found["cli_remembered"] = remembered()
found["out_of_range"] = commands.run([*one, "--guidance", "1.5", "--vividness", "9", "--output", str(here / "x.blend")])
line = {"armature": "Body", "audio": "speech.wav", "output": "batch.blend", "settings": values}
(here / "batch.jsonl").write_text(json.dumps(line), encoding="utf-8")
found["batch"] = commands.run(["batch", str(here / "batch.jsonl"), "--python", str(engine)])
body = bpy.data.objects["Body"]
found["batch_remembered"], found["marked"] = remembered(), batch.MARK in record.shown(body)
scene_parts.leave(report, found)
