"""Lexemes of action and process: counting, senses, taking and giving, change, energy, self-adaptors; data only."""

from __future__ import annotations

from training.corpus.gesture.lexemes import Lexeme, Stroke, hand

_COUNT = (
    Lexeme(
        name="list_fingers",
        hands=("both",),
        start=hand(0.28, 0.56, 0.46, "DI", "index"),
        head="nod",
        gaze="hand",
        other_start=hand(0.20, 0.54, 0.44, "B", "open", fingers="FI"),
        strokes=(
            Stroke(
                key=hand(0.19, 0.60, 0.48, "D", "index", fingers="IF"),
                other=hand(0.16, 0.54, 0.46, "B", "open", fingers="IF"),
                path="b",
                turns=1,
                size=0.04,
            ),
        ),
        hold_s=(0.2, 0.8),
        touches=True,
    ),
    Lexeme(
        name="list_fingers",
        hands=("one",),
        start=hand(0.36, 0.66, 0.44, "B", "fist"),
        head="nod",
        strokes=(Stroke(key=hand(0.36, 0.74, 0.44, "BI", "two", fingers="U"), path="b", turns=1, size=0.05),),
        hold_s=(0.2, 0.6),
    ),
    *(
        Lexeme(
            name="number_show",
            hands=("one",),
            start=hand(0.40, 0.72, 0.38, "OI", "loose", fingers="U"),
            strokes=(Stroke(key=hand(0.40, 0.93, 0.40, palm, shape, fingers="U"), path="a"),),
            hold_s=(0.3, 0.8),
        )
        for shape, palm in (("index", "OI"), ("two", "O"), ("three", "O"))
    ),
)

_SENSES = (
    Lexeme(
        name="see_eyes",
        hands=("one",),
        start=hand(0.24, 0.98, 0.38, "B", "two", fingers="UI"),
        gaze="hand",
        strokes=(Stroke(key=hand(0.26, 0.80, 0.82, "D", "two", fingers="F")),),
        hold_s=(0.1, 0.4),
    ),
    Lexeme(
        name="hear_ear",
        hands=("one",),
        start=hand(0.38, 0.80, 0.28, "I", "relaxed", fingers="U"),
        head="turn",
        strokes=(Stroke(key=hand(0.36, 0.98, 0.13, "OI", "cupped", fingers="UI", elbow=8), tempo=0.9),),
        hold_s=(0.3, 0.8),
        touches=True,
    ),
    Lexeme(
        name="speak_mouth",
        hands=("one",),
        start=hand(0.20, 0.84, 0.36, "B", "pinch", fingers="UI"),
        strokes=(Stroke(key=hand(0.28, 0.74, 0.72, "U", "open", fingers="F")),),
        hold_s=(0.1, 0.4),
    ),
)

_ACTS = (
    Lexeme(
        name="grasp_take",
        hands=("one",),
        start=hand(0.34, 0.58, 0.48, "D", "spread"),
        strokes=(
            Stroke(key=hand(0.32, 0.62, 0.76, "D", "spread"), path="l"),
            Stroke(key=hand(0.30, 0.56, 0.50, "I", "fist"), path="l"),
        ),
        hold_s=(0.1, 0.4),
    ),
    Lexeme(
        name="give",
        hands=("one", "both"),
        start=hand(0.30, 0.42, 0.42, "U", "cupped"),
        trunk="forward",
        strokes=(Stroke(key=hand(0.32, 0.50, 0.84, "U", "open", fingers="F")),),
        hold_s=(0.2, 0.6),
    ),
    Lexeme(
        name="throw_away",
        hands=("one",),
        start=hand(0.30, 0.52, 0.40, "B", "fist"),
        head="turn",
        strokes=(Stroke(key=hand(0.62, 0.76, 0.44, "OS", "spread", fingers="US"), tempo=1.35),),
        hold_s=(0.0, 0.3),
    ),
    Lexeme(
        name="build_stack",
        hands=("both",),
        start=hand(0.14, 0.36, 0.50, "D", "flat", fingers="IF"),
        strokes=(
            Stroke(
                key=hand(0.15, 0.46, 0.52, "D", "flat", fingers="IF"),
                other=hand(0.15, 0.34, 0.52, "D", "flat", fingers="IF"),
            ),
            Stroke(
                key=hand(0.15, 0.46, 0.52, "D", "flat", fingers="IF"),
                other=hand(0.15, 0.60, 0.54, "D", "flat", fingers="IF"),
            ),
            Stroke(
                key=hand(0.15, 0.74, 0.52, "D", "flat", fingers="IF"),
                other=hand(0.15, 0.60, 0.54, "D", "flat", fingers="IF"),
            ),
        ),
    ),
    Lexeme(
        name="turn_change",
        hands=("one",),
        start=hand(0.30, 0.56, 0.52, "D", "curved"),
        head="tilt",
        strokes=(Stroke(key=hand(0.42, 0.56, 0.58, "U", "curved")),),
        hold_s=(0.1, 0.4),
    ),
    Lexeme(
        name="turn_change",
        hands=("both",),
        start=hand(0.26, 0.62, 0.54, "DI", "curved"),
        head="tilt",
        strokes=(Stroke(key=hand(0.30, 0.66, 0.56, "D", "curved"), other=hand(0.26, 0.46, 0.54, "U", "curved")),),
    ),
    Lexeme(
        name="mix_together",
        hands=("both",),
        start=hand(0.20, 0.58, 0.52, "B", "curved", fingers="I"),
        strokes=(
            Stroke(key=hand(0.18, 0.58, 0.54, "B", "curved", fingers="I"), path="r", turns=2, size=0.13, phase=0.5),
        ),
    ),
    Lexeme(
        name="cycle_process",
        hands=("one",),
        start=hand(0.28, 0.60, 0.52, "BI", "curved"),
        strokes=(Stroke(key=hand(0.30, 0.60, 0.60, "BI", "curved"), path="r", turns=2, size=0.13),),
    ),
    Lexeme(
        name="cycle_process",
        hands=("both",),
        start=hand(0.24, 0.56, 0.50, "B", "curved", fingers="IF"),
        strokes=(
            Stroke(key=hand(0.24, 0.58, 0.56, "B", "curved", fingers="IF"), path="r", turns=2, size=0.12, phase=0.5),
        ),
    ),
)

_ENERGY = (
    Lexeme(
        name="energetic",
        hands=("both",),
        start=hand(0.40, 0.62, 0.46, "I", "loose_fist"),
        trunk="bounce",
        head="nods",
        strokes=(
            Stroke(key=hand(0.46, 0.75, 0.50, "I", "loose_fist"), path="b", turns=4, size=0.22, phase=0.5, tempo=1.35),
        ),
    ),
    Lexeme(
        name="energetic",
        hands=("both",),
        start=hand(0.36, 0.54, 0.46, "I", "open"),
        trunk="bounce",
        head="nods",
        strokes=(Stroke(key=hand(0.48, 0.78, 0.52, "IU", "spread"), path="b", turns=3, size=0.20, tempo=1.3),),
    ),
    Lexeme(
        name="explode_open",
        hands=("both",),
        start=hand(0.16, 0.56, 0.46, "B", "fist", fingers="IF"),
        trunk="back",
        head="up",
        strokes=(Stroke(key=hand(0.62, 0.78, 0.50, "OI", "spread", fingers="US"), tempo=1.35),),
        hold_s=(0.2, 0.6),
    ),
    Lexeme(
        name="weak_fade",
        hands=("one",),
        start=hand(0.36, 0.50, 0.50, "D", "loose"),
        trunk="drop",
        head="down",
        strokes=(Stroke(key=hand(0.42, 0.20, 0.38, "D", "loose", fingers="FD"), tempo=0.55),),
    ),
)

_ADAPTORS = (
    Lexeme(
        name="fidget",
        hands=("both",),
        start=hand(0.20, 0.27, 0.40, "IB", "curved", fingers="IF"),
        gaze="away",
        strokes=(
            Stroke(
                key=hand(0.17, 0.25, 0.40, "BD", "curved", fingers="IF"),
                other=hand(0.17, 0.28, 0.37, "UB", "curved", fingers="IF"),
                path="r",
                turns=2,
                size=0.025,
                phase=0.5,
                tempo=0.6,
            ),
        ),
        hold_s=(0.5, 1.2),
        touches=True,
    ),
    Lexeme(
        name="self_adapt",
        hands=("both",),
        start=hand(0.24, 0.26, 0.40, "D", "relaxed", fingers="IF"),
        gaze="away",
        strokes=(
            Stroke(
                key=hand(0.10, 0.26, 0.42, "DB", "curved", fingers="IF"),
                other=hand(0.17, 0.19, 0.36, "IB", "relaxed", fingers="IF"),
                path="b",
                turns=2,
                size=0.03,
                tempo=0.6,
            ),
        ),
        hold_s=(0.5, 1.5),
        touches=True,
    ),
    Lexeme(
        name="self_adapt",
        hands=("one",),
        start=hand(0.34, 0.80, 0.30, "BI", "loose"),
        gaze="away",
        head="tilt",
        strokes=(
            Stroke(
                key=hand(0.24, 0.90, 0.25, "BI", "loose", fingers="UI", elbow=6),
                path="b",
                turns=2,
                size=0.025,
                tempo=0.7,
            ),
        ),
        hold_s=(0.2, 0.7),
        touches=True,
    ),
)

TABLE: tuple[Lexeme, ...] = _COUNT + _SENSES + _ACTS + _ENERGY + _ADAPTORS
