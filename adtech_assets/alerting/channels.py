"""The channels of the settings: who is told what, and handing one message to one channel through Apprise.

Belongs here: routes and transport. Does not: what waits and when it is tried again (`delivery.py`).
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from adtech_assets.alerting.message import RANKS
from adtech_assets.alerting.wording import one_line
from adtech_assets.settings import AlertChannel, Alerts

_SERVICE = re.compile(r"[a-z][a-z0-9+]{0,20}")
_KINDS = {"ERROR": "failure", "WARN": "warning", "INFO": "info"}
_TONES = {"success": "success", "info": "info"}
_WORDS = {"error": "ERROR", "warning": "WARN", "info": "INFO"}
_DIGITS, _SAID = 10, 200
_TOKEN = 10
_PART = 4  # a shorter part of an address is no secret, and would blank out half the words


@dataclass(frozen=True)
class Channel:
    """One address and its route. `key` stays the same when the password of the address changes."""

    key: str
    label: str
    url: str
    trouble: str = ""
    min_severity: str = "INFO"
    clients: tuple[str, ...] = ()

    def wants(self, severity: str, client: str) -> bool:
        """Whether it is told of something of this severity and client; what has no client is for all-client channels."""
        return RANKS[severity] >= RANKS[self.min_severity] and (not self.clients or client in self.clients)

    def __repr__(self) -> str:
        return f"Channel({self.label})"


def channels_of(settings: Alerts) -> list[Channel]:
    """All channels, `urls` first; never raises: an address that is missing is a channel in trouble."""
    simple = (AlertChannel(url=url) for url in settings.urls)
    found: list[Channel] = []
    seen: Counter[str] = Counter()
    for number, channel in enumerate((*simple, *settings.channels), 1):
        url, trouble = _address(channel)
        key = channel.name or _key(url or channel.url_from or "")
        seen[key] += 1
        found.append(
            Channel(
                key=key if seen[key] == 1 else f"{key} {seen[key]}",
                label=channel.name or f"channel {number} ({_service(url)})",
                url=url,
                trouble=trouble,
                min_severity=_WORDS[channel.min_severity],
                clients=channel.clients,
            )
        )
    return found


def _address(channel: AlertChannel) -> tuple[str, str]:
    if channel.url is not None:
        return channel.url.get_secret_value(), ""
    url = os.environ.get(channel.url_from or "", "")
    return url, "" if url else f"the environment variable {channel.url_from} is not set"


def _service(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    return scheme.lower() if separator and _SERVICE.fullmatch(scheme.lower()) else "no address"


def _key(url: str) -> str:
    """Of the service, host and path: without login and options, where passwords stand."""
    rest = url.partition("://")[2].partition("?")[0].rpartition("@")[2]
    return f"{_service(url)}-{hashlib.sha256(rest.encode('utf-8', 'replace')).hexdigest()[:_DIGITS]}"


def hand_over(channel: Channel, title: str, body: str, severity: str, seconds: float, tone: str = "") -> str | None:
    """Send to one channel, marked by `tone`, else by severity. None if it was taken, else why not, without any part of
    the address. Never raises."""
    if channel.trouble:
        return channel.trouble
    from apprise import Apprise, NotifyFormat

    # Its warnings quote addresses whole; what they say of the failure is in the result.
    logging.getLogger("apprise").propagate = False
    try:
        sender = Apprise()
        if not sender.add(channel.url):
            return "this is no address that Apprise understands: see its list of services"
        result = sender.notify(
            title=title,
            body=body,
            body_format=NotifyFormat.TEXT,
            notify_type=_TONES.get(tone, _KINDS[severity]),
            interpret_escapes=False,
            timeout=seconds,
        )
        if result:
            return None
        said = [str(entry.message) for entry in result.logs()]
    except Exception as error:  # noqa: BLE001 - whatever a service's client raises, the message stays in the queue
        said = [f"{type(error).__name__}: {error}"]
    return one_line("; ".join(said) or "it did not take the message", _SAID, _parts(channel.url))


def secrets_of(channel: Channel) -> set[str]:
    """What of an address must not stand in a message: the whole, its password, and every piece that looks like a token.

    Other pieces are words ("reports", "general") that messages need.
    """
    login = channel.url.partition("://")[2].rpartition("@")[0]
    tokens = (piece for piece in _parts(channel.url) if len(piece) >= _TOKEN and not piece.isalpha())
    return {channel.url, unquote(login.partition(":")[2]), *tokens} - {""}


def _parts(url: str) -> Iterable[str]:
    """Every piece of an address that may be a secret; the host's name is not, unless it is all there is."""
    try:
        split = urlsplit(url)
        host = split.hostname or ""
    except ValueError:
        return [url]
    pieces = [url, split.username or "", split.password or "", *split.path.split("/")]
    pieces += [value for pair in split.query.split("&") for value in pair.partition("=")[2:]]
    if "." not in host and host != "localhost":
        pieces.append(host)
    found = {form for piece in pieces for form in (piece, unquote(piece))}
    return [piece for piece in found if len(piece) >= _PART]
