"""Control: what is known in advance about a motion, as one mask over its channels (paper 3.3, Eq. 8).

Seed frames, retrieved poses, an animator's keys and a frozen region around an edit are all observed entries of one
`Observed`. Arrays only (and the files of the command line's ``--controls``); no network.
"""

from exges_core.control.compose import RetrievedPose, compose
from exges_core.control.controls import Controls, Keys, Mask
from exges_core.control.edits import Kept, continue_after, freeze_outside, in_between, lead_into, place
from exges_core.control.files import read_controls, read_kept, read_posture
from exges_core.control.held import Held, read_held
from exges_core.control.masks import Key, Observed, combine, from_clip, from_keys, nothing
from exges_core.control.standing import Posture

__all__ = [
    "Controls",
    "Held",
    "Kept",
    "Key",
    "Keys",
    "Mask",
    "Observed",
    "Posture",
    "RetrievedPose",
    "combine",
    "compose",
    "continue_after",
    "freeze_outside",
    "from_clip",
    "from_keys",
    "in_between",
    "lead_into",
    "nothing",
    "place",
    "read_controls",
    "read_held",
    "read_kept",
    "read_posture",
]
