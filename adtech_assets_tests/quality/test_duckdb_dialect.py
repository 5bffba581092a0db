"""The SQLAlchemy dialect: it lists, describes and queries what the caller's connection holds, and owns nothing."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
import sqlalchemy as sa

from adtech_assets.quality.duckdb_dialect import URL, engine_over


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("create table days (date date not null, spend double, extra json, amount decimal(9, 2))")
    connection.execute("create view spent as select date, spend from days where spend > 0")
    connection.execute("insert into days values ('2026-03-02', 1.5, null, 2), ('2026-03-03', 2.5, null, 3)")
    yield connection
    connection.close()


def test_tables_and_views_are_listed_and_described(con: duckdb.DuckDBPyConnection) -> None:
    inspector = sa.inspect(engine_over(con))
    assert inspector.get_table_names() == ["days"]
    assert inspector.get_view_names() == ["spent"]
    assert inspector.has_table("spent")
    assert not inspector.has_table("nowhere")
    assert "main" in inspector.get_schema_names()
    columns = inspector.get_columns("days")
    assert [(c["name"], type(c["type"]).__name__) for c in columns] == [
        ("date", "DATE"), ("spend", "DOUBLE"), ("extra", "NullType"), ("amount", "DECIMAL"),
    ]  # fmt: skip
    assert inspector.get_pk_constraint("days")["constrained_columns"] == []
    assert inspector.get_foreign_keys("days") == inspector.get_indexes("days") == []


def test_two_results_may_be_open_at_once(con: duckdb.DuckDBPyConnection) -> None:
    with engine_over(con).connect() as connection:
        first = connection.execute(sa.text("select spend from days order by date"))
        second = connection.execute(sa.text("select count(*) from days where spend > :low"), {"low": 2})
        assert second.scalar_one() == 1
        assert first.fetchmany(1) == [(1.5,)]
        assert first.fetchone() == (2.5,)
        assert first.fetchall() == []


def test_the_callers_connection_outlives_the_engine(con: duckdb.DuckDBPyConnection) -> None:
    engine = engine_over(con)
    with engine.begin() as connection:
        connection.execute(
            sa.text("insert into days (date) values (:day)"), [{"day": "2026-03-04"}, {"day": "2026-03-05"}]
        )
    engine.dispose()
    assert con.execute("select count(*) from days").fetchone() == (4,)


def test_no_database_is_opened_by_url() -> None:
    with pytest.raises(RuntimeError, match="opens no database"):
        sa.create_engine(URL).connect()
