"""XML as transcripts need it: parsed without entities of its own making, faults named with their line."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from exges_core.errors import TranscriptError, message

_DECLARES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def parsed_xml(text: str, where: str) -> ElementTree.Element:
    """Return the root element.

    Raises:
        TranscriptError: with the line, if it is not well-formed or declares entities, which could be made to swell.
    """
    declared = _DECLARES.search(text)
    if declared is not None:
        line = text[: declared.start()].count("\n") + 1
        raise refused_xml("XML without declarations of its own", declared[0], f"{where}:{line}", "Remove them.")
    body = without_declaration(text)
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - nothing can be declared in it
    except ElementTree.ParseError as error:
        line = error.position[0] + text[: len(text) - len(body)].count("\n")
        raise refused_xml("well-formed XML", str(error), f"{where}:{line}", "Save it again.") from error


def without_declaration(text: str) -> str:
    """Leave out `<?xml ...?>`: what is text by now is no longer in the encoding that it names."""
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)


def root_name(text: str) -> str:
    """Return the name of the root element without its namespace, "" where there is none."""
    found = re.search(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)", text)
    return found[1] if found else ""


def refused_xml(expected: str, got: str, where: str, do: str) -> TranscriptError:
    """Return the error for an XML file that cannot be used."""
    return TranscriptError(message(expected=expected, got=got, where=where, do=do))
