"""Great Expectations on a DuckDB connection that the caller owns.

Belongs here: the two subclasses that lead GX's SQL engine to our dialect. Does not: rules, runs or results.

GX 1.24 has no DuckDB data source. This leans on three of its internals (`SQLDatasource._create_engine`,
`SqlAlchemyExecutionEngine.get_connection`, the marker `DremioDialect`), therefore the pin on 1.24 and the test that
runs every kind of expectation in use.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import duckdb
import sqlalchemy as sa
from great_expectations.compatibility import pydantic
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine

from adtech_assets.quality.duckdb_dialect import URL, DuckDBDialect, engine_over

EngineClass = type[SqlAlchemyExecutionEngine]


def _dialect_module() -> types.ModuleType:
    """What GX takes for the dialect's module: types to compare with, and the family whose SQL it writes.

    For "Dremio" GX writes REGEXP_MATCHES(column, pattern), which in DuckDB is a partial match as everywhere else in GX.
    """
    module = types.ModuleType("adtech_assets_duckdb_types")
    vars(module).update({kind.__name__: kind for kind in DuckDBDialect.column_types.values()}, DremioDialect=True)
    return module


class CallersExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """GX's SQL engine, keeping one connection open: GX gives it back before it has read the rows."""

    _connection: sa.Connection | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect_module = _dialect_module()

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection


class CallersDatasource(SQLDatasource):  # type: ignore[misc]
    """A SQL data source whose database is a DuckDB connection object."""

    type: Literal["duckdb_caller"] = "duckdb_caller"
    connection_string: str = URL
    _duckdb: Any = pydantic.PrivateAttr(None)
    _execution_engine: Any = pydantic.PrivateAttr(None)

    @property
    def execution_engine_type(self) -> EngineClass:
        return CallersExecutionEngine

    def _create_engine(self) -> sa.Engine:
        return engine_over(self._duckdb)

    def get_execution_engine(self) -> SqlAlchemyExecutionEngine:
        if self._execution_engine is None:
            self._execution_engine = CallersExecutionEngine(engine=self.get_engine(), create_temp_table=False)
        return self._execution_engine


def add_datasource(context: Any, name: str, connection: duckdb.DuckDBPyConnection) -> CallersDatasource:
    """A data source of that name in an ephemeral GX context, over the caller's connection."""
    source = CallersDatasource(name=name)
    source._duckdb = connection
    source._data_context = context
    context.data_sources.all()[name] = source
    return source
