"""The project's anomaly detector beside the popular alternatives, on labelled accounts with seeds that no threshold saw.

The accounts come from adtech_assets_tests/insight/labelled_accounts.py, the counts from event_scorer.py. The peers run
with the given interpreter, in which peers-requirements.txt is installed; what is missing there is said, not run.
Seconds are those of the detectors alone, over all accounts. Asserts nothing.

    python bench/anomalies.py [--seeds 9001:9031] [--peers] [--peers-python PATH] [--only "rolling z 28" ...]
    python bench/anomalies.py --calibrate [--verify] [--seeds 1:121] [--data FOLDER ...]

The second form measures false alarms by threshold and fits the curves of insight/calibration.py, or measures what
budgets of false alarms come to with the curves in force.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "adtech_assets_tests" / "insight"))

import anomaly_calibration
import anomaly_peers
import event_scorer
import labelled_accounts
from own_detector import ours

from adtech_assets.settings import Insight

#: No threshold saw these; the curves are fitted to the second, and what comes of them is measured on the third.
SEEDS, TUNING, CHECKING = "9001:9031", "1:121", "200:260"
TIERS = ("easy", "medium", "hard")
HEAD = ("detector", "P", "R", "F1", "macro-F1", "located F1", "FA/100 cw", "spend", "perf", "revenue", "CTR", "budget",
        "easy / medium / hard", "delay", "s")  # fmt: skip


def line(name: str, views: dict[str, event_scorer.View], seconds: float) -> tuple[str, ...]:
    strict, located = views["strict"], views["located"]
    kinds = [f"{strict.kinds[kind].f1:.2f}" for kind in event_scorer.KINDS]
    tiers = " / ".join(f"{strict.tiers[tier].recall:.2f}" for tier in TIERS)
    everything = strict.all
    delay = "" if everything.mean_delay is None else f"{everything.mean_delay:.1f}"
    return (
        name, f"{everything.precision:.3f}", f"{everything.recall:.3f}", f"{everything.f1:.3f}", f"{strict.macro_f1:.3f}",
        f"{located.all.f1:.3f}", f"{strict.false_alarms_per_100_weeks:.2f}", *kinds, tiers, delay, f"{seconds:.1f}",
    )  # fmt: skip


def score_ours(name: str, data: Path, settings: Insight) -> tuple[str, ...]:
    seconds, results = 0.0, []
    for path in sorted(data.glob("*.labels.json")):
        frame = pl.read_csv(event_scorer.table_of(path), try_parse_dates=True)
        start = time.perf_counter()
        findings = ours(frame, settings)
        seconds += time.perf_counter() - start
        results.append(event_scorer.score(findings, json.loads(path.read_text())["anomalies"], frame.height))
    return line(name, event_scorer.total(results), seconds)


def score_peers(data: Path, out: Path, python: str, only: list[str]) -> list[tuple[str, ...]]:
    """A line for each peer, run one after another in their own interpreter."""
    lines: list[tuple[str, ...]] = []
    for peer in anomaly_peers.PEERS:
        if only and peer.name not in only:
            continue
        command = [python, anomaly_peers.__file__, str(data), str(out), "--only", peer.name]
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            lines.append((peer.name, "failed: " + ran.stderr.strip().splitlines()[-1]))
            continue
        seconds = json.loads((out / "seconds.json").read_text())[peer.name]
        if seconds is None:
            lines.append((peer.name, f"not installed: {peer.package}"))
            continue
        results = (
            event_scorer.score(
                event_scorer.read_csv(out / peer.name / event_scorer.table_of(path).name),
                json.loads(path.read_text())["anomalies"],
                pl.scan_csv(event_scorer.table_of(path)).select(pl.len()).collect().item(),
            )
            for path in sorted(data.glob("*.labels.json"))
        )
        lines.append(line(peer.name, event_scorer.total(results), seconds))
    return lines


def compare(options: argparse.Namespace, data: Path, out: Path) -> list[tuple[str, ...]]:
    lines = []
    if not options.without_ours:
        # What is imported and compiled on the first call is no detector's time.
        ours(labelled_accounts.account(1)[0])
        lines.append(score_ours("this project", data, Insight()))
        lines.append(score_ours("  without its IsolationForest", data, Insight(forest=False)))
    return lines + (score_peers(data, out, options.peers_python, options.only) if options.peers else [])


def show(lines: list[tuple[str, ...]]) -> None:
    """Prints a table under HEAD; a line of two cells is a name and why there are no figures."""
    whole = [HEAD, *(cells for cells in lines if len(cells) > 2)]
    wide = [max(len(cells[column]) for cells in whole) for column in range(len(HEAD))]
    wide[0] = max(len(cells[0]) for cells in [HEAD, *lines])
    for cells in [HEAD, *lines]:
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], wide[1:], strict=False))
        print("  ".join([cells[0].ljust(wide[0]), *rest]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seeds", help=f"first:end, the end left out; {SEEDS}, to calibrate {TUNING}, to verify {CHECKING}"
    )
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--only", nargs="*", default=[], help="names of peers")
    parser.add_argument("--without-ours", action="store_true")
    parser.add_argument("--calibrate", action="store_true", help="false alarms by threshold and the curve of each kind")
    parser.add_argument("--verify", action="store_true", help="what budgets come to with the curves in force")
    parser.add_argument(
        "--data", nargs="*", type=Path, default=[], help="further folders of labelled accounts, for --calibrate"
    )
    options = parser.parse_args()
    wanted = options.seeds or (CHECKING if options.verify else TUNING if options.calibrate else SEEDS)
    first, end = (int(part) for part in wanted.split(":"))
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        labelled_accounts.write(data, range(first, end))
        print(f"accounts {first}-{end - 1}", *options.data)
        if not options.calibrate:
            show(compare(options, data, Path(scratch) / "found"))
            return
        lines = anomaly_calibration.verify if options.verify else anomaly_calibration.calibrate
        for text in lines([data, *options.data]):
            print(text)


if __name__ == "__main__":
    main()
