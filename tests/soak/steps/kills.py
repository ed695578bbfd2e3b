"""The engine killed at random while it makes a take, again and again: nothing changed, said so, and the next one works.

kills.py REPORT PYTHON COUNT SEED
COUNT engines are killed, each at a random moment of the time that a take took last; a take that is finished first is
looked at and deleted, and does not count.
"""

import contextlib
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import bpy  # isort: skip

from blender_addon.engine import session
from blender_addon.takes import keyframes
from tests.addon.steps import scene_parts, walk
from tests.soak.steps import scene_state

report, python, count, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
here, dice = Path.cwd(), random.Random(seed)
MOST_ROUNDS = 4
"""Rounds for each kill that is wanted, before it is a fault that takes are too quick for the killer."""
found: dict[str, object] = {"killed": 0, "finished_first": 0, "faults": [], "said": {}, "killed_after_s": []}
scene_parts.talk(here / "speech.wav", python, 2.0)
scene_parts.enable(python)
scene = bpy.context.scene
body, other = scene_parts.body("Anna"), scene_parts.body("Ben")
other.animation_data_create().action = walk.walk(other)
scene.timeline_markers.new("mine", frame=12)
scene.exges.character = body
scene_parts.give_speech(body, here / "speech.wav", 5)
body.exges.transcript = str(here / "speech.json")


class Killer(threading.Thread):
    """Kills the engine's process some time after it may have begun."""

    def __init__(self, after_s: float) -> None:
        super().__init__(daemon=True)
        self.after_s, self.has_killed, self.is_over = after_s, False, threading.Event()

    def run(self) -> None:
        self.is_over.wait(self.after_s)
        while not self.is_over.is_set() and not self.has_killed:
            process = getattr(session.Running.engine, "_process", None)
            child = getattr(process, "_process", None)
            if child is not None and child.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)
                    self.has_killed = True
            time.sleep(0.005)


def pressed() -> str:
    """Press Generate; return what it said, '' where it finished."""
    try:
        return "" if "FINISHED" in bpy.ops.exges.generate() else "cancelled without a word"
    except RuntimeError as error:
        return str(error).strip()


def fault(number: int, text: str) -> None:
    found["faults"].append(f"{number}: {text}")


def one(number: int, usual_s: float) -> float:
    """Kill once, if the take is not finished first; return how long a take takes."""
    before = scene_state.digest()
    killer, began_s = Killer(dice.uniform(0.0, 1.0) * usual_s), time.monotonic()
    killer.start()
    said = pressed()
    took_s = time.monotonic() - began_s
    killer.is_over.set()
    killer.join()
    if not said:
        found["finished_first"] += 1
        undo_take(number, before)
        return usual_s if killer.has_killed else took_s
    if not killer.has_killed:
        fault(number, "failed, and nobody was killed")
    found["killed"] += 1
    found["killed_after_s"].append(round(killer.after_s, 2))
    plain = said.split("; ")[0].split(". ")[0]
    found["said"][plain] = found["said"].get(plain, 0) + 1
    if "Traceback" in said or "the scene is unchanged" not in said:
        fault(number, f"said {said!r}")
    if not session.Running.is_bad_news or not session.Running.last_message:
        fault(number, "the panel shows no error")
    if names := scene_state.changed(before, scene_state.digest()):
        fault(number, f"changed {names}")
    if session.Running.current is not None:
        fault(number, "a job is still under way")
    if said := pressed():
        fault(number, f"the next generation said {said!r}")
    else:
        undo_take(number, before)
    return usual_s


def undo_take(number: int, before: dict[str, str]) -> None:
    """Delete the take that was made, and see that nothing of it stays."""
    takes = keyframes.takes_of(body)
    if not takes:
        return fault(number, "finished, and no take is there")
    for each in takes:
        if each.name not in kept:
            bpy.ops.exges.delete_take(take=each.name)
    left = [
        name for name in scene_state.changed(before, scene_state.digest()) if name.startswith(("actions", "scenes"))
    ]
    return (
        fault(number, f"a deleted take leaves {left}")
        if [each for each in left if each.startswith("actions")]
        else None
    )


kept: set[str] = set()
part = report.with_suffix(".part")
try:
    pressed()
    began_s = time.monotonic()
    if said := pressed():
        fault(-1, f"the first generation said {said!r}")
    usual_s = time.monotonic() - began_s
    kept = {each.name for each in keyframes.takes_of(body)}
    for number in range(MOST_ROUNDS * count):
        usual_s = one(number, usual_s)
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(report)  # a soak that has to be ended tells how far it came
        if found["killed"] == count:
            break
    else:
        fault(count, f"only {found['killed']} of {count} could be killed")
except BaseException:  # noqa: BLE001 - whatever it is, it is a fault
    found["faults"].append(traceback.format_exc(limit=6))
found["killed_after_s"] = sorted(found["killed_after_s"])[:: max(1, len(found["killed_after_s"]) // 8)]
scene_parts.leave(report, found)
