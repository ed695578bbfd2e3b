# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates the engine's environment, in a process of its own run by any Python 3.11 to 3.14: `python -I FOLDER ...`.

Standard library only: neither Blender nor exges is there. It writes a line of JSON a second, {"stage", "fraction",
"text", "left_s", "is_slower"}, and at the end {"done": python} or {"failed": message}; pip's output goes to the log. It
ends when its input closes, so it never outlives Blender. Started again, it resumes: downloads are kept, and an
environment that was incomplete is recreated from them.

    ROOT/venv            the environment
    ROOT/wheels          downloads, deleted once the environment is ready
    ROOT/stand_ins       empty packages in place of what this machine has no use for
    ROOT/state.json      the last finished stage, and for which version and device
    ROOT/log.txt         the log

In here: `builder` does it, `sizes` knows how large it will be, `meter` how far it is (by `pip_output` and `unpacking`),
`left_out` what is not needed, `progress` tells Blender.
"""
