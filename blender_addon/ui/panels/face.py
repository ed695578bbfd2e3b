# SPDX-License-Identifier: GPL-3.0-or-later
"""The face in the tab: how much of it the next take moves, one look at a time, and which keys play. Draws only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy

from ...face import assignments, visemes
from ...scene.extension import stored
from ...scene.interface import counted, translated
from ...takes import word_markers
from .. import readiness, translations
from ..operators import visemes as viseme_buttons
from ..remembered import FACE
from .drawing import CharacterPanel, set_options, two_columns, wrapped
from .settings import EMOTIONS, STRENGTHS, draw_setting

if TYPE_CHECKING:
    from exges_core.face.rigs import FaceBones

    from ...face.found import FaceSeen
    from .drawing import IconItems

_IN_A_ROW, _MOODS_IN_A_ROW = 4, 2
_NAMED = 3
"""So many keys are named of those that are left alone for one reason."""
_GROUPS = {"mouth": "Mouth", "brows": "Brows", "blinks": "Blinks", "gaze": "Gaze", "mood": "Emotions"}
_DOUBTFUL = ("{count} is doubtful", "{count} are doubtful")
_MOODS = {"happy": "Happy", "sad": "Sad", "angry": "Angry", "surprised": "Surprised"}


class ExgesFacePanel(CharacterPanel):
    """Whether the next take moves the face, and how much."""

    bl_idname = "EXGES_PT_face"
    bl_label = "Face"
    bl_translation_context = translations.CONTEXT  # Blender's own faces are polygons

    def draw_header(self, context: bpy.types.Context) -> None:
        """Draw the panel's checkbox; one that is on can be switched off, whatever the character has."""
        settings, row = stored(readiness.chosen(context)), self.layout.row()
        row.enabled = settings.face or not readiness.why_no_face(context)
        row.prop(settings, "face", text="")

    def summary(self, context: bpy.types.Context) -> str:
        """Return whose names the shape keys have."""
        seen = FACE.of(readiness.chosen(context))
        if not seen.can_move:
            return translated("none found")
        titles = list(dict.fromkeys(seen.match.conventions.values())) or [translated("Bones")]
        return titles[0] + (f" +{len(titles) - 1}" if len(titles) > 1 else "")

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, settings = two_columns(self.layout), stored(readiness.chosen(context))
        reason = readiness.why_no_face(context)
        if reason:
            wrapped(context, layout, reason, "INFO")
        for names in (STRENGTHS, EMOTIONS):
            column = layout.column(align=True)
            column.active = settings.face and not reason
            for name, title in names.items():
                draw_setting(column, settings, name, text=title)
        row = layout.row(align=True)
        row.operator("exges.add_phones", icon="MARKER_HLT")
        if word_markers.are_there(context.scene, word_markers.PHONES):
            row.operator("exges.remove_phones", text="", icon="X")


class ExgesFacePreviewPanel(CharacterPanel):
    """Visemes and moods, one at a time on the face."""

    bl_idname = "EXGES_PT_face_preview"
    bl_parent_id = "EXGES_PT_face"
    bl_label = "Visemes"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it only with a face."""
        return super().poll(context) and not readiness.why_no_face(context)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        shown = viseme_buttons.shown(context)
        column = self.layout.column(align=True)
        for names in _rows(visemes.VISEMES, _IN_A_ROW):
            row = column.row(align=True)
            for name in names:
                _draw_toggle(row, name, translated("Rest") if name == visemes.REST else name, shown)
        column.separator()
        for names in _rows(visemes.EMOTIONS, _MOODS_IN_A_ROW):
            row = column.row(align=True)
            for name in names:
                _draw_toggle(row, name, translated(_MOODS[name]), shown)


def _rows(names: tuple[str, ...], length: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(names), length):
        yield names[start : start + length]


def _draw_toggle(layout: bpy.types.UILayout, name: str, text: str, shown: str) -> None:
    """Draw a viseme's button, pressed in while it is shown."""
    button = layout.operator("exges.preview_viseme", text=text, translate=False, depress=name == shown)
    set_options(button, viseme=name)


@dataclass(frozen=True, kw_only=True)
class _KeyRow:
    """A shape key and what it plays."""

    path: str
    text: str
    icon: IconItems
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class _Map:
    """What the face map shows, made once for every face that is seen.

    Attributes:
        meshes: of each mesh whose names its keys have, and what they play.
        doubtful: keys and bones that a person should look at, and why.
        silenced: keys that shall play nothing.
        left_alone: sentences about keys and meshes that are not touched.
    """

    seen: FaceSeen
    meshes: Mapping[str, tuple[str, tuple[_KeyRow, ...]]]
    doubtful: Mapping[str, str]
    silenced: tuple[_KeyRow, ...]
    left_alone: tuple[str, ...]


class _Drawn:
    """The map that was drawn last."""

    map: _Map | None = None


def _map_of(character: bpy.types.Object) -> _Map:
    seen = FACE.of(character)
    if _Drawn.map is None or _Drawn.map.seen is not seen:
        _Drawn.map = _made(seen, assignments.chosen_of(character))
    return _Drawn.map


def _made(seen: FaceSeen, chosen: Mapping[str, str]) -> _Map:
    match, rows = seen.match, dict[str, list[_KeyRow]]()
    for each in match.channels:
        plays = " + ".join(part.target for part in each.parts)
        row = _KeyRow(
            path=each.path,
            text=each.key if each.key == plays else f"{each.key}: {plays}",
            icon="MODIFIER" if each.path in chosen else "QUESTION" if each.path in match.doubtful else "CHECKMARK",
            is_chosen=each.path in chosen,
        )
        rows.setdefault(each.mesh, []).append(row)
    silent = [path for path, shape in chosen.items() if not shape and path in match.left_alone]
    told = {f"{path}: {why}" for path, why in match.left_alone.items()}
    return _Map(
        seen=seen,
        meshes={mesh: (match.conventions.get(mesh, ""), tuple(found)) for mesh, found in rows.items()},
        doubtful={**match.doubtful, **seen.bones.doubtful},
        silenced=tuple(_KeyRow(path=path, text=path, icon="MODIFIER", is_chosen=True) for path in silent),
        left_alone=(
            *_by_reason((path, why) for path, why in match.left_alone.items() if path not in silent),
            *_by_reason(seen.bones.left_alone.items()),
            *(line for line in seen.left_alone if line not in told),
        ),
    )


def _by_reason(left_alone: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a sentence for each reason, with the first keys that it holds for."""
    by_reason: dict[str, list[str]] = {}
    for path, why in left_alone:
        by_reason.setdefault(why, []).append(path)
    for why, paths in by_reason.items():
        rest = f" +{len(paths) - _NAMED}" if len(paths) > _NAMED else ""
        yield f"{', '.join(paths[:_NAMED])}{rest}: {why}"


class ExgesFaceMapPanel(CharacterPanel):
    """Which shape key plays what, mesh by mesh, and what is not played."""

    bl_idname = "EXGES_PT_face_map"
    bl_parent_id = "EXGES_PT_face"
    bl_label = "Face Map"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it only with shape keys that may be a face's, or with what else is said of them."""
        if not super().poll(context):
            return False
        seen = FACE.of(readiness.chosen(context))
        return bool(seen.can_move or seen.meshes or seen.left_alone)

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many keys play, or else bones."""
        seen = FACE.of(readiness.chosen(context))
        if seen.match.channels:
            return counted(len(seen.match.channels), "{count} key", "{count} keys")
        return counted(len(seen.bones.channels), "{count} bone", "{count} bones") if seen.bones.channels else ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = self.layout, readiness.chosen(context)
        found = _map_of(character)
        layout.operator("exges.reset_face_map", text="Reset All", icon="LOOP_BACK")
        for number, (mesh, (title, rows)) in enumerate(found.meshes.items()):
            has_doubt = any(row.icon == "QUESTION" for row in rows)
            text = " · ".join((mesh, title, counted(len(rows), "{count} key", "{count} keys")))
            body = folded(layout, f"EXGES_face_{number}", text, "QUESTION" if has_doubt else "CHECKMARK")
            _draw_keys(body, rows)
        _draw_bones(layout, found.seen.bones)
        if found.seen.missing:
            names = ", ".join(translated(_GROUPS.get(each, each)) for each in found.seen.missing)
            wrapped(context, layout, translated("Nothing moves: {names}", names=names), "X")
        _draw_doubtful(context, layout, found)
        _draw_keys(layout, found.silenced)
        if found.left_alone:
            body = folded(layout, "EXGES_face_left_alone", translated("Left alone"), "LOCKED")
            for line in found.left_alone if body is not None else ():
                wrapped(context, body or layout, line, "BLANK1")
        layout.operator("exges.edit_face_key", icon="ADD")
        row = layout.row(align=True)
        row.prop(stored(character), "face_preset", text="", placeholder="Name")
        row.operator("exges.load_face_map", text="", icon="IMPORT")
        row.operator("exges.save_face_map", text="", icon="EXPORT")


def folded(
    layout: bpy.types.UILayout, identifier: str, text: str, icon: IconItems, *, is_closed: bool = True
) -> bpy.types.UILayout | None:
    """Draw a fold's header and return its body, None while it is closed; it begins closed, or not."""
    header, body = layout.panel(identifier, default_closed=is_closed)
    header.label(text=text, icon=icon, translate=False)
    return body


def _draw_keys(layout: bpy.types.UILayout | None, rows: tuple[_KeyRow, ...]) -> None:
    """Draw what keys play, each on a button that changes it."""
    if layout is None or not rows:
        return
    column = layout.column(align=True)
    for each in rows:
        row = column.row(align=True) if each.is_chosen else column
        button = row.operator("exges.edit_face_key", text=each.text, icon=each.icon, translate=False)
        set_options(button, key=each.path)
        if each.is_chosen:
            set_options(row.operator("exges.reset_face_map", text="", icon="LOOP_BACK"), key=each.path)


def _draw_bones(layout: bpy.types.UILayout, bones: FaceBones) -> None:
    """Draw which bones play what no key does."""
    if not bones.channels:
        return
    text = counted(len(bones.channels), "{count} bone", "{count} bones")
    body = folded(layout, "EXGES_face_bones", text, "QUESTION" if bones.doubtful else "CHECKMARK")
    if body is not None:
        column = body.column(align=True)
        for each in bones.channels:
            column.label(text=f"{each.bone}: {each.part}", icon="BONE_DATA", translate=False)


def _draw_doubtful(context: bpy.types.Context, layout: bpy.types.UILayout, found: _Map) -> None:
    """Draw what a person should look at; a click says what a key plays."""
    if not found.doubtful:
        return
    body = folded(layout, "EXGES_face_doubtful", counted(len(found.doubtful), *_DOUBTFUL), "QUESTION")
    if body is None:
        return
    for path, why in found.doubtful.items():
        if path in found.seen.bones.doubtful:
            body.label(text=path, icon="BONE_DATA", translate=False)
        else:
            set_options(body.operator("exges.edit_face_key", text=path, icon="QUESTION", translate=False), key=path)
        wrapped(context, body, why, "BLANK1")


CLASSES = (ExgesFacePanel, ExgesFacePreviewPanel, ExgesFaceMapPanel)
