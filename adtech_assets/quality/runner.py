"""Run rules over DuckDB views with Great Expectations, and say in plain values what came out.

Belongs here: one validation run per table, and reading GX's results. Does not: the rules (`rulebook.py`), or what a
failed rule leads to (`defs/`).
"""

from __future__ import annotations

import datetime as dt
import decimal
import gc
import importlib
import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

import duckdb

from adtech_assets.quality.rulebook import SQL_ARGUMENT, SQL_KIND, Rule, Where

# GX keeps its current context in a process-wide variable: two runs in two threads would mix theirs.
_ONE_RUN_AT_A_TIME = threading.Lock()
_SOURCE = "caller"
_RULE_INDEX = "rule"


@dataclass(frozen=True)
class RuleResult:
    """What a rule found, in plain JSON values.

    `observed` is GX's observed value (a count, a maximum), `element_count` how many rows were tested (None where the
    rule is SQL), `failing_count` how many of them, or how many rows the SQL returned (None where rows are not what is
    tested), `failing_rows` at most `sample` of them. `error` is set where the rule could not be run; it has not passed.
    `description` is one sentence for people.
    """

    rule: Rule
    passed: bool
    observed: Any = None
    element_count: int | None = None
    failing_count: int | None = None
    failing_rows: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    description: str = ""


@cache
def preload() -> None:
    """Import what `run_rules` needs (1 to 2 s, once per process), so that a background thread may do so early.

    The import makes many objects, all of which stay: collecting garbage between them would cost a sixth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        for module in ("great_expectations.expectations", "adtech_assets.quality.gx_datasource"):
            importlib.import_module(module)
    finally:
        if was_on:
            gc.enable()


def run_rules(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], sample: int = 20) -> list[RuleResult]:
    """All rules, over the tables or views of their tables' names in `con`; results in the order of `rules`.

    The connection stays the caller's: nothing is written, committed or closed. At most `sample` failing rows are
    quoted per rule. Never raises for what a rule or its data do: a rule that cannot be run has not passed, and
    `error` says why. Row rules pass on an empty table; where emptiness is wrong a rule of its own says so.
    """
    if not rules:
        return []
    preload()
    found: dict[int, RuleResult] = {}
    with _ONE_RUN_AT_A_TIME:
        session = _Session(con, sample)
        numbered = sorted(enumerate(rules), key=lambda pair: pair[1].table)
        for table, group in groupby(numbered, key=lambda pair: pair[1].table):
            found |= session.run(table, dict(group))
    return [found[index] for index in range(len(rules))]


class _Session:
    """One ephemeral GX context over one connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection, sample: int) -> None:
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        from adtech_assets.quality.gx_datasource import add_datasource

        self._con, self._sample = con, sample
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._source = add_datasource(self._context, _SOURCE, con)

    def run(self, table: str, rules: Mapping[int, Rule]) -> dict[int, RuleResult]:
        """Results by the rules' numbers. GX computes several rules in one statement, so an error in one may take
        others with it: rules that ended in an error are run again, each alone."""
        found = self._validate(table, rules)
        if len(rules) > 1:
            for index in [index for index, result in found.items() if result.error]:
                found |= self._validate(table, {index: rules[index]})
        return found

    def _validate(self, table: str, rules: Mapping[int, Rule]) -> dict[int, RuleResult]:
        found: dict[int, RuleResult] = {}
        expectations = []
        for index, rule in rules.items():
            try:
                expectations.append(_expectation(rule, index))
            except Exception as error:  # noqa: BLE001 - a rule that cannot be built is a failed result, as promised
                found[index] = _failed_to_run(rule, error)
        try:
            outcomes = self._outcomes(table, rules, expectations)
        except Exception as error:  # noqa: BLE001 - e.g. the table is not in view
            return {**{index: _failed_to_run(rule, error) for index, rule in rules.items()}, **found}
        for index, outcome in outcomes.items():
            found[index] = self._result(rules[index], outcome)
        return found

    def _outcomes(self, table: str, rules: Mapping[int, Rule], expectations: list[Any]) -> dict[int, dict[str, Any]]:
        """GX's own result of every expectation; it returns them in its own order, so they are matched by `meta`."""
        import great_expectations as gx

        if not expectations:
            return {}
        name = f"{table}_{min(rules)}_{len(rules)}"
        asset = self._source.add_table_asset(name, table_name=table)
        batch = asset.add_batch_definition_whole_table("all")
        suite = self._context.suites.add(gx.ExpectationSuite(name, expectations=expectations))
        run = self._context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
        outcome = run.run(
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": self._sample,
                "unexpected_index_column_names": list(next(iter(rules.values())).locate),
                "return_unexpected_index_query": False,
            }
        )
        results = [result.to_json_dict() for result in outcome.results]
        return {int(result["expectation_config"]["meta"][_RULE_INDEX]): result for result in results}

    def _result(self, rule: Rule, outcome: Mapping[str, Any]) -> RuleResult:
        if error := _error_text(outcome):
            return _failed_to_run(rule, error)
        passed, values = bool(outcome["success"]), outcome.get("result") or {}
        observed = plain(values.get("observed_value"))
        elements, failing = _counts(rule, values)
        rows = (
            (self._rows_of(rule) if failing else [])
            if rule.kind == SQL_KIND
            else _quoted_rows(rule, values)[: self._sample]
        )
        description = _describe(rule, passed, observed, elements, failing)
        return RuleResult(rule, passed, observed, elements, failing, rows, None, description)

    def _rows_of(self, rule: Rule) -> list[dict[str, Any]]:
        """The first failing rows of a SQL rule, in a fixed order: GX gives rows only together with all of them."""
        query = _query(rule).format(batch=f'"{rule.table}"')
        result = self._con.execute(f"select * from ({query}) order by all limit {self._sample}")  # noqa: S608
        names = [column[0] for column in result.description or ()]
        return [plain(dict(zip(names, row, strict=True))) for row in result.fetchall()]


def _query(rule: Rule) -> str:
    """The SQL of a rule, reading {batch} once: GX puts a subquery there, with an alias of its own or without one,
    depending on the words of the query."""
    sql = (rule.sql or "").replace("{batch}", "batch")
    return f"with batch as (select * from {{batch}}) select * from ({sql})"  # noqa: S608


def _expectation(rule: Rule, index: int) -> Any:
    import great_expectations.expectations as gxe

    arguments = {SQL_ARGUMENT: _query(rule)} if rule.kind == SQL_KIND else rule.args
    condition = {"row_condition": _row_condition(rule.where)} if rule.where else {}
    return getattr(gxe, rule.kind)(
        **arguments, **condition, severity=rule.severity, description=rule.why, meta={_RULE_INDEX: index}
    )


def _row_condition(where: Where) -> Any:
    """GX's condition object: its older form as text needs quoting of its own."""
    from great_expectations.expectations.row_conditions import Column

    column, value = Column(where.column), where.value
    match where.operator:
        case "==":
            return column == value
        case "!=":
            return column != value
        case "<":
            return column < value
        case "<=":
            return column <= value
        case ">":
            return column > value
        case ">=":
            return column >= value
        case "in":
            return column.is_in(list(value) if isinstance(value, tuple) else [value])
        case "is_null":
            return column.is_null()
        case "not_null":
            return column.is_not_null()


def _error_text(outcome: Mapping[str, Any]) -> str | None:
    """The error inside a check, which GX reports as `success: False`: flat, or keyed by the metric that failed."""
    information = outcome.get("exception_info") or {}
    for entry in (information, *(value for value in information.values() if isinstance(value, dict))):
        if entry.get("raised_exception"):
            return str(entry.get("exception_message") or "unknown error").strip()
    return None


def _failed_to_run(rule: Rule, error: Exception | str) -> RuleResult:
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    description = f"The check could not be run: {text.strip().splitlines()[0] if text.strip() else 'unknown error'}"
    return RuleResult(rule, passed=False, error=text, description=description)


def _quoted_rows(rule: Rule, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Failing rows as GX gives them: with the columns that locate them, else the failing values alone."""
    rows: Iterable[Any] = values.get("partial_unexpected_index_list") or values.get("partial_unexpected_list") or ()
    column = str(rule.args.get("column", "value"))
    return [plain(row if isinstance(row, Mapping) else {column: row}) for row in rows]


def _describe(rule: Rule, passed: bool, observed: Any, elements: int | None, failing: int | None) -> str:
    """One sentence for people."""
    if failing is None:
        return f"Observed {observed}" if passed else f"Observed {observed}: {rule.why}"
    if elements is None:
        return f"No {rule.of} fails" if passed else f"{_verb(rule.count(failing), failing)}: {rule.why}"
    if elements == 0:
        return "There was no row to test"
    share = f"{failing:,} of {rule.count(elements)}"
    if passed and failing:
        return f"{_verb(share, failing)}, which is within the limit"
    if passed:
        return f"{rule.count(elements)} {'passes' if elements == 1 else 'pass'}"
    return f"{_verb(share, failing)}: {rule.why}"


def _verb(subject: str, number: int) -> str:
    return f"{subject} {'fails' if number == 1 else 'fail'}"


def _counts(rule: Rule, values: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Rows tested and rows failing, each None where that is not what the rule counts."""
    if rule.kind == SQL_KIND:
        return None, int(values.get("observed_value") or 0)
    elements = values.get("element_count")
    return (None, None) if elements is None else (int(elements), int(values.get("unexpected_count") or 0))


def plain(value: Any) -> Any:
    """A value of a database or of numpy as a JSON value; NaN and infinity, which JSON lacks, become None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, decimal.Decimal):
        return plain(float(value)) if value.is_finite() else None
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    return plain(value.item()) if hasattr(value, "item") else str(value)
