"""StyleGANs of published sizes against the networks written out in float64, for `make test-full-size`: half an hour.

Sources of the sizes: NVlabs/stylegan2-ada-pytorch and NVlabs/stylegan3, train.py. Weights are random. Prints each
configuration's worst error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import nvidia_pickles as nvidia
import pytest
import stylegan2_reference as two
import stylegan3_reference as three
import torch

from ganrt.exporter.graph import build_graph, with_native_output
from ganrt.exporter.options import NO_SETTINGS
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.exporter.session import Session

PSI = torch.tensor([0.0, 0.5, 0.7, 1.0, 1.0])
TOLERANCE = 1e-4  # of the range of values
SIZES: dict[str, Any] = {"z_dim": 512, "w_dim": 512, "channel_max": 512}
NETS: dict[str, two.Net | three.Net] = {
    "stylegan2 auto, 256 px": two.Net(side=256, layers=2, channel_base=16384, **SIZES),
    "stylegan2 auto, 256 px, 10 classes": two.Net(side=256, layers=2, channel_base=16384, classes=10, **SIZES),
    "stylegan2 stylegan2, 256 px": two.Net(side=256, layers=8, channel_base=32768, **SIZES),
    "stylegan2 paper256": two.Net(side=256, layers=8, channel_base=16384, **SIZES),
    "stylegan2 paper512": two.Net(side=512, layers=8, channel_base=32768, **SIZES),
    "stylegan2 cifar, 10 classes": two.Net(
        side=32, layers=2, channel_base=32768, classes=10, architecture="orig", **SIZES
    ),
    "stylegan3-t, 256 px": three.Net(side=256, layers=14, critical=2, channel_base=16384, **SIZES),
    "stylegan3-t, 256 px, 10 classes": three.Net(
        side=256, layers=14, critical=2, channel_base=16384, classes=10, **SIZES
    ),
    "stylegan3-r, 256 px": three.Net(
        side=256, layers=14, critical=2, channel_base=32768, radial=True, **{**SIZES, "channel_max": 1024}
    ),
}


def saved(path: Path, net: two.Net | three.Net) -> two.State:
    if isinstance(net, two.Net):
        state, record = two.random_state(net), nvidia.describe_stylegan2(net.architecture, net.clamp)
    else:
        state, record = three.random_state(net), three.describe(net)
    nvidia.save(path, {"G_ema": nvidia.persistent(state, record)})
    return state


@pytest.mark.full_size
@pytest.mark.parametrize("name", NETS)
def test_the_graph_draws_what_the_network_draws(name: str, tmp_path: Path) -> None:
    net = NETS[name]
    state = saved(tmp_path / "n.pkl", net)
    candidate = recognise(read_file(tmp_path / "n.pkl"), None, NO_SETTINGS).candidate
    session = Session(with_native_output(build_graph(candidate)))
    del candidate
    rows = {"z": torch.randn(5, net.z_dim, generator=torch.Generator().manual_seed(1)), "truncation": PSI}
    if net.classes:
        rows["labels"] = torch.eye(net.classes)[:5]
        rows["labels"][1] = (rows["labels"][0] + rows["labels"][1]) / 2  # a mixture
    draw = two.pictures if isinstance(net, two.Net) else three.pictures
    expected = draw(state, net, rows["z"], PSI, rows.get("labels")).numpy()  # type: ignore[arg-type]
    levels = np.clip((expected + 1) * 127.5, 0, 255).transpose(0, 2, 3, 1)
    worst = [0.0, 0.0]
    for count in (1, 2, 5):
        image, native = session.run({key: rows[key][:count].numpy() for key in rows})
        worst[0] = max(worst[0], float(np.abs(native - expected[:count]).max() / np.ptp(expected)))
        worst[1] = max(worst[1], float(np.abs(image - np.round(levels[:count])).max()))
    print(f"\n{name}: worst error {worst[0]:.1e} of the range, {worst[1]:.0f} grey levels")
    assert worst[0] < TOLERANCE
    assert worst[1] <= 1
