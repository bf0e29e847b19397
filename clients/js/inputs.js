/** What a model is fed, checked: nothing is clamped, cut or ignored. */
import { ArgumentError, shown } from "./arguments.js";
import { classChoice } from "./latents.js";

/** Indices `start` to `start + count - 1`; that none passes 2^64 is checked where they are drawn. */
export function indicesFrom(start, count) {
  if (!Number.isSafeInteger(count) || count < 1) throw new ArgumentError(`count: expected 1 or more, got ${shown(count)}`);
  if (typeof start !== "bigint" && !Number.isSafeInteger(start))
    throw new ArgumentError(`start: expected a BigInt or a whole number below 2^53, got ${shown(start)}`);
  return Array.from({ length: count }, (_, i) => BigInt(start) + BigInt(i));
}

/** Latents as one Float32Array [n * dim]. */
export function latentRows(latents, dim) {
  return joined("latents", latents, latents?.length, dim);
}

/** Label weights of n images as one Float32Array [n * count]; null for a generator without classes. */
export function labelRows(spec, labels, n) {
  if (!spec.labels) {
    if (labels !== null) throw new ArgumentError(`labels: '${spec.name}' has no classes`);
    return null;
  }
  const { count } = spec.labels;
  if (typeof labels === "number") return joined("labels", Array(n).fill(oneHot(labels, count)), n, count);
  return joined("labels", labels, n, count);
}

/** The classes that images of a seed have where none are given, as weights; null for a generator without classes. */
export function drawnLabels(spec, seed, indices) {
  return spec.labels && indices.map((index) => oneHot(classChoice(seed, index, spec.labels.count), spec.labels.count));
}

/** The model's input `truncation` for n images: psi of a style space, or what selects a BigGAN's statistics; else null. */
export function truncationRow(spec, truncation, n) {
  if (spec.latent.psi_mode === "style") return new Float32Array(n).fill(truncation ?? 1);
  const { mode, low, high, default: normal } = spec.statistics;
  if (mode !== "input") return null;
  const value = truncation ?? normal;
  if (!(typeof value === "number" && value >= low && value <= high && value > 0))
    throw new ArgumentError(`truncation: this model's statistics cover ${low || "above 0"} to ${high}, got ${shown(value)}`);
  return new Float32Array(n).fill(value);
}

/** A truncation under the name by which a caller knows it; how far it may go depends on the law. */
export function checkTruncation(truncation) {
  if (truncation !== null && !(typeof truncation === "number" && truncation >= 0 && truncation <= 16))
    throw new ArgumentError(`truncation: expected a number from 0 to 16, or null, got ${shown(truncation)}`);
}

function oneHot(chosen, count) {
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= count)
    throw new ArgumentError(`labels: expected a class from 0 to ${count - 1}, got ${shown(chosen)}`);
  const weights = new Float32Array(count);
  weights[chosen] = 1;
  return weights;
}

function joined(name, rows, n, width) {
  const fits = Array.isArray(rows) && rows.length === n && n > 0 && rows.every((row) => row?.length === width);
  if (!fits) throw new ArgumentError(`${name}: expected an array of ${n || "one or more"} rows of ${width} numbers each`);
  const values = new Float32Array(n * width);
  rows.forEach((row, i) => values.set(row, i * width));
  if (!values.every(Number.isFinite)) throw new ArgumentError(`${name}: expected finite numbers that float32 can hold`);
  return values;
}
