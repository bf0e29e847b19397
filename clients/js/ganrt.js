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
import { ArgumentError, classChoice, identityIndex, lawOf, latent, lerp, slerp } from "./latents.js";
import { readSpec } from "./spec.js";

export * from "./latents.js";
export { ModelError, readSpec } from "./spec.js";

/**
 * Opens a model.
 *
 * model: the bytes of an `.onnx` file that ganrt wrote (it explains itself), or its URL where `fetch` is present.
 * ort: the module onnxruntime-node, onnxruntime-web or onnxruntime-react-native.
 * executionProviders: as ONNX Runtime takes them, such as ["webgpu", "wasm"]; the first that opens is used, and
 *   `generator.backend` says which. Throws ModelError for what is not ganrt's, and ONNX Runtime's own error, of the last
 *   provider, where none opens.
 */
export async function load(model, { ort, executionProviders = null, sessionOptions = {} } = {}) {
  if (!ort?.InferenceSession) throw new ArgumentError("ort: expected the module onnxruntime-node or onnxruntime-web");
  const bytes = model instanceof Uint8Array ? model : await fetchBytes(model);
  const spec = readSpec(bytes);
  const providers = executionProviders ?? [null];
  for (const [tried, provider] of providers.entries()) {
    try {
      const options = provider === null ? sessionOptions : { ...sessionOptions, executionProviders: [provider] };
      const session = await ort.InferenceSession.create(bytes, options);
      const name = provider === null ? "default" : (provider.name ?? provider);
      return new Generator(ort, session, spec, name);
    } catch (error) {
      if (tried === providers.length - 1) throw error;
    }
  }
  throw new ArgumentError("executionProviders: expected at least one");
}

/** A loaded generator; `load` makes it. One call runs at a time: a second waits for the first. */
export class Generator {
  #ort;
  #session;
  #last = Promise.resolve();

  constructor(ort, session, spec, backend) {
    this.#ort = ort;
    this.#session = session;
    this.spec = spec;
    this.backend = backend;
  }

  /** Images `start` to `start + count - 1` of `seed`, as pictures. */
  async sample(count = 1, { seed = 0, start = 0, truncation = null, labels = null } = {}) {
    const indices = Array.from({ length: count }, (_, i) => BigInt(start) + BigInt(i));
    return this.#draw(seed, indices, truncation, labels);
  }

  /** The avatar of a player's name or id. */
  async avatar(identity, { namespace = "ganrt", truncation = null, labels = null } = {}) {
    return (await this.#draw(0, [identityIndex(identity, namespace)], truncation, labels))[0];
  }

  /** The latent of one image: a Float32Array of spec.latent.dim values. */
  latent(seed, index, truncation = null) {
    return latent(lawOf(this.spec.latent, truncation), BigInt(seed), BigInt(index), this.spec.latent.dim);
  }

  /**
   * Pictures of given latents.
   *
   * latents: an array of Float32Array of spec.latent.dim values each.
   * labels: a class number for all, or an array of weights (Float32Array of spec.labels.count) for each.
   */
  async synthesize(latents, { labels = null, truncation = null } = {}) {
    const { dim } = this.spec.latent;
    if (!latents.length || latents.some((z) => z.length !== dim))
      throw new ArgumentError(`latents: expected one or more, of ${dim} values each`);
    const feeds = { z: this.#tensor(latents, dim) };
    if (this.spec.labels) feeds.labels = this.#tensor(this.#weights(labels ?? 0, latents.length), this.spec.labels.count);
    if (this.spec.statistics.mode === "input") {
      const value = truncation ?? this.spec.statistics.default;
      feeds.truncation = new this.#ort.Tensor("float32", new Float32Array(latents.length).fill(value), [latents.length]);
    }
    const turn = this.#last.then(() => this.#session.run(feeds));
    this.#last = turn.catch(() => undefined);
    return pictures((await turn).image);
  }

  /**
   * The frames of a walk through images 0 of `seeds`: an asynchronous iterator of pictures. Frame k depends on no other.
   * frames: how many in all; loop: back to the first; method: "slerp" or "lerp"; from: the first frame.
   */
  async *walk(seeds, { frames = 120, loop = true, method = "slerp", truncation = null, labels = null, from = 0 } = {}) {
    for (let k = from; k < frames; k++) {
      const z = this.frame(seeds, k, { frames, loop, method, truncation });
      yield (await this.synthesize([z], { labels, truncation }))[0];
    }
  }

  /** The latent of frame k of a walk; k may have a fraction. */
  frame(seeds, k, { frames = 120, loop = true, method = "slerp", truncation = null } = {}) {
    const between = { slerp, lerp }[method];
    if (!between) throw new ArgumentError(`method: expected slerp or lerp, got ${method}`);
    if (!seeds.length) throw new ArgumentError("seeds: expected at least one");
    const knots = seeds.length - (loop ? 0 : 1);
    const steps = frames - (loop ? 0 : 1);
    const position = seeds.length === 1 || steps < 1 ? 0 : (k * knots) / steps;
    const low = Math.min(Math.floor(position), Math.max(0, knots - 1));
    const ends = [low, low + 1].map((knot) => this.latent(seeds[knot % seeds.length], 0, truncation));
    return position === low ? ends[0] : between(...ends, position - low);
  }

  /** Releases the model. */
  async close() {
    await this.#last;
    await this.#session.release();
  }

  #draw(seed, indices, truncation, labels) {
    const zs = indices.map((index) => this.latent(seed, index, truncation));
    const chosen = this.spec.labels && labels === null;
    const weights = chosen ? indices.map((index) => this.#oneHot(classChoice(BigInt(seed), index, this.spec.labels.count))) : labels;
    return this.synthesize(zs, { labels: weights, truncation });
  }

  #oneHot(chosen) {
    const weights = new Float32Array(this.spec.labels.count);
    if (!Number.isInteger(chosen) || chosen < 0 || chosen >= weights.length)
      throw new ArgumentError(`class: expected 0 to ${weights.length - 1}, got ${chosen}`);
    weights[chosen] = 1;
    return weights;
  }

  #weights(labels, count) {
    return typeof labels === "number" ? Array(count).fill(this.#oneHot(labels)) : labels;
  }

  #tensor(rows, width) {
    const values = new Float32Array(rows.length * width);
    rows.forEach((row, i) => values.set(row, i * width));
    return new this.#ort.Tensor("float32", values, [rows.length, width]);
  }
}

function pictures(tensor) {
  const [count, height, width, channels] = tensor.dims;
  const size = height * width * channels;
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

async function fetchBytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new ArgumentError(`model '${url}': the server answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
