"""What the report says of single files: total rows, periods, other kinds; and of weeks that have no days."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import polars as pl
import pypdf
import pytest
from report_fixture import (
    FIRST,
    SUNDAY,
    TEMPLATES,
    UPLOAD,
    WEEK,
    checksums,
    cleaned_rows,
    report_content,
    uploads,
)

from adtech_assets.reporting import document, machine, pdf
from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.file_remarks import Remark
from adtech_assets.reporting.notes import DataNote, build_notes
from adtech_assets.reporting.trace import build_trace
from adtech_assets.tables import CHECKSUMS, CLEANED, CONSERVATION, DIAGNOSES, FINDINGS, UPLOADS

PERIOD = "77aa00bb11cc"


def differing_total() -> pl.DataFrame:
    """The same checksums, but spend and conversions of the file's own total row are others."""
    return checksums().with_columns(file_total=pl.Series([68400.04, 3121.5]), ok=pl.lit(False))


def with_file(conserved: dict[str, Any] | None = None, **facts: Any) -> dict[str, pl.DataFrame]:
    """Tables uploads and conservation with one more file."""
    files, kept = uploads()
    made = {"upload_id": PERIOD, "sequence": 3, "file": "overview.csv", "status": "ok", "kind": "ads",
            "rows_read": 4, "rows_total": 0, "spend_read": 815.25, **facts}  # fmt: skip
    more = UPLOADS.conform(pl.DataFrame([made], infer_schema_length=None))
    found = {"uploads": pl.concat([files, more]), "conservation": kept}
    if conserved is not None:
        row = {"upload_id": PERIOD, "file": "overview.csv", "rows_kept": 0, **conserved}
        found["conservation"] = pl.concat([kept, CONSERVATION.conform(pl.DataFrame([row]))])
    return found


def period_file(first: dt.date | None = WEEK, last: dt.date | None = SUNDAY, rows: int = 4) -> dict[str, pl.DataFrame]:
    return with_file({"rows_period": rows, "spend_period": 815.25}, grain="period", period_start=first, period_end=last)


def remarks_of(content: ReportContent, upload: str) -> tuple[Remark, ...]:
    return next(line.remarks for line in build_trace(content).files if line.upload_id == upload)


def note(content: ReportContent, title: str) -> DataNote | None:
    return next((found for found in build_notes(content) if found.title == title), None)


def text_of(html: str) -> tuple[str, int]:
    data = pdf.html_to_pdf(html, TEMPLATES)
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    return " ".join(pages), len(pages)


def test_a_file_whose_total_row_equals_its_rows_says_so_and_makes_no_note() -> None:
    content = report_content()
    assert remarks_of(content, UPLOAD) == (Remark("total row equal to the rows"),)
    assert note(content, "Total rows that differ") is None


def test_a_file_whose_total_row_differs_says_which_metric_and_by_how_much_in_appendix_and_notes() -> None:
    content = report_content(checksums=differing_total())
    parts = (
        "Spend +€12.51 (rows €68,412.55, total row €68,400.04); "
        "Conversions \N{MINUS SIGN}1.5 (rows 3,120, total row 3,121.5)"
    )
    assert remarks_of(content, UPLOAD) == (Remark(f"total row differs: {parts}", beware=True),)
    found = note(content, "Total rows that differ")
    assert found is not None and found.strong and f"shop_export_2025-03-24.csv: {parts}." in found.text


def test_only_the_metric_that_differs_is_named() -> None:
    one = checksums().with_columns(file_total=pl.Series([68412.54, 3000.0]), ok=pl.Series([True, False]))
    (remark,) = remarks_of(report_content(checksums=one), UPLOAD)
    assert "Conversions +120" in remark.text and "Spend" not in remark.text


def test_a_file_without_a_total_row_or_with_one_of_other_rows_says_that() -> None:
    none = report_content(checksums=CHECKSUMS.empty())
    assert remarks_of(none, UPLOAD) == (Remark("total row covers other rows"),)
    assert remarks_of(report_content(**with_file()), PERIOD) == (Remark("no total row"),)


def test_a_refused_file_has_nothing_to_compare() -> None:
    assert remarks_of(report_content(), "90aa41c7d2e3") == ()


def test_a_file_of_a_shop_is_named_as_such_and_in_its_own_currency() -> None:
    content = report_content(**with_file(kind="shop", currency="DKK"))
    assert Remark("shop data, in no advertising figure") in remarks_of(content, PERIOD)
    (line,) = (line for line in build_trace(content).files if line.upload_id == PERIOD)
    assert "DKK" in line.spend_read and line.spend_current == ""


def test_a_file_of_a_period_is_told_with_its_days_and_spend_in_appendix_and_notes() -> None:
    content = report_content(**period_file())
    assert Remark("4 rows of a period, in no weekly figure", beware=True) in remarks_of(content, PERIOD)
    found = note(content, "Figures of a period")
    assert found is not None and found.strong
    assert "overview.csv: 17–23 Mar 2025, €815.25 of spend." in found.text and "breakdown by day" in found.text


def test_one_row_of_a_period_is_one_row() -> None:
    assert (
        remarks_of(report_content(**period_file(rows=1)), PERIOD)[-1].text == "1 row of a period, in no weekly figure"
    )


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (FIRST, SUNDAY, True),
        (WEEK - dt.timedelta(days=40), WEEK - dt.timedelta(days=7), True),
        (WEEK - dt.timedelta(days=40), WEEK - dt.timedelta(days=8), False),
        (SUNDAY + dt.timedelta(days=1), SUNDAY + dt.timedelta(days=30), False),
        (None, None, True),
    ],
    ids=["a quarter", "up to the week before", "long ago", "later", "no time"],
)
def test_notes_name_only_files_of_the_weeks_that_are_compared(
    first: dt.date | None, last: dt.date | None, told: bool
) -> None:
    content = report_content(**period_file(first, last))
    assert (note(content, "Figures of a period") is not None) is told
    if first is None:
        assert "overview.csv: no dates, €815.25" in (note(content, "Figures of a period") or DataNote("", "")).text
    wrong = differing_total().with_columns(upload_id=pl.lit(PERIOD))
    assert (
        note(report_content(**period_file(first, last), checksums=wrong), "Total rows that differ") is not None
    ) is told


def weeks_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The same figures as their files would state them by week."""
    keys = [pl.col("date").dt.truncate("1w"), "platform", "channel", "campaign", "upload_id"]
    sums = rows.group_by(*keys, maintain_order=True).agg(
        pl.col("spend", "impressions", "clicks", "conversions", "revenue").sum(),
        pl.col("source_row", "source_rows").min(),
    )
    return CLEANED.conform(sums.with_columns(days=pl.lit(7), last_day=pl.col("date").dt.offset_by("6d")))


def test_a_client_with_week_rows_only_has_the_same_week_over_week_and_no_word_about_days() -> None:
    by_day = report_content()
    by_week = report_content(cleaned=weeks_of(cleaned_rows()), findings=FINDINGS.empty(), diagnoses=DIAGNOSES.empty())
    assert by_week.daily.is_empty()
    for name in ("days", "complete", "spend", "spend_change", "roas", "roas_previous", "conversions"):
        assert by_week.account_row[name] == pytest.approx(by_day.account_row[name])
    html = document.render_html(by_week, TEMPLATES)
    assert "single days could not be examined" in html and "day by day" not in html
    text, pages = text_of(html)
    assert by_day.figures.money(by_day.account_row["spend"]) in text and 2 <= pages <= 4


def test_what_is_stated_by_week_beside_days_is_said_with_its_amount() -> None:
    rows = cleaned_rows()
    facebook = pl.col("channel") == "Facebook"
    mixed = pl.concat([rows.filter(~facebook), weeks_of(rows.filter(facebook))])
    content = report_content(cleaned=mixed)
    spend = rows.filter(facebook, pl.col("date") >= WEEK)["spend"].sum()
    found = note(content, "Weekly figures")
    assert found is not None and content.figures.money(spend, exact=True) in found.text
    assert note(report_content(), "Weekly figures") is None


def test_the_pages_stay_few_and_hold_all_remarks_and_the_json_has_the_checksums() -> None:
    content = report_content(**period_file(), checksums=differing_total())
    text, pages = text_of(document.render_html(content, TEMPLATES))
    for said in ("total row differs: Spend +€12.51", "4 rows of a period", "Figures of a period"):
        assert said in text
    assert 2 <= pages <= 4
    assert json.loads(machine.as_json(content))["checksums"][0]["file_total"] == 68400.04


def test_names_of_files_in_notes_are_text_and_never_html() -> None:
    found = period_file()
    evil = found["uploads"].with_columns(file=pl.lit("<script>alert(1)</script>.csv"))
    html = document.render_html(report_content(**{**found, "uploads": evil}, checksums=differing_total()), TEMPLATES)
    assert "<script" not in html and html.count("&lt;script&gt;") >= 4
