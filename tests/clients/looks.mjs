// Answers known-answers.json (path in argv) through clients/js/looks.js: one JSON.
import { readFileSync } from "node:fs";
import { lookInputs } from "../../clients/js/ganrt.js";
import { LookError, parseLook, printLook } from "../../clients/js/looks.js";

const answers = JSON.parse(readFileSync(process.argv[2], "utf8"));
const flat = (look) => ({
  code: printLook(look),
  model: look.model,
  seed: String(look.seed),
  index: String(look.index),
  ...look.truncation,
  classes: look.classes,
  controls: look.controls,
  edits: look.edits.map(({ start, stop, value }) => [start, stop, value]),
});

function refusal(text) {
  try {
    return { accepted: printLook(parseLook(text)) };
  } catch (error) {
    if (!(error instanceof LookError)) throw error;
    return { newer: error.newer };
  }
}

const bits = (row) => (row ? [...new Uint32Array(row.buffer)].map((one) => one.toString(16).padStart(8, "0")).join("") : "");

function drawn({ model, code }) {
  const { spec, controls } = answers.models[model];
  try {
    const { z, labels, truncation } = lookInputs(parseLook(code), spec, controls);
    return { model, code, z: bits(z), labels: bits(labels), truncation: bits(truncation) };
  } catch (error) {
    return error.name;
  }
}

const told = {
  drawn: answers.drawn.map(drawn),
  refused: answers.refused.map(drawn),
  valid: answers.valid.map(({ code }) => flat(parseLook(code))),
  spellings: answers.spellings.map(([text]) => [text, printLook(parseLook(text))]),
  invalid: answers.invalid.map(refusal),
  newer: answers.newer.map(refusal),
  fuzzed: (answers.fuzzed ?? []).map(refusal),
};
console.log(JSON.stringify(told));
