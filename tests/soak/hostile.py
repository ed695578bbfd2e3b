"""Inputs that somebody made to do harm, or that came to harm: from a whole sample, by a seed, the same ones again."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import random
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from soak.samples import Sample, Samples

Way = Callable[[bytes, random.Random], bytes]
CANARY = "exges-canary"
_SIZES = (0, 1, -1, 127, 255, 65_535, 2**31 - 1, 2**31, 2**32 - 1, 10**9, 10 * 2**30, 2**63 - 1, 2**64 - 1)
_NUMBERS = (
    *("0", "-1", "-0.0", "1e308", "-1e308", "1e-308", "1e400", "nan", "inf", "-inf", "NaN", "Infinity", "0x10", "1_0"),
    *("10000000000", "99999999999999999999", "9" * 400, "9" * 5000, "", "1e9", "3600000000", "0.1.2", "\u0663", "1e5"),
)
_TEXTS = (
    *("", " ", "\0", "\n", "\x1b[31m", "../../../../etc/passwd", "/etc/passwd", "C:\\x", "~", "a" * 70_000, "\ufeff"),
    *("\ud800", "\u202e", "\N{SNOWMAN}", "%s%n", "{0}", "$(touch x)", "__class__", "NaN", "\u3000", "nul"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.5, -0.0, 10**9, 10**12, 2**63, 10**400, 1e308, 1e-308, float("nan"), float("inf")),
    *([], {}, [[]], [None], {"": None}, "x", [1, 2, 3, 4], [float("nan")] * 4, [1e308] * 4, [0] * 4, *_TEXTS),
)


class _Pickled:
    """What runs when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, ...]]:
        return os.mkdir, (CANARY,)


def made(samples: Samples, kind: str, dice: random.Random) -> tuple[Sample, str]:
    """Return an input of a kind, and in a word how it was made."""
    sample = dice.choice(samples.of(kind))
    name = dice.choice([*sample.files]) if dice.random() < 0.7 else sample.main
    name = name if name in sample.files else dice.choice([*sample.files])
    content, ways = sample.files[name], ways_for(sample.files[name])
    said: list[str] = []
    for _ in range(1 if dice.random() < 0.7 else dice.randint(2, 4)):
        way = dice.choice(ways)
        said.append(way.__name__)
        content = _tried(way, content, dice) if content else dice.randbytes(dice.randint(0, 2000))
        if len(content) > 3_000_000:
            break
    if dice.random() < 0.03:
        other = dice.choice(samples.of(dice.choice(samples.kinds)))
        content, said = dice.choice([*other.files.values()]), [f"as {other.main}"]
    files = {**sample.files, name: content}
    if sample.mend is not None and dice.random() < 0.8:
        with contextlib.suppress(Exception):  # too hostile by now to be mended
            files = sample.mend(files, dice)
    return Sample(files=files, main=sample.main), f"{name}: {', '.join(said)}"


def _tried(way: Way, content: bytes, dice: random.Random) -> bytes:
    """Go one way; a file that is too hostile by now for that gets other bits."""
    try:
        return way(content, dice)
    except Exception:  # noqa: BLE001 - NumPy, zipfile and JSON have a dozen ways to say that something is damaged
        return flipped(content, dice)


def ways_for(content: bytes) -> list[Way]:
    """Return how a file of this content may be made hostile; its structure more often than its bytes."""
    ways: list[Way] = [flipped, cut, sized, spliced, made_up]
    if content[:2] == b"PK":
        return [*ways, *[members] * 4, bomb]
    if content[:6] == b"\x93NUMPY":
        return [*ways, *[array] * 5]
    if content[8:9] == b"{" and len(content) > 16:
        return [*ways, *[tensors] * 6]
    if content[:4] in (b"RIFF", b"FORM", b"fLaC", b"OggS", b"caff", b".snd", b"RF64", b"riff", b"ID3\x04"):
        return [*ways, *[header] * 4]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return [*ways, *[header] * 2]
    ways = [*ways, *[numbers, words, lines] * 3, nested, encoded, long]
    return [*ways, *[values] * 12] if text.lstrip()[:1] in ("{", "[") else ways


def flipped(content: bytes, dice: random.Random) -> bytes:
    """Bits."""
    data = bytearray(content)
    for _ in range(dice.choice((1, 3, 30))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def cut(content: bytes, dice: random.Random) -> bytes:
    """A file that broke off."""
    return content[: dice.randrange(len(content))] + bytes(dice.choice((0, 0, 1000)))


def sized(content: bytes, dice: random.Random) -> bytes:
    """A whole number somewhere that is none of its sizes."""
    data, form = bytearray(content), dice.choice("<>") + dice.choice("HIQ")
    size = struct.calcsize(form)
    at = dice.randrange(max(1, min(len(data), dice.choice((64, 512, len(data)))) - size))
    data[at : at + size] = struct.pack(form, dice.choice(_SIZES) % 2 ** (8 * size))
    return bytes(data)


def header(content: bytes, dice: random.Random) -> bytes:
    """The first bytes, where formats state their sizes."""
    for _ in range(dice.randint(1, 3)):
        content = sized(content[:80], dice) + content[80:]
    return content


def spliced(content: bytes, dice: random.Random) -> bytes:
    """A part twice, gone, or elsewhere."""
    first, second = sorted(dice.randrange(len(content) + 1) for _ in range(2))
    part = content[first:second]
    if dice.random() < 0.4:
        return content[:first] + content[second:]
    at = dice.randrange(len(content) + 1)
    return content[:at] + part * dice.choice((1, 2, 50 if len(part) < 20_000 else 1)) + content[at:]


def made_up(content: bytes, dice: random.Random) -> bytes:
    """Noise behind a beginning that is right."""
    return content[: dice.choice((0, 4, 12, 44, 200))] + dice.randbytes(dice.choice((0, 10, 3000)))


def numbers(content: bytes, dice: random.Random) -> bytes:
    """Other numbers in a text."""
    return _replaced(content, dice, r"-?\d+(?:\.\d+)?", _NUMBERS)


def words(content: bytes, dice: random.Random) -> bytes:
    """Other words in a text."""
    return _replaced(content, dice, r"[A-Za-z_]+", _TEXTS)


def _replaced(content: bytes, dice: random.Random, pattern: str, others: tuple[str, ...]) -> bytes:
    text = content.decode("utf-8", errors="surrogateescape")
    places = list(re.finditer(pattern, text))
    for place in sorted(dice.sample(places, min(len(places), dice.choice((1, 1, 4)))), key=lambda each: -each.start()):
        text = text[: place.start()] + dice.choice(others) + text[place.end() :]
    return text.encode("utf-8", errors="surrogatepass" if "\ud800" in text else "surrogateescape")


def lines(content: bytes, dice: random.Random) -> bytes:
    """Lines twice, gone, in another order, or many times."""
    parts = content.split(b"\n")
    at = dice.randrange(len(parts))
    way = dice.randrange(4)
    if way == 0:
        del parts[at]
    elif way == 1:
        parts.insert(dice.randrange(len(parts) + 1), parts[at])
    elif way == 2:
        dice.shuffle(parts)
    else:
        parts[at:at] = parts[at : at + 3] * dice.choice((10, 300))
    return b"\n".join(parts)


def nested(_content: bytes, dice: random.Random) -> bytes:
    """Brackets in brackets."""
    depth = dice.choice((50, 1200, 200_000))
    start, middle, end = dice.choice(
        ((b"[", b"", b"]"), (b'{"words":', b"1", b"}"), (b'{"keys":[', b"", b"]}"), (b"<a>", b"", b"</a>"))
    )
    return start * depth + middle + (end * depth if dice.random() < 0.8 else b"")


def encoded(content: bytes, dice: random.Random) -> bytes:
    """Another encoding."""
    text = content.decode("utf-8", errors="replace")
    return text.encode(dice.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037", "utf-7")), errors="replace")


def long(content: bytes, dice: random.Random) -> bytes:
    """One very long line, or many empty ones."""
    at = dice.randrange(len(content) + 1)
    return (
        content[:at]
        + dice.choice((b"a", b" ", b"\n", b"0", b"{", b'"', b"<", b"(", b"1:", b"-")) * 200_000
        + content[at:]
    )


def values(content: bytes, dice: random.Random) -> bytes:
    """Other values, names twice, names gone, in JSON or in lines of it."""
    text = content.decode("utf-8", errors="surrogateescape")
    try:
        return _json(_changed(json.loads(text), dice))
    except ValueError:
        parts = text.split("\n")
    at = dice.randrange(len(parts))
    try:
        parts[at] = _json(_changed(json.loads(parts[at]), dice)).decode("utf-8", errors="surrogateescape")
    except ValueError:
        parts[at] = dice.choice(_TEXTS)
    return "\n".join(parts).encode("utf-8", errors="replace" if "\ud800" in "".join(parts) else "surrogateescape")


def _json(value: object) -> bytes:
    """Write JSON; a surrogate is an escape then, which is legal in a file."""
    return json.dumps(value).encode("utf-8")


def _changed(value: Any, dice: random.Random) -> Any:
    """Return a value with something else somewhere in it."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice([*value])
        way = dice.random()
        if way < 0.1:
            return {name: each for name, each in value.items() if name != key}
        if way < 0.17:
            return {**value, dice.choice(_TEXTS): dice.choice(_VALUES)}
        return {**value, key: _changed(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.85:
        at = dice.randrange(len(value))
        if dice.random() < 0.1:
            return [*value[:at], *value[at + 1 :]]
        return [*value[:at], _changed(value[at], dice), *value[at + 1 :]]
    return dice.choice(_VALUES)


def _npy(dice: random.Random, given: np.ndarray[Any, Any]) -> bytes:
    """Return an array's file: of objects, of another type or shape, or with a header that lies."""
    way, stream = dice.randrange(7), io.BytesIO()
    if way == 0:
        np.save(stream, np.array([_Pickled(), 1], dtype=object), allow_pickle=True)
    elif way == 1:
        shape = dice.choice(((10 * 2**30,), (2**62,), (10**6, 165), (2**31, 2**31), (10**9, 3), (0,), (-1, 3), (2, -5)))
        head = {"descr": dice.choice(("<f8", "|u1", given.dtype.str, "|O")), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, head)
        stream.write(given.tobytes()[:5000])
    elif way == 2:
        types = ("<i8", "<f2", "?", "<c16", "<U3", "S3", "<M8[s]", ">f4", "u1", [("a", "<f4")])
        with np.errstate(all="ignore"):
            np.save(stream, np.zeros(given.shape, dice.choice(types)))
    elif way == 3:
        shapes = ((), (0,), (1,), (0, 165), (3, 3, 3), (1, 0), (5,), (given.size,))
        np.save(stream, np.zeros(dice.choice(shapes), given.dtype))
    elif way == 4 and given.dtype.kind in "fiu" and given.size:
        changed = given.copy().reshape(-1)
        most = np.finfo(given.dtype).max if given.dtype.kind == "f" else np.iinfo(given.dtype).max
        odd = (np.nan, np.inf, -1, most, 10**9, -(10**9), 1e30) if given.dtype.kind == "f" else (most, 0, 10**9, 100)
        with np.errstate(all="ignore"):
            for _ in range(dice.choice((1, 1, 10))):
                changed[dice.randrange(len(changed))] = np.array(dice.choice(odd)).astype(given.dtype)
        np.save(stream, changed.reshape(given.shape))
    elif way == 5:
        stream.write(pickle.dumps(_Pickled()))
    else:
        np.save(stream, given)
        return sized(stream.getvalue(), dice)
    return stream.getvalue()


def _array_of(content: bytes) -> np.ndarray[Any, Any]:
    try:
        return np.load(io.BytesIO(content), allow_pickle=False)
    except Exception:  # noqa: BLE001 - as in `_tried`
        return np.zeros((3, 3))


def array(content: bytes, dice: random.Random) -> bytes:
    """An .npy."""
    return _npy(dice, _array_of(content))


def members(content: bytes, dice: random.Random) -> bytes:
    """A member of an archive: another array, other JSON, gone, twice, of a name that leads out."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(each.filename, archive.read(each)) for each in archive.infolist() if each.file_size < 1 << 22]
    at, way = dice.randrange(len(parts)), dice.random()
    name, data = parts[at]
    if way < 0.1:
        del parts[at]
    elif way < 0.2:
        parts.append((dice.choice(("../../evil.npy", "/tmp/evil.npy", name, "x" * 60_000, "")), data))
    elif name.endswith(".npy"):
        parts[at] = (name, _npy(dice, _array_of(data)))
    elif data:
        parts[at] = (name, dice.choice(ways_for(data))(data, dice))
    return _zipped(parts, zipfile.ZIP_STORED if dice.random() < 0.5 else zipfile.ZIP_DEFLATED)


def _zipped(parts: list[tuple[str, bytes]], how: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in parts:
            archive.writestr(zipfile.ZipInfo(name[:60_000]), data, how)
    return stream.getvalue()


def bomb(content: bytes, dice: random.Random) -> bytes:
    """A member that unpacks to hundreds of times its size: 3 GB of zeros, made once."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
    name = dice.choice(names or ["poses.npy"])
    return _renamed(_zeros("npy" if name.endswith(".npy") else "raw"), name)


@cache
def _zeros(key: str) -> bytes:
    """Return an archive of 2.5 GB of zeros; made once on a machine, for that takes seconds."""
    kept = Path(tempfile.gettempdir()).parents[1] / f"bomb-{key}.zip"
    if not kept.is_file():
        kept.write_bytes(_packed(key))
    return kept.read_bytes()


def _packed(key: str) -> bytes:
    stream, head = io.BytesIO(), io.BytesIO()
    rows = 5 * 2**29 // (165 * 8)
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (rows, 165)})
    archive = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9)
    with archive, archive.open("NAME", "w", force_zip64=True) as member:
        member.write(head.getvalue() if key == "npy" else b"[")
        for _ in range(5 * 2**9):
            member.write(bytes(2**20))
    return stream.getvalue()


def _renamed(archive: bytes, name: str) -> bytes:
    """Return a bomb under another name: a copy of its packed bytes, its headers written anew."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        (member,) = file.infolist()
        at = member.header_offset
    lengths = struct.unpack("<HH", archive[at + 26 : at + 30])
    start = at + 30 + sum(lengths)
    packed = archive[start : start + member.compress_size]
    extra = struct.pack("<HHQQ", 1, 16, member.file_size, member.compress_size)
    label = name.encode()
    local = struct.pack(
        "<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 8, 0, 33, member.CRC, 2**32 - 1, 2**32 - 1, len(label), len(extra)
    )
    directory = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        *(b"PK\1\2", 45, 45, 0, 8, 0, 33, member.CRC, 2**32 - 1, 2**32 - 1, len(label), len(extra), 0, 0, 0, 0, 0),
    )
    body = local + label + extra + packed
    entry = directory + label + extra
    return body + entry + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(body), 0)


def tensors(content: bytes, dice: random.Random) -> bytes:
    """A .safetensors: its header's JSON, or the JSON in it."""
    (size,) = struct.unpack("<Q", content[:8])
    head, body = json.loads(content[8 : 8 + size]), content[8 + size :]
    own = head["__metadata__"]
    key = dice.choice([*own])
    if dice.random() < 0.7 and own[key][:1] in "{[":
        head = {**head, "__metadata__": {**own, key: json.dumps(_changed(json.loads(own[key]), dice))}}
    elif dice.random() < 0.5:
        head, body = _other_tensor(head, body, dice)
    else:
        head = _changed(head, dice)
    written = json.dumps(head).encode()
    claimed = len(written) if dice.random() < 0.95 else dice.choice(_SIZES) % 2**64
    return struct.pack("<Q", claimed) + written + body


def _other_tensor(head: dict[str, Any], body: bytes, dice: random.Random) -> tuple[dict[str, Any], bytes]:
    """Return a whole file again in which one tensor is of another shape or type, its bytes those that fit."""
    names = [each for each in head if each != "__metadata__"]
    name, made, at, parts = dice.choice(names), dict(head), 0, list[bytes]()
    for each in sorted(names, key=lambda one: head[one]["data_offsets"]):
        start, stop = head[each]["data_offsets"]
        entry, data = dict(head[each]), body[start:stop]
        if each == name:
            entry["dtype"] = dice.choice(("F16", "F32", "F64", "I64", "BOOL", "BF16", "U8", entry["dtype"]))
            entry["shape"] = dice.choice(([], [0], [1], [3, 3], [2, 2, 2], [1, 29], entry["shape"]))
            width = {"F16": 2, "F32": 4, "F64": 8, "I64": 8, "BOOL": 1, "BF16": 2, "U8": 1}.get(entry["dtype"], 1)
            data = dice.randbytes(width * int(np.prod(entry["shape"], dtype=np.int64)))
        entry["data_offsets"] = [at, at + len(data)]
        made[each] = entry
        parts.append(data)
        at += len(data)
    return made, b"".join(parts)
