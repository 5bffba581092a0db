"""An alert is short plain text, worst first; what files say stays on its line, carries no markup and no secret."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from adtech_assets.alerting.message import Alert, Failure, Line, Over, body_of, title_of
from adtech_assets.alerting.sameness import fingerprint
from adtech_assets.alerting.wording import one_line, secrets_in
from adtech_assets.settings import Alerts, Mail, Settings

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
ROWS = [{"file": f"{i}.csv", "reason": "no day", "line": None, "text": "Jane Doe, Elm Street 1"} for i in range(9)]
READABLE = Failure("raw_uploads", "every_upload_readable", "WARN", "9 files fail", ROWS, "Correct them.")
STEP = Failure("cleaned_metrics", "step", "ERROR", "the disk is full")


def alert(*failures: Failure) -> Alert:
    return Alert("run-1", "adtech: acme: client_metrics failed", "http://ui/runs/1", NOW, failures, client="acme")


def body(
    *failures: Failure,
    settings: Alerts | None = None,
    known: tuple[tuple[str, str], ...] = (),
    secrets: tuple[str, ...] = (),
) -> str:
    lines = [Line(failure) for failure in failures]
    return body_of(alert(*failures), lines, [], known, settings or Alerts(), secrets)


def test_one_message_has_all_failures_worst_first_with_rows_remedy_and_link() -> None:
    text = body(READABLE, STEP, settings=Alerts(max_rows=2), known=(("a", "x"), ("b", "y")))
    assert text.splitlines() == [
        "ERROR cleaned_metrics / step: the disk is full",
        "WARN raw_uploads / every_upload_readable: 9 files fail",
        "    What to do: Correct them.",
        "    file=0.csv, reason=no day",
        "    file=1.csv, reason=no day",
        "    and 7 more rows",
        "2 more, told before, are still there: a / x, b / y",
        "http://ui/runs/1",
    ]


def test_the_raw_row_of_a_file_and_mail_addresses_are_never_quoted() -> None:
    odd = Failure(
        "a", "b", "WARN", "row of jane.doe@home.example fails", [{"campaign": "for jane@home.example", "x": 1}]
    )
    text = body(READABLE, odd)
    assert "Jane" not in text and "jane" not in text and "(mail address)" in text


def test_a_problem_that_lasts_says_since_when_and_one_that_ended_says_so() -> None:
    lines, over = [Line(STEP, NOW - dt.timedelta(days=2))], [Over("raw_uploads", "x", NOW - dt.timedelta(days=1))]
    text = body_of(alert(STEP), lines, over, (), Alerts())
    assert "told before; it has lasted since 2026-11-19 09:30 UTC" in text
    assert "Solved: raw_uploads / x, which had failed since 2026-11-20 09:30 UTC" in text
    assert title_of(alert(), 0).endswith(": solved")


def test_the_same_reason_is_given_once_in_a_message() -> None:
    reason = "no column holds days; name it in mapping.yaml"
    nothing = Failure(
        "raw_uploads", "has_readable_upload", "ERROR", "1 inbox fails", [{"uploads": 1, "reason": reason}]
    )
    one = Failure("raw_uploads", "every_upload_readable", "WARN", "1 file fails", [{"file": "a.csv", "reason": reason}])
    text = body(one, nothing)
    assert text.count(reason) == 1 and "file=a.csv, reason=as above" in text
    assert body(one).count(reason) == 1, "another message says it again"


def test_many_known_problems_are_counted_and_the_first_named() -> None:
    text = body(STEP, known=tuple(("a", f"check_{i}") for i in range(9)))
    assert "9 more, told before, are still there: a / check_0," in text and "a / check_4, and 4 others" in text


def test_the_title_counts_problems_and_says_how_they_ended() -> None:
    plain = Alert("i", "adtech: acme, figures", "", NOW)
    assert [title_of(plain, told) for told in (0, 1, 2)] == [
        "adtech: acme, figures: solved", "adtech: acme, figures: 1 problem", "adtech: acme, figures: 2 problems"
    ]  # fmt: skip
    failed = Alert("i", "adtech: acme, figures", "", NOW, failed=True)
    assert title_of(failed, 1) == "adtech: acme, figures failed: 1 problem"
    assert title_of(failed, 0) == "adtech: acme, figures: solved"


@pytest.mark.parametrize("count", [1, 40], ids=["one long", "many"])
def test_a_long_alert_is_cut_between_findings_and_keeps_its_link(count: int) -> None:
    many = [Failure("a", f"check_{i}", "WARN", "x " * 400) for i in range(count)]
    text = body(*many, STEP, settings=Alerts(max_characters=600))
    assert len(text) < 700 and text.endswith("http://ui/runs/1") and text.startswith("ERROR cleaned_metrics")
    assert "more finding" in text


HOSTILE = [
    "Sale\nERROR everything / is: lost",
    "Sale\r\nSubject: forged",
    "Sale\u2028ERROR a / b: c",
    "<!channel> <https://evil.example|click> <b>bold</b>",
    "@everyone [click](https://evil.example) ||hidden||",
    "```code\u202e\u0000\x1b[31m",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_campaigns_name_forges_no_line_and_no_markup(name: str) -> None:
    failure = Failure("a", "b", "ERROR", f"campaign {name} fails", [{"campaign": name, name: 1}], name)
    text = body(failure)
    assert len(text.splitlines()) == 4, "the finding, what to do, one row, the link"
    assert not set("<>`@\u202e\u0000\x1b") & set(text) and "](" not in text and "||" not in text
    assert "\n" not in title_of(Alert("i", name, "", NOW), 1)


@given(st.text(max_size=300))
def test_any_text_becomes_one_bounded_line(text: str) -> None:
    line = one_line(text, 80)
    assert len(line) <= 80 and len(line.splitlines()) <= 1 and line == one_line(line, 80)
    line.encode("utf-8")


@given(st.lists(st.builds(Failure, st.text(), st.text(), st.sampled_from(["ERROR", "WARN", "INFO"]), st.text())))
def test_any_alert_has_a_bounded_text_of_lines_we_wrote(failures: list[Failure]) -> None:
    text = body(*failures, settings=Alerts(max_characters=300))
    assert len(text) < 400
    for line in text.splitlines():
        assert line.startswith(("ERROR ", "WARN ", "INFO ", "    ", "and ", "http", " …")) or not line


def test_secrets_are_blanked_wherever_they_stand() -> None:
    settings = Settings(
        mail=Mail(password=SecretStr("hunter22")), gemini_api_key=SecretStr("AIza-key"),
        alerts=Alerts(urls=(SecretStr("json://me:hunter33@host/"),)),
    )  # fmt: skip
    secrets = secrets_in(settings)
    assert {"hunter22", "AIza-key", "json://me:hunter33@host/"} <= secrets
    said = "login hunter22 refused at smtp://me:hunter33@mail.example for AIza-key"
    text = body(Failure("a", "step", "ERROR", said, [{"url": said}], said), secrets=tuple(secrets))
    assert "hunter" not in text and "AIza" not in text and "smtp:" in text


SAME = [
    ("after 3.2 seconds", "after 11 seconds"),
    ("run 0b9d6a3e-6a0f-4dd4-9a53-1a2b3c4d5e6f", "run 1b9d6a3e-6a0f-4dd4-9a53-1a2b3c4d5e6a"),
    ("at 2026-11-20T10:00:00+00:00", "at 2026-11-21 11:22:33"),
    ("process 4711 is gone", "process 12 is gone"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_from_run_to_run_makes_no_new_problem(one: str, other: str) -> None:
    assert fingerprint(Failure("a", "b", "ERROR", one)) == fingerprint(Failure("a", "b", "ERROR", other))


def test_the_failing_rows_make_the_problem_in_any_order_and_not_the_clock() -> None:
    a, b = {"file": "a.csv", "days_ago": 3}, {"file": "b.csv", "days_ago": 9}
    later = [{**b, "days_ago": 10}, {**a, "days_ago": 4}]
    assert fingerprint(Failure("x", "y", "WARN", "2 fail", [a, b])) == fingerprint(Failure("x", "y", "WARN", "", later))
    other = Failure("x", "y", "WARN", "2 fail", [{**a, "file": "c.csv"}, b])
    assert fingerprint(other) != fingerprint(Failure("x", "y", "WARN", "2 fail", [a, b]))
    days = [Failure("x", "y", "WARN", "", [{"day": dt.date(2026, 11, day)}]) for day in (1, 2)]
    assert fingerprint(days[0]) != fingerprint(days[1]), "a day is content, a moment is not"
