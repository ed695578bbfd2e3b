# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine, a process of its own: its environment, how it is started, talked to, watched and ended.

In here: everything that is true of the engine whatever it is asked for, and the preferences that choose it. Not in
here: what one take or one speech asks of it, and drawing.
"""
