import { ArgumentError } from "./latents.js";

/** Everything that changes a picture; docs/look-codes.md says what each field means. */
export interface Look {
  model: string;
  seed: bigint;
  index: bigint;
  truncation: { psi: number | null; mode: "scale" | "resample" | null; threshold: number | null; statistics: number | null };
  /** [class, weight] by class; null: drawn from seed and index. */
  classes: [number, number][] | null;
  /** [control, value] by control. */
  controls: [string, string][];
  /** Values of z, by position, `stop` excluded. */
  edits: { start: number; stop: number; value: number }[];
}
/** A text is no look code; `newer` says that a newer ganrt made it. */
export class LookError extends ArgumentError {
  constructor(message: string, newer?: boolean);
  readonly newer: boolean;
}
export function parseLook(text: string): Look;
export function printLook(look: Partial<Look> & { model: string; seed: bigint | number; index: bigint | number }): string;
export function checkLetters(body: string): string;
/** A number as codes have it: the fewest digits, without an exponent. */
export function numberText(value: number, fail: (why: string) => Error): string;
