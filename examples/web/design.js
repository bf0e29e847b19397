/** Menus, sliders and colours for the model's named controls. What nobody touched is as it was drawn. */
import { withControls } from "./ganrt/ganrt.js";

const AS_DRAWN = "as drawn";
const STEPS = 100; // of a slider

export class Design {
  #settings = {};
  #fields = new Map(); // by the control's name: its control, input and output

  /** place: the element that gets them; changed(settings): called when somebody changes one. */
  constructor(place, controls, changed) {
    for (const control of controls) {
      const id = `control-${control.name}`;
      const words = `${control.name.replaceAll("-", " ")} `;
      const label = Object.assign(document.createElement("label"), { htmlFor: id, textContent: words });
      const output = document.createElement("output");
      output.htmlFor.add(id);
      const input = inputOf(control);
      input.id = id;
      if (control.help) input.title = control.help;
      input.addEventListener("input", () => {
        if (input.value === "") delete this.#settings[control.name];
        else this.#settings[control.name] = valueOf(control, input.value);
        this.#tell(control.name);
        changed(this.settings);
      });
      if (control.kind !== "choice") label.append(output);
      place.append(label, input);
      this.#fields.set(control.name, { control, input, output });
      this.#tell(control.name);
    }
  }

  /** By name an option, a number, or a colour; only what was set. */
  get settings() {
    return { ...this.#settings };
  }

  /** Shows other settings: pairs of name and value, as a look has them. */
  show(pairs) {
    this.#settings = {};
    const given = new Map(pairs);
    for (const [name, { control, input }] of this.#fields) {
      const value = given.get(name);
      if (control.kind === "choice") input.value = value ?? "";
      else if (value !== undefined) input.value = control.kind === "color" ? `#${value}` : value;
      if (value !== undefined) this.#settings[name] = valueOf(control, value);
      this.#tell(name);
    }
  }

  /** Moves what was not set to what a latent draws, as near as it comes. */
  drawn(z) {
    for (const [name, { control, input }] of this.#fields)
      if (control.kind !== "choice" && !(name in this.#settings)) input.value = nearest(control, z);
  }

  #tell(name) {
    const { control, input, output } = this.#fields.get(name);
    const text = name in this.#settings ? String(this.#settings[name]) : AS_DRAWN;
    output.value = text;
    if (control.kind === "scalar") input.setAttribute("aria-valuetext", text);
  }
}

/** The number or colour whose values of z are nearest to those of a latent. */
export function nearest(control, z) {
  const { name, kind, low, high, positions } = control;
  const apart = (value) => {
    const made = withControls(z, [control], { [name]: value });
    return positions.map((position) => Math.abs(made[position] - z[position]));
  };
  if (kind === "scalar") {
    const numbers = Array.from({ length: STEPS + 1 }, (_, k) => Math.min(high, low + (k / STEPS) * (high - low)));
    return least(numbers, numbers.map((number) => apart(number).reduce((sum, one) => sum + one)));
  }
  const levels = Array.from({ length: 256 }, (_, k) => k.toString(16).padStart(2, "0"));
  const greys = levels.map((level) => apart(level.repeat(3)));
  return `#${[0, 1, 2].map((k) => least(levels, greys.map((grey) => grey[k]))).join("")}`;
}

function least(values, costs) {
  return values[costs.indexOf(Math.min(...costs))];
}

function valueOf(control, value) {
  if (control.kind === "scalar") return Number(value);
  return control.kind === "color" ? value.replace("#", "") : value;
}

function inputOf(control) {
  if (control.kind === "choice") {
    const menu = document.createElement("select");
    menu.append(new Option(AS_DRAWN, ""), ...control.options.map(({ name }) => new Option(name, name)));
    return menu;
  }
  const input = document.createElement("input");
  if (control.kind === "color") return Object.assign(input, { type: "color" });
  const { low, high } = control;
  return Object.assign(input, { type: "range", min: low, max: high, step: (high - low) / STEPS, value: (low + high) / 2 });
}
