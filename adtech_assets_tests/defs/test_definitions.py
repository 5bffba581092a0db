"""The code location loads fast and whole, and every asset says what it is."""

import json
import subprocess
import sys
from typing import Any

import dagster as dg
import pytest

from adtech_assets.definitions import build_defs
from adtech_assets.defs.checks import SOUND_INPUTS
from adtech_assets.quality.rulebook import rules_of_asset

HEAVY = (
    "great_expectations",
    "sklearn",
    "scipy",
    "statsmodels",
    "weasyprint",
    "altair",
    "vl_convert",
    "google.genai",
    "pandas",
    "apprise",
)
ASSETS = {
    "raw_uploads": ("bronze", "client"),
    "cleaned_metrics": ("silver", "client"),
    "weekly_aggregates": ("gold", "client"),
    "anomaly_scores": ("insight", "client"),
    "outlook": ("insight", "client"),
    "diagnoses": ("insight", "client x week"),
    "narratives": ("delivery", "client x week"),
    "weekly_reports": ("delivery", "client x week"),
    "report_deliveries": ("delivery", "client x week"),
}


@pytest.fixture(scope="module")
def graph() -> Any:
    return build_defs().resolve_asset_graph()


def test_loading_in_a_fresh_interpreter_imports_nothing_heavy() -> None:
    code = f"import json, sys, adtech_assets.definitions; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_graph_is_the_one_of_the_design(graph: Any) -> None:
    found = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        by = "client x week" if isinstance(node.partitions_def, dg.MultiPartitionsDefinition) else "client"
        found[key.to_user_string()] = (node.group_name, by)
    assert found == ASSETS


@pytest.mark.parametrize("name", ASSETS)
def test_every_asset_has_description_owner_kind_and_columns(graph: Any, name: str) -> None:
    node = graph.get(dg.AssetKey(name))
    assert node.description and len(node.description) > 60
    assert node.owners == ["team:reporting"] and node.kinds
    schema = node.metadata["dagster/column_schema"]
    assert schema.columns and all(column.description for column in schema.columns)


def test_lineage_is_complete(graph: Any) -> None:
    parents = {name: {k.to_user_string() for k in graph.get(dg.AssetKey(name)).parent_keys} for name in ASSETS}
    assert parents == {
        "raw_uploads": set(),
        "cleaned_metrics": {"raw_uploads"},
        "weekly_aggregates": {"cleaned_metrics"},
        "anomaly_scores": {"cleaned_metrics", "weekly_aggregates"},
        "outlook": {"cleaned_metrics"},
        "diagnoses": {"cleaned_metrics", "anomaly_scores"},
        "narratives": {"diagnoses", "weekly_aggregates"},
        "weekly_reports": {"narratives", "diagnoses", "weekly_aggregates", "anomaly_scores"},
        "report_deliveries": {"weekly_reports"},
    }


@pytest.mark.parametrize("name", ASSETS)
def test_every_rule_of_an_asset_is_an_asset_check_and_there_are_at_least_four(graph: Any, name: str) -> None:
    keys = graph.get_check_keys_for_assets({dg.AssetKey(name)})
    names = {key.name for key in keys} - {SOUND_INPUTS}
    assert names == {rule.id for rule in rules_of_asset(name)} and len(names) >= 4


def test_jobs_and_sensors_are_all_there_and_sensors_start_by_themselves() -> None:
    defs = build_defs()
    assert defs.resolve_job_def("client_metrics") and defs.resolve_job_def("weekly_report")
    sensors = {sensor.name: sensor.default_status for sensor in defs.sensors or []}
    assert set(sensors) == {"inbox", "reports", "run_alerts", "alert_delivery", "late_clients", "watchdog"}
    assert set(sensors.values()) == {dg.DefaultSensorStatus.RUNNING}
