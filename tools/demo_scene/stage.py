# SPDX-License-Identifier: GPL-3.0-or-later
"""A small photo studio: floor with a rounded back, three lights, a camera; and its rendering without a GPU."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from blender_addon.scene import compat

_FLOOR_COLOUR = (0.50, 0.56, 0.62)
_WARM_UP_FRAMES, _PROBE_FRAMES = 2, 10
"""The first frames compile shaders and are not timed."""
_SLOW_SHARE = 0.6
"""Size of the video against the asked one where only the path tracer runs."""
_MAX_STEP = 4
_INSET = "inset"
_TRIAL_S = 120.0


def add_floor(scene: bpy.types.Scene) -> None:
    """Add a floor that bends up into a backdrop."""
    profile = [(-6.0, 0.0), (2.2, 0.0)]
    profile += [(2.2 + 1.6 * np.sin(a), 1.6 - 1.6 * np.cos(a)) for a in np.linspace(0.1, np.pi / 2, 14)]
    profile += [(3.8, 8.0)]
    points = [(x, y, z) for x in (-9.0, 9.0) for y, z in profile]
    count = len(profile)
    faces = [(i, i + 1, count + i + 1, count + i) for i in range(count - 1)]
    mesh = bpy.data.meshes.new("Studio")
    mesh.from_pydata(points, [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    material = bpy.data.materials.new("Studio")
    material.diffuse_color = (*_FLOOR_COLOUR, 1.0)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*_FLOOR_COLOUR, 1.0)
    shader.inputs["Roughness"].default_value = 0.8
    mesh.materials.append(material)
    floor = bpy.data.objects.new("Studio", mesh)
    floor.color = (*_FLOOR_COLOUR, 1.0)  # what Workbench shows where it shows colour attributes
    scene.collection.objects.link(floor)


def add_lights(scene: bpy.types.Scene) -> None:
    """Add key, fill and rim."""
    for name, place, energy, size, colour in (
        ("Key", (2.4, -2.6, 3.3), 115.0, 1.0, (1.0, 0.94, 0.86)),
        ("Fill", (-3.2, -2.4, 1.6), 22.0, 2.5, (0.80, 0.90, 1.0)),
        ("Rim", (-1.5, 1.3, 2.9), 75.0, 0.8, (1.0, 0.98, 0.95)),
    ):
        light = bpy.data.lights.new(name, "AREA")
        light.energy, light.size, light.color = energy, size, colour
        lamp = bpy.data.objects.new(name, light)
        lamp.location = place
        lamp.rotation_euler = (Vector((0.0, 0.0, 1.2)) - lamp.location).to_track_quat("-Z", "Y").to_euler()
        scene.collection.objects.link(lamp)
    world = scene.world or bpy.data.worlds.new("Studio")
    scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.55, 0.62, 0.72, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.16


def add_title(scene: bpy.types.Scene, text: str, *, place: tuple[float, float, float], size: float) -> None:
    """Hang a line of text in the air, centred, facing the camera."""
    curve = bpy.data.curves.new("Title", "FONT")
    curve.body, curve.size, curve.align_x = text, size, "CENTER"
    material = bpy.data.materials.new("Title")
    material.diffuse_color = (0.02, 0.02, 0.03, 1.0)
    curve.materials.append(material)
    title = bpy.data.objects.new("Title", curve)
    title.location, title.rotation_euler = place, (math.pi / 2, 0.0, 0.0)
    scene.collection.objects.link(title)


@dataclass(frozen=True, kw_only=True)
class Inset:
    """A second camera's picture in the film.

    Attributes:
        camera: what it shows.
        size: in pixels.
        place: of its middle, in pixels from the middle of the film, to the right and up.
    """

    camera: bpy.types.Object
    size: tuple[int, int]
    place: tuple[int, int]


def add_camera(
    scene: bpy.types.Scene,
    *,
    aim: tuple[float, float, float],
    distance: float,
    yaw_rad: float,
    lens_mm: float = 60.0,
    name: str = "Camera",
) -> bpy.types.Object:
    """Add a camera, which the scene then looks through, slightly to the side; return it."""
    camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
    camera.data.lens = lens_mm
    target = Vector(aim)
    camera.location = target + distance * Vector((np.sin(yaw_rad), -np.cos(yaw_rad), 0.08))
    camera.rotation_euler = (target - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def follow(camera: bpy.types.Object, armature: bpy.types.Object, bone: str, *, share: float) -> None:
    """Let a camera turn to a point of a bone, its share of the way along it."""
    track = camera.constraints.new("TRACK_TO")
    track.target, track.subtarget, track.head_tail = armature, bone, share
    track.track_axis, track.up_axis = "TRACK_NEGATIVE_Z", "UP_Y"


def can_rasterise() -> bool:
    """Say whether OpenGL works here, in software or not; without it Blender aborts, so another process tries."""
    trial = "import bpy; s = bpy.context.scene; s.render.engine = 'BLENDER_WORKBENCH'; s.render.resolution_x = 32"
    trial += "; s.render.resolution_y = 32; bpy.ops.render.render()"
    finished = subprocess.run(  # noqa: S603 - our own line, run by our own interpreter
        [sys.executable, "-c", trial], capture_output=True, timeout=_TRIAL_S, check=False
    )
    return finished.returncode == 0


def use_workbench(scene: bpy.types.Scene) -> None:
    """Choose the engine that software rendering affords: about a quarter of a second a frame on two cores.

    Shadows and world-space cavity look better and cost five times as much there, so they are off.
    """
    scene.render.engine = "BLENDER_WORKBENCH"
    shading = scene.display.shading
    is_painted = any(len(mesh.color_attributes) for mesh in bpy.data.meshes)
    shading.light, shading.color_type = "STUDIO", "VERTEX" if is_painted else "MATERIAL"
    shading.studio_light = "studio.sl"
    shading.show_cavity, shading.cavity_type = True, "SCREEN"
    ridges, valleys = (0.15, 0.25) if is_painted else (0.5, 1.0)  # on a face they would draw age
    shading.curvature_ridge_factor, shading.curvature_valley_factor = ridges, valleys
    shading.show_shadows = False
    shading.show_specular_highlight = True
    scene.display.render_aa = "5"
    scene.view_settings.look, scene.view_settings.view_transform = "None", "Standard"
    scene.view_settings.exposure = 0.45 if is_painted else 0.0


def use_cycles(scene: bpy.types.Scene, *, samples: int) -> None:
    """Choose the path tracer on the CPU, denoised where Blender was built with the denoiser."""
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples = "CPU", samples
    scene.cycles.max_bounces, scene.cycles.use_denoising = 4, True
    scene.view_settings.view_transform, scene.view_settings.exposure = "AgX", 0.0
    scene.view_settings.look = "AgX - Medium High Contrast"


def render_picture(
    scene: bpy.types.Scene, camera: bpy.types.Object, path: Path, *, frame: int, size: tuple[int, int], samples: int
) -> None:
    """Render one frame for print with Cycles, through a camera of its own."""
    film_camera, scene.camera = scene.camera, camera
    use_cycles(scene, samples=samples)
    scene.frame_set(frame)
    scene.render.resolution_x, scene.render.resolution_y = size
    compat.set_picture_output(scene)
    scene.render.use_sequencer = False
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    scene.camera = film_camera


def _render_frames(
    scene: bpy.types.Scene, folder: Path, inset: Inset | None, *, budget_s: float, on_share: Callable[[float], None]
) -> int:
    """Render every step-th frame as a picture into a folder; return the step, chosen from the first frames' cost."""
    step, started, done = 1, time.monotonic(), 0
    count = scene.frame_end - scene.frame_start + 1
    for frame in range(scene.frame_start, scene.frame_end + 1):
        if (frame - scene.frame_start) % step:
            continue
        scene.frame_set(frame)
        scene.render.filepath = str(folder / f"{frame:06d}.png")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        if inset is not None:
            _render_inset(scene, folder / _INSET / f"{frame:06d}.png", inset)
        done += 1
        on_share((frame - scene.frame_start + 1) / count)
        if done == _WARM_UP_FRAMES:
            started = time.monotonic()
        if done == _PROBE_FRAMES:
            expected_s = (time.monotonic() - started) / (_PROBE_FRAMES - _WARM_UP_FRAMES) * count
            step = min(_MAX_STEP, max(1, math.ceil(expected_s / budget_s)))
    return step


def _render_inset(scene: bpy.types.Scene, path: Path, inset: Inset) -> None:
    camera, size = scene.camera, (scene.render.resolution_x, scene.render.resolution_y)
    scene.camera, scene.render.filepath = inset.camera, str(path)
    scene.render.resolution_x, scene.render.resolution_y = inset.size
    bpy.ops.render.render(write_still=True, scene=scene.name)
    scene.camera, (scene.render.resolution_x, scene.render.resolution_y) = camera, size


def _join(
    scene: bpy.types.Scene, pictures: list[Path], sound: str | None, path: Path, inset: Inset | None, *, step: int
) -> None:
    """Write pictures and sound as H.264 and AAC through a sequencer of their own."""
    cutting = bpy.data.scenes.new("Cutting")
    cutting.render.fps, cutting.render.fps_base = scene.render.fps, scene.render.fps_base * step
    cutting.render.resolution_x, cutting.render.resolution_y = scene.render.resolution_x, scene.render.resolution_y
    cutting.render.resolution_percentage = 100
    cutting.view_settings.view_transform = "Standard"
    compat.add_pictures(cutting, name="Pictures", pictures=pictures, channel=1, frame=1)
    if inset is not None:
        smaller = [each.parent / _INSET / each.name for each in pictures]
        strip = compat.add_pictures(cutting, name="Face", pictures=smaller, channel=3, frame=1)
        strip.transform.offset_x, strip.transform.offset_y = inset.place
        strip.blend_type = "ALPHA_OVER"
    if sound is not None:
        compat.add_sound(cutting, name="Speech", filepath=sound, channel=2, frame=1)
    cutting.frame_start, cutting.frame_end = 1, len(pictures)
    cutting.render.use_sequencer, cutting.render.use_file_extension = True, False
    compat.set_video_output(cutting)
    cutting.render.filepath = str(path)
    bpy.ops.render.render(animation=True, scene=cutting.name)
    bpy.data.scenes.remove(cutting)


def _smaller(size: tuple[int, int]) -> tuple[int, int]:
    wide, high = (2 * round(_SLOW_SHARE * each / 2) for each in size)
    return wide, high


def render_video(
    scene: bpy.types.Scene,
    path: Path,
    *,
    size: tuple[int, int],
    sound: str | None,
    budget_s: float,
    on_share: Callable[[float], None],
    inset: Inset | None = None,
) -> float:
    """Render the frame range with sound as H.264 and AAC; return the video's frames per second.

    Without a GPU a frame costs what the machine gives: the first ones are timed, and if all would take longer than
    budget_s only every second, third or fourth is rendered, so that a slow machine ends in time too.
    """
    if can_rasterise():
        use_workbench(scene)
    else:
        use_cycles(scene, samples=4)
        scene.render.use_persistent_data = True
        size, inset = _smaller(size), None
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.use_sequencer = False
    scene.render.use_simplify, scene.render.simplify_subdivision_render = True, 0  # for a still picture alone
    compat.set_picture_output(scene)
    with tempfile.TemporaryDirectory(prefix="exges-") as name:
        folder = Path(name)
        step = _render_frames(scene, folder, inset, budget_s=budget_s, on_share=on_share)
        # The first frames were rendered before the step was known.
        pictures = [
            picture for picture in sorted(folder.glob("*.png")) if (int(picture.stem) - scene.frame_start) % step == 0
        ]
        _join(scene, pictures, sound, path, inset, step=step)
    scene.render.use_simplify = False
    return scene.render.fps / scene.render.fps_base / step
