"""`adtech quarantine` and `adtech trace`: what a client's history answers, in sentences, as JSON and as a safe CSV."""

import csv
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from adtech_assets.cli import app
from adtech_assets.lake import Part
from adtech_assets.pipeline import client_steps
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import load_settings
from adtech_assets.tables import CLEANED

RUN = CliRunner()
NOW = dt.datetime(2025, 2, 1, 8, tzinfo=dt.UTC)
HEADER = "date,channel,campaign,spend,impressions,clicks,conversions,revenue,roas,Note\n"
FIRST = (
    "2025-01-06,Search,Brand DE,10.10,1000,20,2,50.00,4.95,a\n"
    "2025-01-07,Search,Brand DE,12x,1000,20,2,50.00,,=cmd|' /C calc'!A0\n"
    "2025-01-08,Search,brand_de,,1000,20,2,50.37,4.95,\n"
    "2025-01-08,Search,\x1b[31mOdd [b]name[/b],-3.00,1000,20,2,50.00,,+1\n"
    "2025-01-12,Search,Shoes,20.20,1000,20,2,50.00,2.48,b\n"
    "2025-01-13,Search,Shoes,33.30,1000,20,2,50.00,1.50,b\n"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    (tmp_path / "adtech.yaml").write_text("clients:\n  known: {currency: EUR}\n")
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def drop(text: str = FIRST, name: str = "jan.csv", client: str = "acme", days: int = 0, read: bool = True) -> None:
    workspace = Workspace.open()
    folder = workspace.inbox / client
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes((HEADER + text).encode())
    if read:
        client_steps.ingest(workspace, client, NOW + dt.timedelta(days=days))
        client_steps.clean(workspace, client)


def ask(*arguments: object) -> Result:
    result = RUN.invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def answer(*arguments: object) -> Any:
    result = ask(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def cells(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "Excel reads it as UTF-8"
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines()))


@pytest.mark.usefixtures("home")
def test_rows_set_aside_are_shown_by_file_and_reason_with_line_and_cell() -> None:
    drop()
    said = ask("quarantine", "acme").stdout
    assert "acme: 2 rows are set aside" in said
    assert "jan.csv line 3, spend: '12x': not a number" in said
    assert "jan.csv line 5, spend: '-3.0': spend is negative" in said and "\x1b[31m" not in said
    rows = answer("quarantine", "acme")["rows"]
    assert [row["line"] for row in rows] == [3, 5] and rows[0]["cells"]["spend"] == "12x"


def test_the_export_is_safe_to_open_in_a_spreadsheet(home: Path) -> None:
    drop()
    assert ask("quarantine", "acme", "--export", home / "q.csv").exit_code == 0
    first, second = cells(home / "q.csv")
    assert (first["file"], first["line"], first["reason"]) == ("jan.csv", "3", "not a number")
    assert first["Note"] == "'=cmd|' /C calc'!A0" and first["spend (cell)"] == "12x"
    assert second["spend"] == "-3.0", "a number stays a number"
    refused = ask("quarantine", "acme", "--export", home / "q.exe")
    assert refused.exit_code == 1 and ".csv" in refused.stderr


@pytest.mark.usefixtures("home")
def test_a_row_can_be_seen_as_its_line_stands_in_the_file() -> None:
    drop(FIRST + "2025-01-13,Search,Shoes,1,234.50,1000,20,2,50.00,1.50,cut,too long\n" + FIRST.splitlines()[0] + "\n")
    said = ask("quarantine", "acme", "--lines").stdout
    assert "another number of cells than the header" in said
    assert "2025-01-13,Search,Shoes,1,234.50,1000,20,2,50.00,1.50,cut,too long" in said
    traced = answer("trace", "acme", "--week", "2025-01-06", "--campaign", "shoes", "--lines")
    assert traced["rows"][0]["original_line"] == FIRST.splitlines()[4]
    assert "Search,Shoes,20.20" in ask("trace", "acme", "--week", "2025-01-06", "--lines").stdout


@pytest.mark.usefixtures("home")
def test_fixing_the_file_releases_its_rows() -> None:
    drop()
    drop(FIRST.replace("12x", "12").replace("-3.00", "3.00"), days=1)
    assert answer("quarantine", "acme")["open"] == 0
    said = ask("quarantine", "acme").stdout
    assert "no row is set aside any more; 2 more were replaced by a newer file (--all shows them)" in said
    kept = answer("quarantine", "acme", "--all")
    assert kept["released"] == 2 and all(row["released_by"] for row in kept["rows"])
    assert "replaced by upload" in ask("quarantine", "acme", "--all").stdout


@pytest.mark.parametrize("command", [("quarantine",), ("trace", "--week", "2025-01-06")])
def test_who_asks_too_early_or_for_nobody_is_told_so(home: Path, command: tuple[str, ...]) -> None:
    name, *options = command

    def said(client: str) -> str:
        result = ask(name, client, *options)
        assert result.exit_code == 1 and result.stdout == ""
        return result.stderr

    assert "nothing was read for known yet" in said("known")
    assert "no client 'knwn'; there is known" in said("knwn")
    assert "no client '../../etc'" in said("../../etc")
    drop(read=False)
    if name == "quarantine":
        result = ask(name, "acme")
        assert result.exit_code == 0 and "answered from the files in its inbox" in result.stderr
    else:
        assert "1 file lies in" in said("acme") and "nothing is read yet" in said("acme")


@pytest.mark.usefixtures("home")
def test_a_client_without_rows_set_aside_hears_so_and_unread_files_are_named() -> None:
    drop("2025-01-06,Search,Brand,10.10,1000,20,2,50.00,4.95,a\n")
    assert "no row was set aside" in ask("quarantine", "acme").stdout
    drop("2025-01-07,Search,Brand,10.10,1000,20,2,50.00,4.95,a\n", "new.csv", read=False)
    result = ask("quarantine", "acme")
    assert result.exit_code == 0 and "not read yet, so not part of this answer: new.csv" in result.stderr


@pytest.mark.usefixtures("home")
def test_a_figure_is_traced_to_its_lines_and_proved() -> None:
    drop()
    result = ask("trace", "acme", "--week", "2025-01-09", "--metric", "spend")
    assert result.exit_code == 0, result.output
    assert "acme, 2025-01-06 to 2025-01-12" in result.stdout and "Spend: 40.48" in result.stdout
    assert "proved: spend of 3 rows is 40.48" in result.stdout and "recovered" in result.stdout
    found = answer("trace", "acme", "--week", "2025-01-06")
    assert [(row["file"], row["line"], row["spend"]) for row in found["rows"]] == [
        ("jan.csv", 2, 10.1), ("jan.csv", 4, 10.18), ("jan.csv", 6, 20.2),
    ]  # fmt: skip
    assert found["value"] == found["query_value"] == round(sum(row["spend"] for row in found["rows"]), 6)
    assert found["uploads"][0]["rows"] == 3 and "read_parquet" in found["query"]


def test_a_campaign_a_ratio_and_an_export_are_traced(home: Path) -> None:
    drop()
    found = answer("trace", "acme", "--week", "2025-01-06", "--metric", "roas", "--campaign", "BRAND-DE")
    assert found["filters"] == {"campaign": "Brand DE"}
    assert [part["value"] for part in found["parts"]] == [100.37, 20.28]
    assert found["value"] == pytest.approx(100.37 / 20.28)
    done = ask("trace", "acme", "--from", "2025-01-12", "--to", "2025-01-13", "--export", home / "t.csv")
    assert done.exit_code == 0 and [row["spend"] for row in cells(home / "t.csv")] == ["20.2", "33.3"]


@pytest.mark.usefixtures("home")
def test_what_a_newer_file_overruled_is_listed_and_not_counted() -> None:
    drop()
    drop("2025-01-12,Search,Shoes,21.00,1000,20,2,50.00,2.38,b\n", "newer.csv", days=1)
    found = answer("trace", "acme", "--week", "2025-01-06", "--campaign", "Shoes")
    assert found["value"] == 21.0 and found["rows"][0]["file"] == "newer.csv"
    assert [(u["file"], u["spend"]) for u in found["superseded"]] == [("jan.csv", 20.2)]
    assert "overruled by newer uploads" in ask("trace", "acme", "--week", "2025-01-06").stdout


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--week", "2025-01-06", "--campaign", "Shoos"), "no campaign 'Shoos'; nearest: 'Shoes'"),
        (("--week", "2025-01-06", "--metric", "profits"), "no metric 'profits': choose one of spend"),
        (("--week", "2024-01-06"), "no rows from 2024-01-01 to 2024-01-07: there are rows from 2025-01-06"),
        (("--week", "6.1.2025"), "write it as 2025-03-24"),
        (("--from", "2025-01-06"), "--from and --to go together"),
        (("--from", "2025-01-09", "--to", "2025-01-06"), "lies before"),
        ((), "say which days"),
    ],
)
def test_what_cannot_be_traced_is_said_in_one_sentence(options: tuple[str, ...], said: str) -> None:
    drop()
    result = ask("trace", "acme", *options)
    assert result.exit_code == 1 and said in result.stderr and result.stdout == ""


@pytest.mark.usefixtures("home")
def test_a_store_that_says_something_else_than_its_files_is_not_proved() -> None:
    drop()
    workspace, part = Workspace.open(), Part("acme")
    stored = workspace.lake.read(CLEANED, part)
    workspace.lake.write(CLEANED, part, stored.with_columns(spend=pl.col("spend") + 1))
    result = ask("trace", "acme", "--week", "2025-01-06")
    assert result.exit_code == 1 and "not proved: spend is 43.48 in the store" in result.stderr


def test_a_week_beyond_the_calendar_and_a_folder_that_is_missing_are_told(home: Path) -> None:
    drop()
    for days in (("--week", "9999-12-31"), ("--from", "9999-12-31", "--to", "9999-12-31")):
        refused = ask("trace", "acme", *days)
        assert refused.exit_code == 1 and "9999-12-31" in refused.stderr, days
    for command in (("quarantine", "acme"), ("trace", "acme", "--week", "2025-01-06")):
        refused = ask(*command, "--export", home / "no" / "such" / "t.csv")
        assert refused.exit_code == 1 and "there is no folder" in refused.stderr and not (home / "no").exists()
