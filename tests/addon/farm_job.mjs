// Runs a Flamenco job type as the Manager does, against the part of its API that job types see, and prints the tasks.
// node farm_job.mjs JOB_TYPE.js SETTINGS.json
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const [script, settings] = process.argv.slice(2);
const tasks = [];
const author = {
    Task: (name, type) => {
        const commands = [];
        return { name, type, commands, addCommand: (each) => commands.push(each), addDependency: () => {} };
    },
    Command: (name, parameters) => ({ name, parameters }),
};
const print = () => {};
const code = readFileSync(script, "utf8") + "\n;({ JOB_TYPE, compileJob })";
const { JOB_TYPE, compileJob } = runInNewContext("'use strict';" + code, { author, print, Error, Math });
const given = JSON.parse(settings);
const defaults = Object.fromEntries(JOB_TYPE.settings.filter((each) => "default" in each).map((each) => [each.key, each.default]));
for (const each of JOB_TYPE.settings) {
    const isKnown = ["string", "int32", "float", "bool"].includes(each.type) && typeof each.description === "string";
    if (!isKnown) throw new Error(`a setting that Flamenco does not know: ${JSON.stringify(each)}`);
}
try {
    compileJob({ settings: { ...defaults, ...given }, addTask: (each) => tasks.push(each) });
    console.log(JSON.stringify({ label: JOB_TYPE.label, tasks }));
} catch (error) {
    console.log(JSON.stringify({ error: error.message }));
}
