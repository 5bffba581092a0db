"""The command line: `adtech ...`.

Belongs here: which commands there are, in the order of the help. Does not: the commands (`commands/`).
"""

from __future__ import annotations

import signal

import typer

from adtech_assets.commands import (
    alerting,
    anomalies,
    drivers,
    files,
    names,
    proof,
    restatements,
    rulebook,
    running,
    schemas,
    set_aside,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ad exports in, client reports out, every number traceable.",
)

app.command("demo-data")(files.demo_data)
app.command()(files.report)
app.command()(files.inspect)
app.command()(files.guard)
app.command()(anomalies.anomalies)
app.command()(anomalies.feedback)
app.command()(drivers.drivers)
app.command()(rulebook.rulebook)
app.command()(schemas.schemas)
app.command()(set_aside.quarantine)
app.command()(proof.trace)
app.command()(restatements.restatements)
app.command()(names.names)
app.command()(alerting.alerts)
app.command()(running.up)
app.command()(running.demo)


def _end_like_ctrl_c(*_: object) -> None:
    raise KeyboardInterrupt


@app.callback()
def _every_command() -> None:
    """A polite kill cleans up as Ctrl-C does, also where a shell started us with Ctrl-C switched off."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, _end_like_ctrl_c)


if __name__ == "__main__":
    app()
