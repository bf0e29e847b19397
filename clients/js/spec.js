/**
 * The generator spec that every `.onnx` file of ganrt carries in its metadata (docs/model-format.md), read without an
 * ONNX library: a ModelProto is a list of numbered fields, of which `metadata_props` has the number 14.
 */
import { LATENT_SPEC, MODES, PRIORS, partsOf } from "./latents.js";

const METADATA = 14;
const LARGEST = 4 * 2 ** 20;

/** A model that ganrt did not write, that is damaged, or that is newer than this client. */
export class ModelError extends Error {
  constructor(message) {
    super(message);
    this.name = "ModelError";
  }
}

/** The spec of a model, from its bytes: the JSON of docs/model-format.md. Throws ModelError. */
export function readSpec(bytes) {
  const text = findMetadata(bytes, "ganrt.spec");
  if (text === null) throw new ModelError("the model has no ganrt.spec: expected a file that `ganrt export` wrote");
  let spec;
  try {
    spec = JSON.parse(text);
  } catch {
    throw new ModelError("the model's ganrt.spec is not JSON: the file is damaged");
  }
  checkVersions(spec);
  for (const [field, read, expected, good] of FIELDS) {
    const value = read(spec);
    if (!good(value)) throw new ModelError(`the model's ${field} is ${JSON.stringify(value)}, expected ${expected}`);
  }
  return spec;
}

function checkVersions(spec) {
  const version = spec?.spec_version;
  if (!/^[0-9]{1,6}\.[0-9]{1,6}$/.test(version)) throw new ModelError("the model's ganrt.spec has no version: the file is damaged");
  if (!version.startsWith("1.")) throw new ModelError(`the model's spec is version ${version}, expected 1: update the client`);
  if (spec.task !== "generate") throw new ModelError(`the model's task is '${spec.task}', expected 'generate'`);
  const latentSpec = spec.latent?.latent_spec;
  if (latentSpec !== undefined && latentSpec !== LATENT_SPEC)
    throw new ModelError(`the model's latent spec is ${latentSpec}, expected ${LATENT_SPEC}: update the client`);
}

const integer = (low, high) => (value) => Number.isInteger(value) && value >= low && value <= high;
const number = (low, high) => (value) => typeof value === "number" && value >= low && value <= high;
const oneOf = (...values) => (value) => values.includes(value);
const or = (first, second) => (value) => first(value) || second(value);
const absent = oneOf(null, undefined);

function isPrior({ prior, dim }) {
  try {
    const parts = partsOf(prior);
    return parts === null || parts.at(-1).first + parts.at(-1).dim === dim;
  } catch {
    return false;
  }
}

/** Every field that this library reads: its name, how to reach it, what is expected in words, and the check. */
const FIELDS = [
  ["name", (s) => s.name, "a text", (value) => typeof value === "string"],
  ["latent.dim", (s) => s.latent?.dim, "1 to 65536", integer(1, 65536)],
  ["latent.prior", (s) => s.latent, `${PRIORS.join(", ")}, or parts that add up to dim`, isPrior],
  ["latent.threshold", (s) => s.latent?.threshold, "0.01 to 8, or null", or(absent, number(0.01, 8))],
  ["latent.psi_mode", (s) => s.latent?.psi_mode, MODES.join(", "), oneOf(...MODES)],
  ["psi", (s) => [s.latent?.psi_mode, s.statistics?.mode], "one use of it", ([psi, mode]) => psi !== "style" || mode !== "input"],
  ["latent.latent_spec", (s) => s.latent?.latent_spec, LATENT_SPEC, oneOf(LATENT_SPEC)],
  ["labels", (s) => s.labels, "an object or null", or(absent, (value) => typeof value === "object")],
  ["labels.count", (s) => s.labels?.count, "1 to 65536", or((count) => count === undefined, integer(1, 65536))],
  ["statistics.mode", (s) => s.statistics?.mode, "input, frozen, none", oneOf("input", "frozen", "none")],
  ["statistics.low", (s) => s.statistics?.low, "0 to 1", number(0, 1)],
  ["statistics.high", (s) => s.statistics?.high, "0 to 1", number(0, 1)],
  ["statistics.default", (s) => s.statistics?.default, "0 to 1", number(0, 1)],
  ["output.height", (s) => s.output?.height, "1 to 16384", integer(1, 16384)],
  ["output.width", (s) => s.output?.width, "1 to 16384", integer(1, 16384)],
  ["output.channels", (s) => s.output?.channels, "1, 3 or 4", oneOf(1, 3, 4)],
];

function findMetadata(bytes, wanted) {
  for (const [number, value] of fields(bytes)) {
    if (number !== METADATA || value === null || value.length > LARGEST) continue;
    const entry = Object.fromEntries(fields(value));
    if (entry[1] && entry[2] && decode(entry[1]) === wanted) return decode(entry[2]);
  }
  return null;
}

/** [number, bytes] of every field of a protobuf message; bytes is null for numbers. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    for (let value = 0, scale = 1; scale < 2 ** 70 && at < bytes.length; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new ModelError("the model ends in the middle of a field: expected a whole ONNX file");
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind !== 2) throw new ModelError("the file is not an ONNX model");
    if (kind !== 2) {
      yield [Math.floor(key / 8), null];
      continue;
    }
    const length = varint();
    if (length > bytes.length - at) throw new ModelError("the model ends in the middle of a field: it was cut short");
    yield [Math.floor(key / 8), bytes.subarray(at, at + length)];
    at += length;
  }
}

function decode(bytes) {
  return new TextDecoder().decode(bytes);
}
