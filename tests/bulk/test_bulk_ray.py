"""A Ray cluster of two machines, here on one: the bytes of a local run, whoever dies on the way."""

import time

import pytest
from bulk_runs import ROOT, contents, make_drawer, make_plan, open_tiny
from tiny_onnx import save_tiny, tiny_spec

from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable, OutputFailed
from ganrt.runtime.bulk import ray_executor as ray_executors
from ganrt.runtime.bulk.begin import Options
from ganrt.runtime.bulk.ray_executor import Recipe, ray_executor
from ganrt.runtime.bulk.run import run

psutil = pytest.importorskip("psutil")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    """Two nodes with a core each; all their processes end with the last test, which breaks them."""
    with pytest.MonkeyPatch.context() as patch:
        yield from _cluster(patch)


def _cluster(patch):
    pytest.importorskip("ray", reason='no Ray here: pip install "ganrt[ray]"')
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    patch.setenv("PYTHONPATH", str(ROOT / "src"))
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    before = set(psutil.Process().children(recursive=True))
    soon = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500}  # machines are found dead, not in 15 s
    made = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False, "_system_config": soon})
    made.add_node(**small)
    yield made
    made.shutdown()
    left = [process for process in psutil.Process().children(recursive=True) if process not in before]
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=10)


@pytest.fixture
def generator(tmp_path):
    with open_tiny(save_tiny(tmp_path / "tiny.onnx", tiny_spec(side=32))) as opened:
        yield opened


def recipe(path):
    return Recipe(str(path), "onnxruntime", EngineOptions(device="cpu", precision="fp32", threads=1), 5, 1)


def workers():
    """The processes of our actors, and of nobody else's."""
    return [process for process in psutil.Process().children(recursive=True) if "Worker" in process.name()]


def test_what_a_cluster_cannot_do_is_told(cluster, generator, tmp_path, monkeypatch):
    """A machine that would draw other bytes, an output that machines do not share, an address of nobody."""
    plan, notes = make_plan(generator, 24, size=12), []
    other = save_tiny(tmp_path / "other.onnx", tiny_spec(name="other"))
    executor = ray_executor(recipe(other), cluster.address, notes.append)
    with pytest.raises(BackendUnavailable, match=r"other bytes: .*model_sha256"):
        run(plan, tmp_path / "out", make_drawer(generator), Options(), executor=executor)
    assert len(notes) == 2, notes
    assert list(contents(tmp_path / "out")) == ["manifest.json", "manifest.plan.json"]
    executor = ray_executor(recipe(tmp_path / "tiny.onnx"), cluster.address, notes.append)
    with pytest.raises(OutputFailed, match="folder that all machines share"):
        run(plan, "memory://not-shared", make_drawer(generator), Options(), executor=executor)


def test_a_worker_and_a_machine_are_lost_in_the_middle(cluster, generator, tmp_path, monkeypatch):
    plan, notes, lost, found = make_plan(generator, 2400, size=12), [], [], []
    run(plan, tmp_path / "local", make_drawer(generator), Options())
    begin = ray_executors._Workers.__init__
    monkeypatch.setattr(
        ray_executors._Workers, "__init__", lambda self, *given: (found.append(self), begin(self, *given))[0]
    )

    def lose(done):
        """Once both are at work: kills the first worker; once it is back: removes the second machine."""
        if len(lost) == 2:
            return
        pool = found[0]
        opening = [task for task, (_, _, shard) in pool._running.items() if shard is None]
        if opening:  # however long its process takes to start: there must be shards left for it
            pool._ray.wait(opening, timeout=300)
        elif lost and not notes:
            time.sleep(0.1)  # its end has not been noticed yet
        elif not all(hand.busy for hand in pool._hands):
            return
        elif not lost:
            lost.append(workers()[0])
            lost[0].kill()
        elif notes:
            lost.extend(cluster.worker_nodes)
            cluster.remove_node(lost[1], allow_graceful=False)
            while all(node["Alive"] for node in found[0]._ray.nodes()):
                time.sleep(0.1)

    executor = ray_executor(recipe(tmp_path / "tiny.onnx"), cluster.address, notes.append)
    outcome = run(plan, tmp_path / "out", make_drawer(generator), Options(), progress=lose, executor=executor)
    assert (len(lost), outcome.drawn_images, outcome.complete) == (2, 2400, True)
    assert contents(tmp_path / "out") == contents(tmp_path / "local")
    assert any("started again" in note for note in notes), notes
    assert any("is lost" in note for note in notes), notes
