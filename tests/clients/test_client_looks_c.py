"""Look codes in C and C#: read, printed and drawn as the package does; the known answers, and damaged codes."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ganrt.errors import UsageError
from ganrt.runtime.looks import Look, check_letters
from ganrt.runtime.sampling import Truncation

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = json.loads((ROOT / "tests" / "looks" / "known-answers.json").read_text("utf-8"))
DRAWING = json.loads((ROOT / "tests" / "looks" / "known-latents.json").read_text("utf-8"))
_CHARACTERS = "abz019-._~:=,"
_STRICT = ["-Wall", "-Wextra", "-Wdouble-promotion", "-Werror", "-I", str(ROOT / "clients" / "c")]
_BUILDS = {
    "gcc sanitized": ["gcc", "-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "clang": ["clang", "-std=c99", "-O1"],
    "g++": ["g++", "-std=c++17", "-O0", "-x", "c++"],
    "mono": ["mcs", "-langversion:7.2", "-warnaserror"],
}


@pytest.fixture(scope="module", params=_BUILDS)
def ask(request, tmp_path_factory):
    command = _build(request.param, tmp_path_factory.mktemp("looks"))

    def answers(texts, *files):
        lines = "".join(text.encode().hex() + "\n" for text in texts)
        done = subprocess.run([*command, *map(str, files)], input=lines, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return answers


def _build(name, folder):
    command, program = _BUILDS[name], str(folder / "looks")
    for tool in ("mcs", "mono") if name == "mono" else command[:1]:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on the path")
    here = ROOT / "tests" / "clients"
    if name != "mono":
        command = [*command, "-ffp-contract=off", *_STRICT, str(here / "looks.c"), "-o", program, "-lm"]
        subprocess.run(command, check=True, timeout=120)
        return [program]
    sources = [
        ROOT / "clients" / "csharp" / "Ganrt.cs",
        ROOT / "clients" / "csharp" / "GanrtLooks.cs",
        here / "Looks.cs",
    ]
    subprocess.run([*command, f"-out:{program}.exe", *map(str, sources)], check=True, timeout=120)
    return ["mono", f"{program}.exe"]


@pytest.mark.parametrize("name", DRAWING["models"])
def test_what_a_model_is_fed(ask, name, tmp_path):
    model = DRAWING["models"][name]
    (tmp_path / "spec.json").write_text(json.dumps(model["spec"]))
    (tmp_path / "controls.json").write_text(json.dumps({"controls": model["controls"]}, indent=1))
    drawn = [one for one in DRAWING["drawn"] if one["model"] == name]
    refused = [one["code"] for one in DRAWING["refused"] if one["model"] == name]
    refused += [f"ganrt:{model}:5:8841" for model in ("roses", f"{name}~1a2b3c4d")]
    told = ask([*(one["code"] for one in drawn), *refused], tmp_path / "spec.json", tmp_path / "controls.json")
    wanted = [f"{one['z']}|{one['labels']}|{one['truncation']}" for one in drawn]
    assert told == [*wanted, *["refused"] * len(refused)]


def test_the_known_answers(ask):
    valid = [answer["code"] for answer in ANSWERS["valid"]]
    spellings = [text for text, _ in ANSWERS["spellings"]]
    assert ask([*valid, *spellings]) == [expected(text) for text in (*valid, *spellings)]
    assert ask(ANSWERS["invalid"]) == ["refused"] * len(ANSWERS["invalid"])
    assert ask(ANSWERS["newer"]) == ["newer"] * len(ANSWERS["newer"])


def test_damaged_codes_are_accepted_and_refused_alike(ask):
    random = np.random.default_rng(5)
    texts = ["ganrt:avatars-1:0:1:" + fields for fields in ("x" * 5000, ",".join(f".z{k}=1" for k in range(660)))]
    for number in range(4000):
        body = list(ANSWERS["valid"][number % len(ANSWERS["valid"])]["code"].rpartition(":")[0].lower())
        for place in random.integers(6, len(body), random.integers(1, 4)):
            body[place] = str(random.choice(list(_CHARACTERS)))
        text = "".join(body)
        texts.append(f"{text}:{check_letters(text)}" if number % 4 else text)
    told = [_told(line) for line in ask(texts)]
    wanted = [_told(expected(text)) for text in texts]
    assert [(text, one) for text, one, other in zip(texts, told, wanted, strict=True) if one != other] == []
    assert 100 < sum(line != "refused" for line in told) < 3900


def test_numbers_are_rounded_once(ask):
    random = np.random.default_rng(6)
    values = [*(16 * random.random(500)), *(random.random(500) / 8), 0.1 + 0.2, 1 / 3]
    codes = []
    for value in values:
        try:
            codes.append(Look(model="m", truncation=Truncation(psi=float(value))).code)
        except UsageError:  # more than 18 digits
            continue
    assert len(codes) > 500
    assert ask(codes) == [expected(code) for code in codes]


def _told(line):
    """A code with two faults is refused for either."""
    return "refused" if line == "newer" else line


def expected(text):
    """The line of looks.c."""
    try:
        look = Look.parse(text)
    except UsageError as error:
        return "newer" if "newer" in str(error) else "refused"
    truncation = look.truncation
    parts = [
        look.model,
        str(look.seed),
        str(look.index),
        number(truncation.psi),
        truncation.mode or "",
        number(truncation.threshold),
        number(truncation.statistics),
        "".join(f"{chosen}:{single(weight)}," for chosen, weight in look.classes or ()),
        "".join(f"{name}={value}," for name, value in look.controls),
        "".join(f"{edit.start}-{edit.stop}:{single(edit.value)}," for edit in look.edits),
        printed(look),
    ]
    return "|".join(parts)


def printed(look):
    try:
        return look.code
    except UsageError:  # numbers that need more digits than they were given in
        return "unprintable"


def number(value):
    return "" if value is None else f"{int(np.float64(value).view(np.uint64)):016x}"


def single(value):
    return f"{int(np.float32(value).view(np.uint32)):08x}"
