# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender without a window: the command line and batches.

In here: arguments, manifests, exit codes, files opened and saved. Not in here: anything that a window needs too.
"""
