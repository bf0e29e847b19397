/** Opens the model: on WebGPU where the browser has it and the first picture is right, in WebAssembly otherwise. */
import { BUILDS } from "./builds.js";
import { load, ModelError, readSpec, toImageData } from "./ganrt/ganrt.js";

// A function that uses i8x16.splat and i8x16.popcnt.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const ALLOWED = 2; // of 255, from the model's reference picture
const ALLOWED_CLEAR = 4; // the same where canvases have rounded premultiplied colours, too

/** What went wrong, in words for whoever looks at the page. */
export class PageError extends Error {}

/**
 * url: of the model; its named controls are in controls.json beside it. progress(bytes): called while files arrive.
 * only: of the address, "webgpu" or "wasm"; null for the best.
 * Returns { generator, backend: in words, notes: why a backend was passed over }. Throws PageError.
 */
export async function open(url, progress, only = null) {
  if (!globalThis.WebAssembly || !WebAssembly.validate(new Uint8Array(SIMD)))
    throw new PageError("This browser has no WebAssembly SIMD, which the models need. Any browser from 2023 on has it.");
  const files = begun(Promise.all([fetched(url, progress), fetched("controls.json", progress)]));
  const names = await candidates(only);
  const best = begun(runtime(names[0], progress));
  const [model, named] = await files;
  const { controls } = JSON.parse(new TextDecoder().decode(named));
  const reference = begun(referenceOf(model));
  const notes = [];
  for (const name of names) {
    try {
      const parts = await (name === names[0] ? best : runtime(name, progress));
      return { ...(await openOn(name, parts, model, controls, reference)), notes };
    } catch (error) {
      if (error instanceof ModelError) throw new PageError(`${url}: ${error.message}`);
      notes.push(`${BUILDS[name].title} is not used: ${error.message}`);
    }
  }
  if (only !== null) notes.push(`The address asks for ?backend=${only}: leave it out for the best that works here.`);
  throw new PageError(notes.join(" "));
}

/** A promise that is awaited later, when others have had their turn: until then its failure is nobody's. */
function begun(promise) {
  promise.catch(() => undefined);
  return promise;
}

async function candidates(only) {
  if (only !== null) {
    if (Object.hasOwn(BUILDS, only)) return [only];
    throw new PageError(`?backend=${only}: expected ${Object.keys(BUILDS).join(" or ")}, or nothing for the best.`);
  }
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  const imitated = adapter?.info?.isFallbackAdapter ?? adapter?.isFallbackAdapter; // on the processor: far slower
  return adapter && !imitated ? ["webgpu", "wasm"] : ["wasm"];
}

/** ONNX Runtime's module and core. */
function runtime(name, progress) {
  const { module, core } = BUILDS[name];
  return Promise.all([imported(`./ort/${module}`), fetched(`ort/${core}.wasm`, progress)]);
}

async function openOn(name, [ort, wasmBinary], model, controls, reference) {
  const cores = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency || 1 : 1;
  const threads = Math.max(1, Math.min(4, cores - 1)); // one is the page's: with a thread more it starts later
  ort.env.logLevel = "error";
  ort.env.wasm.wasmBinary = wasmBinary.buffer;
  ort.env.wasm.wasmPaths = new URL("ort/", document.baseURI).href;
  ort.env.wasm.numThreads = threads;
  const sessionOptions = { logSeverityLevel: 3, graphOptimizationLevel: "basic" }; // more takes longer than it saves
  const generator = await load(model, { ort, executionProviders: [name], sessionOptions, controls });
  try {
    await compareWithReference(generator, await reference);
  } catch (error) {
    await generator.close();
    throw error;
  }
  const { title } = BUILDS[name];
  return { generator, backend: name === "wasm" ? `${title}, ${threads} thread${threads > 1 ? "s" : ""}` : title };
}

async function imported(path) {
  return import(path).catch((error) => {
    throw new PageError(`${path.slice(2)} cannot be loaded (${error.message}).`);
  });
}

/** The file at a URL as bytes; errors name it. */
async function fetched(url, progress) {
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    const chunks = [];
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return joined(chunks);
      chunks.push(value);
      progress(value.length);
    }
  } catch (error) {
    throw new PageError(`${url} cannot be loaded: ${error.message}.`);
  }
}

function joined(chunks) {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The model's picture of one seed as RGBA; null: it has none, or averages of a large one. */
async function referenceOf(model) {
  const { canary, output } = readSpec(model);
  if (!canary?.png || canary.reduced) return null;
  const png = Uint8Array.from(atob(canary.png), (letter) => letter.charCodeAt(0));
  return decoded(png, output);
}

/** A driver may compute nonsense: the reference must come out. */
async function compareWithReference(generator, expected) {
  if (!expected) return;
  const { canary, output } = generator.spec;
  const labels = canary.labels && [Float32Array.from(canary.labels)];
  const [picture] = await generator.sample(1, { seed: BigInt(canary.seed), start: BigInt(canary.index), labels });
  const worst = apart(toImageData(picture).data, expected);
  const allowed = output.channels === 4 ? ALLOWED_CLEAR : ALLOWED;
  if (!(worst <= allowed)) throw new PageError(`its picture of the reference is off by ${worst} of 255.`);
}

/** How far two pictures are apart, premultiplied: canvases do not keep the colours of clear pixels, and nobody sees them. */
function apart(one, two) {
  let worst = 0;
  for (let i = 0; i < one.length; i += 4) {
    worst = Math.max(worst, Math.abs(one[i + 3] - two[i + 3]));
    for (let c = i; c < i + 3; c++) worst = Math.max(worst, Math.abs(one[c] * one[i + 3] - two[c] * two[i + 3]) / 255);
  }
  return worst;
}

async function decoded(png, { width, height }) {
  const bitmap = await createImageBitmap(new Blob([png], { type: "image/png" }));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}
