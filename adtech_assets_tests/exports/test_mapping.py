"""The client's own word decides what a file leaves open; what the product proposes is used only when confirmed."""

import datetime as dt
import json
from pathlib import Path

import pytest
import yaml
from gemini_server import Answer, gemini_server
from pydantic import SecretStr

from adtech_assets.exports.inspection import inspect_file
from adtech_assets.exports.mapping import MAPPING_FILE, SUGGESTED_FILE, FileMapping, read_mapping
from adtech_assets.exports.reader import read_export
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.suggestion import suggest_mapping
from adtech_assets.settings import Reader, Settings

NO_LIMIT = 10**9
UNKNOWN = (
    "Dagen,Kampagnenbezeichnung,Kosten netto,Werbeeinbl.,Klickz.\n"
    "2026-01-06,Winter,1.50,200,3\n"
    "2026-01-07,Winter,2.25,100,1\n"
)


def test_a_mapping_names_columns_that_nobody_knows() -> None:
    mapping = FileMapping.model_validate(
        {"columns": {"Dagen": "date", "Kampagnenbezeichnung": "campaign", "Kosten netto": "spend", "Klickz.": "clicks"}}
    )
    export = read_export(UNKNOWN.encode(), None, mapping)
    assert export.facts["status"] == "ok" and export.totals["spend"] == 3.75 and export.totals["clicks"] == 4
    assert export.rows["campaign"].to_list() == ["Winter", "Winter"]


def test_a_mapping_overrides_what_a_vocabulary_says() -> None:
    text = (
        b"Day,Campaign name,Amount spent (EUR),Impressions,Clicks (all),Link clicks\n2026-01-06,Winter,1.50,200,9,3\n"
    )
    assert read_export(text).totals["clicks"] == 3
    mapping = FileMapping.model_validate({"columns": {"Link clicks": "ignore", "Clicks (all)": "clicks"}})
    assert read_export(text, None, mapping).totals["clicks"] == 9


def test_a_mapping_decides_numbers_dates_and_currency() -> None:
    text = b"Date;Campaign;Spend;Clicks\n03/04/2026;Winter;1.234;5\n"
    assert read_export(text).refused
    mapping = FileMapping(decimal=",", date_order="mdy", currency="CHF")
    export = read_export(text, None, mapping)
    assert export.totals["spend"] == 1234 and export.facts["currency"] == "CHF"
    assert export.rows["date"].to_list() == [dt.date(2026, 3, 4)]


def test_the_first_entry_whose_pattern_fits_is_used(tmp_path: Path) -> None:
    document = {"exports": [{"files": "meta*.csv", "date_order": "dmy"}, {"date_order": "mdy"}]}
    (tmp_path / MAPPING_FILE).write_text(yaml.safe_dump(document))
    mapping = read_mapping(tmp_path)
    meta, other = mapping.of("Meta_jan.csv"), mapping.of("x.csv")
    assert meta and meta.date_order == "dmy" and other and other.date_order == "mdy"


@pytest.mark.parametrize(
    "text",
    ["exports: [{colums: {}}]", "exports: [{columns: {A: money}}]", "exports: {", "- 1", "exports: [{currency: euro}]"],
)
def test_a_mapping_that_is_not_valid_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / MAPPING_FILE).write_text(text)
    with pytest.raises(Refusal, match=r"mapping\.yaml.*What to do"):
        read_mapping(tmp_path)


def test_a_suggestion_is_written_explained_and_not_used(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text(
        "Daten,Kampanje,Kostnad i alt,Visninger,Klikk antall\n2026-01-06,Winter,1.50,200,3\n".replace("Daten", "Dates")
    )
    before = inspect_file(file, Reader(), NO_LIMIT)
    said = suggest_mapping(file, Settings())
    assert SUGGESTED_FILE in said and MAPPING_FILE in said
    text = (tmp_path / SUGGESTED_FILE).read_text("utf-8")
    assert "because the header is like" in text
    assert inspect_file(file, Reader(), NO_LIMIT).facts["status"] == before.facts["status"]
    (tmp_path / SUGGESTED_FILE).rename(tmp_path / MAPPING_FILE)
    confirmed = yaml.safe_load(text)["exports"][0]["columns"]
    assert "date" in confirmed.values()
    assert read_mapping(tmp_path).of("sheet.csv") is not None


def test_nothing_is_proposed_for_a_column_whose_cells_are_of_another_kind(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("Campaigne nam,Spennd,Impresions\nWinter,expensive,lots\n")
    suggest_mapping(file, Settings())
    proposed = tmp_path / SUGGESTED_FILE
    columns = yaml.safe_load(proposed.read_text("utf-8"))["exports"][0]["columns"] if proposed.is_file() else {}
    assert "spend" not in columns.values() and "impressions" not in columns.values()


def test_with_a_key_the_model_is_asked_and_sees_no_cell(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("Wann,Wofuer,Xyzzy\n2026-01-06,Secret campaign,1.50\n2026-01-07,Secret campaign,2.50\n")
    guesses = {"columns": [{"header": "Xyzzy", "role": "spend"}, {"header": "Wofuer", "role": "revenue"}]}
    with gemini_server(Answer(json.dumps(guesses))) as server:
        settings = Settings(
            gemini_api_key=SecretStr("k"), gemini={"base_url": server.url}  # type: ignore[arg-type]
        )  # fmt: skip
        suggest_mapping(file, settings)
        asked = json.dumps(server.requests)
    assert "Xyzzy" in asked and "Secret" not in asked and "1.50" not in asked
    columns = yaml.safe_load((tmp_path / SUGGESTED_FILE).read_text("utf-8"))["exports"][0]["columns"]
    assert columns.get("Xyzzy") == "spend" and "revenue" not in columns.values()
