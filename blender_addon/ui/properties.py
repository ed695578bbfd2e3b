# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered for ExGes: on a scene, who is chosen; on an armature object, how its next take is made."""

from __future__ import annotations

import bpy

from ..scene.typed_properties import BoolProperty, IntProperty, PointerProperty, StringProperty
from .character_properties import ExgesCharacter
from .layer_properties import ExgesLayer
from .listed_properties import ExgesBone, ExgesGestureConstraint, ExgesHeldPart, ExgesKeyed
from .setting_properties import OVERRIDABLE


def _is_armature(_self: object, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


class ExgesScene(bpy.types.PropertyGroup):
    """What a scene remembers."""

    character: PointerProperty(
        name="Character", description="The armature that will gesture", type=bpy.types.Object, poll=_is_armature
    )
    library: StringProperty(
        name="My Motion Base",
        description="A folder with gestures of your own: Add Take to My Motion Base fills it, and it is searched first",
        subtype="DIR_PATH",
        options=set(),
    )
    use_library: BoolProperty(
        name="Search It", description="Search your own motion base for gestures", default=True, options=set()
    )
    use_shipped: BoolProperty(
        name="Search the Shipped One",
        description="Search the motion base that comes with ExGes, too",
        default=True,
        options=set(),
    )
    licence: StringProperty(
        name="Licence",
        description="What others may do with takes that you add to your motion base",
        options=set(),
    )
    end_declined: IntProperty(
        name="End Declined", description="The frame that the scene's end was not to be moved to", options={"HIDDEN"}
    )
    is_sync_declined: BoolProperty(
        name="Sync Declined", description="Playback was not to be synced to the sound", options={"HIDDEN"}
    )
    segment: IntProperty(
        name="Segment", description="The segment of the speech that is shown", min=0, options={"SKIP_SAVE"}
    )


CLASSES = (
    ExgesBone,
    ExgesKeyed,
    ExgesHeldPart,
    ExgesGestureConstraint,
    ExgesCharacter,
    ExgesLayer,
    ExgesScene,
)


def register() -> None:
    """Attach the settings to scenes and objects."""
    bpy.types.Scene.exges = PointerProperty(type=ExgesScene)  # pyright: ignore[reportAttributeAccessIssue]
    bpy.types.Action.exges_layer = PointerProperty(type=ExgesLayer)  # pyright: ignore[reportAttributeAccessIssue]
    bpy.types.Object.exges = PointerProperty(type=ExgesCharacter, override=OVERRIDABLE)  # pyright: ignore[reportAttributeAccessIssue]


def unregister() -> None:
    """Detach them."""
    del bpy.types.Action.exges_layer  # pyright: ignore[reportAttributeAccessIssue]
    del bpy.types.Object.exges  # pyright: ignore[reportAttributeAccessIssue]
    del bpy.types.Scene.exges  # pyright: ignore[reportAttributeAccessIssue]
