"""What base.json must be before a name or number of it is used: somebody else may have written it.

Names may not lead out of the folder. Pure: what is wrong comes out in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from exges_core.json_lines import is_list, is_object, shown

_SHARD, _INDEX, _FILE = r"shard-\d{1,9}", r"index-\d{1,9}\.faiss", r"[A-Za-z0-9_-]{1,60}\.(?:npy|json)"


def fault_in(record: Mapping[str, object]) -> str | None:
    """Return what is wrong with base.json's content, or None."""
    model, shards, index = record["model"], record["shards"], record["index"]
    if not is_object(model) or not all(isinstance(model.get(name), str) for name in ("name", "sha256")):
        return f"a model {shown(model)}"
    if not is_list(shards) or not shards:
        return f"shards {shown(shards)}"
    wrong = next((each for each in map(_fault_in_shard, shards) if each is not None), None)
    if wrong is None and index is not None and not (is_object(index) and _is_index(index)):
        return f"an index {shown(index)}"
    return None if wrong is None else f"a shard with {wrong}"


def _fault_in_shard(shard: object) -> str | None:
    """Return what is wrong with the record of a shard, or None."""
    if not is_object(shard):
        return f"the record {shown(shard)}"
    name, files, clips = shard.get("name"), shard.get("files"), shard.get("clips", 0)
    if not isinstance(name, str) or not re.fullmatch(_SHARD, name):
        return f"the name {shown(name)}"
    if not is_object(files) or not all(re.fullmatch(_FILE, each) and _is_count(files[each]) for each in files):
        return f"the files {shown(files)}"
    if not _is_count(clips):
        return f"the number of clips {shown(clips)}"
    if not isinstance(shard.get("licence"), str) or not is_object(shard.get("provenance")):
        return f"the licence {shown(shard.get('licence'))} or provenance {shown(shard.get('provenance'))}"
    return None


def _is_index(index: Mapping[str, object]) -> bool:
    name = index.get("name")
    is_named = isinstance(name, str) and re.fullmatch(_INDEX, name) is not None
    return is_named and all(_is_count(index.get(each, 0)) for each in ("segments", "bytes"))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
