"""`ganrt serve`: pictures over HTTP, for tools, bots and game servers."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganrt.cli import options
from ganrt.cli.app import command, say
from ganrt.errors import BackendUnavailable, UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.runtime.serving.app import ServeOptions

_GRACE_S = 30  # for what is under way when it ends


@command(
    "serve",
    """
    ganrt serve --port 8765
    ganrt serve -m avatars-1 --cache-size 0 --queue 64
    """,
)
def serve(
    model: options.Model = DEFAULT_MODEL,
    *,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on. By default this machine alone can ask.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free; it is printed.")] = 8765,
    queue: Annotated[
        int, typer.Option("--queue", min=1, max=100_000, help="Pictures that may wait; more are told to come again.")
    ] = 256,
    max_size: Annotated[int, typer.Option("--max-size", min=1, max=16384, help="Largest size that is drawn.")] = 2048,
    max_age: Annotated[
        int, typer.Option("--max-age", min=0, max=31_536_000, help="Seconds for which clients may keep pictures.")
    ] = 86_400,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="The folder of drawn pictures. Default: in the user's cache folder.")
    ] = None,
    cache_size: Annotated[
        int, typer.Option("--cache-size", min=0, max=1 << 20, help="MiB of them that are kept; 0: none.")
    ] = 256,
    engine: options.EngineOptions,
) -> None:
    """Serves avatars by name and pictures by look code until it is told to end (Ctrl-C, SIGTERM)."""
    from ganrt.home import cache_folder

    _require()
    if cache is not None and not cache_size:
        raise UsageError(f"--cache {cache} and --cache-size 0: expected one of them")
    from ganrt.runtime.serving.app import ServeOptions

    folder = (cache or cache_folder() / "serve") if cache_size else None
    limits = ServeOptions(queue, max_size, max_age, folder, cache_size * 2**20)
    with _listening(host, port) as listener, engine.open(model) as generator:
        say(f"http://{_shown(host)}:{listener.getsockname()[1]}")
        _run(generator, limits, listener)
    say("ended")


def _run(generator: Any, limits: ServeOptions, listener: socket.socket) -> None:
    import uvicorn

    from ganrt.runtime.serving.app import Service

    # When it has ended uvicorn sends itself the signal that it heard, which would be an error here.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    service = Service(generator, limits)
    config = uvicorn.Config(
        service.app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        lifespan="on",
    )
    uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """Raises UsageError for an address that this machine does not have; OSError where it is taken."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise UsageError(f"--host {host}: expected an address of this machine, such as 127.0.0.1 or 0.0.0.0") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        error.filename = f"{host}:{port}"
        raise
    return listener


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _require() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise BackendUnavailable(
            f'ganrt serve needs what is missing here: {error}\ninstall it: pip install "ganrt[serve]"'
        ) from error
