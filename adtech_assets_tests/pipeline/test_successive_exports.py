"""Successive exports as platforms give them, dropped one after another: what `adtech restatements` says of them."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest
from dropped_files import drop
from successive_exports import build, plain_totals, plain_totals_resolved
from typer.testing import CliRunner

from adtech_assets.cli import app
from adtech_assets.exports.mapping import MAPPING_FILE
from adtech_assets.inbox import DECISIONS
from adtech_assets.metrics.naming.aliases import ALIASES_FILE
from adtech_assets.pipeline import client_steps, restatements
from adtech_assets.pipeline.decisions import CONFIRMED_FILE, FEEDBACK_FILE
from adtech_assets.pipeline.workspace import Workspace

MADE = build()
NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    from adtech_assets.settings import Paths, Settings

    home = tmp_path_factory.mktemp("home")
    workspace = Workspace.open(Settings(home=home, paths=Paths()))
    for number, (name, data) in enumerate(MADE.files):
        drop(workspace, name, data)
        client_steps.ingest(workspace, "acme", NOW + dt.timedelta(minutes=number))
    client_steps.clean(workspace, "acme")
    return workspace


@pytest.fixture(scope="module")
def answer(dropped: Workspace) -> dict[str, Any]:
    return restatements.answer(dropped, "acme")


def test_eleven_files_are_told_in_their_order(answer: dict[str, Any]) -> None:
    assert [row["file"] for row in answer["files"]] == [name for name, _ in MADE.files]
    google = [row for row in answer["files"] if row["platform"] == "google_ads"]
    assert google[0]["new"] == len(MADE.told[0][2]) and google[0]["changed"] == 0
    known: dict[object, object] = {}
    present: set[object] = set()
    for told, (_, _, rows) in zip(google, [t for t in MADE.told if t[1] == "google_ads"], strict=True):
        first, last = min(rows)[0], max(rows)[0]
        covered = {key for key in present if first <= key[0] <= last}  # type: ignore[index]
        assert told["new"] == sum(key not in known for key in rows)
        assert told["changed"] == sum(key in present and known[key] != value for key, value in rows.items())
        assert told["unchanged"] == sum(key in present and known[key] == value for key, value in rows.items())
        assert told["vanished"] == len(covered - set(rows))
        assert told["reappeared"] == sum(key in known and key not in present for key in rows)
        known |= rows
        present = (present - covered) | set(rows)


def test_totals_are_those_of_a_plain_retelling(answer: dict[str, Any]) -> None:
    def spend(totals: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
        return {(row["platform"], row["month"]): row["spend"] for row in totals}

    assert spend(answer["totals"]) == pytest.approx(plain_totals(MADE))
    assert spend(answer["totals_renames_resolved"]) == pytest.approx(plain_totals_resolved(MADE))
    assert sum(plain_totals(MADE).values()) > sum(plain_totals_resolved(MADE).values())


def test_both_renames_are_proven_and_named_with_their_days(answer: dict[str, Any]) -> None:
    found = [(r["file"], r["old"], r["new"], r["days"] - r["days_equal_spend"]) for r in answer["ledger"]["renames"]]
    assert found == [
        ("google_1.csv", "Generic Kettles", "UK | Generic", 1),
        ("google_3.csv", "Kettel Launch", "Kettle Launch", 1),
    ], "only the day that still ran differs"
    assert answer["ledger"]["renames"][0]["first_day"] == "2026-03-01"


def test_missing_campaigns_are_told_with_the_file_that_misses_them_and_the_one_that_brings_them_back(
    answer: dict[str, Any],
) -> None:
    vanished = {(v["file"], v["campaign"]): (v["explained_by"], v["back_in"]) for v in answer["ledger"]["vanished"]}
    assert vanished == {
        ("google_1.csv", "Generic Kettles"): ("rename", None),
        ("google_1.csv", "Winter Sale"): (None, "google_3.csv"),
        ("google_2.csv", "Video Intro"): (None, "google_3.csv"),
        ("google_2.csv", "Remarketing"): (None, "google_3.csv"),
        ("google_2.csv", "Competitors"): (None, "google_3.csv"),
        ("google_3.csv", "Kettel Launch"): ("rename", None),
    }
    partial = {
        p["file"]: (p["rows_missing"] == p["rows_back"], p["healed_by"]) for p in answer["ledger"]["partial_reexports"]
    }
    assert partial["google_2.csv"] == (True, "google_3.csv")


def test_late_conversions_are_in_the_ledger_with_their_age(answer: dict[str, Any]) -> None:
    late = [c for c in answer["ledger"]["changes"] if c["metric"] == "conversions" and c["age_days"] > 7]
    assert late and all(c["new"] > c["old"] for c in late)
    assert {c["file"] for c in late} <= {name for name, _, _ in MADE.told}
    assert max(c["age_days"] for c in late) > 40


def test_a_return_in_the_shop_is_in_the_ledger_too(answer: dict[str, Any]) -> None:
    shop = [c for c in answer["ledger"]["changes"] if c["platform"] == "shopify_sales"]
    assert [(c["campaign"], c["day"], c["metric"], round(c["new"] - c["old"], 2), c["file"]) for c in shop] == [
        ("Copper Kettle · SKU CK-1", "2026-04-10", "revenue", -49.0, "shop_1.csv")
    ]


def test_since_leaves_older_files_out_but_no_total(dropped: Workspace, answer: dict[str, Any]) -> None:
    recent = restatements.answer(dropped, "acme", dt.date(2026, 4, 29))
    assert recent["files"][0]["file"] == "google_2.csv"
    assert recent["totals"] == answer["totals"]
    assert {r["old"] for r in recent["ledger"]["renames"]} == {"Kettel Launch"}


def run(home: Path, *arguments: str) -> tuple[int, str]:
    from adtech_assets.settings import load_settings

    before = os.environ.get("ADTECH_HOME")
    os.environ["ADTECH_HOME"] = str(home)
    load_settings.cache_clear()
    try:
        result = CliRunner().invoke(app, ["restatements", *arguments])
        return result.exit_code, result.output
    finally:
        load_settings.cache_clear()
        os.environ.pop("ADTECH_HOME") if before is None else os.environ.update(ADTECH_HOME=before)


def test_the_command_prints_the_answer_and_says_what_is_missing(dropped: Workspace, answer: dict[str, Any]) -> None:
    home = dropped.settings.home
    code, text = run(home, "acme", "--json")
    assert code == 0 and json.loads(text) == answer
    code, text = run(home, "acme")
    assert code == 0 and "'Generic Kettles' is 'UK | Generic' in google_1.csv" in text and "up to a week" in text
    assert "google_2.csv misses" in text and "back in google_3.csv" in text
    for arguments, said in (
        (("nobody",), "no client 'nobody'"), (("acme", "--since", "1.4.26"), "write it as 2025-03-24"),
        (("../acme", "--confirm", "no.csv"), "no client '../acme'"), (("acme", "--confirm", "no.csv"), "has no upload"),
    ):  # fmt: skip
        code, text = run(home, *arguments)
        assert code == 1 and said in text and "Traceback" not in text


def test_before_anything_is_stored_the_files_of_the_inbox_answer_and_nothing_is_written(
    tmp_path: Path, answer: dict[str, Any]
) -> None:
    folder = tmp_path / "data" / "inbox" / "acme"
    folder.mkdir(parents=True)
    for number, (name, data) in enumerate(MADE.files):
        (folder / name).write_bytes(data)
        os.utime(folder / name, (1_700_000_000 + number, 1_700_000_000 + number))
    before = sorted(tmp_path.rglob("*"))
    code, text = run(tmp_path, "acme", "--json")
    assert code == 0 and json.loads(text[text.index("{") :]) == answer
    assert sorted(tmp_path.rglob("*")) == before


def test_a_confirmed_partial_export_is_marked_with_the_next_run(dropped: Workspace) -> None:
    assert run(dropped.settings.home, "acme", "--confirm", "google_2.csv")[0] == 0
    client_steps.clean(dropped, "acme")
    partial = restatements.answer(dropped, "acme")["ledger"]["partial_reexports"]
    assert [p["confirmed"] for p in partial if p["file"] == "google_2.csv"] == [True]
    (dropped.inbox / "acme" / "confirmed.yaml").unlink()


def test_a_change_of_any_file_of_decisions_is_news_to_the_inbox() -> None:
    assert set(DECISIONS) == {MAPPING_FILE, ALIASES_FILE, CONFIRMED_FILE, FEEDBACK_FILE}
