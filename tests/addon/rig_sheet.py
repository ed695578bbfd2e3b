"""One take on six rigs, to be looked at: `python tests/addon/rig_sheet.py --motion M.npz --out docs/images/rigs.png`.

Every body is built here on its rig's rest pose: backs of forearms and hands are dark, so a twist shows.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import bpy  # isort: skip
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mathutils import Matrix
from PIL import Image, ImageDraw, ImageFont
from rig.blender import armature_of
from rig.families import _SPECS, Family, family
from rig.families.bodies import A_POSE, T_POSE, Body, body

from blender_addon.character import armature
from blender_addon.takes import keyframes
from exges_core.motion.npz import read_npz
from exges_core.motion.skeleton import FINGERS, JOINT_NAMES, REST_OFFSETS_M
from exges_core.rig.retarget import Retargeter
from tools.demo_scene import mannequin, stage
from tools.demo_scene.scene import add_rigify_human

RIGS = (
    ("Rigify human, A-pose", "rigify", {}),
    ("Mixamo, T-pose, broad shoulders", "mixamo", {"build": "heroic"}),
    ("Unreal 5, A-pose, rolled", "unreal5", {"pose": "a", "roll": 2}),
    ("VRoid, a child", "vroid", {"build": "child"}),
    ("Genesis 8, twist bones", "daz_genesis8", {"pose": "a", "roll": 4}),
    ("CMU BVH, large head", "cmu_bvh", {"build": "stylised"}),
)
SPACING_M = 1.5
MARGIN_M = 0.1
SEGMENTS = 24
UP, AHEAD = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
TRUNK = (
    (0.0, 0.13, 0.10),
    (0.2, 0.15, 0.11),
    (0.45, 0.13, 0.095),
    (0.75, 0.16, 0.115),
    (0.95, 0.13, 0.09),
    (1.0, 0.08, 0.07),
)
"""Share of the trunk's length, half width for shoulders of usual breadth, half depth, in metres."""
COLOURS = {"body": (0.74, 0.63, 0.51), "back": (0.06, 0.23, 0.33)}


class Parts:
    """Vertices, faces, colours and weights of one mesh."""

    def __init__(self) -> None:
        self.points: list[np.ndarray] = []
        self.faces: list[tuple[int, ...]] = []
        self.slots: list[int] = []
        self.weights: dict[str, list[tuple[int, float]]] = {}
        self.count = 0

    def loft(
        self,
        rings: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
        weights: Sequence[dict[str, float]],
        back: bool,
    ) -> None:
        """A closed loft of ellipses (centre, half width, half height); with `back`, its upper side is dark."""
        angles = np.linspace(0.0, 2.0 * np.pi, SEGMENTS, endpoint=False)
        base = self.count
        for place, (centre, across, up) in enumerate(rings):
            self.points.append(centre + np.outer(np.cos(angles), across) + np.outer(np.sin(angles), up))
            for bone, weight in weights[place].items():
                first = base + place * SEGMENTS
                self.weights.setdefault(bone, []).extend((first + each, weight) for each in range(SEGMENTS))
        for place in range(len(rings) - 1):
            low = base + place * SEGMENTS
            for each in range(SEGMENTS):
                after = (each + 1) % SEGMENTS
                self.faces.append((low + each, low + after, low + SEGMENTS + after, low + SEGMENTS + each))
                self.slots.append(int(back and SEGMENTS // 12 <= each < 5 * SEGMENTS // 12))
        top = base + (len(rings) - 1) * SEGMENTS
        self.faces += [tuple(range(base + SEGMENTS - 1, base - 1, -1)), tuple(range(top, top + SEGMENTS))]
        self.slots += [0, 0]
        self.count += len(rings) * SEGMENTS


def limb(
    parts: Parts,
    start: np.ndarray,
    stop: np.ndarray,
    up: np.ndarray,
    profile: Sequence[tuple[float, float, float]],
    bones: Sequence[tuple[float, str]],
    *,
    back: bool = False,
) -> None:
    """A rounded limb; profile: share of the length, half width, half height; bones: (share, bone), blended between."""
    along = (stop - start) / np.linalg.norm(stop - start)
    up = up - along * (up @ along)
    up = up / np.linalg.norm(up)
    across = np.cross(along, up)
    shares, wide, high = np.array(profile).T
    places = np.linspace(shares[0], shares[-1], 14)
    wide, high = np.interp(places, shares, wide), np.interp(places, shares, high)
    rings, weights = [], []
    length = float(np.linalg.norm(stop - start))
    for end, order in ((0, (86.0, 60.0, 30.0)), (-1, (30.0, 60.0, 86.0))):
        caps = []
        for angle in np.deg2rad(order):
            sign = -1.0 if end == 0 else 1.0
            at = start + along * (places[end] * length + sign * 0.7 * wide[end] * np.sin(angle))
            caps.append((at, across * wide[end] * np.cos(angle), up * high[end] * np.cos(angle)))
        if end == 0:
            rings += caps
            middle = zip(places, wide, high, strict=True)
            rings += [(start + along * place * length, across * w, up * h) for place, w, h in middle]
        else:
            rings += caps
    for centre, _, _ in rings:
        share = float(np.clip((centre - start) @ along / length, 0.0, 1.0))
        weights.append(blended(share, bones))
    parts.loft(rings, weights, back)


def blended(share: float, bones: Sequence[tuple[float, str]]) -> dict[str, float]:
    """Weights of the two bones around a place along a limb."""
    ordered = sorted(bones)
    for (low, lower), (high, upper) in pairwise(ordered):
        if low <= share <= high:
            part = (share - low) / max(high - low, 1e-9)
            return {lower: 1.0 - part, upper: part} if lower != upper else {lower: 1.0}
    return {(ordered[0] if share < ordered[0][0] else ordered[-1])[1]: 1.0}


Profile = list[tuple[float, float, float]]


class Figure:
    """A simple figure on a family's bones, in its armature's space: `parts` is its mesh."""

    def __init__(self, each: Family, at_rest: Body, retargeter: Retargeter, hand: float) -> None:
        self.parts, self.unit, self.hand = Parts(), each.unit, hand
        self.bones, self.size = retargeter.bones, retargeter.scale / each.unit
        self.at_rest, self.between = at_rest, retargeter.chain.between
        self.place = {joint: at_rest.positions[joint] * each.unit for joint in at_rest.positions}
        self.chest = [joint for joint in ("pelvis", "spine1", "spine2", "spine3") if joint in self.bones]
        self.trunk()
        self.head()
        for side in ("left", "right"):
            self.arm(side)
            self.palm(side)
            for finger in FINGERS:
                self.finger(side, finger)
            self.leg(side)
            self.foot(side)

    def scaled(self, profile: Sequence[tuple[float, float, float]], by: float) -> Profile:
        """Return a profile given in metres, in the armature's unit."""
        return [(share, wide * by * self.unit, high * by * self.unit) for share, wide, high in profile]

    def limb(
        self,
        ends: tuple[np.ndarray, np.ndarray],
        up: np.ndarray,
        profile: Profile,
        bones: str | Sequence[tuple[float, str]],
        *,
        back: bool = False,
    ) -> None:
        """Add a limb; `bones`: the one that carries it, or several along it."""
        carried = [(0.0, bones)] if isinstance(bones, str) else bones
        limb(self.parts, *ends, up, profile, carried, back=back)

    def back_of(self, joint: str) -> np.ndarray:
        """Return where the back of a hand or arm looks."""
        return self.at_rest.turns[joint] @ UP

    def trunk(self) -> None:
        place, unit = self.place, self.unit
        low, high = place["pelvis"] - 0.06 * self.size * unit * UP, place["neck"]
        way = high - low
        shares = [(float((place[joint] - low) @ way / (way @ way)) + 0.06, self.bones[joint]) for joint in self.chest]
        broad = float(np.linalg.norm(place["left_shoulder"] - place["right_shoulder"])) / (0.36 * unit)
        profile = [(share, wide * unit * broad, deep * unit * self.size) for share, wide, deep in TRUNK]
        self.limb((low, high), AHEAD, profile, shares)

    def head(self) -> None:
        place, unit, bone = self.place, self.unit, self.bones["head"]
        jaw = float(np.linalg.norm(REST_OFFSETS_M[JOINT_NAMES.index("jaw")]))
        size = float(np.linalg.norm(place["head"] - place["jaw"])) / (jaw * unit)
        neck = (place["neck"] - 0.02 * unit * UP, place["head"] + 0.03 * unit * UP)
        profile = self.scaled([(0.0, 0.055, 0.055), (1.0, 0.05, 0.05)], self.size)
        self.limb(neck, AHEAD, profile, self.bones.get("neck", bone))
        skull = self.scaled([(0.0, 0.055, 0.07), (0.3, 0.075, 0.095), (0.65, 0.08, 0.102), (1.0, 0.06, 0.075)], size)
        top = place["head"] + size * unit * np.array([0.0, 0.15, 0.03])
        self.limb((place["head"] - size * unit * 0.02 * UP, top), AHEAD, skull, bone)
        nose = place["head"] + size * unit * np.array([0.0, 0.06, 0.115])
        tip = nose + size * unit * np.array([0.0, -0.03, 0.02])
        self.limb((nose, tip), AHEAD, self.scaled([(0.0, 0.008, 0.008), (1.0, 0.013, 0.013)], size), bone)

    def arm(self, side: str) -> None:
        collar, shoulder, elbow, wrist = (f"{side}_{joint}" for joint in ("collar", "shoulder", "elbow", "wrist"))
        place, bones = self.place, self.bones
        profile = self.scaled([(0.2, 0.05, 0.045), (1.0, 0.055, 0.055)], self.size)
        carrier = bones.get(collar) or bones[self.chest[-1]]
        self.limb((place[collar], place[shoulder]), UP, profile, carrier)
        profile = self.scaled([(0.0, 0.052, 0.055), (0.3, 0.048, 0.05), (1.0, 0.036, 0.038)], self.size)
        self.limb((place[shoulder], place[elbow]), self.back_of(shoulder), profile, bones.get(shoulder, ""))
        forearm = bones.get(elbow, "")
        twists = [(item.share, item.bone) for item in self.between if item.axis is not None and item.upper == forearm]
        profile = self.scaled([(0.0, 0.04, 0.037), (0.3, 0.042, 0.038), (0.95, 0.03, 0.022)], self.size)
        carried = [(0.0, forearm), *twists]
        self.limb((place[elbow], place[wrist]), self.back_of(elbow), profile, carried, back=True)

    def palm(self, side: str) -> None:
        wrist, place = f"{side}_wrist", self.place
        middle = 0.5 * (place[f"{side}_middle1"] + place[f"{side}_ring1"])
        profile = self.scaled([(0.0, 0.028, 0.018), (0.5, 0.04, 0.017), (1.0, 0.042, 0.013)], self.hand)
        self.limb((place[wrist], middle), self.back_of(wrist), profile, self.bones.get(wrist, ""), back=True)

    def finger(self, side: str, finger: str) -> None:
        thick = 0.0125 if finger == "thumb" else 0.0095
        wrist = self.bones.get(f"{side}_wrist", "")
        for number in (1, 2, 3):
            joint = f"{side}_{finger}{number}"
            above = (self.bones.get(f"{side}_{finger}{each}", "") for each in range(number, 0, -1))
            start, bone = self.place[joint], next((each for each in above if each), wrist)
            if number < 3:
                end = self.place[f"{side}_{finger}{number + 1}"]
            else:
                end = start + self.hand * (self.at_rest.end(joint) * self.unit - start)
            r = thick * (1.08 - 0.08 * number)
            profile = self.scaled([(0.0, r, r), (1.0, 0.92 * r, 0.92 * r)], self.hand)
            self.limb((start, end), self.back_of(joint), profile, bone, back=finger != "thumb")

    def leg(self, side: str) -> None:
        hip, knee, ankle = (f"{side}_{joint}" for joint in ("hip", "knee", "ankle"))
        place, bones = self.place, self.bones
        profile = self.scaled([(0.0, 0.085, 0.09), (0.4, 0.075, 0.08), (1.0, 0.05, 0.052)], self.size)
        self.limb((place[hip], place[knee]), AHEAD, profile, bones.get(hip, ""))
        profile = self.scaled([(0.0, 0.05, 0.052), (0.25, 0.053, 0.058), (1.0, 0.034, 0.036)], self.size)
        self.limb((place[knee], place[ankle]), AHEAD, profile, bones.get(knee, ""))

    def foot(self, side: str) -> None:
        at_ankle, at_ball = self.place[f"{side}_ankle"], self.place[f"{side}_foot"]
        ankle = self.bones.get(f"{side}_ankle", "")
        length = self.size * self.unit
        sole = 0.03 * length
        heel = np.array([at_ankle[0], sole, at_ankle[2] - 0.035 * length])
        ball = np.array([at_ball[0], sole * 0.8, at_ball[2]])
        profile = self.scaled([(0.0, 0.035, 0.03), (0.4, 0.038, 0.032), (1.0, 0.043, 0.024)], self.size)
        self.limb((heel, ball), UP, profile, ankle)
        tip = ball + np.array([0.0, -0.2 * sole, 0.06 * length])
        profile = self.scaled([(0.0, 0.043, 0.023), (1.0, 0.03, 0.017)], self.size)
        self.limb((ball, tip), UP, profile, self.bones.get(f"{side}_foot") or ankle)


def add_mesh(scene: bpy.types.Scene, thing: bpy.types.Object, parts: Parts) -> None:
    mesh = bpy.data.meshes.new("Body")
    mesh.from_pydata(np.concatenate(parts.points).tolist(), [], parts.faces)
    mesh.polygons.foreach_set("material_index", parts.slots)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    for name, colour in COLOURS.items():
        material = bpy.data.materials.get(name) or bpy.data.materials.new(name)
        material.diffuse_color = (*colour, 1.0)
        mesh.materials.append(material)
    shape = bpy.data.objects.new("Body", mesh)
    scene.collection.objects.link(shape)
    for bone, pairs in parts.weights.items():
        group = shape.vertex_groups.new(name=bone)
        for vertex, weight in pairs:
            group.add([vertex], weight, "REPLACE")
    shape.parent = thing
    shape.modifiers.new("Armature", "ARMATURE").object = thing


def build(scene: bpy.types.Scene, motion: Path) -> list[bpy.types.Object]:
    clip, things = read_npz(motion), []
    for number, (_, name, options) in enumerate(RIGS):
        if name == "rigify":
            thing = add_rigify_human(scene)
            mannequin.add_mannequin(scene, thing)
            thing.scale = (0.86, 0.86, 0.86)
        else:
            each = family(name, **options)
            pose = {"t": T_POSE, "a": A_POSE, "own": _SPECS[name].pose}[options.get("pose", "own")]
            at_rest = body(pose, options.get("build", "average"))
            thing = armature_of(scene, each)
            retargeter = armature.retargeter_of(thing)
            hand = {"child": 0.65, "stylised": 1.1}.get(options.get("build", ""), 1.0)
            add_mesh(scene, thing, Figure(each, at_rest, retargeter, hand).parts)
        place = Matrix.Translation(((number - 0.5 * (len(RIGS) - 1)) * SPACING_M, 0.0, 0.0))
        thing.matrix_world = place @ thing.matrix_world
        bpy.context.view_layer.update()
        keyframes.add_take(scene, thing, clip, start_frame=1, settings={})
        things.append(thing)
    return things


def render(scene: bpy.types.Scene, times_s: Sequence[float], folder: Path, size: tuple[int, int]) -> list[Image.Image]:
    stage.add_floor(scene)
    stage.use_workbench(scene)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", SPACING_M * len(RIGS) + 2.0 * MARGIN_M
    camera.location, camera.rotation_euler = (0.0, -8.0, 1.42), (np.deg2rad(86.5), 0.0, 0.0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.image_settings.file_format = "PNG"
    rows = []
    for number, time_s in enumerate(times_s):
        scene.frame_set(1 + round(30.0 * time_s))
        scene.render.filepath = str(folder / f"row{number}.png")
        bpy.ops.render.render(write_still=True)
        rows.append(Image.open(scene.render.filepath).convert("RGB"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--motion", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--times", type=float, nargs="+", required=True, help="seconds, one row each")
    parser.add_argument("--width", type=int, default=1500)
    options = parser.parse_args()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    build(scene, options.motion)
    height = round(options.width * 2.2 / (SPACING_M * len(RIGS) + 2.0 * MARGIN_M))
    rows = render(scene, options.times, options.out.parent, (options.width, height))
    sheet = Image.new("RGB", (options.width, 30 + height * len(rows)), (247, 247, 244))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for number, (title, _, _) in enumerate(RIGS):
        middle = options.width * (number + 0.5) / len(RIGS)
        draw.text((middle, 15), title, fill=(45, 48, 56), font=font, anchor="mm")
    for number, row in enumerate(rows):
        sheet.paste(row, (0, 30 + number * height))
        draw.text((8, 38 + number * height), f"{options.times[number]:.1f} s", fill=(45, 48, 56), font=font)
    sheet.quantize(160).save(options.out)
    for number in range(len(rows)):
        (options.out.parent / f"row{number}.png").unlink()


main()
sys.stdout.flush()
os._exit(0)
