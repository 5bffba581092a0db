"""What the search for causes rests on: leaves by day, links with their noise, segments, drift, confidence."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from bent_accounts import BASELINE, CURRENT, DIMENSIONS, METRICS, Bend, account, why
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.causes.confidence import Calibration, confidence_of, p_value_of
from adtech_assets.insight.causes.cube import Cube, cube_of
from adtech_assets.insight.causes.drift import Drift, fit
from adtech_assets.insight.causes.links import CONVERSION, COST, DELIVERY, dispersion_of, links_of
from adtech_assets.insight.causes.search import Cause
from adtech_assets.insight.causes.segments import EVERYTHING, Segments, segments_of


def cube(rows: pl.DataFrame) -> Cube:
    return cube_of(rows, BASELINE, CURRENT, DIMENSIONS)


def all_segments(of: Cube, longest: int = 3) -> Segments:
    return segments_of(of, np.ones(of.leaves), longest=longest, least_share=0.0, shrink=0.5, most=12_000)


def test_a_cube_holds_every_figure_of_both_windows_and_no_other() -> None:
    rows = account()
    earlier = rows.with_columns(date=pl.col("date").dt.offset_by("-60d"))
    made = cube(pl.concat([rows, earlier]))
    assert (made.leaves, made.baseline_days, made.current_days) == (60, 14, 7)
    for metric in METRICS:
        inside = rows.filter(pl.col("date").is_between(*CURRENT))[metric].sum()
        assert made.now[metric].sum() == pytest.approx(inside)
        assert (made.before[metric] + made.now[metric]).sum() == pytest.approx(rows[metric].sum())


def test_a_dimension_with_one_value_is_left_out_and_null_is_a_member_of_its_own() -> None:
    rows = account().with_columns(
        platform=pl.lit("search"), device=pl.when(pl.col("device") == "mobile").then(pl.lit("mobile"))
    )
    made = cube(rows)
    assert made.dimensions == ("campaign", "country", "device")
    assert made.members[2] == ("mobile", None)


def test_a_metric_that_is_unknown_throughout_a_window_is_left_out() -> None:
    lost = account().with_columns(
        revenue=pl.when(pl.col("date") < CURRENT[0]).then("revenue"),
        clicks=pl.when(pl.col("country") != "BE").then("clicks"),
    )
    assert set(cube(lost).daily) == set(METRICS) - {"revenue"}


def test_counts_by_chance_alone_spread_as_counting_does() -> None:
    rng = np.random.default_rng(5)
    seen = rng.gamma(4, 200, (150, 14))
    counting, spread = dispersion_of(rng.poisson(seen * 0.05).astype(float), seen)
    assert counting == pytest.approx(1, abs=0.12)
    assert spread < 0.005


@pytest.mark.parametrize("planted", [0.02, 0.08, 0.2])
def test_days_that_differ_more_are_told_from_counting(planted: float) -> None:
    rng = np.random.default_rng(6)
    seen = rng.gamma(4, 400, (200, 14))
    made = rng.poisson(seen * 0.05 * rng.gamma(1 / planted, planted, seen.shape)).astype(float)
    counting, spread = dispersion_of(made, seen)
    assert spread == pytest.approx(planted, rel=0.25)
    assert counting == pytest.approx(1, abs=0.5)


def test_one_day_or_no_event_leaves_counting_alone() -> None:
    assert dispersion_of(np.ones((3, 1)), np.ones((3, 1))) == (1.0, 0.0)
    assert dispersion_of(np.zeros((3, 5)), np.ones((3, 5))) == (1.0, 0.0)


def test_a_links_change_is_the_logarithm_of_the_rates_change() -> None:
    links = links_of(cube(account(Bend({"campaign": "A"}, {"cvr": 0.8}))))
    change, noise = links[CONVERSION].change()
    made = cube(account())
    inside = np.array([made.members[1][code] == "A" for code in made.codes[:, 1]])
    pooled = (change[inside] / noise[inside]).sum() / (1 / noise[inside]).sum()
    assert pooled == pytest.approx(np.log(0.8), abs=0.12)


def test_a_leaf_without_events_says_nothing() -> None:
    silent = account().with_columns(
        conversions=pl.when(pl.col("country") == "CH").then(0.0).otherwise("conversions"),
        revenue=pl.lit(None, pl.Float64),
    )
    made = cube(silent)
    change, noise = links_of(made)[CONVERSION].change()
    inside = np.array([made.members[2][code] == "CH" for code in made.codes[:, 2]])
    assert np.isinf(noise[inside]).all()
    assert (change[inside] == 0).all()
    assert np.isfinite(noise[~inside]).all()


def test_a_missing_step_joins_its_neighbours() -> None:
    without = {name: links_of(cube(account().drop(name))) for name in ("impressions", "clicks", "spend")}
    assert (without["impressions"][DELIVERY].numerator, without["impressions"][COST].exposure) == ("clicks", "clicks")
    assert without["clicks"][CONVERSION].exposure == "impressions"
    assert COST not in without["spend"]
    assert links_of(cube(account().select("date", *DIMENSIONS))) == {}


@pytest.mark.parametrize("missing", [["impressions"], ["clicks"], ["impressions", "clicks"], ["spend"], ["revenue"]])
def test_a_fault_is_still_found_without_a_column(missing: list[str]) -> None:
    rows = account(Bend({"platform": "search"}, {"cvr": 0.5})).drop(missing)
    assert [(c.segment, c.effect) for c in why(rows, "conversions").causes] == [({"platform": "search"}, "rate")]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*(st.sampled_from("abc") for _ in range(4))), min_size=2, max_size=25, unique=True))
def test_segments_are_distinct_in_rows_and_as_short_as_can_be(leaves: list[tuple[str, ...]]) -> None:
    rows = pl.DataFrame(leaves, schema=list(DIMENSIONS), orient="row").with_columns(clicks=pl.lit(1.0))
    both = pl.concat([rows.with_columns(date=pl.lit(day)) for day in (BASELINE[0], CURRENT[0])])
    made = cube(both)
    segments = all_segments(made)
    selected = segments.selects.toarray() > 0
    assert len(np.unique(selected, axis=0)) == len(selected) == len(segments.attributes)
    assert segments.attributes[EVERYTHING] == ()
    assert np.exp(segments.prior).sum() <= 1 + 1e-9
    shorter = all_segments(made, longest=2)
    at_most_two = {row.tobytes() for row in shorter.selects.toarray() > 0}
    for number, pairs in enumerate(segments.attributes):
        by_hand = np.all([made.codes[:, d] == m for d, m in pairs], axis=0) if pairs else np.ones(made.leaves, bool)
        assert np.array_equal(segments.leaves_of(number), by_hand)
        assert len(pairs) < 3 or by_hand.tobytes() not in at_most_two


def test_every_segment_of_up_to_three_attributes_is_listed_under_one_of_its_names() -> None:
    made = cube(account())
    segments = all_segments(made)
    listed = {row.tobytes() for row in segments.selects.toarray() > 0}
    by_hand = (made.codes[:, 1] == 2) & (made.codes[:, 2] == 4) & (made.codes[:, 3] == 1)
    assert by_hand.tobytes() in listed
    campaign_on_its_platform = (made.codes[:, 0] == 0) & (made.codes[:, 1] == 0)
    assert ((1, 0),) in segments.attributes
    assert campaign_on_its_platform.tobytes() in listed


def test_small_segments_and_null_members_are_no_candidates() -> None:
    rows = account().with_columns(country=pl.when(pl.col("country") != "BE").then("country"))
    made = cube(rows)
    null = made.members[2].index(None)
    assert not any((2, null) in pairs for pairs in all_segments(made).attributes)
    large = segments_of(made, np.ones(made.leaves), longest=3, least_share=0.2, shrink=0.5, most=12_000)
    assert (large.sums(np.ones(made.leaves)) >= 0.2 * made.leaves).all()


def test_what_members_stray_alike_becomes_their_drift_and_nobodys_fault() -> None:
    calm, restless = (cube(account(drift=drift, seed=3)) for drift in (0.01, 0.25))
    moves = [fit(made, links_of(made)[DELIVERY], [], Drift()) for made in (calm, restless)]
    campaigns = 1 + DIMENSIONS.index("campaign")
    assert moves[1].variances[campaigns] > 2 * moves[0].variances[campaigns]
    blamed = [len(why(account(drift=0.12, seed=seed), "conversions").causes) for seed in range(8)]
    assert sum(count > 0 for count in blamed) <= 2


def test_given_a_cause_its_segment_has_nothing_left_to_explain() -> None:
    made = cube(account(Bend({"country": "BE"}, {"delivery": 0.5})))
    segments = all_segments(made)
    at = segments.attributes.index(((2, made.members[2].index("BE")),))
    inside = segments.leaves_of(at).astype(float)
    link = links_of(made)[DELIVERY]
    z = [
        scores.score[at] / np.sqrt(scores.information[at])
        for scores in (fit(made, link, causes, Drift()).scores(segments) for causes in ([], [inside]))
    ]
    assert z[0] < -4
    assert abs(z[1]) < 1.5


@given(st.floats(0, 1), st.floats(-1e3, 1e6), st.floats(0, 1e3))
def test_confidence_grows_with_evidence_and_posterior_within_its_bounds(
    chance: float, evidence: float, more: float
) -> None:
    def told(chance: float, evidence: float) -> float:
        return confidence_of(Cause(1, "delivery", 0.1, evidence, chance, 2.0), 14)

    assert 0 < told(chance, evidence) <= Calibration().most
    assert told(chance, evidence) <= told(chance, evidence + more)
    assert told(chance, evidence) <= told(1.0, evidence)


def test_a_p_value_is_multiplied_by_the_candidates_and_never_above_one() -> None:
    cause = Cause(1, "delivery", 0.1, 5.0, 0.9, 4.0)
    assert p_value_of(cause, 1) == pytest.approx(6.334e-5, rel=1e-3)
    assert p_value_of(cause, 100) == pytest.approx(6.334e-3, rel=1e-3)
    assert p_value_of(cause, 10**7) == 1
