"""The search for causes: the same whatever the rows are called or ordered, one cause once, and never an exception."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from bent_accounts import BASELINE, CURRENT, DIMENSIONS, METRICS, START, Bend, account, why
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.causes.explanation import Explanation, explain
from adtech_assets.insight.causes.search import Search

VERDICTS = {"segments", "whole_account", "ordinary_drift", "not_enough_data"}
ASKED = (*METRICS, "ctr", "cvr", "cpc", "cpm", "cac", "roas", "aov")
TWO_FAULTS = (
    Bend({"country": "BE"}, {"delivery": 0.5}),
    Bend({"platform": "social", "device": "mobile"}, {"cvr": 0.5}),
)


def told(found: Explanation) -> list[tuple[str, str, str]]:
    """Who did what, in one order."""
    blamed = [("cause", b) for b in found.causes] + [("offset", b) for b in found.offsets]
    return sorted((role, str(sorted(b.segment.items())), f"{b.fault} {b.effect}") for role, b in blamed)


def check(found: Explanation, metric: str) -> None:
    """What holds of any answer to anything."""
    assert found.metric == metric
    assert found.verdict in VERDICTS
    assert found.sentence
    for figure in (found.before, found.now):
        assert figure is None or math.isfinite(figure)
    for blamed in (*found.causes, *found.offsets):
        assert 0 <= blamed.confidence <= 1
        assert 0 <= blamed.p_value <= 1
        figures = (blamed.contribution, blamed.factor, blamed.evidence, blamed.share or 0.0)
        assert all(math.isfinite(figure) for figure in figures)
        assert all(member not in (None, "None", "null") for member in blamed.segment.values())
    if found.verdict == "not_enough_data":
        assert found.sentence.startswith("not enough data: ")
        assert not found.causes


def test_the_same_rows_give_the_same_answer_to_the_last_bit() -> None:
    assert why(account(*TWO_FAULTS), "revenue") == why(account(*TWO_FAULTS), "revenue")


@pytest.mark.parametrize("metric", ["conversions", "revenue", "cac"])
def test_the_order_of_rows_does_not_matter(metric: str) -> None:
    rows = account(*TWO_FAULTS)
    straight, shuffled = why(rows, metric), why(rows.sample(fraction=1, shuffle=True, seed=4), metric)
    assert told(straight)
    assert told(straight) == told(shuffled)
    assert [c.contribution for c in shuffled.causes] == pytest.approx([c.contribution for c in straight.causes])


def test_rows_that_state_the_same_day_in_parts_count_as_their_sum() -> None:
    rows = account(*TWO_FAULTS)
    halves = pl.concat([rows.with_columns(pl.col(METRICS) * share) for share in (0.25, 0.75)])
    assert told(why(halves, "conversions")) == told(why(rows, "conversions"))


def test_names_of_members_do_not_matter() -> None:
    rows = account(*TWO_FAULTS)
    names = sorted({member for name in DIMENSIONS for member in rows[name].unique()})
    other = dict(zip(names, (f"m{(7 * at) % len(names):02d}" for at in range(len(names))), strict=True))
    renamed = why(rows.with_columns(pl.col(DIMENSIONS).replace_strict(other)), "conversions")
    expected = [{name: other[member] for name, member in c.segment.items()} for c in why(rows, "conversions").causes]
    assert len(expected) == 2
    assert [cause.segment for cause in renamed.causes] == expected


@pytest.mark.parametrize("rate", [0.01, 0.9, 150.0])
@pytest.mark.parametrize("metric", ["spend", "revenue", "conversions", "cac"])
def test_the_currency_does_not_change_who_is_to_blame(metric: str, rate: float) -> None:
    rows = account(*TWO_FAULTS, Bend({"campaign": "D"}, {"cpm": 1.7}))
    euros, others = why(rows, metric), why(rows.with_columns(pl.col("spend", "revenue") * rate), metric)
    assert euros.causes
    assert told(euros) == told(others)
    scale = 1.0 if metric == "conversions" else rate
    expected = [cause.contribution * scale for cause in euros.causes]
    assert [cause.contribution for cause in others.causes] == pytest.approx(expected, rel=0.02)


def test_a_cause_is_not_blamed_again_in_its_parts_nor_said_twice() -> None:
    for seed in range(6):
        found = why(account(Bend({"country": "BE"}, {"delivery": 0.4}), seed=seed), "clicks")
        assert [blamed.segment for blamed in (*found.causes, *found.offsets)] == [{"country": "BE"}]


def test_the_smallest_segment_that_moved_is_named_not_what_contains_it() -> None:
    part = {"campaign": "E", "country": "FI"}
    found = why(account(Bend(part, {"delivery": 0.1})), "impressions")
    assert [cause.segment for cause in found.causes] == [part]


def test_what_a_user_allows_bounds_the_answer() -> None:
    rows = account(*TWO_FAULTS)
    assert len(explain(rows, "conversions", BASELINE, CURRENT, DIMENSIONS, Search(most=1)).causes) == 1
    assert explain(rows, "conversions", BASELINE, CURRENT, DIMENSIONS, Search(odds=1e6)).verdict != "segments"
    for cause in explain(rows, "conversions", BASELINE, CURRENT, DIMENSIONS, Search(longest=1)).causes:
        assert len(cause.segment) == 1


def in_baseline(rows: pl.DataFrame) -> pl.Expr:
    return pl.col("date") < CURRENT[0]


LACKING: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str, str]] = {
    "no rows at all": (lambda rows: rows.head(0), "clicks", "baseline"),
    "no rows before": (lambda rows: rows.filter(~in_baseline(rows)), "clicks", "baseline"),
    "no rows now": (lambda rows: rows.filter(in_baseline(rows)), "clicks", "current"),
    "a column that is not there": (lambda rows: rows.drop("revenue"), "revenue", "revenue"),
    "a ratio of a column that is not there": (lambda rows: rows.drop("revenue"), "roas", "revenue"),
    "a column without a value": (lambda rows: rows.with_columns(revenue=pl.lit(None, pl.Float64)), "roas", "revenue"),
    "unknown in one of the periods": (
        lambda rows: rows.with_columns(revenue=pl.when(in_baseline(rows)).then("revenue")), "revenue", "revenue",
    ),
    "a denominator of 0": (lambda rows: rows.with_columns(clicks=0.0 * pl.col("clicks")), "cvr", "denominator"),
    "a denominator of 0 before": (
        lambda rows: rows.with_columns(clicks=pl.when(in_baseline(rows)).then(0.0).otherwise("clicks")), "cvr", "denominator",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LACKING)
def test_what_is_lacking_is_said(case: str) -> None:
    changed, metric, word = LACKING[case]
    found = why(changed(account()), metric)
    check(found, metric)
    assert found.verdict == "not_enough_data"
    assert word in found.sentence


SCANTY: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "one day before and one now": lambda rows: rows.filter(pl.col("date").is_in([BASELINE[1], CURRENT[0]])),
    "one leaf": lambda rows: rows.filter(
        campaign="A", country="AT", device="mobile"
    ),
    "all zeros": lambda rows: rows.with_columns(pl.col(METRICS) * 0),
    "all zeros now": lambda rows: rows.with_columns(pl.col(METRICS) * in_baseline(rows)),
    "all zeros before": lambda rows: rows.with_columns(pl.col(METRICS) * ~in_baseline(rows)),
    "all dimensions null": lambda rows: rows.with_columns(pl.lit(None, pl.String).alias(name) for name in DIMENSIONS),
    "no member of before is there now": lambda rows: rows.with_columns(
        campaign=pl.when(in_baseline(rows)).then(pl.col("campaign") + " old").otherwise("campaign")
    ),
    "negative revenue": lambda rows: rows.with_columns(revenue=-pl.col("revenue")),
    "refunds in one country": lambda rows: rows.with_columns(
        revenue=pl.when(pl.col("country") == "BE").then(-5 * pl.col("revenue")).otherwise("revenue")
    ),
    "NaN in a cell": lambda rows: rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 700).then(math.nan).otherwise(pl.col(METRICS)).name.keep()
    ),
    "infinity in a cell": lambda rows: rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 700).then(math.inf).otherwise(pl.col(METRICS)).name.keep()
    ),
    "a figure too large by far": lambda rows: rows.with_columns(
        spend=pl.when(pl.int_range(pl.len()) == 700).then(1e15).otherwise("spend")
    ),
    "more conversions than clicks": lambda rows: rows.with_columns(conversions=pl.col("clicks") * 3),
    "nulls here and there": lambda rows: rows.with_columns(
        pl.when(pl.int_range(pl.len()) % 3 > 0).then(pl.col(METRICS)).name.keep()
    ),
}  # fmt: skip


@pytest.mark.parametrize("metric", ASKED)
@pytest.mark.parametrize("case", SCANTY)
def test_scanty_or_broken_rows_get_an_answer_with_finite_figures(case: str, metric: str) -> None:
    check(why(SCANTY[case](account()), metric), metric)


def test_without_dimensions_only_the_whole_account_can_be_to_blame() -> None:
    rows = account(Bend({}, {"delivery": 0.4}))
    found = explain(rows, "clicks", BASELINE, CURRENT, ())
    assert (found.verdict, [cause.segment for cause in found.causes]) == ("whole_account", [{}])
    assert explain(account(), "clicks", BASELINE, CURRENT, ()).verdict == "ordinary_drift"


def test_what_is_not_stated_is_never_blamed() -> None:
    rows = account(Bend({"country": "BE"}, {"delivery": 0.2}))
    unnamed = rows.with_columns(country=pl.when(pl.col("country") != "BE").then("country"))
    found = why(unnamed, "conversions")
    check(found, "conversions")
    assert all("country" not in blamed.segment or blamed.segment["country"] != "BE" for blamed in found.causes)


VALUES = st.one_of(
    st.none(), st.sampled_from([0.0, -3.0, math.nan, math.inf, -math.inf, 1e12, 1e-9]), st.floats(1e-6, 1e4)
)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 20), st.sampled_from(["A", "B", None]), st.sampled_from(["AT", "BE", ""]),
        st.tuples(*(VALUES for _ in METRICS)),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(ASKED), st.sets(st.sampled_from(METRICS)))
def test_no_rows_whatsoever_raise(
    rows: list[tuple[int, str | None, str, tuple[float | None, ...]]], metric: str, dropped: set[str]
) -> None:
    frame = pl.DataFrame(
        [(START + dt.timedelta(days=day), campaign, country, *values) for day, campaign, country, values in rows],
        schema={"date": pl.Date, "campaign": pl.String, "country": pl.String, **dict.fromkeys(METRICS, pl.Float64)},
        orient="row",
    ).drop(dropped)
    check(explain(frame, metric, BASELINE, CURRENT, ("campaign", "country")), metric)


def test_a_hundred_thousand_rows_of_six_dimensions_take_seconds() -> None:
    rng = np.random.default_rng(2)
    rows, leaves = 100_000, 5_000
    at, day = rng.integers(0, leaves, rows), rng.integers(0, 21, rows)
    names = {f"d{n}": np.array([f"{n}-{m}" for m in rng.integers(0, n, leaves)]) for n in (3, 5, 8, 9, 20, 60)}
    clicks = rng.poisson(np.where((names["d20"][at] == "20-3") & (day >= 14), 5, 10)).astype(float)
    frame = pl.DataFrame({
        "date": pl.Series(np.datetime64(START) + day).cast(pl.Date),
        **{name: members[at] for name, members in names.items()},
        "clicks": clicks, "conversions": rng.poisson(clicks * 0.05).astype(float),
    })  # fmt: skip
    start = time.process_time()
    found = explain(frame, "conversions", BASELINE, CURRENT, list(names))
    assert time.process_time() - start < 10  # about 0.5
    assert [cause.segment for cause in found.causes] == [{"d20": "20-3"}]
