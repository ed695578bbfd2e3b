# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sees and presses: properties, the panel's settings read, buttons, panels, translations.

In here: classes that Blender registers, and why a button is grey. Not in here: work; each button hands it to a room
below.
"""
