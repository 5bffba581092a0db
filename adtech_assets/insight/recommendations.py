"""What to do: one playbook an insight, with what following it may bring and how to test that.

Belongs here: choosing and pricing. Does not: which evidence calls for which playbook (the sources of insights), the
playbooks' words (`playbooks.yaml`), sentences of the report (`narrative`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from pydantic import Field

from adtech_assets.insight.insight_tables import RECOMMENDATION_COLUMNS, frame
from adtech_assets.insight.playbooks import DATA_FIRST, HowToTest, Playbook, playbooks
from adtech_assets.insight.segment_text import WHOLE, in_words, segment_of
from adtech_assets.metrics.model import semantic_model
from adtech_assets.settings import Group


class RecommendationRules(Group):
    """How many, and from which insights."""

    most: int = Field(10, ge=1, description="recommendations a week")
    least_confidence: float = Field(0.3, ge=0, le=1, description="an insight less sure than this gets no advice")


def recommend(
    insights: pl.DataFrame, *, messages: Mapping[str, str] | None = None, rules: RecommendationRules | None = None
) -> pl.DataFrame:
    """What to do about a week's insights (INSIGHT_COLUMNS): RECOMMENDATION_COLUMNS: figures to be checked first, then most money.

    One an insight that has enough data and calls for a playbook, one a playbook and segment. messages: insight id ->
    JSON list of drafted messages with the evidence each rests on.
    """
    rules = rules or RecommendationRules()
    calls = insights.filter("enough", pl.col("confidence") >= rules.least_confidence, pl.col("playbook").is_not_null())
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for insight in calls.sort("rank").iter_rows(named=True):
        book = playbooks().get(insight["playbook"])
        if book is not None:
            made = _row(insight, book, (messages or {}).get(insight["insight_id"]))
            rows.setdefault((insight["playbook"], insight["segment"]), made)
    table = frame(rows.values(), RECOMMENDATION_COLUMNS).sort(
        pl.col("playbook").is_in(DATA_FIRST), "expected_effect", "rank",
        descending=[True, True, False], nulls_last=True, maintain_order=True,
    )  # fmt: skip
    return table.head(rules.most).with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def _row(insight: Mapping[str, Any], book: Playbook, messages: str | None) -> dict[str, Any]:
    expected, basis = _expected(insight, book)
    test = book.test_it
    return {
        "rank": insight["rank"],
        "playbook": insight["playbook"],
        "insight_id": insight["insight_id"],
        "finding_id": insight["finding_id"],
        "segment": insight["segment"],
        "metric": insight["metric"],
        "title": book.title,
        "advice": book.advice,
        "test_it": _how_to_test(test),
        "expected_effect": expected,
        "basis": basis,
        "confidence": insight["confidence"],
        "messages": messages,
    }


def _expected(insight: Mapping[str, Any], book: Playbook) -> tuple[float | None, str]:
    """(money a week, one sentence on where it comes from)."""
    who, money = in_words(segment_of(insight["segment"])), insight["money"]
    if not book.priced:
        return (
            None,
            f"No money is promised: the advice is about the figures of {who}, or about waiting for more of them.",
        )
    if money is None:
        return None, f"The files do not say what this is worth for {who}."
    expected = money * book.share
    share = f"{book.share:.0%}"
    return expected, (
        f"{_grounds(insight, who)}; it is put at {_figure(money)} a week, of which {share}, {_figure(expected)}, "
        "is taken as what can be had."
    )


def _grounds(insight: Mapping[str, Any], who: str) -> str:
    """The figures that the money comes from."""
    metric, contribution = insight["metric"], insight["contribution"]
    values = _figure(insight["current_value"])
    if insight["baseline_value"] is not None:
        values += f" after {_figure(insight['baseline_value'])}"
    label = semantic_model().metric(metric).label
    said = f"{label} of {who}: {values}"
    if contribution is None:
        return said
    return f"{said}, which changed that of the account by {_figure(contribution)}" if who != WHOLE else said


def _how_to_test(test: HowToTest) -> str:
    label = semantic_model().metric(test.metric).label
    return f"Watch {label} for {test.days} {'day' if test.days == 1 else 'days'}. {test.success}"


def _figure(value: float | None) -> str:
    if value is None:
        return "an unknown value"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4g}"
