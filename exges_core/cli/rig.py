"""The sub-command `exges rig`: which bone plays which joint, and presets to correct it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from tyro.conf import Positional, arg

from exges_core.cli.options import JsonFile, print_warnings
from exges_core.errors import InputError, message
from exges_core.rig.bones import REQUIRED_JOINTS
from exges_core.rig.match import TOLD_BY_SHAPE, RigMap
from exges_core.rig.zero_pose import RestedRig


@dataclass(frozen=True, kw_only=True)
class Rig:
    """Show which bone of a rig stands for which joint of the canonical body, or make a preset of it."""

    action: Annotated[
        Positional[Literal["match", "preset", "check"]],
        arg(help="match: show the bone map. preset: write it to a file to edit. check: validate a preset file."),
    ]
    rig: Annotated[Positional[Path], arg(metavar="RIG.bvh|PRESET.json")]
    preset: Annotated[
        Path | None, arg(metavar="PRESET.json", help="Match against this preset only, not against every rig family.")
    ] = None
    output: Annotated[
        Path | None, arg(aliases=["-o"], metavar="PRESET.json", help="The file that `preset` writes.")
    ] = None
    json: JsonFile = None

    def run(self, console: Console) -> None:
        """Do it, then say in lines what was found."""
        from exges_core.files import keep_apart, write_json
        from exges_core.rig.preset_files import preset_of, read_preset, write_preset

        def say(line: str) -> None:
            console.print(line)

        results = [("the preset", self.output), ("--json", self.json)]
        keep_apart(results, [("the rig", self.rig), ("--preset", self.preset)])
        _refuse_unheeded(self)
        if self.action == "check":
            table = read_preset(self.rig)
            say(f"{self.rig}: {table.title}, {len(table.bones)} joints, in order")
            return
        rested = _rested(self.rig, self.preset)
        found = rested.rig_map
        if self.preset is not None:
            print_warnings(console, _misfits(found, self.preset, self.rig))
        if rested.remark:
            print_warnings(console, (f"{self.rig.name}: {rested.remark}",))
        if self.action == "match":
            _show(found, say)
            if self.json is not None:
                write_json(self.json, {**_as_json(found), "rest_frame": rested.frame})
            return
        if self.output is None:
            raise InputError(
                message(
                    expected="-o PRESET.json", got="no output", where="exges rig preset", do="Name the file to write."
                )
            )
        write_preset(self.output, preset_of(found, name=self.output.stem, title=self.output.stem))
        say(f"{self.output}: {len(found.bones)} joints; edit it and use it with --preset")


def _refuse_unheeded(asked: Rig) -> None:
    """Refuse files that the action would not look at: a map that is thought to be written, a preset to be used."""
    given = {"-o": asked.output, "--json": asked.json, "--preset": asked.preset}
    takes = {"match": {"--json", "--preset"}, "preset": {"-o", "--preset"}, "check": set[str]()}[asked.action]
    wrong = [option for option, path in given.items() if path is not None and option not in takes]
    if wrong:
        do = "match writes its map to --json, preset its file to -o; check writes nothing."
        expected = f"options that {asked.action} takes ({', '.join(sorted(takes)) or 'none'})"
        raise InputError(message(expected=expected, got=wrong[0], where=f"exges rig {asked.action}", do=do))


def _misfits(found: RigMap, preset: Path, rig: Path) -> Iterator[str]:
    """Say that a preset's names are not those of a rig."""
    lacking = [joint for joint in REQUIRED_JOINTS if found.doubtful.get(joint) == TOLD_BY_SHAPE]
    if lacking:
        what = f"{len(lacking)} of {len(REQUIRED_JOINTS)} required joints have none of its bones"
        yield f"{preset.name} does not fit {rig.name}: {what} and are told by shape"


def _rested(path: Path, preset: Path | None) -> RestedRig:
    from exges_core.datasets.bvh_rigs import read_rig
    from exges_core.rig.preset_files import read_preset
    from exges_core.rig.presets import PRESETS

    return read_rig(path, presets=PRESETS if preset is None else (read_preset(preset),))


def _show(rig_map: RigMap, say: Callable[[str], None]) -> None:
    say(f"{rig_map.title}, confidence {rig_map.score:.2f}")
    for joint, bone in rig_map.bones.items():
        doubt = f"   doubtful: {rig_map.doubtful[joint]}" if joint in rig_map.doubtful else ""
        say(f"found    {joint:<18} {rig_map.confidence[joint]:.2f}  {bone}{doubt}")
    for joint in rig_map.missing:
        say(f"missing  {joint:<18} its rotation goes to the bones below it")
    say(f"{len(rig_map.bones)} found, {len(rig_map.missing)} missing, {len(rig_map.doubtful)} doubtful")


def _as_json(rig_map: RigMap) -> dict[str, object]:
    return {
        "family": rig_map.title,
        "preset": rig_map.preset,
        "confidence": round(rig_map.score, 4),
        "bones": dict(rig_map.bones),
        "confidences": dict(rig_map.confidence),
        "missing": list(rig_map.missing),
        "doubtful": dict(rig_map.doubtful),
        "spine": list(rig_map.chains.spine),
        "neck": list(rig_map.chains.neck),
        "twists": {joint: list(bones) for joint, bones in rig_map.chains.twists.items()},
        "metacarpals": dict(rig_map.chains.metacarpals),
    }
