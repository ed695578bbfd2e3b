"""Parts of the add-on that need no Blender: fewer keys, translations in step with the code and with the format."""

import ast
import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.arrays import Array
from exges_core.motion.euler import quat_from_euler
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply, quat_normalise
from exges_core.settings import GenerationSettings, about, title_of, titled

ADDON = Path(__file__).resolve().parents[2] / "blender_addon"


def load(room: str, name: str) -> ModuleType:
    """Import a module without the add-on around it, which needs Blender."""
    package = sys.modules.setdefault(f"addon_{room}", ModuleType(f"addon_{room}"))
    package.__path__ = [str(ADDON / room)]
    return importlib.import_module(f"addon_{room}.{name}")


decimate, handles, segments, tracks = (load("scene", each) for each in ("decimate", "handles", "segments", "tracks"))
small_systems = load("scene", "small_systems")
translations = load("ui", "translations")
NUMBERS = tracks.Numbers(generated=5, own=0, linear=1, bezier=2, free=0, auto=1)
LOCALE = ADDON / "ui" / "locale"
TABLES = translations.tables()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 120),
    groups=st.integers(1, 4),
    tolerance=st.sampled_from([1e-4, 0.3, 3.0, 30.0]),
)
def test_no_frame_is_farther_off_than_the_tolerance(seed: int, frames: int, groups: int, tolerance: float) -> None:
    generator = np.random.default_rng(seed)
    values = np.cumsum(generator.normal(size=(frames, groups, 4)), axis=0) / tolerance
    kept = generator.integers(0, frames, size=3)
    parts = [np.arange(0, groups, 2), np.arange(1, groups, 2)][: min(2, groups)]
    for part, fit in zip(parts, decimate.fits(values, parts, kept=kept), strict=True):
        assert {0, frames - 1, *kept.tolist()} <= set(fit.keys.tolist())
        assert (np.diff(fit.keys) > 0).all()
        assert segments.distances(fit.shown() - values[:, part]).max() <= 1.0
        at = np.searchsorted(fit.keys, kept)
        assert np.allclose(fit.values[at], values[kept][:, part], rtol=0.0, atol=1e-12 * np.abs(values).max())


@pytest.mark.parametrize("rows", [1, 4, 14, 22])
def test_small_systems_have_the_solutions_of_general_solvers(rows: int) -> None:
    columns = np.random.default_rng(rows).normal(size=(5, 60, rows)) * np.logspace(-3, 3, rows)
    squares, right = columns.swapaxes(1, 2) @ columns, columns[:, 0]
    expected = np.linalg.solve(squares, right[..., None])[..., 0]
    assert np.allclose(small_systems.solved(squares, right), expected, rtol=1e-9, atol=0.0)
    for square, other in zip(squares, np.linalg.inv(squares), strict=True):
        found = small_systems.inverse(square)
        assert np.abs((found - other) / np.sqrt(np.outer(other.diagonal(), other.diagonal()))).max() < 1e-9


def test_no_general_solver_hands_small_systems_to_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("spread over cores; beside other work a take waited a minute for them")

    for name in ("inv", "solve"):
        monkeypatch.setattr(np.linalg, name, refuse)
    values = np.cumsum(np.random.default_rng(0).normal(size=(200, 3, 4)), axis=0)
    fits = decimate.fits(values, [np.array([0, 1]), np.array([2])], kept=np.empty(0, dtype=np.int64))
    assert all(fit.reaches.ptp() > 0.0 for fit in fits)  # handles were fitted, too


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(1, 80), off=st.floats(0.0, 0.99))
def test_no_segment_is_beyond_a_cubic_that_follows_it(seed: int, length: int, off: float) -> None:
    generator = np.random.default_rng(seed)
    share = np.linspace(0.0, 1.0, length + 1)[:, None]
    cubic = share ** np.arange(4) @ generator.normal(scale=30.0, size=(4, 8))
    errors = generator.normal(size=(length + 1, 2, 4))
    errors *= off / np.linalg.norm(errors, axis=-1, keepdims=True)
    values = np.concatenate([np.zeros((3, 2, 4)), cubic.reshape(-1, 2, 4) + errors])
    firsts, lasts = np.full(600, 3), np.full(600, 3 + length)
    assert not segments.are_beyond(values, firsts, lasts).any()


def test_a_segment_that_waves_too_much_is_beyond_every_cubic() -> None:
    wave = np.cos(4.0 * np.arccos(np.linspace(-1.0, 1.0, 41)))  # what cubics follow worst: by its own height
    values = np.zeros((41, 3, 4))
    for height, expected in ((1.05, True), (0.95, False)):
        values[:, 1, 2] = height * wave
        found = segments.are_beyond(values, np.array([0, 0]), np.array([40, 3]))
        assert found.tolist() == [expected, False], "nothing is said of three frames, which a cubic meets"


def gesturing() -> Array:
    """A body of three parts, 240 frames: two arms that rise, hold and fall in their own time, and legs that stand."""
    frames = np.arange(240)[:, None]
    strokes = [(40, 1.0), (90, 0.6), (150, 0.9), (200, 0.7)]
    arm = sum(size * np.exp(-(((frames - at) / 12.0) ** 4)) for at, size in strokes)
    other = 0.5 * np.exp(-(((frames - 150) / 25.0) ** 4))
    directions = np.random.default_rng(3).normal(size=(3, 4))
    return np.stack([arm * directions[0], other * directions[1], 0.0 * frames * directions[2]], axis=1) / 0.05


def test_parts_take_their_key_times_from_those_of_the_body_and_a_still_one_needs_two() -> None:
    parts = [np.array([each]) for each in range(3)]
    arm, other, still = decimate.fits(gesturing(), parts, kept=np.empty(0, dtype=np.int64))
    assert still.keys.tolist() == [0, 239]
    assert len(arm.keys) < 40
    assert len({*arm.keys.tolist(), *other.keys.tolist()}) < 0.2 * 240
    assert decimate.fits(np.zeros((240, 2, 4)), [np.array([0, 1])], kept=np.array([7]))[0].keys.tolist() == [0, 7, 239]


def test_keys_go_to_poses_that_matter() -> None:
    frames = np.arange(200)
    turn = np.cumsum(np.maximum(0.0, np.sin(2.0 * np.pi * frames / 40.0)) ** 2)  # five moves, five rests
    values = np.stack([turn, 0.5 * turn, 0.0 * turn, 0.0 * turn], axis=1)[:, None] / 0.4
    matters = np.flatnonzero(decimate.poses_that_matter(values))
    assert len(matters) < 30
    for edge in range(20, 200, 20):  # where rests begin and end
        assert np.abs(matters - edge).min() <= 3
    (fit,) = decimate.fits(values, [np.array([0])], kept=np.empty(0, dtype=np.int64))
    assert np.isin(fit.keys[1:-1], matters).mean() > 3.0 * len(matters) / 200


def dense_tracks(quat_wxyz: Array, euler: Array, location: Array) -> Any:
    frames, found = 11 + np.arange(len(quat_wxyz)), {}
    kinds = (("a", "rotation_quaternion", quat_wxyz), ("b", "rotation_euler", euler), ("b", "location", location))
    for bone, kind, values in kinds:
        for channel in range(values.shape[1]):
            keys = tracks.dense(frames, values[:, channel], NUMBERS)
            found[f'pose.bones["{bone}"].{kind}', channel] = tracks.Track(group=bone, keys=keys)
    found["location", 0] = tracks.Track(group="Object", keys=tracks.dense(frames, 3.0 * location[:, 0], NUMBERS))
    return found


def shown(keys: Any, frames: Array) -> Array:
    """Bezier curves as Blender draws them: where along them is found by halving."""
    at, co = keys.frames.astype(np.float64), keys.values.astype(np.float64)
    place = np.clip(np.searchsorted(at, frames, side="right") - 1, 0, len(at) - 2)
    right, left = (keys.floats[name].astype(np.float64) for name in ("handle_right", "handle_left"))
    points = [np.stack([at, co], axis=1)[place], right[place], left[place + 1], np.stack([at, co], axis=1)[place + 1]]
    assert (points[0][:, 0] <= points[1][:, 0]).all()
    assert (points[1][:, 0] <= points[2][:, 0] + 1e-4).all()  # else Blender shortens them
    low, high = np.zeros(len(frames)), np.ones(len(frames))
    for _ in range(50):
        time = 0.5 * (low + high)
        is_late = cubic([point[:, 0] for point in points], time) > frames
        low, high = np.where(is_late, low, time), np.where(is_late, time, high)
    return cubic([point[:, 1] for point in points], 0.5 * (low + high))


def cubic(points: list[Array], time: Array) -> Array:
    rest = 1.0 - time
    return sum(
        weight * point
        for weight, point in zip((rest**3, 3 * time * rest**2, 3 * time**2 * rest, time**3), points, strict=True)
    )


def curves_of_own_handles() -> Any:
    generator, keys = np.random.default_rng(7), np.array([0, 9, 20, 27, 40, 52, 60, 75])
    values, slopes = generator.normal(size=(2, len(keys), 2, 3)) * np.array([8.0, 1.0])[:, None, None, None]
    reaches = generator.uniform(0.1, 0.5, size=(len(keys), 2, 3, 2))
    return handles.Curves(keys=keys, values=values, slopes=slopes, reaches=reaches)


def test_handles_of_their_own_lengths_show_what_thirds_of_the_way_cannot() -> None:
    drawn = curves_of_own_handles()
    wanted, kept = drawn.shown(), np.zeros(76, dtype=bool)
    kept[[0, 27, 75]] = True
    fitted = handles.of_thirds(drawn.keys, drawn.values.copy(), drawn.slopes.copy())
    before = fitted.off(wanted).max()
    assert before > 1.5
    for turn in range(6):
        handles.polish(fitted, wanted, fitted.off(wanted), kept=kept, seed=turn)
    assert fitted.off(wanted).max() <= 1.0
    assert (fitted.values[[0, 3, 7]] == drawn.values[[0, 3, 7]]).all()
    assert (fitted.reaches[:-1, ..., 1] + fitted.reaches[1:, ..., 0] <= 1.0).all()


def test_a_key_more_changes_no_curve() -> None:
    drawn = curves_of_own_handles()
    assert np.allclose(drawn.split(33).split(45).split(4).shown(), drawn.shown(), rtol=0.0, atol=1e-9)
    assert drawn.split(33).keys.tolist() == [0, 9, 20, 27, 33, 40, 52, 60, 75]


def test_keys_two_frames_late_are_farther_off_than_the_tolerance() -> None:
    values, parts = gesturing(), [np.array([each]) for each in range(3)]
    fitted = decimate.fits(values, parts, kept=np.empty(0, dtype=np.int64))
    assert (
        max(segments.distances(fit.shown() - values[:, part]).max() for fit, part in zip(fitted, parts, strict=True))
        <= 1.0
    )
    late = segments.distances(fitted[0].shown()[:-2] - values[2:, parts[0]])
    assert late.max() > 2.0


def test_thinned_curves_turn_no_bone_farther_than_asked_for_and_keep_what_is_kept() -> None:
    generator, frames = np.random.default_rng(5), np.arange(11, 251)
    noise = generator.normal(size=(240, 9))
    smooth = np.apply_along_axis(lambda each: np.convolve(each, np.hanning(15) / 3.0, mode="same"), 0, noise)
    dense = dense_tracks(quat_from_rotvec(smooth[:, :3]), smooth[:, 3:6], smooth[:, 6:])
    found = tracks.thinned(
        dense, NUMBERS, tolerance_deg=1.0, height=2.0, object_scale=3.0, parts={"a": "arm"}, kept=(100, 101)
    )
    path = 'pose.bones["{}"].{}'.format
    was, now = (
        np.stack([shown(given[path("a", "rotation_quaternion"), channel].keys, frames) for channel in range(4)], axis=1)
        for given in (dense, found)
    )
    assert 0.7 < np.degrees(quat_angle(quat_multiply(quat_inverse(was), quat_normalise(now))).max()) <= 1.0 + 1e-4
    was, now = (
        np.stack([shown(given[path("b", "rotation_euler"), channel].keys, frames) for channel in range(3)], axis=1)
        for given in (dense, found)
    )
    off = quat_multiply(quat_inverse(quat_from_euler(was, "XYZ")), quat_from_euler(now, "XYZ"))
    assert 0.4 < np.degrees(quat_angle(off).max()) <= 1.0 + 1e-4
    for place, track in found.items():
        assert len(track.keys.frames) < 200
        for frame in (11, 100, 101, 250):
            kept, given = (each.keys.where(each.keys.frames == frame) for each in (track, dense[place]))
            assert kept.values.tolist() == given.values.tolist()
    moved = [shown(given["location", 0].keys, frames) for given in (dense, found)]
    assert np.abs(moved[1] - moved[0]).max() <= 0.0025 * 2.0 * 3.0 + 1e-6
    keys_of = {place: track.keys.frames.tolist() for place, track in found.items()}
    assert keys_of[path("b", "location"), 0] == keys_of[path("b", "rotation_euler"), 1] == keys_of["location", 0]


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
    if name == "counted":
        found |= words_in(ast.Tuple(call.args[1:]))
    if name in {"draw_setting", "prop"}:
        found |= {TITLES[each.value] for each in call.args if isinstance(each, ast.Constant) and each.value in TITLES}
    if name in {"label", "operator", "prop", "progress", "draw_setting"}:
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
SAMPLERS = {titled(choice) for choice in SETTINGS["sampler"].choices}
SHOWN_CONSTANTS = {"bl_label", "_STAGES", "LOOKING", "_WHY_MOONSHINE", "_UNTOLD", "_TITLES", "_FROM_TRANSCRIPT"}
SHOWN_CONSTANTS |= {"PART_TITLES", "_STEPS", "STRENGTHS", "EMOTIONS", "_GROUPS", "_MOODS", "_DOUBTFUL"}
REASONS = {
    *("_look", "_look_at_character", "why_no_speech", "_look_for_words", "_look_for_lacks"),
    *("_label", "disabled_reason", "creation_reason", "fetch_reason", "why_not"),
    *("why_unchangeable", "why_no_take", "why_no_engine", "why_no_idle", "_why_no_words", "why_no_builtin"),
    "why_no_face",
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


def test_buttons_and_choices_have_their_words_where_blender_looks_for_them() -> None:
    japanese = TABLES["ja_JP"]
    assert japanese["Operator", "3 Variations"] == "3つのバリエーション"
    assert japanese[translations.CONTEXT, "Feet"] == "足", "Blender's own word for feet is that of the unit"
    for table in TABLES.values():
        here = {english for context, english in table if context == translations.CONTEXT}
        assert here >= CHOICES - SAMPLERS, "in a context of its own nothing is Blender's"


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
