"""Where real speakers' statistics lie and which frames are glitches: `statistics.json`, or a file of the same form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

from exges_core import json_text
from exges_core.errors import InputError, message

OWN_FILE = Path(__file__).with_name("statistics.json")


class _Row(TypedDict):
    """A band as it stands in the file."""

    id: str
    unit: NotRequired[str]
    section: NotRequired[str]
    band: tuple[float | None, float | None]
    note: NotRequired[str]


@dataclass(frozen=True, kw_only=True)
class Band:
    """One statistic and where it should lie; an open side is None.

    Attributes:
        id, unit, section: its name, unit and the group it is printed in.
        low, high: the acceptance band.
        note: what it is.
    """

    id: str
    unit: str
    section: str
    low: float | None
    high: float | None
    note: str

    def holds(self, value: float) -> bool:
        """Return whether a value lies in the band (NaN does not)."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """All bands in their order, and glitch limits by group: degrees per second, and metres per second of limbs."""

    bands: tuple[Band, ...]
    turn_limits_deg_per_s: dict[str, float]
    speed_limits_m_per_s: dict[str, float]


def read_targets(path: Path = OWN_FILE) -> Targets:
    """Read bands and limits.

    Raises:
        InputError: if the file cannot be read as such.
    """
    try:
        content = cast("dict[str, Any]", json_text.read(path))
        return Targets(
            bands=tuple(_band(row) for row in content["targets"]),
            turn_limits_deg_per_s={name: float(limit) for name, limit in content["glitch_limit_dps"].items()},
            speed_limits_m_per_s={
                name.removesuffix("_speed_mps"): float(limit) for name, limit in content["glitch_other"].items()
            },
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        expected = "JSON with targets (id, unit, band), glitch_limit_dps and glitch_other"
        got, do = f"{type(problem).__name__}: {problem}", "Pass a file of measured statistics, or leave --targets out."
        raise InputError(message(expected=expected, got=got, where=str(path), do=do)) from problem


def _band(row: _Row) -> Band:
    low, high = (None if bound is None else float(bound) for bound in row["band"])
    section = str(row.get("section", "")).lstrip("0123456789 ")
    return Band(
        id=str(row["id"]), unit=str(row.get("unit", "")), section=section, low=low, high=high,
        note=str(row.get("note", "")),
    )  # fmt: skip
