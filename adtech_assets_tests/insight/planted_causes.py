"""Labelled root-cause cases, invented, for tests and benchmarks of "why did it change".

`make_case(seed, kind, hard)` gives a table of two windows, what a client asks about it, and what was planted; the same
arguments give the same case. As a script it writes a folder (`<id>.csv.gz`, labels.json, requests.jsonl):

    python adtech_assets_tests/insight/planted_causes.py OUT --seeds 0:330

Accounts are drawn in planted_worlds.py, causes in planted_faults.py. Nothing here knows the project's own search.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from planted_accounts import CURRENT_DAYS, DIMENSIONS, LONG, SHORT, Account, Counts, draw_days, value
from planted_faults import PLANNERS
from planted_segments import segments_of
from planted_strength import EASY, HARD, Plan, Tier, planted_change
from planted_worlds import draw_account

KINDS = tuple(PLANNERS)
NULL_KINDS = ("null", "whole")
METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")
ATTEMPTS, PLANS = 200, 5
SALT = 6_061
FIRST_MONDAY, WEEKS = dt.date(2024, 1, 1), 120
LISTS_IDLE_ROWS = 0.3


@dataclass
class Case:
    """A table (one row a day and leaf), what was planted in it, and what is asked.

    label: causes ("a=x&b=y", shortest description of the rows, or "ALL"), effects, kind, tier, null, z (planted change
    of the asked metric in the cause's rows over their ordinary noise; the least of several causes; null where nothing
    is planted), felt (planted change of the whole account's metric), change (what the drawn account shows).
    request: id, metric, baseline and current as "A..B".
    """

    frame: pl.DataFrame
    label: dict[str, Any]
    request: dict[str, str]


def make_case(seed: int, kind: str, hard: bool = False) -> Case:
    """The case of that seed: accounts are drawn until one can hold the cause and the asked metric moves its way."""
    tier = HARD if hard else EASY
    rng = np.random.default_rng([SALT, seed, KINDS.index(kind), int(hard)])
    baseline_days = SHORT if seed % 3 == 0 else LONG
    for _ in range(ATTEMPTS):
        account = draw_account(rng, baseline_days, hard)
        plan = _plan(rng, account, kind, tier)
        if plan is None:
            continue
        bends = plan.bends(account)
        means = {link: factor[:, -CURRENT_DAYS:].mean(axis=1) for link, factor in bends.items()}
        felt = planted_change(account, means, plan.metric)
        drifting = {link: np.exp(log) * means.get(link, 1.0) for link, log in account.drift.items()}
        if kind != "null" and planted_change(account, drifting, plan.metric) * felt <= 0:
            continue
        counts = draw_days(rng, account, bends)
        change = _change(account, counts, plan.metric)
        if kind != "null" and (change * felt <= 0 or abs(change) < tier.noticed):
            continue
        return _case(rng, seed, kind, hard, account, plan, counts, felt, change)
    raise RuntimeError(f"no account of seed {seed} can hold a cause of kind {kind}")


def _plan(rng: np.random.Generator, account: Account, kind: str, tier: Tier) -> Plan | None:
    """A plan of several tried: an account is given up late, or strongly drifting ones would be rare in the end."""
    rates, segments = account.rates, segments_of(account)
    for _ in range(PLANS):
        account.rates = dict(rates)
        plan = PLANNERS[kind](rng, segments, tier)
        if plan is not None:
            return plan
    return None


def _change(account: Account, counts: Counts, metric: str) -> float:
    """Relative change of the account's metric as drawn, the baseline brought to the current window's length."""
    weeks = account.baseline_days / CURRENT_DAYS
    before = {name: days[:, :-CURRENT_DAYS].sum(axis=1) / weeks for name, days in counts.items()}
    now = {name: days[:, -CURRENT_DAYS:].sum(axis=1) for name, days in counts.items()}
    return value(now, metric) / value(before, metric) - 1


def _case(
    rng: np.random.Generator, seed: int, kind: str, hard: bool, account: Account, plan: Plan, counts: Counts,
    felt: float, change: float,
) -> Case:  # fmt: skip
    first = FIRST_MONDAY + dt.timedelta(weeks=int(rng.integers(WEEKS)), days=int(rng.choice([0, 0, 3, 5])))
    start = first + dt.timedelta(days=account.baseline_days)
    last = start + dt.timedelta(days=CURRENT_DAYS - 1)
    tier = "hard" if hard else "easy"
    label = {
        "causes": ["ALL"] if plan.whole else [c.segment.text for c in plan.causes],
        "effects": [plan.whole] if plan.whole else [c.effect for c in plan.causes],
        "kind": kind,
        "tier": tier,
        "null": kind in NULL_KINDS,
        "z": round(min(c.z for c in plan.causes), 2) if plan.causes else None,
        "felt": round(felt, 4),
        "change": round(change, 4),
    }
    request = {
        "id": f"{'hard-' if hard else ''}{kind}-{seed}",
        "metric": plan.metric,
        "baseline": f"{first}..{start - dt.timedelta(days=1)}",
        "current": f"{start}..{last}",
    }
    return Case(_frame(account, counts, first, bool(rng.random() < LISTS_IDLE_ROWS)), label, request)


def _frame(account: Account, counts: Counts, first: dt.date, lists_idle_rows: bool) -> pl.DataFrame:
    """One row a day and leaf, by date; days on which a leaf did not run are left out unless listed as zeros."""
    leaves, days = counts["spend"].shape
    day = np.repeat(np.arange(days), leaves)
    columns: dict[str, Any] = {
        "date": pl.Series(day).cast(pl.Int32) + (first - dt.date(1970, 1, 1)).days,
        "window": pl.Series(np.where(day < account.baseline_days, "baseline", "current")),
    }
    for i, name in enumerate(DIMENSIONS):
        columns[name] = pl.Series(np.tile(np.array(account.names[i])[account.codes[:, i]], days))
    for name in METRICS:
        figures = counts[name].T.ravel()
        columns[name] = figures if name in ("spend", "revenue") else figures.astype(np.int64)
    frame = pl.DataFrame(columns).with_columns(pl.col("date").cast(pl.Date))
    return frame if lists_idle_rows else frame.filter(pl.col("impressions") > 0)


def kind_of(seed: int) -> tuple[str, bool]:
    """Kind and whether hard: of 33 seeds in a row every kind comes three times and once hard."""
    block = seed // len(KINDS)
    return KINDS[seed % len(KINDS)], (block + block // 3) % 3 == 2


def make_cases(
    seeds: Iterable[int], kinds: Iterable[str] = KINDS, tiers: Iterable[str] = ("easy", "hard")
) -> Iterator[Case]:
    """Cases of these seeds, kinds mixed evenly and every third hard; seeds of other kinds or tiers are passed over."""
    wanted, levels = set(kinds), set(tiers)
    for seed in seeds:
        kind, hard = kind_of(seed)
        if kind in wanted and ("hard" if hard else "easy") in levels:
            yield make_case(seed, kind, hard)


def write_cases(folder: Path, cases: Iterable[Case]) -> None:
    """Writes <id>.csv.gz a case, labels.json ({id: label}) and requests.jsonl (requests with "file", an absolute path)."""
    folder.mkdir(parents=True, exist_ok=True)
    labels: dict[str, Any] = {}
    requests = []
    for case in cases:
        path = folder.resolve() / f"{case.request['id']}.csv.gz"
        path.write_bytes(gzip.compress(case.frame.write_csv().encode(), compresslevel=4, mtime=0))
        labels[case.request["id"]] = case.label
        requests.append(json.dumps({**case.request, "file": str(path)}))
    (folder / "labels.json").write_text(json.dumps(labels, indent=1))
    (folder / "requests.jsonl").write_text("\n".join(requests) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", default="0:330", help="first:end, the end left out")
    options = parser.parse_args()
    first, end = (int(x) for x in options.seeds.split(":"))
    write_cases(options.out, make_cases(range(first, end)))


if __name__ == "__main__":
    main()
