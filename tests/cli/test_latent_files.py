"""--latents FILE: latents from a file in place of sampled ones."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

import ganrt
from ganrt.errors import BadInputFile
from ganrt.runtime.latent_files import read_latent_file
from ganrt.runtime.pictures import read_origin

Z = ganrt.latents(3, 6, seed=9)


def saved(path, z=Z):
    if path.suffix == ".npy":
        np.save(path, z)
    elif path.suffix == ".npz":
        np.savez(path, z=z, others=z[:1])
    else:
        path.write_text("".join(",".join(f"{number:.9g}" for number in row) + "\n" for row in z))
    return path


@pytest.mark.parametrize("name", ["z.npy", "z.npz", "z.csv"])
def test_a_file_of_latents_is_drawn_as_it_is(run, tiny, tmp_path, name):
    path = saved(tmp_path / name)
    code, _, err = run("generate", "-m", tiny, "--latents", path, "--truncation", 0.5, "-o", "out")
    assert code == 0, err
    with ganrt.load(tiny) as generator:
        expected = generator.synthesize(Z)
    for row in range(3):
        drawn = cv2.imread(f"out/latent{row:08d}.png", cv2.IMREAD_UNCHANGED)[..., ::-1]
        np.testing.assert_array_equal(drawn, expected[row])
    origin = read_origin(Path("out/latent00000002.png"))
    assert origin["latents"] == {"file": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "row": 2}
    assert "seed" not in origin


def test_edits_come_after_the_file(run, tiny, tmp_path):
    run("generate", "-m", tiny, "--latents", saved(tmp_path / "z.npy"), "--set-z", "0=0.25", "-o", "out")
    z = Z.copy()
    z[:, 0] = 0.25
    with ganrt.load(tiny) as generator:
        expected = generator.synthesize(z)
    np.testing.assert_array_equal(cv2.imread("out/latent00000001.png", cv2.IMREAD_UNCHANGED)[..., ::-1], expected[1])


def test_latents_of_another_length_leave_nothing_behind(run, tiny, tmp_path):
    path = saved(tmp_path / "z.npy", Z[:, :5])
    for command in (("generate",), ("bulk", "run")):
        code, _, err = run(*command, "-m", tiny, "--latents", path, "-o", "none")
        assert code == 4
        assert "latents of 5 numbers: this generator's have 6" in err
    assert not Path("none").exists()


@pytest.mark.parametrize("other", ["--seeds 1", "--count 2", "--identities players.txt", "--name ann", "--seed 3"])
def test_it_stands_alone(run, tiny, tmp_path, other):
    code, _, err = run("generate", "-m", tiny, "--latents", saved(tmp_path / "z.npy"), *other.split(), "-o", "out")
    assert code == 2, err


def archive(**arrays):
    data = io.BytesIO()
    np.savez(data, **arrays)
    return data.getvalue()


def bomb():
    data = io.BytesIO()
    with (
        zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("z.npy", "w", force_zip64=True) as entry,
    ):
        for _ in range(130):
            entry.write(bytes(2**23))
    return data.getvalue()


def npy(array):
    data = io.BytesIO()
    np.save(data, array)
    return data.getvalue()


BAD = {
    "nan.npy": (npy(np.full((2, 6), np.nan, np.float32)), "finite"),
    "flat.npy": (npy(np.zeros(6, np.float32)), "shape"),
    "none.npy": (npy(np.zeros((0, 6), np.float32)), "shape"),
    "words.npy": (npy(np.array([["a"]])), "finite"),
    "objects.npy": (archive(z=np.zeros(3))[:40], "no latents"),
    "cut.npy": (npy(Z)[:-9], "no latents"),
    "huge.npy": (npy(Z).replace(b"(3, 6)", b"(3, 9)"), "no latents"),
    "two.npz": (archive(a=Z, b=Z), "none of them is z"),
    "cut.npz": (archive(z=Z)[:-30], "no latents"),
    "uneven.csv": (b"1,2\n3\n", "different lengths"),
    "head.csv": (b"a,b\n1,2\n", "no latents"),
    "empty.csv": (b"\n", "shape"),
    "binary.csv": (b"\xff\xfe\x00", "no latents"),
    "infinite.csv": (b"1,inf\n", "finite"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_holds_no_latents_is_refused(tmp_path, name):
    data, says = BAD[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInputFile, match=says):
        read_latent_file(tmp_path / name)


def test_an_archive_that_unpacks_to_more_than_a_gibibyte_is_refused(tmp_path):
    (tmp_path / "bomb.npz").write_bytes(bomb())
    with pytest.raises(BadInputFile, match="unpacks to more"):
        read_latent_file(tmp_path / "bomb.npz")


def test_a_bulk_run_goes_on_with_the_same_file_alone(run, tiny, tmp_path):
    mine, other = saved(tmp_path / "z.npy"), saved(tmp_path / "y.npy", Z[::-1])
    asked = ("bulk", "run", "-m", tiny, "--format", "files", "--shard-size", 2, "-o", "shards", "--latents")
    assert run(*asked, mine)[0] == 0
    code, _, err = run(*asked, other)
    assert code != 0
    assert "latents_sha256" in err
    code, _, err = run("bulk", "audit", "shards")
    assert code == 0, err
    assert "give it with --latents" in err
    code, _, err = run("bulk", "audit", "shards", "--latents", other)
    assert code == 4
    assert "is not the file that the run was drawn from" in err
    code, out, err = run("bulk", "audit", "shards", "--latents", mine, "--all", "--json")
    assert code == 0, err
    assert json.loads(out)


def test_bulk_draws_the_rows_and_mends_them(run, tiny, tmp_path):
    mine = saved(tmp_path / "z.csv")
    assert run("bulk", "run", "-m", tiny, "--format", "npy", "-o", "shards", "--latents", mine)[0] == 0
    (shard,) = Path("shards").glob("*.npy")
    with ganrt.load(tiny) as generator:
        np.testing.assert_array_equal(np.load(shard), generator.synthesize(Z))
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert run("bulk", "audit", "shards", "--repair")[0] == 3
    code, _, err = run("bulk", "audit", "shards", "--repair", "--latents", mine)
    assert (code, shard.read_bytes()) == (0, whole), err


def test_play_walks_through_the_rows(run, tiny, tmp_path):
    from ganrt.cli.play import make_walks
    from ganrt.cli.play_state import PlayState, pressed

    path = saved(tmp_path / "z.npy")
    state = PlayState((), latents=read_latent_file(path))
    with ganrt.load(tiny) as generator:
        first, second = (walk.keyframes(generator.latent) for walk in make_walks(pressed(state, ord("n")), 2))
    np.testing.assert_array_equal(first, Z)
    np.testing.assert_array_equal(second, Z[[1, 2, 0]])
    asked = ("play", "-m", tiny, "--headless", "--duration", 0.1, "--latents", path)
    code, _, err = run(*asked)
    assert code == 0, err
    assert run(*asked, "--seeds", "1")[0] == 2
