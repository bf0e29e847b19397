"""clients/c/ganrt_looks.h reads look codes as the package does: the known answers, and damaged codes."""

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
_CHARACTERS = "abz019-._~:=,"
_STRICT = ["-Wall", "-Wextra", "-Wdouble-promotion", "-Werror", "-I", str(ROOT / "clients" / "c")]
_BUILDS = {
    "gcc sanitized": ["gcc", "-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "clang": ["clang", "-std=c99", "-O3"],
    "g++": ["g++", "-std=c++17", "-O2", "-x", "c++"],
}


@pytest.fixture(scope="module", params=_BUILDS)
def ask(request, tmp_path_factory):
    command = _BUILDS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on the path")
    program = tmp_path_factory.mktemp("looks") / "looks"
    source = str(ROOT / "tests" / "clients" / "looks.c")
    subprocess.run([*command, *_STRICT, source, "-o", str(program), "-lm"], check=True, timeout=120)

    def answers(texts):
        lines = "".join(text.encode().hex() + "\n" for text in texts)
        done = subprocess.run([str(program)], input=lines, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return answers


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
    how = look.truncation
    parts = [
        look.model,
        str(look.seed),
        str(look.index),
        number(how.psi),
        how.mode or "",
        number(how.threshold),
        number(how.statistics),
        "".join(f"{chosen}:{number(np.float32(weight))}," for chosen, weight in look.classes or ()),
        "".join(f"{name}={value}," for name, value in look.controls),
        "".join(f"{edit.start}-{edit.stop}:{number(np.float32(edit.value))}," for edit in look.edits),
    ]
    return "|".join(parts)


def number(value):
    """As C's %a writes it."""
    if value is None:
        return ""
    text = float(value).hex()
    if text.lstrip("-") == "0x0.0p+0":
        return text.replace("0x0.0p", "0x0p")
    mantissa, exponent = text.split("p")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}p{exponent}"
