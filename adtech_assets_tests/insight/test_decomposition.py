"""Parts add up to the change, whatever the data; each part is what the formula it is named by says."""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adtech_assets.insight.decomposition import (
    LADDER,
    OTHER,
    UNNAMED,
    NotEnoughData,
    chain,
    split,
)
from adtech_assets.metrics.model import ADDITIVE, RATIOS, semantic_model

METRICS = (*ADDITIVE, *RATIOS)
BY = ("platform", "campaign", "device")
CHAIN = ["spend", "cpm", "ctr", "cvr", "aov"]

amount = st.one_of(st.none(), st.just(0.0), st.integers(0, 500).map(float), st.floats(0, 1e6))
signed = st.one_of(amount, st.floats(-1e4, 1e6))
leaf = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["meta", "tiktok", None]),
        "campaign": st.sampled_from([*(f"c{n}" for n in range(5)), None, OTHER]),
        "device": st.sampled_from(["phone", "desk"]),
        **{
            f"{name}{suffix}": signed if name == "revenue" else amount
            for name in ADDITIVE
            for suffix in ("", "_before")
        },
    }
)
FLOATS = {f"{name}{suffix}": pl.Float64 for name in ADDITIVE for suffix in ("", "_before")}
SCHEMA = {**dict.fromkeys(BY, pl.String), **FLOATS}


def leaves(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


def account(before: Mapping[str, float | None], now: Mapping[str, float | None]) -> pl.DataFrame:
    return leaves([{**{f"{name}_before": value for name, value in before.items()}, **now}])


def known(values: list[float | None]) -> float | None:
    stated = [value for value in values if value is not None]
    return math.fsum(stated) if stated else None


def value(periods: pl.DataFrame, metric: str, suffix: str = "") -> float | None:
    """The metric of all rows, reckoned apart from the code under test."""
    definition = semantic_model().metric(metric)
    if definition.numerator is None:
        return known(periods[f"{metric}{suffix}"].to_list())
    over, under = (
        known(periods[f"{side}{suffix}"].to_list()) for side in (definition.numerator, definition.denominator)
    )
    return None if over is None or under is None or abs(under) < 1e-6 else definition.scale * over / under


def adds_up(parts: pl.DataFrame, before: float, now: float) -> bool:
    contributions = parts["contribution"].to_list()
    size = max(abs(before), abs(now), math.fsum(map(abs, contributions)))
    return math.isclose(math.fsum(contributions), now - before, rel_tol=1e-9, abs_tol=1e-9 * size)


def largest(values: pl.Series) -> float:
    return max(map(abs, values.drop_nulls().to_list()), default=0.0)


def is_finite(frame: pl.DataFrame) -> bool:
    floats = frame.select(pl.col(pl.Float64))
    return all(column.drop_nulls().is_finite().all() for column in floats) and not frame["contribution"].null_count()


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(leaf, max_size=25),
    metric=st.sampled_from(METRICS),
    by=st.permutations(BY).flatmap(lambda all_three: st.integers(1, 3).map(lambda n: all_three[:n])),
    members=st.one_of(st.none(), st.integers(1, 6)),
)
def test_parts_of_members_sum_to_the_change_or_it_is_said_what_is_missing(
    rows: list[dict[str, object]], metric: str, by: list[str], members: int | None
) -> None:
    periods = leaves(rows)
    before, now = value(periods, metric, "_before"), value(periods, metric)
    if before is None or now is None:
        with pytest.raises(NotEnoughData, match="baseline" if before is None else "current"):
            split(periods, metric, by, members)
        return
    parts = split(periods, metric, by, members)
    assert parts.columns == [*by, "before", "now", "rate", "mix", "contribution", "share_of_change"]
    assert adds_up(parts, before, now)
    assert is_finite(parts)
    assert not parts.select(by).is_duplicated().any()
    assert parts.height <= (members or len(rows)) + 1
    if metric in RATIOS:
        unexplained = parts["rate"] + parts["mix"] - parts["contribution"]
        assert largest(unexplained) <= 1e-9 * max(map(largest, parts["rate", "mix", "contribution"]))
    else:
        assert parts["rate"].null_count() == parts["mix"].null_count() == parts.height
    shares = parts["share_of_change"].drop_nulls()
    assert shares.is_empty() or shares.sum() == pytest.approx(1, abs=1e-6 * (1 + math.fsum(map(abs, shares))))


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(leaf, max_size=8), metric=st.sampled_from(METRICS), lacking=st.sets(st.sampled_from(ADDITIVE)))
def test_factors_of_the_chain_sum_to_the_change_or_it_is_said_what_is_missing(
    rows: list[dict[str, object]], metric: str, lacking: set[str]
) -> None:
    periods = leaves(rows).with_columns(pl.lit(None, pl.Float64).alias(name) for name in lacking)
    before, now = value(periods, metric, "_before"), value(periods, metric)
    dropped = periods.drop(f"{name}{suffix}" for name in lacking for suffix in ("", "_before"))
    if before is None or now is None:
        with pytest.raises(NotEnoughData):
            chain(dropped, metric)
        return
    parts = chain(dropped, metric)
    assert parts.columns == ["factor", "before", "now", "contribution"]
    assert adds_up(parts, before, now)
    assert is_finite(parts)
    assert parts.height and parts["factor"].is_unique().all()


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(leaf, max_size=12), metric=st.sampled_from(METRICS))
def test_exchanging_the_periods_only_changes_signs(rows: list[dict[str, object]], metric: str) -> None:
    periods = leaves(rows)
    swapped = periods.rename(
        {name: f"{name}_before" for name in ADDITIVE} | {f"{name}_before": name for name in ADDITIVE}
    )
    assume(value(periods, metric) is not None and value(periods, metric, "_before") is not None)
    for there, back, key in (
        (split(periods, metric, ["campaign"]), split(swapped, metric, ["campaign"]), "campaign"),
        (chain(periods, metric), chain(swapped, metric), "factor"),
    ):
        both = there.join(back, on=key, validate="1:1")
        assert both.height == there.height == back.height
        for name in {"rate", "mix", "contribution"} & set(there.columns):
            values = zip(both[name], both[f"{name}_right"], strict=True)
            size = 1 + largest(both[name])
            assert all(a is b is None or a == pytest.approx(-b, abs=1e-6 * size) for a, b in values)


def test_rate_and_mix_of_a_ratio_are_weighted_by_the_means_of_both_periods() -> None:
    periods = leaves(
        [
            {"campaign": "a", "clicks_before": 100, "conversions_before": 10, "clicks": 300, "conversions": 24},
            {"campaign": "b", "clicks_before": 300, "conversions_before": 6, "clicks": 300, "conversions": 6},
        ]
    )
    parts = split(periods, "cvr", ["campaign"])
    assert parts["campaign"].to_list() == ["b", "a"]
    assert parts.row(1, named=True) == pytest.approx(
        {
            "campaign": "a",
            "before": 0.1,
            "now": 0.08,
            "rate": (0.25 + 0.5) / 2 * (0.08 - 0.1),
            "mix": 0.25 * (0.09 - 0.045),
            "contribution": 0.375 * -0.02 + 0.25 * 0.045,
            "share_of_change": (0.375 * -0.02 + 0.25 * 0.045) / 0.01,
        }
    )
    assert parts["rate"][0] == pytest.approx(0, abs=1e-15)
    assert parts["mix"][0] == pytest.approx(-0.25 * (0.02 - 0.045))


def test_a_shift_between_members_whose_rates_stay_is_mix_alone() -> None:
    periods = leaves(
        [
            {"device": "phone", "clicks_before": 100, "conversions_before": 1, "clicks": 300, "conversions": 3},
            {"device": "desk", "clicks_before": 300, "conversions_before": 15, "clicks": 100, "conversions": 5},
        ]
    )
    parts = split(periods, "cvr", ["device"])
    assert parts["rate"].to_list() == pytest.approx([0, 0], abs=1e-15)
    assert (parts["mix"] < 0).all()


@pytest.mark.parametrize("gone", [False, True], ids=["new", "gone"])
def test_a_member_of_one_period_is_all_mix(gone: bool) -> None:
    here, there = ("_before", "") if gone else ("", "_before")
    lasting = {"campaign": "a", "spend": 100, "spend_before": 90, "revenue": 300, "revenue_before": 280}
    for absent in (None, 0):
        single = {"campaign": "b", f"spend{here}": 50, f"revenue{here}": 10, f"spend{there}": absent}
        row = split(leaves([lasting, single]), "roas", ["campaign"]).row(
            by_predicate=pl.col("campaign") == "b", named=True
        )
        assert row["rate"] == 0
        assert row["mix"] == row["contribution"] != 0
        assert row["before" if gone else "now"] == pytest.approx(0.2)
        assert row["now" if gone else "before"] is None


def test_what_a_member_without_a_denominator_brings_is_rate() -> None:
    lasting = {"campaign": "a", "spend": 100, "spend_before": 100, "revenue": 300, "revenue_before": 300}
    free = {"campaign": "mail", "revenue": 40}
    row = split(leaves([lasting, free]), "roas", ["campaign"]).row(0, named=True)
    assert (row["campaign"], row["rate"], row["mix"]) == ("mail", pytest.approx(0.4), 0)


def test_a_tiny_denominator_does_not_spoil_the_contribution() -> None:
    ordinary = {"campaign": "a", "spend": 1e5, "spend_before": 1e5, "revenue": 3e5, "revenue_before": 2e5}
    tiny = {"campaign": "b", "spend": 1e-300, "spend_before": 10, "revenue": 900, "revenue_before": 30}
    parts = split(leaves([ordinary, tiny]), "roas", ["campaign"])
    assert is_finite(parts)
    assert adds_up(parts, 200_030 / 100_010, 300_900 / 100_000)


def test_the_scale_of_a_ratio_is_that_of_the_semantic_model() -> None:
    periods = account({"spend": 10, "impressions": 1000}, {"spend": 24, "impressions": 2000})
    assert split(periods, "cpm", ["campaign"]).row(0)[1:5] == (10, 12, 2, 0)
    assert chain(periods, "cpm").rows() == [("cpm", 10, 12, pytest.approx(2))]


def test_past_the_largest_parts_the_rest_is_one_row_of_their_sums() -> None:
    rows = [
        {"campaign": f"c{n}", "spend": 10.0, "spend_before": 10, "revenue": 10.0 * n, "revenue_before": 20}
        for n in range(6)
    ]
    full, cut = (split(leaves(rows), "roas", ["campaign", "device"], members) for members in (None, 2))
    assert cut["campaign"].to_list() == ["c5", "c0", OTHER]
    assert cut["device"].to_list() == [UNNAMED, UNNAMED, OTHER]
    assert cut.head(2).equals(full.head(2))
    rest = cut.row(2, named=True)
    assert (rest["before"], rest["now"]) == (2, 2.5)
    for name in ("rate", "mix", "contribution", "share_of_change"):
        assert rest[name] == pytest.approx(full[name][2:].sum())


def test_a_campaign_called_other_is_one_row_with_the_rest() -> None:
    rows = [{"campaign": name, "spend": 9.0, "spend_before": 1} for name in (OTHER, "a", "b")]
    cut = split(leaves(rows), "spend", ["campaign"], 1)
    assert cut.rows() == [
        ("a", 1, 9, None, None, 8, pytest.approx(1 / 3)),
        (OTHER, 2, 18, None, None, 16, pytest.approx(2 / 3)),
    ]


def test_what_is_unknown_stays_null_and_a_member_that_never_states_the_metric_has_no_row() -> None:
    periods = leaves(
        [{"campaign": "a", "revenue": 5}, {"campaign": "b", "revenue_before": 3}, {"campaign": "c", "spend": 1}]
    )
    parts = split(periods, "revenue", ["campaign"])
    assert parts.select("campaign", "before", "now", "contribution").rows() == [("a", None, 5, 5), ("b", 3, None, -3)]


def test_without_a_change_there_is_no_share_of_it() -> None:
    rows = [
        {"campaign": "a", "clicks": 0.1 + 0.2, "clicks_before": 0.3},
        {"campaign": "b", "clicks": 1, "clicks_before": 1},
    ]
    assert split(leaves(rows), "clicks", ["campaign"])["share_of_change"].null_count() == 2


@pytest.mark.parametrize(
    ("before", "now", "metric", "said"),
    [
        ({}, {"revenue": 1}, "revenue", "no row of the baseline period states Revenue"),
        ({"clicks": 9, "conversions": 1}, {"conversions": 1}, "cvr",
         "no row of the current period states Clicks, and CVR has no value without"),
        ({"clicks": 9, "conversions": 1}, {"clicks": 0, "conversions": 0}, "cvr",
         "Clicks add up to 0 in the current period, so CVR has no value there"),
        ({"spend": math.nan}, {"spend": math.inf}, "spend", "no row of the baseline period states Spend"),
    ],
    ids=["unknown metric", "unknown denominator", "denominator 0", "no numbers"],
)  # fmt: skip
def test_what_is_missing_is_said(before: dict[str, float], now: dict[str, float], metric: str, said: str) -> None:
    for explain in (chain, lambda periods, name: split(periods, name, ["campaign"])):
        with pytest.raises(NotEnoughData) as raised:
            explain(account(before, now), metric)
        assert str(raised.value) == said


def test_no_dimension_an_unknown_one_or_too_many_are_refused() -> None:
    periods = account({"spend": 1}, {"spend": 2})
    for by, members in (
        ([], None),
        (["moon"], None),
        ([*BY, "spend"], None),
        (["device", "device"], None),
        (["device"], 0),
    ):
        with pytest.raises(ValueError, match=r"dimension|member"):
            split(periods, "spend", by, members)
    with pytest.raises(KeyError):
        split(periods, "luck", ["device"])


BEFORE = {"spend": 100.0, "impressions": 20_000.0, "clicks": 400.0, "conversions": 20.0, "revenue": 1000.0}
NOW = {"spend": 150.0, "impressions": 20_000.0, "clicks": 500.0, "conversions": 20.0, "revenue": 900.0}


@pytest.mark.parametrize(
    ("metric", "factors"),
    [
        ("revenue", CHAIN),
        ("conversions", CHAIN[:4]),
        ("clicks", CHAIN[:3]),
        ("impressions", CHAIN[:2]),
        ("spend", CHAIN[:1]),
        ("roas", CHAIN[1:]),
        ("cac", CHAIN[1:4]),
        ("cpc", CHAIN[1:3]),
        ("cpm", CHAIN[1:2]),
        ("ctr", CHAIN[2:3]),
        ("cvr", CHAIN[3:4]),
        ("aov", CHAIN[4:]),
    ],
)
def test_every_metric_is_a_product_of_the_chain_s_factors(metric: str, factors: list[str]) -> None:
    periods = account(BEFORE, NOW)
    parts = chain(periods, metric)
    assert parts["factor"].to_list() == factors
    for row in parts.iter_rows(named=True):
        assert row["before"] == pytest.approx(value(periods, row["factor"], "_before"))
        assert row["now"] == pytest.approx(value(periods, row["factor"]))


def test_a_factor_has_the_logarithmic_mean_times_its_own_growth() -> None:
    parts = chain(account(BEFORE, NOW), "revenue")
    mean = (900 - 1000) / math.log(0.9)
    growths = {"spend": 1.5, "cpm": 1 / 1.5, "ctr": 1.25, "cvr": 0.8, "aov": 0.9}
    expected = {name: pytest.approx(mean * math.log(growth)) for name, growth in growths.items()}
    assert dict(parts.select("factor", "contribution").rows()) == expected


def test_a_dearer_thousand_raises_the_cost_of_a_conversion_and_a_better_rate_lowers_it() -> None:
    parts = dict(chain(account(BEFORE, NOW), "cac").select("factor", "contribution").rows())
    mean = 2.5 / math.log(1.5)
    assert parts["cpm"] == pytest.approx(mean * math.log(1.5))
    assert parts["ctr"] == pytest.approx(-mean * math.log(1.25))
    assert parts["cvr"] == pytest.approx(-mean * math.log(0.8))


@pytest.mark.parametrize(
    ("metric", "unknown", "factors"),
    [
        ("revenue", ["impressions"], ["spend", "cpc", "cvr", "aov"]),
        ("revenue", ["clicks"], ["spend", "cac", "aov"]),
        ("revenue", ["impressions", "clicks"], ["spend", "cac", "aov"]),
        ("revenue", ["conversions"], ["spend", "roas"]),
        ("revenue", ["spend"], ["impressions", "ctr", "cvr", "aov"]),
        ("revenue", ["spend", "impressions", "clicks", "conversions"], ["revenue"]),
        ("roas", ["clicks"], ["cac", "aov"]),
        ("roas", ["impressions"], ["cpc", "cvr", "aov"]),
        ("cpc", ["impressions"], ["cpc"]),
    ],
)
def test_what_is_unknown_in_a_period_is_leapt_over(metric: str, unknown: list[str], factors: list[str]) -> None:
    periods = account(BEFORE, NOW).with_columns(pl.lit(None, pl.Float64).alias(name) for name in unknown)
    parts = chain(periods, metric)
    assert parts["factor"].to_list() == factors
    change = (value(periods, metric) or 0) - (value(account(BEFORE, NOW), metric, "_before") or 0)
    assert parts["contribution"].sum() == pytest.approx(change, rel=1e-9)


@pytest.mark.parametrize(
    ("metric", "now", "broken"),
    [
        ("revenue", {"conversions": 0.0, "revenue": 0.0}, "cvr"),
        ("revenue", {"revenue": -50.0}, "aov"),
        ("revenue", dict.fromkeys(LADDER, 0.0), "spend"),
        ("roas", {"clicks": 0.0, "conversions": 0.0, "revenue": 0.0}, "ctr"),
        ("cac", {"spend": 0.0}, "cpm"),
    ],
)
def test_the_first_factor_that_breaks_has_the_whole_change(metric: str, now: dict[str, float], broken: str) -> None:
    periods = account(BEFORE, {**NOW, **now})
    parts: dict[str, float] = dict(chain(periods, metric).select("factor", "contribution").rows())
    change = (value(periods, metric) or 0) - (value(periods, metric, "_before") or 0)
    assert parts[broken] == pytest.approx(change)
    assert [part for name, part in parts.items() if name != broken] == [0] * (len(parts) - 1)


def test_a_factor_that_nearly_vanishes_has_nearly_the_whole_change() -> None:
    parts = chain(account(BEFORE, {**NOW, "conversions": 1e-5, "revenue": 45e-5}), "revenue")
    assert dict(parts.select("factor", "contribution").rows())["cvr"] == pytest.approx(-1000, rel=0.05)


def test_a_cause_that_is_0_beside_its_effect_is_no_link() -> None:
    parts = chain(account(BEFORE, {**NOW, "impressions": 0.0}), "revenue")
    assert parts["factor"].to_list() == ["spend", "cpc", "cvr", "aov"]


def test_changes_near_rounding_stay_exact() -> None:
    nearly = {**NOW, "spend": 300.0, "revenue": 1000.0 * (1 + 1e-13)}
    parts = chain(account(BEFORE, nearly), "revenue")
    assert adds_up(parts, 1000, nearly["revenue"])
    assert parts["contribution"].to_list()[0] == pytest.approx(1000 * math.log(3))
