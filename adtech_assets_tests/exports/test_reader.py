"""A file is read as it stands, or refused with a sentence; never guessed, never with a traceback."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.exports.reader import read_export, upload_id

ADTECH = "Date,Campaign_ID,Spend,Impressions,Conversions,Location"
SME = "date,channel,campaign,spend,impressions,clicks,conversions,revenue"
FACEBOOK = (
    "campaign_name,adset_name,date,spend,impressions,clicks,ctr,purchases,revenue,roas,"
    "creative_type,creative_message,audience_type,platform,country"
)


def csv(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def test_an_adtech_sheet_has_no_clicks_and_no_revenue_not_zero() -> None:
    export = read_export(csv(ADTECH, "2025-01-06,C-1,12.50,1000,3,Berlin"))
    row = export.rows.row(0, named=True)
    assert export.facts["platform"] == "generic_ads"
    assert (row["date"], row["campaign"], row["spend"], row["location"]) == (dt.date(2025, 1, 6), "C-1", 12.5, "Berlin")
    assert row["clicks"] is None and row["revenue"] is None and row["source_row"] == 2


def test_an_sme_sheet_keeps_its_channels() -> None:
    export = read_export(csv(SME, "2025-01-06,Email,Newsletter,10,100,5,1,60"))
    assert export.facts["platform"] == "generic_ads"
    assert export.rows.select("channel", "campaign", "revenue").row(0) == ("Email", "Newsletter", 60.0)


def test_a_facebook_sheet_maps_purchases_platform_and_creative() -> None:
    line = 'Spring,Set 1,2025-01-06,5.5,100,4,0.04,2,80,14.5,Video,"Soft, warm",Broad,Instagram,DE'
    row = read_export(csv(FACEBOOK, line)).rows.row(0, named=True)
    assert row["conversions"] == 2 and row["channel"] == "Instagram" and row["creative_message"] == "Soft, warm"
    assert row["reported_ctr"] == 0.04 and row["reported_roas"] == 14.5


def test_a_missing_figure_is_named_with_its_near_match() -> None:
    reason = read_export(csv(SME.replace("spend", "spennd"), "2025-01-06,a,b,1,2,3,4,5")).facts["reason"]
    assert "missing: 'Spend'" in reason and "rename 'spennd' to 'Spend'" in reason


def test_an_unknown_column_is_kept_with_its_cells() -> None:
    export = read_export(csv(ADTECH + ",Mood", "2025-01-06,C,1.5,2,3,Berlin,good"))
    assert export.facts["status"] == "ok" and export.rows["extra"].to_list() == ['{"Mood":"good"}']


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\x00\x01\x02\xff" * 50,
        b"a",
        b"foo;bar\n1;2\n",
        "日付,費用\n".encode("cp932"),
        csv(SME) + b'"' * 99,
    ],
    ids=["nothing", "blank lines", "binary", "one letter", "foreign table", "shift-jis", "open quotes"],
)
def test_what_is_no_export_is_refused_with_a_sentence(data: bytes) -> None:
    export = read_export(data)
    assert export.facts["status"] in {"refused", "empty"} and len(export.facts["reason"]) > 10
    assert "Traceback" not in export.facts["reason"] and export.rows.is_empty()


def test_a_number_with_two_readings_is_refused_with_the_cell() -> None:
    reason = read_export(csv(ADTECH, "2025-01-06,C,1.234,5,6,Berlin")).facts["reason"]
    assert "'1.234' (column 'Spend', line 2) may be 1.234 or 1234" in reason


def test_one_clear_cell_decides_the_decimal_sign_for_the_file() -> None:
    german = csv(ADTECH.replace(",", ";"), "2025-01-06;C;1.234;5;6;Berlin", "2025-01-07;C;7,50;5;6;Berlin")
    assert read_export(german).rows["spend"].to_list() == [1234.0, 7.5]
    english = csv(ADTECH, "2025-01-06,C,1.234,5,6,Berlin", "2025-01-07,C,7.50,5,6,Berlin")
    assert read_export(english).rows["spend"].to_list() == [1.234, 7.5]


def test_two_number_formats_in_one_file_are_refused() -> None:
    mixed = csv(ADTECH.replace(",", ";"), "2025-01-06;C;1,5;5;6;Berlin", "2025-01-07;C;1.5;5;6;Berlin")
    assert "written in two ways" in read_export(mixed).facts["reason"]


def test_a_date_with_two_readings_is_refused_unless_another_day_decides() -> None:
    lines = ["03/04/2025,C,1.5,2,3,Berlin"]
    assert "3 April 2025 or 4 March 2025" in read_export(csv(ADTECH, *lines)).facts["reason"]
    decided = read_export(csv(ADTECH, *lines, "13/04/2025,C,1.5,2,3,Berlin"))
    assert decided.rows["date"].to_list() == [dt.date(2025, 4, 3), dt.date(2025, 4, 13)]


def test_a_cell_that_is_no_number_makes_its_row_a_problem_with_its_text() -> None:
    export = read_export(csv(ADTECH, "2025-01-06,C,1.5,2,3,Berlin", "2025-01-07,C,abc,2,3,Berlin"))
    bad = export.rows.row(1, named=True)
    assert bad["problem"] == "not a number" and bad["problem_column"] == "Spend" and '"Spend":"abc"' in bad["text"]
    assert export.facts["rows_read"] == 2 and export.facts["rows_typed"] == 1 and export.facts["rows_problem"] == 1


def test_a_row_with_too_few_or_too_many_cells_is_a_problem() -> None:
    export = read_export(
        csv(ADTECH, "2025-01-06,C,1.5,2,3", "2025-01-07,C,1.5,2,3,Berlin,x", "2025-01-08,C,1.5,2,3,Bonn")
    )
    assert export.rows["problem"].to_list() == ["another number of cells than the header"] * 2 + [None]


def test_lines_are_counted_as_a_person_sees_them() -> None:
    text = (
        FACEBOOK
        + "\n\n"
        + 'A,S,2025-01-06,1.5,2,3,,4,5,,Image,"two\nlines",x,Facebook,DE\n'
        + "B,S,2025-01-06,1.5,2,3,,4,5,,Image,one,x,Facebook,DE\n"
    )
    assert read_export(text.encode()).rows["source_row"].to_list() == [3, 5]


def test_a_total_row_is_a_checksum_not_data() -> None:
    export = read_export(csv(ADTECH, "2025-01-06,Total Rewards Brand,1.5,2,3,Berlin", "Total,,1.5,2,3,"))
    assert export.facts["rows_total"] == 1 and export.facts["spend_read"] == 1.5
    assert export.rows["campaign"].to_list() == ["Total Rewards Brand"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_survive_every_encoding(encoding: str) -> None:
    text = f"{SME}\n2025-01-06,Übersee,Café Größe,1.5,2,3,4,5\n2025-01-07,Übersee,Café Größe,1.5,2,3,4,5\n"
    assert read_export(text.encode(encoding)).rows["campaign"].to_list() == ["Café Größe"] * 2


def test_two_currencies_are_refused_and_one_is_noted() -> None:
    assert read_export(csv(ADTECH, "2025-01-06,C,€1.50,2,3,Berlin")).facts["currency"] == "EUR"
    both = read_export(csv(ADTECH, "2025-01-06,C,€1.50,2,3,Berlin", "2025-01-07,C,$1.50,2,3,Berlin"))
    assert "two currencies" in both.facts["reason"]


def test_the_same_bytes_have_the_same_identity() -> None:
    assert upload_id(b"x") == upload_id(b"x") != upload_id(b"y") and len(upload_id(b"x")) == 12


money = st.integers(0, 10**7).map(lambda cents: cents / 100)
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).filter(lambda s: s.strip())
rows = st.tuples(st.dates(dt.date(2020, 1, 13), dt.date(2026, 12, 28)), names, money, st.integers(0, 10**6))


@given(
    st.lists(rows, min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-16"]),
)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back_or_refused(table: list, delimiter: str, encoding: str) -> None:
    import csv as writer
    import io

    buffer = io.StringIO()
    out = writer.writer(buffer, delimiter=delimiter, lineterminator="\n")
    out.writerow(ADTECH.split(","))
    for day, name, spend, shown in table:
        out.writerow([day.isoformat(), name, f"{spend:.2f}", shown, 1, "Berlin"])
    export = read_export(buffer.getvalue().encode(encoding))
    if export.refused:
        return
    read = export.rows.filter(pl.col("problem").is_null())
    assert read["spend"].to_list() == [spend for _, _, spend, _ in table]
    assert read["impressions"].to_list() == [float(shown) for *_, shown in table]
    assert read["date"].to_list() == [day for day, *_ in table]


@given(st.binary(max_size=400), st.integers(0, 300), st.sampled_from(["cut", "insert", "flip"]))
@settings(max_examples=200, deadline=None)
def test_damaged_files_never_raise(noise: bytes, at: int, how: str) -> None:
    good = csv(SME, *[f"2025-01-{day:02d},Email,News,{day}.50,100,5,1,60.00" for day in range(1, 20)])
    data = {"cut": good[:at], "insert": good[:at] + noise + good[at:], "flip": good[:at] + noise[:3] + good[at + 3 :]}[
        how
    ]
    export = read_export(data)
    assert export.facts["status"] in {"ok", "refused", "empty"}


def test_a_file_whose_lines_all_stand_in_quotes_is_read_as_the_file_it_was() -> None:
    lines = [SME, '2025-01-06,Email,"News, weekly",10.50,100,5,1,60', "2025-01-07,Email,News,11.50,100,5,1,60"]
    quoted = csv(*('"' + line.replace('"', '""') + '"' for line in lines))
    plain, read = read_export(csv(*lines)), read_export(quoted)
    assert read.totals == plain.totals and read.rows["campaign"].to_list() == ["News, weekly", "News"]
    assert "every line stood in quotes" in read.facts["notes"]


def test_a_column_of_quoted_texts_is_not_taken_apart() -> None:
    assert "not recognised" in read_export(b'"a, b"\n"c, d"\n"e, f"\n').facts["reason"]
