"""`ganrt bundle`: what a game ships is whole, stands alone, and what is wrong with one is found."""

import base64
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from client_programs import build
from sealed_engines import engine_bytes, sidecar_of
from tiny_onnx import save_tiny, save_translator, tiny_spec

import ganrt
from ganrt.controls import Control, Option
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.tensorrt.sidecar import sidecar_path
from ganrt.errors import BackendUnavailable, BadInputFile, OutputFailed, UsageError
from ganrt.exporter.session import encode_png
from ganrt.pixels import reduce
from ganrt.runtime import bundle_check
from ganrt.runtime.bundle import Contents, write_bundle
from ganrt.runtime.bundle_check import check_bundle
from ganrt.runtime.bundle_manifest import foreign_files, listed_files, read_manifest
from ganrt.runtime.generator import load
from ganrt.runtime.known_pictures import known_pictures, wrong_pictures
from ganrt.runtime.models import resolve_model
from ganrt.spec import Canary, Latent


def made(folder, model=None, **parts):
    path = resolve_model("avatars") if model is None else model
    write_bundle(Contents(read_onnx(path), parts.pop("variants", {}), parts.pop("engines", ())), folder, **parts)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return made(tmp_path_factory.mktemp("bundles") / "kit")


@pytest.fixture
def kit(tmp_path):
    return made(tmp_path / "kit")


def change_manifest(kit, change):
    path = kit / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_a_bundle_is_whole(whole):
    assert check_bundle(whole) == []
    assert (whole / "fp32" / "model.onnx").read_bytes() == resolve_model("avatars").read_bytes()
    assert cv2.imread(str(whole / "canary.png")).shape == (64, 64, 3)
    assert "CC0-1.0" in (whole / "NOTICE").read_text(encoding="utf-8")


def test_known_pictures(tmp_path, tiny):
    """Drawn again, they are those of the sheet; a changed sheet is a finding that names the picture."""
    with load(tiny, backend="onnxruntime") as generator:
        pictures = known_pictures(generator)
        expected = generator.avatar("Zoë")
    folder = tmp_path / "kit"
    write_bundle(Contents(read_onnx(tiny), {}, pictures=pictures), folder)
    assert check_bundle(folder) == []
    entry = json.loads(pictures["pictures.json"])["frames"]["identity2"]
    page, box = cv2.imread(str(folder / "pictures.png")), entry["frame"]
    cut = page[box["y"] : box["y"] + box["h"], box["x"] : box["x"] + box["w"], ::-1]
    assert (cut == expected).all()
    assert hashlib.sha256(expected.tobytes()).hexdigest() == entry["sha256"]
    for change in (lambda page: cv2.imencode(".png", 255 - page)[1].tobytes(), lambda page: b"no picture"):
        shutil.rmtree(folder)
        changed = {**pictures, "pictures.png": change(page)}
        write_bundle(Contents(read_onnx(tiny), {}, pictures=changed), folder)
        findings = check_bundle(folder)
        assert findings
        assert all(
            line.startswith(("pictures.png: identity", "pictures.png: image", "pictures.json: ")) for line in findings
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.pop("identity"),
        lambda frame: (frame.pop("identity"), frame.update(seed=[], index="0")),
        lambda frame: frame["frame"].update(x=float("inf")),
    ],
)
def test_descriptions_that_are_none_are_findings(tiny, change):
    with load(tiny, backend="onnxruntime") as generator:
        files = known_pictures(generator)
        document = json.loads(files["pictures.json"])
        change(document["frames"]["identity2"])
        with pytest.raises(ValueError, match="expected a sheet and where each picture lies"):
            list(wrong_pictures(generator, files["pictures.png"], json.dumps(document).encode()))


def test_it_holds_every_source_of_the_clients(whole):
    root = Path(__file__).parents[2] / "clients"
    for name in (
        "LICENSE",
        "c/ganrt.h",
        "csharp/Ganrt.cs",
        "js/ganrt.js",
        "js/arguments.js",
        "js/latents.js",
        "js/spec.js",
        "js/ganrt.d.ts",
        "js/README.md",
    ):
        assert (whole / "clients" / name).read_bytes() == (root / name).read_bytes()


def test_the_manifest_is_a_model_package(whole):
    """ONNX Runtime's schema 1.0: a component, variants with folders, no field that strict readers refuse."""
    manifest = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["schema_version"] == "1.0"
    assert manifest["layout"] == "portable"
    (variant,) = manifest["components"]["generator"]["variants"].values()
    assert (whole / variant["variant_directory"] / variant["executor_info"]["ort"]["model_file"]).is_file()


def test_a_stock_runtime_draws_the_canary_from_the_files_alone(whole):
    """Without ganrt: ONNX Runtime, the spec, the C client's latents (here by the known answers) and a PNG reader."""
    import onnxruntime

    spec = json.loads((whole / "spec.json").read_text(encoding="utf-8"))
    client = build("gcc -O2", whole.parent)
    asked = f"z {spec['canary']['seed']} {spec['canary']['index']} 100 normal - 3ff0000000000000 scale 0"
    z = np.array([int(word, 16) for word in client([asked])[0].split()], np.uint32).view(np.float32)
    session = onnxruntime.InferenceSession(str(whole / "fp32" / "model.onnx"), providers=["CPUExecutionProvider"])
    (picture,) = session.run(["image"], {"z": z[None]})
    stored = cv2.cvtColor(cv2.imread(str(whole / "canary.png")), cv2.COLOR_BGR2RGB)
    assert np.abs(picture[0].astype(int) - stored).max() <= 1


@pytest.mark.parametrize("language", ["gcc -O2", "mono", "node"])
def test_the_clients_give_the_known_answers(whole, tmp_path, language):
    known = json.loads((whole / "latents.json").read_text(encoding="utf-8"))
    client = build(language, tmp_path)
    law = {None: "normal -", 1.0: "truncated_normal -", 0.7: "truncated_normal -", 0.0: "truncated_normal -"}
    requests, expected = [], []
    for entry in known["latents"]:
        psi = 1.0 if entry["psi"] is None else entry["psi"]
        bits = f"{int(np.float64(psi).view(np.uint64)):016x}"
        for image in entry["images"]:
            mode = "scale" if entry["psi"] is None else "resample"
            requests.append(f"z {image['seed']} {image['index']} 8 {law[entry['psi']]} {bits} {mode} 0")
            expected.append(" ".join(image["z"]))
    for entry in known["identities"]:
        requests.append(f"identity {entry['identity'].encode().hex() or '-'} {b'ganrt'.hex()} 0")
        expected.append(entry["index"])
    assert client(requests) == expected


def test_the_spec_states_inputs_and_outputs(whole, tmp_path):
    spec = json.loads((whole / "spec.json").read_text(encoding="utf-8"))
    assert spec["inputs"] == {"z": {"type": "float32", "shape": ["n", 100]}}
    assert spec["outputs"] == {"image": {"type": "uint8", "shape": ["n", 64, 64, 3]}}
    latent = Latent(dim=6, prior="normal", psi_mode="style")
    kit = made(tmp_path / "kit", save_tiny(tmp_path / "m.onnx", tiny_spec(latent=latent, labels=2, channels=4)))
    spec = json.loads((kit / "spec.json").read_text(encoding="utf-8"))
    assert [*spec["inputs"].items()] == [
        ("z", {"type": "float32", "shape": ["n", 6]}),
        ("labels", {"type": "float32", "shape": ["n", 2]}),
        ("truncation", {"type": "float32", "shape": ["n"]}),
    ]
    assert spec["outputs"]["image"]["shape"] == ["n", 8, 8, 4]
    assert check_bundle(kit) == []


def in_parts(folder):
    """A kit of a model in parts, with a control and a reduced canary: all of spec 1.1."""
    latent = Latent(dim=12, prior="normal:6,onehot:4,uniform:2", psi_mode="resample")
    options = (Option(name="afro", values=(1, 0, 0, 0)), Option(name="bald", values=(0, 0, 0, 1)))
    hair = Control(name="hair", kind="choice", positions=(6, 7, 8, 9), options=options)
    spec = replace(tiny_spec(latent=latent, side=9), controls=(hair,))
    with ganrt.load(save_tiny(folder / "bare.onnx", spec)) as generator:
        picture = generator.sample(1)[0]
    png = base64.b64encode(encode_png(reduce(picture, 2))).decode()
    digest = hashlib.sha256(picture.tobytes()).hexdigest()
    canary = Canary(seed=0, index=0, sha256=digest, png=png, reduced=2)
    return made(folder / "kit", save_tiny(folder / "m.onnx", replace(spec, canary=canary)))


def test_a_model_in_parts_with_controls_and_a_reduced_canary(tmp_path):
    kit = in_parts(tmp_path)
    assert check_bundle(kit) == []
    spec = json.loads((kit / "spec.json").read_text(encoding="utf-8"))
    assert spec["controls"][0]["options"][1] == {"name": "bald", "values": [0, 0, 0, 1], "help": None}
    assert spec["spec_version"] == "1.1"
    known = json.loads((kit / "latents.json").read_text(encoding="utf-8"))
    assert known["prior"] == spec["latent"]["prior"]
    for language in ("gcc -O2", "mono", "node"):
        client = build(language, tmp_path)
        for entry in known["latents"]:
            psi = f"{int(np.float64(1 if entry['psi'] is None else entry['psi']).view(np.uint64)):016x}"
            law = f"{known['prior']} {'-' if entry['psi'] is None else '4000000000000000'} {psi}"
            mode = "scale" if entry["psi"] is None else "resample"
            requests = [f"z {image['seed']} {image['index']} 12 {law} {mode} 0" for image in entry["images"]]
            assert client(requests) == [" ".join(image["z"]) for image in entry["images"]]


def test_a_kit_of_version_0_1_0_is_whole(kit):
    """Its spec.json states the spec alone."""
    spec = json.loads((kit / "spec.json").read_text(encoding="utf-8"))
    del spec["inputs"], spec["outputs"], spec["look_model"]
    (kit / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    resealed(kit)
    assert check_bundle(kit, draw=False) == []


def test_a_conditional_model(tmp_path):
    kit = made(tmp_path / "kit", save_tiny(tmp_path / "m.onnx", tiny_spec(labels=3)))
    assert check_bundle(kit, draw=False) == []
    assert "not stated" in (kit / "NOTICE").read_text(encoding="utf-8")


def save_engine(folder, data=None, *, model, **changes):
    """An engine with a sidecar that says it was compiled from `model`."""
    data = engine_bytes() if data is None else data
    engine = folder / "a.engine"
    engine.write_bytes(data)
    values = {"model_sha256": model.sha256, "spec": model.spec(), **changes}
    sidecar_path(engine).write_text(sidecar_of(data, **values).to_json(), encoding="utf-8")
    return engine


def test_an_engine_goes_along(tmp_path):
    model = read_onnx(resolve_model("avatars"))
    engine = save_engine(tmp_path, model=model)
    kit = made(tmp_path / "kit", engines=(engine,))
    assert check_bundle(kit, draw=False) == []
    assert (kit / "engines" / "a.engine").read_bytes() == engine_bytes()
    with pytest.raises(UsageError, match="has the same name"):
        made(tmp_path / "twice", engines=(engine, engine))
    for other in ({"model_sha256": "1" * 64}, {"spec": tiny_spec()}):
        save_engine(tmp_path, model=model, **other)
        with pytest.raises(UsageError, match="compiled from another model"):
            made(tmp_path / "other", engines=(engine,))
        assert not (tmp_path / "other").exists()
        (kit / "engines" / "a.json").write_bytes(sidecar_path(engine).read_bytes())
        resealed(kit)
        (finding,) = check_bundle(kit, draw=False)
        assert "compiled from another model" in finding


def test_a_variant_of_another_model_is_refused(tmp_path):
    with pytest.raises(UsageError, match="expected a graph made from"):
        made(tmp_path / "kit", variants={"fp16": save_tiny(tmp_path / "m.onnx")})
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda kit: (kit / "canary.png").unlink(), "canary.png: missing"),
        (lambda kit: (kit / "spec.json").write_bytes(b"{}"), "spec.json: changed; SHA-256 44136fa355b3..."),
        (lambda kit: change_manifest(kit, lambda m: m.update(producer="x")), "'producer', which ONNX Runtime refuses"),
        (lambda kit: change_manifest(kit, lambda m: m.update(components={})), "expected components.generator"),
    ],
)
def test_damage_is_found(kit, damage, said):
    damage(kit)
    (finding,) = check_bundle(kit, draw=False)
    assert said in finding


def test_a_variant_must_be_of_the_bundle(kit):
    (kit / "fp8").mkdir()
    (kit / "fp8" / "model.onnx").write_bytes((kit / "fp32" / "model.onnx").read_bytes())
    assert check_bundle(kit, draw=False) == []
    change_manifest(kit, lambda m: m["components"]["generator"]["variants"]["fp32"].update(variant_directory="fp8"))
    (finding,) = check_bundle(kit, draw=False)
    assert finding == "manifest.json: the variant fp32 names fp8/model.onnx, which is not of this bundle"


def test_a_newer_schema_or_spec_asks_for_a_newer_ganrt(kit):
    """As a newer format does: none of them says that the bundle is damaged."""
    spec = kit / "spec.json"
    spec.write_text(spec.read_text(encoding="utf-8").replace('"spec_version": "1.0"', '"spec_version": "2.0"'))
    resealed(kit)
    with pytest.raises(BadInputFile, match=r"spec\.json: the spec has version 2\.0.*\n.*install a newer ganrt"):
        check_bundle(kit, draw=False)
    change_manifest(kit, lambda m: m.update(schema_version="2.0"))
    with pytest.raises(BadInputFile, match=r"schema_version '2\.0'.*update ganrt"):
        check_bundle(kit, draw=False)


def test_files_of_others_are_listed_and_nobodys_fault(kit):
    for name in (".DS_Store", "fp32.meta", "node_modules/a/index.js"):
        (kit / name).parent.mkdir(parents=True, exist_ok=True)
        (kit / name).write_bytes(b"")
    assert check_bundle(kit, draw=False) == []
    listed = listed_files(read_manifest(kit))
    assert foreign_files(kit, listed) == [".DS_Store", "fp32.meta", "node_modules/a/index.js"]


def test_a_flipped_bit_of_the_model_is_found(kit):
    path = kit / "fp32" / "model.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (finding,) = check_bundle(kit)
    assert finding.startswith("fp32/model.onnx: changed")


def resealed(kit):
    """The hashes of what is there now, as somebody would write them who changed more than one file."""

    def change(manifest):
        files = manifest["additional_metadata"]["ganrt"]["files"]
        files.update({name: hashlib.sha256((kit / name).read_bytes()).hexdigest() for name in files})

    change_manifest(kit, change)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("spec.json", '"dim": 100', '"dim": 101', "spec.json: is not the spec within"),
        ("spec.json", '"uint8"', '"int8"', "spec.json: its inputs and outputs are not those"),
        ("spec.json", '"look_model": "avatars-1"', '"look_model": "a"', "spec.json: look codes call fp32/model.onnx"),
        ("latents.json", '"8"', '"9"', None),
        ("latents.json", '"index": "9708835144438872660"', '"index": "1"', "latents.json: the answers are not"),
    ],
)
def test_parts_that_disagree_are_found_though_every_hash_is_right(kit, name, old, new, said):
    path = kit / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    resealed(kit)
    findings = check_bundle(kit, draw=False)
    assert [said in finding for finding in findings] == ([True] if said else [])


def test_another_canary_is_found(kit):
    """By a model that draws something else though spec and hashes agree: the weights of one layer doubled."""
    import onnx

    path = kit / "fp32" / "model.onnx"
    model = onnx.load(path)
    largest = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    largest.raw_data = (np.frombuffer(largest.raw_data, np.float32) * 2).tobytes()
    onnx.save(model, path)
    resealed(kit)
    name, finding = check_bundle(kit)
    assert "look codes call" in name  # another file, another name
    assert "draws another canary" in finding


def ours(text):
    return f'{{"schema_version": "1.0", "additional_metadata": {{"ganrt": {text}}}}}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is no bundle"),
        ("{", "is not the manifest of a bundle"),
        ("[1]", "is not the manifest of a bundle"),
        ('{"schema_version": "1.0"}', "is not the manifest of a bundle"),
        ('{"additional_metadata": {"ganrt": {"format": 2, "files": {}}}}', "update ganrt"),
        (ours('{"format": 1, "files": {"../x": "0"}}'), "below this folder"),
        (ours('{"format": 1, "files": {"C:x": "0"}}'), "below this folder"),
        (ours('{"format": 1, "files": {}, "engines": ["a.engine"]}'), "engines that are among the files"),
        (ours('{"format": 1, "files": {}, "engines": 1}'), "engines that are among the files"),
        (ours("[]"), "is not the manifest of a bundle"),
        ("[" * 100_000, "is not the manifest of a bundle"),
    ],
)
def test_what_is_no_bundle(tmp_path, text, said):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputFile, match=said):
        check_bundle(tmp_path)


def test_nothing_but_a_bundle_is_replaced(tmp_path, kit):
    with pytest.raises(OutputFailed, match="--force to replace it"):
        made(kit)
    (kit / "canary.png").unlink()
    assert check_bundle(made(kit, force=True), draw=False) == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("x")
    (tmp_path / "mine" / "manifest.json").write_text("{}")  # of a web page, say
    for force in (False, True):
        with pytest.raises(OutputFailed, match="--force replaces bundles only: give a new or an empty folder"):
            made(tmp_path / "mine", force=force)
        with pytest.raises(OutputFailed, match="is a file; expected"):
            made(tmp_path / "mine" / "work.txt", force=force)
    assert (tmp_path / "mine" / "work.txt").read_text() == "x"


def test_an_empty_folder_is_used(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    made(Path())
    assert check_bundle(tmp_path / "here", draw=False) == []
    assert Path("manifest.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_replacing_a_bundle_keeps_what_is_not_of_it(kit):
    (kit / "game" / "empty").mkdir(parents=True)
    (kit / "game" / "main.c").write_text("mine")
    (kit / "clients" / "c" / "ganrt.h.meta").write_text("mine, too")
    (kit / "link").symlink_to("game", target_is_directory=True)
    (kit / "NOTICE").write_text("changed")
    made(kit, force=True)
    assert check_bundle(kit, draw=False) == []
    assert (kit / "game" / "main.c").read_text() == "mine"
    assert (kit / "clients" / "c" / "ganrt.h.meta").read_text() == "mine, too"
    assert (kit / "link").is_symlink()


@pytest.mark.parametrize("name", [".", "clients"])
def test_the_folder_that_somebody_works_in_is_not_replaced(kit, monkeypatch, name):
    monkeypatch.chdir(kit / name)
    with pytest.raises(OutputFailed, match="you are in it: go to another folder first"):
        made(kit if name == "clients" else Path(), force=True)
    assert Path.cwd().exists()


def test_a_new_file_does_not_replace_somebody_elses(kit, tmp_path):
    """As where the old bundle had no engines, and there is a folder with one of the same name."""
    engine = save_engine(tmp_path, model=read_onnx(resolve_model("avatars")))
    (kit / "engines").mkdir()
    (kit / "engines" / engine.name).write_text("mine")
    with pytest.raises(OutputFailed, match="the new one has a file of that name"):
        made(kit, engines=(engine,), force=True)
    assert (kit / "engines" / engine.name).read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([engine.name, sidecar_path(engine).name, "kit"])


def test_a_bundle_that_cannot_be_replaced_stays_whole(tmp_path, kit, monkeypatch):
    """As where the last rename is refused, which happens on Windows."""
    replace = Path.replace

    def refused(path, target):
        if (path / "manifest.json").exists() and Path(target) == kit and path.name.startswith(".bundle-") and not moved:
            moved.append(path)
            raise PermissionError(13, "in use")
        return replace(path, target)

    moved = []
    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(OutputFailed, match="in use"):
        made(kit, force=True)
    assert moved
    assert check_bundle(kit, draw=False) == []
    assert [path.name for path in tmp_path.iterdir()] == ["kit"]


def test_a_missing_runtime_is_no_finding(whole, monkeypatch):
    def missing(*_, **__):
        raise BackendUnavailable("ONNX Runtime is missing")

    monkeypatch.setattr(bundle_check, "load", missing)
    with pytest.raises(BackendUnavailable):
        check_bundle(whole)


def test_a_translator_has_no_latents_to_ship(tmp_path):
    with pytest.raises(UsageError, match="a client kit is for models that draw from latents"):
        made(tmp_path / "kit", save_translator(tmp_path / "t.onnx"))
    assert not (tmp_path / "kit").exists()


def test_the_command(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from ganrt.cli.main import app

    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    made = runner.invoke(app, ["bundle", "-o", "kit"])
    assert made.exit_code == 0
    assert f"{sum(path.is_file() for path in Path('kit').rglob('*'))} files: kit" in made.output
    Path("kit/.DS_Store").touch()
    checked = runner.invoke(app, ["bundle", "--check", "kit", "--json"])
    assert checked.exit_code == 0
    assert json.loads(checked.stdout) == {"folder": "kit", "ok": True, "findings": [], "foreign": [".DS_Store"]}
    assert "note: 1 not of the bundle, left alone: .DS_Store" in runner.invoke(app, ["bundle", "--check", "kit"]).output
    Path("kit/canary.png").unlink()
    checked = runner.invoke(app, ["bundle", "--check", "kit"])
    assert checked.exit_code == 1
    assert "kit: 1 finding\n" in checked.output
    assert "ganrt bundle -m MODEL -o kit --force" in checked.output
    assert runner.invoke(app, ["bundle", "--check", "nowhere"]).exit_code == 4
    assert runner.invoke(app, ["bundle"]).exit_code == 2
    assert runner.invoke(app, ["bundle", "-o", "kit"]).exit_code == 5
    assert runner.invoke(app, ["bundle", "-o", "k", "--precision", "int4"]).exit_code == 2


def test_a_precision_given_twice_is_one(tmp_path, monkeypatch):
    from ganrt.cli import bundle

    def lowered(model, precision, folder):
        lowerings.append(precision)
        return save_tiny(folder / "m.onnx")

    lowerings = []
    monkeypatch.setattr(bundle, "_lowered", lowered)
    with pytest.raises(UsageError, match="expected a graph made from"):
        bundle.bundle(output=tmp_path / "k", precision=["fp16", "fp16"])
    assert lowerings == ["fp16"]


def test_a_bundle_carries_the_controls_of_a_model_whose_spec_has_none(whole):
    listed = json.loads((whole / "controls.json").read_text("utf-8"))["controls"]
    assert [one["name"] for one in listed][:2] == ["hair", "expression"]
    assert "controls.json" in listed_files(read_manifest(whole))
