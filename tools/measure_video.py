"""Measures films through a translator, on this machine: how much of the network's own rate a film reaches, and memory.

    python tools/measure_video.py rate -m horse2zebra.onnx --size 640x360 --seconds 10
    python tools/measure_video.py memory -m horse2zebra.onnx --size 64x48

Needs PyAV (`pip install "ganrt[video]"`). `rate` takes turns, network and film, on the same frames, and checks that the
film holds what the network drew. `memory` compares the peak of a process that translates 10 seconds with one that
translates 10 minutes. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

import ganrt
from ganrt.runtime.film.camera import open_clip
from ganrt.runtime.film.clips import Excerpt
from ganrt.runtime.fitting import Fit, fit_image, resized
from ganrt.runtime.photos import Photo

RATE = Fraction(30000, 1001)
_PEAK = (
    "import resource, sys; from ganrt.cli.main import main\n"
    "try:\n    main(sys.argv[1:])\n"
    "finally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("rate", "memory"))
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the clip, for the rate")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        if given.what == "rate":
            rate(given.model, make_clip(Path(folder) / "clip.mp4", given.seconds, width, height), given.turns)
        else:
            peaks = [memory(given.model, Path(folder), seconds, width, height) for seconds in (10, 600)]
            print(f"peak of 10 s: {peaks[0]:.0f} MiB; of 10 min: {peaks[1]:.0f} MiB ({peaks[1] / peaks[0]:.3f})")


def make_clip(path: Path, seconds: float, width: int, height: int) -> Path:
    """A moving pattern with a tone."""
    y, x = np.mgrid[:height, :width]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        sound = container.add_stream("aac", rate=48000)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * RATE)):
            frame = np.stack([(x + 3 * number) % 256, (y * 2) % 256, (x + y + number) % 256], axis=2).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
        for start in range(0, round(seconds * 48000), 1024):
            wave = np.sin((start + np.arange(1024)) * 2 * np.pi * 440 / 48000).astype(np.float32)[None]
            tone = av.AudioFrame.from_ndarray(np.repeat(wave, 2, axis=0), format="fltp", layout="stereo")
            tone.sample_rate, tone.pts = 48000, start
            container.mux(sound.encode(tone))
        container.mux(sound.encode(None))
    return path


def rate(model: str, clip: Path, turns: int) -> None:
    """Frames a second of the network alone and of the film, each loaded once before it is timed."""
    with ganrt.load(model) as generator:
        image = generator.spec.image
        assert image is not None, "the model is no translator"
        fit = Fit("pad" if image.dynamic else "resize")
        shots = list(open_clip(str(clip), Excerpt()).shots())
        pictures = np.stack([fit_image(Photo(clip, "", shot.pixels, None), image, fit).source for shot in shots])
        generator.translate(pictures[:4])
        alone, film = [], []
        for _ in range(turns):
            begun = time.perf_counter()
            drawn = generator.translate(pictures)
            alone.append(len(pictures) / (time.perf_counter() - begun))
            film.append(len(pictures) / one_film(generator, clip, fit, drawn))
    network, whole = statistics.median(alone), statistics.median(film)
    print(
        f"{generator.backend} {generator.precision}, {len(pictures)} frames of {pictures.shape[2]}x{pictures.shape[1]}"
    )
    print(f"network alone {network:.2f} a second, film {whole:.2f}: {100 * whole / network:.1f} %")


def one_film(generator: ganrt.Generator, clip: Path, fit: Fit, expected: np.ndarray) -> float:
    """Seconds from the clip to the finished film, which is compared with what was drawn."""
    from ganrt.runtime.film.drawing import Drawing, film_size, sized
    from ganrt.runtime.film.of_clip import Source, open_film
    from ganrt.runtime.film.options import FilmOptions
    from ganrt.runtime.film.overlap import overlapped

    target = clip.with_name("film.mp4")
    begun = time.perf_counter()
    source = open_clip(str(clip), Excerpt())
    size = film_size(generator.spec, fit, source.size)
    film = open_film(target, FilmOptions(float(source.rate), force=True), Source(source.rate, source.sound))
    with Drawing(generator, source.shots(), fit) as drawing:
        overlapped(lambda drawn: film.write(sized(drawn, size, compare=False)), drawing, 16)
    film.finish()
    spent = time.perf_counter() - begun
    with av.open(str(target)) as container:
        found = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.audio, "the film is silent"
    assert len(found) == len(expected), "frames are missing"
    wanted = resized(np.repeat(expected[-1], 4 - expected.shape[3], 2)[..., :3], found[-1].shape[:2])
    apart = np.abs(found[-1].astype(int) - wanted).mean()
    assert apart < 12, f"the film is not what the network drew: {apart:.1f} of 255 apart on average"
    return spent


def memory(model: str, folder: Path, seconds: float, width: int, height: int) -> float:
    """MiB at its peak of a process that translates so many seconds."""
    clip = make_clip(folder / f"clip{seconds}.mp4", seconds, width, height)
    words = ["translate", str(clip), "-m", model, "-o", str(folder / f"film{seconds}.mp4"), "--threads", "2"]
    ran = subprocess.run([sys.executable, "-c", _PEAK, *words], capture_output=True, text=True, check=True)
    return int(ran.stdout.split()[-1]) / 1024


if __name__ == "__main__":
    main()
