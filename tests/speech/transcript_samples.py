"""Small transcripts that the tests of this folder share."""

import json
from pathlib import Path
from typing import Any

from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Transcript


def read(tmp_path: Path, name: str, content: str | bytes | Any, **options: str) -> Transcript:
    path = tmp_path / name
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_transcript(path, **options)


def eaf(*tiers: str, slots: tuple[str | None, ...] = ("100", "300", "700", "1200", "1600")) -> str:
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{at}"' + (f' TIME_VALUE="{value}"/>' if value is not None else "/>")
        for at, value in enumerate(slots)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/>'
        f"<TIME_ORDER>{order}</TIME_ORDER>{''.join(tiers)}</ANNOTATION_DOCUMENT>"
    )


def eaf_tier(name: str, *rows: tuple[str, int, int], participant: str = "") -> str:
    body = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}{at}"'
        f' TIME_SLOT_REF1="ts{low}" TIME_SLOT_REF2="ts{high}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
        for at, (text, low, high) in enumerate(rows)
    )
    who = f' PARTICIPANT="{participant}"' if participant else ""
    return f'<TIER TIER_ID="{name}"{who}>{body}</TIER>'
