"""The HTTP application: addresses to pictures, with a cache, a bounded queue, ETags and metrics."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ganrt.errors import UsageError
from ganrt.runtime.generator import Generator
from ganrt.runtime.look_drawing import model_of
from ganrt.runtime.serving.addresses import LookRequest, Reader
from ganrt.runtime.serving.cache import DiskCache
from ganrt.runtime.serving.description import openapi, options
from ganrt.runtime.serving.drawing import DrawingQueue, Full

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; Prometheus' own defaults


class Metrics:
    """Requests by route and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * len(_BUCKETS)
        self._seconds, self._count = 0.0, 0

    def add(self, route: str, status: int, seconds: float) -> None:
        """Counts a request that has ended."""
        with self._lock:
            self._requests[route, status] += 1
            self._seconds += seconds
            self._count += 1
            for k, bound in enumerate(_BUCKETS):
                self._buckets[k] += seconds <= bound

    def text(self, gauges: dict[str, tuple[str, str, float]]) -> str:
        """The page; `gauges`: name -> (counter or gauge, what it is, value)."""
        with self._lock:
            return "\n".join([*self._lines(), *_of_gauges(gauges), ""])

    def _lines(self) -> Iterator[str]:
        yield "# HELP ganrt_requests_total Requests that have ended."
        yield "# TYPE ganrt_requests_total counter"
        for (route, status), count in sorted(self._requests.items()):
            yield f'ganrt_requests_total{{route="{route}",status="{status}"}} {count}'
        yield "# HELP ganrt_request_seconds How long requests took."
        yield "# TYPE ganrt_request_seconds histogram"
        for bound, count in zip(_BUCKETS, self._buckets, strict=True):
            yield f'ganrt_request_seconds_bucket{{le="{bound:g}"}} {count}'
        yield f'ganrt_request_seconds_bucket{{le="+Inf"}} {self._count}'
        yield f"ganrt_request_seconds_sum {self._seconds:.6f}"
        yield f"ganrt_request_seconds_count {self._count}"


def _of_gauges(gauges: dict[str, tuple[str, str, float]]) -> Iterator[str]:
    for name, (kind, told, value) in gauges.items():
        yield f"# HELP {name} {told}"
        yield f"# TYPE {name} {kind}"
        yield f"{name} {value:g}" if value < 1e6 else f"{name} {value:.0f}"


_ENCODERS = 2  # threads; OpenCV lets go of Python's lock
_OPEN = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class ServeOptions:
    """Limits of the service.

    Attributes:
        queue: looks that may wait to be drawn; more are told to come again (429).
        max_size: pixels of the longer side.
        max_age: seconds for which clients may keep a picture without asking.
        cache: where encoded pictures are kept; None: nowhere.
        cache_bytes: how many bytes of them.
    """

    queue: int = 256
    max_size: int = 2048
    max_age: int = 86_400
    cache: Path | None = None
    cache_bytes: int = 256 * 2**20


class Service:
    """What the application does; `app` is an ASGI application. The generator is the caller's to close."""

    def __init__(self, generator: Generator, limits: ServeOptions) -> None:
        self._generator, self._limits = generator, limits
        self._reader, self._metrics = Reader(generator, limits.max_size), Metrics()
        self._cache = None if limits.cache is None else DiskCache(limits.cache, limits.cache_bytes)
        self._queue = DrawingQueue(generator, limits.queue)
        self._pool = ThreadPoolExecutor(_ENCODERS, "ganrt-serve-encode")
        self._under_way: dict[str, asyncio.Task[bytes]] = {}
        self._ending = False
        described, can = openapi(limits.max_size), options(generator, limits.max_size)
        routes: dict[str, tuple[str, Answer]] = {
            "avatar": ("/avatar/{rest:path}", self._avatar),
            "look": ("/look/{rest:path}", self._look),
            "options": ("/options.json", _fixed(can)),
            "openapi": ("/openapi.json", _fixed(described)),
            "health": ("/health", self._health),
            "metrics": ("/metrics", self._told),
        }
        self.app = Starlette(
            routes=[Route(path, self._counted(name, answer)) for name, (path, answer) in routes.items()],
            exception_handlers={HTTPException: _http_error},
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._ending = True
            await asyncio.to_thread(self._queue.close)
            self._pool.shutdown()

    def _counted(self, route: str, answer: Answer) -> Answer:
        """Counts, and turns errors into answers."""

        async def answered(request: Request) -> Response:
            begun = time.monotonic()
            try:
                response = await answer(request)
            except UsageError as error:
                response = JSONResponse({"error": str(error)}, 400)
            except Full:
                told = {"error": "too many pictures wait to be drawn: come again later"}
                response = JSONResponse(told, 429, headers={"Retry-After": "1"})
            except Exception as error:
                response = JSONResponse({"error": f"internal error: {type(error).__name__}"}, 500)
            response.headers.update(_OPEN)
            self._metrics.add(route, response.status_code, time.monotonic() - begun)
            return response

        return answered

    async def _avatar(self, request: Request) -> Response:
        return await self._picture(request, self._reader.avatar)

    async def _look(self, request: Request) -> Response:
        return await self._picture(request, self._reader.look)

    async def _picture(self, request: Request, read: Callable[[bytes, bytes], LookRequest]) -> Response:
        """The raw address is read: a decoded one no longer tells what was not UTF-8."""
        raw: bytes = request.scope["raw_path"].partition(b"?")[0]
        rest = raw.split(b"/", 2)[2]
        look_request = await asyncio.to_thread(self._read, read, rest, request.scope["query_string"])
        key = self._reader.key(look_request)
        tag = f'"{key}"'
        headers = {"ETag": tag, "Cache-Control": f"public, max-age={self._limits.max_age}"}
        if _matches(request.headers.get("if-none-match", ""), tag):
            return Response(None, 304, headers)
        return Response(await self._bytes(key, look_request), 200, headers, look_request.type)

    def _read(self, read: Callable[[bytes, bytes], LookRequest], path: bytes, query: bytes) -> LookRequest:
        look_request = read(path, query)
        self._reader.check(look_request)
        return look_request

    async def _bytes(self, key: str, look_request: LookRequest) -> bytes:
        """From the cache, or drawn; what several ask for at once is drawn once."""
        if key not in self._under_way:
            task = asyncio.create_task(self._made(key, look_request))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(self._under_way[key])

    async def _made(self, key: str, look_request: LookRequest) -> bytes:
        loop = asyncio.get_running_loop()
        if self._cache and (data := await loop.run_in_executor(self._pool, self._cache.get, key)) is not None:
            return data
        picture = await asyncio.wrap_future(self._queue.submit(look_request.look))
        data = await loop.run_in_executor(self._pool, self._reader.encoded, look_request, picture)
        if self._cache:
            await loop.run_in_executor(self._pool, self._cache.put, key, data)
        return data

    async def _health(self, _: Request) -> Response:
        told = {"status": "ending" if self._ending else "ok", "model": model_of(self._generator)}
        return JSONResponse(told, 503 if self._ending else 200)

    async def _told(self, _: Request) -> Response:
        gauges = {
            "ganrt_pictures_drawn_total": ("counter", "Pictures drawn.", float(self._queue.drawn)),
            "ganrt_batches_total": ("counter", "Batches drawn.", float(self._queue.batches)),
            "ganrt_queue_length": ("gauge", "Looks that wait to be drawn.", float(len(self._queue))),
        }
        if self._cache is not None:
            gauges |= {
                "ganrt_cache_hits_total": ("counter", "Pictures from the disk cache.", float(self._cache.hits)),
                "ganrt_cache_misses_total": ("counter", "Pictures that it had not.", float(self._cache.misses)),
                "ganrt_cache_bytes": ("gauge", "Bytes in it.", float(self._cache.bytes)),
            }
        return Response(self._metrics.text(gauges), media_type=TYPE)


def _fixed(told: object) -> Answer:
    async def answer(_: Request) -> Response:
        return JSONResponse(told)

    return answer


def _matches(given: str, tag: str) -> bool:
    tags = [one.strip().removeprefix("W/") for one in given.split(",")]
    return tag in tags or "*" in tags


async def _http_error(_: Request, error: Any) -> Response:
    """Of addresses and methods that there are not."""
    headers = {**(error.headers or {}), **_OPEN}
    found = (
        ""
        if error.status_code != 404
        else "; expected /avatar/NAME.png, /look/CODE.png, /options.json or /openapi.json"
    )
    return JSONResponse({"error": f"{error.detail}{found}"}, error.status_code, headers)
