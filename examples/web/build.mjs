/**
 * Assembles the page: this folder's files, clients/js, a model and ONNX Runtime's files for browsers, all local.
 *
 *     node examples/web/build.mjs [--model FILE.onnx] [--output FOLDER]        into out/web
 *
 * Needs what `npm ci --ignore-scripts` in clients/js installs.
 */
import { cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BUILDS } from "./builds.js";

const page = fileURLToPath(new URL(".", import.meta.url));
const root = resolve(page, "../..");
const library = join(root, "clients/js");
const runtime = join(library, "node_modules/onnxruntime-web");
const PAGE = /\.(html|css|js|svg)$/;

async function copyMatching(from, wanted, to) {
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).filter((name) => wanted.test(name));
  await Promise.all(names.map((name) => cp(join(from, name), join(to, name))));
}

async function build(model, output) {
  if (!(await stat(runtime).catch(() => null)))
    throw new Error(`${runtime} is missing: run "npm ci --ignore-scripts" in clients/js first`);
  if (!(await stat(model).catch(() => null))) throw new Error(`model '${model}': there is no such file`);
  await rm(join(output, "ort"), { recursive: true, force: true });
  await copyMatching(page, PAGE, output);
  await copyMatching(library, /\.js$/, join(output, "ganrt"));
  const files = Object.values(BUILDS).flatMap(({ module, core }) => [module, `${core}.mjs`, `${core}.wasm`]);
  await copyMatching(join(runtime, "dist"), new RegExp(`^(${files.join("|")})$`), join(output, "ort"));
  await cp(model, join(output, "model.onnx"));
}

const { values } = parseArgs({
  options: {
    model: { type: "string", default: join(root, "runtime/data/avatars-1.onnx") },
    output: { type: "string", default: join(root, "out/web") },
  },
});
try {
  await build(resolve(values.model), resolve(values.output));
  console.log(`${values.output}: serve it with  python -m http.server -d ${values.output}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
