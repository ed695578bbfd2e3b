# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's scene: our mannequin on a Rigify human in a small studio, its motion, its speech; filmed without a GPU.

Runs in a process with bpy, from a source checkout: `exges demo` and side-by-side films start it. It uses the add-on's
own code to put motion on the human. Not in here: anything that the extension or the core needs.
"""
