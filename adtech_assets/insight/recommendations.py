"""What to do: playbooks tied to a finding or to a campaign's figures.

Belongs here: which evidence calls for which playbook, and how much money it is about. Does not: the playbooks' words
(`playbooks.yaml`), sentences of the report (`narrative`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from adtech_assets.insight.drivers import OTHER, UNNAMED
from adtech_assets.settings import Insight
from adtech_assets.tables import DIAGNOSES

Row = dict[str, Any]


class Playbook(BaseModel):
    """One piece of advice: what to do first, and how to see whether it worked."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    advice: str
    test_it: str
    share: float = Field(1, gt=0, le=1, description="part of the money concerned that the advice is about")


@dataclass(frozen=True)
class Cases:
    """When a campaign's week calls for advice. Shares are of the account's spend."""

    least_share: float = 0.05
    poor: float = 0.5
    """A return below this factor of the account's is poor ..."""
    better: float = 1.5
    """... and worth moving money from if the best campaign's is this factor of it or more."""
    lost: float = 0.25
    """Revenue lost to a lower yield, as a share of the campaign's revenue before."""
    gained: float = 0.2
    week: int = 7


@cache
def playbooks() -> Mapping[str, Playbook]:
    """All playbooks by key."""
    text = files(__package__).joinpath("playbooks.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Playbook]).validate_python(yaml.safe_load(text))


def recommend(
    diagnoses: pl.DataFrame, findings: pl.DataFrame, week: dt.date, settings: Insight, cases: Cases | None = None
) -> pl.DataFrame:
    """What to do about the week that begins on Monday `week`: table DIAGNOSES, kind "recommendation", most money first.

    Each row names the finding it answers, or the campaign whose driver figures it rests on (dimension, member, metric
    and the values of that driver row). `expected_effect` is the money per week it is about; null where the files do
    not say.
    """
    cases = cases or Cases()
    end = week + dt.timedelta(days=6)
    start = end - dt.timedelta(days=settings.current_days - 1)
    answered = list(_answers(findings, start, end, cases))
    named = {row["member"] for row in answered}
    # A campaign whose week is explained by a finding gets no second advice from the same figures.
    rows = answered + [row for row in _campaign_advice(diagnoses, cases) if row["member"] not in named]
    if not rows:
        return DIAGNOSES.empty()
    table = pl.DataFrame(rows, infer_schema_length=None).with_columns(kind=pl.lit("recommendation"))
    table = table.sort("expected_effect", "playbook", "member", descending=[True, False, False], nulls_last=True)
    return DIAGNOSES.conform(table.with_columns(rank=pl.int_range(1, pl.len() + 1)))


def _answers(findings: pl.DataFrame, start: dt.date, end: dt.date, cases: Cases) -> Iterator[Row]:
    """One row a finding that lies in the current days, at least in part."""
    for finding in findings.filter((pl.col("start") <= end) & (pl.col("end") >= start)).iter_rows(named=True):
        if finding["kind"] not in playbooks():
            continue
        money, days = finding["money_at_stake"], (finding["end"] - finding["start"]).days + 1
        level = next((name for name in ("campaign", "channel", "platform") if finding[name] is not None), None)
        yield {
            "playbook": finding["kind"],
            "metric": finding["metric"],
            "dimension": level,
            "member": finding[level] if level else None,
            "start": finding["start"],
            "end": finding["end"],
            "baseline_value": finding["expected"],
            "current_value": finding["observed"],
            "contribution": _difference(finding["observed"], finding["expected"]),
            "expected_effect": None if money is None else money * min(1.0, cases.week / days),
            "finding_id": finding["finding_id"],
        }


def _difference(observed: float | None, expected: float | None) -> float | None:
    return None if observed is None or expected is None else observed - expected


def _campaign_advice(diagnoses: pl.DataFrame, cases: Cases) -> Iterator[Row]:
    """Advice that follows from campaigns' spend and revenue of the two periods; at most one a campaign."""
    drivers = diagnoses.filter(
        (pl.col("kind") == "driver") & (pl.col("dimension") == "campaign") & ~pl.col("member").is_in([OTHER, UNNAMED])
    )
    spend, revenue = (drivers.filter(pl.col("metric") == name) for name in ("spend", "revenue"))
    both = revenue.join(spend.select("member", s="current_value", s0="baseline_value"), on="member").filter(
        pl.col("s") > 0
    )
    if both.is_empty():
        return
    both = both.with_columns(roas=pl.col("current_value") / pl.col("s")).sort(
        "roas", "member", descending=[True, False]
    )
    total_spend, total_revenue = float(both["s"].sum()), float(both["current_value"].sum())
    large = both.filter(pl.col("s") >= cases.least_share * total_spend)
    best = next(large.iter_rows(named=True), None)
    length = _days(diagnoses)
    for row in large.iter_rows(named=True):
        advice = _case(row, best, total_revenue / total_spend, cases)
        if advice is not None:
            playbook, money = advice
            yield {
                **{name: row[name] for name in DIAGNOSES.columns if name not in ("rank", "kind", "playbook")},
                "playbook": playbook,
                "expected_effect": money * playbooks()[playbook].share * cases.week / length,
            }


def _case(row: Row, best: Row | None, account_roas: float, cases: Cases) -> tuple[str, float] | None:
    """The playbook for one campaign, and the money of the period that it is about."""
    before, now, roas = row["baseline_value"], row["current_value"], row["roas"]
    usual = before / row["s0"] * row["s"] if row["s0"] else None
    if best and roas < cases.poor * account_roas and best["roas"] >= cases.better * max(roas, 0.0):
        return "move_budget", row["s"]
    if usual and row["effect"] == "rate" and usual - now >= cases.lost * usual:
        return "efficiency_drop", usual - now
    if usual and roas >= account_roas and now >= usual and row["contribution"] >= cases.gained * before > 0:
        return "scale_winner", row["s"]
    return None


def _days(diagnoses: pl.DataFrame) -> int:
    start, end = diagnoses["start"].drop_nulls(), diagnoses["end"].drop_nulls()
    return int((end[0] - start[0]).days) + 1
