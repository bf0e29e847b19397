"""`ganrt gallery`: pages from a model, a folder and a bulk run; read as text, and used in a browser."""

import importlib.util
import json
import re
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from chromium import Chromium
from cli_files import names
from controlled_models import save_controlled

import ganrt
from ganrt.runtime.control_reading import LookReader
from ganrt.runtime.gallery import Entry, page_paths, write_gallery

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dolls(tmp_path_factory):
    return save_controlled(tmp_path_factory.mktemp("dolls") / "dolls.onnx")


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def codes_of(page):
    return re.findall(r'data-code="([^"]+)"', page.read_text("utf-8"))


def titles_of(page):
    return [unescape(name) for name in re.findall(r'<span class="name">(.*?)</span>', page.read_text("utf-8"))]


def test_a_page_of_a_model_holds_codes_and_asks_nothing_of_any_network(run, dolls, work):
    code, out, err = run("gallery", "-m", dolls, "--count", 5, "--set", "hair=bald", "-o", "g.html", "--json")
    assert code == 0, err
    assert json.loads(out)["pictures"] == 5
    codes, page = codes_of(work / "g.html"), (work / "g.html").read_text("utf-8")
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        assert codes == [generator.look(0, i, controls={"hair": "bald"}).code for i in range(5)]
    assert set(re.findall(r'(?:src|href)="([a-z]+):', page)) == {"data"}
    assert "http" not in page.replace("http-equiv", "")
    assert all(told["hair"] == "bald" for told in controls_of(work / "g.html"))
    assert run("gallery", "-m", dolls, "-o", "g.html")[0] == 5
    assert run("gallery", codes[1], "-m", dolls, "-o", "one.html")[0] == 0
    assert codes_of(work / "one.html") == [codes[1]]


def controls_of(page):
    return [json.loads(unescape(told)) for told in re.findall(r'data-controls="([^"]*)"', page.read_text("utf-8"))]


def test_pages_of_identities_folders_and_bulk_runs(run, dolls, work):
    work.mkdir(exist_ok=True)
    (work / "p.csv").write_text("identity,control:hair\n<b>Ann & Bob\n".replace("Bob\n", "Bob,afro\nCid,\n"))
    assert run("gallery", "-m", dolls, "--identities", "p.csv", "-o", "g.html")[0] == 0
    assert titles_of(work / "g.html") == ["<b>Ann & Bob", "Cid"]
    assert run("generate", "-m", dolls, "--identities", "p.csv", "-o", "out")[0] == 0
    code, _, err = run("gallery", "out", "-m", dolls, "-o", "f.html")
    assert code == 0, err
    assert sorted(codes_of(work / "f.html")) == sorted(codes_of(work / "g.html"))
    code, _, err = run("gallery", "out", "-o", "n.html")  # the model is a file that nobody named
    assert (code, "no menus by control" in err) == (0, True), err
    command = ("bulk", "run", "-m", dolls, "--identities", "p.csv", "--format", "npy", "--shard-size", 1, "-o", "s")
    assert run(*command)[0] == 0
    code, _, err = run("gallery", "s", "-o", "s.html", "--page-size", 1)
    assert code == 0, err
    assert codes_of(work / "s.html") + codes_of(work / "s-2.html") == codes_of(work / "g.html")
    assert 'href="s-2.html">Next' in (work / "s.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nowhere",), 4, "expected a folder of pictures"),
        (("empty",), 4, "none of its 0 PNG pictures holds a look code"),
        (("empty", "--count", 3), 2, "a folder says which pictures"),
        (("-o", "g.png"), 2, "ends in .html"),
        (("--page-size", 0), 2, "page-size"),
        (("--set", "hair=afros"), 2, "nearest: afro"),
        (("--count", 10**12), 2, "expected at most 100000"),
        (("ganrt:avatars-9:0:1",), 2, "drawn by avatars-9"),
        (("--latents", "z.npy"), 2, "no look codes"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(run, dolls, work, arguments, code, told):
    (work / "empty").mkdir(parents=True)
    got, _, err = run("gallery", "-m", dolls, *arguments)
    assert (got, told in err) == (code, True), err
    assert names(work) == ["empty"]


def test_many_pictures_are_pages_in_constant_memory(tmp_path):
    """Of a million pictures as well: entries are taken one by one, and a page is written before the next is begun."""
    picture, alive = np.zeros((2, 2, 3), np.uint8), []

    def entries():
        for k in range(2500):
            alive.append(len(list(tmp_path.iterdir())))
            yield Entry(str(k), "ganrt:a:0:1", picture)

    pages = write_gallery(entries(), tmp_path / "g.html", 2500, "many", a_page=100)
    assert pages == [tmp_path / "g.html", *(tmp_path / f"g-{k}.html" for k in range(2, 26))]
    assert alive == [k // 100 for k in range(2500)]
    assert len(page_paths(tmp_path / "g.html", 10**6, 1000)) == 1000


def test_a_reader_tells_what_a_network_chose():
    """As the model's own table of parts has it, of pictures that nobody designed."""
    folder = ROOT / "examples" / "avatars-2"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("avatars2_parts", folder / "parts.py")
        parts = importlib.util.module_from_spec(spec)
        sys.modules["avatars2_parts"] = parts
        spec.loader.exec_module(parts)
    finally:
        sys.path.remove(str(folder))
    with ganrt.load("avatars-2", backend="onnxruntime") as generator:
        looks = [generator.look(0, index) for index in range(9)]
        pictures = [picture for _, batch in generator.draw_looks(looks) for picture in batch]
        found = LookReader(generator).read(looks, pictures)
    chosen = parts.choose(ganrt.latents(9, 19))
    told = 0
    for name in ("hair", "expression", "facial-hair", "glasses", "clothing"):
        options = [option.name for option in parts.part(name).options]
        for k, one in enumerate(found):
            assert one.get(name, options[chosen[name][k]]) == options[chosen[name][k]], (k, name)
            told += name in one
    assert told >= 43


@pytest.fixture(scope="module")
def browser():
    opened = Chromium()
    yield opened
    opened.close()


def click(browser, selector):
    """A real click, which may use the clipboard."""
    place = f"document.querySelector({json.dumps(selector)})"
    browser.evaluate(f"{place}.scrollIntoView({{block: 'center'}})")
    x, y = browser.evaluate(f"(() => {{ const r = {place}.getBoundingClientRect(); return [r.x + 20, r.y + 20]; }})()")
    for kind in ("mousePressed", "mouseReleased"):
        browser.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def test_the_page_filters_and_copies_in_a_browser(run, dolls, work, browser):
    assert run("gallery", "-m", dolls, "--count", 12, "-o", "g.html")[0] == 0
    told = controls_of(work / "g.html")
    browser.view(1000, 800)
    browser.open((work / "g.html").as_uri())
    assert browser.errors == []
    hair = told[0]["hair"]
    set_to = f"select.value = {json.dumps(hair)}; select.dispatchEvent(new Event('change', {{bubbles: true}}))"
    browser.evaluate(f"(() => {{ const select = document.querySelector('select[name=hair]'); {set_to} }})()")
    shown = browser.evaluate("document.querySelectorAll('li:not([hidden])').length")
    assert shown == sum(one["hair"] == hair for one in told) < 12
    click(browser, "li button")
    code = codes_of(work / "g.html")[0]
    browser.wait(f"document.getElementById('told').textContent === {json.dumps('Copied ' + code)}", 20)
    named = "[...document.images].every((image) => image.alt && image.complete && image.naturalWidth)"
    assert browser.evaluate(named)
    for width in (390, 1000):
        browser.view(width, 800)
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.errors == []
