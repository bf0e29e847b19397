"""Asks `ganrt serve` for pictures at twice the rate that it can draw: nothing but 200 and 429, and memory stays flat.

    python tools/load_serve.py --minutes 10 -m avatars-2

First it finds the rate at which new pictures come, then asks for twice as many, each another name, without the cache's
help. Linux: memory is read from /proc. Prints what happened as JSON; exit code 1 if something else was answered, or
memory grew by more than a tenth over the second half.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

_CLIENTS = 400  # more than the queue holds: else nobody is ever refused
_MEASURED_S = 10.0
_GROWTH = 1.1
_IDLE_S = 1.0


class Clients:
    """Threads that ask for one name after the other, at a rate or as fast as answers come."""

    def __init__(self, url: str, per_second: float | None, seconds: float, prefix: str) -> None:
        self._place, self._prefix = urlsplit(url).netloc, prefix
        self._rate, self._end = per_second, time.monotonic() + seconds
        self.statuses: Counter[str] = Counter()
        self._lock, self._next, self._begun = threading.Lock(), 0, time.monotonic()

    def run(self, clients: int) -> float:
        """Asks until the time is over; the rate of pictures."""
        threads = [threading.Thread(target=self._work) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.statuses["200"] / (time.monotonic() - self._begun)

    def _work(self) -> None:
        connection = http.client.HTTPConnection(self._place, timeout=120)
        while time.monotonic() < self._end:
            with self._lock:
                number, self._next = self._next, self._next + 1
            if self._rate is not None:
                wait = max(0.0, self._begun + number / self._rate - time.monotonic())
                time.sleep(wait)
                if wait > _IDLE_S:  # servers close connections that stood idle: that is no failed request
                    connection.close()
            status = self._ask(connection, f"/avatar/{self._prefix}{number}.webp?size=64")
            with self._lock:
                self.statuses[status] += 1

    def _ask(self, connection: http.client.HTTPConnection, path: str) -> str:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
        except OSError as error:
            connection.close()
            return type(error).__name__
        return str(answer.status)


def memory_mib(process: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def watched(process: int, seconds: float, found: list[float]) -> threading.Thread:
    """Reads the memory each second, in a thread of its own."""

    def watch() -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found.append(memory_mib(process))
            time.sleep(1)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-m", "--model", default="avatars-2")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--queue", default="32")
    options = parser.parse_args()
    command = ["serve", "-m", options.model, "--port", "0", "--cache-size", "0", "--queue", options.queue]
    with subprocess.Popen([sys.executable, "-m", "ganrt", *command], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = next(line for line in server.stderr if line.startswith("http://")).strip()
        try:
            told = _asked(url, server.pid, options.minutes * 60)
        finally:
            server.terminate()
        told["exit"] = server.wait(120)
    print(json.dumps(told, indent=2))
    fine = set(told["statuses"]) <= {"200", "429"} and told["grew"] <= _GROWTH and told["exit"] == 0
    return 0 if fine else 1


def _asked(url: str, process: int, seconds: float) -> dict[str, object]:
    rate = Clients(url, None, _MEASURED_S, "measured").run(16)
    memory: list[float] = []
    watching = watched(process, seconds, memory)
    clients = Clients(url, 2 * rate, seconds, "asked")
    served = clients.run(_CLIENTS)
    watching.join()
    half, last = memory[len(memory) // 2], max(memory[-5:])
    return {
        "pictures_a_second_alone": round(rate, 1),
        "asked_a_second": round(sum(clients.statuses.values()) / seconds, 1),
        "pictures_a_second": round(served, 1),
        "statuses": dict(clients.statuses),
        "memory_mib": [round(memory[0]), round(half), round(last)],
        "grew": round(last / half, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
