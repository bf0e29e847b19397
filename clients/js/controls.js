/** Named controls: latents with `hair: "afro"`, `skin: 0.8`, `shirt: "3366cc"`, the same as Python's in every bit. */
import { ArgumentError, shown } from "./arguments.js";

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
    if (!(typeof value === "number" && value >= low && value <= high))
      throw new ArgumentError(`${name}: expected a number from ${low} to ${high}, got ${shown(value)}`);
    return positions.map((_, k) => between(knots, (value - low) / (high - low), k));
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
