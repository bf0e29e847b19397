// The answers of clients/js/latents.js to the requests of client.c, in Node and in browsers.
import * as ganrt from "../../clients/js/latents.js";

const view = new DataView(new ArrayBuffer(8));
const double = (hex) => (view.setBigUint64(0, BigInt("0x" + hex)), view.getFloat64(0));
const doubleBits = (x) => (view.setFloat64(0, x), view.getBigUint64(0).toString(16).padStart(16, "0"));
const floatBits = (x) => (view.setFloat32(0, x), view.getUint32(0).toString(16).padStart(8, "0"));
const floats = (z) => [...z].map(floatBits).join(" ");
const float = (hex) => (view.setUint32(0, parseInt(hex, 16)), view.getFloat32(0));
const vector = (text) => Float32Array.from(text.split(","), float);
const optional = (text) => (text === "-" ? null : double(text));
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const text = (hex) => strict.decode(Uint8Array.from(hex === "-" ? [] : hex.match(/../g), (pair) => parseInt(pair, 16)));

const answers = {
  check: () => "ok",
  philox: (...words) => {
    ganrt.philox(...words.map((word) => parseInt(word, 16)));
    return [...ganrt.words].map((word) => word.toString(16).padStart(8, "0")).join(" ");
  },
  quantile: (u) => doubleBits(ganrt.quantile(double(u))),
  tail: (t) => [ganrt.tail(double(t)), 1 - 2 * ganrt.tail(double(t))].map(doubleBits).join(" "),
  z: (seed, index, dim, prior, threshold, psi, psiMode, stream) => {
    const law = ganrt.makeLaw({ prior, threshold: optional(threshold), psi: double(psi), psiMode });
    return floats(ganrt.latent(law, BigInt(seed), BigInt(index), Number(dim), { stream: Number(stream) }));
  },
  class: (seed, index, count) => ganrt.classChoice(BigInt(seed), BigInt(index), Number(count)).toString(),
  identity: (identity, namespace, reroll) =>
    ganrt.identityIndex(text(identity), text(namespace), Number(reroll)).toString(),
  lerp: (t, a, b) => floats(ganrt.lerp(vector(a), vector(b), double(t))),
  slerp: (t, a, b) => floats(ganrt.slerp(vector(a), vector(b), double(t))),
  between: (t, prior, a, b) => floats(ganrt.between(ganrt.makeLaw({ prior }), vector(a), vector(b), double(t))),
  spec: (json, psi) => {
    const given = JSON.parse(text(json)).latent;
    const law = ganrt.lawOf(given, optional(psi));
    return floats(ganrt.latent(law, 0n, 0n, law.parts ? given.dim : Math.min(8, given.dim)));
  },
  sum: (seed, index, count, dim) => {
    const law = ganrt.makeLaw();
    let sum = 0xcbf29ce484222325n;
    for (let i = 0n; i < BigInt(count); i++)
      for (const value of ganrt.latent(law, BigInt(seed), BigInt(index) + i, Number(dim))) {
        view.setFloat32(0, value);
        sum = BigInt.asUintN(64, (sum ^ BigInt(view.getUint32(0))) * 0x100000001b3n);
      }
    return sum.toString(16).padStart(16, "0");
  },
  time: (count) => {
    const law = ganrt.makeLaw();
    const into = new Float32Array(100);
    const start = performance.now();
    for (let i = 0; i < Number(count); i++) ganrt.latent(law, 42n, i, 100, { into });
    return (((performance.now() - start) * 1e6) / (Number(count) * 100)).toFixed(3);
  },
};

/** One line of a request to one of an answer. */
export function answer(line) {
  const [name, ...tokens] = line.split(" ");
  try {
    return answers[name](...tokens);
  } catch (error) {
    if (error instanceof ganrt.ArgumentError || error instanceof TypeError) return "error";
    throw error;
  }
}
