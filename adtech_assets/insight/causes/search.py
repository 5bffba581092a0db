"""The search: which segment and which fault explain a change best, one cause after the other, then all together.

Belongs here: candidates, their evidence, and the choice. Does not: what a cause is worth (`pricing`).

A candidate is a segment with a fault (`faults`). Its evidence is the log Bayes factor of a shift with a normal prior
against none, given the drift model and the causes accepted before, plus the segment's prior, which is what looking at
many segments costs. The best is accepted while the odds are above `odds`; each accepted cause is then looked for again
with the others in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from adtech_assets.insight.arrays import Array
from adtech_assets.insight.causes.cube import Cube
from adtech_assets.insight.causes.drift import Drift, Scores, fit
from adtech_assets.insight.causes.faults import FAULTS, OUTAGE
from adtech_assets.insight.causes.links import CONVERSION, Link, link
from adtech_assets.insight.causes.outages import OutageRules, hidden_days, outages_of
from adtech_assets.insight.causes.segments import EVERYTHING, Segments
from adtech_assets.settings import Group

TINY = 1e-12
LEAST_REST = 0.05
"""Share of the account that is taken to be left to give, however large a segment is."""


class Search(Group):
    """How causes are looked for."""

    longest: int = Field(3, ge=1, le=3, description="attributes of a segment at most")
    most: int = Field(4, ge=1, description="causes at most")
    least_share: float = Field(0.002, ge=0, description="segments with a smaller share of the account are left out")
    most_segments: int = Field(12_000, ge=100, description="segments looked at, at most")
    shrink: float = Field(0.5, gt=0, le=1, description="prior weight of one more attribute")
    odds: float = Field(-1.0, description="log odds from which a cause is accepted")
    moved_better: float = Field(0.8, ge=0, description="log likelihood from which traffic moved rather than grew")
    agreement: float = Field(
        0.6, ge=0, description="log likelihood for the reading that the metric's change agrees with"
    )
    rest_moved: float = Field(0.25, gt=0, lt=1, description="move of a whole beside its part, as a share of the part's")
    least_contribution: float = Field(
        0.1, ge=0, description="a cause moves the metric by this share of its change at least"
    )
    account_z: float = Field(2.0, gt=0, description="standard deviations from which the whole account moved")
    outage: OutageRules = OutageRules()
    drift: Drift = Drift()


@dataclass(frozen=True)
class Cause:
    """A segment that is to blame. shift: log of the change of its link; evidence: log posterior odds against none."""

    segment: int
    fault: str
    shift: float
    evidence: float
    probability: float
    """Posterior probability of this segment and fault among all candidates, none included."""
    z: float
    """The shift over its standard error, given all else."""
    days: int = 0
    """Of an outage: how many days it lasts by the window's end."""
    lost: float = 0.0
    """Of an outage: conversions missing."""
    reading: float = np.inf
    """Of traffic that moved: log likelihood by which that beats traffic that grew, beyond what is asked for."""


@dataclass(frozen=True)
class Candidates:
    """[segment] of one fault: log posterior odds, shift (conversions missing for an outage), shift over its error."""

    fault: str
    evidence: Array
    shift: Array
    z: Array
    days: int = 0


def find(hunt: Hunt, agrees: Callable[[Cause], bool] | None = None) -> list[Cause]:
    """Causes in the order they were accepted. agrees: whether a cause pushes the asked metric the way it went."""
    causes: list[Cause] = []
    for _ in range(hunt.search.most):
        best = hunt.best(causes)
        if best.evidence < hunt.search.odds:
            break
        causes = hunt.nested(hunt.together([*causes, best])) if causes else [best]
    if not causes:
        return []
    moved = hunt.moved(causes, agrees)
    return causes if moved == causes else hunt.together(moved)


class Hunt:
    """One account's search; scores of a link are kept for each set of causes they are given."""

    def __init__(self, cube: Cube, segments: Segments, links: Mapping[str, Link], search: Search) -> None:
        self.cube, self.segments, self.links, self.search = cube, segments, links, search
        self.faults = [name for name in FAULTS if all(link in links for link in FAULTS[name].links)]
        self._scored: dict[tuple[object, ...], Scores] = {}
        delivered = cube.before[links["delivery"].numerator] + cube.now[links["delivery"].numerator]
        share = segments.sums(delivered) / max(float(delivered.sum()), 1e-12)
        self.given = share / np.maximum(1 - share, LEAST_REST)

    def among(self, faults: Sequence[str]) -> Hunt:
        """The same account's search for these faults; what was worked out for one metric serves the others."""
        limited = copy(self)
        limited.faults = [name for name in self.faults if name in faults]
        return limited

    @property
    def searched(self) -> list[str]:
        """Faults that candidates are scored for by their link alone."""
        return [name for name in self.faults if name != OUTAGE and not FAULTS[name].given]

    def _hidden(self, causes: Sequence[Cause]) -> Array:
        hidden = np.zeros((self.cube.leaves, len(self.cube.days)))
        for cause in causes:
            if cause.fault == OUTAGE:
                hidden = np.maximum(hidden, hidden_days(self.cube, self.segments.leaves_of(cause.segment), cause.days))
        return hidden

    def _level(self, causes: Sequence[Cause]) -> Array:
        """[leaf]: factor of the conversion rate in the current window, by causes."""
        shift = np.zeros(self.cube.leaves)
        for cause in causes:
            if CONVERSION in FAULTS[cause.fault].links and cause.fault != OUTAGE:
                shift += cause.shift * self._direction(cause)
        return np.exp(shift)

    def scores(self, name: str, causes: Sequence[Cause]) -> Scores:
        """Scores of a link, given causes."""
        own = [c for c in causes if name in FAULTS[c.fault].links and c.fault != OUTAGE]
        blind = [c for c in causes if name == CONVERSION and c.fault == OUTAGE]
        key = (name, frozenset((c.segment, c.fault) for c in own), frozenset((c.segment, c.days) for c in blind))
        if key not in self._scored:
            at = self.links[name]
            if blind:
                at = link(self.cube, name, at.numerator, at.exposure, self._hidden(blind))
            columns = [self._direction(c) for c in own]
            self._scored[key] = fit(self.cube, at, columns, self.search.drift).scores(self.segments)
        return self._scored[key]

    def _direction(self, cause: Cause) -> Array:
        """[leaf]: how a cause moves its links."""
        inside = self.segments.leaves_of(cause.segment).astype(float)
        return inside - (1 - inside) * self.given[cause.segment] if FAULTS[cause.fault].given else inside

    def candidates(self, name: str, causes: Sequence[Cause]) -> Candidates:
        """Every segment with a fault, given causes."""
        score, information = np.zeros(len(self.segments.attributes)), np.zeros(len(self.segments.attributes))
        fault = FAULTS[name]
        for at, sign in fault.links.items():
            s = self.scores(at, causes)
            if fault.given:
                k = self.given
                score += sign * ((1 + k) * s.score - k * s.score[EVERYTHING])
                information += (
                    (1 + k) ** 2 * s.information - 2 * k * (1 + k) * s.shared + k**2 * s.information[EVERYTHING]
                )
            else:
                score, information = score + sign * s.score, information + s.information
        information = np.maximum(information, 0.0)
        evidence, shift = bayes_factor(score, information, self.search.drift.cause)
        if fault.given:
            evidence[EVERYTHING] = -np.inf
        z = score / np.sqrt(np.maximum(information, TINY))
        shift = np.clip(shift, -self.search.drift.limit, self.search.drift.limit)
        return Candidates(name, evidence + self.segments.prior + np.log(fault.prior), shift, z)

    def outages(self, causes: Sequence[Cause]) -> list[Candidates]:
        """Every segment with an outage of the last 1, 2, ... days, given causes."""
        if OUTAGE not in self.faults:
            return []
        found = outages_of(
            self.cube,
            self.segments,
            self.links[CONVERSION],
            self._hidden(causes),
            self._level(causes),
            self.search.outage,
        )
        cost = self.segments.prior + np.log(FAULTS[OUTAGE].prior / len(found.evidence))
        return [
            Candidates(OUTAGE, evidence + cost, lost, -np.sqrt(2 * np.maximum(evidence, 0.0)), back)
            for back, (evidence, lost) in enumerate(zip(found.evidence, found.lost, strict=True), start=1)
        ]

    def all_candidates(self, causes: Sequence[Cause]) -> list[Candidates]:
        """Every fault that is searched for, given causes; a segment's link that is blamed already is out."""
        tables = [*(self.candidates(name, causes) for name in self.searched), *self.outages(causes)]
        for table in tables:
            for cause in causes:
                if FAULTS[cause.fault].links.keys() & FAULTS[table.fault].links.keys():
                    table.evidence[cause.segment] = -np.inf
        return tables

    def best(self, causes: Sequence[Cause]) -> Cause:
        """The best candidate given `causes`."""
        tables = self.all_candidates(causes)
        evidence = np.stack([table.evidence for table in tables])
        at, segment = (int(i) for i in np.unravel_index(int(np.argmax(evidence)), evidence.shape))
        top = float(evidence[at, segment])
        weights = np.exp(evidence - max(top, 0.0))
        chance = float(weights[at, segment] / (weights.sum() + np.exp(-max(top, 0.0))))
        return cause_of(tables[at], segment, chance)

    def same(self, cause: Cause, others: Sequence[Cause]) -> Cause:
        """A cause again, given others."""
        return replace(
            cause_of(self.candidates(cause.fault, others), cause.segment, cause.probability), reading=cause.reading
        )

    def moved(self, causes: list[Cause], agrees: Callable[[Cause], bool] | None) -> list[Cause]:
        """Causes, where what a segment gained is better explained by the rest losing it.

        Where the two readings are about as likely, that one holds which `agrees` with how the asked metric went.
        """
        given = next((name for name in self.faults if FAULTS[name].given), None)
        result = list(causes)
        for i, cause in enumerate(causes):
            if given is None or FAULTS[cause.fault].links != FAULTS[given].links or cause.shift <= 0:
                continue
            if cause.segment == EVERYTHING or self._within_another(cause, causes):
                continue
            others = [c for j, c in enumerate(result) if j != i and c.segment != EVERYTHING]
            gained, moved = self.same(cause, others), self.same(replace(cause, fault=given), others)
            better = moved.evidence - gained.evidence
            if agrees is not None:
                better += self.search.agreement * (int(agrees(moved)) - int(agrees(gained)))
            if better > self.search.moved_better:
                result[i] = replace(moved, reading=better - self.search.moved_better)
        return result

    def _within_another(self, cause: Cause, causes: Sequence[Cause]) -> bool:
        """Whether a segment is a part of another cause's: what it gains then is what that cause spared."""
        inside = self.segments.leaves_of(cause.segment)
        return any(
            not (inside & ~self.segments.leaves_of(other.segment)).any()
            for other in causes
            if other is not cause and other.segment != EVERYTHING
        )

    def nested(self, causes: list[Cause]) -> list[Cause]:
        """Causes, where of a segment and a part of it with the same fault only one is left.

        The whole, if what is left of it moved as well; else the part.
        """
        result = list(causes)
        for part in causes:
            for whole in causes:
                if part is whole or part not in result or whole not in result or part.fault != whole.fault:
                    continue
                if whole.segment == EVERYTHING:
                    continue
                inside = self.segments.leaves_of(part.segment)
                if part.fault == OUTAGE or (inside & ~self.segments.leaves_of(whole.segment)).any():
                    continue
                total = part.shift + whole.shift
                if whole.shift * total <= 0:
                    continue
                result.remove(part if whole.shift / total >= self.search.rest_moved else whole)
        return result

    def together(self, causes: list[Cause]) -> list[Cause]:
        """Each cause again, with the others in place; those that no longer hold are dropped."""
        for _ in range(2):
            before = [(cause.segment, cause.fault) for cause in causes]
            for i in range(len(causes)):
                others = causes[:i] + causes[i + 1 :]
                again = self.best(others)
                if FAULTS[causes[i].fault].given:
                    again = max(again, self.same(causes[i], others), key=lambda cause: cause.evidence)
                causes = [*causes[:i], again, *causes[i + 1 :]]
            causes = [cause for cause in causes if cause.evidence >= self.search.odds]
            if [(cause.segment, cause.fault) for cause in causes] == before:
                break
        return causes


def cause_of(table: Candidates, segment: int, probability: float) -> Cause:
    """One candidate as a cause."""
    evidence, size, z = (float(values[segment]) for values in (table.evidence, table.shift, table.z))
    if table.fault == OUTAGE:
        return Cause(segment, OUTAGE, -np.inf, evidence, probability, z, table.days, size)
    return Cause(segment, table.fault, size, evidence, probability, z)


def bayes_factor(score: Array, information: Array, size: float) -> tuple[Array, Array]:
    """(log Bayes factor, posterior mean) of a shift ~ N(0, size^2) with a normal likelihood of this score."""
    precision = information + 1 / size**2
    shift = score / precision
    return 0.5 * score * shift - 0.5 * np.log1p(information * size**2), shift
