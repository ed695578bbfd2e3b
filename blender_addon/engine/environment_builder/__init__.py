# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates the engine's environment, in a process of its own run by any Python 3.11 to 3.14: `python -I FOLDER ...`.

Standard library only: neither Blender nor exges is there. It writes one line of JSON per step, {"stage", "fraction",
"text"}, and at the end {"done": python} or {"failed": message}; pip's output goes to the log. It ends when its input
closes, so it never outlives Blender. Started again, it resumes: downloads are kept, and an environment that was
incomplete is recreated from them.

    ROOT/venv            the environment
    ROOT/wheels          downloads, deleted once the environment is ready
    ROOT/state.json      the last finished stage, and for which version and device
    ROOT/log.txt         the log

In here: `builder` does it, `progress` tells Blender about it.
"""
