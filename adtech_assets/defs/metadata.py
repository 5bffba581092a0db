"""How tables look in the Dagster UI: schemas, row counts, samples.

Belongs here: turning frames and table definitions into metadata. Does not: which asset shows what.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
import polars as pl

from adtech_assets.narrative.evidence import SECTIONS, Narrative
from adtech_assets.tables import Table

OWNERS = ["team:reporting"]
_KINDS_OF_TYPE = {pl.String: "text", pl.Int64: "integer", pl.Float64: "decimal", pl.Date: "date", pl.Boolean: "boolean"}
_SAMPLE_ROWS = 10
_MARKUP = re.compile(r"[\\`*_{}\[\]<>()#!|]")


def definition_metadata(table: Table) -> dict[str, Any]:
    """What is known of an asset before it runs: its table and columns."""
    columns = [
        dg.TableColumn(name, _KINDS_OF_TYPE.get(type(column.dtype), "timestamp"), column.description)
        for name, column in table.columns.items()
    ]
    return {"dagster/column_schema": dg.TableSchema(columns), "dagster/table_name": table.name}


def row_count(rows: int) -> dict[str, Any]:
    """The row count of this partition."""
    return {"dagster/partition_row_count": dg.IntMetadataValue(rows)}


def table_value(rows: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue | dg.TextMetadataValue:
    """Rows as a table in the UI."""
    records = [dg.TableRecord({key: _plain(value) for key, value in row.items()}) for row in rows]
    if not records:
        return dg.MetadataValue.text("none")
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in records[0].data])
    return dg.MetadataValue.table(records=records, schema=schema)


def sample(frame: pl.DataFrame, columns: list[str]) -> dg.TableMetadataValue | dg.TextMetadataValue:
    """The first rows of a frame as a table in the UI."""
    return table_value(frame.select(columns).head(_SAMPLE_ROWS).to_dicts())


def _plain(value: Any) -> str | int | float | bool | None:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def narrative_markdown(narrative: Narrative) -> str:
    """The report's text as markdown, with the evidence under each sentence. Text from files cannot format itself."""
    parts = []
    for section in SECTIONS:
        if sentences := narrative.of(section):
            parts.append(f"### {section.capitalize()}")
            parts += [f"- {_MARKUP.sub(_escape, s.text)} _[{', '.join(s.evidence_ids)}]_" for s in sentences]
    return "\n".join(parts)


def _escape(found: re.Match[str]) -> str:
    return "\\" + found.group()
