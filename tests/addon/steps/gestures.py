"""Gestures in the tab: names, reasons, bans and their way back; the preview's end; numbers that agree.

gestures.py REPORT PYTHON
"""

import sys
from pathlib import Path
from types import SimpleNamespace

import bpy  # isort: skip

from blender_addon.scene.interface import counted
from blender_addon.takes import gestures, preview
from blender_addon.ui.operators.gestures import ExgesPreviewGesture
from blender_addon.ui.panels import bone_map as bone_map_panel
from blender_addon.ui.panels import gestures as gestures_panel
from tests.addon.steps import paper, scene_parts

report, python = Path(sys.argv[1]), sys.argv[2]
found: dict[str, object] = {}


def retrieved(clip: int, probability: float, **more: object) -> dict[str, object]:
    place = {"source": f"take{clip}", "source_time_s": 1.0, "time_s": 0.5, "text": "some other words"}
    return {"segment": 0, "clip": clip, "probability": probability, "used": False, "note": "", **place, **more}


REPORT = {
    "segments": [{"start_s": 0.0, "end_s": 1.0, "text": "that big"}, {"start_s": 1.0, "end_s": 2.0, "text": "and"}],
    "gestures": [{"segment": 0, "clip": 7, "decision": "used"}],
    "retrieved": [
        retrieved(7, 0.45, name="that big", hands="both hands, large", used=True),
        retrieved(8, 0.54, name="small beat", hands="left hand", note="likelier, but shares fewer words"),
        retrieved(9, 0.3, name="small beat", hands="right hand", note="a better one is used"),
        retrieved(10, 0.2),
    ],
}


def drawn(segment: gestures.Segment) -> list[str]:
    texts: list[str] = []
    layout = paper.Paper(texts, [])
    gestures_panel._draw_segment(paper.PaperContext(), layout, segment, settings)
    gestures_panel._draw_constraints(paper.PaperContext(), layout, bpy.data.actions.new("take"), settings)
    return texts


scene_parts.enable(python)
scene, body = bpy.context.scene, scene_parts.body()
scene.exges.character = body
settings = body.exges
segment, other = gestures.segments_of(REPORT)
found["drawn"] = drawn(segment)
found["other"] = [other.called(each) for each in other.candidates]
gestures.ban(settings, 8, "Small beat, left hand")
found["banned"] = drawn(segment)
found["banned_elsewhere"] = drawn(other)
gestures.ban(settings, 8, "")
found["allowed"] = drawn(segment) == found["drawn"]

# The preview goes with the next click or key, which does what it does without a preview; Esc does nothing else.
found["modal"] = {}
for name, kind, value in (
    ("click", "LEFTMOUSE", "PRESS"),
    ("key", "SPACE", "PRESS"),
    ("release", "LEFTMOUSE", "RELEASE"),
    ("zoom", "WHEELUPMOUSE", "PRESS"),
    ("escape", "ESC", "PRESS"),
):
    preview.Shown.before = preview.Before(scene=scene.name, character=body.name, frame=33, turns={})
    scene.frame_set(50)
    said: list[object] = []
    context = SimpleNamespace(workspace=SimpleNamespace(status_text_set=said.append))
    operator = SimpleNamespace(cancel=lambda context: ExgesPreviewGesture.cancel(None, context))
    ending = ExgesPreviewGesture.modal(operator, context, SimpleNamespace(type=kind, value=value))
    found["modal"][name] = [sorted(ending), preview.Shown.before is None, scene.frame_current, said]
preview.Shown.before = None

found["counted"] = [counted(count, "{count} pose", "{count} poses") for count in (0, 1, 2)]
found["map"] = paper.draw_all(bone_map_panel.CLASSES)
scene_parts.leave(report, found)
