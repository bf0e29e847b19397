"""Identities in Parquet files: types, damaged text, and pages that would unpack to far more than the file holds."""

import datetime
import random

import pytest

from ganrt.errors import BadInputFile
from ganrt.runtime.bulk import parquet_columns
from ganrt.runtime.bulk.identity_files import read_rows

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
NAMES = [f"player {k % 700}" for k in range(3000)]


def save(path, columns, **options):
    parquet.write_table(pa.table(columns), path, **options)
    return path


def names(path):
    return [row.identity for row in read_rows(path, "parquet")]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_the_headers_of_all_pages_are_understood(tmp_path, version, compression, dictionary):
    columns = {"identity": NAMES, "level": list(range(len(NAMES)))}
    how = {
        "compression": compression,
        "data_page_version": version,
        "use_dictionary": dictionary,
        "write_batch_size": 100,
    }
    path = save(tmp_path / "a.parquet", columns, data_page_size=2000, row_group_size=1100, **how)
    assert names(path) == NAMES
    metadata = parquet.read_metadata(path)
    chunks = [metadata.row_group(group).column(0) for group in range(metadata.num_row_groups)]
    with path.open("rb") as file:
        pages = list(parquet_columns._pages(file, path.stat().st_size, {"identity"}))
    headers = sum(chunk.total_uncompressed_size for chunk in chunks) - sum(pages)
    assert 10 * len(pages) <= headers <= 100 * len(pages)
    assert len(pages) > len(chunks) == 3


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_every_kind_of_text_is_read(tmp_path, kind):
    assert names(save(tmp_path / "a.parquet", {"identity": pa.array(NAMES).cast(kind)})) == NAMES


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, 2], pa.duration("ns")),
        pa.array([1, 2], pa.timestamp("ns")),
        pa.array([datetime.time(1)] * 2),
        pa.array([["a"], ["b"]]),
        pa.array([{"a": 1}, {"a": 2}]),
    ],
)
def test_columns_of_other_types_are_refused_by_name(tmp_path, values):
    path = save(tmp_path / "a.parquet", {"identity": values})
    with pytest.raises(BadInputFile, match=r"column 'identity' is of type .*; expected text or whole numbers"):
        names(path)
    path = save(tmp_path / "b.parquet", {"identity": ["a", "b"], "reroll": values, "other": values})
    with pytest.raises(BadInputFile, match="column 'reroll' is of type"):
        list(read_rows(path, "parquet"))
    assert names(save(tmp_path / "c.parquet", {"identity": ["a", "b"], "other": values})) == ["a", "b"]


@pytest.mark.parametrize("dictionary", [True, False])
def test_text_that_is_not_utf8_is_refused_by_row(tmp_path, dictionary):
    bad = pa.array([b"ann", b"bob", b"c\xffm", b"dan"]).view(pa.binary())
    text = pa.StringArray.from_buffers(len(bad), bad.buffers()[1], bad.buffers()[2])
    path = save(tmp_path / "a.parquet", {"identity": text}, use_dictionary=dictionary)
    with pytest.raises(BadInputFile, match="row 3: byte 2 of its 'identity' is not UTF-8"):
        names(path)


@pytest.mark.parametrize("kind", ["page", "all"])
def test_what_unpacks_to_far_more_than_the_file_is_refused_before(tmp_path, monkeypatch, kind):
    limit = {"page": "_LARGEST_PAGE", "all": "_FLOOR"}[kind]
    monkeypatch.setattr(parquet_columns, limit, 2**20)
    path = save(tmp_path / "a.parquet", {"identity": ["a" * 2**20] * 200}, use_dictionary=False, compression="zstd")
    assert path.stat().st_size < 2**20
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", None)  # nothing is unpacked
    with pytest.raises(BadInputFile, match="unpack to more than"):
        names(path)


def test_damaged_files_are_refused(tmp_path):
    path = save(tmp_path / "a.parquet", {"identity": NAMES[:20]})
    data, chance = path.read_bytes(), random.Random(1)
    for _ in range(150):
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            names(path)
        except BadInputFile as error:
            assert len(str(error).splitlines()) <= 3
