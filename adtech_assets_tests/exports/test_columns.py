"""The columns of an upload as the reader names them."""

from __future__ import annotations

from adtech_assets.exports.reader import Export, read_export

HEADER = "Day,Campaign,Cost,Impr.,Clicks,Conversions,Conv. value,Avg. CPC,,Labels"


def columns(*lines: str, header: str = HEADER) -> dict[str, tuple[int, str | None, str]]:
    rows = read(*lines, header=header).columns.select("header", "position", "field", "type").iter_rows()
    return {header: (position, field, kind) for header, position, field, kind in rows}


def read(*lines: str, header: str = HEADER) -> Export:
    export = read_export("\n".join([header, *lines, ""]).encode())
    assert not export.refused, export.facts["reason"]
    return export


def test_each_column_has_its_place_its_field_and_what_its_cells_are() -> None:
    found = columns("2026-03-01,Brand,10.50,100,5,1,20.00,2.10,,", "2026-03-02,Brand,11.50,100,5,,21.00,2.10,,")
    assert found["Day"] == (1, "date", "day")
    assert found["Campaign"] == (2, "campaign", "text")
    assert found["Cost"] == (3, "spend", "number")
    assert found["Conversions"] == (6, "conversions", "number")
    assert found["Avg. CPC"] == (8, None, "text")
    assert found["Labels"] == (10, None, "empty")
    assert "" not in found


def test_a_metric_without_any_number_is_text_and_without_any_cell_empty() -> None:
    found = columns("2026-03-01,Brand,10.50,100,5,,n,2.10,,", "2026-03-02,Brand,11.50,100,5,,m,2.10,,")
    assert found["Conv. value"][2] == "text"
    assert found["Conversions"][2] == "empty"


def test_columns_are_stamped_with_the_upload_and_none_are_known_of_a_refused_file() -> None:
    export = read("2026-03-01,Brand,10.50,100,5,1,20.00,2.10,,")
    assert export.columns["upload_id"].unique().to_list() == [export.facts["upload_id"]]
    refused = read_export(b"a,b\n1,2\n")
    assert refused.refused and refused.columns.is_empty()


def test_a_file_without_rows_has_columns() -> None:
    export = read_export((HEADER + "\n").encode())
    assert export.facts["status"] == "empty"
    assert set(export.columns["type"]) == {"empty"}
