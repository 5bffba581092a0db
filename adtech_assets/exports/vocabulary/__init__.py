"""Header vocabularies as data, one YAML a platform or sheet, and matching a file's headers against them.

A new platform or language is a new or longer YAML, not code. Headers are compared exactly after trimming, folding
case and white space; a fuzzy comparison only ever names near matches in a refusal, it never decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from adtech_assets.exports.refusal import Refusal

_SPACE = re.compile(r"\s+")
_NAMED_HEADERS = 12
_SHOWN = 40


class Vocabulary(BaseModel):
    """Which headers one kind of file uses for which column of `raw_rows`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    shape: str
    title: str
    platform: str
    unknown_columns: Literal["refuse", "keep"]
    required: dict[str, tuple[str, ...]]
    optional: dict[str, tuple[str, ...]] = {}

    def header_of(self) -> dict[str, str]:
        """Folded header -> column."""
        return {
            fold(header): column for column, headers in {**self.required, **self.optional}.items() for header in headers
        }


@dataclass(frozen=True)
class Match:
    """A vocabulary, the position of each column it found, and the positions of columns it does not know."""

    vocabulary: Vocabulary
    positions: dict[str, int]
    unknown: tuple[int, ...]


def fold(header: str) -> str:
    """A header without the differences that carry no meaning."""
    return _SPACE.sub(" ", header.strip().strip("\ufeff")).casefold()


@cache
def vocabularies() -> tuple[Vocabulary, ...]:
    """All vocabularies shipped, in the order of their names."""
    folder = files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(
        Vocabulary.model_validate(
            {"shape": name.removesuffix(".yaml"), **yaml.safe_load(folder.joinpath(name).read_text("utf-8"))}
        )
        for name in names
    )


def rank(headers: tuple[str, ...]) -> float:
    """How many of the headers the best vocabulary knows."""
    folded = {fold(header) for header in headers}
    return max(len(folded & v.header_of().keys()) for v in vocabularies())


def match(headers: tuple[str, ...], near_match_score: float) -> Match:
    """The vocabulary all of whose required columns are there; Refusal naming what is missing or unknown otherwise."""
    folded = [fold(header) for header in headers]
    if doubled := sorted({h for h in folded if h and folded.count(h) > 1}):
        raise Refusal(f"the header names {_list(doubled)} more than once: keep one column of each name")
    best = max(vocabularies(), key=lambda v: _fit(v, folded))
    known = best.header_of()
    positions = {known[header]: i for i, header in enumerate(folded) if header in known}
    missing = [column for column in best.required if column not in positions]
    unknown = tuple(i for i, header in enumerate(folded) if header not in known and header)
    if missing or (unknown and best.unknown_columns == "refuse"):
        raise Refusal(_explain(best, [headers[i] for i in unknown], missing, len(positions), near_match_score))
    return Match(best, positions, unknown)


def _fit(vocabulary: Vocabulary, folded: list[str]) -> tuple[float, int]:
    required = [{fold(h) for h in headers} for headers in vocabulary.required.values()]
    hits = sum(bool(names.intersection(folded)) for names in required)
    return hits / len(required), hits


def _explain(vocabulary: Vocabulary, unknown: list[str], missing: list[str], hits: int, near_match_score: float) -> str:
    if hits == 0:
        kinds = "; ".join(f"{v.title}: {', '.join(h[0] for h in v.required.values())}" for v in vocabularies())
        named = _list(unknown[:_NAMED_HEADERS]) if unknown else "nothing"
        return f"no known column in the header ({named}). Files that can be read: {kinds}"
    parts = [f"read as {vocabulary.title}"]
    if missing:
        parts.append(f"missing: {_list([vocabulary.required[column][0] for column in missing])}")
    if unknown:
        parts.append(f"unknown: {_list(unknown[:_NAMED_HEADERS])}")
    near = _near(unknown, [h for column in missing for h in vocabulary.required[column]], near_match_score)
    todo = "; ".join(f"rename {a!r} to {b!r} if that is what it is" for a, b in near)
    rest = [header for header in unknown if header not in {a for a, _ in near}]
    if rest:
        todo += ("; " if todo else "") + f"remove or rename {_list(rest[:_NAMED_HEADERS])}"
    if len(near) < len(missing):
        todo += ("; " if todo else "") + "export again with the missing columns"
    return "; ".join(parts) + ". What to do: " + todo


def _near(unknown: list[str], wanted: list[str], least: float) -> list[tuple[str, str]]:
    from rapidfuzz import fuzz, process

    near = []
    for header in unknown:
        found = process.extractOne(fold(header), [fold(w) for w in wanted], scorer=fuzz.WRatio, score_cutoff=least)
        if found is not None:
            near.append((header, wanted[found[2]]))
    return near


def _list(names: list[str]) -> str:
    return ", ".join(repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "…") for name in names)
