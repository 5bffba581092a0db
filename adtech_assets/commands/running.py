"""Commands that start Dagster here: `up` until Ctrl-C, `demo` until the demo's report is there.

Belongs here: starting, watching, stopping. Does not: how a server is run (`server.py`).
"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from adtech_assets.commands.console import fail, out
from adtech_assets.settings import load_settings

DEMO_CLIENT, DEMO_FILE = "demo", "demo_export.csv"
_UP_SECONDS, _REPORT_SECONDS, _IDLE_SECONDS, _PAUSE = 120, 240, 30, 0.2


def up(port: Annotated[int, typer.Option(help="port of the web page; another is taken if it is busy")] = 3000) -> None:
    """Start Dagster here and keep it running until Ctrl-C."""
    from adtech_assets import server as servers

    settings = load_settings()
    try:
        with servers.running(settings.home, servers.free_port(port)) as server:
            with out.status("starting Dagster"):
                servers.wait_until_up(server, _UP_SECONDS)
            inbox = settings.place(settings.paths.inbox)
            out.print(f"Dagster UI  {server.url}\nInbox       {inbox}/<client>/   (drop an export here)", markup=False)
            out.print("Ctrl-C stops it.")
            while server.alive:
                time.sleep(1)
            raise fail(f"Dagster stopped by itself; its log: {server.log}")
    except servers.ServerFailed as error:
        raise fail(str(error)) from None
    except KeyboardInterrupt:
        out.print("stopped")


def demo(
    port: Annotated[int, typer.Option(help="port of the web page; another is taken if it is busy")] = 3000,
) -> None:
    """Start Dagster, drop the demo client's export, wait for its report, stop."""
    from adtech_assets import server as servers
    from adtech_assets.demo import write_demo
    from adtech_assets.pipeline.progress import Progress

    settings = load_settings()
    file = settings.place(settings.paths.inbox) / DEMO_CLIENT / DEMO_FILE
    try:
        with (
            servers.running(settings.home, servers.free_port(port)) as server,
            out.status("starting Dagster") as status,
        ):
            servers.wait_until_up(server, _UP_SECONDS)
            out.print(f"Dagster UI  {server.url} (while this runs; `make up` keeps it)", markup=False)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_demo(file)
            out.print(f"dropped     {file}", markup=False)
            started, progress = time.monotonic(), Progress(settings, DEMO_CLIENT)
            while not progress.done:
                if not server.alive:
                    raise fail(f"Dagster stopped by itself; its log: {server.log}")
                if time.monotonic() - started > _REPORT_SECONDS:
                    raise fail(f"no report after {_REPORT_SECONDS} s; look into {server.log} and {server.url}/runs")
                status.update(f"{progress.stage} ({time.monotonic() - started:.0f} s)")
                for line in progress.news():
                    out.print(f"{time.monotonic() - started:6.1f} s    {line}", markup=False)
                time.sleep(_PAUSE)
            for line in progress.news():
                out.print(f"{time.monotonic() - started:6.1f} s    {line}", markup=False)
            status.update("finishing the checks")
            servers.wait_until_idle(server, _IDLE_SECONDS)
            out.print(
                f"report      {progress.pdf}\nmail        {progress.mail}\nUI          {server.url}", markup=False
            )
    except servers.ServerFailed as error:
        raise fail(str(error)) from None
