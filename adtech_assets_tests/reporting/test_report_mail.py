"""The mail: safe headers, the same bytes for the same report, a real SMTP server, a file any mail program opens."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from report_fixture import TEMPLATES, WEEK, report_content

from adtech_assets.narrative.evidence import Narrative, Sentence
from adtech_assets.reporting import mail
from adtech_assets.reporting.kpis import build_kpis
from adtech_assets.settings import Mail

PDF = b"%PDF-1.7 invented"


def composed(**changes: Any) -> EmailMessage:
    content = report_content()
    facts: dict[str, Any] = {
        "client": "harbour", "client_name": content.client_name, "week": WEEK, "version": 2, "revised": True,
        "locale": "en_GB", "narrative": content.narrative, "pdf": PDF, "pdf_name": "harbour_week-2025-03-17_v2.pdf",
        "sender": "Reports <reports@agency.example>", "recipients": ("ann@harbour.example", "Bo <bo@harbour.example>"),
        "content_digest": "abc", "date": dt.datetime(2025, 3, 24, 7, tzinfo=dt.UTC), "templates_dir": TEMPLATES,
        "kpis": build_kpis(content),
    }  # fmt: skip
    return mail.compose(**{**facts, **changes})


def test_it_carries_headline_text_html_and_the_pdf() -> None:
    message = email.message_from_bytes(composed().as_bytes(), policy=email.policy.default)
    assert "runaway Facebook spend" in message["Subject"]
    assert "Revised" in message["Subject"]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    assert "Re-pace the weekend budget" in plain.get_content()
    assert "Harbour &amp; Sons" in html.get_content()
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == PDF
    assert attachment.get_filename() == "harbour_week-2025-03-17_v2.pdf"


def test_the_same_report_gives_the_same_bytes_and_another_version_another_id() -> None:
    assert composed().as_bytes() == composed().as_bytes()
    assert composed()["Message-ID"] == composed(date=dt.datetime(2025, 4, 1, tzinfo=dt.UTC))["Message-ID"]
    assert composed()["Message-ID"] != composed(version=3)["Message-ID"]
    assert composed()["Message-ID"] != composed(content_digest="other")["Message-ID"]


@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@evil.example", "x\u2028Bcc: eve@evil.example", "x\x00\ny"])
def test_no_name_or_headline_begins_another_header(evil: str) -> None:
    story = Narrative(sentences=(Sentence(section="headline", text=evil, evidence_ids=()),))
    message = email.message_from_bytes(
        composed(client_name=evil, narrative=story).as_bytes(), policy=email.policy.default
    )
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize("address", ["ann", "a@b\r\nBcc: eve@evil.example", "a@b.example, c@d.example", "@", ""])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(mail.MailNotSent, match="is not a mail address"):
        composed(recipients=(address,))


def test_html_from_names_is_text() -> None:
    body = composed(client_name="<script>alert(1)</script>").get_body(("html",))
    assert body is not None
    assert "<script" not in body.get_content()


def test_an_eml_is_written_whole_and_parses_back(tmp_path: Path) -> None:
    path = mail.write_eml(composed(), tmp_path / "outbox", "harbour_2025-03-17_v2")
    assert path.name == "harbour_2025-03-17_v2.eml"
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert next(message.iter_attachments()).get_content() == PDF
    with pytest.raises(ValueError, match="cannot name a file"):
        mail.write_eml(composed(), tmp_path, "../escape")


class Inbox:
    """A server's memory; its first `busy` mails are put off with 451, all with `refuse`."""

    def __init__(self, busy: int = 0, refuse: str | None = None) -> None:
        self.received: list[tuple[list[str], bytes]] = []
        self.busy, self.refuse, self.asked = busy, refuse, 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.asked += 1
        if self.refuse:
            return self.refuse
        if self.asked <= self.busy:
            return "451 busy, come back later"
        self.received.append((envelope.rcpt_tos, envelope.content))
        return "250 taken"


@pytest.fixture
def serve() -> Iterator[Any]:
    running: list[Controller] = []

    def start(inbox: Inbox) -> Mail:
        controller = Controller(inbox, hostname="127.0.0.1", port=_free_port())
        controller.start()
        running.append(controller)
        return Mail(host="127.0.0.1", port=controller.port, security="none", timeout_seconds=5)

    yield start
    for controller in running:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_real_server_receives_it_with_the_pdf(serve: Any) -> None:
    inbox = Inbox()
    assert mail.send_smtp(composed(), serve(inbox)) == ()
    ((recipients, content),) = inbox.received
    assert recipients == ["ann@harbour.example", "bo@harbour.example"]
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert next(message.iter_attachments()).get_content() == PDF


def test_a_busy_server_is_asked_again(serve: Any) -> None:
    inbox = Inbox(busy=2)
    mail.send_smtp(composed(), serve(inbox), pause_seconds=0.01)
    assert (inbox.asked, len(inbox.received)) == (3, 1)


def test_a_refusal_for_good_is_not_tried_again(serve: Any) -> None:
    inbox = Inbox(refuse="554 no such policy")
    with pytest.raises(mail.MailNotSent, match="554 no such policy"):
        mail.send_smtp(composed(), serve(inbox), pause_seconds=0.01)
    assert inbox.asked == 1


def test_a_dead_server_gives_a_plain_sentence() -> None:
    settings = Mail(host="127.0.0.1", port=_free_port(), security="none", max_attempts=2, timeout_seconds=1)
    with pytest.raises(mail.MailNotSent, match=r"did not take the mail.*Check mail\.host"):
        mail.send_smtp(composed(), settings, pause_seconds=0.01)


def test_without_server_or_recipients_it_says_what_to_set() -> None:
    with pytest.raises(mail.MailNotSent, match=r"mail\.host"):
        mail.send_smtp(composed(), Mail())
    with pytest.raises(mail.MailNotSent, match="recipients"):
        mail.send_smtp(composed(recipients=()), Mail(host="127.0.0.1"))
