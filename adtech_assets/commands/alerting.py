"""`adtech alerts`: what waits, what is wrong at present, what was told; and whether the channels work.

Belongs here: printing and exit codes. Does not: alerts (`adtech_assets/alerting/`).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from adtech_assets.commands.console import err, out
from adtech_assets.settings import load_settings

if TYPE_CHECKING:
    from adtech_assets.alerting import Desk


def alerts(
    test: Annotated[
        bool, typer.Option("--test", help="send a test message to every channel, and say who took it")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="try all that waits, and what was given up, at once")] = False,
    count: Annotated[int, typer.Option(help="how many recent alerts to list", min=0)] = 10,
) -> None:
    """Alerts: what waits for a dead channel, what is wrong at present, what was told. Exit 1 where a channel takes nothing."""
    from adtech_assets.alerting import Desk

    desk = Desk.of(load_settings())
    if test:
        raise typer.Exit(_test(desk))
    if retry:
        delivery = desk.retry()
        out.print(delivery.sentence, markup=False)
        raise typer.Exit(1 if delivery.trouble else 0)
    _list(desk, count)


def _test(desk: Desk) -> int:
    if not desk.channels:
        out.print(
            f"no channel is set: alerts are lines in {desk.log}. Set alerts.urls or alerts.channels.", markup=False
        )
    answers = desk.test()
    for channel, answer in answers:
        (err if answer else out).print(
            f"{channel.label}: {f'NOT taken: {answer}' if answer else 'taken'}", markup=False
        )
    return 1 if any(answer for _, answer in answers) else 0


def _list(desk: Desk, count: int) -> None:
    from adtech_assets.alerting.message import moment

    for channel in desk.channels:
        route = f"from {channel.min_severity}" + (f", of {', '.join(channel.clients)}" if channel.clients else "")
        out.print(
            f"channel    {channel.label}: {route}{f'; {channel.trouble}' if channel.trouble else ''}", markup=False
        )
    if not desk.channels:
        out.print(f"channel    none is set: alerts are lines in {desk.log}", markup=False)
    for name, messages in (("waits", desk.waiting()), ("undelivered", desk.undelivered())):
        for message in messages:
            out.print(f"{name:<10} {moment(message.at)}  {message.severity:<5} {message.title}", markup=False)
            for state in message.channels.values():
                if not state.taken:
                    again = f"; again at {moment(state.next)}" if state.next and name == "waits" else ""
                    out.print(
                        f"           {state.label}, tried {state.attempts} times: {state.said}{again}", markup=False
                    )
    for problem in desk.problems():
        key = problem.key
        where = ", ".join(word for word in (key.client, key.part) if word)
        said = f"{problem.severity:<5} {where + ': ' if where else ''}{key.asset} / {key.check}: {problem.description}"
        out.print(f"wrong      since {moment(problem.since)}  {said}", markup=False)
    for line in desk.recent(count):
        at = moment(dt.datetime.fromisoformat(str(line["at"])))
        out.print(f"told       {at}  {line['severity']:<5} {line['title']}", markup=False)
    for name in desk.store.unreadable():
        err.print(f"cannot be read any more: outbox/alerts/undelivered/{name}", markup=False)
