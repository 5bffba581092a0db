"""A tiny SQLAlchemy dialect over a DuckDB connection that the caller owns: only what Great Expectations asks for.

Belongs here: the DB-API layer and the dialect. Does not: anything of Great Expectations (`gx_datasource.py`).

No second handle is opened and nothing is committed, rolled back or closed, so no lock is taken and the caller's views
stay as they are. Rows are read when a statement runs: DuckDB drops a pending result at the next statement.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NoReturn

import duckdb
import sqlalchemy as sa
from sqlalchemy.engine import default, reflection
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import NullType, TypeEngine

DIALECT = "duckdb.caller"
URL = "duckdb+caller://"
_SCHEMA = "main"

_COLUMN_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "BIGINT": sa.BIGINT,
    "BLOB": sa.BLOB,
    "BOOLEAN": sa.BOOLEAN,
    "DATE": sa.DATE,
    "DECIMAL": sa.DECIMAL,
    "DOUBLE": sa.DOUBLE,
    "FLOAT": sa.FLOAT,
    "INTEGER": sa.INTEGER,
    "SMALLINT": sa.SMALLINT,
    "TIME": sa.TIME,
    "TIMESTAMP": sa.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": sa.TIMESTAMP,
    "VARCHAR": sa.VARCHAR,
}


class EagerCursor:
    """DB-API cursor that holds all rows of its last statement."""

    arraysize = 1
    lastrowid = None
    rowcount = -1

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.description: Sequence[tuple[Any, ...]] | None = None

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> None:
        result = self._connection.execute(statement, list(parameters or ()))
        self.description = result.description
        self._rows = iter(result.fetchall() if result.description else ())

    def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        for values in parameters:
            self.execute(statement, values)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        return [row for _, row in zip(range(size or self.arraysize), self._rows, strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def close(self) -> None:
        self._rows = iter(())


class BorrowedConnection:
    """DB-API connection that never commits, rolls back or closes what it does not own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def cursor(self) -> EagerCursor:
        return EagerCursor(self._connection)

    def commit(self) -> None:
        """Nothing: the caller decides."""

    def rollback(self) -> None:
        """Nothing: the caller decides."""

    def close(self) -> None:
        """Nothing: the caller closes."""


def _refuse_to_connect(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError(f"{URL} opens no database: pass create_engine(creator=...) with a DuckDB connection")


_DBAPI = types.SimpleNamespace(
    paramstyle="qmark", apilevel="2.0", threadsafety=1, Error=duckdb.Error, connect=_refuse_to_connect
)


class DuckDBDialect(default.DefaultDialect):
    """What SQLAlchemy must know to list, describe and query tables and views of DuckDB."""

    name = "duckdb"
    driver = "caller"
    supports_statement_cache = True
    supports_native_boolean = True
    default_paramstyle = "qmark"
    max_identifier_length = 10_000
    column_types: ClassVar[dict[str, type[TypeEngine[Any]]]] = _COLUMN_TYPES

    @classmethod
    def import_dbapi(cls) -> Any:
        return _DBAPI

    def _get_default_schema_name(self, connection: sa.Connection) -> str:
        return _SCHEMA

    def has_table(self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any) -> bool:
        return table_name in self._relations(connection, schema)

    def _relations(self, connection: sa.Connection, schema: str | None) -> dict[str, bool]:
        """Names of tables and views -> whether it is a view; registered frames live in the catalog `temp`."""
        rows = connection.exec_driver_sql(
            "select table_name, table_type from information_schema.tables where table_schema = ? or table_catalog = ?",
            (schema or _SCHEMA, "" if schema else "temp"),
        )
        return {name: "VIEW" in kind for name, kind in rows}

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_table_names(self, connection: sa.Connection, schema: str | None = None, **_: Any) -> list[str]:
        return [name for name, is_view in self._relations(connection, schema).items() if not is_view]

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_view_names(self, connection: sa.Connection, schema: str | None = None, **_: Any) -> list[str]:
        return [name for name, is_view in self._relations(connection, schema).items() if is_view]

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_schema_names(self, connection: sa.Connection, **_: Any) -> list[str]:
        return [row[0] for row in connection.exec_driver_sql("select distinct schema_name from duckdb_schemas()")]

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[ReflectedColumn]:
        rows = connection.exec_driver_sql(f"describe {_quoted(schema, str(table_name))}").fetchall()
        return [
            {"name": name, "type": _column_type(kind), "nullable": nullable == "YES", "default": None}
            for name, kind, nullable, *_rest in rows
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *_: Any, **__: Any) -> Any:
        return []

    def get_indexes(self, *_: Any, **__: Any) -> Any:
        return []


def _column_type(kind: str) -> TypeEngine[Any]:
    return _COLUMN_TYPES.get(kind.split("(")[0], NullType)()


def _quoted(*parts: str | None) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)


def engine_over(connection: duckdb.DuckDBPyConnection) -> sa.Engine:
    """A SQLAlchemy engine whose only connection is the caller's."""
    return sa.create_engine(
        URL,
        creator=lambda: BorrowedConnection(connection),
        poolclass=sa.pool.StaticPool,
    )


sa.dialects.registry.register(DIALECT, __name__, DuckDBDialect.__name__)
