"""A real Blender with a window: `python tests/blender_window/run.py` (or `make test-window`), as root on Debian.

Makes Debian trixie with Blender 4.3 in a folder (once, about 2.2 GB), starts a display and Blender in it, and lets
`walk.py` do what a newcomer does: install the zip, look at the preferences, generate, cancel, undo, kill the engine.
The mouse and the keyboard are used where a person would. Not part of `make test`: software rendering takes minutes.

With --zero-setup it is offline: the zip (--zip: one with the engine), Add Example, and then no file outside the
extension's folders. With --wheels the walk creates the engine's environment in the preferences; without, it begins to,
cancels that, and uses this checkout's .venv. With --panels it pictures every panel in every state instead, to be looked
at, and undoes and redoes everything: Generate must never be grey without its reason, and what the tab says must be
true.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("blender", "xvfb", "xauth", "xdotool", "imagemagick", "libgl1-mesa-dri", "libgl1", "libegl1"),
    *("libglx-mesa0", "libegl-mesa0", "python3-numpy", "python3-requests", "python3-zstandard"),
)
SIZE = (1280, 800)
TALL = (1000, 4000)
"""For all panels at once."""
PICTURES = {
    "install": "engine-install",
    "preferences": "engine-preferences",
    "creating": "engine-creating",
    "engine_ready": "engine-ready",
    "panel_ready": "engine-panel",
    "generating": "engine-generating",
    "take": "engine-take",
    "engine_killed": "engine-killed",
    "model_offered": "words-model",
    "model_dialog": "words-dialog",
    "words": "words-heard",
    "zero_drop": "zero-drop",
    "zero_panel": "zero-panel",
    "zero_take": "zero-take",
    "zero_preferences": "zero-preferences",
}
"""The walk's names of what the docs show, and the docs' own."""
CROPS = {
    "model_offered": (776, 82, 1030, 570),
    "model_dialog": (538, 394, 994, 572),
    "words": (776, 116, 1030, 538),
}
"""Of pictures of which the docs show a part."""
LIMIT_S = 1800
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
HOME, ENGINE, PYTHON = "/home/anna", "/opt/exges", "/opt/python"
"""Where the user's files and this checkout are in that Debian: pictures show paths, and none of this machine."""
MODULE = "bl_ext.user_default.exges"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def call(*command: str | Path, check: bool = True) -> None:
    say(f"$ {' '.join(map(str, command))}")
    subprocess.run([str(each) for each in command], check=check)


def make_debian(debian: Path, mirror: Sequence[str]) -> None:
    """Make Debian trixie with Blender in a folder; it takes minutes and happens once."""
    if (debian / "usr/bin/blender").exists():
        return
    if not shutil.which("debootstrap"):
        sys.exit("blender_window: expected debootstrap. Install it (apt-get install debootstrap).")
    call("debootstrap", "--variant=minbase", "trixie", debian, *mirror)
    for name in ("etc/resolv.conf", "etc/pip.conf", str(CERTIFICATES.relative_to("/"))):
        if (Path("/") / name).is_file():
            (debian / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(Path("/") / name, debian / name)
    with mounted(debian, ()):
        call("chroot", debian, "apt-get", "update", "-q")
        quiet = ("env", "DEBIAN_FRONTEND=noninteractive")
        call("chroot", debian, *quiet, "apt-get", "install", "-qy", "--no-install-recommends", *PACKAGES)


@contextlib.contextmanager
def mounted(debian: Path, bound: Sequence[tuple[Path, str | Path]]) -> Iterator[None]:
    """Mount what a window needs, and folders of this machine read-only where they are to be; unmount all again."""
    done: list[Path] = []
    try:
        for kind, place in (("proc", "proc"), ("tmpfs", "dev/shm")):
            if not os.path.ismount(debian / place):
                (debian / place).mkdir(parents=True, exist_ok=True)
                call("mount", "-t", kind, kind, debian / place)
                done.append(debian / place)
        for path, place in bound:
            target = debian / Path(place).relative_to("/")
            target.mkdir(parents=True, exist_ok=True)
            call("mount", "--bind", "-o", "ro", path, target)
            done.append(target)
        yield
    finally:
        for place in reversed(done):
            call("umount", "-l", place, check=False)


def walk(debian: Path, zip_path: Path, options: argparse.Namespace) -> dict[str, object]:
    """Let Blender walk and return what it found."""
    stage, size = debian / "tmp/exges-window", TALL if options.panels else SIZE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    shutil.copy2(zip_path, stage / "exges.zip")
    shutil.copy2(ROOT / "exges_core/assets/demo.flac", stage / "speech.flac")
    for script in Path(__file__).parent.glob("*.py"):
        shutil.copy2(script, stage / script.name)
    python = options.python or f"{ENGINE}/.venv/bin/python"
    settings = {
        "python": "" if options.wheels else python,
        "wheels": str(options.wheels or ""),
        "base_python": f"{PYTHON}/bin/python3",
        "size": size,
        "first_minute": options.first_minute,
        "panels": options.panels,
        "states": options.states,
        "zero_setup": options.zero_setup,
    }
    (stage / "settings.json").write_text(json.dumps(settings))
    shutil.rmtree(debian / HOME[1:], ignore_errors=True)
    if CERTIFICATES.is_file():  # packages that came later have put their own there
        shutil.copy2(CERTIFICATES, debian / CERTIFICATES.relative_to("/"))
    base = Path(sys.base_prefix).resolve()
    bound: list[tuple[Path, str | Path]] = [] if options.zero_setup else [(base, base), (base, PYTHON)]
    if options.wheels:
        bound.append((options.wheels.resolve(), options.wheels.resolve()))
    elif not (options.python or options.zero_setup):
        bound += [(ROOT, ROOT), (ROOT, ENGINE)]  # it is installed editable: its own path must be there, too
    online, alone = ("", ("unshare", "--net")) if options.zero_setup else ("--online-mode", ())
    script = (
        f"cd /tmp/exges-window; export HOME={HOME} LIBGL_ALWAYS_SOFTWARE=1 LP_NUM_THREADS=2 DISPLAY=:71;"
        f"export OMP_NUM_THREADS=1 BLENDER_USER_RESOURCES={HOME}/blender; mkdir -p $HOME;"
        f"Xvfb :71 -screen 0 {size[0]}x{size[1]}x24 -nolisten tcp >xvfb.log 2>&1 & server=$!; sleep 3;"
        f"timeout {LIMIT_S} blender --gpu-backend opengl --factory-startup {online} --window-geometry 0 0 "
        f"{size[0]} {size[1]} --python walk.py >blender.log 2>&1; kill $server"
    )
    with mounted(debian, bound):
        before = files_in(debian)
        call(*alone, "chroot", debian, "/bin/sh", "-c", script, check=False)
        outside = sorted(str(path) for path in files_in(debian) ^ before if not is_blenders(path))
        codes = headless(debian, stage)
    report = stage / "found.json"
    if not report.is_file():
        say((stage / "blender.log").read_text(errors="replace")[-4000:])
        sys.exit("blender_window: Blender ended without a report (its words are above)")
    options.out.mkdir(parents=True, exist_ok=True)
    for picture in sorted(stage.glob("*.png")):
        shutil.copy2(picture, options.out / picture.name)
    found = json.loads(report.read_text())
    found["headless"] = codes
    if options.zero_setup:
        found["outside"], found["checks"]["nothing_outside"] = outside, not outside
        said = (ROOT / "exges_core/assets/demo.txt").read_text(encoding="utf-8")
        found["checks"]["words_are_right"] = found.get("words") == said.split()
    found["checks"]["no_traceback"] = "Traceback" not in (stage / "blender.log").read_text(errors="replace")
    for name, (wanted, code) in codes.items():
        found["checks"][f"headless_{name}"] = code == wanted
    files = () if options.first_minute or options.panels or options.zero_setup else ("one.blend", "many.blend")
    found["checks"]["headless_files"] = all((stage / name).is_file() for name in files)
    return found


def files_in(debian: Path) -> set[tuple[Path, int, int]]:
    """Every file that a user's programs may write, as that Debian names it, with its time and size."""
    folders = (debian / HOME[1:], debian / "tmp", debian / "var/tmp", debian / "usr/lib/python3", debian / "usr/share")
    files = (path for folder in folders for path in folder.rglob("*") if not path.is_dir())
    return {(path.relative_to(debian), *_state(path)) for path in files}


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.lstat()
    except FileNotFoundError:  # of a program that has just ended
        return 0, 0
    return found.st_mtime_ns, found.st_size


def is_blenders(file: tuple[Path, int, int]) -> bool:
    """Say whether the extension may write a file, or Blender, its display or this walk did."""
    path, home = file[0], Path(HOME[1:])
    allowed = (home / "blender/extensions", home / "blender/config", home / ".cache/mesa_shader_cache")
    walks = ("tmp/exges-window", "tmp/.X", "home/anna/.cache/fontconfig", "home/anna/.cache/mesa", "tmp/blender_")
    walks += ("home/anna/.config/pulse",)  # of the sound library
    return any(path.is_relative_to(each) for each in allowed) or str(path).startswith(walks)


def publish(pictures: Path, docs: Path) -> None:
    """Put the walk's pictures into the docs, in few colours: small files that show the same."""
    from PIL import Image

    for name, target in PICTURES.items():
        if (pictures / f"{name}.png").is_file():
            picture = Image.open(pictures / f"{name}.png").convert("RGB").crop(CROPS.get(name))
            # Small things, as a face, need their colours as much as large plain areas do: a rare one counts for more.
            counted = cast("list[tuple[int, tuple[int, ...]]]", picture.getcolors(picture.width * picture.height))
            colours = [colour for count, colour in counted for _ in range(round(count**0.4))]
            seen = Image.new("RGB", (len(colours), 1))
            seen.putdata(colours)
            picture = picture.quantize(palette=seen.quantize(256, kmeans=4), dither=Image.Dither.NONE)
            picture.save(docs / f"{target}.png", optimize=True)


def headless(debian: Path, stage: Path) -> dict[str, tuple[int, int]]:
    """Run `blender -c exges` as a script would; return for each command the exit code that it should have and has."""
    if not (stage / "engine.json").is_file():
        return {}
    python = json.loads((stage / "engine.json").read_text())
    lines = [{"armature": "rig", "strip": "Speech", "output": "many.blend", "settings": {"seed": n}} for n in (1, 2)]
    (stage / "many.jsonl").write_text("\n".join(json.dumps({**line, "scene": "scene.blend"}) for line in lines))
    blender = f"BLENDER_USER_RESOURCES={HOME}/blender OMP_NUM_THREADS=1 HOME={HOME}"
    blender = f"cd /tmp/exges-window; {blender} blender --factory-startup --addons {MODULE} -b scene.blend -c exges"
    commands = {
        "generate": (0, f"generate --armature rig --strip Speech --seed 5 --output one.blend --python {python}"),
        "refused": (2, f"generate --armature nobody --output two.blend --python {python}"),
        "batch": (0, f"batch many.jsonl --python {python}"),
        "batch_again": (0, f"batch many.jsonl --python {python}"),
    }
    codes: dict[str, tuple[int, int]] = {}
    for name, (wanted, words) in commands.items():
        say(f"$ blender -b scene.blend -c exges {words}")
        ended = subprocess.run(["chroot", str(debian), "/bin/sh", "-c", f"{blender} {words}"], check=False)
        codes[name] = (wanted, ended.returncode)
    return codes


def main() -> int:
    """Walk, print what was found, and fail if any check does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--debian", type=Path, default=Path("/tmp/exges-trixie"), help="folder for Debian with Blender")
    parser.add_argument("--mirror", nargs="*", default=[], help="of Debian; default: debootstrap's own")
    parser.add_argument("--zip", type=Path, help="the extension; default: build it")
    parser.add_argument(
        "--wheels", type=Path, help="create an environment from this folder of wheels (made by pip wheel)"
    )
    parser.add_argument(
        "--first-minute", action="store_true", help="only count clicks and seconds from the tab to a moving character"
    )
    parser.add_argument("--panels", action="store_true", help="only picture every panel in every state")
    parser.add_argument("--states", nargs="*", default=[], help="of --panels, these states alone: faces, held_parts...")
    parser.add_argument(
        "--zero-setup", action="store_true", help="only from the zip to a moving character, offline, with its pictures"
    )
    parser.add_argument("--python", default="", help="an engine inside that Debian; default: this checkout's .venv")
    parser.add_argument("--docs", type=Path, help="put the docs' pictures into this folder (docs/images)")
    parser.add_argument("--out", type=Path, default=ROOT / "out/window", help="folder for the screenshots")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("blender_window: expected root (debootstrap, chroot and mount need it). Run it with sudo.")
    make_debian(options.debian, options.mirror)
    zip_path = options.zip
    if zip_path is None:
        call(sys.executable, ROOT / "build_addon.py", "--out", options.out)
        zip_path = max(options.out.glob("exges-*.zip"), key=lambda path: path.stat().st_mtime)
    found = walk(options.debian, zip_path, options)
    say(json.dumps(found, indent=1))
    if options.docs:
        publish(options.out, options.docs)
    failed = [name for name, holds in found["checks"].items() if not holds]
    stopped = ", stopped by an error" if found["error"] else ""
    say(f"{len(found['checks']) - len(failed)} passed, {len(failed)} failed{stopped}")
    return 1 if failed or found["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
