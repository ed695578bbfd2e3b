"""The built-in engine's start: Blender's Python found, nothing leaking in or out, ending with Blender, giving way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blender_addon.engine import builtin, process
from exges_core.errors import WorkerError

ROOT = Path(__file__).resolve().parents[2]
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
PROBE = """
import json, os, sys
import elsewhere
print(json.dumps({
    "path": sys.path, "options": sys.argv[1:], "environment": dict(os.environ), "utf8": sys.flags.utf8_mode,
    "isolated": [sys.flags.isolated, sys.flags.no_site], "name": __name__, "heard": sys.stdin.readline().strip(),
}))
import inside
"""


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("executable", "there", "is_windows"),
    [
        ("4.2/python/bin/python3.11", "4.2/python/bin/python3.11", False),  # Blender's own builds name it themselves
        ("venv/bin/python", "venv/bin/python", False),  # the bpy module
        ("usr/bin/blender", f"prefix/bin/python{VERSION}", False),  # Debian's, if it names itself
        ("", "prefix/bin/python3", False),
        ("blender.exe", "prefix/bin/python.exe", True),
        ("python/bin/python.exe", "python/bin/python.exe", True),
    ],
)
def test_blenders_python_is_found_and_blender_itself_is_none(
    tmp_path: Path, executable: str, there: str, is_windows: bool
) -> None:
    own = program(tmp_path / there)
    if executable:
        program(tmp_path / executable)
    found = builtin.blenders_python(
        executable=str(tmp_path / executable) if executable else "",
        prefixes=(str(tmp_path / "nothing"), str(tmp_path / "prefix")),
        is_windows=is_windows,
    )
    assert found == own


def test_where_no_python_is_none_is_found(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text("may not be run")
    executable = str(program(tmp_path / "blender"))
    assert builtin.blenders_python(executable=executable, prefixes=(str(tmp_path),)) is None


def addon_with(folder: Path, *wheels: str) -> Path:
    listed = json.dumps([f"./wheels/{each}" for each in wheels])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / builtin.MANIFEST).write_text(f"wheels = {listed}\n", encoding="utf-8")
    return folder


def test_a_light_zip_and_one_in_parts_have_their_reasons(tmp_path: Path) -> None:
    runtime, ours = "onnxruntime-1.23.2-cp313-cp313-win_amd64.whl", "exges-0.1.0-py3-none-any.whl"
    light, whole = addon_with(tmp_path / "light", ours), addon_with(tmp_path / "whole", ours, runtime)
    assert not builtin.is_bundled(light)
    assert builtin.is_bundled(whole)
    assert not builtin.is_bundled(tmp_path / "checkout")
    assert "came without" in builtin.why_no_builtin(light)
    assert "missing" in builtin.why_no_builtin(whole, site=tmp_path)
    for name, size in (("exges-0.1.0", 3_000_000), ("onnxruntime-1.23.2", 41_000_000)):
        (tmp_path / f"{name}.dist-info").mkdir()
        (tmp_path / f"{name}.dist-info" / "RECORD").write_text(f"one.py,sha256=x,{size}\nRECORD,,\n")
    assert builtin.why_no_builtin(whole, site=tmp_path) == ""
    assert builtin.megabytes(whole, site=tmp_path) == 44
    assert builtin.versions(whole)["onnxruntime"] == "1.23.2"
    with pytest.raises(WorkerError, match="came without"):
        builtin.launch(light, cache=tmp_path)


def test_the_worker_is_told_its_engine_its_models_and_one_folder_for_all_it_writes(tmp_path: Path) -> None:
    addon = addon_with(tmp_path / "addon", "onnxruntime-1.23.2-cp313-cp313-win_amd64.whl")
    (tmp_path / "onnxruntime-1.23.2.dist-info").mkdir()
    found = builtin.launch(addon, cache=tmp_path / "own", site=tmp_path)
    assert found.command[-2:] == ("--engine", "onnx")
    assert not found.inherits
    assert {found.environment[each] for each in ("EXGES_CACHE", "TMPDIR", "TEMP", "TMP")} == {str(tmp_path / "own")}
    (addon / "models" / "moonshine").mkdir(parents=True)
    found = builtin.launch(addon, cache=tmp_path / "own", site=tmp_path)
    assert found.command[-4:] == ("--engine", "onnx", "--models", str(addon / "models"))
    assert [each["ok"] for each in builtin.findings(addon)] == [True, True]


def test_nothing_leaks_into_the_worker_and_it_compiles_into_our_folders_alone(tmp_path: Path) -> None:
    ours, blenders = tmp_path / "Jörg's 動き", tmp_path / "blender"
    ours.mkdir()
    blenders.mkdir()
    (ours / "probe.py").write_text(PROBE, encoding="utf-8")
    (ours / "inside.py").write_text("")
    (blenders / "elsewhere.py").write_text("")
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "elsewhere.py").write_text("raise SystemExit('leaked in')")
    given = {
        **{"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C", "LANG": "C"},
        **{"PYTHONPATH": str(tmp_path / "leak"), "PYTHONHOME": "/nowhere", "PYTHONSTARTUP": "x", "PYTHONUTF8": "0"},
        **{"CONDA_PREFIX": "/opt/conda", "LD_LIBRARY_PATH": "/opt", "DYLD_LIBRARY_PATH": "/opt", "VIRTUAL_ENV": "/x"},
    }
    python = builtin.blenders_python()
    assert python is not None
    command = builtin.command_for("probe", "--engine", "onnx", ours=(ours,), blenders=(blenders,), python=python)
    worker = process.LineProcess(command, environment=builtin.clean_environment(given), inherits=False)
    worker.write("Grüße 動き")
    while not worker.is_finished:
        lines = worker.read()
        if lines:
            found = json.loads(lines[0])
        time.sleep(0.01)
    assert worker.stop() == 0, worker.log
    assert found["options"] == ["--engine", "onnx"]
    assert (found["name"], found["heard"], found["utf8"], found["isolated"]) == ("__main__", "Grüße 動き", 1, [1, 1])
    assert set(found["environment"]) == {"PATH", "HOME", "LC_ALL", "LANG"}
    assert found["path"][-2:] == [str(ours), str(blenders)]
    assert not [each for each in found["path"][:-2] if "site-packages" in each or "dist-packages" in each]
    assert (ours / "__pycache__").is_dir()
    assert not (blenders / "__pycache__").exists()


def test_another_pythons_version_is_refused_in_one_line(tmp_path: Path) -> None:
    where = json.dumps({"module": "this", "version": [3, 2], "ours": [], "blenders": []})
    start = ROOT / "blender_addon" / "engine" / "worker_start.py"
    done = subprocess.run([sys.executable, "-I", "-S", start, where], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Engine: expected Blender's Python 3.2, got {VERSION}")
    assert done.stderr.count("\n") == 1


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc, which is Linux's")
def test_it_ends_when_blender_is_killed(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text("import sys\nprint('here', flush=True)\nsys.stdin.read()\n")
    python = builtin.blenders_python()
    assert python is not None
    command = builtin.command_for("waits", ours=(tmp_path,), blenders=(), python=python)
    script = (
        "import time\nfrom blender_addon.engine.process import LineProcess\n"
        f"worker = LineProcess({command!r}, environment={{}}, inherits=False)\n"
        "while not worker.read():\n    time.sleep(0.01)\nprint(worker.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as blender:
        assert blender.stdout is not None
        worker = int(blender.stdout.readline())
        assert is_alive(worker)
        blender.send_signal(signal.SIGKILL)
    limit_s = time.monotonic() + 10.0
    while is_alive(worker) and time.monotonic() < limit_s:
        time.sleep(0.02)
    assert not is_alive(worker)


GIVES_WAY = """
import json, os, sys
from blender_addon.engine.process import LineProcess
user = int(sys.argv[1])
if user:
    os.setresuid(user, user, user)
worker = LineProcess(("/bin/cat",), environment={}, inherits=False)
said = [worker.give_way(True), os.getpriority(os.PRIO_PROCESS, worker.pid)]
said += [worker.give_way(False), os.getpriority(os.PRIO_PROCESS, worker.pid)]
worker.stop()
print(json.dumps([*said, worker.give_way(True)]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has priority classes instead")
@pytest.mark.parametrize("user", [0, 65534])
def test_it_gives_way_and_says_where_the_system_lets_nobody_raise_it_again(user: int) -> None:
    if user == 0 and os.geteuid() != 0:
        pytest.skip("only root may raise a priority")
    if user and os.geteuid() != 0:
        user = 0  # nobody in particular already
    done = subprocess.run(
        [sys.executable, "-c", GIVES_WAY, str(user)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    low = max(10, usual)
    is_root = user == 0 and os.geteuid() == 0
    assert json.loads(done.stdout) == [True, low, *((True, usual) if is_root or low == usual else (False, low)), True]


def test_windows_priority_classes_are_set_by_the_handle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows cannot be run here: what is asked of its kernel32 is looked at."""
    import ctypes
    from types import SimpleNamespace

    asked: list[tuple[int | None, int]] = []

    def set_class(handle: ctypes.c_void_p, priority: int) -> int:
        asked.append((handle.value, priority))
        return 1

    kernel = SimpleNamespace(SetPriorityClass=set_class)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert process._set_class(44, 0x4000)
    assert process._set_class(44, 0x20)
    assert asked == [(44, 0x4000), (44, 0x20)]
