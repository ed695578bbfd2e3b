"""How far the engine's environment is: pip's output as it comes on fast, slow, cached and failing machines."""

import itertools
import math
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from blender_addon.engine.environment_builder import left_out, sizes, unpacking
from blender_addon.engine.environment_builder.meter import DOWNLOAD, INSTALL, TIME, Meter, Step
from blender_addon.engine.environment_builder.pip_output import DownloadReader

TORCH, OTHERS, UNPACKED = 192e6, 229e6, 4.4e9
PACKAGES = {"llvmlite": 60e6, "scipy": 35e6, "pocketsphinx": 29e6, "onnxruntime": 28e6, "faiss_cpu": 19e6}
PACKAGES |= {f"small{number}": 1e6 for number in range(58)}


@dataclass
class Machine:
    """A set-up on a machine of known speeds: time passes as pip's lines and the builder's ticks come."""

    download_rate: float
    install_rate: float
    venv_s: float = 2.6
    is_cached: bool = False
    has_torch: bool = False
    looks_s: float = 0.0
    packages: dict[str, float] = field(default_factory=lambda: PACKAGES)
    slows_at: float = math.inf
    now_s: float = 0.0
    told: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, **values: Any) -> None:
        self.told.append({"at_s": self.now_s, **values})

    def wait(self, seconds: float) -> None:
        """Let time pass with a tick a second, as the builder's thread has it."""
        until_s = self.now_s + seconds
        while math.floor(self.now_s) + 1.0 <= until_s:
            self.now_s = math.floor(self.now_s) + 1.0
            self.meter.tick()
        self.now_s = until_s

    def fetch(self, reader: DownloadReader, name: str, size: float) -> None:
        """Say what pip says for one package."""
        reader(f"Collecting {name}>=1.0")
        self.wait(self.looks_s)
        reader(f"  Downloading {name}-1.0-py3-none-any.whl.metadata (1.2 kB)")
        wheel = f"{name}-1.0-py3-none-any.whl ({size / 1e6:.1f} MB)"
        if self.is_cached:
            reader(f"  Using cached {wheel}")
            self.wait(0.1)
            return
        reader(f"Downloading {wheel}")
        reader(f"Progress 0 of {int(size)}")
        done = 0
        while done < int(size):
            rate = self.download_rate / (4.0 if self.now_s > self.slows_at else 1.0)
            piece = min(1_000_000, int(size) - done)
            self.wait(piece / rate)
            done += piece
            reader(f"Progress {done} of {int(size)}")

    def set_up(self) -> None:
        steps = [
            Step(name="environment", kind=TIME, amount=2.6),
            Step(name="pip", kind=TIME, amount=2.0),
            Step(name="torch", kind=DOWNLOAD, amount=TORCH),
            Step(name="packages", kind=DOWNLOAD, amount=OTHERS),
            Step(name="install", kind=INSTALL, amount=UNPACKED),
            Step(name="check", kind=TIME, amount=7.0),
        ]
        self.meter = Meter(steps, self.tell, clock=lambda: self.now_s)
        self.meter.begin("environment", "Creating an empty environment")
        self.wait(self.venv_s)
        self.meter.slowness = max(1.0, self.venv_s / 2.6)
        self.meter.begin("pip", "Updating pip")
        self.wait(2.0 * self.meter.slowness)
        self.meter.begin("torch", "Downloading torch")
        if self.has_torch:
            self.wait(10.0)
            self.meter.reach(TORCH, is_fresh=False)
        else:
            self.fetch(DownloadReader(self.meter), "torch", TORCH)
        self.meter.begin("packages", "Downloading the other packages")
        reader = DownloadReader(self.meter, known=("torch", "exges"))
        for name, size in self.packages.items():
            self.fetch(reader, name, size)
        self.meter.begin("install", "Installing the packages")
        done = 0.0
        while done < UNPACKED:
            done = min(UNPACKED, done + self.install_rate)
            self.now_s += 1.0
            self.meter.reach(done)
            self.meter.tick()
        self.meter.begin("check", "Checking the engine")
        self.wait(7.0 * self.meter.slowness)

    def left(self) -> list[tuple[float, float]]:
        """Return the time of each update and the time left that it told."""
        return [(each["at_s"], each["left_s"]) for each in self.told if each["left_s"] is not None]


MACHINES = {
    "fast": Machine(download_rate=50e6, install_rate=150e6),
    "slow network": Machine(download_rate=0.6e6, install_rate=150e6),
    "slow disk": Machine(download_rate=20e6, install_rate=19e6, venv_s=20.0),
    "all slow": Machine(download_rate=0.6e6, install_rate=15e6, venv_s=26.0),
    "cached": Machine(download_rate=50e6, install_rate=100e6, is_cached=True),
}


@pytest.fixture(scope="module", autouse=True)
def _set_up() -> None:
    for machine in MACHINES.values():
        machine.set_up()


@pytest.mark.parametrize("name", MACHINES)
def test_the_bar_never_falls_and_never_stands(name: str) -> None:
    told = MACHINES[name].told
    fractions = [each["fraction"] for each in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.97
    moved_s = told[0]["at_s"]
    for earlier, later in itertools.pairwise(told):
        if later["fraction"] > earlier["fraction"]:
            moved_s = later["at_s"]
        assert later["at_s"] - moved_s <= 4.0 or later["stage"] == "check", later


@pytest.mark.parametrize("name", MACHINES)
def test_the_time_left_never_grows(name: str) -> None:
    left = [value for _, value in MACHINES[name].left()]
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize("name", MACHINES)
def test_at_constant_speed_the_time_left_is_honest(name: str) -> None:
    machine = MACHINES[name]
    whole_s = machine.told[-1]["at_s"]
    assert machine.left(), "it is told at all"
    for at_s, left_s in machine.left():
        true_s = whole_s - at_s
        assert 0.75 * true_s - 4.0 <= left_s <= 1.4 * true_s + 12.0, (at_s, left_s, true_s)
    assert machine.left()[0][0] < 0.5 * whole_s, "it is told in good time"


def test_the_opening_figure_is_not_that_of_the_smallest_packages() -> None:
    small = {f"tiny{number}": 8e4 for number in range(6)}
    machine = Machine(
        download_rate=10e6, install_rate=15e6, venv_s=26.0, has_torch=True, looks_s=3.0, packages={**small, **PACKAGES}
    )
    machine.set_up()
    at_s, left_s = machine.left()[0]
    true_s = machine.told[-1]["at_s"] - at_s
    assert 0.5 * true_s < left_s < 2.0 * true_s
    assert at_s < 0.3 * machine.told[-1]["at_s"], "it is told in good time"


def test_a_network_that_slows_down_makes_the_time_too_short_not_longer() -> None:
    machine = Machine(download_rate=2e6, install_rate=150e6, slows_at=60.0)
    machine.set_up()
    left = [value for _, value in machine.left()]
    assert left == sorted(left, reverse=True)
    slower = [each["at_s"] for each in machine.told if each["is_slower"]]
    assert slower
    assert min(slower) > 60.0
    assert not any(each["is_slower"] for each in MACHINES["slow network"].told)


def test_more_than_was_expected_is_counted_and_a_failure_ends_where_it_is() -> None:
    machine = Machine(download_rate=10e6, install_rate=1e8)
    machine.meter = Meter(
        [Step(name="torch", kind=DOWNLOAD, amount=1e6), Step(name="check", kind=TIME, amount=1.0)],
        machine.tell,
        clock=lambda: machine.now_s,
    )
    machine.meter.begin("torch", "Downloading torch")
    reader = DownloadReader(machine.meter)
    reader("Downloading torch-3.0-py3-none-any.whl (500.0 MB)")
    reader("Progress 100000000 of 500000000")
    machine.wait(1.0)
    assert machine.told[-1]["fraction"] < 0.5
    reader("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device")
    machine.wait(1.0)
    assert machine.told[-1]["fraction"] < 0.5


def test_what_an_older_pip_does_not_tell_is_counted_by_its_files(tmp_path: Path) -> None:
    machine = Machine(download_rate=1.0, install_rate=1.0)
    step = Step(name="packages", kind=DOWNLOAD, amount=100e6)
    machine.meter = Meter([step], machine.tell, clock=lambda: machine.now_s)
    reader = DownloadReader(machine.meter, known=("torch",))
    kept = tmp_path / "numpy-2.0-py3-none-any.whl"
    kept.write_bytes(b"0" * 1000)
    for line in ("Collecting a", "Downloading a-1.0.whl (10.0 MB)", "Collecting b", "Downloading b-1.0.whl (5 kB)"):
        reader(line)
    assert step.done == 10e6
    reader(f"Processing {kept}")
    reader(f"Processing {tmp_path}/torch-2.13.whl")
    assert step.done == 10e6 + 5e3 + 1e3


def test_installing_is_measured_by_what_the_wheels_hold(tmp_path: Path) -> None:
    wheel = tmp_path / "scikit_learn-1.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a/data.bin", b"0" * 100_000)
        archive.writestr("a/code.py", b"#" * 1000)
    line = "Installing collected packages: numpy, scikit-learn"
    assert unpacking.named(line) == ("numpy", "scikit-learn")
    assert unpacking.named("Collecting numpy") == ()
    assert unpacking.wheels_of([tmp_path], unpacking.named(line)) == [wheel]
    expected = 100_000 + 1000 + unpacking.COMPILED * sizes.PYC_PER_PY * 1000
    assert unpacking.amount_in([wheel]) == expected
    (tmp_path / "site/a/__pycache__").mkdir(parents=True)
    (tmp_path / "site/a/data.bin").write_bytes(b"0" * 100_000)
    (tmp_path / "site/a/code.py").write_bytes(b"#" * 1000)
    (tmp_path / "site/a/__pycache__/code.pyc").write_bytes(b"#" * 1430)
    assert unpacking.amount_on(tmp_path / "site") == pytest.approx(expected)
    assert unpacking.amount_on(tmp_path / "nothing") == 0.0


def test_the_size_is_known_before_and_less_without_a_gpu() -> None:
    cpu, cuda = sizes.size_for("Linux", "cpu"), sizes.size_for("Linux", "cuda")
    assert cpu.download_mb == pytest.approx(421.0)
    assert cpu.disk_mb == pytest.approx(1680.0, abs=5.0)
    assert cuda.download_mb > 7.0 * cpu.download_mb
    assert sizes.size_for("Linux", "cpu", "default") == cuda, "the package index has torch with CUDA alone"
    assert sizes.size_for("Plan9", "cpu") == cpu


def test_only_a_torch_that_asks_for_triton_gets_it(tmp_path: Path) -> None:
    def torch(version: str, *requires: str) -> Path:
        path = tmp_path / f"torch-{version}-py3-none-any.whl"
        lines = ["Metadata-Version: 2.1", *(f"Requires-Dist: {each}" for each in requires)]
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"torch-{version}.dist-info/METADATA", "\n".join(lines))
        return path

    assert left_out.asks_for(torch("2.13", "numpy", "triton==3.9.0 ; platform_system == 'Linux'"), "triton")
    assert not left_out.asks_for(torch("2.13+cpu", "numpy", "tritonclient==1"), "triton")
