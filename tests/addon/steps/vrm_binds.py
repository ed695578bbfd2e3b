"""The binds of a .vrm in a bare Blender, from the checkout: read while the VRM add-on is on and off, and hostile data.

The VRM add-on is not here: property groups of the same layout, as far as binds go, stand for it.

vrm_binds.py REPORT
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import bpy  # isort: skip

from blender_addon.face import assignments, visemes, vrm_binds
from blender_addon.face import found as faces
from blender_addon.scene import compat
from tests.addon.steps import scene_parts
from tests.addon.steps.face_parts import head, value_of

report, found = Path(sys.argv[1]), {}
PRESETS = ("unknown", "neutral", "a", "i", "u", "e", "o", "blink", "joy", "angry", "sorrow", "fun")
PRESETS += ("lookup", "lookdown", "lookleft", "lookright", "blink_l", "blink_r")
EXPRESSIONS = ("happy", "angry", "sad", "relaxed", "surprised", "neutral", "aa", "ih", "ou", "ee", "oh")
EXPRESSIONS += ("blink", "blink_left", "blink_right", "look_up", "look_down", "look_left", "look_right")
NAME, Group = "vrm_addon_extension", bpy.types.PropertyGroup
text, number, one, many = (
    *(bpy.props.StringProperty, bpy.props.FloatProperty),
    *(bpy.props.PointerProperty, bpy.props.CollectionProperty),
)
PLACE = "saved_mesh_object_name_to_restore"
_made: list[type] = []


def group(title: str, /, **members: object) -> type:
    """A registered property group."""
    made = type(title, (Group,), {"__annotations__": members})
    bpy.utils.register_class(made)
    _made.append(made)
    return made


def register() -> None:
    """Register what stands for the VRM add-on."""
    place = group("Place", bpy_object=one(type=bpy.types.Object), saved_mesh_object_name_to_restore=text())
    old_bind = group("OldBind", mesh=one(type=place), index=text(), weight=number(min=0, max=1, default=1))
    presets = bpy.props.EnumProperty(items=[(each, each, "", place) for place, each in enumerate(PRESETS)])
    clip = group("Clip", name=text(), preset_name=presets, binds=many(type=old_bind))
    vrm0 = group("Vrm0", blend_shape_master=one(type=group("Master", blend_shape_groups=many(type=clip))))
    bind = group("NewBind", node=one(type=place), index=text(), weight=number(min=0, max=1, default=1))
    expression = group("Expression", morph_target_binds=many(type=bind))
    custom = group("Custom", custom_name=text(), morph_target_binds=many(type=bind))
    preset = group("Preset", **{name: one(type=expression) for name in EXPRESSIONS})
    vrm1 = group("Vrm1", expressions=one(type=group("All", preset=one(type=preset), custom=many(type=custom))))
    versions = bpy.props.EnumProperty(items=[("0.0", "0", "", 0), ("1.0", "1", "", 1)], default="1.0")
    whole = group("Extension", vrm0=one(type=vrm0), vrm1=one(type=vrm1), spec_version=versions)
    bpy.types.Armature.vrm_addon_extension = one(type=whole)


def unregister() -> None:
    del bpy.types.Armature.vrm_addon_extension
    while _made:
        bpy.utils.unregister_class(_made.pop())


def add(binds: object, place: str, mesh: bpy.types.Object | None, key: str, weight: float | None = None) -> None:
    bind = binds.add()
    where = getattr(bind, place)
    where.bpy_object, where.saved_mesh_object_name_to_restore = mesh, mesh.name if mesh else ""
    bind.index = key
    if weight is not None:
        bind.weight = weight


def clip(name: str, preset: str, mesh: bpy.types.Object | None, *keys: str) -> None:
    made = character.data.vrm_addon_extension.vrm0.blend_shape_master.blend_shape_groups.add()
    made.name, made.preset_name = name, preset
    for key in keys:
        add(made.binds, "mesh", mesh, key)


def targets() -> dict[str, str]:
    faces.look_again()
    return {each.path: each.target for each in faces.face_of(character).match.channels}


def shown(name: str, mesh: str, keys: Sequence[str]) -> list[float]:
    """Values of keys while a viseme is looked at."""
    faces.look_again()
    visemes.preview(character, name)
    values = [round(value_of(mesh, key), 4) for key in keys]
    visemes.restore()
    return values


def renamed_and_removed() -> None:
    """What is left of binds where meshes and keys are renamed or go."""
    face.name = "Renamed"
    found["renamed_mesh"] = targets()
    face.data.shape_keys.key_blocks["k.01"].name = "other"
    found["renamed_key"] = targets()
    face.data.shape_keys.key_blocks["other"].name = "k.01"
    bpy.data.objects.remove(teeth)
    found["removed_mesh"] = targets()
    assignments.choose(character, "Renamed", "k.01", "vrm:O")
    assignments.choose(character, "Renamed", "k.03", "")
    found["chosen"] = targets()
    assignments.forget(character)
    face.name = "Face"


def hostile(name: str, value: object) -> None:
    """Data of another form under the add-on's name: nothing is read, and nothing fails."""
    data = bpy.data.armatures.new(name)
    (data.bl_system_properties_get(do_create=True) if bpy.app.version >= (5, 0, 0) else data)[NAME] = value
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    own = head(thing, f"{name} face", ["k.01", "A", "I", "U", "E", "O"])
    faces.look_again()
    played = {each.key for each in faces.face_of(thing).match.channels}
    binds = vrm_binds.of(thing, {own.name: own.data.shape_keys})
    found.setdefault("hostile", {})[name] = [len(binds), len(played), "k.01" in played]


bpy.ops.wm.read_factory_settings(use_empty=True)
register()
character = scene_parts.body()
face = head(character, "Face", [f"k.{number:02}" for number in range(1, 9)])
teeth = head(character, "Teeth", ["t.1", "t.2"])
found["without"] = targets()

# VRM 0: a group without a preset counts by its name, and binds of what is not there are skipped.
extension = character.data.vrm_addon_extension
extension.spec_version = "0.0"
for name, preset, keys in (
    *(("A", "a", ["k.01"]), ("Vowel", "i", ["k.02"]), ("Blink", "blink", ["k.03"]), ("Surprised", "unknown", ["k.04"])),
    *(
        ("browInnerUp", "unknown", ["k.05"]),
        ("Fun", "fun", ["k.06"]),
        ("Hat", "unknown", ["k.07"]),
        ("O", "o", ["gone", ""]),
    ),
):
    clip(name, preset, face, *keys)
clip("Both", "a", teeth, "t.1")
clip("Nobody", "u", None, "k.08")
clip("Light", "u", bpy.data.objects.new("Light", bpy.data.lights.new("Light", "POINT")), "k.08")
found["vrm0"] = targets()
found["alone"] = [line for line in faces.face_of(character).left_alone if "k.0" in line]
found["open"] = [shown("A", "Face", ["k.01", "k.02"]), shown("A", "Teeth", ["t.1", "t.2"])]
found["shut"] = shown("P B M", "Face", ["k.01", "k.02"])
on = vrm_binds.of(character, {"Face": face.data.shape_keys, "Teeth": teeth.data.shape_keys})
unregister()
off = vrm_binds.of(character, {"Face": face.data.shape_keys, "Teeth": teeth.data.shape_keys})
found["off"] = [on == off, len(on), compat.data_of_addon(character.data, NAME) is not None, targets() == found["vrm0"]]
register()
renamed_and_removed()

# VRM 1: its own expressions, weights, an author's expression; objects that share a mesh share its keys.
twin = bpy.data.objects.new("A twin", face.data)
bpy.context.scene.collection.objects.link(twin)
twin.parent = character
extension = character.data.vrm_addon_extension
extension.spec_version = "1.0"
preset = extension.vrm1.expressions.preset
add(preset.aa.morph_target_binds, "node", face, "k.02")
add(preset.oh.morph_target_binds, "node", twin, "k.02", 0.5)
add(preset.oh.morph_target_binds, "node", twin, "k.08")
add(preset.blink_left.morph_target_binds, "node", face, "k.06")
own = extension.vrm1.expressions.custom.add()
own.custom_name = "tongueOut"
add(own.morph_target_binds, "node", face, "k.07")
found["vrm1"] = targets()
found["parts"] = [
    [each.key, [(part.target, part.share) for part in each.parts]]
    for each in faces.face_of(character).match.channels
    if each.key in {"k.02", "k.08"}
]
found["rounded"] = shown("O", "Face", ["k.02", "k.08"])

# Of two versions the file's own counts; if that binds nothing, the other does.
for each in (preset.aa, preset.oh, preset.blink_left, own):
    each.morph_target_binds.clear()
found["other"] = targets()
begin_s = time.process_time()
for _ in range(50):
    vrm_binds.of(character, {"Face": face.data.shape_keys})
found["read_s"] = (time.process_time() - begin_s) / 50
bpy.data.objects.remove(twin)
unregister()


def clips(*groups: object) -> dict[str, object]:
    return {"spec_version": 0, "vrm0": {"blend_shape_master": {"blend_shape_groups": list(groups)}}}


named = {PLACE: "Loose face"}
for name, value in (
    *(("Text", "vrm"), ("Number", 3.5), ("Numbers", [1, 2, 3]), ("Empty", {})),
    ("Shallow", {"vrm0": 1, "vrm1": "x", "spec_version": "0.0"}),
    ("Lists", {**clips(1, 2), "vrm1": {"expressions": {"preset": [3]}}}),
    ("Binds", {"vrm1": {"expressions": {"preset": {"aa": {"morph_target_binds": {"index": "k.01"}}}, "custom": "x"}}}),
    (
        "Loose",
        clips(
            {"preset_name": 99, "binds": [{"index": "k.01"}]},
            {"preset_name": "a", "binds": [{"mesh": 1, "index": 2}]},
            {"preset_name": 2, "binds": [{"mesh": named, "index": "k.01", "weight": "x"}]},
            {"name": 5, "binds": [{"mesh": {"bpy_object": "Face"}, "index": "k.01"}]},
        ),
    ),
    ("Named", clips({"preset_name": 2, "binds": [{"mesh": {PLACE: "Named face"}, "index": "k.01"}]})),
):
    hostile(name, value)
scene_parts.leave(report, found)
