"""Command line of the authored corpus.

python -m training.corpus --hours H --seed S --out DIR [--workers N]     make it, or continue it; --on ray: a cluster
python -m training.corpus --speech FOLDER --seed S --out DIR             act recorded speech (sounds with their texts)
python -m training.corpus join A B --out DIR                             several corpora in one folder
python -m training.corpus report DIR [--reference DIR] [--json FILE]     its statistics beside real speakers'
python -m training.corpus preview LEXEME [--out FILE.png] [--all]        how a gesture lexeme looks
python -m training.corpus sheet TAKE.npz --out FILE.png                  how a take looks
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tyro

from exges_core.errors import Cancelled, ExgesError, InputError, message
from exges_core.json_lines import is_list
from training.corpus.commands import (
    Joining,
    Previewing,
    Reporting,
    Sheeting,
    progress_bar,
    write_joined,
    write_previews,
    write_report,
    write_sheet,
)
from training.corpus.production.dataset import make_corpus
from training.corpus.speech.casting import KOKORO_SHARE
from training.workers import WorkerOptions


@dataclass(frozen=True, kw_only=True)
class Making(WorkerOptions):
    """Make the authored corpus in BEAT2's layout, or act recorded speech; run again to continue an unfinished one.

    Attributes:
        out: the folder.
        hours: how many hours of speech and motion; all of it where speech is given.
        seed: the same seed makes the same corpus.
        performance: other than 0 acts the same speech anew: what may be asked of a motion that listens.
        kokoro_share: share of training takes that Kokoro's voices speak; two of them are heard in test takes alone.
        without_kokoro: do without Kokoro's voices, as a share of 0 does.
        speech: recorded speech to act on instead: sounds with a transcript of the same name, or with a `text.tsv`.
        performances: how many speakers act each recorded take.
        hold_out_last: so many recordings at the end of the list make test takes, and nothing else.
    """

    out: Path
    hours: float = 1.0
    seed: int = 0
    performance: int = 0
    kokoro_share: float = KOKORO_SHARE
    without_kokoro: bool = False
    speech: Path | None = None
    performances: int = 1
    hold_out_last: int = 0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: if one is out of range.
        """
        super().__post_init__()
        checks = (
            ("hours above 0 and up to 1000", 0 < self.hours <= 1000, self.hours),
            ("a seed of 0 or more", self.seed >= 0, self.seed),
            ("a performance of 0 or more", self.performance >= 0, self.performance),
            ("a Kokoro share from 0 to 1", 0 <= self.kokoro_share <= 1, self.kokoro_share),
            ("performances of 1 or more", self.performances >= 1, self.performances),
            ("hold-out-last of 0 or more", self.hold_out_last >= 0, self.hold_out_last),
        )
        for expected, is_right, got in checks:
            if not is_right:
                where = "python -m training.corpus"
                raise InputError(message(expected=expected, got=f"{got:g}", where=where, do="Change the option."))


def run(making: Making) -> None:
    """Make a corpus with a progress bar."""
    with progress_bar() as progress:
        task = progress.add_task("takes", total=None)

        def on_take(_entry: dict[str, object], count: int) -> None:
            progress.update(task, total=count, advance=1)

        manifest = _made(making, on_take)
    takes = manifest["takes"]
    assert is_list(takes)
    minutes = float(str(manifest["seconds"])) / 60
    for warning in _lines(manifest.get("warnings", [])):
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{len(takes)} takes, {minutes:.1f} minutes in {making.out} (sha256 {str(manifest['sha256'])[:12]})")


def _made(making: Making, on_take: Callable[[dict[str, object], int], None]) -> dict[str, object]:
    if making.speech is None:
        return make_corpus(
            hours=making.hours,
            seed=making.seed,
            folder=making.out,
            workers=making,
            on_take=on_take,
            performance=making.performance,
            kokoro_share=0.0 if making.without_kokoro else making.kokoro_share,
        )
    from training.corpus.production.recorded_corpus import make_recorded_corpus

    return make_recorded_corpus(
        making.speech,
        seed=making.seed,
        folder=making.out,
        workers=making,
        performances=making.performances,
        hold_out_last=making.hold_out_last,
        on_take=on_take,
    )


def _lines(said: object) -> list[str]:
    return [str(line) for line in said] if is_list(said) else []


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    program = "python -m training.corpus"
    try:
        match given[:1]:
            case ["report"]:
                write_report(tyro.cli(Reporting, args=given[1:], prog=f"{program} report"))
            case ["preview"]:
                write_previews(tyro.cli(Previewing, args=given[1:], prog=f"{program} preview"))
            case ["join"]:
                write_joined(tyro.cli(Joining, args=given[1:], prog=f"{program} join"))
            case ["sheet"]:
                write_sheet(tyro.cli(Sheeting, args=given[1:], prog=f"{program} sheet"))
            case _:
                run(tyro.cli(Making, args=given, prog=program))
    except (KeyboardInterrupt, Cancelled):
        return 130
    except ExgesError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
