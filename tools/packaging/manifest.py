"""The manifest of a zip: the add-on's own, with the version, the wheels by their exact names, and the platform."""

from __future__ import annotations

import re
from collections.abc import Sequence

from exges_core.errors import InputError, message
from tools.packaging.targets import Target

FILE = "blender_manifest.toml"


def filled_in(template: str, *, version: str, wheels: Sequence[str], target: Target | None) -> str:
    """Return the manifest of a zip that holds these wheels; without a target it is for every platform.

    Blender reads from the wheels' names for which Python the zip is, so nothing is said about that here.

    Raises:
        InputError: if the template has no line, or several, for the version or the wheels.
    """
    listed = "".join(f'  "./wheels/{name}",\n' for name in wheels)
    lines = f"wheels = [\n{listed}]" if len(wheels) > 1 else f'wheels = ["./wheels/{wheels[0]}"]'
    if target is not None:
        lines = f'platforms = ["{target.platform}"]\n{lines}'
    text, with_wheels = re.subn(r"^wheels = \[\]$", lines, template, flags=re.MULTILINE)
    text, with_version = re.subn(r'^version = ".*"$', f'version = "{version}"', text, flags=re.MULTILINE)
    if (with_wheels, with_version) != (1, 1):
        got, do = f"{with_wheels} and {with_version}", "Mend the manifest."
        raise InputError(message(expected="one line 'wheels = []', one 'version = ...'", got=got, where=FILE, do=do))
    return text
