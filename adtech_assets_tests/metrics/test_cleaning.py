"""Nothing is lost in silence: rows and spend of every upload are kept, set aside with a reason, or counted as copies."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.exports.reader import read_export
from adtech_assets.metrics.cleaning import Cleaned, clean
from adtech_assets.tables import UPLOADS

HEADER = "date,channel,campaign,spend,impressions,clicks,conversions,revenue"
ARRIVED = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


def cleaned(*files: list[str], header: str = HEADER) -> Cleaned:
    # The same bytes are one upload: ingest sees to that before cleaning.
    exports = [read_export(data) for data in dict.fromkeys("\n".join([header, *lines]).encode() for lines in files)]
    facts = [
        {**export.facts, "file": f"{i}.csv", "sequence": i, "arrived_at": ARRIVED}
        for i, export in enumerate(exports, start=1)
    ]
    uploads = UPLOADS.conform(pl.DataFrame(facts, infer_schema_length=None, schema_overrides={"reason": pl.String}))
    return clean(pl.concat([export.rows for export in exports]), uploads)


def line(day: int, campaign: str = "A", spend: str = "10.50", **other: str) -> str:
    values = {"impressions": "100", "clicks": "5", "conversions": "1", "revenue": "60.00", **other}
    return f"2025-01-{day:02d},Email,{campaign},{spend},{','.join(values.values())}"


def assert_conserved(result: Cleaned) -> None:
    for row in result.conservation.to_dicts():
        assert (
            row["rows_read"] == row["rows_total"] + row["rows_quarantined"] + row["rows_duplicate"] + row["rows_kept"]
        )
        assert row["rows_kept"] == row["rows_current"] + row["rows_superseded"]
        parts = row["spend_quarantined"] + row["spend_duplicate"] + row["spend_kept"]
        assert row["spend_read"] == pytest.approx(parts, abs=0.001)


def test_the_newest_upload_wins_a_slice_and_the_old_value_stays_in_the_ledger() -> None:
    result = cleaned([line(6), line(7)], [line(6, spend="12.00")])
    assert result.current.sort("date")["spend"].to_list() == [12.0, 10.5]
    assert result.restatements.select("metric", "old", "new").rows() == [("spend", 10.5, 12.0)]
    assert_conserved(result)


def test_a_campaign_level_and_an_ad_level_file_of_the_same_days_never_add_up_twice() -> None:
    facebook = (
        "campaign_name,adset_name,date,spend,impressions,clicks,purchases,revenue,creative_type,creative_message,"
        "audience_type,platform,country"
    )
    coarse = ["A,all,2025-01-06,10.50,100,5,1,60,Image,x,Broad,Facebook,DE"]
    fine = [f"A,set {i},2025-01-06,5.25,50,2,1,30,Image,x,Broad,Facebook,DE" for i in (1, 2)]
    result = cleaned(coarse, fine, header=facebook)
    assert result.current["spend"].sum() == 10.5 and result.current.height == 2
    assert_conserved(result)


def test_rows_of_one_key_are_summed_and_whole_row_copies_dropped_and_counted() -> None:
    result = cleaned([line(6), line(6), line(6, spend="1.50")])
    assert result.current.select("spend", "source_rows").row(0) == (12.0, 2)
    assert result.conservation["rows_duplicate"][0] == 1
    assert_conserved(result)


def test_a_slice_a_newer_upload_covers_but_no_longer_names_is_kept_and_flagged() -> None:
    result = cleaned([line(6, "A"), line(6, "B"), line(7, "A")], [line(6, "A"), line(7, "A", spend="9.00")])
    assert result.current.filter(campaign="B").height == 1
    assert result.vanished.select("campaign", "date", "spend").rows() == [("B", dt.date(2025, 1, 6), 10.5)]


def test_spellings_are_one_campaign_and_numbered_ones_are_not() -> None:
    result = cleaned(
        [line(6, "Spring_Sale"), line(7, "spring  sale"), line(8, "Spring_Sale"), line(8, "Spring Sale 2")]
    )
    assert sorted(result.current["campaign"].unique()) == ["Spring Sale 2", "Spring_Sale"]
    assert set(result.names.filter(pl.col("name") == "Spring_Sale")["spelling"]) == {"Spring_Sale", "spring  sale"}


def test_negative_figures_and_days_after_the_files_arrival_are_quarantined_with_their_text() -> None:
    result = cleaned([line(6), line(7, spend="-4.00"), line(8).replace("2025", "2031")])
    assert result.quarantine["reason"].to_list() == ["spend is negative", "the day lies after the file's arrival"]
    assert '"spend":"-4.0"' in result.quarantine["text"][0] and result.quarantine["source_row"].to_list() == [3, 4]
    assert_conserved(result)


def test_blank_figures_stay_unknown_and_never_become_zero() -> None:
    result = cleaned([line(6, spend=""), line(7)])
    assert result.current.sort("date")["spend"].to_list() == [None, 10.5]


def test_a_missing_factor_is_recovered_from_the_rows_own_ratios_and_marked() -> None:
    header = (
        "campaign_name,adset_name,date,spend,impressions,clicks,ctr,purchases,revenue,roas,creative_type,"
        "creative_message,audience_type,platform,country"
    )
    rows = [
        "A,s,2025-01-06,,1000,,0.0200,2,100.00,4,Image,x,Broad,Facebook,DE",
        "A,s,2025-01-07,10.00,1000,20,0.02,2,,3.5,Image,x,Broad,Facebook,DE",
    ]
    result = cleaned(rows, header=header)
    first, second = result.current.sort("date").to_dicts()
    assert (first["spend"], first["clicks"], first["recovered"]) == (25.0, 20.0, "spend,clicks")
    assert (second["revenue"], second["recovered"]) == (35.0, "revenue")
    assert result.conservation["spend_recovered"][0] == 25.0
    assert_conserved(result)


cells = st.sampled_from(["10.50", "0", "", "-3.25", "x", "99.99"])
days = st.integers(1, 9)
campaigns = st.sampled_from(["A", "a", "B 1", "B 2", ""])
tables = st.lists(
    st.builds(lambda d, c, s, r: line(d, c, s, revenue=r), days, campaigns, cells, cells), min_size=1, max_size=25
)


@given(st.lists(tables, min_size=1, max_size=4))
@settings(max_examples=120, deadline=None)
def test_rows_and_spend_are_conserved_whatever_the_defects(files: list[list[str]]) -> None:
    result = cleaned(*[[*lines, line(10, "sure", "1.25")] for lines in files])
    assert_conserved(result)
    assert (
        result.current.select(pl.struct("date", "platform", "channel", "campaign").is_duplicated().any()).item()
        is False
    )
    assert result.conservation["spend_current"].sum() == pytest.approx(result.current["spend"].sum(), abs=0.001)
