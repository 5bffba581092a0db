"""From the queue to the channels: each channel on its own, again after a pause, until every one has taken the message.

Belongs here: what is tried when, and when it is given up. Does not: making messages (`desk.py`) or transport
(`channels.py`).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass

from adtech_assets.alerting.channels import Channel, hand_over
from adtech_assets.alerting.message import Failure, moment
from adtech_assets.alerting.store import PENDING, SENT, UNDELIVERED, Message, Store, Try
from adtech_assets.settings import Alerts

DELIVERY = "delivery"
_DEAD_ATTEMPTS = 5  # a quarter of an hour with the default pauses
_DEAD_REMEDY = "Correct its address or its service; `adtech alerts --test` tries it. What waits for it is kept."
_LATE = dt.timedelta(minutes=1)
_MAX_DOUBLINGS = 20


@dataclass(frozen=True)
class Delivery:
    """What a pass did and left: messages taken by a channel, still waiting, given up, and what channels said."""

    taken: int
    waiting: int
    undelivered: int
    trouble: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """For the log and the tick."""
        said = [f"{self.taken} sent"] if self.taken else []
        if self.waiting:
            said.append(f"{self.waiting} {'alert waits' if self.waiting == 1 else 'alerts wait'} to be sent")
        if self.undelivered:
            said.append(f"{self.undelivered} undelivered (`adtech alerts --retry` tries them again)")
        return "; ".join([*said, *self.trouble]) or "no alert waits"


def deliver(
    store: Store,
    channels: Sequence[Channel],
    settings: Alerts,
    now: dt.datetime,
    seconds: float,
    at_once: bool = False,
) -> Delivery:
    """One pass over the queue, of about `seconds` at most; `at_once` does not wait for pauses to end.

    A channel that refuses one message is left alone for the rest of the pass, so that a dead one costs one timeout;
    one that takes a message is asked to take all that wait for it.
    """
    ends = time.monotonic() + seconds
    taken, said = 0, {}
    with store.sending() as alone:
        if not alone:
            return Delivery(0, len(store.messages(PENDING)), len(store.messages(UNDELIVERED)))
        alive: set[str] = set()
        for message in sorted(store.messages(PENDING), key=lambda one: (_attempts(one), one.at)):
            for channel in _open(message, channels):
                state = message.channels.setdefault(channel.key, Try(channel.label))
                state.label = channel.label
                due = at_once or channel.key in alive or state.next is None or _reached(state.next, now, settings)
                if channel.key in said or not due or time.monotonic() > ends:
                    continue
                body = _body(message, now)
                answer = hand_over(channel, message.title, body, message.severity, settings.send_seconds, message.tone)
                if answer is None:
                    alive.add(channel.key)
                    taken += 1
                else:
                    said[channel.key] = f"{channel.label} takes nothing: {answer}"
                _note(state, answer, now, settings)
                store.save(message)
            _settle(store, message, channels, now, settings)
        store.forget_sent(now - dt.timedelta(days=settings.keep_sent_days))
        waiting = store.messages(PENDING)
        trouble = {**_known_trouble(waiting, channels), **said}
        return Delivery(taken, len(waiting), len(store.messages(UNDELIVERED)), tuple(trouble.values()))


def standing(store: Store, channels: Sequence[Channel]) -> tuple[list[Failure], list[tuple[str, str]]]:
    """Channels that have refused one message again and again, as failures, and the (channel, "delivery") pairs that are
    well: for the channels that are alive to say that one is not."""
    waiting = store.messages(PENDING)
    failures, well = [], []
    for channel in channels:
        states = [state for message in waiting if (state := message.channels.get(channel.key)) and not state.taken]
        worst = max(states, key=lambda state: state.attempts, default=None)
        name = f"channel {channel.key}"
        if worst is None:
            well.append((name, DELIVERY))
        elif worst.attempts >= _DEAD_ATTEMPTS:
            said = f"{channel.label} takes no alerts: {worst.said}"
            failures.append(Failure(name, DELIVERY, "ERROR", said, remedy=_DEAD_REMEDY, about="dead"))
    return failures, well


def bring_back(store: Store, now: dt.datetime) -> int:
    """Put undelivered messages into the queue again; how many."""
    with store.sending() as alone:
        found = store.messages(UNDELIVERED) if alone else []
        for message in found:
            # Its age counts from now: else it would be given up at once.
            message.given_up = now
            store.move(message, UNDELIVERED, PENDING)
        return len(found)


def _attempts(message: Message) -> int:
    return sum(state.attempts for state in message.channels.values())


def _open(message: Message, channels: Sequence[Channel]) -> list[Channel]:
    """The channels that should have the message and do not."""
    return [
        channel
        for channel in channels
        if channel.wants(message.severity, message.client)
        and not ((state := message.channels.get(channel.key)) and state.taken)
    ]


def _reached(due: dt.datetime, now: dt.datetime, settings: Alerts) -> bool:
    """Also where the clock was set back: no pause is longer than the longest."""
    return now >= due or due - now > dt.timedelta(seconds=settings.retry_max_seconds)


def _note(state: Try, answer: str | None, now: dt.datetime, settings: Alerts) -> None:
    state.attempts += 1
    if answer is None:
        state.taken, state.next, state.said = now, None, ""
        return
    pause = settings.retry_seconds * 2 ** min(state.attempts - 1, _MAX_DOUBLINGS)
    state.next = now + dt.timedelta(seconds=min(pause, settings.retry_max_seconds))
    state.said = answer


def _settle(store: Store, message: Message, channels: Sequence[Channel], now: dt.datetime, settings: Alerts) -> None:
    """A message that all have is put away; one that is too old is given up, and kept."""
    if not _open(message, channels):
        store.move(message, PENDING, SENT)
        return
    if now - (message.given_up or message.at) > dt.timedelta(hours=settings.keep_trying_hours):
        message.given_up = now
        store.move(message, PENDING, UNDELIVERED)


def _body(message: Message, now: dt.datetime) -> str:
    if now - message.at < _LATE:
        return message.text
    return f"(Delayed: this was found {moment(message.at)}.)\n{message.text}"


def _known_trouble(waiting: Sequence[Message], channels: Sequence[Channel]) -> dict[str, str]:
    """What channels said when they were last asked."""
    return {
        channel.key: f"{state.label} takes nothing: {state.said}"
        for message in waiting
        for channel in _open(message, channels)
        if (state := message.channels.get(channel.key)) and state.said
    }
