"""`adtech alerts` shows what waits, what is wrong and what was told; tests the channels; and tries again."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback_servers import Receiver
from typer.testing import CliRunner

from adtech_assets.alerting import Alert, Desk, Failure
from adtech_assets.cli import app
from adtech_assets.settings import load_settings

RUN = CliRunner()
NOW = dt.datetime.now(dt.UTC)
SECRET = "pa55-w0rd-of-ours"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.down()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Iterator[Path]:
    address = receiver.url.removeprefix("json://")
    (tmp_path / "adtech.yaml").write_text(
        f"alerts: {{channels: [{{name: ops, url: 'json://me:{SECRET}@{address}', min_severity: error}}]}}\n"
    )
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def tell(number: int = 1) -> None:
    failure = Failure("raw_uploads", "step", "ERROR", "the disk is full")
    desk = Desk.of(load_settings())
    desk.tell(Alert(f"run-{number}", "adtech: acme", "http://ui/runs/1", NOW, (failure,), (), "acme"), NOW)
    desk.deliver()


def test_what_waits_is_listed_with_the_reason_and_what_is_wrong_since_when(home: Path) -> None:
    tell()
    result = RUN.invoke(app, ["alerts"])
    assert result.exit_code == 0
    assert "channel    ops: from ERROR" in result.stdout and "ops, tried 1 times:" in result.stdout
    assert "waits " in result.stdout and "wrong      since" in result.stdout and "told  " in result.stdout
    assert "acme: raw_uploads / step: the disk is full" in result.stdout and SECRET not in result.output


def test_a_test_message_says_of_every_channel_whether_it_was_taken(home: Path, receiver: Receiver) -> None:
    dead = RUN.invoke(app, ["alerts", "--test"])
    assert dead.exit_code == 1 and "ops: NOT taken:" in dead.stderr and SECRET not in dead.output
    receiver.up()
    alive = RUN.invoke(app, ["alerts", "--test"])
    assert alive.exit_code == 0 and "ops: taken" in alive.stdout
    assert receiver.got[0]["title"] == "adtech: test message" and not (home / "data" / "outbox" / "alerts").exists()


def test_retry_sends_what_waits_at_once(home: Path, receiver: Receiver) -> None:
    tell()
    assert RUN.invoke(app, ["alerts", "--retry"]).exit_code == 1
    receiver.up()
    result = RUN.invoke(app, ["alerts", "--retry"])
    assert result.exit_code == 0 and "1 sent" in result.stdout and len(receiver.got) == 1
    assert "no alert waits" in RUN.invoke(app, ["alerts", "--retry"]).stdout


def test_with_nothing_set_and_nothing_told_it_says_where_alerts_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    load_settings.cache_clear()
    for arguments in (["alerts"], ["alerts", "--test"]):
        result = RUN.invoke(app, arguments)
        assert result.exit_code == 0 and "alerts.log" in result.stdout
    load_settings.cache_clear()
