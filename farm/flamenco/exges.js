// SPDX-License-Identifier: Apache-2.0
// A job type for Flamenco 3: gestures for every line of a manifest, a task for each chunk of takes.
//
// Put this file into the Manager's "scripts" folder. Each task is the same command as on any queue:
//   blender -b -c exges batch MANIFEST.jsonl --takes FIRST-LAST
// A task that is run again goes on where it ended; tasks do not wait for each other. The Manager reads no files of
// the job, so whoever submits says how many takes the manifest has; a few too many do no harm.

const JOB_TYPE = {
    label: "ExGes: gestures from speech",
    description: "Make the takes of an ExGes manifest, some in each task",
    settings: [
        { key: "manifest", type: "string", subtype: "file_path", required: true,
          description: "The manifest (JSON lines), on storage that all Workers reach" },
        { key: "takes", type: "int32", required: true,
          description: "How many takes (lines) the manifest has" },
        { key: "chunk_size", type: "int32", default: 5, required: true, visible: "submission",
          description: "Takes of one task; lines that go into one .blend file belong into one chunk" },
        { key: "engine_python", type: "string", default: "", required: false,
          description: "The engine's Python on the Workers; empty = as the add-on's preferences there say" },
    ],
};

const MOST_TASKS = 10000;

function compileJob(job) {
    for (const task of tasksOf(job.settings)) {
        job.addTask(task);
    }
}

function tasksOf(settings) {
    const takes = settings.takes;
    const size = settings.chunk_size;
    if (!settings.manifest) {
        throw new Error("ExGes: no manifest is given");
    }
    if (!(takes >= 1) || !(size >= 1)) {
        throw new Error("ExGes: expected at least 1 take and 1 take in a chunk, got " + takes + " and " + size);
    }
    if (Math.ceil(takes / size) > MOST_TASKS) {
        throw new Error("ExGes: more than " + MOST_TASKS + " tasks; make the chunks larger");
    }
    const tasks = [];
    for (let first = 1; first <= takes; first += size) {
        tasks.push(taskOf(settings, first + "-" + Math.min(first + size - 1, takes)));
    }
    return tasks;
}

function taskOf(settings, chunk) {
    const task = author.Task("takes " + chunk, "blender");
    const engine = settings.engine_python ? ["--python", settings.engine_python] : [];
    task.addCommand(author.Command("exec", {
        exe: "{blender}",
        args: ["-b", "-c", "exges", "batch", settings.manifest, "--takes", chunk].concat(engine),
    }));
    return task;
}
