"""File dropped -> PDF on disk, with Dagster running as `make up` starts it: a 5,000-row file, five drops.

Every drop changes figures of the latest week, so that each makes a new version of the report. Prints median and worst,
and where the time went by Dagster's own event log. Asserts nothing: the machine decides the seconds.

    python bench/latency.py [--drops 5] [--rows 5000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl

from adtech_assets import server as servers

ROOT = Path(__file__).parents[1]
CLIENT, DAYS = "bench", 91
TIMEOUT = 120.0
EVENTS = {"PIPELINE_ENQUEUED", "PIPELINE_STARTING", "PIPELINE_START", "STEP_START", "STEP_SUCCESS", "PIPELINE_SUCCESS"}


def export(rows: int, drop: int) -> bytes:
    """A marketing sheet of about that many rows; each drop states another spend on its last day."""
    rng = np.random.default_rng(5)
    campaigns = rows // DAYS
    first = dt.date(2025, 1, 6)
    days = pl.date_range(first, first + dt.timedelta(DAYS - 1), eager=True)
    number = np.repeat(np.arange(campaigns), DAYS)
    spend = rng.gamma(20, 5, campaigns * DAYS).round(2)
    spend[DAYS - 1 :: DAYS] += drop
    impressions = rng.integers(4000, 9000, len(spend))
    clicks = rng.binomial(impressions, 0.02)
    conversions = rng.binomial(clicks, 0.05)
    frame = pl.DataFrame({
        "date": pl.concat([days] * campaigns),
        "channel": pl.Series(["Google", "Facebook", "Instagram", "Email"]).gather(number % 4),
        "campaign": pl.Series([f"Campaign {i:03d}" for i in range(campaigns)]).gather(number),
        "spend": spend, "impressions": impressions, "clicks": clicks, "conversions": conversions,
        "revenue": (conversions * rng.gamma(40, 2, len(spend))).round(2),
    })  # fmt: skip
    return frame.write_csv().encode()


def drop_and_wait(home: Path, data: bytes, number: int) -> tuple[float, float]:
    """Seconds since 1970 of the drop and of the PDF."""
    inbox, reports = home / "data" / "inbox" / CLIENT, home / "data" / "reports" / CLIENT
    inbox.mkdir(parents=True, exist_ok=True)
    temporary = inbox / ".export.tmp"
    temporary.write_bytes(data)
    dropped = time.time()
    temporary.rename(inbox / "export.csv")
    while time.time() < dropped + TIMEOUT:
        if list(reports.glob(f"*_v{number}.pdf")):
            return dropped, time.time()
        time.sleep(0.05)
    raise SystemExit(f"no PDF {TIMEOUT:.0f} s after drop {number}; see {home / servers.HOME / servers.LOG}")


def wait_idle(instance: dg.DagsterInstance) -> None:
    """The next drop starts from rest."""
    busy = [dg.DagsterRunStatus[name] for name in ("QUEUED", "NOT_STARTED", "STARTING", "STARTED")]
    while instance.get_runs(dg.RunsFilter(statuses=busy)):
        time.sleep(0.2)


def where_time_went(instance: dg.DagsterInstance, dropped: float, done: float) -> dict[str, float]:
    """Seconds by stage, from the events of the two runs that began after the drop."""
    records = sorted(instance.get_run_records(), key=lambda record: record.create_timestamp)
    runs = [r.dagster_run for r in records if r.create_timestamp.timestamp() > dropped - 1]
    spent: dict[str, float] = {}
    last = dropped
    for run in runs:
        for entry in instance.all_logs(run.run_id):
            event = entry.dagster_event
            if event is None or event.event_type_value not in EVENTS or last >= done:
                continue
            kind, moment = event.event_type_value, min(entry.timestamp, done)
            stage = {
                "PIPELINE_ENQUEUED": f"{run.job_name}: noticed and requested",
                "PIPELINE_STARTING": f"{run.job_name}: in the queue",
                "PIPELINE_START": f"{run.job_name}: process start",
                "STEP_SUCCESS": f"{run.job_name}: {event.step_key}",
            }.get(kind, f"{run.job_name}: between steps")
            spent[stage] = spent.get(stage, 0) + max(0.0, moment - last)
            last = max(last, moment)
    spent["weekly_report: weekly_reports (until the PDF)"] = max(0.0, done - last)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="adtech-latency-") as scratch:
        home = Path(scratch)
        for name in ("dagster.yaml", "workspace.yaml", "adtech.yaml"):
            shutil.copy(ROOT / name, home)
        shutil.copytree(ROOT / "templates", home / "templates")
        taken, stages = [], []
        with servers.running(home, servers.free_port(0)) as server:
            servers.wait_until_up(server, TIMEOUT)
            time.sleep(5)
            with dg.DagsterInstance.from_config(str(home / servers.HOME)) as instance:
                for number in range(1, options.drops + 1):
                    dropped, done = drop_and_wait(home, export(options.rows, number), number)
                    taken.append(done - dropped)
                    wait_idle(instance)
                    stages.append(where_time_went(instance, dropped, done))
                    print(f"drop {number}: {taken[-1]:.1f} s")
    print(
        f"median {statistics.median(taken):.1f} s, worst {max(taken):.1f} s over {options.drops} drops (aim: median 10 s)"
    )
    print("\nwhere the time goes: seconds of the first drop, and median of the later ones")
    for stage in stages[0]:
        later = statistics.median([s.get(stage, 0.0) for s in stages[1:]] or [0.0])
        print(f"  {stages[0][stage]:6.2f} {later:6.2f}  {stage}")


if __name__ == "__main__":
    main()
