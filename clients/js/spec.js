/**
 * The generator spec that every `.onnx` file of ganrt carries in its metadata (docs/model-format.md), read without an
 * ONNX library: a ModelProto is a list of numbered fields, of which `metadata_props` has the number 14.
 */
import { LATENT_SPEC } from "./latents.js";

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
  const [major] = String(spec.spec_version).split(".");
  if (major !== "1") throw new ModelError(`the model's spec is version ${spec.spec_version}, expected 1: update the client`);
  if (spec.task !== "generate" || !spec.latent || !spec.output)
    throw new ModelError(`the model's task is '${spec.task}', expected 'generate'`);
  if (spec.latent.latent_spec !== LATENT_SPEC)
    throw new ModelError(`the model's latent spec is ${spec.latent.latent_spec}, expected ${LATENT_SPEC}: update the client`);
  return spec;
}

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
