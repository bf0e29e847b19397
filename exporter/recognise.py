"""Which network of a file is the generator, and of which family: the most specific match wins, and ties are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.evidence import with_evidence
from ganrt.exporter.families import FAMILIES, GENERIC, load_family
from ganrt.exporter.families.protocol import closeness
from ganrt.exporter.families.unsupported import name_unsupported, refused
from ganrt.exporter.given import with_prior
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import source_of
from ganrt.exporter.readers.networks import names_generator, spellings
from ganrt.exporter.source import File, Source, State

_TASKS = ("generate", "translate", "encode")
_SHOWN = 8
_SHOWN_KEYS = 5
_MENDING = "give the network's class: --code models.py:Generator (or its ONNX file); or the family: --family NAME"


@dataclass(frozen=True)
class Match:
    """A network that looks like one of a family.

    Attributes:
        family: its name. specificity: how many keys tell it from other families.
        source: the network, its keys without the prefix that all of them share, if the family knows it so.
    """

    family: str
    specificity: int
    source: Source
    task: str

    @property
    def rank(self) -> tuple[int, bool, bool, int]:
        """The lower, the better."""
        generic = self.family == GENERIC
        return _TASKS.index(self.task), generic, not self.source.average, -self.specificity


@dataclass(frozen=True)
class Recognised:
    """The generator that was found.

    Attributes:
        source: what it was built from. beside_generator: whether the file also holds a generator, beside an encoder.
    """

    source: Source
    candidate: Candidate
    beside_generator: bool = False


def recognise(file: File, family: str | None, settings: Settings) -> Recognised:
    """Finds the generator of a file (or the network `settings.network`), and builds it.

    Raises:
        BadInputFile: no family fits, several networks fit equally well, or keys or shapes do not fit.
        UsageError: a family, network or option that does not exist or makes no sense.
    """
    try:
        matches = find_matches(file, family, settings.network)
        best = matches[0]
        refuse_ties(file.path, matches)
        if settings.network is None:
            _refuse_raw(best)
        found = _build(best, family, settings.without("network"))
        encodes = found.candidate.spec.task == "encode"
        return replace(found, beside_generator=encodes and _has_generator(file))
    except BadInputFile as error:
        text = str(error)
        raise BadInputFile(text if text.startswith(str(file.path)) else f"{file.path}: {text}") from error


def find_matches(file: File, family: str | None = None, network: str | None = None) -> list[Match]:
    """All matches, best first; with `family`, of that family alone, whatever the keys say.

    Raises:
        BadInputFile: there are none; the message says what the file holds. UsageError: no such network or family.
    """
    sources = _named(file, network)
    if family is not None:
        task = load_family(family).task
        found = [Match(family, -1, source, task) for source in sources[:1]]
        keyed = [match for source in sources for match in _matches(source, [family])]
        if not found:
            raise BadInputFile(_unknown(file, sources))
        return sorted(keyed, key=lambda match: match.rank) or found
    names = [name for name in FAMILIES if name != GENERIC]
    whole = [source for source in sources if source.within is None]
    # A chain may be any layers of a larger network; what is called a generator, or was asked for, is a whole one.
    parts = sources if network is not None else [s for s in sources if s.within is None or names_generator(s.container)]
    for candidates, families in ((whole, names), (sources, names), (whole, [GENERIC]), (parts, [GENERIC])):
        if families == [GENERIC] and (known := name_unsupported(sources, discriminators=False)):
            raise BadInputFile(f"is of {known}")
        found = [match for source in candidates for match in _matches(source, families)]
        if found:
            return sorted(found, key=lambda match: match.rank)
    if known := name_unsupported(sources):
        raise BadInputFile(f"is of {known}")
    raise BadInputFile(_unknown(file, sources))


def _matches(source: Source, families: Sequence[str]) -> Iterator[Match]:
    """The spelling of the keys that a family knows best; the fullest first."""
    for name in families:
        chosen = load_family(name)
        best: Match | None = None
        # Keras' names, and those of a module's parts, stay what they are.
        own = source.keras is not None or (source.module is not None and name == GENERIC)
        for tensors in [source.tensors] if own else spellings(source.tensors):
            spelled = replace(source, tensors=tensors)
            specificity = chosen.match(spelled)
            if specificity is not None and (best is None or specificity > best.specificity):
                best = Match(name, specificity, spelled, chosen.task)
        if best is not None:
            yield best


def _named(file: File, network: str | None) -> tuple[Source, ...]:
    """All networks, or those of that name: the whole one, or its last part."""
    if network is None:
        return file.sources
    exact = [source for source in file.sources if source.container == network]
    ending = [source for source in file.sources if source.container.rpartition(".")[2] == network]
    if not (exact or ending):
        known = ", ".join(source.container for source in file.sources if source.container)[:300]
        mend = f"expected --network with one of: {known}" if known else "it holds one network: leave --network out"
        raise UsageError(f"{file.path} has no network {network!r}\n{mend}")
    return tuple(exact or ending)


def refuse_ties(path: Path, matches: Sequence[Match]) -> None:
    """Raises BadInputFile if another network fits as well as the best one."""
    best = matches[0]
    twins = [m.family for m in matches if m.rank == best.rank and m.source.container == best.source.container]
    if len(twins) > 1 and best.specificity >= 0:
        raise BadInputFile(f"{path} looks like {' and '.join(twins)}\nsay which with --family {twins[0]}")
    ties = [match for match in matches if match.rank == best.rank and match.source.container != best.source.container]
    if ties and best.specificity >= 0:
        names = ", ".join(dict.fromkeys(match.source.container or "(the whole)" for match in (best, *ties)))
        raise BadInputFile(
            f"{path} holds several networks that fit equally well: {names[:300]}\n"
            f"say which is the generator: --network {ties[0].source.container}"
        )


def _refuse_raw(best: Match) -> None:
    """The last step's weights beside a training's other networks, where the averages are missing."""
    averaged, name = load_family(best.family).averaged, best.source.container
    if averaged and not best.source.average and name in ("G", "g"):
        raise BadInputFile(
            f"holds {name}, the weights of the last step, and not {averaged}, their average, which pictures are drawn "
            f"with\nexpected a file that holds {averaged}; --network {name} takes {name} all the same"
        )


def _build(best: Match, family: str | None, settings: Settings) -> Recognised:
    """The best match; where a family's keys are there and its shapes are not, the plain chain may do."""
    try:
        return _candidate(best, settings)
    except BadInputFile as error:
        generic = best.task == "generate" and best.family != GENERIC and family is None
        if not generic or load_family(GENERIC).match(best.source) is None:
            raise
        try:
            return _candidate(replace(best, family=GENERIC), settings)
        except (BadInputFile, UsageError):
            raise error from None


def _candidate(match: Match, settings: Settings) -> Recognised:
    if known := refused(match.source):
        raise BadInputFile(f"is of {known}")
    chosen = load_family(match.family)
    drawn = ("prior", "threshold") if match.task == "generate" else ()
    settings.without(*drawn).refuse(chosen.settings, f"family {match.family}")
    source = source_of(match.source)

    def built(with_settings: Settings) -> Candidate:
        made = chosen.build(source, with_settings)
        facts = Facts(with_settings, list(made.facts))
        spec = with_prior(made.spec, facts, open_prior=chosen.open_prior)
        return replace(made, spec=spec, facts=tuple(facts.found))

    return Recognised(source, with_evidence(built(settings), settings, built))


def _has_generator(file: File) -> bool:
    """Whether a network of the file is a generator of any family."""
    families = [name for name in FAMILIES if name != GENERIC and load_family(name).task == "generate"]
    return any(True for source in file.sources for _ in _matches(source, families))


def _unknown(file: File, sources: Sequence[Source]) -> str:
    """What a file holds that no family knows."""
    if not sources:
        return file.nothing()
    first = sources[0]
    shown = ", ".join(f"{key[:60]} {list(tensor.shape)}" for key, tensor in list(first.tensors.items())[:_SHOWN_KEYS])
    networks = [source.container for source in sources if source.container]
    several = f"; networks: {', '.join(networks[:_SHOWN])[:300]}" if len(networks) > 1 else ""
    return (
        f"looks like no known family: {len(first.tensors)} tensors, such as {shown}{several}\n"
        f"{_nearest(first.tensors)}{_why_no_chain(first)}known families: {', '.join(FAMILIES)}\n{_MENDING}"
    )


def _why_no_chain(source: Source) -> str:
    from ganrt.exporter.families.chain import PlainChain

    reason = PlainChain().why_not(source)
    return f"no plain chain of layers: {reason.splitlines()[0]}; " if reason else ""


def _nearest(state: State) -> str:
    """A line on the family most of whose keys are there; nothing if no family has any."""
    scores = {name: load_family(name).similarity(state) for name in FAMILIES}
    name = max(scores, key=lambda name: closeness(scores[name]))
    present, missing = scores[name]
    if not present:
        return ""
    lacks = f", but not {', '.join(missing)[:200]}" if missing else ""
    return f"nearest: {name} ({present} of its {present + len(missing)} keys are there{lacks}); "
