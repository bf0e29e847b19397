"""A headless Chromium, driven by the DevTools protocol over its pipe, and a server for static pages."""

import base64
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Also as root, and without the connections that a browser otherwise makes by itself.
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio"]
_FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
_FLAGS += ["--remote-debugging-pipe"]
# The browser reads from 3 and writes to 4.
_EXEC = """
import fcntl, os, sys
high = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for target, end in zip((3, 4), high): os.dup2(end, target)
os.execv(sys.argv[3], sys.argv[3:])
"""
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}


def need_chromium():
    """The browser's path; skips, with the reason, where there is none."""
    if os.name != "posix":
        pytest.skip("the browser is driven over inherited pipes, which this system lacks")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is on the path")
    return found


class Chromium:
    """One page. `errors` collects what the console and uncaught exceptions say."""

    def __init__(self, flags=()):
        browser = need_chromium()
        self.errors = []
        self._count = 0
        self._loads = 0
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs, ours = os.pipe()
        answers, their_answers = os.pipe()
        ends = [str(theirs), str(their_answers)]
        command = [
            sys.executable,
            "-c",
            _EXEC,
            *ends,
            browser,
            *_FLAGS,
            *flags,
            f"--user-data-dir={self._profile.name}",
        ]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs, their_answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        os.close(their_answers)
        self._to = os.fdopen(ours, "wb")
        self._from = answers
        self._read = b""
        try:
            self._attach()
        except BaseException:
            self._end()
            raise

    def _attach(self):
        self._session = None
        page = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.bringToFront")  # a page behind another is not drawn

    def send(self, method, **params):
        """One command; its result."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self._note(answer)

    def _receive(self):
        while b"\0" not in self._read:
            more = os.read(self._from, 2**20)
            assert more, "the browser has ended"
            self._read += more
        text, _, self._read = self._read.partition(b"\0")
        return json.loads(text)

    def _note(self, event):
        params = event.get("params", {})
        self._loads += event["method"] == "Page.loadEventFired"
        if event["method"] == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif event["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.errors.append(" ".join(str(part.get("value", part.get("description"))) for part in params["args"]))

    def open(self, url):
        """Goes to a page and waits until it has loaded."""
        self.errors.clear()
        before = self._loads
        self.send("Page.navigate", url=url)
        while self._loads == before:
            self._note(self._receive())

    def evaluate(self, expression):
        """The value of an expression of the page, or of what its promise gives."""
        wrapped = f"(async () => ({expression}))()"
        answer = self.send("Runtime.evaluate", expression=wrapped, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition, seconds=120):
        """Until an expression is true."""
        loop = f"""new Promise((resolve, reject) => {{
            const end = performance.now() + {seconds * 1000};
            (function look() {{
                if ({condition}) resolve(true);
                else if (performance.now() > end) reject(new Error("never: " + {json.dumps(condition)}));
                else setTimeout(look, 20);
            }})();
        }})"""
        return self.evaluate(loop)

    def screenshot(self, path, width, height, **media):
        """A PNG of the page; media: such as `prefers_color_scheme="dark"`."""
        self.view(width, height, **media)
        data = self.send("Page.captureScreenshot", format="png")["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def view(self, width, height, **media):
        """The size of the window, and what the page is told that its reader prefers."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.send("Emulation.setEmulatedMedia", features=features)

    def close(self):
        self._session = None
        self.send("Browser.close")
        self._end()

    def _end(self):
        self._to.close()  # without its pipe the browser ends
        self._process.wait(120)
        os.close(self._from)
        self._profile.cleanup()


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A browser that leaves in the middle of a file is none."""


@contextmanager
def served(folder, headers=None):
    """A folder under a URL without a slash at its end."""
    with _Server(("127.0.0.1", 0), _handler(folder, headers or {})) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _handler(folder, headers):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def end_headers(self):
            for name, value in headers.items():
                self.send_header(name, value)
            super().end_headers()

    return functools.partial(Handler, directory=str(folder))
