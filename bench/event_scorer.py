"""Event by event: how many labelled anomalies a detector finds, how early, and how often it cries wolf.

Rows of a detector become alerts (neighbouring days of one campaign and kind), alerts are laid over labels, and counts are
summed over data sets. Nothing here makes data or runs a detector.

    python bench/event_scorer.py PREDICTIONS DATA_FOLDER     # <x>.csv beside <x>.csv and <x>.labels.json
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """How the flagged days of one kind make alerts, and where an alert counts as a hit."""

    #: Flagged days at most this many days apart are one alert.
    gap: int = 1
    #: A longer alert is cut into pieces of that many days.
    longest: int = 7
    #: A hit may come this many days after the start of the event, at the earliest.
    not_before: int = 0
    #: A hit may come this many days after the end of the event.
    grace: int = 0


RULES = {
    "spend_spike": Rule(longest=2),
    "performance_drop": Rule(gap=2, longest=9, grace=2),
    "revenue_spike": Rule(longest=2),
    "ctr_decline": Rule(gap=5, longest=42, not_before=7, grace=7),
    "budget_exhaustion": Rule(longest=4, grace=1),
}
KINDS = tuple(RULES)
UNNAMED = Rule()
#: A predicted event is read at most this many days past its first day.
LONGEST_ROW = 400
#: Without its name a decline over weeks is only located by as many flagged days.
DAYS_THAT_LOCATE_A_DECLINE = 4


@dataclass(frozen=True)
class Label:
    campaign: str
    kind: str
    tier: str
    start: int
    end: int
    side_effects: frozenset[str]

    @property
    def last(self) -> int:
        return self.end + RULES[self.kind].grace

    def holds(self, day: int) -> bool:
        """Whether an alert on that day counts as a hit."""
        return self.start + RULES[self.kind].not_before <= day <= self.last

    def lasts(self, day: int) -> bool:
        """Whether an alert on that day is no false alarm, hit or not."""
        return self.start <= day <= self.last


@dataclass(frozen=True)
class Alert:
    campaign: str
    #: Empty where the kind does not matter, or is none of the five.
    kind: str
    days: tuple[int, ...]
    #: What the detector said of these days, of all kinds.
    said: frozenset[str]

    def locates(self, label: Label, days: Sequence[int]) -> bool:
        declining = label.kind == "ctr_decline"
        return not declining or label.kind in self.said or len(days) >= DAYS_THAT_LOCATE_A_DECLINE


@dataclass
class Tally:
    """Counts of one kind, one tier, or of everything."""

    found: int = 0
    false_alarms: int = 0
    labels: int = 0
    delays: list[int] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.found += other.found
        self.false_alarms += other.false_alarms
        self.labels += other.labels
        self.delays += other.delays

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.false_alarms, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.labels, 1)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def mean_delay(self) -> float | None:
        """Days from the start of an event to its alert."""
        return sum(self.delays) / len(self.delays) if self.delays else None


@dataclass
class View:
    """The result of one view; false alarms are told apart by kind in the strict view only."""

    all: Tally = field(default_factory=Tally)
    kinds: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    tiers: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    rows: int = 0

    @property
    def macro_f1(self) -> float:
        return sum(tally.f1 for tally in self.kinds.values()) / len(KINDS)

    @property
    def false_alarms_per_100_weeks(self) -> float:
        """Per 100 campaign-weeks, a row of data being a campaign-day."""
        return 700 * self.all.false_alarms / self.rows if self.rows else float("nan")

    def add(self, other: View) -> None:
        self.all.add(other.all)
        for mine, theirs in ((self.kinds, other.kinds), (self.tiers, other.tiers)):
            for name, tally in theirs.items():
                mine[name].add(tally)
        self.rows += other.rows


def day_number(value: object) -> int:
    return value.toordinal() if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10]).toordinal()


def read_labels(labels: Iterable[Row]) -> list[Label]:
    return [
        Label(row["campaign"], row["kind"], row["tier"], day_number(row["start"]), day_number(row["end"]),
              frozenset(row.get("side_effects", ())))
        for row in labels
    ]  # fmt: skip


def alerts_of(rows: Iterable[Row], *, strict: bool) -> list[Alert]:
    """Rows (campaign, date, kind, perhaps end) as alerts, by first day, campaign and kind.

    Strict leaves out rows of no known kind; otherwise all kinds of a campaign are joined.
    """
    said: dict[tuple[str, int], set[str]] = defaultdict(set)
    flagged: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows:
        name = str(row.get("kind") or "").strip()
        kind = name if name in RULES else ""
        if strict and not kind:
            continue
        first = day_number(row["date"])
        last = min(day_number(row.get("end") or row["date"]), first + LONGEST_ROW)
        for day in range(first, last + 1):
            said[row["campaign"], day].add(kind)
            flagged[row["campaign"], kind if strict else ""].add(day)
    alerts = []
    for (campaign, kind), days in flagged.items():
        for piece in _pieces(sorted(days), RULES.get(kind, UNNAMED)):
            words = frozenset().union(*(said[campaign, day] for day in piece))
            alerts.append(Alert(campaign, kind, tuple(piece), words))
    return sorted(alerts, key=lambda alert: (alert.days[0], alert.campaign, alert.kind))


def _pieces(days: list[int], rule: Rule) -> list[list[int]]:
    pieces = [[days[0]]] if days else []
    for before, day in pairwise(days):
        if day - before <= rule.gap and day - pieces[-1][0] < rule.longest:
            pieces[-1].append(day)
        else:
            pieces.append([day])
    return pieces


def match(rows: Iterable[Row], labels: Sequence[Label], *, strict: bool) -> tuple[dict[int, int], list[Alert]]:
    """Position of each found label with its delay in days, and the false alarms."""
    by_campaign: dict[str, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        by_campaign[label.campaign].append(position)
    found: dict[int, int] = {}
    false_alarms: list[Alert] = []
    for alert in alerts_of(rows, strict=strict):
        near = [(position, labels[position]) for position in by_campaign[alert.campaign]]
        touched = {}
        for position, label in near:
            days = [day for day in alert.days if label.holds(day)]
            if days and (label.kind == alert.kind if strict else alert.locates(label, days)):
                touched[position] = days[0] - label.start
        fresh = [position for position in touched if position not in found]
        if fresh:
            found[fresh[0]] = touched[fresh[0]]
        elif not touched and not any(_excused(alert, label, strict=strict) for _, label in near):
            false_alarms.append(alert)
    if not strict:
        declines = [labels[position] for position in found if labels[position].kind == "ctr_decline"]
        false_alarms = [alert for alert in false_alarms if not any(_lies_on(alert, label) for label in declines)]
    return found, false_alarms


def _lies_on(alert: Alert, label: Label) -> bool:
    return alert.campaign == label.campaign and any(label.lasts(day) for day in alert.days)


def _excused(alert: Alert, label: Label, *, strict: bool) -> bool:
    """Neither hit nor false alarm: it speaks of that event, or of what the event brings along."""
    if not _lies_on(alert, label):
        return False
    if strict:
        return alert.kind == label.kind or alert.kind in label.side_effects
    return label.kind != "ctr_decline" or label.kind in alert.said


def score(rows: Iterable[Row], labels: Iterable[Row], data_rows: int) -> dict[str, View]:
    """Both views, `strict` and `located`, of one data set with that many rows."""
    rows, known = list(rows), read_labels(labels)
    views = {}
    for name in ("strict", "located"):
        view = View(rows=data_rows)
        found, false_alarms = match(rows, known, strict=name == "strict")
        for position, label in enumerate(known):
            delays = [found[position]] if position in found else []
            one = Tally(found=len(delays), labels=1, delays=delays)
            for tally in (view.all, view.kinds[label.kind], view.tiers[label.tier]):
                tally.add(one)
        for alert in false_alarms:
            view.all.false_alarms += 1
            if alert.kind:
                view.kinds[alert.kind].false_alarms += 1
        views[name] = view
    return views


def total(results: Iterable[Mapping[str, View]]) -> dict[str, View]:
    """The counts of several data sets, summed."""
    summed = {"strict": View(), "located": View()}
    for result in results:
        for name, view in summed.items():
            view.add(result[name])
    return summed


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def table_of(labels: Path) -> Path:
    """<x>.csv beside <x>.labels.json."""
    return labels.with_name(labels.name.replace(".labels.json", ".csv"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    views = total(
        score(
            read_csv(options.predictions / path.name.replace(".labels.json", ".csv")),
            json.loads(path.read_text())["anomalies"],
            len(read_csv(path.with_name(path.name.replace(".labels.json", ".csv")))),
        )
        for path in sorted(options.data.glob("*.labels.json"))
    )
    for name, view in views.items():
        print(f"{name}: P {view.all.precision:.3f} R {view.all.recall:.3f} F1 {view.all.f1:.3f} "
              f"false alarms per 100 campaign-weeks {view.false_alarms_per_100_weeks:.2f}"
              + (f" macro-F1 {view.macro_f1:.3f}" if name == "strict" else ""))  # fmt: skip
        for kind, tally in view.kinds.items():
            delay = "" if tally.mean_delay is None else f" mean delay {tally.mean_delay:.1f} days"
            said = (
                f"P {tally.precision:.3f} R {tally.recall:.3f} F1 {tally.f1:.3f}"
                if name == "strict"
                else f"R {tally.recall:.3f}"
            )
            print(f"  {kind:18} {said} of {tally.labels}{delay}")
        tiers = {tier: view.tiers[tier].recall for tier in ("easy", "medium", "hard") if tier in view.tiers}
        print("  recall by tier", {tier: round(recall, 3) for tier, recall in tiers.items()})


if __name__ == "__main__":
    main()
