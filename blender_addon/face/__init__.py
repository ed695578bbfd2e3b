# SPDX-License-Identifier: GPL-3.0-or-later
"""A character's face: shape keys of all its meshes and face bones, what plays which of our 52 shapes, and its curves.

`meshes` finds the shape keys, `found` matches and remembers them, `assignments` has what the animator says instead,
`moving` makes curves of a take's face, `visemes` shows one shape for looking at.
"""
