"""What a table says is read exactly as it was written, or the file is refused with a sentence."""

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import event, given, settings
from written_tables import NAMED, PLATFORMS, Dialect, Line, Written, many_times, tables, write

from adtech_assets.exports.reader import Export, read_export

EXAMPLES = int(os.environ.get("ADTECH_FUZZ_EXAMPLES", "60"))
_CENT = 0.005
_LARGE = 1_500_000  # from 1 MB on, most of a file is cut by another parser


def check_reading(written: Written, export: Export) -> None:
    """Every fact, row and total as written."""
    facts, dialect = export.facts, written.dialect
    assert facts["status"] == "ok" and facts["delimiter"] == dialect.delimiter
    assert facts["platform"] == PLATFORMS.get(dialect.headers, "generic_ads")
    assert facts["header_row"] == written.header_row
    assert facts["currency"] == dialect.currency
    days = [row.day for _, row in written.rows]
    ends = [day + dt.timedelta(days=dialect.span) for day in days]
    rows = export.rows
    assert rows["problem"].to_list() == [None] * len(written.rows), rows.select("problem", "problem_column", "text")
    assert rows["source_row"].to_list() == [line for line, _ in written.rows]
    assert rows["date"].to_list() == days and rows["last_day"].to_list() == ends
    assert (facts["period_start"], facts["period_end"]) == (min(days), max(ends))
    assert rows["campaign"].to_list() == [row.campaign.strip() for _, row in written.rows]
    for metric in written.metrics:
        stated = [row.value(metric) for _, row in written.rows]
        assert rows[metric].to_list() == [None if v is None else float(v) for v in stated], metric
        assert export.totals[metric] == pytest.approx(written.total(metric), abs=_CENT), metric
    assert facts["rows_total"] == (1 if dialect.total else 0)
    assert export.checksums["ok"].all() and (export.checksums.height > 0) == bool(dialect.total)
    if dialect.encoding != "cp1252":
        assert facts["encoding"] == NAMED.get(dialect.encoding, dialect.encoding)


@given(tables(plain=True))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_table_with_one_reading_is_never_refused_and_read_as_written(written: Written) -> None:
    export = read_export(written.data)
    assert not export.refused, export.facts["reason"]
    check_reading(written, export)


def test_any_table_is_read_as_written_or_refused_and_few_are_refused(
    record_property: Callable[[str, object], None],
) -> None:
    outcomes: Counter[str] = Counter()

    # The same examples every time, and not too few: the first ones are the smallest, which leave most open.
    @given(tables())
    @settings(max_examples=max(EXAMPLES, 200), deadline=None, derandomize=True)
    def each(written: Written) -> None:
        export = read_export(written.data)
        outcomes[export.facts["status"]] += 1
        event(export.facts["status"])
        if export.refused:
            reason = export.facts["reason"]
            assert "ambiguous" in reason and "What to do" in reason, reason
        else:
            check_reading(written, export)

    each()
    share = outcomes["refused"] / outcomes.total()
    record_property("refused", f"{share:.0%} of {outcomes.total()}")
    assert share < 0.25


@given(tables(plain=True))
@settings(max_examples=max(3, EXAMPLES // 60), deadline=None)
def test_a_large_table_is_read_as_a_small_one(written: Written) -> None:
    large = many_times(written, _LARGE)
    check_reading(large, read_export(large.data))


# --- found by the round trip ------------------------------------------------------------------------------------

KETTLE = Line(
    dt.date(2026, 1, 14),
    "Kettle",
    (
        ("spend", Decimal("2.50")), ("impressions", Decimal(1000)), ("clicks", Decimal(3)),
        ("conversions", Decimal(1)), ("revenue", Decimal("5.00")),
    ),
)  # fmt: skip
SHEET = "Date,Campaign,Spend,Impressions,Clicks\n"


def test_a_nameless_total_first_in_a_large_quoted_file_is_no_row() -> None:
    large = write([KETTLE] * 30_000, Dialect(headers="meta", quote_all=True, total="first"))
    assert len(large.data) > 1_000_000
    check_reading(large, read_export(large.data))


def sheet(*rows: str, header: str = SHEET) -> Export:
    return read_export((header + "".join(row + "\n" for row in rows)).encode())


def test_a_row_cut_short_in_a_large_file_leaves_its_totals_unknown() -> None:
    rows = ['2026-01-14,"Kettle, red",2.50,1000,3'] * 30_000
    rows[100] = '2026-01-14,"Kettle, red",'
    assert sheet(*rows[:300]).totals["impressions"] is None
    assert sheet(*rows).totals["impressions"] is None


def test_a_blank_record_is_no_row_in_a_large_file_either() -> None:
    rows = ['2026-01-14,"Kettle, red",2.50,1000,3'] * 30_000
    rows[100] = ",,,,"
    assert sheet(*rows[:300]).facts["rows_problem"] == 0
    assert sheet(*rows).facts["rows_problem"] == 0


@pytest.mark.parametrize("header", [SHEET, "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks\n"])
def test_a_row_with_a_day_is_never_a_total(header: str) -> None:
    export = sheet("2026-01-14,,10.50,100,5", "2026-01-15,Kettle,10.50,100,5", header=header)
    assert export.refused or export.totals["spend"] == 21


def test_counts_that_contradict_the_decimal_sign_are_not_read_as_fractions() -> None:
    export = sheet("2026-01-14,Kettle,12.50,1.234,5", "2026-01-15,Kettle,12.50,2.345,5")
    assert export.refused or export.totals["impressions"] is None


def test_years_of_two_digits_that_may_stand_first_are_not_guessed() -> None:
    export = sheet("26/03/04,Kettle,12.50,1000,5", "26/03/05,Kettle,12.50,1000,5")
    assert export.refused or export.rows["date"].to_list() == [dt.date(2026, 3, 4), dt.date(2026, 3, 5)]


@pytest.mark.parametrize("code", ["EUR", "GBP"])
def test_dollars_in_a_column_of_another_currency_are_refused(code: str) -> None:
    header = SHEET.replace("Spend", f"Spend ({code})")
    assert sheet("2026-01-14,Kettle,$12.50,1000,5", header=header).refused


def test_two_currencies_are_seen_behind_a_typographic_minus() -> None:
    assert sheet("2026-01-14,Kettle,−€5.00,1000,5").facts["currency"] == "EUR"
    assert sheet("2026-01-14,Kettle,−€5.00,1000,5", "2026-01-15,Kettle,£7.00,1000,5").refused


def test_a_file_cut_inside_a_name_of_two_words_is_refused() -> None:
    header = "Campaign,Spend,Impressions,Clicks\n"
    assert read_export((header + "Kettle red,1.50,10,1\nKettle blue,1.50,10,1\nTeapot Spr").encode()).refused


def test_a_row_that_ends_before_it_begins_is_a_problem() -> None:
    header = "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Impressions,Link clicks\n"
    export = sheet("2026-01-01,2026-01-07,Kettle,1.50,10,1", "2026-01-31,2026-01-01,Kettle,1.50,10,1", header=header)
    assert export.refused or export.rows["problem"][1] is not None


def test_a_day_of_three_hundred_digits_is_a_problem() -> None:
    assert sheet("2026-01-14,Kettle,1.50,10,1", "9" * 310 + ",Kettle,1.50,10,1").facts["status"] == "ok"
