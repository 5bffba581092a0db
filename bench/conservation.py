"""Generated uploads with random defects through ingest and clean: what becomes of every row and every cent of them.

Counted from the bytes of the files, not from what the reader or the ledger says: every line is looked for in the
tables. Prints rows lost and spend lost, both of which must be 0. Asserts nothing.

    python bench/conservation.py [--uploads 200] [--clients 20] [--seed 0]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "adtech_assets_tests" / "pipeline"))

from defective_uploads import Count, run, uploads

from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--clients", type=int, default=20, help="the uploads are shared out among them, in sequence")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start, counted = time.perf_counter(), Count()
    shares = [
        options.uploads // options.clients + (i < options.uploads % options.clients) for i in range(options.clients)
    ]
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace.open(Settings(home=Path(home)))
        for number, share in enumerate(shares):
            counted += run(workspace, f"client-{number}", uploads(options.seed + number, share))
    lines = {
        "uploads": counted.uploads, "refused": counted.refused, "rows": counted.rows, "kept": counted.kept,
        "set aside": counted.quarantined, "copies": counted.copies, "of a period": counted.period,
        "totals": counted.totals, "spend": counted.spend, "rows lost": counted.rows_lost,
        "spend lost": f"{counted.spend_lost:.2f}", "uploads whose ledger says otherwise": counted.untold,
    }  # fmt: skip
    for label, value in lines.items():
        print(f"{label:36}{value:>14,}" if not isinstance(value, str) else f"{label:36}{value:>14}")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
