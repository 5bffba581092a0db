"""The files beside a report fit their documented schemas, and text from files stays text."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest

from adtech_assets.reporting.beside import files_of
from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.insight_files import SCHEMAS, schema_text
from adtech_assets.tables import DIAGNOSES, HYPOTHESES, INSIGHTS, RECOMMENDATIONS
from adtech_assets_tests.reporting.report_fixture import SUNDAY, WEEK, report_content

DOCS = Path(__file__).parents[2] / "docs" / "schemas"
EVIL = "Sale <b>|*now*\n# %26 & `rm`"


def _content(name: str = "FB_Retargeting", **insight: Any) -> ReportContent:
    segment = "campaign=" + name.replace("%", "%25").replace("&", "%26").replace("=", "%3D")
    said = {
        "insight_id": "0123456789ab", "rank": 1, "kind": "cause", "playbook": "tracking_outage", "metric": "revenue",
        "segment": segment, "effect": "rate", "fault": "conversion", "direction": "bad",
        "severity": "critical", "confidence": 0.9, "start": WEEK, "end": SUNDAY, "baseline_value": 100.0,
        "current_value": 60.0, "delta": -40.0, "relative": -0.4, "money": 40.0, "enough": True,
        "sentence": f"Revenue of {name} fell.", **insight,
    }  # fmt: skip
    advice = {
        "rank": 1, "playbook": "tracking_outage", "insight_id": "0123456789ab", "segment": segment, "metric": "revenue",
        "title": "Repair the tracking", "advice": "Place a test order.", "test_it": "It appears.",
        "expected_effect": 40.0, "basis": "revenue below the baseline", "confidence": 0.9,
        "messages": json.dumps([{"text": name, "rests_on": ["m1"]}]),
    }  # fmt: skip
    dropped = {
        "source": "cause",
        "metric": "revenue",
        "segment": "",
        "fault": "click",
        "kept": False,
        "reason": "drift",
    }
    link = {"kind": "link", "rank": 1, "metric": "revenue", "dimension": "chain", "member": "cvr", "contribution": -40.0,
            "baseline_value": 0.02, "current_value": 0.012}  # fmt: skip
    made = report_content()
    return replace(
        made,
        insights=INSIGHTS.conform(pl.DataFrame([said])),
        recommendations=RECOMMENDATIONS.conform(pl.DataFrame([advice])),
        hypotheses=HYPOTHESES.conform(pl.DataFrame([dropped])),
        diagnoses=pl.concat([made.diagnoses, DIAGNOSES.conform(pl.DataFrame([link]))]),
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_documented_schema_is_the_one_in_use(name: str) -> None:
    stands = (DOCS / f"{name}.schema.json").read_text("utf-8")
    assert stands == schema_text(name), "run `adtech schemas`"


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("campaign", ["FB_Retargeting", EVIL, "= 5 & more"])
def test_a_file_fits_its_schema_and_names_the_segment_as_the_file_did(name: str, campaign: str) -> None:
    document = json.loads(files_of(_content(campaign))[f"{name}.json"])
    jsonschema.validate(document, json.loads(schema_text(name)))
    assert document[name][0]["segment"] == {"campaign": campaign}


def test_a_week_without_insights_has_empty_lists_and_a_report() -> None:
    files = files_of(report_content())
    assert json.loads(files["insights.json"])["insights"] == []
    assert json.loads(files["recommendations.json"])["recommendations"] == []
    assert files["decisions.jsonl"] == ""
    assert files["report.md"].startswith("# ")


def test_figures_that_json_has_no_word_for_are_null() -> None:
    told = json.loads(files_of(_content(relative=math.inf, delta=math.nan))["insights.json"])["insights"][0]
    assert (told["comparison"]["relative"], told["comparison"]["delta"]) == (None, None)


def test_the_decision_log_has_a_line_a_hypothesis_with_its_reason() -> None:
    (line,) = files_of(_content())["decisions.jsonl"].splitlines()
    assert json.loads(line)["reason"] == "drift"


def test_markdown_says_insight_advice_and_test_and_escapes_names() -> None:
    text = files_of(_content(EVIL))["report.md"]
    assert "Repair the tracking" in text and "How to test it: It appears." in text and "0123456789ab" in text
    assert "<b>" not in text and "\n# %26" not in text
    assert "Looked at and dropped" in text and "| CVR" in text
    rows = [line for line in text.splitlines() if line.startswith("| 1 |")]
    assert len(rows) == 1 and rows[0].replace("\\|", "").count("|") == 7
