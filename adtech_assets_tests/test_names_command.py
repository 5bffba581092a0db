"""`adtech names`: what was resolved and why, and the proposal a person may save."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from adtech_assets.cli import app
from adtech_assets.metrics.naming.aliases import read_aliases_file
from adtech_assets.pipeline import client_steps
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import load_settings

RUN = CliRunner()
NOW = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    (tmp_path / "adtech.yaml").write_text("{}\n")
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    load_settings.cache_clear()
    workspace = Workspace.open(load_settings())
    lines = ["date,campaign,adset,spend,impressions,clicks,country"]
    for number in range(60):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
        name = {20: "Copper Ketle Launch", 30: "copper_kettle_launch"}.get(number, "Copper Kettle Launch")
        lines.append(f"{day},{name},Broad,{20 + number % 7},{1000 + number},{30 + number % 5},UK")
        lines.append(f"{day},Tea Strainers,Broad,{9 + number % 4},{500 + number},{12 + number % 5},UK")
    folder = workspace.inbox / "acme"
    folder.mkdir(parents=True)
    (folder / "sheet.csv").write_text("\n".join(lines))
    client_steps.ingest(workspace, "acme", NOW)
    client_steps.clean(workspace, "acme")
    yield workspace
    load_settings.cache_clear()


def test_each_spelling_is_told_with_its_name_and_why(workspace: Workspace) -> None:
    text = RUN.invoke(app, ["names", "acme"], env={"COLUMNS": "200"}).output
    assert (
        "Copper Ketle Launch" in text and "similar" in text and "same letters" in text and "Tea Strainers" not in text
    )
    assert "Tea Strainers" in RUN.invoke(app, ["names", "acme", "--all"], env={"COLUMNS": "200"}).output
    found = json.loads(RUN.invoke(app, ["names", "acme", "--json"]).output)["names"]
    assert {"campaign": "Copper Kettle Launch"}.items() <= {
        row["dimension"]: row["name"] for row in found if row["spelling"] == "Copper Ketle Launch"
    }.items()


def test_the_proposal_is_valid_changes_nothing_and_can_be_corrected(workspace: Workspace) -> None:
    assert RUN.invoke(app, ["names", "acme", "--suggest"]).exit_code == 0
    proposed = workspace.inbox / "acme" / "aliases.suggested.yaml"
    before = client_steps.clean(workspace, "acme")
    proposed.rename(proposed.with_name("aliases.yaml"))
    after = client_steps.clean(workspace, "acme")
    assert before.current.equals(after.current) and read_aliases_file(proposed.with_name("aliases.yaml")).campaign.same
    apart = {"campaign": {"apart": [["Copper Ketle Launch", "Copper Kettle Launch"]]}}
    proposed.with_name("aliases.yaml").write_text(yaml.safe_dump(apart))
    assert "Copper Ketle Launch" in client_steps.clean(workspace, "acme").current["campaign"]


def test_an_unknown_client_is_a_plain_sentence(workspace: Workspace) -> None:
    result = RUN.invoke(app, ["names", "nobody"])
    assert result.exit_code == 1 and "no client 'nobody'" in result.output
