"""How sure causes are: the curve of `insight/causes/confidence.py`, fitted anew to planted cases.

Belongs here: the regression, and what the curve in force and the new one come to. Does not: cases, or what a right
answer is (`cause_scorer`). Started by `drivers.py --calibrate`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unittest import mock

import numpy as np
from cause_scorer import Leaves, answers_of, judge
from numpy.typing import NDArray
from own_causes import Given, explained

from adtech_assets.insight.causes import explanation
from adtech_assets.insight.causes.confidence import Calibration, confidence_of
from adtech_assets.insight.causes.search import Cause, Search

#: Log odds of what is looked at: below those in force, for the curve needs wrong answers as well.
DOUBTFUL = -3.5
STEPS, RIDGE = 50, 1e-6

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Said:
    """One answer: the search's posterior and evidence, and whether it is right."""

    case: int
    posterior: float
    evidence: float
    right: bool


def said_about(number: int, case: Given, search: Search) -> list[Said]:
    """Every segment that the search blames in a case."""
    with mock.patch.object(explanation, "confidence_of", lambda cause, days: cause.probability):
        found = explained(case.rows, case.request, case.dimensions, search)
    leaves = Leaves(case.rows)
    said = []
    for cause in found.causes:
        if cause.segment:
            one = answers_of([{"segment": cause.segment, "effect": cause.effect}])
            judged, _ = judge(case.label, one, leaves)
            said += [Said(number, cause.confidence, cause.evidence, answer.right) for answer in judged]
    return said


def design(said: Sequence[Said], form: Calibration) -> Floats:
    """[answer, coefficient] for start, odds, weight."""
    posterior = np.clip([one.posterior for one in said], form.doubtful, form.sure)
    evidence = np.maximum(np.array([one.evidence for one in said]) + form.margin, 0.0)
    return np.stack([np.ones(len(said)), np.log(posterior / (1 - posterior)), np.log1p(evidence)], axis=1)


def regression(columns: Floats, right: Floats) -> Floats:
    """Coefficients of a logistic regression, by Newton's method."""
    found = np.zeros(columns.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-columns @ found))
        slope = columns.T @ (right - chance) - RIDGE * found
        curve = (columns * (chance * (1 - chance))[:, None]).T @ columns + RIDGE * np.eye(len(found))
        found = found + np.linalg.solve(curve, slope)
    return found


def confidences(said: Sequence[Said], curve: Calibration) -> Floats:
    """[answer] by the project's own formula."""
    causes = (Cause(1, "delivery", 0.0, one.evidence, one.posterior, 0.0) for one in said)
    return np.array([confidence_of(cause, 14, curve) for cause in causes])


def fitted(said: Sequence[Said]) -> Calibration:
    form = Calibration()
    right = np.array([one.right for one in said], dtype=float)
    start, odds, weight = regression(design(said, form), right)
    return form.model_copy(update={"start": float(start), "odds": float(odds), "weight": float(weight)})


def calibrate(cases: Sequence[Given]) -> Iterator[str]:
    """Lines to print: the curve fitted to all cases, and Brier score and log loss of both curves.

    The new curve is judged on the half of the cases that it was not fitted to, both ways.
    """
    search = Search(odds=DOUBTFUL)
    said = [one for number, case in enumerate(cases) for one in said_about(number, case, search)]
    right = np.array([one.right for one in said], dtype=float)
    yield f"{len(said)} answers with log odds above {DOUBTFUL}, {int(right.sum())} of them right"
    for name, curve in (("in force", Calibration()), ("fitted", fitted(said))):
        yield f"{name:9} start {curve.start:.2f}  odds {curve.odds:.2f}  weight {curve.weight:.2f}"
    crossed = np.empty(len(said))
    half = np.array([one.case % 2 for one in said])
    for side in (0, 1):
        curve = fitted([one for one, at in zip(said, half, strict=True) if at != side])
        crossed[half == side] = confidences([one for one, at in zip(said, half, strict=True) if at == side], curve)
    accepted = np.array([one.evidence >= Search().odds for one in said])
    for name, told in (("in force", confidences(said, Calibration())), ("fitted, unseen half", crossed)):
        for which, here in (("all", np.ones(len(said), dtype=bool)), ("those the search would say", accepted)):
            brier, loss = np.mean((told - right)[here] ** 2), _loss(told[here], right[here])
            yield f"{name:20} {which:27} Brier {brier:.4f}  log loss {loss:.4f}"


def _loss(told: Floats, right: Floats) -> float:
    return float(-np.mean(np.where(right > 0, np.log(told), np.log(1 - told)))) if len(told) else math.nan
