"""What a scene of `benchmarks.scenes` shows: front and side beside each other, as a film and as a sheet of pictures."""

from __future__ import annotations

import math
import subprocess
import tempfile
from pathlib import Path

import bpy
import imageio_ffmpeg
import numpy as np
from mathutils import Matrix, Vector
from PIL import Image

from blender_addon.scene import compat
from tools.demo_scene import stage

SIZE = (360, 264)
STEP, SHEET_STEP, COLUMNS = 3, 15, 6
"""Every third frame is filmed; two pictures a second are on the sheet."""
_APART_M, _HIGH_M, _AWAY_M = 1.5, 1.0, 12.0


def film(scene: bpy.types.Scene, rig: bpy.types.Object, path: Path, *, sound: Path, frames: int) -> None:
    """Write PATH.mp4 and PATH.png; what is in the scene is shown from the front and, beside it, from the side."""
    side = _seen_from_the_side(scene)
    stage.use_workbench(scene)
    _add_ground(scene)
    stage.add_camera(scene, aim=(0.0, 0.0, 0.0), distance=_AWAY_M, yaw_rad=0.0, lens_mm=144.0)
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage, scene.render.use_sequencer = 100, False
    compat.set_picture_output(scene)
    with tempfile.TemporaryDirectory(prefix="exges-") as name:
        folder = Path(name)
        for number, frame in enumerate(range(1, frames + 1, STEP)):
            scene.frame_set(frame)
            _follow(scene, rig, side)
            scene.render.filepath = str(folder / f"{number:04d}.png")
            bpy.ops.render.render(write_still=True, scene=scene.name)
        _sheet(sorted(folder.glob("*.png"))[:: SHEET_STEP // STEP], path.with_suffix(".png"))
        rate = scene.render.fps / STEP
        subprocess.run(  # noqa: S603 - the program that the package brings, with our own paths
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-framerate", f"{rate:g}"),
                *("-i", str(folder / "%04d.png"), "-i", str(sound), "-shortest", "-pix_fmt", "yuv420p"),
                str(path.with_suffix(".mp4")),
            ],
            check=True,
        )


def _add_ground(scene: bpy.types.Scene) -> None:
    """Add a ground to stand on and a sky."""
    mesh = bpy.data.meshes.new("Ground")
    mesh.from_pydata([(x, y, -0.004) for x in (-40, 40) for y in (-40, 40)], [], [(0, 2, 3, 1)])
    material = bpy.data.materials.new("Ground")
    material.diffuse_color = (0.3, 0.36, 0.3, 1.0)
    mesh.materials.append(material)
    scene.collection.objects.link(bpy.data.objects.new("Ground", mesh))
    scene.world = scene.world or bpy.data.worlds.new("Sky")
    scene.world.color = (0.42, 0.48, 0.55)


def _seen_from_the_side(scene: bpy.types.Scene) -> bpy.types.Object:
    """Show all meshes a second time, turned by a right angle."""
    shown = bpy.data.collections.new("Shown")
    for each in [each for each in scene.objects if each.type == "MESH" and not each.name.startswith("WGT")]:
        shown.objects.link(each)
    scene.collection.children.link(shown)
    side = bpy.data.objects.new("Side", None)
    side.instance_type, side.instance_collection = "COLLECTION", shown
    scene.collection.objects.link(side)
    return side


def _follow(scene: bpy.types.Scene, rig: bpy.types.Object, side: bpy.types.Object) -> None:
    """Bring camera and the turned picture to where the character has gone."""
    gone = rig.matrix_world @ rig.pose.bones["root"].head
    middle = gone + Vector((0.0, 0.25, 0.0))
    turn = Matrix.Rotation(math.radians(-90.0), 4, "Z")
    side.matrix_world = Matrix.Translation(middle + Vector((_APART_M, 0.0, 0.0))) @ turn @ Matrix.Translation(-middle)
    scene.camera.matrix_world = Matrix.Translation(
        middle + Vector((_APART_M / 2.0, -_AWAY_M, _HIGH_M))
    ) @ Matrix.Rotation(math.pi / 2.0, 4, "X")
    bpy.context.view_layer.update()


def _sheet(pictures: list[Path], path: Path) -> None:
    rows = math.ceil(len(pictures) / COLUMNS)
    sheet = np.full((rows * SIZE[1], COLUMNS * SIZE[0], 3), 255, np.uint8)
    for number, each in enumerate(pictures):
        row, column = divmod(number, COLUMNS)
        with Image.open(each) as picture:
            sheet[row * SIZE[1] : (row + 1) * SIZE[1], column * SIZE[0] : (column + 1) * SIZE[0]] = np.asarray(
                picture.convert("RGB")
            )
    Image.fromarray(sheet).save(path)
