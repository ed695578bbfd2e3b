# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons: a file for each section of the tab and the preferences. Each starts a job and reports how it ended.

Not in here: drawing.
"""
