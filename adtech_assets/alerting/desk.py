"""The desk that alerts are handed to: it decides what is news, writes it down, and sends it.

Belongs here: the order of these three, which is what makes an alert safe: first on disk, then on its way. Does not:
the three themselves (`ledger.py`, `store.py`, `delivery.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path

from adtech_assets.alerting.channels import Channel, channels_of, hand_over, secrets_of
from adtech_assets.alerting.delivery import Delivery, bring_back, deliver, standing
from adtech_assets.alerting.ledger import Problem, news
from adtech_assets.alerting.message import SENTENCE, Alert, body_of, title_of
from adtech_assets.alerting.store import LOG, PENDING, UNDELIVERED, Message, Store
from adtech_assets.alerting.wording import one_line, secrets_in
from adtech_assets.settings import Alerts, Settings

_TEST = "adtech: test message", "This is a test. Alerts of failed checks, refused files and failed runs come here."


@dataclass(frozen=True)
class Desk:
    """Settings, files and channels of one installation's alerts. `secrets` never appear in a message."""

    settings: Alerts
    store: Store
    channels: tuple[Channel, ...]
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Desk:
        channels = channels_of(settings.alerts)
        secrets = secrets_in(settings).union(*(secrets_of(channel) for channel in channels))
        outbox = settings.place(settings.paths.outbox)
        return cls(settings.alerts, Store(outbox), tuple(channels), secrets)

    def tell(self, alert: Alert, now: dt.datetime | None = None, repeat_hours: float | None = None) -> Message | None:
        """Queue what is news of an alert, and remember it; None where nothing is. Told once, however often it is called.
        What lasts is told again after `repeat_hours`, if not given those of the settings.

        OSError where the outbox cannot be written: nothing is remembered then, and the caller may try again.
        """
        now = now or dt.datetime.now(dt.UTC)
        alert = self._harmless(alert)
        with self.store.writing():
            if self.store.is_told(alert.id):
                return None
            repeat = dt.timedelta(hours=repeat_hours or self.settings.repeat_hours)
            found = news(alert, self.store.problems(), now, repeat, self.settings.say_resolved)
            message = None
            if found.worth_telling:
                message = Message(
                    id=alert.id,
                    at=alert.at,
                    title=title_of(alert, len(found.lines), self.secrets),
                    text=body_of(alert, found.lines, found.over, found.known, self.settings, self.secrets),
                    severity=found.severity,
                    client=alert.client,
                    run_id=alert.run_id,
                    tone="" if found.lines else "info" if alert.ending else "success",
                )
            self.store.commit(message, found.changes)
            return message

    def _harmless(self, alert: Alert) -> Alert:
        """The alert with sentences that may be stored as well as sent."""
        said = (one_line(failure.description, SENTENCE, self.secrets) for failure in alert.failures)
        failures = (replace(failure, description=text) for failure, text in zip(alert.failures, said, strict=True))
        return replace(alert, failures=tuple(failures))

    def deliver(self, now: dt.datetime | None = None, at_once: bool = False, seconds: float = 15) -> Delivery:
        """One pass over the queue, of about `seconds` and one more message."""
        now = now or dt.datetime.now(dt.UTC)
        return deliver(self.store, self.channels, self.settings, now, seconds, at_once)

    def tell_of_dead_channels(self, now: dt.datetime | None = None) -> Message | None:
        """Where there are several channels, those alive are told of one that is not, as of any problem."""
        now = now or dt.datetime.now(dt.UTC)
        if len(self.channels) < 2:
            return None
        failures, well = standing(self.store, self.channels)
        identity, title = f"channels-{now:%Y%m%dT%H%M%S%f}", "adtech: alert channels"
        return self.tell(Alert(identity, title, "", now, tuple(failures), tuple(well)), now)

    def retry(self, now: dt.datetime | None = None) -> Delivery:
        """Try everything again at once, also what was given up."""
        now = now or dt.datetime.now(dt.UTC)
        bring_back(self.store, now)
        return self.deliver(now, at_once=True)

    def test(self) -> list[tuple[Channel, str | None]]:
        """Send a test message to every channel: the channel, and None or why it did not take it."""
        return [(c, hand_over(c, *_TEST, "INFO", self.settings.send_seconds)) for c in self.channels]

    @property
    def log(self) -> Path:
        """The file with a line for every alert."""
        return self.store.outbox / LOG

    def waiting(self) -> list[Message]:
        """Messages that not every channel has, oldest first."""
        return self.store.messages(PENDING)

    def undelivered(self) -> list[Message]:
        """Messages that were given up, oldest first."""
        return self.store.messages(UNDELIVERED)

    def problems(self) -> list[Problem]:
        """What fails at present, longest first."""
        return sorted(self.store.problems().values(), key=lambda problem: (problem.since, problem.key))

    def recent(self, count: int) -> list[dict[str, str]]:
        """The last lines of the log, newest first."""
        return self.store.log_lines(count)
