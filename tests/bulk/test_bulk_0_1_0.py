"""Runs that ganrt 0.1.0 drew (tests/fixtures/bulk-0.1.0.tar.xz) go on, and are audited, for ever.

They were drawn with `--backend onnxruntime --threads 1` and the options below; `killed` by a process that got SIGKILL
while it wrote its third shard.
"""

import json
import tarfile
from pathlib import Path

import pytest
from bulk_runs import contents

from ganrt.engines.machine import processor
from ganrt.runtime.bulk import describe as describing

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "bulk-0.1.0.tar.xz"
RUNS = {
    "webdataset": "--count 6 --shard-size 3 --format webdataset",
    "parquet": "--seeds 1,5-8,18446744073709551615 --shard-size 3 --format parquet --picture jpeg --quality 80",
    "files": "--identities players.txt --shard-size 3 --format files --picture webp",
    "atlas": "--count 6 --shard-size 4 --sheet 2 --format atlas --start 40",
    "npy": "--count 6 --shard-size 3 --format npy --truncation 0.7 --seed 12345678901234567890 --unique",
    "killed": "--count 9 --shard-size 3 --batch-size 1 --format webdataset",
}


@pytest.fixture
def there(run, monkeypatch):
    """The runs, in the working folder; this machine passes for the one that drew them, this ganrt for a later one."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(filter="data")
    drawn, describe = told("npy"), describing.describe
    packages = {**drawn["versions"], **told("parquet")["versions"], "ganrt": "0.2.0"}

    def as_then(generator, layout):
        here = describe(generator, layout)
        versions = {name: packages[name] for name in here["versions"]}
        return {**here, "machine": drawn["machine"], "versions": versions}

    monkeypatch.setattr(describing, "describe", as_then)
    monkeypatch.setattr(describing, "__version__", "0.2.0")
    return run


@pytest.mark.parametrize("name", [name for name in RUNS if name != "killed"])
def test_a_finished_run(there, name):
    needs(name)
    before = contents(Path(name))
    code, _, err = there("bulk", "audit", name)
    assert code == 0, err
    assert "has no seal" in err
    assert contents(Path(name)) == before
    code, _, err = there("bulk", "run", *today(name))
    assert code == 0, err
    assert "nothing was drawn" in err
    after = contents(Path(name))
    assert after.keys() - before.keys() == {"manifest.plan.json"}
    assert {other for other in before if after[other] != before[other]} == {"manifest.json"}
    code, _, err = there("bulk", "audit", name)
    assert code == 0, err
    assert "seal" not in err


def test_a_run_that_was_killed(there):
    before = contents(Path("killed"))
    code, _, err = there("bulk", "audit", "killed")
    assert code == 1, err
    assert "1 of 3 shards are there; the run is in progress, or was interrupted" in err
    code, _, err = there("bulk", "run", *today("killed"))
    assert code == 0, err
    assert "9 images, 3 shards (3 were there already)" in err
    after = contents(Path("killed"))
    assert sorted(after) == sorted(
        ["manifest.json", "manifest.plan.json", *(f"0000{k}{end}" for k in range(3) for end in (".tar", "_stats.json"))]
    )
    assert all(after[name] == before[name] for name in ("00000.tar", "00000_stats.json"))
    assert after["00000.tar"] == contents(Path("webdataset"))["00000.tar"]
    assert there("bulk", "audit", "killed")[0] == 0


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_mended(there, name):
    needs(name)
    folder, whole = Path(name), contents(Path(name))
    pictures = {path: data for path, data in whole.items() if not path.endswith("json") and path[0] == "0"}
    first = folder / next(iter(pictures))
    first.write_bytes(first.read_bytes()[:-1])
    code, _, err = there("bulk", "audit", name, "--repair")
    assert code == 0, err
    assert "had no seal; it has one now" in err
    assert there("bulk", "audit", name)[0] == 0
    if as_it_was_drawn():
        assert pictures.items() <= contents(folder).items()


def test_its_own_command_line_goes_on(there):
    code, _, err = there(
        "generate", "--backend", "onnxruntime", "--threads", 1, *RUNS["killed"].split(), "-o", "killed"
    )
    assert code == 0, err
    code, _, err = there("audit", "killed")
    assert code == 0, err


def test_a_later_run_is_not_gone_on_with_by_an_earlier_ganrt(there, monkeypatch):
    assert there("bulk", "run", *today("npy"), "--no-resume", "--force")[0] == 0
    monkeypatch.setattr(describing, "__version__", "0.1.9")
    describe = describing.describe
    monkeypatch.setattr(
        describing,
        "describe",
        lambda *given: {**(told := describe(*given)), "versions": {**told["versions"], "ganrt": "0.1.9"}},
    )
    code, _, err = there("bulk", "run", *today("npy"))
    assert code == 5
    assert 'versions.ganrt: there "0.2.0", now "0.1.9"' in err


def today(name):
    words = RUNS[name].replace("--picture", "--encode").split()
    return ["--backend", "onnxruntime", "--threads", 1, *words, "-o", name]


def needs(name):
    if name == "parquet":
        pytest.importorskip("pyarrow")


def told(name):
    return json.loads(Path(name, "manifest.json").read_bytes())["plan"]["generator"]


def as_it_was_drawn():
    """Whether this processor and these versions are those of the runs: others may round differently."""
    then = told("npy")
    same = {package: describing.package_version(package) for package in then["versions"] if package != "ganrt"}
    return then["machine"]["processor"] == processor()["name"] and same.items() <= then["versions"].items()
