// Answers the requests of client.c with clients/js/latents.js.
//     node client.mjs < requests > answers
import { readFileSync } from "node:fs";
import { answer } from "./answers.mjs";

const lines = readFileSync(0, "utf8").split("\n").filter(Boolean);
console.log(lines.map(answer).join("\n"));
