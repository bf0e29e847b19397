"""clients/js over onnxruntime-node: the pictures are Python's, and what is wrong is told by its type and name."""

import base64
import json
import subprocess

import numpy as np
import onnx
import pytest
from client_library import LIBRARY, ask, need_node, same_pictures
from tiny_onnx import save_tiny, tiny_model, tiny_spec

import ganrt
from ganrt.runtime import models
from ganrt.spec import METADATA_KEY, Latent

NAMES = [
    "player-8841",
    "",
    "ann",
    "Ann",
    "é",
    "e\u0301",
    "名前",
    "👩‍👩‍👧‍👦",
    "\U0001f600",
    "ﷺ",
    "\u202eabc",
    "a\nb",
    "\0",
    "z" * 999,
]
NAMES += ["  ", "-1"]
PSIS = [0.0, 0.3, 0.7, 1.0, 2.0]


@pytest.fixture(scope="module", autouse=True)
def node():
    need_node("onnxruntime-node")


@pytest.fixture(scope="module")
def avatars():
    with ganrt.load("avatars", backend="onnxruntime") as generator:
        yield generator


@pytest.fixture(scope="module")
def bundled():
    return models.resolve_model("avatars")


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """Classes, and statistics that truncation selects."""
    path = tmp_path_factory.mktemp("models") / "conditional.onnx"
    latent = Latent(dim=6, prior="truncated_normal", threshold=2.0, psi_mode="scale")
    return save_tiny(path, tiny_spec(labels=5, statistics=True, latent=latent))


def test_the_avatars_of_names(avatars, bundled):
    answers = ask([(bundled, "avatar", [name]) for name in NAMES])
    same_pictures(np.concatenate(answers), np.stack([avatars.avatar(name) for name in NAMES]))


def test_truncated_avatars(avatars, bundled):
    answers = ask([(bundled, "avatar", ["ann", {"truncation": psi, "namespace": "my-game"}]) for psi in PSIS])
    expected = [avatars.avatar("ann", truncation=psi, namespace="my-game") for psi in PSIS]
    same_pictures(np.concatenate(answers), np.stack(expected))


def test_a_name_of_a_megabyte(avatars, bundled):
    (found,) = ask([(bundled, "avatar", [{"repeat": ["é", 500_000]}])])
    same_pictures(found[0], avatars.avatar("é" * 500_000))


def test_seeds_and_indices(avatars, bundled):
    large = 2**64 - 3
    small, far = ask(
        [
            (bundled, "sample", [3, {"seed": 7, "start": 40}]),
            (bundled, "sample", [3, {"seed": f"{2**64 - 1}n", "start": f"{large}n"}]),
        ]
    )
    same_pictures(small, avatars.sample(3, seed=7, start=40))
    same_pictures(far, avatars.sample(3, seed=2**64 - 1, start=large))


@pytest.mark.parametrize(
    ("seeds", "frames", "loop", "method"),
    [([1, 2, 3], 7, True, "slerp"), ([1, 2, 3], 7, False, "lerp"), ([5], 3, True, "slerp"), ([5], 3, False, "slerp")],
)
def test_walks(avatars, bundled, seeds, frames, loop, method):
    (found,) = ask([(bundled, "walk", [seeds, {"frames": frames, "loop": loop, "method": method}])])
    path = ganrt.walk(seeds, duration=frames - (not loop), loop=loop, method=method)
    same_pictures(found, np.stack(list(avatars.stream(path, fps=1))))


def test_frames_between_frames(avatars, bundled):
    """k = 2.5 of 10 frames is k = 5 of 20, the ends are keyframes, and one frame is the first keyframe."""
    half, twice, end, first, open_end, last, alone = ask(
        [
            (bundled, "frame", [[1, 2, 3], 2.5, {"frames": 10}]),
            (bundled, "frame", [[1, 2, 3], 5, {"frames": 20}]),
            (bundled, "frame", [[1, 2, 3], 10, {"frames": 10}]),
            (bundled, "latent", [1, 0]),
            (bundled, "frame", [[1, 2, 3], 9, {"frames": 10, "loop": False}]),
            (bundled, "latent", [3, 0]),
            (bundled, "frame", [[1, 2, 3], 0, {"frames": 1, "loop": False}]),
        ]
    )
    assert np.array_equal(half, twice)
    assert np.abs(end - first).max() < 1e-6
    assert np.abs(open_end - last).max() < 1e-6
    assert np.array_equal(alone, first)
    assert not np.array_equal(half, first)


def test_a_conditional_generator(conditional):
    weights = np.float32([[0.5, 0, 0.5, 0, 0], [0, 1, 0, 0, -1]])
    z = np.float32([[1, -1, 0.5, 0, 0, 2], [0, 0, 0, 0, 0, 1]])
    lists = [{"f32": row.tolist()} for row in z]
    with ganrt.load(conditional, backend="onnxruntime") as generator:
        expected = [
            generator.sample(9, seed=3),
            generator.sample(2, seed=3, labels=4, truncation=0.4),
            generator.sample(2, seed=3, labels=weights),
            generator.avatar("ann")[None],
            generator.synthesize(z, truncation=0.1),
            generator.synthesize(z, labels=weights),
        ]
    rows = [{"f32": row.tolist()} for row in weights]
    answers = ask(
        [
            (conditional, "sample", [9, {"seed": 3}]),
            (conditional, "sample", [2, {"seed": 3, "labels": 4, "truncation": 0.4}]),
            (conditional, "sample", [2, {"seed": 3, "labels": rows}]),
            (conditional, "avatar", ["ann"]),
            (conditional, "synthesize", [lists, {"truncation": 0.1}]),
            (conditional, "synthesize", [lists, {"labels": rows}]),
        ]
    )
    for found, pictures in zip(answers, expected, strict=True):
        same_pictures(found, pictures)
    assert len(np.unique(answers[0], axis=0)) == 9


PARTS = Latent(dim=12, prior="normal:6,onehot:4,uniform:2", psi_mode="resample")
STYLE = Latent(dim=6, prior="normal", psi_mode="style")


@pytest.mark.parametrize("latent", [PARTS, STYLE], ids=["parts", "style"])
def test_parts_and_style_spaces(tmp_path, latent):
    path = save_tiny(tmp_path / "model.onnx", tiny_spec(latent=latent))
    walk = ganrt.walk(seeds=[1, 2, 3], duration=1, truncation=0.5)
    with ganrt.load(path, backend="onnxruntime") as generator:
        expected = [
            generator.sample(3, seed=3),
            generator.sample(3, seed=3, truncation=0.5),
            generator.sample(3, seed=3, truncation=0.0),
            np.stack(list(generator.stream(walk, fps=10, paced=False))),
        ]
    answers = ask(
        [
            (path, "sample", [3, {"seed": 3}]),
            (path, "sample", [3, {"seed": 3, "truncation": 0.5}]),
            (path, "sample", [3, {"seed": 3, "truncation": 0}]),
            (path, "walk", [[1, 2, 3], {"frames": 10, "truncation": 0.5}]),
            (path, "sample", [1, {"truncation": 17}]),
        ]
    )
    for found, pictures in zip(answers, expected, strict=False):
        same_pictures(found, pictures)
    assert answers[-1]["error"] == "ArgumentError"
    assert not np.array_equal(answers[0], answers[2])


def test_calls_at_the_same_time_and_after_the_end(avatars, bundled):
    found, closed = ask([(bundled, "together", ["a", "b", "c"]), (bundled, "close", [])])
    same_pictures(found, np.stack([avatars.avatar(name) for name in "abc"]))
    assert closed == {"error": "BackendError", "message": "the generator is closed"}


WRONG_ARGUMENTS = [
    ("avatar", [7], "identity: expected text"),
    ("avatar", [None], "identity: expected text"),
    ("avatar", ["\ud800"], "lone surrogates"),
    ("avatar", ["a", {"namespace": 1}], "namespace: expected text"),
    ("avatar", ["a", {"truncation": -1}], "truncation: expected a number from 0 to 16, or null, got -1"),
    ("avatar", ["a", {"truncation": "0.5"}], "truncation: expected a number from 0 to 16, or null, got '0.5'"),
    ("avatar", ["a", {"truncation": 5}], "psi * threshold"),
    ("avatar", ["a", {"labels": 0}], "'avatars-1' has no classes"),
    (
        "avatar",
        ["a", {"nameSpace": "x"}],
        "nameSpace: there is no such option; expected namespace, reroll, truncation, labels",
    ),
    ("avatar", ["a", {"psi": 0.5}], "psi: there is no such option"),
    ("avatar", ["a", "my-game"], "options: expected an object of namespace, reroll, truncation, labels, controls, got"),
    ("sample", [1, {"index": 5}], "index: there is no such option; expected seed, start, truncation, labels"),
    ("sample", [1, 5], "options: expected an object of seed"),
    ("synthesize", [[[0] * 100], {"psi": 1}], "psi: there is no such option; expected labels, truncation"),
    ("synthesize", [[[0] * 100], {"truncation": "1"}], "truncation: expected a number"),
    ("walk", [[1], {"frame": 2}], "frame: there is no such option"),
    ("frame", [[1], 0, {"from": 2}], "from: there is no such option"),
    ("latent", [0, 0, "0.5"], "truncation: expected a number"),
    ("sample", [0], "count: expected 1 or more, got 0"),
    ("sample", [1.5], "count: expected 1 or more"),
    ("sample", [1, {"start": 0.5}], "start: expected a BigInt"),
    ("sample", [1, {"start": "x"}], "start: expected a BigInt"),
    ("sample", [1, {"start": -1}], "index: expected a BigInt from 0"),
    ("sample", [2, {"start": f"{2**64 - 1}n"}], "index: expected a BigInt from 0"),
    ("sample", [1, {"seed": f"{2**64}n"}], "seed: expected a BigInt from 0"),
    ("sample", [1, {"seed": None}], "seed: expected a BigInt from 0"),
    ("sample", [1, {"seed": "1"}], "2^53, got '1'"),
    ("synthesize", [[]], "latents: expected an array of one or more rows of 100"),
    ("synthesize", [[{"f32": [1, 2]}]], "latents: expected an array of 1 rows of 100"),
    ("synthesize", [[[1e39] * 100]], "finite"),
    ("walk", [[], {}], "seeds: expected an array of at least one"),
    ("walk", [3, {}], "seeds: expected an array of at least one"),
    ("walk", [[1], {"frames": 0}], "frames: expected 1 or more"),
    ("walk", [[1], {"from": -1}], "from: expected 0 or more"),
    ("walk", [[1, 2], {"method": "toString"}], "method: expected slerp or lerp"),
    ("frame", [[1, 2], 121], "k: expected 0 to 120, got 121"),
    ("frame", [[1, 2], 119.5, {"loop": False}], "k: expected 0 to 119"),
    ("frame", [[1, 2], None], "k: expected 0 to 120"),
]


@pytest.fixture(scope="module")
def refusals(bundled):
    return ask([(bundled, call, args) for call, args, _ in WRONG_ARGUMENTS])


@pytest.mark.parametrize("case", range(len(WRONG_ARGUMENTS)), ids=lambda i: WRONG_ARGUMENTS[i][2])
def test_arguments_that_are_errors(refusals, case):
    answer = refusals[case]
    assert answer["error"] == "ArgumentError", answer
    assert WRONG_ARGUMENTS[case][2] in answer["message"]


LATENT = {"dim": 6, "prior": "normal", "threshold": None, "psi_mode": "resample", "latent_spec": 1}
WRONG_LAWS = [
    ("makeLaw", [{**LATENT, "psi": 0.7}], "dim: there is no such option; expected prior, threshold, psi, psiMode"),
    ("makeLaw", [{"treshold": 3}], "treshold: there is no such option"),
    ("makeLaw", ["uniform"], "options: expected an object of prior, threshold, psi, psiMode, got 'uniform'"),
    ("makeLaw", [{"psi": "0.5"}], "psi: expected a number from 0 to 16, got '0.5'"),
    ("lawOf", [{**LATENT, "latent_spec": 2}], "latent_spec: expected 1, got 2"),
    ("lawOf", [{"dim": 6, "prior": "normal", "psi_mode": "scale"}], "latent_spec: expected 1, got undefined"),
    ("lawOf", [{**LATENT, "psi_mode": "both"}], "psiMode: expected scale, resample, style, got 'both'"),
    ("latent", [{}, 0, 0, "4"], "dim: expected a whole number from 1 to 2^20, got '4'"),
    ("latent", [{}, 0, 0, 4, {"strem": 2}], "strem: there is no such option; expected stream, into"),
]


def test_laws_that_are_errors():
    """A misspelt option draws no other avatar; a newer spec's further fields are kept."""
    *answers, fine = ask([*((None, *case[:2]) for case in WRONG_LAWS), (None, "lawOf", [{**LATENT, "colour": 1}])])
    for answer, (_, _, message) in zip(answers, WRONG_LAWS, strict=True):
        assert answer["error"] == "ArgumentError", answer
        assert message in answer["message"]
    assert fine["value"]["truncated"] is False


def test_labels_and_statistics_that_are_errors(conditional):
    cases = [
        ({"labels": 5}, "class from 0 to 4, got 5"),
        ({"labels": 0.5}, "class from 0 to 4"),
        ({"labels": [{"f32": [1]}]}, "array of 1 rows of 5"),
        ({"labels": [{"f32": [1] * 5}] * 2}, "array of 1 rows of 5"),
        ({"labels": "rose"}, "array of 1 rows of 5"),
        ({"truncation": 0.01}, "0.02 to 1"),
        ({"truncation": 1.5}, "0.02 to 1"),
    ]
    answers = ask([(conditional, "sample", [1, options]) for options, _ in cases])
    for answer, (_, message) in zip(answers, cases, strict=True):
        assert answer["error"] == "ArgumentError", answer
        assert message in answer["message"]


def changed(**fields):
    return json.dumps({**json.loads(tiny_spec().to_json()), **fields})


WRONG_SPECS = [
    (None, "no ganrt.spec"),
    ("", "not JSON"),
    ("{", "not JSON"),
    ("null", "no version"),
    ("[]", "no version"),
    (changed(spec_version="2.0"), "version 2.0, expected 1: update"),
    (changed(spec_version=1), "no version"),
    (changed(task="encode"), "task is 'encode'"),
    (changed(latent=None), "latent.dim is undefined"),
    (changed(latent={"dim": 6, "latent_spec": 2}), "latent spec is 2, expected 1: update"),
    (changed(latent={"dim": 6, "prior": "cauchy", "psi_mode": "scale", "latent_spec": 1}), "latent.prior"),
    (changed(latent={"dim": 0, "prior": "normal", "psi_mode": "scale", "latent_spec": 1}), "latent.dim is 0"),
    (changed(latent={"dim": 6, "prior": "normal:4,onehot:3", "psi_mode": "scale", "latent_spec": 1}), "latent.prior"),
    (changed(latent={"dim": 6, "prior": "normal", "psi_mode": "styles", "latent_spec": 1}), "latent.psi_mode"),
    (changed(task="synthesize"), "task is 'synthesize'"),
    (changed(labels={"count": "5"}), "labels.count"),
    (changed(labels=5), "labels is 5"),
    (changed(statistics=None), "statistics.mode"),
    (changed(output={"height": 8, "width": 8, "channels": 2}), "output.channels is 2"),
    (changed(output={"height": 0, "width": 8, "channels": 3}), "output.height is 0, expected 1 to 16384"),
    (changed(output={"height": 8, "width": 16385, "channels": 3}), "output.width is 16385"),
]


def with_metadata(path, metadata):
    model = tiny_model(None)
    if metadata is not None:
        onnx.helper.set_model_props(model, {METADATA_KEY: metadata})
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(scope="module")
def refused_models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refused")
    paths = [with_metadata(folder / f"{i}.onnx", metadata) for i, (metadata, _) in enumerate(WRONG_SPECS)]
    return ask([(path, "sample", [1]) for path in paths])


@pytest.mark.parametrize("case", range(len(WRONG_SPECS)), ids=lambda i: WRONG_SPECS[i][1])
def test_models_that_are_refused(refused_models, case):
    answer = refused_models[case]
    assert answer["error"] == "ModelError", answer
    assert WRONG_SPECS[case][1] in answer["message"]


def test_a_newer_minor_version_is_read(tmp_path):
    path = tmp_path / "model.onnx"
    model = tiny_model(tiny_spec(), metadata=changed(spec_version="1.7", colour="blue"))
    path.write_bytes(model.SerializeToString())
    (found,) = ask([(path, "sample", [2])])
    assert found.shape == (2, 8, 8, 3)


def test_no_cut_of_a_file_is_opened(tmp_path):
    """And what is no model at all: nothing, a web page, a picture."""
    whole = tiny_model(tiny_spec()).SerializeToString()
    cuts = [whole[:end] for end in range(0, len(whole), len(whole) // 40)]
    requests = []
    for i, data in enumerate([*cuts, b"<!doctype html>", b"\x89PNG\r\n\x1a\n" + bytes(99), b"\xff" * 99, bytes(99)]):
        path = tmp_path / f"{i}.onnx"
        path.write_bytes(data)
        requests.append((path, "sample", [1]))
    assert {answer["error"] for answer in ask(requests)} == {"ModelError"}


def test_a_spec_that_lies_about_the_graph(tmp_path):
    """The graph makes 8 x 8 pictures of 6 values."""
    wide, deep = tmp_path / "wide.onnx", tmp_path / "deep.onnx"
    wide.write_bytes(tiny_model(tiny_spec(), metadata=tiny_spec(side=16).to_json()).SerializeToString())
    other = Latent(dim=7, prior="normal", psi_mode="resample")
    deep.write_bytes(tiny_model(tiny_spec(), metadata=tiny_spec(latent=other).to_json()).SerializeToString())
    sizes, inputs = ask([(wide, "sample", [1]), (deep, "sample", [1])])
    assert sizes["error"] == "ModelError"
    assert "expected uint8 [n, 16, 16, 3]" in sizes["message"]
    assert inputs["error"] == "BackendError"


def data_url(data):
    return f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"


def test_models_and_runtimes_that_are_missing():
    missing, *wrong, foreign = ask(
        [
            ("no-such-model.onnx", "load", {}),
            (7, "load", {"ort": None}),
            ("x", "load", {"executionProviders": []}),
            ("x", "load", {"executionProviders": "wasm"}),
            ("x", "load", {"executionProvider": ["wasm"]}),
            (data_url(b"<html>"), "load", {}),
        ]
    )
    assert missing["error"] == "ModelError"
    assert "no-such-model.onnx" in missing["message"]
    assert {answer["error"] for answer in wrong} == {"ArgumentError"}
    assert foreign["error"] == "ModelError"


def test_a_model_that_cannot_be_hashed():
    """Is told as it is, and not as the provider's failure; nothing is left open, and the process goes on."""
    script = f"""
        import {{ load }} from {json.dumps((LIBRARY / "ganrt.js").as_uri())};
        let open = 0;
        const later = () => new Promise((done) => setTimeout(done, 20));
        const session = {{ release: async () => {{ open--; }} }};
        const InferenceSession = {{ create: async () => {{ await later(); open++; return session; }} }};
        crypto.subtle.digest = async () => {{ throw new Error("no memory"); }};
        const options = {{ ort: {{ InferenceSession }}, executionProviders: ["a", "b"] }};
        await load({json.dumps(data_url(tiny_model(tiny_spec()).SerializeToString()))}, options)
            .catch((error) => console.log(`${{error.message}}, ${{open}} open`));
    """
    command = ["node", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "no memory, 0 open\n"), done.stderr


def test_a_provider_that_does_not_exist():
    """From a data URL: `load` fetches what is not bytes. What opens says what it is."""
    tiny = data_url(tiny_model(tiny_spec()).SerializeToString())
    empty, unknown, *opened = ask(
        [
            (data_url(b""), "load", {}),
            (tiny, "load", {"executionProviders": ["nonsense"]}),
            (tiny, "load", {"executionProviders": ["nonsense", "cpu"]}),
            (tiny, "load", {"sessionOptions": {"executionProviders": [{"name": "cpu"}]}}),
            (tiny, "load", {}),
        ]
    )
    assert empty["error"] == "ModelError"
    assert unknown["error"] == "BackendError"
    assert "nonsense" in unknown["message"]
    assert opened == [{"backend": "cpu"}] * 3
