# SPDX-License-Identifier: GPL-3.0-or-later
"""From settings to a new take: what is asked for, what must hold, what the engine is told, what becomes of its answer.

In here: the way of one piece of work from its settings to the scene, by names alone, so that the scene may change
meanwhile. Not in here: the panel that the settings come from, and how the engine's process is kept.
"""
