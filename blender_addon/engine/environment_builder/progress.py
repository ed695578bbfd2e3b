# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender is told while an environment is created, and why pip failed, in plain words."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

_REASONS = (
    (("No space left", "[Errno 28]", "WinError 112"), "the disk is full. Free some space and press the button again"),
    (
        ("Name or service not known", "name resolution", "getaddrinfo", "NewConnectionError", "Max retries exceeded"),
        "the package index cannot be reached. Check the network or proxy, or choose a wheel folder",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError"),
        "the connection's certificate is not trusted. Behind a corporate proxy, set PIP_CERT to its certificate file, "
        "or choose a wheel folder",
    ),
    (("ReadTimeout", "timed out", "IncompleteRead"), "the download broke off. Press the button again to resume it"),
    (
        ("WinError 5]", "WinError 32]", "PermissionError", "Permission denied"),
        "a file could not be written or is in use, perhaps by a virus scanner. Press the button again, or choose "
        "another environment folder",
    ),
    (("long path", "Long Path", "WinError 206"), "the folder's path is too long. Choose a shorter environment folder"),
    (
        ("No matching distribution", "Could not find a version"),
        "a package does not exist for this Python and system. Choose another Python under Create With, or see the log",
    ),
    (
        ("ensurepip", "No module named venv", "No module named pip"),
        "this Python cannot create environments. Install its venv and pip (Debian and Ubuntu: python3-venv), or "
        "choose another Python under Create With",
    ),
)


def say(**values: object) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def reason_of(lines: Sequence[str]) -> str:
    """Return why pip or venv failed, in plain words, from the end of their output."""
    text = "\n".join(lines)
    for signs, words in _REASONS:
        if any(sign in text for sign in signs):
            return words
    errors = [line for line in lines if line.lower().lstrip().startswith("error")] or list(lines[-1:])
    return f"its output: {errors[-1].strip()[:300]}" if errors else "without output"
