/** What a call was given, checked: a misspelt option must not draw another avatar. */

/** An argument outside what the specification allows: nothing is clamped or ignored. */
export class ArgumentError extends RangeError {
  constructor(message) {
    super(message);
    this.name = "ArgumentError";
  }
}

/** The options of a call, of which `names` are all that there are. */
export function known(options, ...names) {
  if (typeof options !== "object" || options === null)
    throw new ArgumentError(`options: expected an object of ${names.join(", ")}, got ${shown(options)}`);
  for (const name of Object.keys(options))
    if (!names.includes(name)) throw new ArgumentError(`${name}: there is no such option; expected ${names.join(", ")}`);
  return options;
}

/** An argument as a message shows it: short, whatever it is. */
export function shown(value) {
  const text = typeof value === "string" ? `'${value}'` : String(value);
  const close = typeof value === "string" ? "'" : "";
  return text.length > 60 ? `${text.slice(0, 60)}...${close}` : text;
}
