# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels: a file for each section of the tab, and the preferences. They draw and never change the scene."""
