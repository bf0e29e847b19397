export const LATENT_SPEC: 1;
export const MAX_DIM: number;
export const STREAMS: { readonly z: 0; readonly class: 1; readonly drift: 2; readonly encoder: 3 };
export const PRIORS: readonly Prior[];
export const MODES: readonly PsiMode[];
/** Or parts, such as "normal:62,onehot:10,uniform:2". */
export type Prior = "normal" | "truncated_normal" | "uniform" | `${string}:${number}`;
export type PsiMode = "scale" | "resample" | "style";
export interface Part {
  readonly prior: string;
  readonly first: number;
  readonly dim: number;
}
/** A BigInt from 0 to 2^64 - 1, or a whole number below 2^53. */
export type Uint64 = bigint | number;
export interface Law {
  readonly uniform: boolean;
  readonly truncated: boolean;
  readonly threshold: number;
  readonly tail: number;
  readonly factor: number;
  readonly parts: readonly Part[] | null;
}
/** `latent` of a model's spec. */
export interface LatentSpec {
  dim: number;
  prior: Prior;
  threshold: number | null;
  psi_mode: PsiMode;
  latent_spec: number;
}
export class ArgumentError extends RangeError {}
export function partsOf(prior: Prior): readonly Part[] | null;
export function makeLaw(options?: { prior?: Prior; threshold?: number | null; psi?: number; psiMode?: PsiMode }): Law;
export function lawOf(latent: LatentSpec, psi?: number | null): Law;
export function latent(
  law: Law,
  seed: Uint64,
  index: Uint64,
  dim: number,
  options?: { stream?: number; into?: Float32Array | null },
): Float32Array;
export function classChoice(seed: Uint64, index: Uint64, count: number): number;
export function identityIndex(identity: string, namespace?: string, reroll?: number): bigint;
export function quantile(u: number): number;
export function tail(threshold: number): number;
export function lerp(a: ArrayLike<number>, b: ArrayLike<number>, t: number): Float32Array;
export function slerp(a: ArrayLike<number>, b: ArrayLike<number>, t: number): Float32Array;
export function between(
  law: Law,
  a: Float32Array,
  b: Float32Array,
  t: number,
  method?: (a: ArrayLike<number>, b: ArrayLike<number>, t: number) => Float32Array,
): Float32Array;
export const words: Uint32Array;
export function philox(c0: number, c1: number, c2: number, c3: number, key0: number, key1: number): void;
