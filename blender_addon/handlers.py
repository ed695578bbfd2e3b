# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to happen when a file is opened or saved."""

from __future__ import annotations

import bpy

from .character import rigcache
from .engine import session
from .face import found as faces
from .face import visemes
from .takes import addition, preview, user_keys
from .ui import readiness, setting_properties


@bpy.app.handlers.persistent
def _before_saving(*_arguments: object) -> None:
    """Save the character as it is, not as a preview shows it."""
    preview.restore()
    visemes.restore()


@bpy.app.handlers.persistent
def _before_undo(*_arguments: object) -> None:
    """Put the face back first: an undo leaves as it is what it does not know to be changed."""
    visemes.restore()


@bpy.app.handlers.persistent
def _after_loading(*_arguments: object) -> None:
    """Forget what belonged to the file before, and take over what an earlier version saved."""
    setting_properties.migrate()
    rigcache.forget()
    faces.forget()
    _after_undo()


@bpy.app.handlers.persistent
def _after_undo(*_arguments: object) -> None:
    """Forget what may be gone or back; bones that are as before need no new look, during which Generate is grey."""
    preview.Shown.before = None
    visemes.forget()
    rigcache.look_again()
    faces.look_again()
    user_keys.forget()
    readiness.forget()
    session.withdraw()


@bpy.app.handlers.persistent
def _render_begins(*_arguments: object) -> None:
    visemes.restore()
    session.be_busy("rendering", True)


@bpy.app.handlers.persistent
def _render_ends(*_arguments: object) -> None:
    session.be_busy("rendering", False)


@bpy.app.handlers.persistent
def _playback_begins(*_arguments: object) -> None:
    session.be_busy("playing", True)


@bpy.app.handlers.persistent
def _playback_ends(*_arguments: object) -> None:
    session.be_busy("playing", False)


_BUSY = (
    (bpy.app.handlers.render_init, _render_begins),
    (bpy.app.handlers.render_complete, _render_ends),
    (bpy.app.handlers.render_cancel, _render_ends),
    (bpy.app.handlers.animation_playback_pre, _playback_begins),
    (bpy.app.handlers.animation_playback_post, _playback_ends),
)
"""While Blender renders or plays, the engine gives way to it."""
_UNDOING = (
    (bpy.app.handlers.undo_pre, bpy.app.handlers.undo_post),
    (bpy.app.handlers.redo_pre, bpy.app.handlers.redo_post),
)


def register() -> None:
    """Add the handlers."""
    for handlers, function in _BUSY:
        handlers.append(function)
    bpy.app.handlers.save_pre.append(_before_saving)
    bpy.app.handlers.load_post.append(_after_loading)
    for pre, post in _UNDOING:
        pre.append(_before_undo)
        post.append(_after_undo)


def unregister() -> None:
    """Take them back, and end what runs."""
    preview.restore()
    visemes.restore()
    addition.stop()
    for handlers, function in _BUSY:
        handlers.remove(function)
    bpy.app.handlers.load_post.remove(_after_loading)
    for pre, post in _UNDOING:
        pre.remove(_before_undo)
        post.remove(_after_undo)
    bpy.app.handlers.save_pre.remove(_before_saving)
    rigcache.stop()
    user_keys.forget()
    readiness.forget()
