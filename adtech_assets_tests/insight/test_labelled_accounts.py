"""The invented accounts that detectors are tuned and measured on: reproducible, well formed, and truly labelled."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise
from typing import Any

import labelled_accounts
import polars as pl
import pytest

SEEDS = range(500, 512)
KINDS = {"spend_spike", "performance_drop", "revenue_spike", "ctr_decline", "budget_exhaustion"}


@pytest.fixture(scope="module")
def accounts() -> list[tuple[pl.DataFrame, list[dict[str, Any]]]]:
    return [labelled_accounts.account(seed) for seed in SEEDS]


def days_of(frame: pl.DataFrame, label: dict[str, Any]) -> pl.DataFrame:
    start, end = (dt.date.fromisoformat(label[at]) for at in ("start", "end"))
    return frame.filter(pl.col("campaign") == label["campaign"], pl.col("date").is_between(start, end))


def test_a_seed_gives_the_same_account_twice() -> None:
    first, second = labelled_accounts.account(7), labelled_accounts.account(7)
    assert first[0].equals(second[0])
    assert first[1] == second[1]
    assert not first[0].equals(labelled_accounts.account(8)[0])


def test_rows_are_unique_and_counts_nest(accounts: list[tuple[pl.DataFrame, list[dict[str, Any]]]]) -> None:
    for frame, _ in accounts:
        assert tuple(frame.columns) == labelled_accounts.COLUMNS
        assert not frame.select("date", "campaign").is_duplicated().any()
        assert frame.null_count().sum_horizontal().item() == 0
        assert frame.filter(pl.col("clicks") > pl.col("impressions")).is_empty()
        assert frame.filter((pl.col("spend") == 0) & (pl.col("impressions") + pl.col("revenue") > 0)).is_empty()


def test_all_kinds_and_tiers_occur_about_once_in_24_campaign_weeks(
    accounts: list[tuple[pl.DataFrame, list[dict[str, Any]]]],
) -> None:
    labels = [label for _, found in accounts for label in found]
    weeks = sum(frame.height for frame, _ in accounts) / 7
    assert set(Counter(label["kind"] for label in labels)) == KINDS
    assert set(Counter(label["tier"] for label in labels)) == {"easy", "medium", "hard"}
    assert 20 < weeks / len(labels) < 30


def test_an_exhausted_budget_spends_next_to_nothing_and_a_labelled_spike_much(
    accounts: list[tuple[pl.DataFrame, list[dict[str, Any]]]],
) -> None:
    for frame, labels in accounts:
        usual = dict(frame.filter(pl.col("spend") > 0).group_by("campaign").agg(pl.col("spend").median()).iter_rows())
        for label in labels:
            days = days_of(frame, label)
            if label["kind"] == "budget_exhaustion":
                length = (dt.date.fromisoformat(label["end"]) - dt.date.fromisoformat(label["start"])).days + 1
                assert days.height < length or days["spend"].min() < 0.2 * usual[label["campaign"]]
            if label["kind"] == "spend_spike" and label["tier"] == "easy":
                assert days["spend"].max() > 0.9 * usual[label["campaign"]]


def test_events_of_one_campaign_lie_apart(accounts: list[tuple[pl.DataFrame, list[dict[str, Any]]]]) -> None:
    for _, labels in accounts:
        spans: dict[str, list[tuple[str, str]]] = {}
        for label in labels:
            spans.setdefault(label["campaign"], []).append((label["start"], label["end"]))
        for of_campaign in spans.values():
            ordered = sorted(of_campaign)
            assert all(before[1] < after[0] for before, after in pairwise(ordered))
