"""examples/web in a real Chromium: it starts, draws Python's pictures, and says clearly what is wrong."""

import json
import os
import shutil
import subprocess
import time

import numpy as np
import pytest
from chromium import ISOLATED, Chromium, need_chromium, served
from client_library import ROOT, need_node, same_pictures
from tiny_onnx import save_tiny, tiny_model, tiny_spec

import ganrt
from ganrt.checks import encode
from ganrt.runtime.identity import identity_index
from ganrt.spec import Latent

pytestmark = pytest.mark.slow

STARTED = "document.documentElement.dataset.firstAvatar"
FAILED = "!document.getElementById('alert').hidden"
CALM = {"prefers_reduced_motion": "reduce"}
AVATARS_1 = ROOT / "runtime" / "data" / "avatars-1.onnx"
CORE = "ort/ort-wasm-simd-threaded.wasm"


def build_page(folder, *options):
    command = ["node", str(ROOT / "examples" / "web" / "build.mjs"), "--output", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The assembled page."""
    need_node("onnxruntime-web")
    need_chromium()
    folder = tmp_path_factory.mktemp("page") / "web"
    done = build_page(folder, "--model", str(AVATARS_1))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def browser(page):
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def running(page):
    """The page, running; in a browser of its own, for others go to other pages, and tests come in any order."""
    browser = Chromium()
    try:
        with served(page) as url:
            start(browser, url)
            yield browser
    finally:
        browser.close()


@pytest.fixture
def started(running):
    """The running page, as large as it began; calm until a test plays the walk."""
    running.errors.clear()
    running.view(1100, 1300, **CALM)
    return running


@pytest.fixture
def broken(page, tmp_path):
    """A copy of the page to damage; hard links, for it is large."""
    folder = tmp_path / "web"
    shutil.copytree(page, folder, copy_function=os.link)
    return folder


def start(browser, url, **media):
    browser.view(1100, 1300, **{**CALM, **media})
    browser.open(url)
    browser.wait(f"{STARTED} || {FAILED}")
    print(f"first avatar after {browser.evaluate(STARTED)} s")


def text(browser, element):
    return browser.evaluate(f"document.getElementById('{element}').textContent")


def pixels(browser, selector):
    """What is on a canvas: uint8 [h, w, 3]."""
    found = browser.evaluate(
        f"""(() => {{
            const canvas = document.querySelector("{selector}");
            const {{ width, height }} = canvas;
            const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            return {{ width, height, data: Array.from(data).join(" ") }};
        }})()"""
    )
    rgba = np.array(found["data"].split(), np.uint8).reshape(found["height"], found["width"], 4)
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3]


def type_name(browser, name):
    browser.evaluate(
        f"""(async () => {{
            const name = document.getElementById("name");
            name.value = {json.dumps(name)};
            name.dispatchEvent(new Event("input"));
            await new Promise((done) => setTimeout(done, 200));
        }})()"""
    )
    label = name or "the empty name"
    browser.wait(f"document.getElementById('avatar').getAttribute('aria-label') === {json.dumps('Avatar of ' + label)}")


def set_value(browser, element, value):
    script = f"""Object.assign(document.getElementById("{element}"), {{ value: {json.dumps(value)} }})"""
    browser.evaluate(f"void {script}.dispatchEvent(new Event('input'))")


def changed(browser, selector, before):
    """What is on a canvas, once it is another picture."""
    until = time.monotonic() + 120
    while np.array_equal(found := pixels(browser, selector), before):
        assert time.monotonic() < until, "it stays as it is"
    return found


def at_rest(browser, selector):
    """Waits until a canvas stays as it is: a picture that is being drawn still comes."""
    until = time.monotonic() + 120
    while True:
        before = pixels(browser, selector)
        browser.evaluate("new Promise((done) => setTimeout(done, 700))")
        if np.array_equal(before, found := pixels(browser, selector)):
            return found
        assert time.monotonic() < until, "it never rests"


def test_names_give_pythons_pictures(started):
    names = ["player-8841", "ann", "e\u0301", "é", "👩‍👩‍👧‍👦 名前", ""]
    found = []
    for name in names:
        type_name(started, name)
        found.append(pixels(started, "#avatar"))
    with ganrt.load("avatars", backend="onnxruntime") as generator:
        same_pictures(np.stack(found), np.stack([generator.avatar(name) for name in names]))
    assert started.errors == []


def test_the_gallery_and_its_seed(started):
    items = "document.querySelectorAll('#gallery canvas[aria-label]').length"
    started.wait(f"{items} === 24")
    started.evaluate("document.getElementById('more').click()")
    started.wait(f"{items} === 48")
    assert started.evaluate("document.activeElement.title") == "seed 1, image 24"
    with ganrt.load("avatars", backend="onnxruntime") as generator:
        found = pixels(started, "#gallery li:nth-child(30) canvas")
        same_pictures(found, generator.sample(1, seed=1, start=29)[0])
        set_value(started, "seed", "7")
        started.wait("document.querySelector('#gallery li:nth-child(48) button').title === 'seed 7, image 47'")
        same_pictures(pixels(started, "#gallery li:nth-child(2) canvas"), generator.sample(1, seed=7, start=1)[0])
        started.evaluate("document.querySelector('#gallery li:nth-child(3) button').click()")
        assert text(started, "caption") == "seed 7, image 2: from the gallery"
        same_pictures(pixels(started, "#avatar"), generator.sample(1, seed=7, start=2)[0])
    assert started.errors == []


def test_truncation(started):
    type_name(started, "bob")
    before = pixels(started, "#avatar")
    set_value(started, "truncation", "0.5")
    assert text(started, "truncation-value") == "0.50"
    with ganrt.load("avatars", backend="onnxruntime") as generator:
        expected = generator.avatar("bob", truncation=0.5)
    started.wait("document.getElementById('caption').textContent.endsWith('truncation 0.50')")
    same_pictures(pixels(started, "#avatar"), expected)
    assert np.abs(before.astype(int) - expected).max() > 1
    set_value(started, "truncation", "1.05")
    assert text(started, "truncation-value") == "off"
    started.wait("document.getElementById('caption').textContent.endsWith('seed 0')")
    assert np.array_equal(pixels(started, "#avatar"), before)


def test_a_colour_as_drawn_is_shown(started):
    with ganrt.load("avatars-2", backend="onnxruntime") as generator:
        (control,) = (one for one in generator.controls.controls if one.name == "accent-color")
    z = np.zeros(19)
    z[list(control.positions)] = control.values("3366cc")
    given = f"{json.dumps(encode(control))}, {z.tolist()}"
    assert started.evaluate(f"(await import('./design.js')).nearest({given})") == "#3366cc"
    given = f"{json.dumps(encode(control))}, {(z * 100).tolist()}"  # beyond every colour
    assert started.evaluate(f"(await import('./design.js')).nearest({given})") == "#0000ff"


def test_a_number_as_drawn_is_within_its_range(started):
    """In doubles -0.3 + (0.1 - -0.3) is more than 0.1."""
    control = {"name": "turn", "kind": "scalar", "low": -0.3, "high": 0.1, "knots": [[-1], [1]], "positions": [0]}
    given = f"{json.dumps(control)}, [5]"
    assert started.evaluate(f"(await import('./design.js')).nearest({given})") == 0.1


def test_controls_and_the_address(started):
    """Menus change the look; the address is its code, and draws it again. What nobody set stands as it was drawn."""
    type_name(started, "player-8841")
    with ganrt.load("avatars", backend="onnxruntime") as generator:
        (skin,) = (control for control in generator.controls.controls if control.name == "skin")
    z = ganrt.latents(1, 100, start=identity_index("player-8841"))[0, list(skin.positions)]
    steps = [step / 100 for step in range(101)]
    drawn = min(steps, key=lambda step: np.abs(skin.values(step) - z).sum())
    assert float(started.evaluate("document.getElementById('control-skin').value")) == drawn
    before = pixels(started, "#avatar")
    set_value(started, "control-hair", "afro")
    changed(started, "#avatar", before)
    before = at_rest(started, "#avatar")
    set_value(started, "control-skin", "1")
    changed(started, "#avatar", before)
    controls = {"hair": "afro", "skin": 1.0}
    with ganrt.load("avatars", backend="onnxruntime") as generator:
        expected = generator.avatar("player-8841", controls=controls)
        code = generator.look(0, identity_index("player-8841"), controls=controls).code
        same_pictures(at_rest(started, "#avatar"), expected)
        assert started.evaluate("location.hash") == f"#look={code}"
        assert text(started, "code") == code
        other = generator.look(5, 7, truncation=0.5, controls={"glasses": "round"})
        started.evaluate(f"void (location.hash = '{other.code}')")  # as somebody types it
        started.wait("document.getElementById('caption').textContent.includes('image 7 of seed 5, truncation 0.50')")
        same_pictures(pixels(started, "#avatar"), generator.draw(other))
        assert started.evaluate("document.getElementById('name').value") == "", "it is no name's look"
        assert started.evaluate("document.getElementById('control-glasses').value") == "round"
        assert started.evaluate("document.getElementById('control-hair').value") == ""
        assert text(started, "truncation-value") == "0.50"
    started.evaluate("void (location.hash = 'look=ganrt:roses:0:1')")
    started.wait(FAILED)
    assert "roses" in text(started, "alert")
    set_value(started, "truncation", "1.05")
    started.wait(f"!({FAILED})")
    started.evaluate("document.getElementById('as-drawn').click()")
    assert started.errors == []


def test_a_seed_that_is_none(started):
    set_value(started, "seed", "-1")
    started.wait(FAILED)
    assert "Seed: expected a whole number" in text(started, "alert")
    set_value(started, "seed", "1")
    started.wait(f"!({FAILED})")


def test_the_walk_moves_and_rests(started):
    assert text(started, "play") == "Play"  # its reader prefers less motion
    assert text(started, "rate").startswith("paused")
    first = pixels(started, "#walk")
    started.evaluate("document.getElementById('play').click()")
    started.wait("document.getElementById('rate').textContent.includes('frames a second')")
    print(text(started, "rate"))
    changed(started, "#walk", first)
    started.evaluate("document.getElementById('play').click()")
    started.wait("document.getElementById('rate').textContent.startsWith('paused')")
    at_rest(started, "#walk")
    assert started.errors == []


def test_the_walk_rests_while_the_page_is_hidden(started):
    hide = """((hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    })"""
    started.evaluate("document.getElementById('play').click()")
    started.evaluate(f"{hide}(true)")
    rests = at_rest(started, "#walk")
    started.evaluate(f"{hide}(false)")
    changed(started, "#walk", rests)
    started.evaluate("document.getElementById('play').click()")


def test_the_file_to_download(started):
    """Four times as large, smoothly, under a name that file systems take."""
    assert started.evaluate("document.getElementById('scale').selectedOptions[0].text") == "512 × 512"
    type_name(started, "a/b: 名前?")
    started.evaluate(
        """(() => {
            window.saved = new Promise((done) => {
                let blob;
                URL.createObjectURL = (given) => ((blob = given), "blob:none");
                HTMLAnchorElement.prototype.click = async function () {
                    const image = await createImageBitmap(blob);
                    const canvas = document.createElement("canvas");
                    Object.assign(canvas, { id: "saved", width: image.width, height: image.height });
                    canvas.getContext("2d").drawImage(image, 0, 0);
                    document.body.append(canvas);
                    done(`${this.download} ${blob.type}`);
                };
            });
            document.getElementById("scale").value = "4";
            document.getElementById("download").click();
        })()"""
    )
    assert started.evaluate("window.saved") == "a-b-名前.png image/png"
    small, saved = (pixels(started, which).astype(float) for which in ("#avatar", "#saved"))
    assert np.abs(saved.reshape(len(small), 4, -1, 4, saved.shape[2]).mean((1, 3)) - small).mean() < 10
    assert np.abs(np.diff(saved, axis=1))[:, 1::4].any(), "a step within what was one pixel"


def test_everything_can_be_reached_and_has_a_name(started):
    """Controls and pictures have accessible names; the keyboard reaches the controls."""
    tree = started.send("Accessibility.getFullAXTree")["nodes"]
    named = {"button", "textbox", "slider", "spinbutton", "combobox", "image", "heading", "RootWebArea"}
    roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    assert {role for role, _ in roles} >= named - {"RootWebArea"}
    assert [role for role, name in roles if role in named and not name.strip()] == []


def test_dark_and_narrow(started):
    colours = set()
    for scheme in ("light", "dark"):
        started.view(360, 800, prefers_color_scheme=scheme, **CALM)
        colours.add(started.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert started.evaluate("document.documentElement.scrollWidth") <= 360
    assert len(colours) == 2


def test_threads_where_the_page_is_isolated(browser, page):
    with served(page, ISOLATED) as url:
        start(browser, url)
        assert browser.evaluate("crossOriginIsolated")
        status = text(browser, "status")
        assert "WebAssembly" in status
        with ganrt.load("avatars", backend="onnxruntime") as generator:
            same_pictures(pixels(browser, "#avatar"), generator.avatar("player-8841"))
        assert browser.errors == []


def test_a_generator_with_classes_and_statistics(browser, page, tmp_path):
    latent = Latent(dim=6, prior="truncated_normal", threshold=2.0, psi_mode="scale")
    model = save_tiny(tmp_path / "tiny.onnx", tiny_spec(labels=5, statistics=True, latent=latent))
    done = build_page(tmp_path / "web", "--model", str(model))
    assert done.returncode == 0, done.stderr
    with served(tmp_path / "web") as url:
        start(browser, url)
        with ganrt.load(model, backend="onnxruntime") as generator:
            same_pictures(pixels(browser, "#avatar"), generator.avatar("player-8841"))
        assert browser.errors == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.onnx", None, "model.onnx cannot be loaded: the server answers 404"),
        ("model.onnx", b"", "model.onnx: the model has no ganrt.spec"),
        ("model.onnx", b"<!doctype html>", "model.onnx: the file is not an ONNX model"),
        ("model.onnx", "cut", "model.onnx: the model ends in the middle of a field"),
        ("model.onnx", "newer", "model.onnx: the model's spec is version 2.0, expected 1: update the client"),
        (CORE, None, f"{CORE} cannot be loaded: the server answers 404"),
        (CORE, b"nonsense", "WebAssembly is not used: no backend opens 'avatars-1'"),
        ("ort/ort.wasm.min.mjs", None, "ort/ort.wasm.min.mjs cannot be loaded"),
    ],
)
def test_files_that_are_missing_or_damaged(browser, broken, name, content, message):
    if content == "cut":
        content = (broken / name).read_bytes()[:1_000_000]
    elif content == "newer":
        newer = {**json.loads(tiny_spec().to_json()), "spec_version": "2.0"}
        content = tiny_model(tiny_spec(), metadata=json.dumps(newer)).SerializeToString()
    (broken / name).unlink()
    if content is not None:
        (broken / name).write_bytes(content)
    with served(broken) as url:
        browser.open(url)
        browser.wait(FAILED)
    assert message in text(browser, "alert")
    assert text(browser, "status") == "The page could not start."
    assert browser.evaluate("document.getElementById('controls').disabled")


def test_pictures_that_differ_from_the_reference(browser, broken):
    """A backend that computes something else: the model's own picture notices."""
    model = (broken / "model.onnx").read_bytes()
    text_of_seed = b'"seed":"0"'
    assert model.count(text_of_seed) == 1
    (broken / "model.onnx").unlink()
    (broken / "model.onnx").write_bytes(model.replace(text_of_seed, b'"seed":"1"'))
    with served(broken) as url:
        browser.open(url)
        browser.wait(FAILED)
    assert "its picture of the reference is off by" in text(browser, "alert")


def test_a_browser_without_simd(page):
    browser = Chromium(["--js-flags=--no-enable-sse4-1 --no-enable-ssse3"])
    try:
        with served(page) as url:
            browser.open(url)
            if browser.evaluate(f"{FAILED} || new Promise((done) => setTimeout(() => done({FAILED}), 5000))"):
                assert "no WebAssembly SIMD" in text(browser, "alert")
            else:
                pytest.skip("this processor's SIMD cannot be switched off")
    finally:
        browser.close()


def test_webgpu(page):
    """On the software adapter of Chromium, which the page itself would pass over: it is slower than WebAssembly."""
    browser = Chromium(["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"])
    try:
        with served(page) as url:
            browser.open(url)
            if not browser.evaluate("navigator.gpu?.requestAdapter().then(Boolean) ?? false"):
                pytest.skip("this Chromium has no WebGPU adapter, not even in software")
            start(browser, f"{url}?backend=webgpu")
            assert "Drawn with WebGPU" in text(browser, "status")
            with ganrt.load("avatars", backend="onnxruntime") as generator:
                same_pictures(pixels(browser, "#avatar"), generator.avatar("player-8841"))
            start(browser, url)
            assert "Drawn with WebAssembly" in text(browser, "status")
            assert browser.errors == []
    finally:
        browser.close()


@pytest.mark.parametrize(
    ("backend", "messages"),
    [
        ("bogus", ["?backend=bogus: expected webgpu or wasm, or nothing for the best."]),
        ("", ["?backend=: expected webgpu or wasm"]),
        ("webgpu", ["WebGPU is not used: ", "The address asks for ?backend=webgpu: leave it out for the best"]),
    ],
)
def test_a_backend_that_is_none_here(browser, page, backend, messages):
    """This browser has no adapter: a page that was told to use one says how to go on."""
    with served(page) as url:
        browser.open(f"{url}?backend={backend}")
        browser.wait(f"{STARTED} || {FAILED}")
    if backend == "webgpu" and browser.evaluate("navigator.gpu?.requestAdapter().then(Boolean) ?? false"):
        pytest.skip("this Chromium has a WebGPU adapter")
    for message in messages:
        assert message in text(browser, "alert")
    browser.errors.clear()


def test_what_the_build_needs(tmp_path):
    need_node("onnxruntime-web")
    picture = tmp_path / "canary.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    for model, message in (("no-such.onnx", "there is no such file"), (picture, "the model ends")):
        done = build_page(tmp_path / "web", "--model", str(model))
        assert done.returncode == 1
        assert f"{model}': {message}" in done.stderr
    assert not (tmp_path / "web").exists()


def test_the_build_writes_over_nothing_unasked(tmp_path):
    need_node("onnxruntime-web")
    own, model = tmp_path / "web" / "index.html", save_tiny(tmp_path / "tiny.onnx", tiny_spec())
    own.parent.mkdir()
    own.write_text("mine")
    refused = build_page(own.parent, "--model", str(model))
    assert refused.returncode == 1
    assert "holds something already: give --force" in refused.stderr
    assert [path.read_text() for path in own.parent.iterdir()] == ["mine"]
    assert build_page(own.parent, "--model", str(model), "--force").returncode == 0
    assert own.read_bytes() == (ROOT / "examples" / "web" / "index.html").read_bytes()


def test_the_options_of_the_build(tmp_path):
    need_node()
    told, unknown = build_page(tmp_path, "--help"), build_page(tmp_path, "--colour", "red")
    assert (told.returncode, unknown.returncode) == (0, 2)
    assert told.stdout.startswith("usage: node examples/web/build.mjs")
    assert "Unknown option '--colour'" in unknown.stderr
    assert told.stdout in unknown.stderr
    assert "    at " not in unknown.stderr


def test_the_bundled_default_is_what_the_page_shows(tmp_path):
    need_node("onnxruntime-web")
    assert build_page(tmp_path / "web").returncode == 0
    assert (tmp_path / "web" / "model.onnx").read_bytes() == (ROOT / "runtime/data/avatars-2.onnx").read_bytes()
