"""`adtech drivers`: files as they come, answers in the file's own words, batches that never stop."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from adtech_assets.cli import app
from adtech_assets.pipeline import file_drivers
from adtech_assets.settings import Settings

BEFORE, AFTER = "2026-03-02..2026-03-15", "2026-03-16..2026-03-22"
FIRST = dt.date(2026, 3, 2)


def _rows(**changed: float) -> pl.DataFrame:
    """Three weeks of two platforms x three countries x two devices; Germany's conversions fall in the last week."""
    rows = []
    for day in range(21):
        for p, platform in enumerate(("google", "meta")):
            for c, country in enumerate(("DE", "FR", "NL")):
                for d, device in enumerate(("mobile", "desktop")):
                    wave = 1 + 0.04 * ((day * 7 + p * 3 + c * 5 + d) % 5 - 2)
                    clicks = round(400 * wave * (1 + p) * (1 + 0.3 * c))
                    rate = 0.05 * (changed.get(country, 1.0) if day >= 14 else 1.0)
                    rows.append({
                        "date": FIRST + dt.timedelta(days=day), "window": "before" if day < 14 else "after",
                        "platform": platform, "country": country, "device": device, "segment_code": f"s{c}{d}",
                        "spend": round(clicks * 0.8, 2), "impressions": clicks * 50, "clicks": clicks,
                        "conversions": round(clicks * rate), "revenue": round(clicks * rate) * 40.0,
                    })  # fmt: skip
    return pl.DataFrame(rows)


def _file(folder: Path, name: str = "export.csv", **changed: float) -> Path:
    path = folder / name
    _rows(**changed).write_csv(path)
    return path


def _answer(path: Path, metric: str = "conversions") -> dict[str, Any]:
    windows = file_drivers.window_of(BEFORE), file_drivers.window_of(AFTER)
    return file_drivers.explain_file(path, metric, *windows, Settings())


def test_the_segment_to_blame_is_named_by_the_file_s_own_headers(tmp_path: Path) -> None:
    answer = _answer(_file(tmp_path, DE=0.5))
    (cause,) = answer["causes"]
    assert cause["segment"] == {"country": "DE"} and cause["effect"] == "rate" and cause["contribution"] < 0
    assert cause["confidence"] > 0.8 and cause["p_value"] < 0.001
    assert answer["verdict"] == "segments" and "country DE: conversion rate fell by" in answer["sentence"]


@pytest.mark.parametrize("metric", ["conversions", "revenue", "roas", "cac", "cvr"])
def test_every_split_and_the_chain_add_up_to_the_change(tmp_path: Path, metric: str) -> None:
    answer = _answer(_file(tmp_path, DE=0.5), metric)
    parts = answer["decomposition"]
    assert {"platform", "country", "device", "segment_code"} <= parts["by"].keys()
    for split in (*parts["by"].values(), parts["chain"]):
        assert sum(part["contribution"] for part in split) == pytest.approx(answer["change"], rel=1e-9)


def test_columns_the_product_has_no_name_for_are_dimensions_but_a_name_of_the_window_is_not(tmp_path: Path) -> None:
    assert set(_answer(_file(tmp_path))["decomposition"]["by"]) == {"platform", "country", "device", "segment_code"}


def test_an_ordinary_week_blames_nobody_and_says_so(tmp_path: Path) -> None:
    answer = _answer(_file(tmp_path))
    assert answer["causes"] == [] and answer["verdict"] == "ordinary_drift"
    assert all(not line["kept"] and line["reason"] for line in answer["hypotheses"])


@pytest.mark.parametrize(
    ("baseline", "current", "says"),
    [
        ("2026-03-02..2026-03-15", "2026-03-10..2026-03-22", "overlap"),
        ("2026-03-15..2026-03-02", AFTER, "ends before it begins"),
        ("last month", AFTER, "is not a period"),
    ],
)
def test_periods_that_make_no_sense_are_refused_with_a_sentence(
    tmp_path: Path, baseline: str, current: str, says: str
) -> None:
    with pytest.raises(file_drivers.Unexplainable, match=says):
        file_drivers.explain_file(
            _file(tmp_path), "clicks", file_drivers.window_of(baseline), file_drivers.window_of(current), Settings()
        )


def test_a_period_without_rows_is_not_enough_data_and_no_error(tmp_path: Path) -> None:
    windows = file_drivers.window_of("2025-01-01..2025-01-07"), file_drivers.window_of(AFTER)
    answer = file_drivers.explain_file(_file(tmp_path), "clicks", *windows, Settings())
    assert answer["verdict"] == "not_enough_data" and "baseline has no rows" in answer["sentence"]
    assert answer["causes"] == [] and answer["change"] is None


def test_a_batch_answers_every_line_and_a_bad_one_stops_no_other(tmp_path: Path) -> None:
    good = {"id": "a", "file": str(_file(tmp_path, DE=0.5)), "metric": "cvr", "baseline": BEFORE, "current": AFTER}
    (tmp_path / "broken.csv").write_bytes(b"\x00\x01nothing")
    lines = [
        json.dumps(good), json.dumps({**good, "id": "b", "metric": "luck"}), "not json",
        json.dumps({**good, "id": "c", "file": str(tmp_path / "none.csv")}),
        json.dumps({**good, "id": "d", "file": str(tmp_path / "broken.csv")}),
        json.dumps({**good, "id": "e", "json": True}),
    ]  # fmt: skip
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    requests.write_text("\n".join(lines))
    run = CliRunner().invoke(app, ["drivers", "--batch", str(requests), "--out", str(results)])
    assert run.exit_code == 0, run.output
    answers = [json.loads(line) for line in results.read_text().splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b", None, "c", "d", "e"]
    assert ["error" in answer for answer in answers] == [False, True, True, True, True, False]
    assert "luck" in answers[1]["error"] and answers[0]["causes"][0]["segment"] == {"country": "DE"}


def test_the_command_prints_json_or_plain_words(tmp_path: Path) -> None:
    asked = [
        "drivers", str(_file(tmp_path, DE=0.5)), "--metric", "conversions", "--baseline", BEFORE, "--current", AFTER,
    ]  # fmt: skip
    plain, as_json = CliRunner().invoke(app, asked), CliRunner().invoke(app, [*asked, "--json"])
    assert "country DE" in plain.output and "rate" in plain.output
    assert json.loads(as_json.output)["causes"][0]["segment"] == {"country": "DE"}
    wrong = CliRunner().invoke(app, [*asked[:3], "luck", *asked[4:]])
    assert wrong.exit_code != 0 and "is not a metric" in wrong.output and "Traceback" not in wrong.output


def test_a_split_by_three_dimensions_together_adds_up_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    windows = file_drivers.window_of(BEFORE), file_drivers.window_of(AFTER)
    path = _file(tmp_path, DE=0.5)
    answer = file_drivers.explain_file(path, "cvr", *windows, Settings(), by="platform, country,device")
    parts = answer["decomposition"]["by"]["platform&country&device"]
    assert len(parts) == 12 and set(parts[0]["segment"]) == {"platform", "country", "device"}
    assert sum(part["contribution"] for part in parts) == pytest.approx(answer["change"], rel=1e-9)
    with pytest.raises(file_drivers.Unexplainable, match="platform, country, device"):
        file_drivers.explain_file(path, "cvr", *windows, Settings(), by="moon")
