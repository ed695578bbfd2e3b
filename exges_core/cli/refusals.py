"""Wrong arguments as one line: what tyro draws as a box of several is read back and said as every other refusal is.

Only the text of its boxes is relied on; what is none of the known sentences is told as it stands.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from exges_core.errors import InputError, message

COMMANDS = {
    **dict.fromkeys(("generate", "idle", "mirror", "segment", "score"), ()),
    "library": ("build", "add", "copy", "info", "search"),
    "rig": (),
    "batch": (),
    "models": ("list", "get", "path"),
    **dict.fromkeys(("serve", "demo", "doctor"), ()),
}
"""Every command, with the commands below it."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CORNERS = ("╭", "╰")
_KINDS = (
    ("tuple[float, float]", "two numbers"),
    ("invalid literal for int", "a whole number"),
    ("could not convert string to float", "a number"),
)


def refusal(box: str, arguments: Sequence[str]) -> InputError:
    """Return what tyro drew as an error of one line.

    Args:
        box: what it wrote to standard error.
        arguments: of the command line.
    """
    asked = _asked(arguments)
    where = " ".join(("exges", *asked))
    below = COMMANDS.get(asked[0], ()) if asked else tuple(COMMANDS)
    if below and len(asked) < 2:  # a command is missing, or is none
        given = next((each for each in arguments[len(asked) :] if not each.startswith("-")), None)
        near = difflib.get_close_matches(given or "", below, n=1)
        do = f"Did you mean {near[0]}?" if near else f"{where} --help tells what they do."
        got = "none" if given is None else repr(given)
        return InputError(message(expected=f"one of {', '.join(below)}", got=got, where=where, do=do))
    sections = [*_sections(box), [""], [""]]
    expected, got, option = _told(sections[0])
    do = f"{_hint(sections[1], got)}{where} --help lists all options."
    return InputError(message(expected=expected, got=got, where=f"{where} {option}".strip(), do=do))


def _asked(arguments: Sequence[str]) -> Sequence[str]:
    """Return the command that arguments begin with, and the one below it."""
    if arguments[:1] and arguments[0] in COMMANDS:
        return arguments[:2] if arguments[1:2] and arguments[1] in COMMANDS[arguments[0]] else arguments[:1]
    return ()


def _sections(box: str) -> Iterator[list[str]]:
    """Yield the lines between a box's rules; its frame is drawn or, for other terminals, of blanks and a title."""
    lines: list[str] = []
    for line in _COLOUR.sub("", box).splitlines():
        if line[:1] in _CORNERS:
            continue
        inside = line.strip("│")
        if inside.strip() and not inside.strip(" ─-"):
            if lines != [] or line.startswith(("│", "  ")):
                yield lines
            lines = []
        elif line.startswith(("│", "  ")):
            lines.append(inside[1 if line.startswith("│") else 2 :].rstrip())
    yield lines


def _listed(lines: Sequence[str]) -> Iterator[str]:
    """Yield the options that a section lists, by their longest names: indented by four, their helps by more."""
    for line in lines:
        if re.match(r" {4}\S", line):
            yield max(re.findall(r"--[\w-]+", line) or [line.strip()], key=len)


def _hint(lines: Sequence[str], got: str) -> str:
    """Return what may have been meant, of a section that lists options alike."""
    if "you meant" not in lines[0]:
        return ""
    near = [*dict.fromkeys(_listed(lines))]
    if near[:1] and near[0] in got.split(", "):
        homes = dict.fromkeys(re.findall(r"in (exges [a-z ]+?) --help", " ".join(lines)))
        return f"{near[0]} belongs to {' and '.join(homes)}. " if homes else ""
    return f"Did you mean {' or '.join(near)}? " if near else ""


def _told(lines: Sequence[str]) -> tuple[str, str, str]:
    """Return what was expected, what was found and at which option, of a section's lines."""
    text = " ".join(line.strip() for line in lines).strip()
    if text.startswith("Missing from"):
        return " and ".join(_listed(lines)), "nothing", ""
    if found := re.match(r"Missing value for argument '(--.+?)'\. Expected (\d+) values?", text):
        return f"{found[2]} value{'s' * (found[2] != '1')}", "fewer", found[1]
    if found := re.match(r"Missing value for argument '(.+?)'", text):
        return found[1].upper(), "nothing", ""
    if found := re.match(r"invalid choice (.+) for argument '(.+?)'\. Expected one of \((.+)\)\.$", text):
        choices = sorted(each.strip(" '") for each in found[3].split(","))
        return f"one of {', '.join(each for each in choices if each != 'None')}", found[1], found[2]
    if found := re.match(r"Error parsing (\S+): (.+)$", text):
        return *_wrong_value(found[2]), found[1]
    if found := re.match(r"Unrecognized (?:or misplaced )?options: (.+)$", text):
        tokens = re.findall(r"(\S+) \(applied to [^)]*\)", found[1]) or [each.strip() for each in found[1].split(",")]
        return "options and files that it takes", ", ".join(tokens), ""
    return "arguments that fit", text or "others", ""


def _wrong_value(text: str) -> tuple[str, str]:
    """Return what value was expected and which was found, of what tyro says of one that it cannot read."""
    values = re.search(r"from \[(.+?)\]|: ('[^']*')$", text)
    count = re.search(r"expected argument count (\d+)", text)
    kind = next((kind for sign, kind in _KINDS if sign in text), "another value")
    return f"{count[1]} numbers" if count else kind, (values[1] or values[2]) if values else text
