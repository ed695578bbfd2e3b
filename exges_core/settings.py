"""What a generation can be set to: every setting's name, type, range, unit, default and help, once.

The command line's options, a manifest's keys, the worker's requests, the add-on's panel and takes, and the table in
docs/command-line.md derive from the classes here: add a field, and every one of them has it. Files are no settings:
they are in `protocol.Request`. Only the standard library may be imported: Blender's Python reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

from exges_core.errors import InputError, message
from exges_core.json_lines import fits, frozen, named, nearest, shown

Value = TypeVar("Value")
SettingValue = str | int | float | bool | tuple[str, ...] | tuple[int, ...] | None
_FINISH = {
    "smoothing": "The low-pass filter",
    "limits": "Joints stay within their limits",
    "ground": "Feet stay out of the ground",
    "feet": "Planted feet stay where they are",
}
FINISH_PARTS = tuple(_FINISH)
"""What is done to the motion after denoising, in this order; each can be left out."""
IDLE_LENGTHS_S = (2.0, 300.0)
"""The shortest idle holds a breath; in the longest nobody remembers where it began."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What is known of a setting beside its name, type and default.

    Attributes:
        help: one line for a person.
        negative: the same for an option that has `--no-` alone; "" = as `help`.
        option: its name on the command line, where that is another.
        title: its name in a window, where that is another than the option's.
        unit: of its number.
        least, most: the range of its number; None = open.
        usual: where None is the default, the number that a person starts from who sets it after all.
        choices: the texts it may be, each with what it means; empty = any.
        form: how its value is written; "" = by its type.
        has_no_positive: the command line has `--no-OPTION` alone: without `no` it is something else.
    """

    help: str
    negative: str = ""
    option: str = ""
    title: str = ""
    unit: str = ""
    least: float | None = None
    most: float | None = None
    usual: float | None = None
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    form: str = ""
    has_no_positive: bool = False

    def refusal(self, value: SettingValue) -> str:
        """Return what was expected instead of a value of the right type; "" = nothing else."""
        texts = value if isinstance(value, tuple) else (value,)
        if self.choices and any(each is not None and each not in self.choices for each in texts):
            return f"one of {', '.join(self.choices)}"
        if value is None or isinstance(value, str | tuple) or (self.least is None and self.most is None):
            return ""
        least = float("-inf") if self.least is None else self.least
        most = float("inf") if self.most is None else self.most
        return "" if least <= value <= most else self.range

    @property
    def range(self) -> str:
        """Return the range in words; "" where it is open."""
        unit = f" {self.unit}" if self.unit else ""
        if self.most is None:
            return "" if self.least is None else f"{self.least:g}{unit} or more"
        return f"{'up' if self.least is None else f'{self.least:g}'} to {self.most:g}{unit}"


# Any: the fields of About, each of its own type.
def setting(default: Value, help: str, **about: Any) -> Value:  # noqa: ANN401
    """Return a dataclass's field that is a setting."""
    return field(default=default, metadata={"about": About(help=help, **about)})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a job can be set to: every field is a `setting`, or is none at all (files, names)."""


@dataclass(frozen=True, kw_only=True)
class GestureChoice(Settings):
    """Which gestures of the motion base are wanted, and which are not."""

    pins: tuple[str, ...] = setting(
        (), "Use this clip of the base in this segment; may be repeated.", option="pin", form="SEGMENT=CLIP"
    )
    bans: tuple[str, ...] = setting(
        (), "Never use this clip, or anything of this source; may be repeated.", option="ban", form="CLIP|SOURCE"
    )
    no_gesture: tuple[int, ...] = setting((), "Use no gesture in this segment; may be repeated.", form="SEGMENT")


@dataclass(frozen=True, kw_only=True)
class PlanSettings(GestureChoice):
    """What decides which strokes a speech gets."""

    speaker: str | None = setting(
        None,
        "A speaker the weights know (`exges doctor` lists them); None = the seed chooses.",
        title="Manner",
    )
    seed: int = setting(0, "Another seed gives another performance of the same speech.", least=0)
    vividness: float = setting(
        1.0, "Number and size of strokes: 0 = none, 1 = as the speaker, 2 = many, large.", least=0.0, most=2.0
    )
    use_retrieval: bool = setting(True, "Let retrieved gestures shape the motion.", option="retrieval")
    busy: tuple[str, ...] = setting(
        (), "Keep this part of the body out of all gestures; may be repeated.", form="PART[:FROM-TO]"
    )


@dataclass(frozen=True, kw_only=True)
class FaceSettings(Settings):
    """Whether a take has a face, and how much of it."""

    face: bool = setting(False, "Move the face, too: mouth, brows, blinks, gaze and nods of the same performance.")
    face_mouth: float = setting(1.0, "How far the mouth moves; 0 = not at all.", least=0.0, most=1.5)
    face_brows: float = setting(
        1.0, "How high brows rise on accents that have a stroke; 0 = not at all.", least=0.0, most=1.5
    )
    face_blinks: float = setting(1.0, "How often lids blink; 0 = never, 1 = 15 times a minute.", least=0.0, most=1.5)
    face_gaze: float = setting(1.0, "How far the gaze wanders; 0 = always straight ahead.", least=0.0, most=1.5)
    face_nods: float = setting(
        1.0, "How far the head nods on accents that have a stroke; 0 = not at all.", least=0.0, most=1.5
    )
    face_happy: float = setting(0.0, "How happy the face looks: a smile that reaches the eyes.", least=0.0, most=1.0)
    face_sad: float = setting(
        0.0, "How sad the face looks: inner brows up, corners of the mouth down.", least=0.0, most=1.0
    )
    face_angry: float = setting(0.0, "How angry the face looks: brows down, eyes narrow.", least=0.0, most=1.0)
    face_surprised: float = setting(0.0, "How surprised the face looks: brows up, eyes wide.", least=0.0, most=1.0)


@dataclass(frozen=True, kw_only=True)
class PostureSettings(Settings):
    """How somebody stands, in numbers."""

    knees_deg: float | None = setting(
        None,
        "How far the knees are bent on average; None = as the speaker stands.",
        option="knees",
        unit="deg",
        least=10.0,
        most=90.0,
        usual=15.0,
        form="DEGREES",
    )
    lean_deg: float | None = setting(
        None,
        "How far the trunk leans, forward is positive; None = as the speaker stands.",
        option="lean",
        unit="deg",
        least=-20.0,
        most=45.0,
        usual=5.0,
        form="DEGREES",
    )
    stance_m: float | None = setting(
        None,
        "How far apart the ankles are; None = as the speaker stands.",
        option="stance",
        unit="m",
        least=0.05,
        most=0.8,
        usual=0.3,
        form="METRES",
    )


@dataclass(frozen=True, kw_only=True)
class GenerationSettings(PostureSettings, FaceSettings, PlanSettings):
    """What decides the motion of a speech, beside the files that it is given."""

    use_score: bool = setting(
        True,
        "Plan which stroke falls on which word; without, the model guesses them: the paper's own variant.",
        option="score",
        has_no_positive=True,
        negative="Plan no strokes: the model guesses which fall on which word, as the paper's own variant does.",
    )
    sampler: str | None = setting(
        None,
        "How noise becomes motion; None = dpmpp.",
        choices={
            "dpmpp": "DPM-Solver++ (2M): few steps",
            "ddim": "Without noise between steps",
            "ddpm": "The paper's, slow",
        },
    )
    steps: int | None = setting(None, "Denoising steps; None = the sampler's default.", least=1, most=1000, usual=5)
    guidance: float | None = setting(
        None,
        "Scale of audio guidance: 1 = off, higher follows the sound more closely; None = set by energy.",
        least=0.0,
        most=10.0,
        usual=1.0,
    )
    energy: str = setting(
        "normal",
        "How lively the speaker is: presets for intensity, guidance and retrieval strength.",
        choices={
            "calm": "Small gestures, retrieved ones only hinted at",
            "normal": "As the model makes it",
            "vivid": "Larger gestures that follow the voice more closely; takes twice as long",
        },
    )
    intensity: float | None = setting(
        None,
        "How far gestures go; 1 = as the model made them, None = set by energy.",
        least=0.5,
        most=1.5,
        usual=1.0,
    )
    retrieval_strength: float | None = setting(
        None,
        "How strongly retrieved gestures shape the motion: 1 = fully, 0 = not at all, None = set by energy.",
        least=0.0,
        most=1.0,
        usual=1.0,
    )
    retrieval_joints: str = setting(
        "upper-body",
        "Joints that retrieved gestures control; never the legs.",
        choices={
            "upper-body": "Spine, head, arms and hands",
            "arms": "Arms and hands",
            "hands": "Wrists and fingers",
        },
    )
    fps: float | None = setting(
        None,
        "Frames per second of the output, by exact time: 24, 25, 23.976 (24000/1001)...; None = 30.",
        least=1.0,
        most=240.0,
        usual=30.0,
    )
    finish_without: tuple[str, ...] = setting((), "Leave one part of the finish out; may be repeated.", choices=_FINISH)
    cutoff_hz: float = setting(
        5.0, "Cut-off of the finish's low-pass.", option="cutoff", unit="Hz", least=0.01, most=14.99, form="HZ"
    )


@dataclass(frozen=True, kw_only=True)
class IdleSettings(PostureSettings):
    """What decides an idle: motion without speech that ends where it begins."""

    speaker: str | None = setting(
        None, "A speaker the weights know (`exges doctor` lists them); None = the seed chooses.", title="Manner"
    )
    seed: int = setting(0, "Another seed gives another idle.", least=0)
    fps: float | None = setting(
        None, "Frames per second of the output: 24, 25, 23.976 (24000/1001)...; None = 30.", least=1.0, most=240.0
    )


def about(settings: type[Settings]) -> dict[str, About]:
    """Return what is known of each setting of a class, by name; fields that are none (files) are left out."""
    return {each.name: each.metadata["about"] for each in fields(settings) if "about" in each.metadata}


def option_of(name: str, setting: About) -> str:
    """Return a setting's name on the command line, without dashes."""
    return setting.option or name.replace("_", "-")


def titled(name: str) -> str:
    """Return an option or a choice as a window shows it: "upper-body" is "Upper Body"."""
    return name.replace("-", " ").title()


def title_of(name: str, found: About) -> str:
    """Return a setting's name as a window shows it: "cutoff_hz" is "Cutoff (Hz)"."""
    unit = f" ({found.unit})" if found.unit else ""
    return (found.title or titled(option_of(name, found))) + unit


def check(settings: Settings) -> None:
    """Refuse settings outside their ranges and choices.

    Raises:
        InputError: naming the first of them.
    """
    for name, found in about(type(settings)).items():
        value: SettingValue = getattr(settings, name)
        if expected := found.refusal(value):
            got = ", ".join(map(str, value)) if isinstance(value, tuple) else _written(value, found.unit)
            raise InputError(message(expected=expected, got=got, where=name, do=found.help))


def _written(value: SettingValue, unit: str) -> str:
    if isinstance(value, float):
        return f"{value:g} {unit}".rstrip()
    return repr(value) if isinstance(value, str) else str(value)


def faults(settings: type[Settings], values: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with values by name: names that are none, other types; lists may stand for tuples."""
    wanted, known = get_type_hints(settings), about(settings)
    for name, value in values.items():
        if name not in known:
            yield f"unknown setting {name!r}{nearest(name, known)}"
        elif not fits(frozen(value), wanted[name]):
            yield f"{name} {shown(value)}; it must be {named(wanted[name])}"


def settings_of(values: Mapping[str, SettingValue]) -> GenerationSettings:
    """Return settings by name; the others have their defaults.

    Raises:
        InputError: if a name is none, or a value is of another type or out of range.
    """
    wrong = [*faults(GenerationSettings, values)]
    if wrong:
        do = f"The settings are {', '.join(about(GenerationSettings))}."
        raise InputError(message(expected="settings", got="; ".join(wrong), where="generate", do=do))
    made: Mapping[str, Any] = {name: frozen(value) for name, value in values.items()}
    found = GenerationSettings(**made)
    check(found)
    return found


# Any: to be unpacked into a class that derives from `of`, each value of its field's own type.
def values_of(settings: Settings, of: type[Settings]) -> dict[str, Any]:
    """Return settings by name, as a class that derives from `of` takes them."""
    return {name: getattr(settings, name) for name in about(of)}


def table() -> str:
    """Return every setting as a row of Markdown."""
    types, rows = (
        get_type_hints(GenerationSettings),
        ["| setting | command line | value | default | |", "|---|---|---|---|---|"],
    )
    defaults = GenerationSettings()
    for name, each in about(GenerationSettings).items():
        value = ", ".join(each.choices) or each.range or each.form.replace("|", " or ") or named(types[name])
        default = getattr(defaults, name)
        is_flag = types[name] is bool
        option = f"--{'no-' if is_flag and default else ''}{option_of(name, each)}"
        text = "none" if default in (None, ()) else str(default).lower() if is_flag else f"{default}"
        rows.append(f"| `{name}` | `{option}` | {value} | {text} | {each.help} |")
    return "\n".join(rows)
