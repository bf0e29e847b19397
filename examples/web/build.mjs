/**
 * Assembles the page: this folder's files, clients/js, a model and ONNX Runtime's files for browsers, all local.
 *
 *     node examples/web/build.mjs [--model FILE.onnx] [--output FOLDER] [--force]        into out/web
 *
 * Ends with 2 for wrong options, with 1 for what else goes wrong. Needs what `npm ci --ignore-scripts` in clients/js installs.
 */
import { cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readSpec } from "../../clients/js/spec.js";
import { BUILDS } from "./builds.js";

const page = fileURLToPath(new URL(".", import.meta.url));
const root = resolve(page, "../..");
const library = join(root, "clients/js");
const runtime = join(library, "node_modules/onnxruntime-web");
const PAGE = /\.(html|css|js|svg)$/;
const USAGE = `usage: node examples/web/build.mjs [--model FILE.onnx] [--output FOLDER] [--force]

--model FILE.onnx   a generator that ganrt exported, instead of the bundled avatars-2
--output FOLDER     where the page goes, instead of out/web
--force             write into a folder that holds something already, over files of the same names`;

async function copyMatching(from, wanted, to) {
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).filter((name) => wanted.test(name));
  await Promise.all(names.map((name) => cp(join(from, name), join(to, name))));
}

async function checkModel(model) {
  if (!(await stat(model).catch(() => null))?.isFile()) throw new Error(`model '${model}': there is no such file`);
  try {
    readSpec(await readFile(model));
  } catch (error) {
    throw new Error(`model '${model}': ${error.message}`);
  }
}

/** The model's own, or those beside the file of one that is older than controls. */
async function controlsOf(model) {
  const beside = await readFile(model.replace(/\.onnx$/, ".controls.json"), "utf8").catch(() => null);
  return readSpec(await readFile(model)).controls ?? (beside ? JSON.parse(beside).controls : []);
}

async function build(model, output, force) {
  if (!(await stat(runtime).catch(() => null)))
    throw new Error(`${runtime} is missing: run "npm ci --ignore-scripts" in clients/js first`);
  await checkModel(model);
  if (!force && (await readdir(output).catch(() => [])).length)
    throw new Error(`${output} holds something already: give --force to write over it, or another --output`);
  await copyMatching(page, PAGE, output);
  await copyMatching(library, /\.js$/, join(output, "ganrt"));
  const files = Object.values(BUILDS).flatMap(({ module, core }) => [module, `${core}.mjs`, `${core}.wasm`]);
  await copyMatching(join(runtime, "dist"), new RegExp(`^(${files.join("|")})$`), join(output, "ort"));
  await cp(model, join(output, "model.onnx"));
  await writeFile(join(output, "controls.json"), JSON.stringify({ controls: await controlsOf(model) }));
}

const OPTIONS = {
  model: { type: "string", default: join(root, "runtime/data/avatars-2.onnx") },
  output: { type: "string", default: join(root, "out/web") },
  force: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
};

function given() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const { model, output, force, help } = given();
try {
  if (help) console.log(USAGE);
  else {
    await build(resolve(model), resolve(output), force);
    console.log(`${output}: serve it with  python -m http.server -d ${output}`);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
