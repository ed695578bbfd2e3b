"""The error tree: everything this project raises on purpose.

    ExgesError
    ├── InputError (also ValueError)      what a person gave us cannot be used: exit code 2
    │   ├── AudioError                    a sound file
    │   ├── TranscriptError               a transcript
    │   ├── SkeletonError                 joints, motion files, rotations
    │   ├── ControlError                  keys and masks
    │   ├── LibraryError                  a motion base on disk
    │   └── RigMatchError                 a target rig
    ├── CheckpointError                   a weights file: exit code 2
    ├── OutputError                       a result that could not be written (disk full, no permission): exit code 2
    ├── WorkerError                       the worker process: died, wrong version, bad message
    └── Cancelled                         the user stopped it: exit code 130

A message says what was expected, what was found, where, and what to do next (`message` puts them in order). Raise at
the border, trust inside. Nothing else may live here.
"""


class ExgesError(Exception):
    """Base of every error that ExGes raises on purpose."""


class InputError(ExgesError, ValueError):
    """An input that cannot be used as given."""


class AudioError(InputError):
    """A sound file that cannot be read or used."""


class TranscriptError(InputError):
    """A transcript that cannot be read or does not fit the speech."""


class SkeletonError(InputError):
    """Joints, rotations or a motion file that do not fit the canonical body."""


class ControlError(InputError):
    """A key or mask that cannot be obeyed."""


class LibraryError(InputError):
    """A motion base that cannot be opened, built or extended."""


class RigMatchError(InputError):
    """A target rig on which required bones were not found."""


class CheckpointError(ExgesError):
    """A weights file that is missing, damaged or of another version."""


class OutputError(ExgesError):
    """A result that could not be written."""


class WorkerError(ExgesError):
    """The worker process died, is of another version or sent what is not a message."""


class Cancelled(ExgesError):
    """The user asked to stop."""


def message(*, expected: str, got: str, where: str, do: str) -> str:
    """Compose one line: what was expected, what was found, where, and what to do; names from files may have more."""
    return "\\n".join(f"{where}: expected {expected}, got {got}. {do}".splitlines())
