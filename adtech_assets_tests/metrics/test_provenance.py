"""A figure is answered with its value, the query, the uploads and the rows that make it, and they add up."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adtech_assets.metrics import provenance
from adtech_assets.metrics.model import ADDITIVE, RATIOS
from adtech_assets.metrics.provenance import Slice
from adtech_assets.tables import CLEANED, NAMES, UPLOADS

MONDAY, SUNDAY = dt.date(2025, 1, 6), dt.date(2025, 1, 12)
WEEK = Slice(MONDAY, SUNDAY)
Row = dict[str, Any]


def stated(upload: str, line: int, day: int = 6, campaign: str = "A", current: bool = True, **other: Any) -> Row:
    row = {
        "upload_id": upload, "source_row": line, "date": dt.date(2025, 1, day), "days": 1, "platform": "google_ads",
        "channel": "Search", "campaign": campaign, "spend": 10.1, "impressions": 1000.0, "clicks": 20.0, "conversions": 2.0,
        "revenue": 50.0, "recovered": None, "current": current,
    }  # fmt: skip
    return row | other


def frames(*rows: Row) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Source rows, cleaned_metrics of the current ones and uploads, which came in the order of their ids."""
    sources = pl.DataFrame(list(rows), schema={**CLEANED.schema, "current": pl.Boolean()})
    cleaned = CLEANED.conform(sources.filter("current"))
    ids = sorted({row["upload_id"] for row in rows})
    uploads = pl.DataFrame({"upload_id": ids, "file": [f"{i}.csv" for i in ids], "sequence": range(1, len(ids) + 1)})
    return sources, cleaned, UPLOADS.conform(uploads)


def test_a_figure_names_its_rows_and_uploads() -> None:
    rows = (stated("a", 2), stated("a", 3, 7, spend=None), stated("b", 2, 8, "B"), stated("b", 9, 13))
    answer = provenance.trace("spend", WEEK, *frames(*rows))
    (part,) = answer.parts
    assert answer.value == pytest.approx(20.2) and answer.agrees and part.rows == 2
    assert answer.rows.select("file", "source_row").rows() == [("a.csv", 2), ("a.csv", 3), ("b.csv", 2)]
    assert answer.uploads.select("file", "rows", "spend").rows() == [("a.csv", 2, 10.1), ("b.csv", 1, 10.1)]
    assert answer.rows["spend"].sum() == pytest.approx(answer.value)


def test_what_newer_uploads_overruled_is_told_apart() -> None:
    rows = (stated("a", 2, current=False, spend=8.0), stated("a", 3, 7), stated("b", 2))
    answer = provenance.trace("spend", WEEK, *frames(*rows))
    assert answer.value == pytest.approx(20.2)
    assert answer.superseded.select("file", "rows", "spend").rows() == [("a.csv", 1, 8.0)]


def test_a_ratio_is_answered_with_numerator_and_denominator() -> None:
    answer = provenance.trace("cpm", WEEK, *frames(stated("a", 2), stated("a", 3, clicks=None)))
    assert [(p.metric, p.value, p.rows) for p in answer.parts] == [("spend", 20.2, 2), ("impressions", 2000.0, 2)]
    assert answer.value == pytest.approx(10.1)
    nothing = provenance.trace("roas", WEEK, *frames(stated("a", 2, spend=0.0)))
    assert nothing.value is None and nothing.agrees
    unknown = provenance.trace("ctr", WEEK, *frames(stated("a", 2, clicks=None)))
    assert unknown.value is None and unknown.parts[0].value is None and unknown.agrees


def test_a_store_that_does_not_hold_its_rows_is_noticed() -> None:
    sources, cleaned, uploads = frames(stated("a", 2), stated("a", 3))
    for wrong in (
        cleaned.head(1),
        cleaned.with_columns(spend=pl.col("spend") + 0.01),
        cleaned.with_columns(spend=pl.lit(None)),
    ):
        assert not provenance.trace("spend", WEEK, sources, CLEANED.conform(wrong), uploads).agrees


def test_week_rows_belong_to_whole_weeks_only() -> None:
    rows = (stated("a", 2, days=7), stated("a", 3, 7))
    assert provenance.trace("spend", WEEK, *frames(*rows)).value == pytest.approx(20.2)
    part = provenance.trace("spend", Slice(MONDAY, dt.date(2025, 1, 10)), *frames(*rows))
    assert (part.value, part.cut_weeks) == (10.1, 1)
    assert provenance.trace("spend", Slice(dt.date(2025, 1, 8), SUNDAY), *frames(*rows)).cut_weeks == 1


@pytest.mark.parametrize("name", ["O'Brien; drop table x --", 'a"b', "=1+1", "ünï\ncode", "%_", "\\"])
def test_the_query_gives_the_value_whatever_a_campaign_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "it's [my] *"
    folder.mkdir()
    sources, cleaned, uploads = frames(stated("a", 2, campaign=name), stated("a", 3, campaign="other"))
    cleaned.write_parquet(folder / "all.parquet")
    wanted = Slice(MONDAY, SUNDAY, campaign=name)
    for metric in (*ADDITIVE, *RATIOS):
        answer = provenance.trace(metric, wanted, sources, cleaned, uploads)
        row = duckdb.execute(provenance.query(metric, wanted, [folder / "all.parquet"])).fetchone()
        assert row is not None and row[0] == pytest.approx(answer.value)


@given(
    amounts=st.lists(st.tuples(st.integers(0, 10_000_000), st.integers(1, 31), st.booleans()), min_size=1, max_size=60),
    begin=st.integers(1, 31),
    length=st.integers(0, 30),
)
def test_the_rows_of_any_days_add_up_to_the_value(
    amounts: list[tuple[int, int, bool]], begin: int, length: int
) -> None:
    rows = [
        stated(
            "ab"[cents % 2], i, day, current=current, spend=cents / 100, days=7 if day in (6, 13) and cents % 3 else 1
        )
        for i, (cents, day, current) in enumerate(amounts)
    ]
    first = dt.date(2025, 1, begin)
    answer = provenance.trace("spend", Slice(first, first + dt.timedelta(days=length)), *frames(*rows))
    assert answer.agrees
    assert round(sum(answer.rows["spend"].to_list()), 2) == round(answer.value or 0, 2)
    assert round(sum(answer.uploads["spend"].to_list()), 2) == round(answer.value or 0, 2)


def test_a_name_is_found_as_people_write_it() -> None:
    _, cleaned, _ = frames(stated("a", 2, campaign="Brand DE"), stated("a", 3, campaign="Brand FR"))
    spelled = pl.DataFrame({"dimension": ["campaign"], "spelling": ["Marke DE"], "name": ["Brand DE"], "rows": [1]})
    names = NAMES.conform(spelled)
    for said in ("Brand DE", "brand_de", "BRAND  DE", "Marke DE"):
        assert provenance.member("campaign", said, cleaned, names) == "Brand DE"
    assert provenance.member("campaign", "Brand", cleaned, names) is None
    assert provenance.nearest("Brnd DE", ["Brand DE", "Brand FR", "Winter"])[0] == "Brand DE"
    assert provenance.nearest("zzzz", []) == []
