"""Anomalies of one file without a store, and a client's verdicts: what is written down, and what follows from it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dropped_files import drop, run_metrics

from adtech_assets.demo import demo_frame, write_demo
from adtech_assets.exports.refusal import Refusal
from adtech_assets.insight import anomalies
from adtech_assets.lake import Part
from adtech_assets.pipeline import client_steps, file_anomalies, week_steps
from adtech_assets.pipeline.decisions import FEEDBACK_FILE, note_verdict, verdicts_of
from adtech_assets.pipeline.file_anomalies import COLUMNS, Unscorable, answer_lines, as_rows, findings_of
from adtech_assets.pipeline.findings import find_one
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Client, Insight, Settings
from adtech_assets.tables import FINDINGS, INSIGHTS, RECOMMENDATIONS

PLAIN = Insight(forest=False)
NOW = dt.datetime(2025, 4, 1, 8, tzinfo=dt.UTC)
PERIODS = (
    "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Impressions,Link clicks\n"
    "2026-01-01,2026-01-31,Kettle,150.00,10000,120\n"
    "2026-01-01,2026-01-31,Teapot,90.00,8000,80\n"
)


def find(*asked: Any, **options: Any) -> pl.DataFrame:
    """Findings of a file as rows of the CSV."""
    return as_rows(findings_of(*asked, **options))


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("files") / "export.csv")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    clients = {"acme": Client(name="Acme Kettles", currency="EUR", country="DE", false_alarm_weeks=2000)}
    return Settings(home=tmp_path, insight=PLAIN, clients=clients)


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    workspace = Workspace.open(settings)
    drop(workspace, "export.csv", demo_frame().write_csv().encode())
    run_metrics(workspace, NOW)
    return workspace


def stored(workspace: Workspace) -> pl.DataFrame:
    return workspace.lake.read(FINDINGS, Part("acme"))


def test_a_file_is_answered_with_the_findings_of_its_rows_ordered_by_day(export: Path, settings: Settings) -> None:
    found = find(export, settings)
    assert tuple(found.columns) == COLUMNS
    days = pl.read_csv(export, try_parse_dates=True).with_columns(platform=pl.lit("any"))
    findings = anomalies.score(days, PLAIN)[1]
    assert found.select("campaign", "date", "end", "kind").rows() == (
        findings.sort("start", "campaign").select("campaign", "start", "end", "kind").rows()
    )
    assert found["date"].is_sorted() and found.height == 5
    assert find(export, settings).equals(found), "the same file, the same answer, whenever it is asked"


def test_a_larger_budget_of_weeks_tells_less_and_the_client_s_own_counts_without_one(
    export: Path, settings: Settings
) -> None:
    heights = [find(export, settings, weeks=weeks).height for weeks in (5, 150, 1_000_000)]
    assert heights[0] > heights[1] > heights[2]
    assert find(export, settings, client="acme").equals(find(export, settings, weeks=2000))
    assert find(export, settings, client="acme", weeks=150).equals(find(export, settings))


def test_what_campaigns_share_names_no_campaign_and_its_kind_says_so(tmp_path: Path, settings: Settings) -> None:
    on_the_day = pl.col("date") == dt.date(2025, 3, 5)
    shock = demo_frame().with_columns(spend=pl.when(on_the_day).then(pl.col("spend") * 100).otherwise("spend"))
    path = tmp_path / "shock.csv"
    path.write_bytes(shock.write_csv(float_precision=2).encode())
    of_the_day = find(path, settings).filter(pl.col("date") == dt.date(2025, 3, 5))
    assert of_the_day.select("campaign", "kind", "metric").rows() == [("", "shared_spend_spike", "spend")]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("periods.csv", PERIODS.encode(), "periods, not days"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ""),
        ("empty.csv", b"", ""),
        ("prose.csv", b"Dear all, please find the figures below.\n", ""),
    ],
)
def test_a_file_that_cannot_be_scored_is_answered_with_a_sentence(
    name: str, data: bytes, said: str, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Unscorable) as raised:
        find(tmp_path / name, settings)
    text = str(raised.value)
    assert text.startswith(f"{name}: ") and said in text and len(text) > len(name) + 15 and "Error" not in text


def test_a_batch_answers_every_line_and_a_failing_one_stops_no_other(
    export: Path, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "periods.csv").write_text(PERIODS)
    requests: list[Any] = [
        {"id": "a", "file": str(export)},
        {"id": 2, "file": str(tmp_path / "gone.csv")},
        {"id": "p", "file": str(tmp_path / "periods.csv")},
        {"id": "w", "file": str(export), "weeks": 1},
        {"id": "o", "file": str(export), "colour": "red"},
        ["no", "request"],
        {"id": "m", "file": str(export), "mapping": str(tmp_path / "gone.yaml")},
        {"id": "z", "file": str(export), "weeks": 1000},
    ]
    lines = [*map(json.dumps, requests), "{not json", "   "]
    answers = answer_lines(lines, settings)
    assert [answer["id"] for answer in answers] == ["a", 2, "p", "w", "o", None, "m", "z", None]
    assert [set(answer) - {"id"} for answer in answers] == [
        {"error"} if number not in (0, 7) else {"findings"} for number in range(9)
    ]
    assert all(tuple(finding) == COLUMNS for finding in answers[0]["findings"]) and answers[0]["findings"]
    assert "no such file" in answers[1]["error"] and "periods" in answers[2]["error"]
    assert "weeks" in answers[3]["error"] and "colour" in answers[4]["error"]
    assert json.loads(json.dumps(answers)) == answers


def test_a_verdict_is_noted_beside_the_exports_and_the_last_word_counts(workspace: Workspace) -> None:
    folder = workspace.inbox / "acme"
    assert verdicts_of(folder) == ()
    first, second = stored(workspace).to_dicts()[:2]
    note_verdict(folder, first, "noise")
    note_verdict(folder, second, "real")
    assert (folder / FEEDBACK_FILE).read_text("utf-8").startswith("#")
    assert {v.finding_id: v.real for v in verdicts_of(folder)} == {
        first["finding_id"]: False,
        second["finding_id"]: True,
    }
    note_verdict(folder, first, "real")
    [said] = [v for v in verdicts_of(folder) if v.finding_id == first["finding_id"]]
    assert said.real
    assert (said.kind, said.campaign, said.start, said.end) == tuple(
        first[name] for name in ("kind", "campaign", "start", "end")
    )


def test_noise_is_marked_by_the_next_run_and_left_out_of_the_week_s_report(workspace: Workspace) -> None:
    [finding] = stored(workspace).filter(pl.col("kind") == "budget_exhaustion").to_dicts()
    week = finding["start"] - dt.timedelta(days=finding["start"].weekday())

    def told(table: pl.DataFrame) -> list[str]:
        return table["finding_id"].to_list()

    week_steps.diagnose(workspace, "acme", week)
    assert finding["finding_id"] in told(workspace.lake.read(FINDINGS, Part("acme", week)))
    assert all(
        finding["finding_id"] in told(workspace.lake.read(t, Part("acme", week))) for t in (INSIGHTS, RECOMMENDATIONS)
    )
    note_verdict(workspace.inbox / "acme", finding, "noise")
    client_steps.score(workspace, "acme")
    [marked] = stored(workspace).filter(pl.col("finding_id") == finding["finding_id"]).to_dicts()
    assert marked == {**finding, "verdict": "noise"}
    week_steps.diagnose(workspace, "acme", week)
    for table in (FINDINGS, INSIGHTS, RECOMMENDATIONS):
        assert finding["finding_id"] not in told(workspace.lake.read(table, Part("acme", week)))


def test_a_report_of_an_earlier_week_leaves_noise_out_too(workspace: Workspace) -> None:
    [finding] = stored(workspace).filter(pl.col("kind") == "spend_spike").to_dicts()
    week = finding["start"] - dt.timedelta(days=finding["start"].weekday())
    note_verdict(workspace.inbox / "acme", finding, "noise")
    week_steps.diagnose(workspace, "acme", week)
    assert finding["finding_id"] not in workspace.lake.read(FINDINGS, Part("acme", week))["finding_id"].to_list()


@pytest.mark.parametrize("text", ["[1, 2]", "abc: {verdict: maybe}", "{", "abc: noise", "a: &a [*a]"])
def test_a_broken_file_of_verdicts_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / FEEDBACK_FILE).write_text(text)
    with pytest.raises(Refusal, match=FEEDBACK_FILE):
        verdicts_of(tmp_path)


def test_a_link_to_elsewhere_is_no_file_of_verdicts(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("{")
    (tmp_path / FEEDBACK_FILE).symlink_to(tmp_path / "elsewhere")
    assert verdicts_of(tmp_path) == ()


def test_a_finding_is_known_by_the_first_characters_of_its_id(workspace: Workspace) -> None:
    assert workspace.lake.clients(FINDINGS) == ["acme"]
    identity = stored(workspace)["finding_id"][0]
    assert find_one(workspace, identity[:8])[1]["finding_id"] == identity
    assert find_one(workspace, identity, "acme")[0] == "acme"
    with pytest.raises(LookupError, match="several"):
        find_one(workspace, "")
    for wrong, client in (("zzz", None), (identity, "other"), (identity, "../acme"), ("%", None)):
        with pytest.raises(LookupError):
            find_one(workspace, wrong, client)


def test_the_shared_mark_is_part_of_no_kind() -> None:
    assert not any(kind.startswith(file_anomalies.SHARED) for kind in anomalies.calibration.CURVES)
