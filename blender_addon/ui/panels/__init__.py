# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels: one file for each part of the tab, and the preferences. Drawing only: nothing here changes the scene."""
