"""A small notation for bone trees, so that a family's fixture reads like its outliner.

    hand_<l|r> = *_wrist                 a bone and the joint it plays: part of the truth
      palm_<l|r> @ *_wrist>*_index1:0.3  a bone that plays no joint, on the way between two joints
      prop @ *_wrist+0.1,0,0             ... or off a joint, metres, in the joint's axes
      index_0#_<l|r> = *_index#          three bones in a row, 1..3
    a / b / c = j / k / l                a row of bones, each the child of the one before; children go to the last

Lines with <l|r> or * and what is below them stand for both sides, x mirrored; `floor` is the ground below the pelvis.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SIDES = ("left", "right")
_SIDED = re.compile(r"<([^|>]*)\|([^>]*)>")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A bone: where it is and what it plays."""

    name: str
    parent: int
    place: str
    joint: str | None


@dataclass(frozen=True, kw_only=True)
class _Line:
    depth: int
    text: str


def parse(text: str) -> tuple[Node, ...]:
    """Return the bones, parents first."""
    lines = [
        _Line(depth=len(raw) - len(raw.lstrip()), text=raw.strip())
        for raw in text.splitlines()
        if raw.strip() and not raw.strip().startswith(";")
    ]
    nodes: list[Node] = []
    _add(lines, -1, nodes)
    return tuple(nodes)


def _add(lines: list[_Line], parent: int, nodes: list[Node]) -> None:
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and lines[end].depth > lines[at].depth:
            end += 1
        block = lines[at:end]
        at = end
        if "<" in block[0].text or "*" in block[0].text:
            for side in range(2):
                _add([_Line(depth=line.depth, text=_on_side(line.text, side)) for line in block], parent, nodes)
        else:
            _add(block[1:], _add_row(block[0].text, parent, nodes), nodes)


def _on_side(text: str, side: int) -> str:
    text = _SIDED.sub(lambda found: found.group(side + 1), text).replace("*", SIDES[side])
    if side == 1:
        text = re.sub(r"\+(-?[\d.]+),", lambda found: f"+{-float(found.group(1))},", text)
    return text


def _add_row(text: str, parent: int, nodes: list[Node]) -> int:
    is_joint = " = " in text
    names, places = (part.split(" / ") for part in re.split(r" [=@] ", text, maxsplit=1))
    if "#" in names[0]:
        names = [names[0].replace("#", str(number)) for number in (1, 2, 3)]
    if "#" in places[0]:
        places = [places[0].replace("#", str(number)) for number in (1, 2, 3)]
    for name, place in zip(names, places, strict=True):
        nodes.append(
            Node(name=name.strip(), parent=parent, place=place.strip(), joint=place.strip() if is_joint else None)
        )
        parent = len(nodes) - 1
    return parent
