// Answers requests to clients/js/ganrt.js over onnxruntime-node: one JSON a line in, one out.
//     {"model": path, "call": method, "args": [...]}  ->  {"pictures": [{width, height, channels, base64}]},
//     {"values": [...]} of a latent, {"backend": name} of "load", {"value": ...} of a function (model null), or {"error": class, "message": text}
// In arguments "12n" is a BigInt, {"f32": [...]} a Float32Array and {"repeat": [text, n]} a long text.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ganrt from "../../clients/js/ganrt.js";

const ort = createRequire(new URL("../../clients/js/package.json", import.meta.url))("onnxruntime-node");
const opened = new Map();

/** Those beside a model that is older than controls; null: those of its spec. */
function controlsOf(path) {
  const beside = path.replace(/\.onnx$/, ".controls.json");
  return existsSync(beside) ? JSON.parse(readFileSync(beside, "utf8")).controls : null;
}

async function open(path) {
  if (!opened.has(path)) opened.set(path, await ganrt.load(readFileSync(path), { ort, controls: controlsOf(path) }));
  return opened.get(path);
}

function revive(key, value) {
  if (typeof value === "string" && /^[0-9]+n$/.test(value)) return BigInt(value.slice(0, -1));
  if (value?.f32) return Float32Array.from(value.f32);
  if (Array.isArray(value?.repeat)) return value.repeat[0].repeat(value.repeat[1]);
  return value;
}

function told(result) {
  if (result instanceof Float32Array) return { values: [...result] };
  const base64 = (picture) => ({ ...picture, data: undefined, base64: Buffer.from(picture.data).toString("base64") });
  return { pictures: [result].flat().map(base64) };
}

const calls = {
  load: async (options) => {
    const generator = await ganrt.load(...options);
    await generator.close();
    return { backend: generator.backend };
  },
  walk: async (generator, args) => {
    const frames = [];
    for await (const frame of generator.walk(...args)) frames.push(frame);
    return told(frames);
  },
  close: async (generator) => {
    await Promise.all([generator.close(), generator.close()]);
    return generator.sample();
  },
  code: (generator, args) => ({ value: ganrt.printLook(generator.look(...args)) }),
  together: async (generator, names) => told(await Promise.all(names.map((name) => generator.avatar(name)))),
};

async function answer({ model, call, args }) {
  if (model === null) return { value: ganrt[call](...args) };
  if (call === "load") return calls.load([model, { ort, ...args }]);
  const generator = await open(model);
  return calls[call] ? calls[call](generator, args) : told(await generator[call](...args));
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const reply = await answer(JSON.parse(line, revive)).catch((error) => ({ error: error.name, message: error.message }));
  console.log(JSON.stringify(reply));
}
