"""The TypeScript declarations of clients/js: they compile, they refuse what is wrong, and every export has one."""

import json
import re
import subprocess

import pytest
from client_library import LIBRARY, MODULES, need_node

CONSUMER = """
import * as node from "onnxruntime-node";
import * as web from "onnxruntime-web";
import { BackendError, load, readSpec, type Generator, type Picture, type Spec } from "ganrt";
import { identityIndex, latent, lawOf, makeLaw } from "ganrt/latents";
import { parseLook, printLook } from "ganrt/looks";

export async function use(bytes: Uint8Array): Promise<ImageData[]> {
  const spec: Spec = readSpec(bytes);
  const generator: Generator = await load(bytes, { ort: node, sessionOptions: { intraOpNumThreads: 1 } });
  const other = await load(new URL("https://a.b/c.onnx"), { ort: web, executionProviders: ["webgpu", "wasm"] });
  const pictures: Picture[] = await generator.sample(4, { seed: 5n, start: 1, truncation: 0.5, labels: null });
  const walk = { frames: 9, loop: false, method: "lerp", from: 3 } as const;
  for await (const frame of other.walk([1, 2n], walk)) pictures.push(frame);
  const z: Float32Array = latent(lawOf(spec.latent), 0n, identityIndex("ann"), spec.latent.dim);
  pictures.push(...(await other.synthesize([z, generator.frame([1], 0.5)], { labels: [new Float32Array(3)] })));
  try {
    pictures.push(await generator.avatar("ann", { namespace: "game" }));
  } catch (error) {
    if (error instanceof BackendError) console.error(error.message, error.cause);
  }
  const code: string = printLook({ ...parseLook("ganrt:avatars-1:0:1"), controls: [["hair", "afro"]] });
  console.log(code);
  await generator.close();
  return [];
}
EXPECTED
"""

WRONG_LINES = [
    "load(new Uint8Array(1));",
    'makeLaw({ prior: "cauchy" });',
    'load("x", { ort: node, precision: 1 });',
    'export const other = (g: Generator) => g.avatar("ann", { psi: 0.5 });',
    "export const wrong = (g: Generator) => g.avatar(7);",
    "export const spec: Spec = {};",
]


@pytest.mark.slow
def test_the_types(tmp_path):
    """A consumer compiles under --strict; each wrong line is an error that @ts-expect-error needs."""
    need_node("typescript", "onnxruntime-web")
    program = tmp_path / "consumer.ts"
    wrong = "\n".join(f"// @ts-expect-error\n{line}" for line in WRONG_LINES)
    program.write_text(CONSUMER.replace("EXPECTED", wrong))
    settings = {
        "compilerOptions": {
            "strict": True,
            "noEmit": True,
            "target": "es2022",
            "module": "esnext",
            "moduleResolution": "bundler",
            "lib": ["es2022", "dom"],
            "types": [],
            "paths": {
                "ganrt": [str(LIBRARY / "ganrt.d.ts")],
                "ganrt/latents": [str(LIBRARY / "latents.d.ts")],
                "ganrt/looks": [str(LIBRARY / "looks.d.ts")],
                "*": [str(MODULES / "*")],
            },
        },
        "files": [str(program)],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        ["node", str(MODULES / "typescript" / "bin" / "tsc"), "-p", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_every_export_has_a_type():
    """And every type an export: names of all files, compared."""
    for name in ("ganrt", "latents", "looks"):
        values = exported(LIBRARY / f"{name}.js", r"class|(?:async )?function|const")
        assert values == exported(LIBRARY / f"{name}.d.ts", r"class|function|const")


def exported(path, kinds):
    text = path.read_text("utf-8")
    passed_on = re.findall(r"^export \{ (.*) \}", text, re.MULTILINE)
    names = [name for names in passed_on for name in names.split(", ")]
    return {*re.findall(rf"^export (?:{kinds}) (\w+)", text, re.MULTILINE), *names}
