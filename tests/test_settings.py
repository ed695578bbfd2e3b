"""A setting is written once: command line, manifests, requests and docs have it by its name, type, range and help.

`python -m tests.test_settings` writes the table of docs/command-line.md anew.
"""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from exges_core.batch.manifests import read_manifest
from exges_core.cli.main import Generate, parsed
from exges_core.control.compose import GESTURE_JOINTS
from exges_core.diffusion.sampler import SAMPLERS
from exges_core.errors import InputError
from exges_core.pipeline.energy import ENERGIES
from exges_core.planning.planner import MOST_VIVID
from exges_core.postprocess.intensity import INTENSITIES
from exges_core.protocol import Plan, Request
from exges_core.settings import (
    FINISH_PARTS,
    FaceSettings,
    GenerationSettings,
    PlanSettings,
    about,
    check,
    option_of,
    settings_of,
    table,
)
from exges_core.timeline import RATES_HZ

DOCS = Path(__file__).resolve().parent.parent / "docs" / "command-line.md"
PLACE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)
ABOUT = about(GenerationSettings)
OTHER: dict[str, Any] = {
    "pins": ("0=3",),
    "bans": ("4", "x"),
    "no_gesture": (1, 2),
    "busy": ("left_arm", "right_hand"),
    "speaker": "ada",
    "use_retrieval": False,
    "use_score": False,
    "face": True,
    "knees_deg": 30.0,
    "stance_m": 0.4,
    "finish_without": ("limits", "feet"),
}
"""Values that are not the default; those of numbers and choices follow from their ranges."""


def other(name: str) -> Any:
    """Return a value that is not the default: 7 or 1.25 for numbers, which is in every range."""
    if name in OTHER:
        return OTHER[name]
    default = getattr(GenerationSettings(), name)
    numbers = 7 if "int" in str(get_type_hints(GenerationSettings)[name]) else 0.75 if ABOUT[name].most == 1 else 1.25
    return next((each for each in ABOUT[name].choices if each != default), numbers)


def options(name: str, value: Any) -> list[str]:
    """Return the command line's way to ask for a value."""
    option = option_of(name, ABOUT[name])
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    return [part for each in (value if isinstance(value, tuple) else (value,)) for part in (f"--{option}", str(each))]


def generation(*options: str) -> Request:
    command = parsed(["generate", "a.wav", "-o", "a.npz", *options])
    assert isinstance(command, Generate)
    return command.request()


@pytest.mark.parametrize("name", ABOUT)
def test_every_setting_is_an_option_a_key_and_a_field(name: str, tmp_path: Path) -> None:
    value = other(name)
    assert getattr(generation(), name) == getattr(GenerationSettings(), name) != value
    assert getattr(generation(*options(name, value)), name) == value
    assert getattr(settings_of({name: value}), name) == value
    needed = {"face": True} if name in about(FaceSettings) else {}
    (tmp_path / "m.jsonl").write_text(json.dumps({"id": "a", "audio": "a.wav", **needed, name: value}))
    (request,) = (line.request for line in read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu"))
    assert getattr(request, name) == value
    assert name not in about(PlanSettings) or name in {each.name for each in fields(Plan)}


def test_the_docs_have_the_table() -> None:
    found = PLACE.search(DOCS.read_text(encoding="utf-8"))
    assert found is not None
    assert found.group() == table() + "\n", "run python -m tests.test_settings"


@pytest.mark.parametrize("name", [name for name, each in ABOUT.items() if each.range or each.choices])
def test_what_is_out_of_range_is_refused_by_name(name: str) -> None:
    found = ABOUT[name]
    wrong: Any = "wild" if found.choices else (found.least or 0) - 1
    said = "wild" if found.choices else f"{wrong:g}"
    wrong = ("wild",) if isinstance(getattr(GenerationSettings(), name), tuple) else wrong
    with pytest.raises(InputError, match=f"^{name}: expected .*, got .*{said}"):
        check(replace(GenerationSettings(), **{name: wrong}))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sed": 3}, "unknown setting 'sed', is 'seed' meant?"),
        ({"seed": 1.5}, "seed 1.5; it must be a whole number"),
        ({"vividness": float("nan")}, "vividness: expected 0 to 2, got nan"),
        ({"cutoff_hz": 99.0}, "cutoff_hz: expected 0.01 to 14.99 Hz, got 99 Hz"),
    ],
    ids=str,
)
def test_what_is_no_setting_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        settings_of(wrong)


def test_ranges_and_choices_are_those_of_the_rooms() -> None:
    assert tuple(ABOUT["energy"].choices) == tuple(ENERGIES)
    assert (ABOUT["intensity"].least, ABOUT["intensity"].most) == INTENSITIES
    assert (ABOUT["fps"].least, ABOUT["fps"].most) == RATES_HZ
    assert tuple(ABOUT["finish_without"].choices) == FINISH_PARTS
    assert tuple(ABOUT["sampler"].choices) == tuple(SAMPLERS)
    assert tuple(ABOUT["retrieval_joints"].choices) == tuple(GESTURE_JOINTS)
    assert ABOUT["vividness"].most == MOST_VIVID


if __name__ == "__main__":
    text = DOCS.read_text(encoding="utf-8")
    DOCS.write_text(PLACE.sub(lambda _old: table() + "\n", text), encoding="utf-8")
