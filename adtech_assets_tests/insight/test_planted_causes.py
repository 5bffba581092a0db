"""The invented cases on which root-cause search is tuned: reproducible, well formed, and what their labels say is there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import planted_causes
import polars as pl
import pytest
from planted_accounts import DIMENSIONS, RATIOS
from planted_causes import KINDS, NULL_KINDS, Case, kind_of, make_case, make_cases

SEEDS = range(7_000, 7_066)
EFFECTS = {"volume", "rate", "mix", "tracking"}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(make_cases(SEEDS))


def selected(cause: str) -> pl.Expr:
    return pl.all_horizontal(pl.lit(True), *(pl.col(p.split("=")[0]) == p.split("=")[1] for p in cause.split("&")))


def weekly(frame: pl.DataFrame, metric: str, window: str) -> float:
    rows = frame.filter(pl.col("window") == window)
    numerator, denominator = RATIOS.get(metric, (metric, None))
    total = float(rows[numerator].sum())
    return total / max(float(rows[denominator].sum()), 1e-9) if denominator else total * 7 / rows["date"].n_unique()


def of_kind(cases: list[Case], *kinds: str) -> list[Case]:
    return [case for case in cases if case.label["kind"] in kinds]


def test_the_same_seed_gives_the_same_case_and_another_seed_another() -> None:
    first, again, other = (make_case(seed, "drop") for seed in (5, 5, 6))
    assert first.frame.equals(again.frame)
    assert (first.label, first.request) == (again.label, again.request)
    assert not first.frame.equals(other.frame)


def test_thirty_three_seeds_hold_every_kind_three_times_and_once_hard() -> None:
    drawn = [kind_of(seed) for seed in range(66, 99)]
    assert all(drawn.count((kind, True)) == 1 and drawn.count((kind, False)) == 2 for kind in KINDS)


def test_tables_are_sparse_accounts_of_two_windows_whose_counts_nest(cases: list[Case]) -> None:
    for case in cases:
        frame = case.frame
        assert frame.null_count().sum_horizontal().item() == 0
        assert not frame.select("date", *DIMENSIONS).is_duplicated().any()
        assert 100 <= frame.select(DIMENSIONS).n_unique() <= 300
        assert frame.group_by("campaign").agg(pl.col("platform").n_unique())["platform"].max() == 1
        assert frame.filter(
            (pl.col("clicks") > pl.col("impressions")) | (pl.col("conversions") > pl.col("clicks"))
        ).is_empty()
        for window in ("baseline", "current"):
            dates = frame.filter(pl.col("window") == window)["date"].cast(pl.String)
            assert case.request[window] == "..".join([*dates.sort().head(1), *dates.sort().tail(1)])
            assert dates.n_unique() in ((7,) if window == "current" else (7, 14))


def test_labels_select_rows_and_no_shorter_description_selects_the_same(cases: list[Case]) -> None:
    for case in cases:
        label, leaves = case.label, case.frame.select(DIMENSIONS).unique()
        assert len(label["causes"]) == len(label["effects"]) == {"double": 2, "null": 0}.get(label["kind"], 1)
        assert set(label["effects"]) <= EFFECTS
        assert label["null"] == (label["kind"] in NULL_KINDS)
        for cause in (c for c in label["causes"] if c != "ALL"):
            rows = leaves.filter(selected(cause)).height
            assert 0 < rows < leaves.height
            parts = cause.split("&")
            assert 1 <= len(parts) <= 3
            for left_out in parts if len(parts) > 1 else ():
                shorter = "&".join(part for part in parts if part != left_out)
                assert leaves.filter(selected(shorter)).height > rows


def test_the_asked_metric_moves_as_the_planted_cause_says(cases: list[Case]) -> None:
    for case in cases:
        moved = (
            weekly(case.frame, case.request["metric"], "current")
            / weekly(case.frame, case.request["metric"], "baseline")
            - 1
        )
        assert moved == pytest.approx(case.label["change"], abs=1e-3)
        assert case.label["kind"] == "null" or moved * case.label["felt"] > 0


def test_causes_stand_out_from_the_noise_of_their_rows(cases: list[Case]) -> None:
    for case in cases:
        if not case.label["null"]:
            assert case.label["z"] >= (6 if case.label["tier"] == "easy" else 3)


def test_in_an_easy_case_the_named_segment_itself_has_moved(cases: list[Case]) -> None:
    wanted = {
        "drop": ("impressions", -1),
        "rise": ("impressions", 1),
        "ctr": ("ctr", -1),
        "cvr": ("cvr", -1),
        "cpc": ("cpc", 1),
    }
    for case in of_kind(cases, *wanted):
        if case.label["tier"] == "easy":
            rows = case.frame.filter(selected(case.label["causes"][0]))
            metric, sign = wanted[case.label["kind"]]
            assert sign * (weekly(rows, metric, "current") / weekly(rows, metric, "baseline") - 1) > 0.15


def test_in_an_outage_clicks_go_on_and_conversions_end_in_the_last_days_only(cases: list[Case]) -> None:
    for case in of_kind(cases, "outage"):
        rows = case.frame.filter(selected(case.label["causes"][0]))
        days = rows.group_by("date").agg(pl.col("clicks", "conversions").sum()).sort("date")
        usual = days["conversions"].head(days.height - 5).mean()
        assert isinstance(usual, float)
        assert (days["conversions"].tail(2) < 0.3 * usual).all()
        assert (days["clicks"].tail(2) > 0).all()
        assert case.label["effects"] == ["tracking"]


def test_a_mix_shift_moves_traffic_into_a_segment_that_always_converted_worse(cases: list[Case]) -> None:
    for case in of_kind(cases, "mix"):
        inside = selected(case.label["causes"][0])
        rows, rest = case.frame.filter(inside), case.frame.filter(~inside)
        assert weekly(rows, "clicks", "current") > weekly(rows, "clicks", "baseline")
        assert weekly(rows, "cvr", "baseline") < weekly(rest, "cvr", "baseline")


def test_a_folder_of_cases_holds_tables_labels_and_requests_under_one_id(tmp_path: Path, cases: list[Case]) -> None:
    planted_causes.write_cases(tmp_path, cases[:3])
    labels = json.loads((tmp_path / "labels.json").read_text())
    requests = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    assert list(labels) == [request["id"] for request in requests] == [case.request["id"] for case in cases[:3]]
    for case, request in zip(cases, requests, strict=False):
        table = pl.read_csv(gzip.decompress(Path(request["file"]).read_bytes()), try_parse_dates=True)
        assert table.equals(case.frame)
