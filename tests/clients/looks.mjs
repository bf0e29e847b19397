// Answers known-answers.json (path in argv) through clients/js/looks.js: one JSON.
import { readFileSync } from "node:fs";
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

const told = {
  valid: answers.valid.map(({ code }) => flat(parseLook(code))),
  spellings: answers.spellings.map(([text]) => [text, printLook(parseLook(text))]),
  invalid: answers.invalid.map(refusal),
  newer: answers.newer.map(refusal),
  fuzzed: (answers.fuzzed ?? []).map(refusal),
};
console.log(JSON.stringify(told));
