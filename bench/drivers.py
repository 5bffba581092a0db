"""The project's search for root causes beside the usual alternatives, on planted cases with seeds that nothing saw.

The cases come from adtech_assets_tests/insight/planted_causes.py or from a folder of the same layout (<id>.csv.gz,
labels.json, requests.jsonl), the counts from cause_scorer.py. Peers (cause_peers.py) run with the given interpreter, in
which peers-requirements.txt is installed; what is missing there is said, not run. CPU seconds are those of the answers
alone. Asserts nothing.

    python bench/drivers.py [--seeds 20000:20220] [--folder DIR] [--reliability]
    python bench/drivers.py --peers [--peers-python PATH] [--only "wise-pizza"]
    python bench/drivers.py --calibrate [--seeds 10000:10660]     # the curve of insight/causes/confidence.py
    python bench/drivers.py --speed
"""

from __future__ import annotations

import os

# A case is small: threads of the linear algebra would only add CPU seconds.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "adtech_assets_tests" / "insight"))

import cause_calibration
import cause_peers
import planted_causes
from cause_scorer import EVERY_CASE, HEAD, WHOLE, Leaves, Tally, cells, reliability, score
from cause_speed import timings
from own_causes import Given, answer_of, cases_in, explained

#: Nothing was tuned on the first; the confidence's curve is fitted to the second.
SEEDS, CALIBRATING = "20000:20220", "10000:10660"


def our_answers(cases: list[Given]) -> dict[str, dict[str, Any]]:
    # What is imported on the first call is no answer's time.
    explained(cases[0].rows, cases[0].request, cases[0].dimensions)
    answers = {}
    for case in cases:
        start = time.process_time()
        found = explained(case.rows, case.request, case.dimensions)
        answers[case.name] = {**answer_of(found), "seconds": time.process_time() - start}
    return answers


def peer_answers(name: str, folder: Path, python: str) -> dict[str, Any] | str:
    """A peer's answers, or why there are none."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "answers.json"
        ran = subprocess.run(
            [python, cause_peers.__file__, name, str(folder), str(out)], capture_output=True, text=True
        )
        if ran.returncode:
            return f"failed: {(ran.stderr.strip().splitlines() or ['no message'])[-1]}"
        answers: dict[str, Any] | None = json.loads(out.read_text())
        return f"not installed for {python}" if answers is None else answers


def show(name: str, tallies: Mapping[str, Tally]) -> None:
    table = [(name, *HEAD), *((group, *cells(tally)) for group, tally in tallies.items())]
    wide = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        print("  ".join([row[0].ljust(wide[0]), *(c.rjust(w) for c, w in zip(row[1:], wide[1:], strict=True))]))
    print()


def say_whole(cases: list[Given], answers: Mapping[str, Mapping[str, Any]]) -> None:
    """Of cases without a segment to blame, by kind: how often the answer was the whole account."""
    kinds = sorted({str(case.label.get("kind")) for case in cases if case.label.get("null")})
    for kind in kinds:
        said = [answers[c.name]["causes"] for c in cases if str(c.label.get("kind")) == kind]
        whole = sum(any(cause["segment"] == WHOLE for cause in causes) for causes in said)
        print(f"{kind}: the whole account was said to have moved in {whole} of {len(said)}")


def compare(options: argparse.Namespace, cases: list[Given], folder: Path) -> None:
    labels = {case.name: case.label for case in cases}
    leaves = {case.name: Leaves(case.rows) for case in cases}
    ours = our_answers(cases)
    tallies = score(labels, leaves, ours)
    show("this project", tallies)
    say_whole(cases, ours)
    if options.reliability:
        print("\nconfidence   answers   mean said   right")
        for low, high, count, said, right in reliability(tallies[EVERY_CASE].every):
            print(f"{low:.2f}..{high:.2f}  {count:8}  {said:10.3f}  {right:6.3f}")
    if not options.peers:
        return
    for peer in cause_peers.PEERS:
        if options.only and peer.name not in options.only:
            continue
        answers = peer_answers(peer.name, folder, options.peers_python)
        print()
        if isinstance(answers, str):
            print(f"{peer.name}: {answers}")
        else:
            show(peer.name, score(labels, leaves, answers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", help=f"first:end, the end left out; {SEEDS}, to calibrate {CALIBRATING}")
    parser.add_argument("--folder", type=Path, help="cases from here instead of made ones")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--only", nargs="*", default=[], help="names of peers")
    parser.add_argument("--reliability", action="store_true", help="how often answers of each confidence are right")
    parser.add_argument("--calibrate", action="store_true", help="the curve of confidences, fitted anew")
    parser.add_argument("--speed", action="store_true", help="seconds of one large account")
    options = parser.parse_args()
    if options.speed:
        for text in timings():
            print(text)
        return
    first, end = (int(part) for part in (options.seeds or (CALIBRATING if options.calibrate else SEEDS)).split(":"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        if not options.folder:
            planted_causes.write_cases(folder, planted_causes.make_cases(range(first, end)))
        cases = list(cases_in(folder))
        print(f"{len(cases)} cases", options.folder or f"of seeds {first}-{end - 1}", "\n")
        if options.calibrate:
            for text in cause_calibration.calibrate(cases):
                print(text)
        else:
            compare(options, cases, folder)


if __name__ == "__main__":
    main()
