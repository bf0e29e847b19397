"""From a picture to a look: which values of a model's named controls draw what comes nearest to it.

The picture is compared with what the model itself draws, control by control: colours are fitted, of a scalar some
values are drawn and of a choice all options, and the nearest is kept, until a round changes nothing. Nothing here knows
faces or persons. Two pictures are compared at 64 pixels, by their mean CIE76 colour difference: the Euclidean distance
in CIELAB, in which black and white are 100 apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.controls import Control
from ganrt.errors import UsageError
from ganrt.pixels import over
from ganrt.runtime.arguments import shown
from ganrt.runtime.control_reading import ControlReader
from ganrt.runtime.edits import Edit
from ganrt.runtime.fitting import Fit, fit_image, resized
from ganrt.runtime.generator import Generator, load
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.look_drawing import rows_of
from ganrt.runtime.looks import Look
from ganrt.runtime.model_names import DEFAULT_MODEL
from ganrt.runtime.photos import Photo, read_photo
from ganrt.runtime.picture_style import WHITE, Colour
from ganrt.runtime.pictures import as_rgb
from ganrt.runtime.reconstruction import check_pair, require_labels
from ganrt.runtime.settings import Settings, SettingsLike, number_text, overridden
from ganrt.spec import ImageInput, Output

Pixels = NDArray[np.uint8]
F32 = NDArray[np.float32]
Crop = tuple[int, int, int, int]  # left, top, width, height, in pixels
Progress = Callable[[int], None]  # gets how many pictures are drawn

SIDE = 64  # of the longer side, at which pictures are compared
ROUNDS = 4
BEHIND_CLEAR: Colour = (0, 255, 0)  # behind pictures that are transparent themselves: few drawings have it
UNSURE = 0.02  # values whose errors differ by a smaller share are not told apart
_KNOTS, _BETWEEN = 9, 8  # values of a scalar that are drawn, and steps from one to the next, where pictures are mixed
_SHORTLIST = 6  # options of a choice that are tried again after the first round
_STEP = 32  # levels by which a colour is changed
_SLOPE, _LEAST_SHOWN = 0.05, 12  # a colour shows in a value that moves by that share, and in so many values
_NOTHING = 1e-6  # of the error
FAR = 10.0  # an error from which on the picture is no drawing of the model: then nothing is certain


@dataclass(frozen=True)
class Found:
    """What was found for one control.

    Attributes:
        certainty: `given`; `found`; `unsure` where another value comes nearly as near, the picture does not speak
            against the model's usual one, or all that the model draws is far from it (an error of `FAR` or more);
            `hidden` where no value changes the picture.
        second: the option that comes second.
        rise: the share by which the error rises with that, or with a slightly different number or colour.
    """

    control: str
    value: str
    certainty: str
    second: str | None = None
    rise: float = 0.0


@dataclass(frozen=True)
class Portrait:
    """The look that comes nearest to a picture.

    Attributes:
        look: its `code` redraws `image`, uint8 [h, w, c].
        source: what was looked at, in the model's size: uint8 [h, w, 1 or 3].
        error: mean CIE76 colour difference of the two, 0 to about 100.
        found: by control; none where an encoder found the latent.
        background: what lies behind the avatar, where the model draws no background.
        drawn: how many pictures were drawn in search of it.
    """

    look: Look
    image: Pixels
    source: Pixels
    error: float
    found: tuple[Found, ...]
    background: Colour | None
    drawn: int

    @property
    def code(self) -> str | None:
        """The look's code; None: no code can say it, since its latent is too long."""
        try:
            return self.look.code
        except UsageError:
            return None

    @property
    def page(self) -> Pixels:
        """Side by side, source and avatar: uint8 [h, 2 w, 1 or 3]."""
        return np.concatenate([self.source, over(self.image, self.background or WHITE)], axis=1)


def portrait(
    picture: str | Path | Pixels | Photo,
    model: Generator | str | Path = DEFAULT_MODEL,
    *,
    controls: SettingsLike = None,
    crop: Crop | None = None,
    encoder: Generator | None = None,
    labels: LabelsLike | None = None,
    progress: Progress | None = None,
) -> Portrait:
    """The look of a model that comes nearest to a picture.

    Args:
        picture: a file, what `read_photo` made of it, or uint8 [h, w, c] in grey, RGB or RGBA.
        model: a loaded generator, or what `load` takes.
        controls: what is settled beforehand, such as {"hair": "afro"}.
        crop: left, top, width and height of the part to look at, which gets the model's size; None: the largest part
            of the model's proportions, in the middle of a wide picture and at the top of a tall one.
        encoder: of the generator; then no control is searched for, and the look holds the latent that it gives.
        labels: the class, as for `Generator.look`.

    Raises:
        UsageError: the model has neither controls nor an encoder, or not the controls given; a crop outside.
        BadInputFile: no picture (`ganrt.runtime.photos`).
    """
    if not isinstance(model, Generator):
        with load(model, precision="fp32") as generator:
            return portrait(
                picture, generator, controls=controls, crop=crop, encoder=encoder, labels=labels, progress=progress
            )
    output, settled = model.spec.output, model.controls.canonical(controls)
    _ = model.latent
    assert output is not None
    if encoder is None and not model.controls.controls:
        raise UsageError(
            f"'{model.spec.name}' has no named controls to search for\n"
            "expected a model that has, such as avatars-2, or its encoder: --encoder ENCODER.onnx"
        )
    photo = _cropped(_photo(picture), crop, output)
    if encoder is not None:
        return _encoded(model, encoder, photo, settled, labels)
    return _Search(model, photo, model.look(labels=labels), progress).run(settled)


def most_pictures(generator: Generator) -> int:
    """How many pictures a search may draw."""
    again = {"choice": _SHORTLIST, "scalar": _KNOTS, "color": 5}
    first = sum(len(control.options) or again[control.kind] for control in generator.controls.controls)
    return first + (ROUNDS - 1) * sum(again[control.kind] for control in generator.controls.controls)


class _Search:
    """Coordinate descent over the controls of one model."""

    def __init__(self, generator: Generator, photo: Photo, look: Look, progress: Progress | None) -> None:
        self._generator, self._look, self._progress = generator, look, progress
        self._controls = generator.controls.controls
        self._drawn: dict[Settings, F32] = {}
        self._first: dict[str, dict[str, float]] = {}  # the errors of the first round, by control and value
        self._usual = dict(_usual_settings(generator, look))
        self._settings: Settings = ()
        picture = generator.draw(replace(look, controls=self._checked(self._usual)))
        self._source = _as_drawn(photo, picture)
        self._behind = _behind(self._source, picture)
        self._size = _small_size(picture)
        self._wanted = self._small(self._source)
        self._lab = _lab(self._wanted)

    def run(self, settled: Settings) -> Portrait:
        """Searches for all but what is settled."""
        self._settings = self._checked({**self._usual, **dict(settled)})
        open_ones = [control for control in self._controls if control.name not in dict(settled)]
        # Colours first, so that shapes are compared in the right ones; shapes have more values of the latent.
        open_ones.sort(key=lambda control: (control.kind == "choice", len(control.positions)))
        found = {name: Found(name, value, "given") for name, value in settled}
        for _ in range(ROUNDS if open_ones else 0):
            before = self._settings
            for control in open_ones:
                found[control.name] = self._fit(control)
                self._settings = self._with(control, found[control.name].value)
            if self._settings == before:
                break
        look = replace(self._look, controls=self._checked(dict(self._settings)))
        image = self._generator.draw(look)
        behind = WHITE if self._behind == BEHIND_CLEAR else self._behind
        error = self._error(self._small(image))
        if error >= FAR:
            found = {
                n: replace(one, certainty="unsure") if one.certainty == "found" else one for n, one in found.items()
            }
        return Portrait(
            look=look,
            image=image,
            source=over(self._source, behind),
            error=error,
            found=tuple(found[control.name] for control in self._controls),
            background=behind if image.shape[2] == 4 else None,
            drawn=len(self._drawn),
        )

    def _checked(self, settings: Mapping[str, str]) -> Settings:
        return self._generator.look(controls=settings).controls

    def _fit(self, control: Control) -> Found:
        if control.kind == "choice":
            return self._choice(control)
        return self._scalar(control) if control.kind == "scalar" else self._colour(control)

    def _choice(self, control: Control) -> Found:
        names = [option.name for option in control.options]
        usual = self._usual[control.name]
        if before := self._first.get(control.name):
            kept = {usual, self._value(control)}  # beside what came near in the first round
            names = sorted(names, key=lambda name: (name not in kept, before[name]))[:_SHORTLIST]
        pictures = self._pictures(control, names)
        errors = {name: self._error(picture) for name, picture in zip(names, pictures, strict=True)}
        self._first.setdefault(control.name, errors)
        best, *others = sorted(errors, key=lambda name: errors[name])
        if not others or errors[others[-1]] - errors[best] < _NOTHING:
            return Found(control.name, usual, "hidden")
        if best != usual and _share(errors[usual], errors[best]) < UNSURE:
            return Found(control.name, usual, "unsure", best)
        rise = _share(errors[others[0]], errors[best])
        return Found(control.name, best, _certainty(rise), others[0], rise)

    def _scalar(self, control: Control) -> Found:
        assert control.low is not None
        assert control.high is not None
        knots = np.linspace(control.low, control.high, _KNOTS)
        pictures = self._pictures(control, [number_text(float(knot)) for knot in knots])
        parts = np.linspace(0, _KNOTS - 1, (_KNOTS - 1) * _BETWEEN + 1)
        mixed = [_lab(_mixed(pictures, float(part))) for part in parts]
        errors = [_difference(one, self._lab) for one in mixed]
        if max(errors) - min(errors) < _NOTHING:
            return Found(control.name, self._usual[control.name], "hidden")

        def value(k: int) -> str:
            assert control.low is not None
            assert control.high is not None
            return number_text(round(float(control.low + k / (len(parts) - 1) * (control.high - control.low)), 4))

        if control.name not in self._first:
            # Where a face is not in its place, its median colour is still its own.
            shown = _shown(pictures)
            medians = [_difference(np.median(one[shown], 0), np.median(self._lab[shown], 0)) for one in mixed]
            self._usual[control.name] = value(int(np.argmin(medians)))
            self._first[control.name] = {}
            return Found(control.name, self._usual[control.name], "unsure")
        best = int(np.argmin(errors))
        usual = [value(k) for k in range(len(parts))].index(self._usual[control.name])
        if _share(errors[usual], errors[best]) < UNSURE:
            best = usual
        beside = [errors[k] for k in (best - _BETWEEN, best + _BETWEEN) if 0 <= k < len(errors)]
        rise = _share(min(beside, default=max(errors)), errors[best])
        return Found(control.name, value(best), _certainty(rise), None, rise)

    def _colour(self, control: Control) -> Found:
        """Drawings are nearly linear in a colour: least absolute differences, by weighted least squares."""
        at = _levels(self._value(control))
        size = _STEP if control.name in self._first else 127
        self._first.setdefault(control.name, {})
        steps = np.where(at < 128, size, -size).astype(np.float32)
        base, *moved = self._pictures(control, [_hex(one) for one in (at, *(at + np.diag(steps)))])
        slopes = np.stack([(one - base) / step for one, step in zip(moved, steps, strict=True)], -1)
        seen = np.abs(slopes).sum(-1) > _SLOPE
        if seen.sum() < _LEAST_SHOWN:
            return Found(control.name, self._usual[control.name], "hidden")
        better = at + _least_absolute(slopes[seen], (self._wanted - base)[seen], -at, 255 - at)
        low, drawn = self._error(base), self._pictures(control, [_hex(better)])[0]
        if self._error(drawn) < low:
            at, base, low = _levels(_hex(better)), drawn, self._error(drawn)
        shifts = [((at + shift).clip(0, 255) - at).astype(np.float32) for shift in (-_STEP, _STEP)]
        moved = [np.asarray(base + slopes @ shift, np.float32) for shift in shifts]
        rise = _share(min(self._error(one) for one in moved), low)
        return Found(control.name, _hex(at), _certainty(rise), None, rise)

    def _value(self, control: Control) -> str:
        return dict(self._settings)[control.name]

    def _with(self, control: Control, value: str) -> Settings:
        return overridden(self._settings, ((control.name, value),))

    def _pictures(self, control: Control, values: Sequence[str]) -> list[F32]:
        """With each value of a control, small: float32 [h, w, 3]."""
        wanted = [self._with(control, value) for value in values]
        new = [settings for settings in dict.fromkeys(wanted) if settings not in self._drawn]
        looks = (replace(self._look, controls=settings) for settings in new)
        drawn = (image for _, images in self._generator.draw_looks(looks) for image in images)
        for settings, image in zip(new, drawn, strict=True):
            self._drawn[settings] = self._small(image)
            if self._progress:
                self._progress(len(self._drawn))
        return [self._drawn[settings] for settings in wanted]

    def _small(self, image: Pixels) -> F32:
        return resized(as_rgb(over(image, self._behind)), self._size).astype(np.float32)

    def _error(self, picture: F32) -> float:
        return _difference(_lab(picture), self._lab)


def _usual_settings(generator: Generator, look: Look) -> Settings:
    """What the controls are where their part of the latent is 0, its mean; numbers in the middle, colours grey."""
    z, weights, psi = next(iter(rows_of(generator, [look])))
    controls = generator.controls.controls
    z = z.copy()
    z[[position for control in controls for position in control.positions]] = 0
    labels = None if weights is None else weights[None]

    def draw(variants: F32, _: NDArray[np.intp]) -> Pixels:
        many = None if labels is None else np.repeat(labels, len(variants), 0)
        return generator.synthesize(variants, many, np.full(len(variants), psi, np.float32) if psi else None)

    chosen = ControlReader(controls).read(z[None], draw(z[None], np.zeros(1, np.intp)), draw)[0]
    usual = {}
    for control in controls:
        if control.kind == "choice":
            usual[control.name] = chosen.get(control.name, control.options[0].name)
        elif control.low is not None and control.high is not None:
            usual[control.name] = number_text((control.low + control.high) / 2)
        else:
            usual[control.name] = "808080"
    return tuple(sorted(usual.items()))


def _photo(picture: str | Path | Pixels | Photo) -> Photo:
    if isinstance(picture, Photo):
        return picture
    if isinstance(picture, (str, Path)):
        return read_photo(Path(picture))
    pixels = np.asarray(picture)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or pixels.dtype != np.uint8 or pixels.size == 0:
        given = f"{pixels.dtype} {list(pixels.shape)}"
        raise UsageError(f"picture: given {given}, accepted are a file's path and uint8 [h, w, 1, 3 or 4]")
    digest = sha256(pixels.tobytes()).hexdigest()
    return Photo(Path("picture"), digest, pixels[..., :3], pixels[..., 3] if pixels.shape[2] == 4 else None)


def _cropped(photo: Photo, crop: Crop | None, output: Output) -> Photo:
    high, wide = photo.colour.shape[:2]
    if crop is None:
        height = min(high, max(1, round(wide * output.height / output.width)))
        width = min(wide, max(1, round(high * output.width / output.height)))
        crop = ((wide - width) // 2, 0, width, height)
    left, top, width, height = crop
    if min(left, top) < 0 or min(width, height) < 1 or left + width > wide or top + height > high:
        raise UsageError(
            f"crop {shown(','.join(map(str, crop)))}: the picture has {wide} x {high} pixels\n"
            "expected left,top,width,height within it"
        )
    part = np.s_[top : top + height, left : left + width]
    return replace(
        photo,
        colour=np.ascontiguousarray(photo.colour[part]),
        alpha=None if photo.alpha is None else np.ascontiguousarray(photo.alpha[part]),
    )


def _encoded(
    generator: Generator, encoder: Generator, photo: Photo, settled: Settings, labels: LabelsLike | None
) -> Portrait:
    check_pair(generator.spec, encoder.spec)
    require_labels(generator.spec, labels)
    assert encoder.spec.image is not None
    source = fit_image(photo, encoder.spec.image, Fit(alpha="flatten")).source
    # rounded, so that a look code can say it
    z = generator.controls.apply(encoder.encode(source[None])[0].round(5), settled)
    edits = tuple(Edit(k, k + 1, float(value)) for k, value in enumerate(z))
    look = replace(generator.look(labels=labels), edits=edits)
    image = generator.draw(look)
    small = [_lab(resized(as_rgb(over(one, WHITE)), _small_size(image)).astype(np.float32)) for one in (image, source)]
    found = tuple(Found(name, value, "given") for name, value in settled)
    return Portrait(look, image, source, _difference(*small), found, None, 1)


def _as_drawn(photo: Photo, picture: Pixels) -> Pixels:
    """With the size and channels of what the model draws; over white where that has no transparency."""
    height, width, channels = picture.shape
    fit = Fit(alpha="keep" if channels == 4 else "flatten")
    return fit_image(photo, ImageInput(height=height, width=width, channels=channels), fit).source


def _behind(source: Pixels, picture: Pixels) -> Colour:
    """What drawings lie over: the colour (median) that the source has where `picture` is clear."""
    if picture.shape[2] != 4:
        return WHITE
    if source[..., 3].min() < 255:
        return BEHIND_CLEAR
    clear = picture[..., 3] == 0
    red, green, blue = np.median(source[clear][:, :3], axis=0).astype(int).tolist() if clear.any() else WHITE
    return red, green, blue


def _small_size(picture: Pixels) -> tuple[int, int]:
    height, width = picture.shape[:2]
    side, longer = min(SIDE, max(height, width)), max(height, width)
    return max(1, height * side // longer), max(1, width * side // longer)


def _shown(pictures: Sequence[F32]) -> NDArray[np.bool_]:
    """Where the last picture differs from the first at least half as much as it does anywhere: [h, w]."""
    change = np.abs(pictures[-1] - pictures[0]).sum(-1)
    return np.asarray(change >= change.max() / 2, np.bool_)


def _mixed(pictures: Sequence[F32], place: float) -> F32:
    k = min(int(place), len(pictures) - 2)
    return np.asarray(pictures[k] + (place - k) * (pictures[k + 1] - pictures[k]), np.float32)


def _least_absolute(slopes: F32, wanted: F32, low: F32, high: F32) -> F32:
    """x [3] within bounds with the least sum of |slopes @ x - wanted| (iteratively reweighted least squares)."""
    x, weights = np.zeros(3), np.ones(len(wanted))
    for _ in range(12):
        weighted = slopes.T * weights
        x = np.linalg.solve(weighted @ slopes + 1e-6 * np.eye(3), weighted @ wanted).clip(low, high)
        weights = 1 / np.maximum(np.abs(slopes @ x - wanted), 1.0)
    return np.asarray(x, np.float32)


def _lab(picture: F32) -> F32:
    """CIELAB of sRGB from 0 to 255: float32 [h, w, 3]."""
    return np.asarray(cv2.cvtColor(picture.clip(0, 255) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)


def _difference(some: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.square(some - others).sum(-1)).mean())


def _share(error: float, low: float) -> float:
    return (error - low) / max(low, _NOTHING)


def _certainty(rise: float) -> str:
    return "found" if rise >= UNSURE else "unsure"


def _levels(colour: str) -> F32:
    return np.frombuffer(bytes.fromhex(colour), np.uint8).astype(np.float32)


def _hex(levels: NDArray[np.floating]) -> str:
    return bytes(levels.clip(0, 255).round().astype(np.uint8)).hex()
