"""Every export file in `files/` is read exactly as `expected.jsonl` says: same bytes as platforms write, invented names.

A line of `expected.jsonl` is what `adtech inspect --json` must answer; where a file must be refused, `reason_says` is a
pattern that its reason fits. `note` says which trap the file is.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adtech_assets.exports import inspection
from adtech_assets.exports.reader import Export
from adtech_assets.settings import Reader

HERE = Path(__file__).parent
FILES = HERE / "files"
EXPECTED = [json.loads(line) for line in (HERE / "expected.jsonl").read_text("utf-8").splitlines()]
NO_LIMIT = 10**9


@cache
def read(name: str) -> Export:
    return inspection.inspect_file(FILES / name, Reader(), NO_LIMIT)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda e: e["file"])
def test_a_file_is_read_as_expected(expected: dict[str, Any]) -> None:
    told = inspection.as_json(read(expected["file"]), Reader())
    wanted = {key: value for key, value in expected.items() if key not in ("file", "note", "reason_says")}
    assert {key: told[key] for key in wanted} == wanted
    if expected["status"] == "refused":
        assert re.search(expected["reason_says"], told["reason"], re.IGNORECASE)
        assert not any(value is not None for value in told["totals"].values())


def test_every_file_has_an_expectation() -> None:
    assert {path.name for path in FILES.iterdir()} == {expected["file"] for expected in EXPECTED}


def test_every_row_says_where_it_stands() -> None:
    for expected in EXPECTED:
        export = read(expected["file"])
        lines = export.rows["source_row"]
        assert lines.null_count() == 0 and lines.is_unique().all() and lines.is_sorted()
        assert export.rows.is_empty() or lines[0] > export.facts["header_row"]
        assert set(export.rows["upload_id"]) <= {export.facts["upload_id"]}


def test_no_person_of_a_shop_s_orders_reaches_the_rows() -> None:
    export = read("shopify_h4_orders_multi_line.csv")
    told = export.rows.write_json() + str(export.facts)
    assert not re.search(r"example\.invalid|Jane|Example Street|\+1", told)
