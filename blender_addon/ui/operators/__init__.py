# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons: one file for each part of the tab or the preferences; each starts a piece of work and reports its end.

Not in here: drawing.
"""
