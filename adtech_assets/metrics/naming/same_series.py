"""Slips of the pen among campaign names: names alike whose rows are one series become one, others are only suggested.

All of these must hold: letters similar enough and the difference a slip, no ids that differ, not kept apart by the user,
rare beside the other name, never side by side with it, in its ad sets and between its days, of its size, and only one
name that fits. Decided in rounds, each from the names as they then are, until nothing changes: so resolving what is
resolved changes nothing. Belongs here: that decision. Does not: the single tests (`slips`, `series`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from adtech_assets.metrics.naming import alike
from adtech_assets.metrics.naming.aliases import Aliases
from adtech_assets.metrics.naming.campaign_ids import CampaignIds
from adtech_assets.metrics.naming.series import Observed, Pair
from adtech_assets.metrics.naming.slips import coined, similarity
from adtech_assets.metrics.naming.spelling import normal, words
from adtech_assets.settings import Names

Told = Mapping[str, Any]
"""What `Observed.judge` says about a pair."""
Texts = tuple[tuple[str, ...], tuple[str, ...]]
"""The words of the two names of a pair."""


@dataclass(frozen=True)
class Merges:
    """Name -> the name it is a slip of; and name -> a name it may be a slip of, left apart."""

    into: dict[str, str]
    suggested: dict[str, str]


def merge_slips(
    rows: pl.DataFrame,
    name: Mapping[str, str],
    counts: Mapping[str, int],
    aliases: Aliases,
    ids: CampaignIds,
    settings: Names,
) -> Merges:
    """Which names of campaigns are slips of others. `name`: spelling -> name so far; `counts`: rows of spellings."""
    spellings: dict[str, list[str]] = {}
    for spelling, given in name.items():
        spellings.setdefault(given, []).append(spelling)
    weight = {given: sum(counts[s] for s in group) for given, group in spellings.items()}
    faces = {face: given for given in weight for face in aliases.spellings("campaign", given)} | {n: n for n in weight}
    near = _near(faces, weight, settings)
    pairs = {
        pair: texts
        for pair, texts in near.items()
        if not aliases.apart("campaign", *pair) and not ids.differ(spellings[pair[0]], spellings[pair[1]])
    }
    if not pairs:
        return Merges({}, {})
    involved = {given for pair in pairs for given in pair}
    looked_at = {spelling: given for spelling, given in name.items() if given in involved}
    return _Rounds(Observed(rows, looked_at, settings), weight, pairs, settings).decide()


def _near(faces: Mapping[str, str], weight: Mapping[str, int], settings: Names) -> dict[Pair, Texts]:
    """Pairs of names, in both orders, with the words by which they are alike. `faces`: what a name is also known as,
    and itself -> name."""
    rows = {face: weight[given] for face, given in faces.items()}
    found: dict[Pair, Texts] = {}
    for one, other in sorted((*alike.equal_words(list(faces)), *alike.near(rows, settings))):
        if faces[one] != faces[other]:
            a, b = words(normal(one)), words(normal(other))
            found.setdefault((faces[one], faces[other]), (a, b))
            found.setdefault((faces[other], faces[one]), (b, a))
    return found


class _Rounds:
    """The names as they are after each round."""

    def __init__(
        self, observed: Observed, weight: Mapping[str, int], pairs: Mapping[Pair, Texts], settings: Names
    ) -> None:
        self._observed, self._settings = observed, settings
        self._weight, self._pairs = dict(weight), pairs
        self._judged: dict[Pair, frozenset[str] | None] = {}
        self._into: dict[str, str] = {}

    def decide(self) -> Merges:
        """Rounds until nothing changes. Punctuation first: it decides which names are common."""
        while True:
            asked = self._asked()
            told = {(row["rare"], row["known"]): row for row in self._observed.judge(asked).iter_rows(named=True)}
            merged = self._unambiguous([pair for pair in told if self._differ_in_marks(pair, told[pair])])
            merged = merged or self._unambiguous(self._slips(asked, told))
            if not merged:
                return Merges({one: self._final(one) for one in self._into}, self._suggested(asked, told))
            self._apply(merged)

    def _asked(self) -> list[Pair]:
        """The pairs worth asking about: names still there, the one with fewer rows being the rare one, and the other no
        slip of a third itself."""
        rank = {given: (-rows, given) for given, rows in self._weight.items()}
        there = [(r, known) for r, known in self._pairs if r in rank and known in rank and rank[r] > rank[known]]
        slips = {pair[0] for pair in there if self._rare(pair) and self._is_slip(pair)}
        return [pair for pair in there if pair[1] not in slips and (self._same_words(pair) or self._is_slip(pair))]

    def _is_slip(self, pair: Pair) -> bool:
        return not self._same_words(pair) and self._coined(pair) is not None

    def _coined(self, pair: Pair) -> frozenset[str] | None:
        if pair not in self._judged:
            rare, known = self._pairs[pair]
            self._judged[pair] = coined(known, rare)
        return self._judged[pair]

    def _same_words(self, pair: Pair) -> bool:
        rare, known = self._pairs[pair]
        return rare == known

    def _differ_in_marks(self, pair: Pair, told: Told) -> bool:
        """Names of the same words that are one series, however many rows each has."""
        one = not told["apart"] and told["fits"] and told["around"] >= self._settings.similarity / 100
        return self._same_words(pair) and one

    def _slips(self, asked: list[Pair], told: Mapping[Pair, Told]) -> list[Pair]:
        """Pairs of which the rare name is a slip of the other in all respects."""
        rare = {pair[0] for pair in asked if self._rare(pair) and self._is_slip(pair)}
        vocabulary = {word for given in self._weight if given not in rare for word in words(normal(given))}
        limits = self._settings
        return [
            pair
            for pair in asked
            if (row := told.get(pair))
            and not row["apart"]
            and row["fits"]
            and row["presence"] >= limits.presence
            and row["run"] <= limits.longest_run_days
            and self._rare(pair)
            and self._is_slip(pair)
            and not (self._coined(pair) or frozenset()) & vocabulary
        ]

    def _rare(self, pair: Pair) -> bool:
        return self._weight[pair[0]] <= self._settings.rare_share * self._weight[pair[1]]

    def _unambiguous(self, pairs: list[Pair]) -> dict[str, str]:
        """rare -> known, for names with a single other they may be, that is not itself about to become a third, and
        that no other name claims for the same place and day."""
        known: dict[str, list[str]] = {}
        for one, other in pairs:
            known.setdefault(one, []).append(other)
        merged = {one: others[0] for one, others in known.items() if len(others) == 1 and others[0] not in known}
        contested = self._observed.collide(merged) if len(merged) > 1 else set()
        return {one: other for one, other in merged.items() if one not in contested}

    def _apply(self, merged: Mapping[str, str]) -> None:
        for one, other in merged.items():
            self._weight[other] += self._weight.pop(one)
        self._into |= merged
        self._observed.rename(merged)

    def _final(self, given: str) -> str:
        while given in self._into:
            given = self._into[given]
        return given

    def _suggested(self, asked: list[Pair], told: Mapping[Pair, Told]) -> dict[str, str]:
        """The most alike of the names that each name left apart may be a slip of: not those it runs beside."""
        best: dict[str, tuple[float, int, str]] = {}
        for rare, known in sorted(asked):
            if (row := told.get((rare, known))) is None or not row["apart"]:
                score = similarity(*self._pairs[rare, known])
                best[rare] = max(best.get(rare, (0.0, 0, "")), (score, self._weight[known], known))
        return {rare: known for rare, (_, _, known) in best.items()}
