"""Stands in for the engine where its death, refusal or slowness is the subject: speaks the real protocol, makes
real motion files. Behaviour by the first argument; started as `standin_worker.py BEHAVIOUR [-m exges_core.worker]`."""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import __version__, protocol
from exges_core.face.names import ARKIT_NAMES
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.protocol import Cancel, Failure, Fetch, Hear, Hello, Job, JobProgress, Message, Request, Result
from exges_core.score.files import as_json, read_score, write_score
from exges_core.score.records import Score, Stroke
from exges_core.speech.model_files import MOONSHINE
from tests.addon import standin_face

cancelled: set[str] = set()
waiting: list[Job] = []
SAID = (("well", 0.2, 0.5, 0.97), ("hello", 0.6, 1.0, 0.31), ("there", 1.0, 1.4, None))
FAILURES: dict[str, dict[str, Any]] = {
    "refuses": {"kind": "AudioError", "text": "speech.wav: expected sound, got noise.", "exit_code": 2},
    "disk_full": {"kind": "OutputError", "text": "motion.npz: got No space left on device.", "exit_code": 2},
    "has_a_defect": {"kind": "ModuleNotFoundError", "text": "a defect: no torch", "exit_code": 1},
}


def say(record: Message) -> None:
    sys.stdout.write(protocol.encode(record) + "\n")
    sys.stdout.flush()


def listen() -> None:
    for line in sys.stdin:
        record = protocol.decode(line)
        if isinstance(record, Cancel):
            cancelled.add(record.id)
        elif isinstance(record, Job):
            waiting.append(record)
    os._exit(0)


def motion(path: Path, seed: int, *, has_face: bool) -> None:
    turns = np.zeros((60, 55, 3))
    turns[:, 16, 2] = -1.1 + 0.2 * np.sin(np.arange(60) / 6.0 + seed)
    turns[:, 17, 2] = 1.1
    root = np.tile([0.0, 0.935, 0.0], (60, 1))
    extra = {"face_arkit": standin_face.curves(seed, 60), "face_arkit_names": np.array(ARKIT_NAMES)} if has_face else {}
    clip = MotionClip(local_quat_wxyz=quat_from_rotvec(turns), root_position_m=root, frame_rate_hz=30.0)
    write_npz(path, clip, extra=extra)


def words_for(asr: str, transcript: str | None) -> dict[str, Any]:
    """A report's words: SAID, or those of the transcript, each of whose lines is a segment."""
    lines = [" ".join(each[0] for each in SAID)]
    names, kind = ("text", "start_s", "end_s", "confidence"), asr
    words = [dict(zip(names, each, strict=True)) for each in SAID]
    if transcript is not None:
        lines, kind = Path(transcript).read_text(encoding="utf-8").split("\n"), "alignment"
        said = " ".join(lines).split()
        words = [dict(zip(names, (each, 0.1 * n, 0.1 * n + 0.1, None), strict=True)) for n, each in enumerate(said)]
    segments = [{"start_s": 0.0, "end_s": 1.0, "text": each, "note": ""} for each in lines]
    return {"asr": kind, "duration_s": 4.0, "words": words, "segments": segments, "warnings": ["the sound is quiet"]}


def score_of(job: Request) -> dict[str, Any]:
    """A report's score: the file's, or one stroke if it is vivid enough; written where it is asked for."""
    if not job.use_score:
        return {}
    stroke = Stroke(start_s=0.2, stroke_start_s=0.4, apex_s=0.7, hold_end_s=0.7, end_s=1.2, size=job.vividness, word=1)
    score = Score(strokes=(stroke,) if job.vividness > 0.0 else (), duration_s=4.0)
    if job.score is not None:
        score = read_score(Path(job.score), duration_s=4.0)
    if job.score_out is not None:
        write_score(Path(job.score_out), score)
    return {"score": as_json(score)}


def done(job: Job) -> Result:
    if isinstance(job, Hear):
        return Result(id=job.id, outputs=(), report=words_for(job.asr, job.transcript))
    if isinstance(job, Fetch):
        MOONSHINE.folder.mkdir(parents=True, exist_ok=True)
        for each in MOONSHINE.files:
            with (MOONSHINE.folder / each.name).open("wb") as file:
                file.truncate(each.size_bytes)  # as long as the real one, and as good as empty on disk
        return Result(id=job.id, outputs=(), report={"model": job.model, "path": str(MOONSHINE.folder)})
    motion(Path(job.outputs[0]), job.seed, has_face=job.face)
    report = {"frames": 60, "model": {"name": "stand-in"}, **words_for(job.asr, job.transcript), **score_of(job)}
    return Result(id=job.id, outputs=job.outputs, report=report)


def examined(path: str) -> None:
    """Answer `exges doctor`, which Check asks too."""
    findings = [{"name": "device", "ok": True, "text": "a stand-in's"}]
    Path(path).write_text(json.dumps({"findings": findings}), encoding="utf-8")


def main(behaviour: str) -> None:
    if "doctor" in sys.argv:
        examined(sys.argv[-1])
        return
    if behaviour == "dies_at_once":
        sys.stderr.write("ModuleNotFoundError: No module named 'exges_core'\n")
        sys.exit(1)
    version = 99 if behaviour == "other_version" else protocol.PROTOCOL_VERSION
    exges = "0.0.7" if behaviour == "other_exges" else __version__
    if behaviour == "is_mute":
        time.sleep(60.0)
    say(Hello(protocol_version=version, exges_version=exges, backend="stand-in", device="cpu"))
    threading.Thread(target=listen, daemon=True).start()
    count = 0
    while True:
        if not waiting:
            time.sleep(0.01)
            continue
        request = waiting.pop(0)
        count += 1
        for step in range(1, 600 if behaviour in {"slow", "deaf"} else 6):
            if request.id in cancelled and behaviour != "deaf":
                say(Failure(id=request.id, kind="Cancelled", text="cancelled", exit_code=130))
                break
            say(JobProgress(id=request.id, stage="dancing", fraction=step / 600.0))
            time.sleep(0.02)
            if behaviour == "hangs" and step == 3:
                time.sleep(60.0)
            if behaviour == "dies_inside" or (behaviour == "dies_in_the_second" and count == 2):
                sys.stderr.write("MemoryError: out of memory\n")
                sys.stderr.flush()
                os._exit(9)
        else:
            if behaviour in FAILURES:
                say(Failure(id=request.id, **FAILURES[behaviour]))
                continue
            if behaviour == "talks_nonsense":
                sys.stdout.write("Segmentation fault, just kidding\n")
                sys.stdout.flush()
                continue
            say(done(request))


main(sys.argv[1])
