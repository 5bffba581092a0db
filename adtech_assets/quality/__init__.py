"""Data quality: the rulebook as data, and Great Expectations that runs it on DuckDB views.

Belongs here: what must hold of every stored table (`rules.yaml`, read by `rulebook.py`), and running it (`runner.py`).
Does not: cleaning (`metrics/`), or turning results into Dagster checks and alerts (`defs/`).

`great_expectations` and `sqlalchemy` are imported by `gx_datasource.py` and `duckdb_dialect.py` only, and these two
only inside functions of `runner.py`: reading the rulebook stays cheap.
"""
