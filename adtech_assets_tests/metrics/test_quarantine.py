"""A row set aside keeps its text and reason for ever, and is open until a newer upload states what it was to state."""

import json
from typing import Any

import polars as pl
import pytest
from raw_frames import File, file, frames, january, line, row, week

from adtech_assets.metrics import quarantine
from adtech_assets.tables import QUARANTINE

BAD = "12,x"
JSON = '{"Day":"2025-01-06","Cost":"12,x"}'


def aside(*files: File) -> pl.DataFrame:
    rows, uploads = frames(files)
    bad = pl.col("problem").is_not_null()
    return quarantine.set_aside(rows.filter(bad), uploads, rows.filter(~bad))


def released(*files: File) -> list[str | None]:
    return aside(*files)["released_by"].to_list()


def upload(number: int) -> str:
    return f"{number:012x}"


def test_a_row_set_aside_keeps_text_upload_line_reason_and_place() -> None:
    found = aside(file(line(6), line(7, spend=BAD, problem="not a number", text=JSON), file="may.csv"))
    (kept,) = found.to_dicts()
    assert found.schema == QUARANTINE.schema
    assert (kept["upload_id"], kept["source_row"], kept["file"]) == (upload(1), 3, "may.csv")
    assert (kept["reason"], kept["column"], kept["spend"]) == ("not a number", "spend", None)
    assert (kept["platform"], kept["date"], kept["campaign"]) == ("google_ads", january(7), "A")
    assert kept["released_by"] is None and json.loads(kept["text"]) == {"spend": "x"}


def negative(day: int, campaign: str = "A", **other: Any) -> dict[str, Any]:
    return line(day, campaign, **{"spend": -4.0, "problem": "spend is negative", "problem_column": "spend", **other})


def test_a_row_that_was_read_is_quoted_with_its_figures_and_the_cells_nobody_reads() -> None:
    (kept,) = aside(file(negative(6, extra='{"Note":"=1+1"}'), line(7))).to_dicts()
    text = json.loads(kept["text"])
    assert (text["spend"], text["date"], text["Note"]) == ("-4.0", "2025-01-06", "=1+1")


def test_a_header_that_stands_twice_loses_no_cell() -> None:
    (kept,) = aside(file(negative(6, extra='{"spend":"other"}'))).to_dicts()
    assert json.loads(kept["text"])["spend"] == "-4.0"
    assert json.loads(kept["text"])["other columns"] == {"spend": "other"}


def test_a_newer_version_of_the_file_releases_its_rows() -> None:
    assert released(file(line(6), line(7, spend=BAD), file="a.csv"), file(line(6), line(7), file="a.csv")) == [
        upload(2)
    ]


def test_the_first_newer_version_is_named_and_what_is_still_bad_in_it_is_open() -> None:
    old, still = (file(line(6), line(7, spend=BAD), file="a.csv") for _ in range(2))
    assert released(old, still, file(line(6), line(7), line(8), file="a.csv")) == [upload(2), upload(3)]
    assert released(old, still) == [upload(2), None]


def test_a_row_deleted_from_the_file_is_released_too() -> None:
    assert released(file(line(6), line(7, spend=BAD), file="a.csv"), file(line(6), file="a.csv")) == [upload(2)]


def test_another_week_under_the_same_file_name_releases_nothing() -> None:
    assert released(file(line(6), line(7, spend=BAD), file="a.csv"), file(line(13), line(14), file="a.csv")) == [None]


def test_a_usable_row_of_the_same_day_and_campaign_releases_it_under_any_file_name() -> None:
    bad = file(line(6), line(7, "Brand_DE", spend=BAD))
    assert released(bad, file(line(7, "brand de"))) == [upload(2)]
    assert released(file(line(7, "Brand DE")), bad) == [None], "an older one does not"
    assert released(bad, file(line(7, "Brand FR"))) == [None]
    assert released(bad, file(line(8, "Brand DE"))) == [None]
    assert released(bad, file(line(7, "Brand DE", platform="meta_ads"))) == [None]
    assert released(bad, file(line(7, "Brand DE", account="another account"))) == [None]
    assert released(bad, file(line(7, "Brand DE", spend=BAD))) == [None, None], "a row as bad as it is none"


def test_a_day_does_not_release_a_week_row() -> None:
    bad = file(week(6, spend=BAD))
    assert released(bad, file(line(6))) == [None]
    assert released(bad, file(week(6))) == [upload(2)]


def test_days_and_campaigns_that_cannot_be_relied_on_release_nothing() -> None:
    shifted = {"problem": "another number of cells than the header", "problem_column": None, "text": JSON}
    late = {"problem": "the day lies after the file's arrival", "problem_column": "date"}
    nameless = {"problem": "no campaign", "problem_column": "campaign", "text": JSON}
    newer = file(line(7), line(8, None))
    assert released(file(line(7, **shifted)), newer) == [None]
    assert released(file(line(7, **late)), newer) == [None]
    assert released(file(line(8, None, **nameless)), newer) == [None]
    undated = row(None, None, problem="no day", problem_column="date", text=JSON)
    assert released(file(line(6), undated, file="a.csv"), newer) == [None]
    assert released(file(line(6), undated, file="a.csv"), file(line(5), line(6), file="a.csv")) == [upload(2)]


def test_files_without_campaigns_release_each_other() -> None:
    assert released(file(line(6, None, spend=BAD)), file(line(6, None))) == [upload(2)]


def test_a_file_of_which_nothing_was_usable_is_released_by_its_next_version() -> None:
    assert released(file(line(6, spend=BAD), file="a.csv"), file(line(20), file="a.csv")) == [upload(2)]
    refused = file(line(20), file="a.csv", status="refused")
    assert released(file(line(6, spend=BAD), file="a.csv"), refused) == [None]


def test_rows_of_a_shop_are_never_shown() -> None:
    assert aside(file(line(6, "Ada Example", spend=BAD), kind="shop")).is_empty()
    assert aside(file(line(6))).schema == QUARANTINE.schema


def test_reasons_are_counted_by_file() -> None:
    found = aside(file(line(6), negative(7), negative(8), line(9, spend=BAD)), file(line(8)))
    counted = quarantine.by_reason(found)
    assert counted.select("reason", "rows", "rows_open", "spend").rows() == [
        ("spend is negative", 2, 1, -8.0),
        ("not a number", 1, 1, None),
    ]
    assert counted["lines"].to_list() == [[3, 4], [5]]
    assert quarantine.still_open(found).height == 2


def test_cells_become_columns_whatever_they_hold() -> None:
    hostile = json.dumps({"Note": 'a\nb"c', "file": "=cmd|'x'!A1", "ünïcode": "\x1b[31m"})
    found = aside(file(negative(6, extra=hostile)), file(line(6, spend=BAD)))
    cells = quarantine.cells(found)
    assert cells.height == found.height and cells["Note"].to_list() == ['a\nb"c', None]
    assert cells["file (cell)"][0] == "=cmd|'x'!A1" and cells["ünïcode"][0] == "\x1b[31m"
    assert quarantine.cells(found.clear()).height == 0


def test_no_header_of_a_file_can_hide_a_column_of_the_table() -> None:
    headers = {"line": "1", "file": "2", "file (cell)": "3", "_row": "4", "": "5", "text": "6", "=a": "7"}
    found = aside(file(negative(6, extra=json.dumps(headers))))
    cells = quarantine.cells(found, ["line"])
    assert not {*cells.columns} & {*found.columns, "line"}
    assert {*headers.values()} <= {*cells.row(0)}


@pytest.mark.parametrize("times", [1, 2])
def test_the_same_input_gives_the_same_table(times: int) -> None:
    files = [file(negative(6), line(7, spend=BAD), file="a.csv"), file(line(6), line(7), file="a.csv")]
    assert all(aside(*files).equals(aside(*files)) for _ in range(times))


def test_another_ad_set_ad_country_or_device_replaces_nothing() -> None:
    for stated in ("adset", "ad", "country", "device"):
        bad = file(line(6), line(7, spend=BAD, **{stated: "One"}))
        assert released(bad, file(line(7, **{stated: "Two"}))) == [None], stated
        assert released(bad, file(line(7, **{stated: "one"}))) == [upload(2)], stated
        assert released(bad, file(line(7))) == [upload(2)], "a campaign's own row holds all its parts"
    parted = file(line(7, spend=BAD, adset="One", country="DE"))
    assert released(parted, file(line(7, adset="One", country="FR"), line(7, adset="Two", country="DE"))) == [None]


def test_a_newer_upload_of_the_same_days_and_campaigns_replaces_a_file_of_another_name() -> None:
    shifted = {"problem": "another number of cells than the header", "problem_column": None, "text": JSON}
    old = file(line(6, "A B"), line(7, "B"), line(7, None, **shifted))
    assert released(old, file(line(5, "a_b"), line(8, "B"))) == [upload(2)]
    assert released(old, file(line(5, "A B"), line(8, "C"))) == [None], "a campaign is missing"
    assert released(old, file(line(6, "A B"), line(6, "B"))) == [None], "a day is missing"
    meta = [{**one, "platform": "meta_ads"} for one in (line(5, "A B"), line(8, "B"))]
    assert released(old, file(*meta, platform="meta_ads")) == [None]
    assert released(file(line(5, "A B"), line(8, "B")), old) == [None], "an older one does not"
    undated = row(None, None, "A B", country="DE", problem="no day", problem_column="date", text=JSON)
    old = file(line(6, "A B", country="US"), undated)
    assert released(old, file(line(6, "A B", country="US"))) == [None]
    assert released(old, file(line(6, "A B", country="US"), line(6, "A B", country="DE"))) == [upload(2)]
    assert released(old, file(line(6, "A B"))) == [upload(2)]
