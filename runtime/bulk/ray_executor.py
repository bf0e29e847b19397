"""Shards drawn by a Ray cluster: tasks on actors, each of which holds an engine: one a GPU, or one a machine.

A worker that dies is started again, and a machine that vanishes is left out; their shards are drawn by others. That
harms nothing, even if the lost one is alive and goes on: whoever draws a shard writes the same bytes.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable, GanrtError, OutputFailed
from ganrt.runtime.bulk.describe import aligned, describe
from ganrt.runtime.bulk.manifest import differences, read_manifest
from ganrt.runtime.bulk.pipeline import Drawer
from ganrt.runtime.bulk.plan import Plan, Shard
from ganrt.runtime.bulk.remote import open_target
from ganrt.runtime.bulk.run import Executor, Progress, draw
from ganrt.runtime.bulk.storage import Target
from ganrt.runtime.design import PLAIN, Design
from ganrt.runtime.generator import open_generator


@dataclass(frozen=True)
class Recipe:
    """How any machine opens the generator and draws; see `open_generator` and `Drawer`."""

    model: str
    backend: str
    options: EngineOptions
    batch_size: int | None
    encoders: int | None
    design: Design = PLAIN

    @property
    def on_gpu(self) -> bool:
        """Whether an engine takes a GPU of its own."""
        return self.options.device.startswith("cuda")


class Worker:
    """Draws shards of one plan, a call each."""

    def __init__(self, recipe: Recipe, plan: Plan, place: str) -> None:
        self._recipe, self._plan, self._storage = recipe, plan, open_target(place)
        self._drawer: Drawer | None = None

    def open(self) -> None:
        """Loads the engine.

        Raises:
            OutputFailed: this machine does not see the run's output. BackendUnavailable: it would draw other bytes.
        """
        manifest = read_manifest(self._storage)
        if manifest is None or manifest.plan.document() != self._plan.document():
            raise OutputFailed(
                f"{self._storage.place} on this machine is not the run's output: "
                "expected a folder that all machines share, or an address such as s3://bucket/name"
            )
        recipe = self._recipe
        generator = open_generator(recipe.model, recipe.backend, recipe.options)
        found = differences(self._plan.generator, aligned(self._plan.generator, describe(generator, self._plan.layout)))
        if found:
            generator.close()
            raise BackendUnavailable(f"this machine would draw other bytes: {'; '.join(found[:2])}")
        self._drawer = Drawer(generator, recipe.batch_size, recipe.encoders, recipe.design)

    def draw(self, number: int) -> None:
        assert self._drawer is not None, "open comes first"
        draw(self._plan, [self._plan.shard(number)], self._drawer, self._storage)


INSTALL = 'pip install "ganrt[ray]"'
_AT_ONCE = 2  # shards of a worker: the next begins while the last pictures of one are encoded and written
_ATTEMPTS = 4  # to draw a shard
_RESTARTS = 3  # of a worker
_ANSWER_S = 10  # for a cluster's address to take a connection
_TRIES = "2"  # of Ray's own, 40 seconds each, where its twenty would be a quarter of an hour


def ray_executor(recipe: Recipe, address: str | None, note: Callable[[str], object]) -> Executor:
    """An executor for `run`.

    Args:
        address: of a running cluster, such as `auto` or `10.0.0.1:6379`; None: what Ray finds (`RAY_ADDRESS`, a
            cluster on this machine), or else a cluster of this machine alone, for as long as the run lasts.
        note: called with a line whenever a worker is lost or refused.

    Raises:
        BackendUnavailable: Ray is missing, or the cluster does not answer; or, later, no machine in it draws the
            plan's pictures.
    """
    ray = _import_ray()
    if not ray.is_initialized():
        _check_answer(address)

    def execute(plan: Plan, shards: Sequence[Shard], target: Target, progress: Progress) -> None:
        if shards:
            with _cluster(ray, address):
                _Workers(ray, recipe, plan, target, note).draw(shards, progress)

    return execute


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", _TRIES)
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what will be Ray's default; silences a warning
    try:
        return import_module("ray")
    except ImportError as error:
        raise BackendUnavailable(
            f"--executor ray needs Ray, which is missing: {error}\ninstall it: {INSTALL}"
        ) from error


def _check_answer(address: str | None) -> None:
    """Raises BackendUnavailable if nobody listens at a host and port; `auto` and its like Ray must look for itself."""
    given = address or os.environ.get("RAY_ADDRESS", "")
    host, _, port = given.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_S).close()
    except (OSError, OverflowError) as error:
        named = f"--address {given}" if address else f"RAY_ADDRESS={given}"
        raise BackendUnavailable(
            f"{named}: no Ray cluster answers there: {error}\n"
            "start one there: ray start --head; or give another --address"
        ) from error


@contextmanager
def _cluster(ray: Any, address: str | None) -> Iterator[None]:
    """Connects to a cluster, unless the process is connected already."""
    if ray.is_initialized():
        yield
        return
    with ExitStack() as ending:
        try:
            started = not address and not _finds_one()
            settings = ending.enter_context(_on_this_machine()) if started else {"address": address}
            ending.callback(ray.shutdown)
            ray.init(include_dashboard=False, logging_level="error", log_to_driver=False, **settings)
        except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
            where = f"--address {address}" if address else "a Ray cluster on this machine"
            raise BackendUnavailable(
                f"{where}: no connection: {_line(error)}\nwhether one is alive: ray status"
            ) from error
        yield


def _finds_one() -> bool:
    """Whether Ray, asked for no address, would connect to a cluster that is there rather than start one."""
    return import_module("ray._private.services").canonicalize_bootstrap_address(None) is not None


@contextmanager
def _on_this_machine() -> Iterator[dict[str, Any]]:
    """Settings for a cluster that nobody else reaches, that asks nobody and leaves nothing behind.

    By itself Ray listens on all addresses and finds out its own by way of one on the Internet; a process for its usage
    report, started even if that is off, asks for the cloud that it is in; a key stays in the home folder and logs in
    the temporary one. None of it has a public switch. `RAY_TMPDIR` says where to keep the logs.
    """
    constants, services = import_module("ray._private.ray_constants"), import_module("ray._private.services")
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # stays: Ray reads it once a process
    short = "/tmp" if sys.platform == "darwin" else None  # the paths of Ray's sockets have little room
    with (
        patch.object(constants, "ENABLE_RAY_CLUSTER", new=False),  # loopback, as by default on Windows and macOS
        patch.dict(os.environ, {constants.ENABLE_RAY_CLUSTERS_ENV_VAR: "0"}),  # the same for its processes
        patch.object(services, "start_api_server", new=lambda *_, **__: ("", None)),
        TemporaryDirectory(prefix="ganrt-", dir=short, ignore_cleanup_errors=True) as folder,
    ):
        kept = os.environ.get("RAY_TMPDIR")
        yield {"address": "local", "_node_ip_address": "127.0.0.1", "_temp_dir": None if kept else folder}


@dataclass
class _Hand:
    """A worker's place in the cluster, and the actor that fills it now."""

    node: dict[str, Any]
    actor: Any
    ready: bool = False
    busy: int = 0
    restarts: int = 0


class _Workers:
    """All workers of a run, and what each of them is doing."""

    def __init__(self, ray: Any, recipe: Recipe, plan: Plan, target: Target, note: Callable[[str], object]) -> None:
        self._ray, self._recipe, self._note = ray, recipe, note
        self._place = target.place if "://" in target.place else str(Path(target.place).resolve())
        self._plan = ray.put(plan)  # once, not with every worker: it may hold millions of seeds
        self._running: dict[Any, tuple[_Hand, Any, Shard | None]] = {}  # a shard, or None while a worker opens
        self._attempts: Counter[int] = Counter()
        self._refusal: GanrtError | None = None
        self._hands = [self._hire(node) for node in ray.nodes() if node["Alive"] for _ in range(self._places(node))]

    def draw(self, shards: Sequence[Shard], progress: Progress) -> None:
        """Draws shards, in any order.

        Raises:
            OutputFailed: every worker was lost. GanrtError: what a worker raised, for the last time.
        """
        waiting, written = deque(shards), 0
        try:
            while waiting or any(shard for _, _, shard in self._running.values()):
                self._hand_out(waiting)
                if not self._running:
                    raise self._refusal or OutputFailed(
                        f"{len(waiting)} shards are left, and all workers are lost: the same command goes on"
                    )
                ready, _ = self._ray.wait(list(self._running), num_returns=1)
                hand, actor, shard = self._running.pop(ready[0])
                if not self._succeeded(ready[0], hand, actor, shard):
                    waiting.extendleft([shard] if shard else [])
                elif shard:
                    written += shard.count
                    progress(written)
        finally:
            for hand in self._hands:
                self._ray.kill(hand.actor)

    def _hand_out(self, waiting: deque[Shard]) -> None:
        for _ in range(_AT_ONCE):
            for hand in self._hands:
                if waiting and hand.ready and hand.busy < _AT_ONCE:
                    shard = waiting.popleft()
                    self._running[hand.actor.draw.remote(shard.number)] = (hand, hand.actor, shard)
                    hand.busy += 1

    def _succeeded(self, task: Any, hand: _Hand, actor: Any, shard: Shard | None) -> bool:
        """Whether a task did what it was to; if not, deals with its worker."""
        current = hand.actor is actor
        if shard and current:
            hand.busy -= 1
        try:
            self._ray.get(task)
        except self._ray.exceptions.RayActorError as error:
            if current:
                self._replace(hand)
            self._count(shard, OutputFailed(f"workers die of shard {shard and shard.name}: {_line(error)}"))
            return False
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, GanrtError) else OutputFailed(_line(error.cause))
            if shard is None:
                self._refuse(hand, cause)
            self._count(shard, cause)
            return False
        except self._ray.exceptions.RayError as error:  # out of memory, a lost object: not the shard's fault
            self._count(shard, OutputFailed(f"shard {shard and shard.name}: {_line(error)}"))
            return False
        hand.ready = hand.ready or current
        return True

    def _count(self, shard: Shard | None, cause: GanrtError) -> None:
        if shard is not None:
            self._attempts[shard.number] += 1
            if self._attempts[shard.number] >= _ATTEMPTS:
                raise cause

    def _replace(self, hand: _Hand) -> None:
        """Another actor in the place of one that died or cannot be reached, if its machine is there."""
        self._ray.kill(hand.actor)  # out of reach, it may live on and hold what the next one needs
        name = hand.node["NodeManagerAddress"]
        alive = any(node["Alive"] for node in self._ray.nodes() if node["NodeID"] == hand.node["NodeID"])
        if alive and hand.restarts < _RESTARTS:
            self._note(f"a worker on {name} died, and is started again")
            hand.actor, hand.ready, hand.busy = self._actor(hand.node), False, 0
            hand.restarts += 1
            self._open(hand)
        else:
            self._note(f"a worker on {name} is lost: the others draw its shards")
            self._dismiss(hand)

    def _refuse(self, hand: _Hand, cause: GanrtError) -> None:
        """A machine that cannot draw the plan's pictures, or does not see the output, is left out."""
        self._note(f"a worker on {hand.node['NodeManagerAddress']} is left out: {cause}")
        self._refusal = cause
        self._ray.kill(hand.actor)
        self._dismiss(hand)

    def _dismiss(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        hand.actor = None  # whatever its tasks still answer concerns nobody

    def _places(self, node: dict[str, Any]) -> int:
        """How many workers a machine takes."""
        resources = node["Resources"]
        return int(resources.get("GPU", 0)) if self._recipe.on_gpu else int(resources.get("CPU", 0) >= 1)

    def _hire(self, node: dict[str, Any]) -> _Hand:
        hand = _Hand(node, self._actor(node))
        self._open(hand)
        return hand

    def _open(self, hand: _Hand) -> None:
        self._running[hand.actor.open.remote()] = (hand, hand.actor, None)

    def _actor(self, node: dict[str, Any]) -> Any:
        strategies = import_module("ray.util.scheduling_strategies")
        here = strategies.NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)
        gpu = self._recipe.on_gpu
        wanted = {"num_gpus": 1, "num_cpus": 1} if gpu else {"num_cpus": int(node["Resources"]["CPU"])}
        made = self._ray.remote(Worker).options(scheduling_strategy=here, max_concurrency=_AT_ONCE, **wanted)
        return made.remote(self._recipe, self._plan, self._place)


def _line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
