"""`ganrt serve`: the bytes of generate, its answers to what makes no sense, its queue, cache and end."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from controlled_models import save_controlled

import ganrt

pytest.importorskip("starlette")
uvicorn = pytest.importorskip("uvicorn")

from ganrt.runtime.serving.app import ServeOptions, Service  # noqa: E402
from ganrt.runtime.serving.cache import DiskCache  # noqa: E402
from ganrt.runtime.serving.drawing import DrawingQueue, Full  # noqa: E402

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dolls(tmp_path_factory):
    return save_controlled(tmp_path_factory.mktemp("dolls") / "dolls.onnx")


@pytest.fixture(scope="module")
def generator(dolls):
    with ganrt.load(dolls, backend="onnxruntime", threads=1) as opened:
        yield opened


@contextmanager
def serving(generator, limits):
    service = Service(generator, limits)
    server = uvicorn.Server(uvicorn.Config(service.app, port=0, log_level="warning", access_log=False, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def url(generator, tmp_path_factory):
    with serving(generator, ServeOptions(cache=tmp_path_factory.mktemp("serve-cache"), max_size=64)) as address:
        yield address


def get(address, headers=None, method="GET"):
    request = urllib.request.Request(address, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


NAMES = ["Ann", "Ann of Ayr", "a/b?c#d.e", "", "é日本🙂", "ganrt:avatars-2:0:1", "..", "x" * 900]


@pytest.mark.parametrize("name", NAMES)
def test_bytes_are_those_of_generate(run, url, dolls, tmp_path, name):
    status, headers, data = get(f"{url}/avatar/{quote(name, safe='')}.png")
    assert (status, headers["content-type"]) == (200, "image/png")
    code, _, err = run(
        "generate", "-m", dolls, "--name", name, "-o", str(tmp_path / "a.png"), "--backend", "onnxruntime"
    )
    assert code == 0, err
    assert data == (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize(
    ("query", "arguments", "ending"),
    [
        ("size=40&background=auto&mask=round", ("--size", 40, "--background", "auto", "--mask", "round"), "png"),
        ("set=hair=afro&set=skin=0.80&reroll=2", ("--set", "hair=afro", "--set", "skin=.8", "--reroll", 2), "png"),
        ("truncation=0.5", ("--truncation", 0.5), "png"),
        ("quality=60&background=3366cc", ("--quality", 60, "--background", "3366cc"), "webp"),
        ("", (), "jpeg"),
        ("size=16", ("--size", 16), "jpg"),
    ],
)
def test_options_are_those_of_generate(run, url, dolls, tmp_path, query, arguments, ending):
    status, _, data = get(f"{url}/avatar/Ann.{ending}?{query}")
    assert status == 200, data
    encode = {"jpg": "jpeg"}.get(ending, ending)
    path = tmp_path / f"a.{ending}"
    code, _, err = run("generate", "-m", dolls, "--name", "Ann", *arguments, "--encode", encode, "-o", str(path))
    assert code == 0, err
    assert data == path.read_bytes()


def test_looks_are_drawn(run, url, dolls, generator, tmp_path):
    look = generator.look(7, 3, controls={"hair": "bald"}, truncation=0.5, pinned="9=2")
    status, _, data = get(f"{url}/look/{look.code}.png?size=32")
    assert status == 200, data
    assert run("generate", look.code, "-m", dolls, "--size", 32, "-o", str(tmp_path / "a.png"))[0] == 0
    assert data == (tmp_path / "a.png").read_bytes()
    assert get(f"{url}/look/{quote(look.code, safe='')}.png?size=32")[2] == data


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/avatar/Ann.gif", 400, "expected a name that ends in"),
        ("/avatar/Ann", 400, "expected a name that ends in"),
        ("/avatar/%ff.png", 400, "not UTF-8"),
        (f"/avatar/{'x' * 1001}.png", 400, "at most 1000"),
        ("/avatar/Ann.png?size=0", 400, "size=0: expected an integer from 1 to 64"),
        ("/avatar/Ann.png?size=100000", 400, "size=100000: expected an integer from 1 to 64"),
        ("/avatar/Ann.png?size=8&size=9", 400, "given twice"),
        ("/avatar/Ann.png?sise=8", 400, "'sise': unknown"),
        ("/avatar/Ann.png?set=hare=afro", 400, "nearest: hair"),
        ("/avatar/Ann.png?set=hair=afro&set=hair=bald", 400, "expected a control once"),
        ("/avatar/Ann.png?truncation=nan", 400, "expected a number such as 0.7"),
        ("/avatar/Ann.png?truncation=17", 400, "16"),
        ("/avatar/Ann.png?background=red", 400, "expected"),
        ("/avatar/Ann.png?mask=square", 400, "mask"),
        ("/avatar/Ann.jpeg?background=none", 400, "none"),
        ("/avatar/Ann.png?set=%ff", 400, "cannot be read"),
        ("/look/ganrt:avatars-1:0:8841:JS.png", 400, "a typo"),
        ("/look/ganrt:avatars-1:0:8841:JR.png", 400, "drawn by avatars-1"),
        ("/look/ganrt2:avatars-1:0:8841.png", 400, "newer ganrt"),
        ("/nothing", 404, "Not Found"),
        ("/", 404, "Not Found; expected /avatar/NAME.png, /look/CODE.png, /options.json or /openapi.json"),
    ],
)
def test_what_makes_no_sense_is_said(url, path, status, told):
    got, headers, data = get(url + path)
    assert (got, headers["content-type"]) == (status, "application/json")
    assert told in json.loads(data)["error"]


def test_other_methods_are_refused(url):
    assert get(f"{url}/avatar/Ann.png", method="POST")[0] == 405
    assert get(f"{url}/avatar/Ann.png", method="HEAD")[:1] == (200,)


def test_tags_and_ages(url):
    _, headers, _ = get(f"{url}/avatar/Ann.png?size=9")
    tag = headers["etag"]
    assert headers["cache-control"] == "public, max-age=86400"
    for given in (tag, f'"other", W/{tag}', "*"):
        status, _, data = get(f"{url}/avatar/Ann.png?size=9", {"If-None-Match": given})
        assert (status, data) == (304, b"")
    assert get(f"{url}/avatar/Ann.png?size=9", {"If-None-Match": '"other"'})[0] == 200
    assert get(f"{url}/avatar/Ann.png?size=10")[1]["etag"] != tag


def test_options_health_and_metrics(url):
    told = json.loads(get(f"{url}/options.json")[2])
    assert (told["formats"], told["max_size"]) == (["jpeg", "jpg", "png", "webp"], 64)
    assert [control["name"] for control in told["controls"]] == ["hair", "skin", "shirt"]
    assert json.loads(get(f"{url}/health")[2])["status"] == "ok"
    for _ in range(2):
        get(f"{url}/avatar/Metric.png")
    lines = get(f"{url}/metrics")[2].decode().splitlines()
    counts = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(counts['ganrt_requests_total{route="avatar",status="200"}']) >= 2
    assert float(counts["ganrt_cache_hits_total"]) >= 1
    assert float(counts["ganrt_pictures_drawn_total"]) >= 1


class Slow:
    """A generator whose batches wait until they are let go."""

    def __init__(self, generator):
        self._generator, self.gate = generator, threading.Event()
        self.batch_size, self.sizes = 4, []

    def draw_looks(self, looks, _):
        self.gate.wait(60)
        looks = list(looks)
        self.sizes.append(len(looks))
        return self._generator.draw_looks(looks)


def test_what_waits_is_drawn_together_and_the_queue_ends(generator):
    slow = Slow(generator)
    queue = DrawingQueue(slow, 6)
    looks = [generator.look(0, k) for k in range(8)]
    futures = [queue.submit(looks[0])]
    while len(queue):
        time.sleep(0.01)  # until the thread has the first
    futures += [queue.submit(look) for look in looks[1:7]]
    with pytest.raises(Full):
        queue.submit(looks[7])
    slow.gate.set()
    queue.close()
    assert slow.sizes == [1, 4, 2]
    for look, future in zip(looks[:7], futures, strict=True):
        assert (future.result() == generator.draw(look)).all()
    with pytest.raises(Full):
        queue.submit(looks[7])


def test_a_full_queue_is_429(generator, monkeypatch):
    with serving(generator, ServeOptions(queue=1)) as url:
        gate = threading.Event()
        real = generator.draw_looks
        monkeypatch.setattr(generator, "draw_looks", lambda *given: gate.wait(60) and real(*given))
        answers = []
        threads = [threading.Thread(target=lambda k=k: answers.append(get(f"{url}/avatar/{k}.png"))) for k in range(8)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        while len(answers) < 6 and time.monotonic() < deadline:
            time.sleep(0.02)
        gate.set()
        for thread in threads:
            thread.join()
    statuses = sorted(answer[0] for answer in answers)
    assert statuses == [200, 200, *[429] * 6]
    assert all(headers["retry-after"] == "1" for status, headers, _ in answers if status == 429)


def test_the_cache_keeps_to_its_limit_and_draws_what_is_damaged_anew(tmp_path):
    cache = DiskCache(tmp_path, 1000)
    keys = [f"{k:032x}" for k in range(10)]
    (tmp_path / "README").write_text("not the cache's")
    for key in keys:
        cache.put(key, key.encode() * 8)
    assert cache.bytes == sum(path.stat().st_size for path in tmp_path.iterdir() if path.name != "README") <= 1000
    assert cache.get(keys[0]) is None
    assert cache.get(keys[9]) == keys[9].encode() * 8
    assert DiskCache(tmp_path, 1000).get(keys[9]) == keys[9].encode() * 8
    (tmp_path / keys[9]).write_bytes(b"x" * 50)
    assert cache.get(keys[9]) is None
    assert not (tmp_path / keys[9]).exists()
    cache.put(keys[1], b"y" * 2000)
    assert cache.get(keys[1]) is None
    assert DiskCache(tmp_path, 0).bytes == 0
    assert [path.name for path in tmp_path.iterdir()] == ["README"]


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_and_ends_well(dolls, tmp_path, ending):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "GANRT_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "ganrt", "serve", "-m", str(dolls), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        address = next(line for line in process.stderr if line.startswith("http://")).strip()
        assert address.startswith("http://127.0.0.1:")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                status = get(f"{address}/avatar/Ann.png")[0]
                break
            except urllib.error.URLError:
                time.sleep(0.05)
        assert status == 200
        process.send_signal(ending)
        told = process.stderr.read()
        assert process.wait(60) == 0, told
    assert told.splitlines()[-1] == "ended"
    assert len(list((tmp_path / "serve").iterdir())) == 1


@pytest.mark.slow
def test_the_description_holds_whatever_is_asked(url):
    """Schemathesis asks what the description allows, and what it does not."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, given, settings
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    for operation in schema.get_all_operations():

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.ok().as_strategy())
        def holds(case):
            # what the model has, and what goes together, no schema says: such requests are refused
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        holds()


def test_arguments_that_make_no_sense(run, dolls):
    for arguments, code, told in [
        (("--port", 70000), 2, "port"),
        (("--host", "no.such.host.invalid"), 2, "expected an address of this machine"),
        (("--cache", "x", "--cache-size", 0), 2, "expected one of them"),
        (("-m", "none.onnx"), 4, "does not exist"),
    ]:
        got, _, err = run("serve", *(() if "-m" in arguments else ("-m", dolls)), "--port", 0, *arguments)
        assert (got, told in err) == (code, True), err
