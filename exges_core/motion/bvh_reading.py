"""The grammar of BVH: a file's lines -> joints, End Sites, header and motion table, or the line that is wrong.

Takes what is found in the wild; what the numbers mean is `bvh`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from exges_core.arrays import Array
from exges_core.errors import SkeletonError, message
from exges_core.motion.bvh_names import BLANK, shown_names

MOST_NUMBER = 1e9
"""No offset, place or angle is greater: a thousand kilometres in millimetres. NaN is not less, either."""
ADVICE = "Export the motion again as BVH."
_BRACE = re.compile("([{}])")
_JOINT_LINE = re.compile(rf"[{BLANK}]*(ROOT|JOINT)[{BLANK}]+(.*?)[{BLANK}]*$", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile("[\udc81-\udc9f\udce0-\udcfe][\x40-\x7e\udc80-\udcfe]")
"""A letter of two bytes, as Shift-JIS and GBK write them: the second may be a brace."""
_SHIELD = {ord("{"): "\ue07b", ord("}"): "\ue07d"}
_SHIELDED_OPENING = re.compile(rf"\ue07b(?=[{BLANK}]|$)")
_UNSHIELD = {ord(away): chr(brace) for brace, away in _SHIELD.items()}


@dataclass(kw_only=True)
class Joint:
    """A joint while the hierarchy is being read: its name as bytes are (see `bvh_names`), and where it stands."""

    name: str
    parent: int
    line: int
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    channels: list[str] = field(default_factory=list)


class Reader:
    """Reads one file line by line and knows where it is."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.lines = re.split(r"\r\n|\r|\n", text)
        if self.lines[-1] == "":
            self.lines.pop()
        self.line = 0
        self.joints: list[Joint] = []
        self.end_sites: list[tuple[int, tuple[float, float, float]]] = []

    def wrong(self, expected: str, got: str, line: int | None = None) -> SkeletonError:
        """Return the error for the present line, or for another one (counted from 1)."""
        number = self.line if line is None else line
        return SkeletonError(message(expected=expected, got=got, where=f"{self.where}, line {number}", do=ADVICE))

    def statements(self) -> Iterator[list[str]]:
        """Yield the words of each line, a joint's name as one; a brace is a statement of its own."""
        while self.line < len(self.lines):
            text = self.lines[self.line]
            self.line += 1
            for part in _BRACE.split(self._shielded(text)):
                joint = _JOINT_LINE.match(part)
                if joint is not None:
                    yield [joint[1], joint[2].translate(_UNSHIELD)]
                elif words := part.split():
                    yield words
        self.line = len(self.lines)

    def _shielded(self, text: str) -> str:
        """Return a line whose braces that are the second half of an East Asian letter are set aside.

        At the end of a name it may be the brace it looks like after a Western letter: then no other one follows.
        """
        shielded = _PAIR.sub(lambda pair: pair[0].translate(_SHIELD), text)
        found = _SHIELDED_OPENING.search(shielded)
        if found is None:
            return shielded
        rest = shielded[found.end() :].strip()
        following = rest or next((line for each in self.lines[self.line :] if (line := each.strip())), "")
        return shielded if following.startswith("{") else f"{shielded[: found.start()]}{{{shielded[found.end() :]}"

    def numbers(self, words: list[str], count: int, what: str) -> tuple[float, ...]:
        """Return exactly `count` finite numbers."""
        try:
            values = tuple(float(word) for word in words)
        except ValueError:
            values = ()
        if len(values) != count or not (np.abs(values) <= MOST_NUMBER).all():
            raise self.wrong(f"{count} numbers for {what}", repr(" ".join(words)))
        return values

    def channels(self, words: list[str]) -> list[str]:
        """Return channel names as 'Xp', 'Zr', ... (axis and kind)."""
        count, names = words[1:2], [word.lower() for word in words[2:]]
        kinds = [f"{name[0].upper()}{name[1]}" for name in names if name[1:] in ("position", "rotation")]
        is_valid = len(kinds) == len(names) == len(set(kinds)) and all(kind[0] in "XYZ" for kind in kinds)
        if count != [str(len(names))] or not is_valid:
            raise self.wrong("CHANNELS, their count and names like Xposition or Zrotation", repr(" ".join(words)))
        return kinds

    def hierarchy(self) -> None:
        """Read up to and including the line MOTION."""
        statements = self.statements()
        if [word.upper() for word in next(statements, list[str]())] != ["HIERARCHY"]:
            begins = next((line.strip()[:40] for line in self.lines if line.strip()), "")
            got = "binary data" if "\0" in begins else repr(begins) if begins else "an empty file"
            raise self.wrong("the word HIERARCHY first", got)
        # What is open: the index of a joint, or None for an End Site. `pending` waits for its brace.
        open_blocks: list[int | None] = []
        pending: int | str | None = "nothing"
        for words in statements:
            keyword = words[0].upper()
            if pending != "nothing" and keyword != "{":
                raise self.wrong("an opening brace", repr(" ".join(words)))
            if keyword == "MOTION":
                if open_blocks or not self.joints:
                    raise self.wrong("a closed hierarchy with a root", f"MOTION with {len(open_blocks)} open braces")
                return self._require_names()
            if keyword in ("ROOT", "JOINT", "END"):
                pending = self._begin(keyword, words, open_blocks)
            elif keyword == "{":
                if isinstance(pending, str):
                    raise self.wrong("ROOT, JOINT or End Site before a brace", "{")
                open_blocks.append(pending)
                pending = "nothing"
            elif keyword == "}":
                if not open_blocks:
                    raise self.wrong("as many closing braces as opening ones", "one more")
                open_blocks.pop()
            else:
                self._property(keyword, words, open_blocks)
        raise self.wrong("the word MOTION", "the end of the file")

    def _require_names(self) -> None:
        """Make sure that no two joints have one name: nobody could say which is meant."""
        lines: dict[str, int] = {}
        twice: list[tuple[Joint, int]] = []
        for joint in self.joints:
            if joint.name in lines:
                twice.append((joint, lines[joint.name]))
            lines.setdefault(joint.name, joint.line)
        if not twice:
            return
        joint, line = twice[0]
        more = f" (and {len(twice) - 1} more names twice)" if twice[1:] else ""
        (name,) = shown_names([joint.name])
        got = f"{name!r} in line {line} and again in line {joint.line}{more}"
        do = "Give each its own, such as LeftArm and RightArm, and export again."
        raise SkeletonError(message(expected="joint names that all differ", got=got, where=self.where, do=do))

    def _begin(self, keyword: str, words: list[str], open_blocks: list[int | None]) -> int | None:
        """Note a new joint or End Site; return its index (None for an End Site)."""
        parent = open_blocks[-1] if open_blocks else -1
        is_root = keyword == "ROOT"
        if parent is None or is_root != (parent == -1) or (is_root and self.joints):
            raise self.wrong("one ROOT, and JOINTs and End Sites inside it", repr(" ".join(words)))
        if keyword == "END":
            return None
        if len(words) < 2:
            raise self.wrong(f"a name after {keyword}", "none")
        self.joints.append(Joint(name=words[1], parent=parent, line=self.line))
        return len(self.joints) - 1

    def _property(self, keyword: str, words: list[str], open_blocks: list[int | None]) -> None:
        """Read OFFSET or CHANNELS of what is open."""
        if keyword not in ("OFFSET", "CHANNELS") or not open_blocks:
            raise self.wrong("ROOT, JOINT, End Site, OFFSET, CHANNELS or a brace", repr(" ".join(words)[:60]))
        current = open_blocks[-1]
        if keyword == "OFFSET":
            x, y, z = self.numbers(words[1:], 3, "OFFSET")
            if current is not None:
                self.joints[current].offset = (x, y, z)
            else:
                parent = next(block for block in reversed(open_blocks) if block is not None)
                self.end_sites.append((parent, (x, y, z)))
        elif current is not None:
            self.joints[current].channels = self.channels(words)

    def header(self) -> tuple[int, float]:
        """Read the lines Frames and Frame Time; return the frame count and the frame time in seconds."""
        statements = self.statements()
        values: list[float] = []
        for keyword in ("FRAMES", "FRAMETIME"):
            words = next(statements, list[str]())
            name, colon, number = " ".join(words).partition(":")
            if name.replace(" ", "").upper() != keyword or not colon:
                raise self.wrong("'Frames:' and then 'Frame Time:' after MOTION", repr(" ".join(words)[:60]))
            values.extend(self.numbers(number.split(), 1, keyword))
        frames, frame_time_s = values
        if frames < 0 or frames != int(frames) or frame_time_s <= 0:
            raise self.wrong("a whole number of frames and a positive frame time", f"{frames:g} and {frame_time_s:g}")
        return int(frames), frame_time_s

    def values(self, frames: int, width: int) -> Array:
        """Return the motion table, frames x channels.

        Reads everything at once; only when that does not fit are the lines searched for the culprit.
        """
        body = self.lines[self.line :]
        try:
            table = np.array(" ".join(body).split(), dtype=np.float64)
        except ValueError:
            table = np.full(1, np.nan)
        if not width and frames:
            raise self.wrong("CHANNELS of at least one joint", f"none, and {frames} frames")
        if table.size == frames * width and (np.abs(table) <= MOST_NUMBER).all():
            return table.reshape(frames, width)
        count = 0
        for number, text in enumerate(body, start=self.line + 1):
            words = text.split()
            self.line = number
            if words:
                self.numbers(words, width, "one frame, one per channel")
                count += 1
        raise self.wrong(f"{frames} frames, as 'Frames:' says", f"{count}")
