"""A missing factor is given back only where the row's own ratio determines it; the error it may have is told."""

from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adtech_assets.metrics.recovery import recover
from adtech_assets.tables import RAW_ROWS

METRICS = ("spend", "revenue", "clicks", "impressions")
COMPLETE = {"spend": 50.0, "revenue": 161.5, "clicks": 37.0, "impressions": 1000.0}
Row = dict[str, Any]


def table(*rows: Row) -> pl.DataFrame:
    made = [{"upload_id": "a", **row} for row in rows]
    return RAW_ROWS.conform(pl.DataFrame(made, infer_schema_length=None))


def with_ratios(row: Row, roas_digits: int = 2, ctr_digits: int = 4) -> Row:
    roas, ctr = row["revenue"] / row["spend"], row["clicks"] / row["impressions"]
    return {**row, "reported_roas": round(roas, roas_digits), "reported_ctr": round(ctr, ctr_digits)}


def first(rows: pl.DataFrame) -> Row:
    return rows.row(0, named=True)


def test_spend_comes_from_revenue_and_roas_and_says_how_sure_it_is() -> None:
    found = first(recover(table({"spend": None, "revenue": 100.0, "reported_roas": 4.12}, with_ratios(COMPLETE))))
    assert (found["spend"], found["recovered"]) == (24.27, "spend")
    assert found["recovered_error"] == pytest.approx(100 / 4.115 - 24.27, abs=1e-9)


def test_what_holds_one_cent_only_is_exact_and_has_no_error() -> None:
    found = first(recover(table({"spend": None, "revenue": 12.5, "reported_roas": 5.2521}), relative_error=0))
    assert (found["spend"], found["recovered_error"], found["recovered"]) == (2.38, 0.0, "spend")


def test_each_factor_of_a_ratio_can_be_given_back() -> None:
    whole = with_ratios(COMPLETE, 6, 6)
    for name in METRICS:
        found = first(recover(table({**whole, name: None}, {**whole, "reported_roas": 1.234567, "spend": None})))
        assert found[name] == pytest.approx(COMPLETE[name], rel=0.001) and found["recovered"] == name


def test_a_ratio_stated_too_coarsely_recovers_nothing() -> None:
    rows = [with_ratios({**COMPLETE, "revenue": 50.0 * roas}, 1) for roas in (3.17, 2.29, 4.43, 5.81)]
    found = recover(table({**rows[0], "spend": None}, *rows))
    assert first(found)["spend"] is None and first(found)["recovered"] is None


def test_a_ratio_of_zero_never_makes_a_zero_of_what_is_unknown() -> None:
    found = recover(
        table(
            {"spend": 5.0, "revenue": None, "reported_roas": 0.0},
            {"spend": None, "revenue": 0.0, "reported_roas": 0.0},
            {"spend": None, "revenue": 0.0, "reported_roas": 2.37},
            {"spend": 0.0, "revenue": None, "reported_roas": 2.37},
            {"impressions": 0.0, "clicks": None, "reported_ctr": 0.0},
        )
    )
    assert found["revenue"].to_list() == [None, 0.0, 0.0, None, None]
    assert found["spend"].to_list() == [5.0, None, None, 0.0, None]
    assert found["clicks"].null_count() == found.height and found["recovered"].null_count() == found.height


def test_zero_is_recovered_where_no_other_amount_is_possible() -> None:
    found = recover(
        table(
            {"spend": 5.0, "revenue": None, "reported_roas": 0.0}, {**COMPLETE, "spend": 7.0, "reported_roas": 23.0714}
        )
    )
    assert (found["revenue"][0], found["recovered"][0]) == (0.0, "revenue")


def test_a_ratio_that_complete_rows_contradict_is_of_something_else() -> None:
    of_all_clicks = [
        {**COMPLETE, "impressions": 1000.0 + i, "reported_ctr": round(0.08 + i / 1000, 4)} for i in range(9)
    ]
    found = recover(table({"impressions": 5000.0, "clicks": None, "reported_ctr": 0.0812}, *of_all_clicks))
    assert first(found)["clicks"] is None


def test_few_odd_rows_do_not_contradict_a_ratio() -> None:
    fair = [with_ratios({**COMPLETE, "revenue": 100.0 + 7 * i}) for i in range(19)]
    odd = {**COMPLETE, "reported_roas": 99.0}
    found = recover(table({"spend": None, "revenue": 300.0, "reported_roas": 4.37}, odd, *fair))
    assert first(found)["spend"] == 68.65


def test_uploads_state_their_ratios_each_in_its_own_way() -> None:
    fine = {"upload_id": "fine", "spend": None, "revenue": 1000.0, "reported_roas": 4.1237}
    coarse = [{"upload_id": "coarse", "spend": None, "revenue": 1000.0, "reported_roas": x} for x in (4.1, 2.2, 3.7)]
    assert recover(table(fine, *coarse))["spend"].is_null().to_list() == [False, True, True, True]


def test_complete_rows_and_rows_without_ratios_stay_as_they_are() -> None:
    rows = table(with_ratios(COMPLETE), {"spend": None, "revenue": 10.0})
    found = recover(rows)
    assert found.select(rows.columns).equals(rows) and found["recovered"].null_count() == 2
    assert recover(rows.clear()).schema == found.schema


@given(
    truth=st.lists(
        st.tuples(
            st.integers(1, 5_000_000),
            st.integers(1, 20_000_000),
            st.integers(1, 90_000),
            st.integers(90_000, 9_000_000),
        ),
        min_size=1,
        max_size=12,
    ),
    blanks=st.lists(st.sampled_from([*METRICS, None]), min_size=12, max_size=12),
    roas_digits=st.integers(2, 6),
    ctr_digits=st.integers(4, 7),
    allowed=st.sampled_from([0.0, 0.001, 0.005, 0.05]),
)
def test_a_recovered_value_is_the_true_one_within_its_error_or_stays_unknown(
    truth: list[tuple[int, int, int, int]], blanks: list[str | None], roas_digits: int, ctr_digits: int, allowed: float
) -> None:
    rows = [
        {"spend": spend / 100, "revenue": revenue / 100, "clicks": float(clicks), "impressions": float(shown)}
        for spend, revenue, clicks, shown in truth
    ]
    assume(all(row["revenue"] / row["spend"] < 1e4 for row in rows))
    stated = [
        {**with_ratios(row, roas_digits, ctr_digits), **({blank: None} if blank else {})}
        for row, blank in zip(rows, blanks, strict=False)
    ]
    found = recover(table(*stated), relative_error=allowed)
    for row, blank, back in zip(rows, blanks, found.to_dicts(), strict=False):
        assert all(back[name] == row[name] for name in METRICS if name != blank)
        if blank is None or back[blank] is None:
            assert back["recovered"] is None
            continue
        assert back["recovered"] == blank and back[blank] > 0
        error = back["recovered_error"] if blank == "spend" else None
        assert error is None or error <= allowed * back[blank] + 1e-9
        assert abs(back[blank] - row[blank]) <= (allowed * back[blank] if error is None else error) + 1e-6


def test_there_are_never_more_clicks_than_impressions() -> None:
    found = recover(
        table(
            {"impressions": 100.0, "clicks": None, "reported_ctr": 1.0},
            {"impressions": 100.0, "clicks": None, "reported_ctr": 2.0},
            {"impressions": None, "clicks": 300.0, "reported_ctr": 2.0},
        )
    )
    assert found["clicks"].to_list() == [100.0, None, 300.0]
    assert found["impressions"].to_list() == [100.0, 100.0, None]
