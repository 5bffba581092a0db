"""The mail that carries a report: composing, sending by SMTP, writing as a complete .eml.

Belongs here: the message and its transport. Does not: whether it was sent before (the caller remembers), or the PDF.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import smtplib
import ssl
import time
import unicodedata
from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path

from adtech_assets.lake import write_atomic
from adtech_assets.narrative.evidence import Narrative, Section
from adtech_assets.narrative.figures import Figures
from adtech_assets.reporting.document import environment, readable_on_white, text_on
from adtech_assets.reporting.kpis import Kpi
from adtech_assets.reporting.wording import wording_for
from adtech_assets.settings import Client, Mail

FILE_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BRAND = Client().brand_color
_PERMANENT = 500  # SMTP replies from here on will not change by trying again


class MailNotSent(RuntimeError):
    """The mail did not go out; the message says why and what to do."""


def compose(
    *,
    client: str,
    client_name: str,
    week: dt.date,
    version: int,
    revised: bool,
    locale: str,
    narrative: Narrative,
    pdf: bytes,
    pdf_name: str,
    sender: str,
    recipients: Sequence[str],
    content_digest: str,
    date: dt.datetime,
    templates_dir: Path,
    kpis: Sequence[Kpi] = (),
    brand_color: str = _BRAND,
    message_id_domain: str | None = None,
) -> EmailMessage:
    """The mail of one version of a report: plain text and HTML, the PDF attached, the headline in the subject.

    The same arguments give the same bytes; Message-ID depends on client, week, version and `content_digest` only, so
    that mail programs know a second copy. `message_id_domain` defaults to the sender's. MailNotSent names an address
    that cannot be used.
    """
    sections = {s: [sentence.text for sentence in narrative.of(s)] for s in _SECTIONS}
    headline = " ".join(sections["headline"][:1])
    words = wording_for(locale)
    dates = Figures(locale, None).days(week, week + dt.timedelta(days=6))
    facts = {
        "w": words, "client_name": client_name, "headline": headline, "sections": sections, "kpis": kpis,
        "dates": dates, "revised": revised, "version": version,
        "brand": brand_color, "on_brand": text_on(brand_color), "accent": readable_on_white(brand_color),
        "pdf_name": pdf_name,
    }  # fmt: skip
    templates = environment(templates_dir)
    origin = _address(sender)
    identity = hashlib.sha256(f"{client}\n{week}\n{version}\n{content_digest}".encode()).hexdigest()
    message = EmailMessage(policy=SMTP)
    message["From"] = origin
    if recipients:
        message["To"] = [_address(recipient) for recipient in recipients]
    message["Subject"] = _subject(client_name, headline or dates, words.revised, revised, version)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{client}.{week}.v{version}.{identity[:16]}@{message_id_domain or origin.domain}>"
    message["Content-Language"] = words.language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(templates.get_template("mail.txt.j2").render(facts))
    message.add_alternative(templates.get_template("mail.html.j2").render(facts), subtype="html")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=_one_line(pdf_name))
    for place, part in enumerate(p for p in message.walk() if p.is_multipart()):
        part.set_boundary(f"=_{identity[16:48]}.{place}")
    return message


def send_smtp(message: EmailMessage, settings: Mail, pause_seconds: float = 1.0) -> tuple[str, ...]:
    """Send it, trying `settings.max_attempts` times with growing pauses; MailNotSent if it did not go out.

    Returns the addresses that the server refused while it took the mail for others. A refusal for good (wrong
    password, unknown recipients) is not tried again. A connection that breaks after the server took the mail is tried
    again: the fixed Message-ID marks the second copy.
    """
    if settings.host is None:
        raise MailNotSent("no mail server is set: set mail.host, or leave mails to the outbox")
    if not message["To"]:
        raise MailNotSent("no recipients are set for this client: list them under clients.<client>.recipients")
    reason = ""
    for attempt in range(settings.max_attempts):
        if attempt:
            time.sleep(pause_seconds * 2 ** (attempt - 1))
        try:
            with _connect(settings) as server:
                return tuple(server.send_message(message))
        except smtplib.SMTPRecipientsRefused as error:
            reason = "the server refused every recipient"
            if all(code >= _PERMANENT for code, _ in error.recipients.values()):
                break
        except smtplib.SMTPNotSupportedError as error:
            reason = f"the server cannot do what is asked of it: {_one_line(str(error))}"
            break
        except smtplib.SMTPResponseException as error:
            reason = f"the server answered {error.smtp_code} {_reply(error.smtp_error)}"
            if error.smtp_code >= _PERMANENT:
                break
        except ssl.SSLCertVerificationError as error:
            reason = f"the server's certificate is not trusted ({error.verify_message})"
            break
        except (smtplib.SMTPException, OSError) as error:
            reason = _one_line(str(error)) or type(error).__name__
    raise MailNotSent(
        f"mail server {settings.host}:{settings.port} ({settings.security}) did not take the mail: {reason}. "
        "Check mail.host, mail.port, mail.security, mail.username and mail.password"
    )


def write_eml(message: EmailMessage, folder: Path, stem: str) -> Path:
    """Write it as `<stem>.eml` for any mail program to open; a reader never sees half a file."""
    if not FILE_STEM.fullmatch(stem):
        raise ValueError(f"{stem!r} cannot name a file: letters, digits, '.', '_' and '-' only")
    path = folder / f"{stem}.eml"
    write_atomic(path, message.as_bytes())
    return path


_SECTIONS: tuple[Section, ...] = ("headline", "summary", "anomalies", "causes", "actions")


def _connect(settings: Mail) -> smtplib.SMTP:
    """A greeted and authenticated connection; TLS always checks the server's certificate."""
    host, timeout = settings.host or "", settings.timeout_seconds
    server: smtplib.SMTP
    if settings.security == "tls":
        server = smtplib.SMTP_SSL(host, settings.port, timeout=timeout, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, settings.port, timeout=timeout)
    try:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.username:
            server.login(settings.username, settings.password.get_secret_value() if settings.password else "")
    except BaseException:
        server.close()
        raise
    return server


def _subject(client_name: str, headline: str, revised_word: str, revised: bool, version: int) -> str:
    mark = f"[{revised_word} {version}] " if revised else ""
    return _one_line(f"{mark}{client_name}: {headline}")


def _one_line(text: str) -> str:
    """Control characters and line breaks out: they would end a header and begin another."""
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text)
    return " ".join(clean.split())


def _address(text: str) -> Address:
    name, spec = parseaddr(text)
    if text != _one_line(text) or "," in text or spec.count("@") != 1:
        raise MailNotSent(f"{_one_line(text)!r} is not a mail address")
    try:
        return Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageError) as error:
        raise MailNotSent(f"{_one_line(text)!r} is not a mail address") from error


def _reply(text: bytes | str) -> str:
    return _one_line(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
