"""The sub-command `exges rig`: which bone plays which joint, and presets to correct it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from tyro.conf import Positional, arg

from exges_core.cli.options import JsonFile
from exges_core.errors import InputError, message
from exges_core.rig.match import RigMap
from exges_core.rig.zero_pose import RestedRig


@dataclass(frozen=True, kw_only=True)
class Rig:
    """Show which bone of a rig stands for which joint of the canonical body, or make a preset of it."""

    action: Annotated[
        Positional[Literal["match", "preset", "check"]],
        arg(help="match: show the map. preset: write it as a file to edit. check: look a preset file over."),
    ]
    rig: Annotated[Positional[Path], arg(metavar="RIG.bvh|PRESET.json")]
    preset: Annotated[
        Path | None, arg(metavar="PRESET.json", help="Use this table alone instead of those of all families.")
    ] = None
    output: Annotated[Path | None, arg(aliases=["-o"], metavar="PRESET.json", help="What `preset` writes.")] = None
    json: JsonFile = None

    def run(self, console: Console) -> None:
        """Do it, then say in lines what was found."""
        from exges_core.files import write_json
        from exges_core.rig.preset_files import preset_of, read_preset, write_preset

        def say(line: str) -> None:
            console.print(line, highlight=False, markup=False, soft_wrap=True)

        if self.action == "check":
            table = read_preset(self.rig)
            say(f"{self.rig}: {table.title}, {len(table.bones)} joints, in order")
            return
        rested = _rested(self.rig, self.preset)
        found = rested.rig_map
        if rested.remark:
            console.print(f"warning: {self.rig.name}: {rested.remark}", style="yellow", highlight=False, markup=False)
        if self.action == "match":
            _show(found, say)
            if self.json is not None:
                write_json(self.json, {**_as_json(found), "rest_frame": rested.frame})
            return
        if self.output is None:
            raise InputError(
                message(
                    expected="-o PRESET.json", got="no output", where="exges rig preset", do="Say where to write it."
                )
            )
        write_preset(self.output, preset_of(found, name=self.output.stem, title=self.output.stem))
        say(f"{self.output}: {len(found.bones)} joints; edit it and use it with --preset")


def _rested(path: Path, preset: Path | None) -> RestedRig:
    from exges_core.datasets.bvh_rigs import read_rig
    from exges_core.rig.preset_files import read_preset
    from exges_core.rig.presets import PRESETS

    return read_rig(path, presets=PRESETS if preset is None else (read_preset(preset),))


def _show(found: RigMap, say: Callable[[str], None]) -> None:
    say(f"{found.title}, confidence {found.score:.2f}")
    for joint, bone in found.bones.items():
        doubt = f"   doubtful: {found.doubtful[joint]}" if joint in found.doubtful else ""
        say(f"found    {joint:<18} {found.confidence[joint]:.2f}  {bone}{doubt}")
    for joint in found.missing:
        say(f"missing  {joint:<18} its turn goes to the bones that follow")
    say(f"{len(found.bones)} found, {len(found.missing)} missing, {len(found.doubtful)} doubtful")


def _as_json(found: RigMap) -> dict[str, object]:
    return {
        "family": found.title,
        "preset": found.preset,
        "confidence": round(found.score, 4),
        "bones": dict(found.bones),
        "confidences": dict(found.confidence),
        "missing": list(found.missing),
        "doubtful": dict(found.doubtful),
        "spine": list(found.chains.spine),
        "neck": list(found.chains.neck),
        "twists": {joint: list(bones) for joint, bones in found.chains.twists.items()},
        "metacarpals": dict(found.chains.metacarpals),
    }
