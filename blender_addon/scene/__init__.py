# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender itself offers, in the form that every other room uses.

In here: differences between Blender's versions, its axes, F-curves as arrays, things of the open file by name, work in
slices, its interface. Not in here: anything that knows what speech, a character's map, a take or the engine is.
"""
