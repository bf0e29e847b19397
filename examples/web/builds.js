/** ONNX Runtime's builds, in `ort/`: the module, and the core that it loads. */
export const BUILDS = {
  webgpu: { title: "WebGPU", module: "ort.webgpu.min.mjs", core: "ort-wasm-simd-threaded.asyncify" },
  wasm: { title: "WebAssembly", module: "ort.wasm.min.mjs", core: "ort-wasm-simd-threaded" },
};
