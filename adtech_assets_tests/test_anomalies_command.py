"""`adtech anomalies` and `adtech feedback`: what they print and write, and how they end."""

import csv
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from adtech_assets.cli import app
from adtech_assets.demo import write_demo
from adtech_assets.lake import Part
from adtech_assets.pipeline import client_steps
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import load_settings
from adtech_assets.tables import FINDINGS

NOW = dt.datetime(2025, 4, 1, 8, tzinfo=dt.UTC)
COLUMNS = ["campaign", "date", "end", "metric", "kind", "score", "expected", "observed", "severity"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "adtech.yaml").write_text("insight: {forest: false}\n")
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


@pytest.fixture
def export(home: Path) -> Path:
    return write_demo(home / "export.csv")


@pytest.fixture
def workspace(home: Path) -> Workspace:
    workspace = Workspace.open(load_settings())
    folder = workspace.inbox / "acme"
    folder.mkdir(parents=True)
    write_demo(folder / "export.csv")
    client_steps.ingest(workspace, "acme", NOW)
    client_steps.clean(workspace, "acme")
    client_steps.aggregate(workspace, "acme")
    client_steps.score(workspace, "acme")
    return workspace


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def refused(result: Result) -> str:
    """What a command said that ended without doing what was asked."""
    assert result.exit_code != 0
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output and result.output.strip()
    return str(result.output)


def test_the_csv_has_the_columns_and_a_row_a_finding(export: Path, home: Path) -> None:
    result = run("anomalies", export, "--out", home / "found.csv")
    assert result.exit_code == 0 and "5 findings" in result.output
    with (home / "found.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    kinds = {"spend_spike", "revenue_spike", "ctr_decline", "performance_drop", "budget_exhaustion"}
    assert {row["kind"] for row in rows} == kinds
    days = [dt.date.fromisoformat(row["date"]) for row in rows]
    assert days == sorted(days)
    before = (home / "found.csv").read_bytes()
    run("anomalies", export, "--out", home / "found.csv")
    assert (home / "found.csv").read_bytes() == before


def test_on_the_screen_every_finding_is_named_and_a_quiet_file_is_said_to_be_quiet(export: Path, home: Path) -> None:
    lines = run("anomalies", export).output.splitlines()
    assert len(lines) == 5
    [spike] = [line for line in lines if "spend_spike" in line]
    assert "Google_Search_Brand" in spike and "15 Feb 2025" in spike
    (home / "short.csv").write_text("\n".join(export.read_text("utf-8").splitlines()[:60]))
    result = run("anomalies", home / "short.csv")
    assert (result.exit_code, result.output.strip()) == (0, "nothing abnormal")


def test_a_csv_without_findings_has_its_header(export: Path, home: Path) -> None:
    (home / "short.csv").write_text("\n".join(export.read_text("utf-8").splitlines()[:60]))
    assert run("anomalies", home / "short.csv", "--out", home / "none.csv").exit_code == 0
    assert (home / "none.csv").read_text("utf-8").strip() == ",".join(COLUMNS)


def test_more_weeks_between_false_alarms_tell_less(export: Path, home: Path) -> None:
    def rows(weeks: str) -> int:
        assert run("anomalies", export, "--weeks", weeks, "--out", home / "found.csv").exit_code == 0
        return len((home / "found.csv").read_text("utf-8").splitlines())

    assert rows("5") > rows("1000000")
    refused(run("anomalies", export, "--weeks", "2"))


def test_what_cannot_be_scored_ends_with_a_sentence(export: Path, home: Path) -> None:
    (home / "noise.csv").write_bytes(bytes(range(256)) * 20)
    (home / "periods.csv").write_text(
        "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Impressions,Link clicks\n"
        "2026-01-01,2026-01-31,Kettle,150.00,10000,120\n2026-01-01,2026-01-31,Teapot,90.00,8000,80\n"
    )
    assert "noise.csv" in refused(run("anomalies", home / "noise.csv"))
    assert "periods, not days" in refused(run("anomalies", home / "periods.csv", "--out", home / "found.csv"))
    assert "no such file" in refused(run("anomalies", home / "gone.csv"))
    assert "no such file" in refused(run("anomalies", home))
    assert "FILE" in refused(run("anomalies"))
    assert "--out" in refused(run("anomalies", "--batch", export))
    assert "--out" in refused(run("anomalies", export, "--batch", export, "--out", home / "found.csv"))
    refused(run("anomalies", export, "--mapping", home / "gone.yaml"))
    assert not (home / "found.csv").exists()


def test_a_batch_writes_one_answer_a_line_and_goes_on_after_one_that_fails(export: Path, home: Path) -> None:
    requests = [{"id": "gone", "file": str(home / "gone.csv")}, {"id": "ok", "file": str(export), "weeks": 150}]
    (home / "asked.jsonl").write_text("\n".join(["no json", *map(json.dumps, requests)]) + "\n")
    assert run("anomalies", "--batch", home / "asked.jsonl", "--out", home / "told.jsonl").exit_code == 0
    answers = [json.loads(line) for line in (home / "told.jsonl").read_text("utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == [None, "gone", "ok"]
    assert ["error" in answer for answer in answers] == [True, True, False]
    assert len(answers[2]["findings"]) == 5 and list(answers[2]["findings"][0]) == COLUMNS


def test_feedback_is_written_down_and_the_second_word_counts(workspace: Workspace) -> None:
    row = workspace.lake.read(FINDINGS, Part("acme")).row(0, named=True)
    result = run("feedback", row["finding_id"][:8], "noise")
    assert result.exit_code == 0 and row["sentence"] in result.output and "noise" in result.output
    path = workspace.inbox / "acme" / "feedback.yaml"
    assert yaml.safe_load(path.read_text("utf-8"))[row["finding_id"]]["verdict"] == "noise"
    client_steps.score(workspace, "acme")
    assert workspace.lake.read(FINDINGS, Part("acme")).row(0, named=True)["verdict"] == "noise"
    assert run("feedback", row["finding_id"], "real", "--client", "acme").exit_code == 0
    noted = yaml.safe_load(path.read_text("utf-8"))
    assert {key: said["verdict"] for key, said in noted.items()} == {row["finding_id"]: "real"}
    client_steps.score(workspace, "acme")
    assert workspace.lake.read(FINDINGS, Part("acme")).row(0, named=True)["verdict"] == "real"


def test_feedback_on_nothing_known_or_on_several_ends_with_a_sentence(workspace: Workspace) -> None:
    identity = workspace.lake.read(FINDINGS, Part("acme"))["finding_id"][0]
    assert "no client has a finding" in refused(run("feedback", "zzzz", "noise"))
    assert "several findings" in refused(run("feedback", "", "noise"))
    assert "other has no finding" in refused(run("feedback", identity, "noise", "--client", "other"))
    assert "no client" in refused(run("feedback", identity, "noise", "--client", "../acme"))
    refused(run("feedback", identity, "perhaps"))
    assert not (workspace.inbox / "acme" / "feedback.yaml").exists()


def test_feedback_beside_a_broken_file_of_verdicts_changes_nothing(workspace: Workspace) -> None:
    path = workspace.inbox / "acme" / "feedback.yaml"
    path.write_text("[1, 2]\n")
    identity = workspace.lake.read(FINDINGS, Part("acme"))["finding_id"][0]
    assert "feedback.yaml" in refused(run("feedback", identity, "noise"))
    assert path.read_text() == "[1, 2]\n"
