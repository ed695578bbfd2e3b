# SPDX-License-Identifier: GPL-3.0-or-later
"""How large an environment is: what is downloaded for it and what it takes on disk, known before anything begins.

Measured with torch 2.13 (CPU) and 2.14 (CUDA) and the packages of November 2026; progress corrects itself by what pip
reports. torch with CUDA for Windows alone is from its publisher's list.
"""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass

PYC_PER_PY = 1.43
"""Bytes that compiling adds for each byte of Python."""
_EMPTY_MB = 22.0
_SPARE = 1.2
"""Free space asked for, as a multiple of what downloads and environment take together."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Wheels, in MB: as downloaded, unpacked, and the Python files among the unpacked."""

    download_mb: float
    unpacked_mb: float
    python_mb: float

    @property
    def disk_mb(self) -> float:
        """Return what they take once installed and compiled."""
        return self.unpacked_mb + PYC_PER_PY * self.python_mb


@dataclass(frozen=True, kw_only=True)
class Size:
    """A whole environment: torch with what only its build needs, and all the other packages."""

    torch: Part
    others: Part

    @property
    def download_mb(self) -> float:
        """Return what is downloaded."""
        return self.torch.download_mb + self.others.download_mb

    @property
    def disk_mb(self) -> float:
        """Return what the environment takes on disk."""
        return _EMPTY_MB + self.torch.disk_mb + self.others.disk_mb

    @property
    def needed_gb(self) -> float:
        """Return the free space needed while it is made, downloads beside environment."""
        return _SPARE * (self.download_mb + self.disk_mb) / 1e3


_OTHERS = Part(download_mb=229.0, unpacked_mb=719.0, python_mb=119.0)
_LINUX_CUDA = Part(download_mb=3028.0, unpacked_mb=5530.0, python_mb=52.0)
_TORCH = {
    ("Linux", "cpu"): Part(download_mb=192.0, unpacked_mb=699.0, python_mb=48.0),
    ("Linux", "cuda"): _LINUX_CUDA,
    ("Windows", "cpu"): Part(download_mb=122.0, unpacked_mb=466.0, python_mb=48.0),
    ("Windows", "cuda"): Part(download_mb=3000.0, unpacked_mb=5500.0, python_mb=48.0),
    ("Darwin", "cpu"): Part(download_mb=111.0, unpacked_mb=471.0, python_mb=48.0),
    ("Darwin", "mps"): Part(download_mb=111.0, unpacked_mb=471.0, python_mb=48.0),
}


def device_for(wanted: str) -> str:
    """Return cpu, cuda or mps for `auto`, anything else unchanged."""
    if wanted != "auto":
        return wanted
    if platform.system() == "Darwin":
        return "mps" if platform.machine() == "arm64" else "cpu"
    return "cuda" if shutil.which("nvidia-smi") else "cpu"


def size_for(system: str, device: str, torch_index: str = "") -> Size:
    """Return how large an environment is.

    Args:
        system: as `platform.system` names it.
        device: cpu, cuda or mps.
        torch_index: '' = by device, 'default' = pip's own, whose torch for Linux always comes with CUDA, or a URL.
    """
    if torch_index == "default" and system == "Linux":
        return Size(torch=_LINUX_CUDA, others=_OTHERS)
    return Size(torch=_TORCH.get((system, device), _TORCH["Linux", "cpu"]), others=_OTHERS)
