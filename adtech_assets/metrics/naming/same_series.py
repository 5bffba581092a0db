"""Slips of the pen among campaign names: names alike whose rows are one series become one, others are only suggested.

All of these must hold: letters similar enough and the difference a slip, no ids that differ, not kept apart by the user,
rare beside the other name, never side by side with it, in its ad sets and between its days, of its size, and only one
name that fits. Decided in rounds, each from the names as they then are, until nothing changes: so resolving what is
resolved changes nothing. Belongs here: that decision. Does not: the single tests (`slips`, `series`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from adtech_assets.metrics.naming import alike
from adtech_assets.metrics.naming.aliases import Aliases
from adtech_assets.metrics.naming.campaign_ids import CampaignIds
from adtech_assets.metrics.naming.series import Observed, Pair
from adtech_assets.metrics.naming.slips import coined, damaged, similarity
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
    renamed: bool = False,
) -> Merges:
    """Which names of campaigns are slips of others. `name`: spelling -> name so far; `counts`: rows of spellings.
    `renamed`: the names are those the user wants already; all that the user lists of a name is then compared too."""
    spellings: dict[str, list[str]] = {}
    for spelling, given in name.items():
        spellings.setdefault(given, []).append(spelling)
    weight = {given: sum(counts[s] for s in group) for given, group in spellings.items()}
    listed = {face: given for given in weight for face in aliases.spellings("campaign", given)} if renamed else {}
    wanted = {given: aliases.name_for("campaign", given) for given in weight}

    def may_be_one(pair: Pair) -> bool:
        rare, known = pair
        return (
            not aliases.apart("campaign", rare, known)
            and wanted[rare] in (None, wanted[known])
            and not ids.differ(spellings[rare], spellings[known])
        )

    near = _near(listed | {given: given for given in weight}, weight, settings)
    pairs = {pair: texts for pair, texts in near.items() if may_be_one(pair)}
    far = {
        pair: score
        for pair, score in alike.far(weight, _reach(weight, pairs, settings.rare_share), settings)
        if may_be_one(pair) and _undecidable(*(words(normal(given)) for given in reversed(pair)))
    }
    if not pairs and not far:
        return Merges({}, {})
    involved = {given for pair in (*pairs, *far) for given in pair}
    looked_at = {spelling: given for spelling, given in name.items() if given in involved}
    return _Rounds(Observed(rows, looked_at, settings), weight, pairs, far, settings).decide()


def _undecidable(known: Sequence[str], rare: Sequence[str]) -> bool:
    return known != rare and coined(known, rare) is None and damaged(known, rare)


def _reach(weight: Mapping[str, int], pairs: Iterable[Pair], rare_share: float) -> dict[str, int]:
    """Name -> the most rows it may come to have by merging: those of the names of its words, and where these are enough
    for others to be rare beside them, those of all names it hangs together with."""
    home = {given: given for given in weight}

    def root(given: str) -> str:
        while home[given] != given:
            home[given] = given = home[home[given]]
        return given

    for one, other in pairs:
        home[root(one)] = root(other)
    together, least, alone = dict[str, int](), dict[str, int](), dict[tuple[str, ...], int]()
    for given, rows in weight.items():
        whole, own = root(given), words(normal(given))
        together[whole] = together.get(whole, 0) + rows
        least[whole] = min(least.get(whole, rows), rows)
        alone[own] = alone.get(own, 0) + rows
    found = {}
    for given in weight:
        whole, rows = root(given), alone[words(normal(given))]
        found[given] = together[whole] if least[whole] <= rare_share * rows else max(rows, weight[given])
    return found


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
        self,
        observed: Observed,
        weight: Mapping[str, int],
        pairs: Mapping[Pair, Texts],
        far: Mapping[Pair, float],
        settings: Names,
    ) -> None:
        self._observed, self._settings = observed, settings
        self._weight, self._pairs, self._far = dict(weight), pairs, far
        self._judged: dict[Pair, frozenset[str] | None] = {}
        self._into: dict[str, str] = {}

    def decide(self) -> Merges:
        """Rounds until nothing changes. Punctuation first: it decides which names are common."""
        while True:
            asked = self._asked()
            far = self._nearest_far({pair[0] for pair in asked})
            judged = self._observed.judge([*asked, *far]).iter_rows(named=True)
            told = {(row["rare"], row["known"]): row for row in judged}
            wrecks = {pair[0]: pair[1] for pair in far if pair in told and self._one_series(told[pair])}
            merged = self._unambiguous(
                [pair for pair in asked if pair in told and self._differ_in_marks(pair, told[pair])]
            )
            merged = merged or self._unambiguous(self._slips(asked, told, wrecks))
            if not merged:
                return Merges({one: self._final(one) for one in self._into}, wrecks | self._suggested(asked, told))
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

    def _nearest_far(self, near: set[str]) -> list[Pair]:
        """For each rare name without another near: the common name it is most alike, too damaged to be decided."""
        best: dict[str, tuple[float, int, str]] = {}
        for (rare, known), score in self._far.items():
            there = rare in self._weight and known in self._weight and rare not in near
            if there and self._rare((rare, known)):
                best[rare] = max(best.get(rare, (0.0, 0, "")), (score, self._weight[known], known))
        return sorted((rare, known) for rare, (_, _, known) in best.items())

    def _one_series(self, told: Told) -> bool:
        """Whether the rows say that the rare name is the other one, whatever the letters say."""
        limits = self._settings
        series = not told["apart"] and told["fits"] and told["presence"] >= limits.presence
        return bool(series and told["run"] <= limits.longest_run_days)

    def _slips(self, asked: list[Pair], told: Mapping[Pair, Told], wrecks: Iterable[str]) -> list[Pair]:
        """Pairs of which the rare name is a slip of the other in all respects. `wrecks`: names too damaged to be decided;
        what stands in them proves no word."""
        rare = {pair[0] for pair in asked if self._rare(pair) and self._is_slip(pair)} | set(wrecks)
        vocabulary = {word for given in self._weight if given not in rare for word in words(normal(given))}
        return [
            pair
            for pair in asked
            if (row := told.get(pair))
            and self._one_series(row)
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
