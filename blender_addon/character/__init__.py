# SPDX-License-Identifier: GPL-3.0-or-later
"""A character as the core's `Rig`: its bones, which of them plays which joint, the switches that put them in charge.

In here: what can be said of an armature before anything plays on it. Not in here: motion, takes, and the buttons that
correct a map.
"""
