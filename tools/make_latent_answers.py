"""Write the known answers of latent spec 1: `python tools/make_latent_answers.py OUTPUT`.

Run once. The file is what "for ever" means: a test fails if a bit of it is no longer met, and the script does
not replace a file that exists.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ganrt.prior import parse_prior
from ganrt.runtime.identity import identity_index
from ganrt.runtime.latents import Stream, class_choice, sample

OPTIONS: list[dict[str, Any]] = [
    {"prior": "normal"},
    {"prior": "normal", "psi": 0.7},
    {"prior": "normal", "threshold": 5.0, "psi": 0.4},
    {"prior": "normal", "psi": 0.5, "psi_mode": "resample"},
    {"prior": "normal", "threshold": 1.0, "psi": 0.3, "psi_mode": "resample"},
    {"prior": "normal", "threshold": 8.0},
    {"prior": "truncated_normal"},
    {"prior": "truncated_normal", "psi": 0.4},
    {"prior": "uniform"},
    {"prior": "uniform", "psi": 0.7},
]
PARTS: list[dict[str, Any]] = [
    {"prior": "normal:5,onehot:3,uniform:2"},
    {"prior": "normal:5,onehot:3,uniform:2", "threshold": 2.0, "psi": 0.7},
    {"prior": "normal:5,onehot:3,uniform:2", "psi": 0.5, "psi_mode": "resample"},
    {"prior": "normal:5,onehot:3,uniform:2", "psi": 0.5, "psi_mode": "style"},
    {"prior": "uniform:1,onehot:2,onehot:3,onehot:2,onehot:4,truncated_normal:6", "psi": 0.0},
    {"prior": "onehot:10"},
    {"prior": "onehot:7,uniform:6", "psi": 0.3},
]
STYLES: list[dict[str, Any]] = [
    {"prior": "normal", "psi": 0.0, "psi_mode": "style"},
    {"prior": "truncated_normal", "psi": 0.5, "psi_mode": "style"},
]
PAIRS = [(0, 0), (0, 1), (1, 0), (42, 7), (2**32, 2**32), (2**64 - 1, 2**64 - 1), (8841, 2**63)]
DIM = 10
CLASS_COUNTS = [1, 2, 10, 1000, 2**32]
IDENTITIES = [("player-8841", "ganrt"), ("", "ganrt"), ("player-8841", ""), ("Zoë", "ganrt"), ("名前", "my-game")]

REROLLS = [1, 2, 10, 2**32 - 1]


def values(dim: int = DIM, **options: Any) -> list[list[str]]:
    """The latents of all pairs as hexadecimal floats, one list a pair."""
    rows = sample([seed for seed, _ in PAIRS], [index for _, index in PAIRS], dim, **options)
    return [[float(value).hex() for value in row] for row in rows]


def answers() -> dict[str, Any]:
    """The content of the file; 64-bit integers are strings, since many readers of JSON round them."""
    seeds, indices = [seed for seed, _ in PAIRS], [index for _, index in PAIRS]
    return {
        "latent_spec": 1,
        "pairs": [[str(seed), str(index)] for seed, index in PAIRS],
        "latents": [{"law": options, "values": values(**options)} for options in OPTIONS],
        "streams": [{"stream": int(s), "values": values(stream=s)} for s in (Stream.DRIFT, Stream.ENCODER_NOISE)],
        "classes": [
            {"count": count, "classes": class_choice(seeds, indices, count).tolist()} for count in CLASS_COUNTS
        ],
        "identities": [
            {"identity": identity, "namespace": namespace, "index": str(identity_index(identity, namespace))}
            for identity, namespace in IDENTITIES
        ],
        "rerolls": [
            {"identity": name, "namespace": space, "reroll": r, "index": str(identity_index(name, space, r))}
            for name, space in IDENTITIES
            for r in REROLLS
        ],
        "parts": [
            {"law": options, "values": values(parse_prior(options["prior"])[1] or DIM, **options)}
            for options in PARTS + STYLES
        ],
    }


def main() -> None:
    """Write the answers to the path given as the only argument."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-") or Path(sys.argv[1]).exists():
        sys.exit("usage: python tools/make_latent_answers.py OUTPUT, a file that does not exist")
    text = json.dumps(answers(), indent=1, ensure_ascii=True) + "\n"
    Path(sys.argv[1]).write_text(text, encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
