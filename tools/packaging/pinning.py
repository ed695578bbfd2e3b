"""Print lines for `wheels.toml`: `python -m tools.packaging.pinning NAME==VERSION` asks pip for all targets' wheels."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from exges_core.errors import InputError, message
from tools.packaging.fetching import last_words, sha256
from tools.packaging.targets import TARGETS, Target


def lines_for(requirement: str, *options: str, targets: Sequence[Target] = TARGETS) -> list[str]:
    """Return the lines `"FILE" = "SHA256"` of a requirement's wheels; `options` go to pip.

    Raises:
        InputError: if pip finds no wheel of it for a target.
    """
    with tempfile.TemporaryDirectory(prefix="exges-") as folder:
        for target in targets:
            pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps")
            command = (*pip, "--only-binary=:all:", *target.pip_options, *options, "--dest", folder, requirement)
            finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own pip
            if finished.returncode != 0:
                do, got = "Choose a version that has one.", last_words(finished.stderr)
                raise InputError(message(expected=f"a wheel of {requirement}", got=got, where=target.suffix, do=do))
        return [f'"{each.name}" = "{sha256(each.read_bytes())}"' for each in sorted(Path(folder).glob("*.whl"))]


def main(requirements: Sequence[str]) -> int:
    """Print the lines of all requirements."""
    try:
        for each in requirements:
            print("\n".join(lines_for(each)))
    except InputError as error:
        print(f"pinning: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
