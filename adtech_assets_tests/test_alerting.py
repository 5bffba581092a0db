"""An alert is told once, reaches every channel that should have it, and survives dead channels and killed processes."""

import datetime as dt
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from loopback_servers import Postbox, Receiver
from pydantic import SecretStr, ValidationError

from adtech_assets.alerting import Alert, Desk, Failure
from adtech_assets.alerting.channels import channels_of, hand_over
from adtech_assets.alerting.store import LOG, PENDING, SENT, UNDELIVERED
from adtech_assets.server import free_port
from adtech_assets.settings import AlertChannel, Alerts, Settings

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
REFUSED = Failure("raw_uploads", "every_upload_readable", "WARN", "1 file fails", [{"file": "broken.csv"}])
STEP = Failure("cleaned_metrics", "step", "ERROR", "the disk is full")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver().up()
    yield server
    server.down()


@pytest.fixture
def second() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.down()


def desk(home: Path, *urls: str, **alerts: Any) -> Desk:
    return Desk.of(Settings(home=home, alerts=Alerts(urls=tuple(map(SecretStr, urls)), **alerts)))


def alert(number: int, *failures: Failure, at: dt.datetime = NOW, passed: bool = False, client: str = "acme") -> Alert:
    holds = tuple((f.asset, f.check) for f in (REFUSED, STEP)) if passed else ()
    return Alert(f"run-{number}", f"adtech: {client}", f"http://ui/runs/{number}", at, failures, holds, client)


def log(home: Path) -> list[dict[str, str]]:
    path = home / "data" / "outbox" / LOG
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def test_without_a_channel_an_alert_is_a_line_in_the_log_and_nothing_waits(tmp_path: Path) -> None:
    office = desk(tmp_path)
    office.tell(alert(1, REFUSED), NOW)
    assert office.deliver(NOW).sentence == "no alert waits"
    (line,) = log(tmp_path)
    assert "broken.csv" in line["text"] and line["client"] == "acme" and line["severity"] == "WARN"


def test_an_alert_reaches_its_channel_once_and_is_in_the_log_as_well(tmp_path: Path, receiver: Receiver) -> None:
    office = desk(tmp_path, receiver.url)
    office.tell(alert(1, REFUSED, STEP), NOW)
    assert office.deliver(NOW).taken == 1 and office.deliver(NOW).taken == 0
    (got,) = receiver.got
    assert got["message"].startswith("ERROR cleaned_metrics") and "broken.csv" in got["message"]
    assert (
        got["title"] == "adtech: acme: 2 problems"
        and got["message"].endswith("http://ui/runs/1")
        and len(log(tmp_path)) == 1
    )


def test_the_same_problem_is_told_once_in_the_window_then_again_saying_since_when(tmp_path: Path) -> None:
    office = desk(tmp_path)
    told = [office.tell(alert(i, REFUSED, at=NOW + i * HOUR), NOW + i * HOUR) for i in range(30)]
    assert [i for i, message in enumerate(told) if message] == [0, 24]
    assert told[24] is not None and "told before; it has lasted since 2026-11-21 09:30 UTC" in told[24].text


def test_another_failing_row_another_client_and_another_week_are_other_problems(tmp_path: Path) -> None:
    office = desk(tmp_path)
    office.tell(alert(1, REFUSED), NOW)
    other = Failure("raw_uploads", "every_upload_readable", "WARN", "1 file fails", [{"file": "odd.csv"}])
    assert office.tell(alert(2, other), NOW) and office.tell(alert(3, REFUSED, client="bolt"), NOW)
    assert office.tell(alert(4, REFUSED), NOW) is None, "the first content was told in this window"
    weekly = Alert("run-5", "t", "", NOW, (REFUSED,), (), "acme", "2026-11-09")
    assert office.tell(weekly, NOW) is not None


def test_of_a_run_only_the_news_is_told_and_the_rest_counted(tmp_path: Path) -> None:
    office = desk(tmp_path)
    office.tell(alert(1, REFUSED), NOW)
    message = office.tell(alert(2, REFUSED, STEP, at=NOW + HOUR), NOW + HOUR)
    assert (
        message is not None
        and "broken.csv" not in message.text
        and "1 more, told before, is still there: raw_uploads / every_upload_readable" in message.text
    )


@pytest.mark.parametrize("say", [True, False])
def test_a_problem_that_ended_and_comes_back_is_told_again(tmp_path: Path, say: bool) -> None:
    office = desk(tmp_path, say_resolved=say)
    office.tell(alert(1, REFUSED), NOW)
    end = office.tell(alert(2, at=NOW + HOUR, passed=True), NOW + HOUR)
    assert (end is not None) == say
    if end is not None:
        assert end.title == "adtech: acme: solved" and "which had failed since 2026-11-21 09:30" in end.text
        assert end.severity == "WARN", "the end goes where the beginning went"
    assert office.tell(alert(3, at=NOW + HOUR, passed=True), NOW + HOUR) is None, "solved is said once"
    assert office.tell(alert(4, REFUSED, at=NOW + 2 * HOUR), NOW + 2 * HOUR) is not None


def test_the_end_of_a_problem_goes_where_its_beginning_went_and_is_marked_as_good_news(
    tmp_path: Path, receiver: Receiver
) -> None:
    office = desk(tmp_path, channels=(AlertChannel(url=SecretStr(receiver.url), min_severity="error"),))
    office.tell(alert(1, STEP), NOW)
    office.tell(alert(2, REFUSED, at=NOW + HOUR), NOW + HOUR)
    office.tell(alert(3, at=NOW + 2 * HOUR, passed=True), NOW + 2 * HOUR)
    office.deliver(NOW + 2 * HOUR)
    assert [got["type"] for got in receiver.got] == ["failure", "success"]
    office.tell(alert(4, STEP, at=NOW + 3 * HOUR), NOW + 3 * HOUR)
    holds = ((STEP.asset, STEP.check),)
    given_up = Alert("5", "adtech: acme", "", NOW + 4 * HOUR, passed=holds, client="acme", ending="given up waiting")
    said = office.tell(given_up, NOW + 4 * HOUR)
    office.deliver(NOW + 4 * HOUR)
    assert receiver.got[-1]["type"] == "info" and receiver.got[-1]["title"] == "adtech: acme: given up waiting"
    assert said is not None and "Given up waiting: cleaned_metrics / step, which had failed since" in said.text


@pytest.mark.parametrize(("seconds", "delayed"), [(15, False), (75, True)])
def test_a_message_that_comes_late_says_from_when_it_is(
    tmp_path: Path, receiver: Receiver, seconds: int, delayed: bool
) -> None:
    office = desk(tmp_path, receiver.url)
    office.tell(alert(1, STEP), NOW)
    office.deliver(NOW + dt.timedelta(seconds=seconds))
    assert ("found 2026-11-21 09:30 UTC" in receiver.got[0]["message"]) == delayed


def test_a_message_kept_by_an_earlier_version_is_still_sent(tmp_path: Path, receiver: Receiver) -> None:
    office = desk(tmp_path, receiver.url)
    office.tell(alert(1, STEP), NOW)
    (path,) = (office.store.root / PENDING).glob("*.json")
    content = json.loads(path.read_bytes())
    del content["tone"]
    path.write_text(json.dumps(content))
    assert office.deliver(NOW).taken == 1 and receiver.got[0]["type"] == "failure"


def test_a_run_looked_at_late_does_not_end_a_newer_problem_and_one_looked_at_twice_says_nothing(tmp_path: Path) -> None:
    office = desk(tmp_path)
    office.tell(alert(2, REFUSED, at=NOW + HOUR), NOW + HOUR)
    assert office.tell(alert(1, passed=True), NOW + HOUR) is None
    assert office.tell(alert(3, at=NOW + 2 * HOUR, passed=True), NOW + 2 * HOUR) is not None
    assert office.tell(alert(2, REFUSED, at=NOW + HOUR), NOW + 2 * HOUR) is None


def test_a_dead_channel_keeps_the_alert_and_once_alive_gets_it_once(tmp_path: Path, second: Receiver) -> None:
    office = desk(tmp_path, second.url)
    office.tell(alert(1, STEP), NOW)
    first = office.deliver(NOW)
    assert (first.taken, first.waiting) == (0, 1) and "channel 1 (json) takes nothing" in first.sentence
    second.up()
    assert office.deliver(NOW + dt.timedelta(seconds=30)).taken == 0, "not before the pause is over"
    assert office.deliver(NOW + HOUR).taken == 1 and office.deliver(NOW + 2 * HOUR).taken == 0
    (got,) = second.got
    assert got["message"].startswith("(Delayed: this was found 2026-11-21 09:30 UTC.)\nERROR")
    assert not office.store.messages(PENDING) and len(office.store.messages(SENT)) == 1


def test_of_two_channels_the_living_one_gets_it_once_and_the_dead_one_later(
    tmp_path: Path, receiver: Receiver, second: Receiver
) -> None:
    office = desk(tmp_path, second.url, receiver.url)
    office.tell(alert(1, STEP), NOW)
    for minutes in range(0, 12, 2):
        office.deliver(NOW + dt.timedelta(minutes=minutes))
    assert len(receiver.got) == 1 and not second.got
    second.up()
    office.deliver(NOW + 2 * HOUR)
    assert len(receiver.got) == 1 and len(second.got) == 1


def test_the_living_channel_is_told_once_of_the_dead_one_and_of_its_end(
    tmp_path: Path, receiver: Receiver, second: Receiver
) -> None:
    office = desk(tmp_path, second.url, receiver.url)
    office.tell(alert(1, STEP), NOW)
    for minutes in range(0, 60):
        office.deliver(NOW + dt.timedelta(minutes=minutes))
        office.tell_of_dead_channels(NOW + dt.timedelta(minutes=minutes))
    assert [got["title"] for got in receiver.got] == ["adtech: acme: 1 problem", "adtech: alert channels: 1 problem"]
    assert "channel 1 (json) takes no alerts" in receiver.got[1]["message"]
    second.up()
    for hours in (2, 3, 4):
        office.deliver(NOW + hours * HOUR)
        office.tell_of_dead_channels(NOW + hours * HOUR)
    assert [got["title"] for got in receiver.got][2:] == ["adtech: alert channels: solved"]
    assert len(second.got) == 3 and not office.waiting()


def test_the_pauses_grow_up_to_the_longest(tmp_path: Path, second: Receiver) -> None:
    office = desk(tmp_path, second.url)
    office.tell(alert(1, STEP), NOW)
    tried, last = [], 0
    for minute in range(0, 240):
        office.deliver(NOW + dt.timedelta(minutes=minute))
        attempts = next(iter(office.store.messages(PENDING)[0].channels.values())).attempts
        if attempts != last:
            tried.append(minute)
            last = attempts
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183]


def test_a_channel_that_lives_again_gets_all_that_waits_at_once(tmp_path: Path, second: Receiver) -> None:
    office = desk(tmp_path, second.url)
    for i in range(5):
        office.tell(alert(i, Failure("a", f"check_{i}", "ERROR", "x")), NOW)
        office.deliver(NOW + i * HOUR)
    second.up()
    assert office.deliver(NOW + 6 * HOUR).taken == 5 and len(second.got) == 5


def test_a_message_that_a_channel_refuses_does_not_keep_others_from_it(tmp_path: Path, receiver: Receiver) -> None:
    office = desk(tmp_path, receiver.url)
    receiver.status = 400
    office.tell(alert(1, STEP), NOW)
    said = office.deliver(NOW).sentence
    assert "400" in said
    receiver.status = 200
    office.tell(alert(2, REFUSED), NOW)
    office.deliver(NOW + dt.timedelta(seconds=1))
    assert "broken.csv" in receiver.got[0]["message"]


def test_what_no_channel_takes_for_long_is_kept_visible_and_can_be_tried_again(
    tmp_path: Path, second: Receiver
) -> None:
    office = desk(tmp_path, second.url, keep_trying_hours=48)
    office.tell(alert(1, STEP), NOW)
    office.deliver(NOW)
    after = office.deliver(NOW + 49 * HOUR)
    assert (after.waiting, after.undelivered) == (0, 1) and "adtech alerts --retry" in after.sentence
    assert office.deliver(NOW + 60 * HOUR).undelivered == 1
    assert office.retry(NOW + 60 * HOUR).waiting == 1, "still dead: it waits anew, it is not given up at once"
    second.up()
    assert office.retry(NOW + 61 * HOUR).taken == 1 and len(second.got) == 1
    assert not office.store.messages(UNDELIVERED) and not office.store.messages(PENDING)


def test_severity_and_client_decide_who_is_told(tmp_path: Path, receiver: Receiver, second: Receiver) -> None:
    second.up()
    routes = (
        AlertChannel(url=SecretStr(receiver.url), name="ops", min_severity="error"),
        AlertChannel(url=SecretStr(second.url), name="acme team", clients=("acme",)),
    )  # fmt: skip
    office = desk(tmp_path, channels=routes)
    office.tell(alert(1, REFUSED), NOW)
    office.tell(alert(2, STEP, client="bolt"), NOW)
    office.tell(alert(3, Failure("a", "b", "INFO", "an empty file")), NOW)
    office.tell(Alert("sensors-1", "adtech: sensors", "", NOW, (STEP,)), NOW)
    office.deliver(NOW)
    assert [got["title"] for got in receiver.got] == ["adtech: bolt: 1 problem", "adtech: sensors: 1 problem"]
    assert [got["title"] for got in second.got] == ["adtech: acme: 1 problem"]
    assert len(log(tmp_path)) == 4 and office.deliver(NOW).sentence == "no alert waits"


def test_an_alert_reaches_a_mailbox_as_plain_text(tmp_path: Path) -> None:
    postbox, port = Postbox(), free_port(0)
    url = f"mailto://127.0.0.1:{port}?from=alerts@agency.example&to=ops@agency.example&mode=insecure"
    office = desk(tmp_path, url)
    hostile = Failure("a", "b", "ERROR", "Sale <b>x</b>\nSubject: forged", [{"campaign": "<img src=x>"}])
    office.tell(alert(1, hostile), NOW)
    assert office.deliver(NOW).waiting == 1
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        assert office.deliver(NOW + HOUR).taken == 1
    finally:
        controller.stop()
    (mail,) = postbox.mails
    assert mail["Subject"] == "adtech: acme: 1 problem" and "ops@agency.example" in str(mail["To"])
    part = mail.get_body(("plain", "html"))
    assert part is not None and "‹b›x‹/b› Subject: forged" in part.get_content() and "<img" not in part.get_content()


def test_slack_gets_plain_text_that_is_not_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[str] = []

    class Answer:
        status_code, content, text, headers = 200, b"ok", "ok", {}

    def request(_method: str, _url: str, data: str = "", **_: object) -> Answer:
        posted.append(data)
        return Answer()

    monkeypatch.setattr("requests.request", request)
    url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
    (channel,) = channels_of(Alerts(urls=(SecretStr(url),)))
    assert hand_over(channel, "t", "a *b* _c_ & d", "ERROR", 5) is None
    sent = json.loads(posted[0])
    assert sent["mrkdwn"] is False and "a *b* _c_" in json.dumps(sent)


KILLED = """
import datetime as dt, os, signal, sys
from pathlib import Path
from adtech_assets.alerting import Alert, Desk, Failure
from adtech_assets.alerting import store
from adtech_assets.settings import Settings
after, home = sys.argv[1], Path(sys.argv[2])
real, count = store.write_atomic, [0]
def write(path, data):
    real(path, data)
    count[0] += 1
    if str(count[0]) == after: os.kill(os.getpid(), signal.SIGKILL)
store.write_atomic = write
desk = Desk.of(Settings(home=home))
now = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
desk.tell(Alert("run-1", "adtech: acme", "", now, (Failure("a", "step", "ERROR", "boom"),), (), "acme"), now)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("writes", ["1", "2", "3", "never"])
def test_a_process_killed_anywhere_before_sending_loses_nothing_and_tells_nothing_twice(
    tmp_path: Path, receiver: Receiver, writes: str
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, writes, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    office = desk(tmp_path, receiver.url)
    boom = Failure("a", "step", "ERROR", "boom")
    assert office.tell(alert(1, boom), NOW) is None and office.tell(alert(2, boom), NOW) is None
    office.deliver(NOW)
    assert [got["title"] for got in receiver.got] == ["adtech: acme: 1 problem"]


def test_many_at_once_tell_and_send_each_problem_once(tmp_path: Path, receiver: Receiver) -> None:
    def work(number: int) -> None:
        office = desk(tmp_path, receiver.url)
        for i in range(4):
            office.tell(alert(100 * number + i, Failure("a", f"check_{i}", "ERROR", "x")), NOW)
            office.deliver(NOW)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk(tmp_path, receiver.url).deliver(NOW)
    assert len(receiver.got) == 4 == len(log(tmp_path))


def test_a_damaged_file_is_put_aside_and_stops_nothing(tmp_path: Path, receiver: Receiver) -> None:
    office = desk(tmp_path, receiver.url)
    office.tell(alert(1, STEP), NOW)
    for folder in ("pending", "problems"):
        (office.store.root / folder / "odd.json").write_text('{"half')
    (office.store.root / "pending" / "odd.new").write_text("")
    office.tell(alert(2, REFUSED), NOW)
    assert office.deliver(NOW).taken == 2
    assert len(office.store.unreadable()) == 2


def test_an_outbox_that_cannot_be_written_is_an_error_and_remembers_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    blocker = tmp_path / "data" / "outbox"
    blocker.write_text("a file where the folder should be")
    with pytest.raises(OSError):
        desk(tmp_path).tell(alert(1, STEP), NOW)
    blocker.unlink()
    assert desk(tmp_path).tell(alert(1, STEP), NOW) is not None


@pytest.fixture
def root_log() -> Iterator[list[str]]:
    """What any handler of the process would be given (pytest's own looks past loggers that keep to themselves)."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    keep, root = Keep(), logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(keep)
    yield lines
    root.removeHandler(keep)
    root.setLevel(before)


SECRET = "pa55-w0rd-of-ours"


@pytest.mark.parametrize(
    "url",
    [
        f"json://me:{SECRET}@127.0.0.1:1/",
        f"json://127.0.0.1:1/?+Authorization={SECRET}",
        f"json://127.0.0.1:1/{SECRET}",
        f"mailto://me:{SECRET}@127.0.0.1:1?from=a@b.example&to=c@d.example&mode=insecure",
        f"nothing://{SECRET}",
        SECRET,
        f"slack://{SECRET}",
    ],
)
def test_no_secret_of_an_address_is_in_any_file_log_or_answer(
    tmp_path: Path, url: str, root_log: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    office = desk(tmp_path, url)
    office.tell(alert(1, Failure("a", "step", "ERROR", f"could not log in with {SECRET} at {url}")), NOW)
    delivery = office.deliver(NOW)
    assert delivery.waiting == 1
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    names = " ".join(str(path) for path in tmp_path.rglob("*"))
    said = (
        repr(office)
        + delivery.sentence
        + repr(office.test())
        + " ".join(root_log)
        + "".join(capfd.readouterr())
        + names
    )
    assert SECRET not in said and SECRET.encode() not in written


def test_words_of_an_address_that_are_no_secret_stay_in_messages(tmp_path: Path) -> None:
    office = desk(tmp_path, f"mailto://reports:{SECRET}@mail.example/general?to=weekly@agency.example")
    said = office.tell(alert(1, Failure("weekly_reports", "step", "ERROR", f"reports in general, {SECRET}")), NOW)
    assert said is not None and "weekly_reports / step: reports in general, ***" in said.text


def test_a_new_password_for_a_channel_is_used_for_what_waits(tmp_path: Path, receiver: Receiver) -> None:
    address = receiver.url.removeprefix("json://")
    wrong, right = (desk(tmp_path, f"json://me:{password}@{address}") for password in ("old1", "new1"))
    receiver.status = 401
    wrong.tell(alert(1, STEP), NOW)
    wrong.deliver(NOW)
    receiver.status = 200
    assert right.deliver(NOW + HOUR).taken == 1 and not right.store.messages(PENDING)


def test_an_address_may_come_from_the_environment(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes = (AlertChannel(url_from="OPS_ADDRESS", name="ops"),)
    office = desk(tmp_path, channels=routes)
    office.tell(alert(1, STEP), NOW)
    assert "the environment variable OPS_ADDRESS is not set" in office.deliver(NOW).sentence
    monkeypatch.setenv("OPS_ADDRESS", receiver.url)
    assert desk(tmp_path, channels=routes).deliver(NOW + HOUR).taken == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"urls": [f"json://u:{SECRET}@h"], "url": f"json://u:{SECRET}@h"},
        {"channels": [{"urll": f"json://u:{SECRET}@h"}]},
        {"channels": [{"url": f"json://u:{SECRET}@h", "min_severity": "loud"}]},
        {"channels": [{"url": f"json://u:{SECRET}@h", "clients": ["../x"]}]},
        {"channels": [{"url": f"json://u:{SECRET}@h", "url_from": "X"}]},
    ],
)
def test_a_mistake_in_the_settings_is_named_without_the_secret(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        Settings(alerts=wrong)
    assert SECRET not in str(error.value) and "alerts" in str(error.value)


def test_telling_imports_no_apprise_where_nothing_is_sent(tmp_path: Path) -> None:
    code = (
        "import sys, datetime as dt; from pathlib import Path; from adtech_assets.alerting import *;"
        "from adtech_assets.settings import Settings; d = Desk.of(Settings(home=Path(sys.argv[1])));"
        "d.tell(Alert('i', 't', '', dt.datetime.now(dt.UTC), (Failure('a', 'b', 'WARN', 'c'),))); d.deliver();"
        "sys.exit('apprise' in sys.modules)"
    )
    environment = {**os.environ, "ADTECH_HOME": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, env=environment).returncode == 0
