"""Names of joints in any encoding: shown as people wrote them, written back byte for byte; and never two alike."""

from pathlib import Path

import pytest

from exges_core.errors import SkeletonError
from exges_core.motion.bvh import read_bvh, write_motion
from exges_core.motion.bvh_names import bytes_of, shown_names

FRENCH = ("Hanche", "Tête", "Épaule_G", "Épaule_D", "Poignet_G")
JAPANESE = ("センター", "上半身", "ボーン", "右腕", "左ひじ", "マ")
"""In Shift-JIS, ボ ends with the byte of an opening brace, マ with that of a closing one."""
RUSSIAN = ("Таз", "Голова", "ЛевоеПлечо")
KOREAN = ("엉덩이", "머리", "왼팔")
CHINESE = ("骨盆", "头", "左臂", "右腿")
GERMAN = ("Hüfte", "Schlüsselbein", "Fuß")


def hierarchy(names: tuple[bytes, ...], *, opening: bytes = b"\n{\n", ends: bytes = b"\n") -> bytes:
    """Return a chain of joints as a file, each with three rotations."""
    channels = b"OFFSET 0 1 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
    text = b"HIERARCHY\nROOT " + names[0] + opening + channels
    for name in names[1:]:
        text += b"JOINT " + name + opening + channels
    text += b"End Site\n{\nOFFSET 0 1 0\n}\n" + b"}\n" * len(names)
    return (text + b"MOTION\nFrames: 1\nFrame Time: 0.04\n" + b"0 0 0 " * len(names) + b"\n").replace(b"\n", ends)


def read(path: Path, data: bytes) -> tuple[str, ...]:
    path.write_bytes(data)
    return read_bvh(path).names


def joint_lines(path: Path) -> list[bytes]:
    lines = [line.strip(b" \t\r") for line in path.read_bytes().split(b"\n")]
    return [line for line in lines if line.startswith((b"ROOT", b"JOINT"))]


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (FRENCH, "cp1252"),
        (GERMAN, "latin-1"),
        (FRENCH, "utf-8"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "utf-8"),
        (RUSSIAN, "cp1251"),
        (KOREAN, "euc_kr"),
        (CHINESE, "gbk"),
    ],
)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_names_are_shown_and_come_back_byte_for_byte(
    tmp_path: Path, names: tuple[str, ...], encoding: str, ends: bytes
) -> None:
    raw = tuple(name.encode(encoding) for name in names)
    assert read(tmp_path / "in.bvh", hierarchy(raw, ends=ends)) == names
    write_motion(tmp_path / "out.bvh", read_bvh(tmp_path / "in.bvh"))
    assert joint_lines(tmp_path / "out.bvh") == [b"ROOT " + raw[0], *(b"JOINT " + each for each in raw[1:])]


def test_one_file_may_mix_encodings(tmp_path: Path) -> None:
    raw = ("Tête".encode("cp1252"), "Épaule".encode(), b"Hips", "Main gauche\u3000".encode())
    assert read(tmp_path / "in.bvh", hierarchy(raw)) == ("Tête", "Épaule", "Hips", "Main gauche\u3000")
    write_motion(tmp_path / "out.bvh", read_bvh(tmp_path / "in.bvh"))
    assert joint_lines(tmp_path / "out.bvh")[0] == b"ROOT " + raw[0]
    assert joint_lines(tmp_path / "out.bvh")[3] == b"JOINT " + raw[3]


def test_blanks_inside_a_name_stay(tmp_path: Path) -> None:
    raw = (b"Bip01  Pelvis", b"Bip01\tL  Thigh")
    assert read(tmp_path / "in.bvh", hierarchy(raw)) == ("Bip01  Pelvis", "Bip01\tL  Thigh")
    write_motion(tmp_path / "out.bvh", read_bvh(tmp_path / "in.bvh"))
    assert joint_lines(tmp_path / "out.bvh") == [b"ROOT " + raw[0], b"JOINT " + raw[1]]


@pytest.mark.parametrize("opening", [b" {\n", b"{\n", b"\n{\n", b"{ "])
def test_braces_stay_braces_after_western_letters(tmp_path: Path, opening: bytes) -> None:
    raw = ("Clavicule é".encode("cp1252"), "Clé".encode("cp1252"))
    assert read(tmp_path / "in.bvh", hierarchy(raw, opening=opening)) == ("Clavicule é", "Clé")


def test_utf_16_behind_its_mark_is_read(tmp_path: Path) -> None:
    data = hierarchy(tuple(name.encode() for name in FRENCH)).decode().encode("utf-16")
    assert read(tmp_path / "in.bvh", data) == FRENCH


def test_shown_names_hold_no_broken_letters() -> None:
    broken = tuple(bytes([byte]).decode("utf-8", "surrogateescape") for byte in range(0x80, 0x100))
    for name, shown in zip(broken, shown_names(broken), strict=True):
        shown.encode("utf-8")
        assert bytes_of(name) != shown.encode("utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_two_joints_of_one_name_are_told_with_both_lines(tmp_path: Path, encoding: str) -> None:
    raw = tuple(name.encode(encoding) for name in ("Hips", "Épaule", "Bras", "Épaule", "Bras"))
    with pytest.raises(SkeletonError) as caught:
        read(tmp_path / "twice.bvh", hierarchy(raw))
    assert str(caught.value) == (
        f"{tmp_path / 'twice.bvh'}: expected joint names that all differ, got 'Épaule' in line 6 and again in line 14 "
        "(and 1 more names twice). Give each its own, such as LeftArm and RightArm, and export again."
    )
