# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of lists on a character: corrected bones, how keys count, and which gestures are wished for where."""

from __future__ import annotations

import bpy

from ..scene.typed_properties import BoolProperty, EnumProperty, IntProperty, StringProperty
from .setting_properties import OVERRIDABLE


class ExgesBone(bpy.types.PropertyGroup):
    """A correction of the bone map."""

    joint: StringProperty(name="Joint", description="The joint of the body", override=OVERRIDABLE)
    bone: StringProperty(
        name="Bone", description="The bone that plays the joint; empty: none does", override=OVERRIDABLE
    )


class ExgesKeyed(bpy.types.PropertyGroup):
    """How keys on one frame count."""

    frame: IntProperty(name="Frame", description="The frame of the keys", override=OVERRIDABLE)
    kind: EnumProperty(
        name="Counts",
        description="How the keys on this frame count",
        items=[
            ("HARD", "Hard", "The motion passes through the keys exactly"),
            ("SOFT", "Soft", "The keys shape the motion, which need not meet them"),
            ("IGNORED", "Ignored", "The keys do not count"),
        ],
        override=OVERRIDABLE,
    )


class ExgesHeldPart(bpy.types.PropertyGroup):
    """A part of the body that stays as the own animation has it."""

    part: EnumProperty(
        name="Part",
        description="What stays as your own animation has it",
        items=[
            ("lower_body", "Lower Body", "Pelvis, legs and feet"),
            ("left_arm", "Left Arm", "The arm with its hand, which makes no gestures and stays in its place"),
            ("right_arm", "Right Arm", "The arm with its hand, which makes no gestures and stays in its place"),
            ("left_hand", "Left Hand", "Wrist and fingers; the hand makes no gestures"),
            ("right_hand", "Right Hand", "Wrist and fingers; the hand makes no gestures"),
            ("head", "Head", "Neck and head"),
            ("trunk", "Trunk", "The spine"),
        ],
        override=OVERRIDABLE,
    )
    is_whole: BoolProperty(
        name="Whole Take", description="All the time, not only in a range", default=True, override=OVERRIDABLE
    )
    first: IntProperty(
        name="From Frame", description="First frame on which it is held", default=1, override=OVERRIDABLE
    )
    last: IntProperty(name="To Frame", description="Its last frame", default=250, override=OVERRIDABLE)


class ExgesGestureConstraint(bpy.types.PropertyGroup):
    """A gesture that is pinned or left out in one segment of the speech, or banned from all."""

    kind: EnumProperty(
        name="Wish",
        description="What is asked for",
        items=[
            ("PIN", "Pin", "This gesture is used here"),
            ("NONE", "No Gesture", "This segment is left to the speech alone"),
            ("BAN", "Ban", "This gesture is never used"),
        ],
        override=OVERRIDABLE,
    )
    segment: IntProperty(name="Segment", description="The segment's number", override=OVERRIDABLE)
    clip: IntProperty(name="Gesture", description="The gesture's number", override=OVERRIDABLE)
    text: StringProperty(name="Words", description="What is said there, or the gesture's source", override=OVERRIDABLE)
