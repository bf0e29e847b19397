/** Opens the model: on WebGPU where the browser has it and the first picture is right, in WebAssembly otherwise. */
import { BUILDS } from "./builds.js";
import { load, ModelError, toImageData } from "./ganrt/ganrt.js";

// A function that uses i8x16.splat and i8x16.popcnt.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const ALLOWED = 2; // of 255, from the model's reference picture
const ALLOWED_CLEAR = 4; // the same where canvases have rounded premultiplied colours, too

/** What went wrong, in words for whoever looks at the page. */
export class PageError extends Error {}

/**
 * url: of the model; its named controls are in controls.json beside it. progress(bytes): called while files arrive. only: of the address, "webgpu" or "wasm"; null for the
 * best.
 * Returns { generator, backend: in words, notes: why a backend was passed over }. Throws PageError.
 */
export async function open(url, progress, only = null) {
  if (!globalThis.WebAssembly || !WebAssembly.validate(new Uint8Array(SIMD)))
    throw new PageError("This browser has no WebAssembly SIMD, which the models need. Any browser from 2023 on has it.");
  const names = await candidates(only);
  const [model, named] = await Promise.all([fetched(url, progress), fetched("controls.json", progress)]);
  const { controls } = JSON.parse(new TextDecoder().decode(named));
  const notes = [];
  for (const name of names) {
    try {
      return { ...(await openOn(name, model, controls, progress)), notes };
    } catch (error) {
      if (error instanceof ModelError) throw new PageError(`${url}: ${error.message}`);
      notes.push(`${BUILDS[name].title} is not used: ${error.message}`);
    }
  }
  if (only !== null) notes.push(`The address asks for ?backend=${only}: leave it out for the best that works here.`);
  throw new PageError(notes.join(" "));
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

async function openOn(name, model, controls, progress) {
  const { title, module, core } = BUILDS[name];
  const [ort, wasmBinary] = await Promise.all([imported(`./ort/${module}`), fetched(`ort/${core}.wasm`, progress)]);
  const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
  ort.env.logLevel = "error";
  ort.env.wasm.wasmBinary = wasmBinary.buffer;
  ort.env.wasm.wasmPaths = new URL("ort/", document.baseURI).href;
  ort.env.wasm.numThreads = threads;
  const sessionOptions = { logSeverityLevel: 3 };
  const generator = await load(model, { ort, executionProviders: [name], sessionOptions, controls });
  try {
    await compareWithReference(generator);
  } catch (error) {
    await generator.close();
    throw error;
  }
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
      if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
      chunks.push(value);
      progress(value.length);
    }
  } catch (error) {
    throw new PageError(`${url} cannot be loaded: ${error.message}.`);
  }
}

/** A driver may compute nonsense: the model carries its picture of one seed, which must come out. */
async function compareWithReference(generator) {
  const { canary, output } = generator.spec;
  if (!canary?.png || canary.reduced) return; // of a large picture there are averages alone
  const labels = canary.labels && [Float32Array.from(canary.labels)];
  const [picture] = await generator.sample(1, { seed: BigInt(canary.seed), start: BigInt(canary.index), labels });
  const found = premultiplied(toImageData(picture).data);
  const png = Uint8Array.from(atob(canary.png), (letter) => letter.charCodeAt(0));
  const expected = premultiplied(await decoded(png, output));
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  if (!(worst <= (output.channels === 4 ? ALLOWED_CLEAR : ALLOWED))) throw new PageError(`its picture of the reference is off by ${worst} of 255.`);
}

/** Canvases do not keep the colours of clear pixels, and nobody sees them. */
function premultiplied(rgba) {
  return Float32Array.from(rgba, (value, i) => (i % 4 === 3 ? value : (value * rgba[i | 3]) / 255));
}

async function decoded(png, { width, height }) {
  const bitmap = await createImageBitmap(new Blob([png], { type: "image/png" }));
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}
