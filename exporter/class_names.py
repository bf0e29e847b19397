"""Names for the classes of a generator, where its owner has them and the checkpoint does not."""

from __future__ import annotations

from dataclasses import replace

from ganrt.errors import SpecError, UsageError
from ganrt.spec import GeneratorSpec


def with_class_names(spec: GeneratorSpec, names: tuple[str, ...] | None) -> GeneratorSpec:
    """The spec with these names of its classes, in their order; None leaves it as it is.

    Raises:
        UsageError: it has no classes, or not as many, or a name does not do.
    """
    if names is None:
        return spec
    if spec.labels is None:
        raise UsageError("--class-names: this generator has no classes\nleave the option away, or give --labels COUNT")
    if len(names) != spec.labels.count:
        raise UsageError(f"--class-names: {len(names)} names in the file; expected {spec.labels.count}, one a class")
    try:
        return replace(spec, labels=replace(spec.labels, names=names))
    except SpecError as error:
        raise UsageError(f"--class-names: {error}") from error
