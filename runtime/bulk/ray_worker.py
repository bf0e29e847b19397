"""What an actor of the Ray executor does. Ray itself is not imported: an actor is a class like any other."""

from __future__ import annotations

from dataclasses import dataclass

from ganrt.errors import BackendUnavailable, OutputFailed
from ganrt.runtime.bulk.describe import aligned, describe
from ganrt.runtime.bulk.manifest import differences, read_manifest
from ganrt.runtime.bulk.pipeline import Drawer
from ganrt.runtime.bulk.plan import Plan
from ganrt.runtime.bulk.remote import open_target
from ganrt.runtime.bulk.run import draw
from ganrt.runtime.generator import load
from ganrt.runtime.latent_files import LatentFile
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import NOTHING, Settings


@dataclass(frozen=True)
class Recipe:
    """How any machine opens the generator and draws; see `load` and `Drawer`."""

    model: str
    backend: str
    device: str
    precision: str
    threads: int | None
    truncation: Truncation
    labels: str | None
    batch_size: int | None
    encoders: int | None
    memory: int | None = None
    low_priority: bool = False
    pinned: str = ""
    latents: LatentFile | None = None
    controls: Settings = NOTHING

    @property
    def on_gpu(self) -> bool:
        """Whether an engine takes a GPU of its own."""
        return self.device.startswith("cuda")


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
        how = self._recipe
        generator = load(
            how.model,
            backend=how.backend,
            device=how.device,
            precision=how.precision,
            threads=how.threads,
            memory=how.memory,
            low_priority=how.low_priority,
        )
        found = differences(self._plan.generator, aligned(self._plan.generator, describe(generator, self._plan.layout)))
        if found:
            generator.close()
            raise BackendUnavailable(f"this machine would draw other bytes: {'; '.join(found[:2])}")
        self._drawer = Drawer(
            generator,
            how.truncation,
            how.labels,
            how.batch_size,
            how.encoders,
            how.pinned,
            how.latents,
            how.controls,
        )

    def draw(self, number: int) -> None:
        """Draws a shard, whatever is there."""
        assert self._drawer is not None, "open comes first"
        draw(self._plan, [self._plan.shard(number)], self._drawer, self._storage)
