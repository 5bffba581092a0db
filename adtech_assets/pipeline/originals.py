"""Lines of files as they were dropped, from the archive of their bytes.

Belongs here: finding a line again. Does not: reading it as a row (`exports`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from adtech_assets.exports.container import unwrap
from adtech_assets.exports.refusal import Refusal
from adtech_assets.pipeline.workspace import Workspace

_BYTE_ORDER_MARK = "\ufeff"


def lines_of(workspace: Workspace, client: str, rows: pl.DataFrame) -> list[str | None]:
    """The line of its file that each row (upload_id, source_row) was read from; of a row over several lines the first.
    None where there is no such line: in workbooks, and where the archived file is gone."""
    wanted = rows.select("upload_id", "source_row").with_row_index("_row")
    found: list[str | None] = [None] * rows.height
    uploads = {row["upload_id"]: row for row in workspace.uploads(client).to_dicts()}
    for (identity,), piece in wanted.partition_by("upload_id", as_dict=True).items():
        lines = _lines(workspace, client, uploads[identity]) if identity in uploads else []
        for place, number in piece.select("_row", "source_row").iter_rows():
            if number is not None and 0 < number <= len(lines):
                found[place] = lines[number - 1]
    return found


def _lines(workspace: Workspace, client: str, upload: dict[str, object]) -> list[str]:
    archived = workspace.lake.archive(client, str(upload["upload_id"]), Path(str(upload["file"])).suffix.lower())
    if not archived.is_file():
        return []
    try:
        contents = unwrap(archived.read_bytes(), workspace.settings.reader)
        if contents.workbook:
            return []
        text = contents.data.decode(str(upload["encoding"]), errors="replace")
    except (Refusal, LookupError):
        return []
    return text.removeprefix(_BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n").split("\n")
