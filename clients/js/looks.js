/**
 * Look codes: one short text that redraws a picture, such as "ganrt:avatars-1:0:8841:JR". The specification is
 * docs/look-codes.md.
 *
 *     const look = parseLook("ganrt:avatars-1:0:8841:hair=afro:PD");
 *     look.controls;                                           // [["hair", "afro"]]
 *     printLook({ ...look, controls: [["hair", "bun"]] });     // the code of another look
 */
import { ArgumentError, shown } from "./arguments.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-._~:=,";
const [MODULUS, RADIX] = [661, 26]; // ISO/IEC 7064, MOD 661-26
const EXAMPLE = "ganrt:avatars-1:0:8841";
const MAX_CHARACTERS = 4000;
const MAX_DIGITS = 18;
const MAX_POSITION = 2 ** 20;
const MODEL = /^[a-z0-9][a-z0-9._-]{0,99}(~[0-9a-f]{8})?$/;
const CONTROL = /^([a-z0-9][a-z0-9_-]{0,39})=([a-z0-9.-][a-z0-9._-]{0,59})$/;
const OWN = /^\.([a-z]+)([0-9-]*)=([a-z0-9.-]+)$/;
const RANGE = /^([0-9]{1,7})(?:-([0-9]{1,7}))?$/;
const NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;
const LARGEST = 3.4028234663852886e38;

/** A text is no look code; `newer` says that a newer ganrt made it. */
export class LookError extends ArgumentError {
  constructor(message, newer = false) {
    super(message);
    this.name = "LookError";
    this.newer = newer;
  }
}

/** The two letters that end the code of a body, such as "ganrt:avatars-1:0:8841". */
export function checkLetters(body) {
  let rest = 0;
  for (const character of body) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new LookError(`look code: '${character}' stands in no code`);
    rest = ((rest + value) * RADIX) % MODULUS;
  }
  const check = (MODULUS + 1 - ((rest * RADIX) % MODULUS)) % MODULUS;
  return (ALPHABET[Math.floor(check / RADIX)] + ALPHABET[check % RADIX]).toUpperCase();
}

/** The look that a code means; throws LookError. seed and index are BigInt. */
export function parseLook(text) {
  if (typeof text !== "string") throw new LookError(`look code ${shown(text)}: expected one such as ${EXAMPLE}`);
  const fail = (why, newer) => new LookError(`look code ${shown(text)}: ${why}`, newer);
  if (text.length > 2 * MAX_CHARACTERS) throw fail("it is too long");
  if (/[^\0-\x7f]/.test(text)) throw fail("it was mistyped, or is not whole");
  const given = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "").toLowerCase();
  const parts = given.split(":");
  const prefix = /^ganrt([0-9]{0,9})$/.exec(parts[0]);
  if (!prefix) throw fail(`expected one such as ${EXAMPLE}`);
  if (given.length > MAX_CHARACTERS + 3) throw fail("it is too long");
  if (prefix[1]) throw fail("it was made by a newer ganrt, or mistyped", true);
  if ([...given].some((character) => !ALPHABET.includes(character))) throw fail("it was mistyped, or is not whole");
  const checked = parts.length > 4 && /^[a-z]{2}$/.test(parts.at(-1));
  if (checked && checkLetters(given.slice(0, -3)).toLowerCase() !== parts.pop())
    throw fail("a typo: its check letters do not fit");
  if (parts.length < 4 || parts.length > 5) throw fail("expected ganrt:MODEL:SEED:INDEX, fields, and two check letters");
  if (parts.length === 5 && !checked) throw fail("expected two check letters after its fields");
  if (!MODEL.test(parts[1])) throw fail("expected a model: a name, or NAME~ with eight digits");
  const look = plain(parts[1], whole(parts[2], fail), whole(parts[3], fail));
  const classes = new Map();
  for (const field of parts.length === 5 ? parts[4].split(",") : []) take(look, classes, field, fail);
  if (classes.size) look.classes = [...classes].sort(([a], [b]) => a - b);
  look.controls.sort(([a], [b]) => (a < b ? -1 : 1));
  look.edits.sort((a, b) => a.start - b.start);
  check(look, fail);
  return look;
}

/** The code of a look, with its check letters; equal looks have equal codes. Throws LookError. */
export function printLook(look) {
  const full = { ...plain(look.model, BigInt(look.seed), BigInt(look.index)), ...look };
  const fail = (why) => new LookError(`look: ${why}`);
  if (!MODEL.test(full.model)) throw fail("expected a model: a name, or NAME~ with eight digits");
  for (const value of [full.seed, full.index])
    if (BigInt(value) < 0n || BigInt(value) >= 1n << 64n) throw fail("seed and index go from 0 to 2^64 - 1");
  check(full, fail);
  const fields = [...fieldsOf(full, fail)].join(",");
  const body = `ganrt:${full.model}:${full.seed}:${full.index}${fields && `:${fields}`}`;
  if (body.length > MAX_CHARACTERS) throw fail("its code is too long");
  return `${body}:${checkLetters(body)}`;
}

function plain(model, seed, index) {
  const none = { psi: null, mode: null, threshold: null, statistics: null };
  return { model, seed, index, truncation: none, classes: null, controls: [], edits: [] };
}

function take(look, classes, field, fail) {
  const control = CONTROL.exec(field);
  if (control) {
    if (look.controls.some(([name]) => name === control[1])) throw fail(`'${control[1]}' is set twice`);
    look.controls.push([control[1], control[2]]);
    return;
  }
  const own = OWN.exec(field);
  if (!own) throw fail(`'${field.slice(0, 60)}' is no field: expected one such as hair=afro or .psi=0.7`);
  const [, key, place, value] = own;
  const range = RANGE.exec(place);
  if (["psi", "threshold", "statistics", "mode"].includes(key) && !place) {
    if (look.truncation[key] !== null) throw fail(`'${key}' is set twice`);
    look.truncation[key] = key === "mode" ? value : number(value, fail);
  } else if (key === "class") {
    const chosen = place || value;
    if (!/^[0-9]{1,10}$/.test(chosen)) throw fail(`'${chosen}' is no class`);
    if (classes.has(Number(chosen))) throw fail(`class ${chosen} is set twice`);
    classes.set(Number(chosen), place ? number(value, fail) : 1);
  } else if (key === "z" && range) {
    const start = Number(range[1]);
    look.edits.push({ start, stop: range[2] ? Number(range[2]) : start + 1, value: number(value, fail) });
  } else {
    throw fail(`'.${key}${place}' is unknown here: it was made by a newer ganrt`, true);
  }
}

/** What texts and objects must both fulfil. */
function check({ truncation, classes, controls, edits }, fail) {
  const { psi, mode, threshold, statistics } = truncation;
  const within = (value, above, most) => value === null || (typeof value === "number" && above(value) && value <= most);
  if (mode !== null && mode !== "scale" && mode !== "resample") throw fail("expected the mode scale or resample");
  if (!within(psi, (value) => value >= 0, 16)) throw fail("expected psi from 0 to 16");
  if (!within(threshold, (value) => value > 0, 8)) throw fail("expected a threshold above 0, at most 8");
  if (!within(statistics, (value) => value > 0, 16)) throw fail("expected a statistics truncation above 0, at most 16");
  const float = (value) => typeof value === "number" && Math.abs(value) <= LARGEST;
  (classes ?? []).forEach(([chosen, weight], i) => {
    if (!Number.isInteger(chosen) || chosen < 0 || chosen >= 2 ** 32 || !float(weight)) throw fail("expected classes and weights");
    if (i && classes[i - 1][0] >= chosen) throw fail("expected each class once, in order");
  });
  controls.forEach(([name, value], i) => {
    if (!CONTROL.test(`${name}=${value}`)) throw fail("expected controls such as hair=afro");
    if (i && controls[i - 1][0] >= name) throw fail("expected each control once, in order");
  });
  let end = 0;
  for (const { start, stop, value } of edits) {
    const fits = Number.isInteger(start) && Number.isInteger(stop) && end <= start && start < stop && stop <= MAX_POSITION;
    if (!fits || !float(value)) throw fail("expected edits of z in order, none of a position twice");
    end = stop;
  }
}

function* fieldsOf({ truncation, classes, controls, edits }, fail) {
  const { psi, mode, threshold, statistics } = truncation;
  if (psi !== null) yield `.psi=${numberText(psi, fail)}`;
  if (mode !== null) yield `.mode=${mode}`;
  if (threshold !== null) yield `.threshold=${numberText(threshold, fail)}`;
  if (statistics !== null) yield `.statistics=${numberText(statistics, fail)}`;
  const single = classes?.length === 1 && classes[0][1] === 1;
  for (const [chosen, weight] of classes ?? []) yield single ? `.class=${chosen}` : `.class${chosen}=${floatText(weight, fail)}`;
  for (const [name, value] of controls) yield `${name}=${value}`;
  for (const { start, stop, value } of edits)
    yield `.z${start}${stop === start + 1 ? "" : `-${stop}`}=${floatText(value, fail)}`;
}

function whole(text, fail) {
  if (!/^[0-9]{1,20}$/.test(text) || BigInt(text) >= 1n << 64n) throw fail("expected seed and index from 0 to 2^64 - 1");
  return BigInt(text);
}

function number(text, fail) {
  if (!NUMBER.test(text) || text.replace(/[^0-9]/g, "").length > MAX_DIGITS)
    throw fail(`'${text.slice(0, 40)}' is no number of at most ${MAX_DIGITS} digits, such as 0.7`);
  return Number(text);
}

/** The shortest decimal that is this double, without an exponent. */
export function numberText(value, fail) {
  const text = (Object.is(value, -0) ? "-" : "") + positional(String(value));
  if (!NUMBER.test(text) || text.replace(/[^0-9]/g, "").length > MAX_DIGITS)
    throw fail(`${value} cannot stand in a code: round it, to at most ${MAX_DIGITS} digits`);
  return text;
}

/** The same of a value that is kept as a float32: the fewest digits that are read back as this one. */
function floatText(value, fail) {
  const single = Math.fround(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return numberText(Object.is(single, -0) ? -0 : short, fail);
  }
  return numberText(single, fail);
}

function positional(text) {
  const [, sign, first, more = "", exponent] = /^(-?)([0-9])(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = first + more;
  const point = 1 + Number(exponent);
  if (Math.abs(point) > 40) return text;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0").slice(0, point) + (digits.length > point ? `.${digits.slice(point)}` : "");
}
