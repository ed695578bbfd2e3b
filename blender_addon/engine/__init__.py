# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine process: its environment, and how it is started, talked to, watched and stopped.

In here: whatever holds for any job, and the preferences that choose the engine. Not in here: what a take or a speech
asks of it, and drawing.
"""
