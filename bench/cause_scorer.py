"""Case by case: how many planted causes an answer names, how many it invents, and how sure it says it is.

An answer is a list of segments ("a=x&b=y", or "ALL" for the whole account), best first. Two segments that select the same
rows of the case are the same, however they are written, and a segment said twice counts once. Counts are summed over
cases. Nothing here makes data or looks for causes.

    python bench/cause_scorer.py ANSWERS.json FOLDER    # <id>.csv.gz, labels.json; {id: {"causes": [...], "seconds": 0.1}}
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

WHOLE = "ALL"
EVERY_CASE, HARD = "ALL", "hard tier"
#: Columns of a case's table that are no dimension.
FIGURES = frozenset((
    "date", "window", "spend", "impressions", "clicks", "conversions", "revenue",
    "baseline", "current", "num_b", "den_b", "num_c", "den_c",
))  # fmt: skip
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class Answer:
    """One segment said to be a cause."""

    segment: str
    effect: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Judged:
    """One answer beside the truth. effect_right: None where it is wrong anyway, or no effect was said."""

    right: bool
    effect_right: bool | None
    confidence: float | None


@dataclass
class Tally:
    """Counts of one kind of case, one tier, or of everything."""

    cases: int = 0
    hits: int = 0
    invented: int = 0
    missed: int = 0
    exact: int = 0
    #: Cases with causes, and of those the ones whose first answer is right.
    caused: int = 0
    first_right: int = 0
    #: Cases in which no segment is to blame, and of those the ones that got one; "ALL" is no segment.
    free: int = 0
    alarms: int = 0
    effects: list[bool] = field(default_factory=list)
    #: (confidence, right) of each case's first answer, and of every answer.
    first: list[tuple[float, bool]] = field(default_factory=list)
    every: list[tuple[float, bool]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def f1(self) -> float | None:
        return _share(2 * self.hits, 2 * self.hits + self.invented + self.missed)

    @property
    def precision(self) -> float | None:
        return _share(self.hits, self.hits + self.invented)

    @property
    def recall(self) -> float | None:
        return _share(self.hits, self.hits + self.missed)

    @property
    def exactly(self) -> float | None:
        return _share(self.exact, self.cases)

    @property
    def top1(self) -> float | None:
        return _share(self.first_right, self.caused)

    @property
    def false_alarms(self) -> float | None:
        return _share(self.alarms, self.free)

    @property
    def effect_right(self) -> float | None:
        return _share(sum(self.effects), len(self.effects))

    @property
    def brier(self) -> float | None:
        return float(np.mean([(said - right) ** 2 for said, right in self.first])) if self.first else None

    @property
    def auc(self) -> float | None:
        """How often a right first answer is said with more confidence than a wrong one; ties are halves."""
        right = np.array([said for said, ok in self.first if ok])
        wrong = np.array([said for said, ok in self.first if not ok])
        if not len(right) or not len(wrong):
            return None
        return float(((right[:, None] > wrong) + 0.5 * (right[:, None] == wrong)).mean())

    @property
    def cpu(self) -> float | None:
        return float(np.mean(self.seconds)) if self.seconds else None


class Leaves:
    """The combinations of dimensions of one case; which of them a segment selects."""

    def __init__(self, table: pl.DataFrame) -> None:
        names = [name for name in table.columns if name not in FIGURES]
        self.table = table.select(pl.col(names).cast(pl.String)).unique()

    def of(self, segment: str) -> NDArray[np.bool_]:
        """[leaf]: a segment with an unknown dimension selects nothing."""
        chosen = np.ones(self.table.height, dtype=bool)
        for name, member in attributes(segment).items():
            if name not in self.table.columns:
                return np.zeros(self.table.height, dtype=bool)
            chosen &= self.table.get_column(name).eq(member).fill_null(False).to_numpy()
        return chosen


def attributes(segment: str) -> dict[str, str]:
    """Dimension -> member; none for the whole account."""
    if segment.strip() in ("", WHOLE):
        return {}
    pairs = (part.strip().partition("=") for part in segment.split("&"))
    return {name: member for name, _, member in pairs}


def text_of(segment: str | Mapping[str, str]) -> str:
    """A segment in one spelling."""
    pairs = attributes(segment) if isinstance(segment, str) else segment
    return "&".join(sorted(f"{name}={member}" for name, member in pairs.items())) or WHOLE


def answers_of(causes: Iterable[str | Mapping[str, Any]]) -> list[Answer]:
    """Answers as files have them: texts, or objects with segment, effect, confidence."""
    return [
        Answer(text_of(cause))
        if isinstance(cause, str)
        else Answer(text_of(cause["segment"]), cause.get("effect"), cause.get("confidence"))
        for cause in causes
    ]


def judge(label: Mapping[str, Any], answers: Sequence[Answer], leaves: Leaves) -> tuple[list[Judged], int]:
    """Each different answer of a case, and how many planted causes nobody named.

    Where no segment is to blame, to say that the whole account moved is neither right nor wrong: it is left out.
    """
    free = bool(label.get("null"))
    truth = [] if free else [leaves.of(text_of(cause)) for cause in label["causes"]]
    effects = label.get("effects") or [None] * len(truth)
    judged, seen, found = [], set[bytes](), set[int]()
    for answer in answers:
        rows = leaves.of(answer.segment)
        if rows.tobytes() in seen or (free and rows.all()):
            continue
        seen.add(rows.tobytes())
        at = next((i for i, true in enumerate(truth) if rows.any() and np.array_equal(rows, true)), None)
        told = at is not None and answer.effect is not None and effects[at] is not None
        judged.append(Judged(at is not None, answer.effect == effects[at] if told else None, answer.confidence))
        found |= {at} - {None}
    return judged, len(truth) - len(found)


def add(tally: Tally, label: Mapping[str, Any], judged: Sequence[Judged], missed: int, seconds: float | None) -> None:
    """One case into the counts."""
    wrong = sum(not one.right for one in judged)
    tally.cases += 1
    tally.hits += len(judged) - wrong
    tally.invented += wrong
    tally.missed += missed
    tally.exact += not wrong and not missed
    if label.get("null"):
        tally.free += 1
        tally.alarms += bool(judged)
    else:
        tally.caused += 1
        tally.first_right += bool(judged) and judged[0].right
    tally.effects += [one.effect_right for one in judged if one.effect_right is not None]
    said = [(one.confidence, one.right) for one in judged if one.confidence is not None]
    tally.every += said
    tally.first += said[:1] if judged and judged[0].confidence is not None else []
    if seconds is not None:
        tally.seconds.append(seconds)


def groups_of(label: Mapping[str, Any]) -> tuple[str, ...]:
    """The rows of the table that a case counts in."""
    kind = label.get("kind")
    return (*((str(kind),) if kind else ()), *((HARD,) if label.get("tier") == "hard" else ()), EVERY_CASE)


def score(
    labels: Mapping[str, Mapping[str, Any]],
    leaves: Mapping[str, Leaves],
    answers: Mapping[str, Mapping[str, Any]],
) -> dict[str, Tally]:
    """Counts by kind, of the hard tier, and of every case. answers: {id: {"causes": [...], "seconds": CPU}}.

    A case that is missing from the answers counts as an empty answer.
    """
    tallies: dict[str, Tally] = {}
    for case, label in labels.items():
        answer = answers.get(case, {})
        judged, missed = judge(label, answers_of(answer.get("causes", ())), leaves[case])
        for group in groups_of(label):
            add(tallies.setdefault(group, Tally()), label, judged, missed, answer.get("seconds"))
    last = [name for name in (HARD, EVERY_CASE) if name in tallies]
    return {name: tallies[name] for name in [*sorted(tallies.keys() - set(last)), *last]}


HEAD = ("cases", "F1", "precision", "recall", "exact", "top-1", "false alarms", "effect right", "Brier", "AUC", "CPU s")


def cells(tally: Tally) -> tuple[str, ...]:
    """One row of the table under HEAD; empty where there is nothing to count."""
    figures = (
        tally.f1, tally.precision, tally.recall, tally.exactly, tally.top1, tally.false_alarms, tally.effect_right,
        tally.brier, tally.auc, tally.cpu,
    )  # fmt: skip
    return str(tally.cases), *("" if figure is None else f"{figure:.3f}" for figure in figures)


def reliability(said: Iterable[tuple[float, bool]]) -> list[tuple[float, float, int, float, float]]:
    """(from, to, answers, mean confidence, share that is right) of each bin of confidences that has answers."""
    confidence, right = (np.array(column, dtype=float) for column in zip(*said, strict=True))
    place = np.clip(np.searchsorted(BINS, confidence, side="right") - 1, 0, len(BINS) - 2)
    return [
        (BINS[at], BINS[at + 1], int(here.sum()), float(confidence[here].mean()), float(right[here].mean()))
        for at in range(len(BINS) - 1)
        if (here := place == at).any()
    ]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    labels = json.loads((options.folder / "labels.json").read_text())
    leaves = {case: Leaves(pl.read_csv(options.folder / f"{case}.csv.gz", infer_schema=False)) for case in labels}
    for name, tally in score(labels, leaves, json.loads(options.answers.read_text())).items():
        print(name, dict(zip(HEAD, cells(tally), strict=True)))


if __name__ == "__main__":
    main()
