/**
 * Avatars from a ganrt model in Node and browsers, over ONNX Runtime: the same latents as Python in every bit, and the
 * same pictures to within one step of 255.
 *
 *     import * as ort from "onnxruntime-node";                       // in browsers: onnxruntime-web
 *     import { load } from "ganrt";
 *     const generator = await load(await readFile("avatars-1.onnx"), { ort });
 *     const picture = await generator.avatar("player-8841");         // { width, height, channels, data: Uint8Array }
 *     await generator.close();
 *
 * The runtime is handed in, so that a page decides which of its builds it loads. Licence: Apache 2.0, as ganrt's own.
 */
import { ArgumentError, known, shown } from "./arguments.js";
import { lookInputs, withControls } from "./controls.js";
import { checkTruncation, drawnLabels, indicesFrom, labelRows, latentRows, truncationRow } from "./inputs.js";
import { between, identityIndex, lawOf, latent, lerp, slerp } from "./latents.js";
import { LookError, numberText, parseLook, printLook } from "./looks.js";
import { ModelError, readSpec } from "./spec.js";

export { lookInputs, withControls } from "./controls.js";
export * from "./latents.js";
export { LookError, parseLook, printLook } from "./looks.js";
export { ModelError, readSpec } from "./spec.js";

const METHODS = new Map(Object.entries({ slerp, lerp }));
const WALK = ["frames", "loop", "method", "truncation", "controls"];
// What look codes call the models that ganrt brings along, by the SHA-256 of their files; others are NAME~ with its start.
export const BUNDLED = {
  f0477c18cdf57f5c22e42e8e45a344c8215061eee02c185e679c32262d396f54: "avatars-1",
  e4f0cf3619055dfc7817dcef962cfef23209671ee91b99fa6c4cfaf1c3a517b6: "avatars-2",
};

/** ONNX Runtime cannot open or run the model here; `cause` is its own error. */
export class BackendError extends Error {
  constructor(message, cause) {
    super(message, { cause });
    this.name = "BackendError";
  }
}

/**
 * Opens a model.
 *
 * model: the bytes of an `.onnx` file that ganrt wrote (it explains itself), or its URL where `fetch` reaches it.
 * ort: the module onnxruntime-node, onnxruntime-web or onnxruntime-react-native.
 * executionProviders: as ONNX Runtime takes them, such as ["webgpu", "wasm"]; the first that opens is used, and
 *   `generator.backend` says which. Without any it is the processor: "wasm" in browsers, "cpu" elsewhere.
 * controls: the named controls, `controls` of a kit's controls.json; without them those of the model's own spec.
 * Throws ModelError for a file that is missing, damaged, newer or not ganrt's, and BackendError where no provider opens
 * it.
 */
export async function load(model, options = {}) {
  known(options, "ort", "executionProviders", "sessionOptions", "controls");
  const { ort, executionProviders, sessionOptions = {}, controls = null } = options;
  if (!ort?.InferenceSession) throw new ArgumentError("ort: expected the module onnxruntime-node or onnxruntime-web");
  // ONNX Runtime for Node reads this when it opens the first session; by default it reports home.
  if (globalThis.process?.env) process.env.ORT_DISABLE_TELEMETRY = "1";
  const providers = executionProviders ?? sessionOptions.executionProviders ?? [ort.env?.versions?.web ? "wasm" : "cpu"];
  if (!Array.isArray(providers) || !providers.length)
    throw new ArgumentError(`executionProviders: expected an array of at least one, got ${shown(providers)}`);
  const bytes = await bytesOf(model);
  const spec = readSpec(bytes);
  const code = await codeOf(bytes, spec.name);
  const errors = [];
  for (const provider of providers) {
    const name = provider?.name ?? provider;
    try {
      const session = await ort.InferenceSession.create(bytes, { ...sessionOptions, executionProviders: [provider] });
      return new Generator(ort, session, spec, name, { code, controls: controls ?? spec.controls ?? [] });
    } catch (error) {
      errors.push([name, error]);
    }
  }
  const told = errors.map(([name, error]) => `${name}: ${error.message}`).join("; ");
  throw new BackendError(`no backend opens '${spec.name}' (${told})`, errors.at(-1)[1]);
}

/** A loaded generator; `load` makes it. One call runs at a time: a second waits for the first. */
export class Generator {
  #ort;
  #session;
  #last = Promise.resolve();

  constructor(ort, session, spec, backend, { code, controls }) {
    this.#ort = ort;
    this.#session = session;
    this.spec = spec;
    this.backend = backend;
    this.controls = controls;
    this.model = code;
  }

  /** Images `start` to `start + count - 1` of `seed`, as pictures; `controls` such as { hair: "afro" } in all of them. */
  async sample(count = 1, options = {}) {
    const { seed = 0, start = 0, ...how } = known(options, "seed", "start", "truncation", "labels", "controls");
    return this.#draw(seed, indicesFrom(start, count), how);
  }

  /** The avatar of a player's name or id. */
  async avatar(identity, options = {}) {
    known(options, "namespace", "reroll", "truncation", "labels", "controls");
    const { namespace = "ganrt", reroll = 0, ...how } = options;
    return (await this.#draw(0, [identityIndex(identity, namespace, reroll)], how))[0];
  }

  /** The picture of a look: its code, or what parseLook or `look` gave. */
  async draw(look) {
    const wanted = typeof look === "string" ? parseLook(look) : look;
    const own = this.model.split("~");
    const given = wanted.model.split("~");
    if (own.at(-1) !== given.at(-1) || own.length !== given.length)
      throw new LookError(`look code: it was drawn by ${wanted.model}, and this model is ${this.model}`);
    const { z, labels, truncation } = lookInputs(wanted, this.spec, this.controls);
    return (await this.#pictures([z], labels, truncation))[0];
  }

  /** The look of an image, as `sample` draws it with the same options; printLook gives its code. */
  look(seed, index, options = {}) {
    const { truncation = null, controls = {} } = known(options, "truncation", "controls");
    withControls(this.latent(seed, index, truncation), this.controls, controls);
    return parseLook(printLook({
      model: this.model,
      seed,
      index,
      truncation: { psi: truncation, mode: null, threshold: null, statistics: null },
      controls: Object.entries(controls).map((pair) => this.#setting(...pair)).sort(([a], [b]) => (a < b ? -1 : 1)),
    }));
  }

  /** The latent of one image: a Float32Array of spec.latent.dim values. */
  latent(seed, index, truncation = null) {
    checkTruncation(truncation);
    return latent(lawOf(this.spec.latent, truncation), seed, index, this.spec.latent.dim);
  }

  /**
   * Pictures of given latents.
   *
   * latents: an array of Float32Array of spec.latent.dim values each.
   * labels: a class number for all, or an array of weights (Float32Array of spec.labels.count) for each; null: class 0.
   * truncation: selects the statistics of a BigGAN, pulls the styles of a style space to their average; others ignore it.
   */
  async synthesize(latents, options = {}) {
    const { labels = null, truncation = null } = known(options, "labels", "truncation");
    const { spec } = this;
    checkTruncation(truncation);
    const z = latentRows(latents, spec.latent.dim);
    const n = latents.length;
    const weights = labelRows(spec, spec.labels ? (labels ?? 0) : labels, n);
    return this.#pictures(latents, weights, truncationRow(spec, truncation, n), z);
  }

  async #pictures(latents, weights, psi, z = latentRows(latents, this.spec.latent.dim)) {
    const { spec } = this;
    const n = latents.length;
    const feeds = { z: this.#tensor(z, [n, spec.latent.dim]) };
    if (weights) feeds.labels = this.#tensor(weights, [n, spec.labels.count]);
    if (psi) feeds.truncation = this.#tensor(psi, [n]);
    return pictures(await this.#run(feeds), spec.output);
  }

  /**
   * The frames of a walk through images 0 of `seeds`: an asynchronous iterator of pictures. Frame k depends on no other.
   * frames: how many in all; loop: back to the first; method: "slerp" or "lerp"; from: the first frame.
   */
  async *walk(seeds, options = {}) {
    known(options, ...WALK, "labels", "from");
    const { frames = 120, loop, method, truncation, controls, labels, from = 0 } = options;
    if (!Number.isInteger(from) || from < 0) throw new ArgumentError(`from: expected 0 or more, got ${shown(from)}`);
    checkFrames(frames);
    for (let k = from; k < frames; k++) {
      const z = this.frame(seeds, k, { frames, loop, method, truncation, controls });
      yield (await this.synthesize([z], { labels, truncation }))[0];
    }
  }

  /**
   * The latent of frame k of a walk; k may have a fraction, from 0 to `frames` (open walks: to the last frame). Controls
   * are set after the interpolation.
   */
  frame(seeds, k, options = {}) {
    const { frames = 120, loop = true, method = "slerp", truncation, controls = {} } = known(options, ...WALK);
    const path = METHODS.get(method);
    if (!path) throw new ArgumentError(`method: expected slerp or lerp, got ${shown(method)}`);
    if (!Array.isArray(seeds) || !seeds.length) throw new ArgumentError("seeds: expected an array of at least one");
    checkFrames(frames);
    const last = frames - (loop ? 0 : 1);
    if (!(typeof k === "number" && k >= 0 && k <= last)) throw new ArgumentError(`k: expected 0 to ${last}, got ${shown(k)}`);
    const knots = seeds.length - (loop ? 0 : 1);
    const position = seeds.length === 1 || last < 1 ? 0 : (k * knots) / last;
    const low = Math.min(Math.floor(position), Math.max(0, knots - 1));
    const ends = [low, low + 1].map((knot) => this.latent(seeds[knot % seeds.length], 0, truncation));
    const z = position === low ? ends[0] : between(lawOf(this.spec.latent), ...ends, position - low, path);
    return withControls(z, this.controls, controls);
  }

  /** Releases the model, when the last call is done. */
  async close() {
    const session = this.#session;
    this.#session = null;
    await this.#last;
    await session?.release();
  }

  #draw(seed, indices, { truncation, labels, controls = {} }) {
    const zs = indices.map((index) => withControls(this.latent(seed, index, truncation), this.controls, controls));
    return this.synthesize(zs, { labels: labels ?? drawnLabels(this.spec, seed, indices), truncation });
  }

  // As Python writes it: an option, the shortest decimal of a number, or six lower-case digits.
  #setting(name, value) {
    const { kind } = this.controls.find((one) => one.name === name);
    if (kind === "scalar") return [name, numberText(Number(value) + 0, (why) => new LookError(`look: ${why}`))];
    return [name, kind === "color" ? value.replace("#", "").toLowerCase() : value];
  }

  #tensor(values, shape) {
    return new this.#ort.Tensor("float32", values, shape);
  }

  async #run(feeds) {
    const session = this.#session;
    if (!session) throw new BackendError("the generator is closed");
    const turn = this.#last.then(() => session.run(feeds));
    this.#last = turn.catch(() => undefined);
    try {
      return (await turn).image;
    } catch (error) {
      throw new BackendError(`'${this.spec.name}' does not run on ${this.backend}: ${error.message}`, error);
    }
  }
}

/** What look codes call a model. Without Web Crypto (pages that are not served securely) its name has to do. */
async function codeOf(bytes, name) {
  const plain = name.toLowerCase().replaceAll("+", "-");
  if (!globalThis.crypto?.subtle) return plain;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return BUNDLED[sha256] ?? `${plain}~${sha256.slice(0, 8)}`;
}

function checkFrames(frames) {
  if (!Number.isSafeInteger(frames) || frames < 1) throw new ArgumentError(`frames: expected 1 or more, got ${shown(frames)}`);
}

function pictures(tensor, { height, width, channels }) {
  const size = height * width * channels;
  const count = tensor?.data?.length / size;
  if (tensor?.type !== "uint8" || count !== tensor.dims[0])
    throw new ModelError(`the model's output image is ${tensor?.type} [${tensor?.dims}], expected uint8 [n, ${height}, ${width}, ${channels}]`);
  return Array.from({ length: count }, (_, i) => ({
    width,
    height,
    channels,
    data: tensor.data.slice(i * size, (i + 1) * size),
  }));
}

/** A picture as ImageData for a canvas: grey and RGB become RGBA. */
export function toImageData({ width, height, channels, data }) {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = data[channels * i + (channels < 3 ? 0 : c)];
    image.data[4 * i + 3] = channels === 4 ? data[4 * i + 3] : 255;
  }
  return image;
}

async function bytesOf(model) {
  if (model instanceof Uint8Array) return model;
  if (model instanceof ArrayBuffer) return new Uint8Array(model);
  if (typeof model !== "string" && !(model instanceof URL))
    throw new ArgumentError(`model: expected the bytes of an .onnx file or its URL, got ${shown(model)}`);
  let answer;
  try {
    answer = await fetch(model);
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    throw new ModelError(`model '${model}' cannot be fetched (${error.message}): expected its URL, or the bytes of the file`);
  }
  throw new ModelError(`model '${model}': the server answers ${answer.status}, expected an .onnx file`);
}
