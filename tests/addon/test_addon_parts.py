"""Parts of the add-on that need no Blender: fewer keys, translations in step with the code and with the format."""

import ast
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.settings import GenerationSettings, about, title_of, titled

ADDON = Path(__file__).resolve().parents[2] / "blender_addon"


def load(room: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"addon_{name}", ADDON / room / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


decimate, translations = load("scene", "decimate"), load("ui", "translations")
LOCALE = ADDON / "ui" / "locale"
TABLES = translations.tables()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 120),
    channels=st.integers(1, 4),
    tolerance=st.sampled_from([1e-4, 0.01, 0.2]),
)
def test_no_frame_is_farther_off_than_the_tolerance(seed: int, frames: int, channels: int, tolerance: float) -> None:
    generator = np.random.default_rng(seed)
    values = np.cumsum(generator.normal(size=(frames, channels)), axis=0)
    kept = generator.integers(0, frames, size=3)
    keys = decimate.key_frames(values, tolerance, kept=kept)
    assert set(kept.tolist()) <= set(keys.tolist())
    assert (np.diff(keys) > 0).all()
    if len(keys) < frames:
        shown = decimate.interpolated(values, decimate.slopes_of(values), keys)
        assert np.abs(shown - values).max() <= tolerance


def test_smooth_motion_needs_few_keys_and_a_still_one_two() -> None:
    time_s = np.arange(240)[:, None] / 24.0
    assert len(decimate.key_frames(np.sin(2.0 * time_s), 0.005)) < 40
    assert decimate.key_frames(np.zeros((240, 4)), 1e-6).tolist() == [0, 239]


def words_in(node: ast.AST) -> set[str]:
    """All constant strings of an expression, but those that only choose between them or are written for a machine."""
    found: set[str] = set()
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, ast.Compare | ast.Subscript | ast.JoinedStr):
            found |= words_in(each)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.add(node.value)
    return found


def shown_by_call(call: ast.Call) -> set[str]:
    """What a call shows: labels of buttons, names of properties and their choices, sentences, reasons."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {each.arg: each.value for each in call.keywords}
    place = {"translated": 0, "poll_message_set": 0, "wrapped": 2}.get(name)
    found = words_in(call.args[place]) if place is not None else set()
    if name in {"draw_setting", "prop"}:
        found |= {TITLES[each.value] for each in call.args if isinstance(each, ast.Constant) and each.value in TITLES}
    if name in {"label", "operator", "prop", "progress"}:
        shown = [given[each] for each in ("text", "placeholder") if each in given]
        found |= {word for each in shown if not isinstance(each, ast.JoinedStr | ast.Call) for word in words_in(each)}
    if name.endswith("Property") and "HIDDEN" not in words_in(given.get("options", ast.Constant(0))):
        found |= words_in(given["name"]) if "name" in given else set()
        items = given["items"].elts if isinstance(given.get("items"), ast.List) else []
        found |= {item.elts[1].value for item in items}
    return found


SETTINGS = about(GenerationSettings)
TITLES = {name: title_of(name, found) for name, found in SETTINGS.items()}
"""What panels that draw a setting show; one that is new is in English until somebody translates it."""
CHOICES = {titled(choice) for each in SETTINGS.values() for choice in each.choices}
SHOWN_CONSTANTS = {"bl_label", "_STAGES", "LOOKING", "_WHY_MOONSHINE", "_UNTOLD", "_TITLES", "_FROM_TRANSCRIPT"}
REASONS = {
    *("_look", "_look_at_character", "_look_at_speech", "_look_for_words", "_look_for_lacks"),
    *("_label", "disabled_reason", "creation_reason", "fetch_reason", "why_not"),
    *("why_unchangeable", "why_no_take", "why_no_engine", "_why_no_words"),
}


def shown_by_file(path: Path) -> set[str]:
    """All that a file of the add-on shows, tooltips aside."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            found |= shown_by_call(node)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in SHOWN_CONSTANTS:
            found |= words_in(ast.Tuple(node.value.values) if isinstance(node.value, ast.Dict) else node.value)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_COMPARED":
            found |= {each.elts[1].value for each in node.value.elts}
        elif isinstance(node, ast.ClassDef):  # why other buttons are grey while this work is in hand
            given = [
                each.value for each in node.body if isinstance(each, ast.Assign) and each.targets[0].id == "reason"
            ]
            found |= words_in(ast.Tuple(given))
        elif isinstance(node, ast.FunctionDef) and node.name in REASONS:
            returned = [
                each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None
            ]
            found |= {word for each in returned if not isinstance(each, ast.Call) for word in words_in(each)}
    return {each for each in found if re.search("[a-z]{2}", each) or each.isalpha()}


SHOWN = {each: path.name for path in ADDON.rglob("*.py") for each in shown_by_file(path)}
"""All that the add-on shows -> the file."""
SAME_EVERYWHERE = {
    "ExGes",
    "Moonshine",
    "PocketSphinx",
    "Python",
    "CPU",
    "CUDA",
    "MPS",
    "FBX",
    "glTF",
    "glTF Binary",
    "BVH",
}


def test_all_that_panels_buttons_and_progress_say_is_in_every_language() -> None:
    assert len(SHOWN) > 150  # else it does not find them any more
    assert {"Writing keys", "Selected Keys", "Generate Range", "Retrieving gestures"} <= set(SHOWN)
    assert set(TABLES) == {"de_DE", "ja_JP", "zh_HANS"}
    for table in TABLES.values():
        known = {english for _, english in table}
        assert {each: file for each, file in SHOWN.items() if each not in known | SAME_EVERYWHERE} == {}


@pytest.mark.parametrize("language", TABLES)
def test_a_language_keeps_the_values_of_a_message_and_has_none_that_is_not_shown(language: str) -> None:
    for (_, english), said in TABLES[language].items():
        assert english in {*SHOWN, *TITLES.values(), *CHOICES}
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", said)), english


@pytest.mark.parametrize("language", TABLES)
def test_a_po_file_reads_here_as_in_a_translators_tool(language: str) -> None:
    with (LOCALE / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language.replace("HANS", "Hans"), abort_invalid=True)
    theirs = {each.id: each.string for each in catalog if each.id}
    assert translations.read((LOCALE / f"{language}.po").read_text(encoding="utf-8")) == theirs
    assert not [each.id for each in catalog if each.fuzzy]
    assert not [fault for each in catalog for fault in each.check(catalog)]
    spelled_wrong = {each.id for each in catalog if each.id and ("{" in each.id) != each.python_brace_format}
    assert spelled_wrong == set()


def test_the_reader_joins_lines_and_leaves_out_what_is_not_translated_yet() -> None:
    text = (
        '# a comment\nmsgid ""\nmsgstr "Language: xx\\n"\n\nmsgid ""\n"Two "\n"lines\\n\\"quoted\\""\nmsgstr "zwei"\n'
        '#, fuzzy\nmsgid "Guessed"\nmsgstr "geraten"\n\nmsgid "Not yet"\nmsgstr ""\n#~ msgid "Gone"\n#~ msgstr "weg"\n'
    )
    assert translations.read(text) == {'Two lines\n"quoted"': "zwei"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('msgctxt "Operator"\nmsgid "Cut"', 1),
        ('msgid "One"\nmsgid_plural "Many"', 2),
        ('"loose"', 1),
        ('msgstr "eins"', 1),
        ('msgid "One"\n\nmsgstr One', 3),
    ],
)
def test_the_reader_refuses_what_it_does_not_know(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=f"line {line}: expected msgid or msgstr"):
        translations.read(text)
