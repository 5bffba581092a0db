"""`adtech inspect` says how a file is read: a line for people, an object for programs, many at once, one exit code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adtech_assets.cli import app
from adtech_assets.settings import load_settings

RUN = CliRunner()
FILES = Path(__file__).parent / "files"
KEYS = {
    "platform", "status", "reason", "encoding", "delimiter", "header_row", "currency", "period", "date_grain",
    "dimensions", "rows", "total_rows", "totals", "checksum",
}  # fmt: skip


def test_one_line_says_how_a_file_was_read() -> None:
    result = RUN.invoke(app, ["inspect", str(FILES / "meta_15_japanese_total_first_jpy.csv")])
    assert result.exit_code == 0
    line = result.stdout.splitlines()[0]
    assert line.startswith("Meta Ads, ad level, JPY, ") and line.endswith("total row ignored and equal to the sum")


def test_a_total_that_differs_is_said_with_both_figures() -> None:
    result = RUN.invoke(app, ["inspect", str(FILES / "microsoft_01_grid_totals_differ.csv")])
    assert result.exit_code == 0 and "but they differ: spend" in result.stdout and "in the total" in result.stdout


def test_json_is_exactly_one_object_with_the_promised_keys() -> None:
    result = RUN.invoke(app, ["inspect", str(FILES / "google_g02_campaign_utf8_gbp.csv"), "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 0 and told.keys() >= KEYS
    assert set(told["totals"]) == {"spend", "impressions", "clicks", "conversions", "revenue"}


def test_an_empty_report_is_no_error() -> None:
    result = RUN.invoke(app, ["inspect", str(FILES / "meta_12_no_data_available_cad.csv"), "--json"])
    assert result.exit_code == 0 and json.loads(result.stdout)["status"] == "empty"


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_refused_file_ends_with_2_and_one_line_that_says_what_to_do(flags: list[str]) -> None:
    result = RUN.invoke(app, ["inspect", str(FILES / "trap_undecidable_dates.csv"), *flags])
    assert result.exit_code == 2 and "What to do:" in result.stderr and len(result.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["inspect", str(tmp_path / "none.csv")])
    assert result.exit_code == 2 and "cannot be opened" in result.stderr and "Traceback" not in result.output


def test_a_batch_answers_every_request_and_stops_at_none(tmp_path: Path) -> None:
    requests = [
        {"id": "a", "file": str(FILES / "google_g02_campaign_utf8_gbp.csv"), "json": True},
        {"id": "b", "file": str(tmp_path / "none.csv")},
        {"id": 3, "file": str(FILES / "trap_undecidable_dates.csv")},
        {"id": "d", "flie": "typo"},
    ]
    (tmp_path / "requests.jsonl").write_text("".join(json.dumps(r) + "\n" for r in requests) + "no json\n")
    arguments = ["inspect", "--batch", str(tmp_path / "requests.jsonl"), "--out", str(tmp_path / "results.jsonl")]
    assert RUN.invoke(app, arguments).exit_code == 0
    answers = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [a["id"] for a in answers] == ["a", "b", 3, "d", None]
    assert answers[0]["status"] == "ok" and answers[2]["status"] == "refused"
    assert all("error" in a for a in (answers[1], answers[3], answers[4]))


def test_a_batch_needs_a_place_for_its_results(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").write_text("")
    assert "--out" in RUN.invoke(app, ["inspect", "--batch", str(tmp_path / "requests.jsonl")]).stderr


def test_a_vocabulary_that_is_not_valid_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adtech.yaml").write_text("reader: {vocabulary: words}\n")
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "mine.yaml").write_text("title: nothing else\n")
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    load_settings.cache_clear()
    try:
        result = RUN.invoke(app, ["inspect", str(FILES / "google_g02_campaign_utf8_gbp.csv"), "--json"])
    finally:
        load_settings.cache_clear()
    assert result.exit_code == 2 and "mine.yaml names no platform" in json.loads(result.stdout)["reason"]
