/** Named controls and looks: latents with `hair: "afro"` or `skin: 0.8`, the same as Python's in every bit. */
import { ArgumentError, shown } from "./arguments.js";
import { drawnLabels, truncationRow } from "./inputs.js";
import { latent, lawOf } from "./latents.js";

const NUMBER = /^[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})(e[+-]?[0-9]{1,3})?$/i;

/**
 * A copy of a latent with controls set.
 *
 * z: a Float32Array, such as generator.latent gives.
 * controls: the model's: generator.spec.controls, or `controls` of a bundle's controls.json.
 * given: by the control's name an option, a number within the range, or a colour RRGGBB.
 */
export function withControls(z, controls, given) {
  const made = Float32Array.from(z);
  for (const [name, value] of Object.entries(given)) {
    const control = controls.find((one) => one.name === name);
    if (!control) throw new ArgumentError(`${shown(name)}: expected one of ${controls.map((one) => one.name).join(", ")}`);
    controlValues(control, value).forEach((one, i) => (made[control.positions[i]] = one));
  }
  return made;
}

function controlValues(control, value) {
  const { name, kind, options, low, high, knots, positions } = control;
  if (kind === "choice") {
    const option = options.find((one) => one.name === value);
    if (!option) throw new ArgumentError(`${name}: expected one of ${options.map((one) => one.name).join(", ")}, got ${shown(value)}`);
    return option.values;
  }
  if (kind === "scalar") {
    const number = typeof value === "string" && NUMBER.test(value) ? Number(value) : value;
    if (!(typeof number === "number" && number >= low && number <= high))
      throw new ArgumentError(`${name}: expected a number from ${low} to ${high}, got ${shown(value)}`);
    return positions.map((_, k) => between(knots, (number - low) / (high - low), k));
  }
  const digits = /^#?([0-9a-f]{6})$/i.exec(value)?.[1];
  if (!digits) throw new ArgumentError(`${name}: expected a colour such as 3366cc, got ${shown(value)}`);
  return [0, 2, 4].map((at, k) => between(knots, parseInt(digits.slice(at, at + 2), 16) / 255, k));
}

function between(knots, part, column) {
  const at = part * (knots.length - 1);
  const row = Math.min(Math.floor(at), knots.length - 2);
  const [low, high] = [knots[row][column], knots[row + 1][column]];
  return low + (at - row) * (high - low);
}

/**
 * What a look (parseLook of looks.js) feeds a model: { z, labels, truncation }, Float32Arrays of one image; null for an
 * input that the model does not have. That it is a look of this model the caller knows.
 */
export function lookInputs(look, spec, controls = spec.controls ?? []) {
  const { classes, edits, seed, index, truncation } = look;
  const { dim } = spec.latent;
  const styles = spec.latent.psi_mode === "style";
  if (truncation.statistics !== null && (styles || spec.statistics.mode !== "input"))
    throw new ArgumentError(`statistics: '${spec.name}' has none to choose from`);
  if (classes && !spec.labels) throw new ArgumentError(`labels: '${spec.name}' has no classes`);
  const drawn = latent(lawOfLook(truncation, spec.latent), seed, index, dim);
  const z = withControls(drawn, controls, Object.fromEntries(look.controls));
  for (const { start, stop, value } of edits) {
    if (stop > dim) throw new ArgumentError(`edits: expected values 0 to ${dim - 1} of z, got ${start} to ${stop - 1}`);
    z.fill(value, start, stop);
  }
  const labels = classes ? weightsOf(classes, spec.labels.count) : (drawnLabels(spec, seed, [index]) ?? [null])[0];
  return { z, labels, truncation: truncationRow(spec, truncation.statistics ?? truncation.psi, 1) };
}

function lawOfLook({ psi, mode, threshold }, latentSpec) {
  const { prior, psi_mode: own } = latentSpec;
  const given = threshold !== null || mode !== null;
  if (own === "style" && given) throw new ArgumentError("truncation: this model's leaves the latents alone: expected psi alone");
  if (!/normal/.test(prior) && (threshold !== null || mode === "resample"))
    throw new ArgumentError("truncation: a uniform prior is scaled by psi: expected no threshold");
  const changed = { ...latentSpec, threshold: threshold ?? latentSpec.threshold, psi_mode: mode ?? own };
  return lawOf(changed, psi ?? (given ? 1 : null));
}

function weightsOf(classes, count) {
  const weights = new Float32Array(count);
  for (const [chosen, weight] of classes) {
    if (chosen >= count) throw new ArgumentError(`class ${chosen}: expected 0 to ${count - 1}`);
    weights[chosen] = weight;
  }
  return weights;
}
