import type { LatentSpec, Uint64 } from "./latents.js";
import type { Look } from "./looks.js";
export * from "./latents.js";
export type { Look } from "./looks.js";
export { LookError, parseLook, printLook } from "./looks.js";

/** What docs/model-format.md describes; fields that a client has no use for are left out. */
export interface Spec {
  spec_version: string;
  name: string;
  family: string;
  task: "generate";
  latent: LatentSpec;
  labels: { count: number; names: string[] | null; meaning: "class" | "code" } | null;
  statistics: { mode: "input" | "frozen" | "none"; value: number | null; low: number; high: number; default: number };
  output: { height: number; width: number; channels: 1 | 3 | 4; dynamic: boolean };
  controls?: Control[];
}
/** A named property of the picture, and the values of the latent that it sets. */
export interface Control {
  name: string;
  kind: "choice" | "scalar" | "color";
  help: string | null;
  positions: number[];
  options: { name: string; help: string | null; values: number[] }[];
  low: number | null;
  high: number | null;
  ends: [string, string] | null;
  knots: number[][];
}
/** data: height * width * channels bytes, row by row. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
}
/** A class number for all, or one Float32Array of weights an image. */
export type Labels = number | Float32Array[] | null;
export interface DrawOptions {
  truncation?: number | null;
  labels?: Labels;
}
/** By a control's name an option, a number, or a colour RRGGBB. */
export type Settings = Record<string, string | number>;
export interface WalkOptions {
  frames?: number;
  loop?: boolean;
  method?: "slerp" | "lerp";
  truncation?: number | null;
  controls?: Settings;
}
/** The part of ONNX Runtime that is used; onnxruntime-node and onnxruntime-web both have it. */
export interface Runtime {
  InferenceSession: { create(model: Uint8Array, options?: object): Promise<unknown> };
  Tensor: new (...values: never[]) => unknown;
  env?: { versions?: { web?: string } };
}
/** A file that is missing, damaged, newer than this library, or not ganrt's. */
export class ModelError extends Error {}
/** ONNX Runtime cannot open or run the model here; `cause` is its own error. */
export class BackendError extends Error {}
export function readSpec(bytes: Uint8Array): Spec;
export function load(
  model: Uint8Array | ArrayBuffer | string | URL,
  options: { ort: Runtime; executionProviders?: (string | { name: string })[] | null; sessionOptions?: object; controls?: Control[] | null },
): Promise<Generator>;
export class Generator {
  private constructor();
  readonly spec: Spec;
  readonly backend: string;
  readonly controls: Control[];
  /** What look codes call the model. */
  readonly model: string;
  sample(count?: number, options?: DrawOptions & { seed?: Uint64; start?: Uint64; controls?: Settings }): Promise<Picture[]>;
  avatar(identity: string, options?: DrawOptions & { namespace?: string; reroll?: number; controls?: Settings }): Promise<Picture>;
  draw(look: string | Look): Promise<Picture>;
  look(seed: Uint64, index: Uint64, options?: { truncation?: number | null; controls?: Settings }): Look;
  latent(seed: Uint64, index: Uint64, truncation?: number | null): Float32Array;
  synthesize(latents: Float32Array[], options?: DrawOptions): Promise<Picture[]>;
  walk(seeds: Uint64[], options?: WalkOptions & { labels?: Labels; from?: number }): AsyncGenerator<Picture, void>;
  frame(seeds: Uint64[], k: number, options?: WalkOptions): Float32Array;
  close(): Promise<void>;
}
/** A copy of a latent with controls set. */
export function withControls(z: Float32Array, controls: Control[], given: Settings): Float32Array;
/** What a look feeds a model: one image; null for an input that the model does not have. */
export function lookInputs(
  look: Look,
  spec: Spec,
  controls?: Control[],
): { z: Float32Array; labels: Float32Array | null; truncation: Float32Array | null };
/** The names of the models that ganrt brings along, by the SHA-256 of their files. */
export const BUNDLED: Record<string, string>;
export function toImageData(picture: Picture): ImageData;
