"""The rulebook: what must hold of every stored table, as typed data read from `rules.yaml`.

Belongs here: the shape of a rule, and reading and validating the rules as shipped. Does not: running them
(`runner.py`). Reading rules imports neither Great Expectations nor SQLAlchemy.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from adtech_assets.metrics.model import ADDITIVE, DIMENSIONS, RATIOS, semantic_model
from adtech_assets.tables import TABLES

SQL_KIND = "UnexpectedRowsExpectation"
SQL_ARGUMENT = "unexpected_rows_query"
# Definitions load this file: libyaml, where PyYAML has it, reads it in a tenth of the time.
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Severity = Literal["critical", "warning", "info"]
QualityDimension = Literal["completeness", "validity", "accuracy", "uniqueness", "consistency", "timeliness"]
Layer = Literal["bronze", "silver", "gold", "insight", "delivery"]
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "is_null", "not_null"]


class Strict(BaseModel):
    """Unknown keys are an error, so that a typing mistake in the rulebook is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Where(Strict):
    """Limits a rule to some rows: `column operator value`."""

    column: str
    operator: Operator
    value: str | int | float | tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> Where:
        if (self.value is None) != (self.operator in ("is_null", "not_null")):
            raise ValueError(f"operator {self.operator!r} of column {self.column!r} does not fit value {self.value!r}")
        return self

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.column, self.operator, self.value) if part is not None)


class Rule(Strict):
    """One thing that must hold of one table.

    `kind` is an expectation class of Great Expectations and `args` its arguments; `of`/`plural` name what one failing
    row is; `why` completes "3 rows fail: ..."; `remedy` tells the user what to do; `locate` are the table's columns by
    which a person finds a failing row.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    asset: str
    layer: Layer
    table: str
    kind: str = Field(pattern=r"^[A-Z][A-Za-z]+$")
    args: dict[str, Any]
    severity: Severity
    blocking: bool = False
    where: Where | None = None
    dimension: QualityDimension
    of: str = "row"
    plural: str | None = None
    why: str = Field(min_length=10)
    remedy: str = Field(min_length=10)
    locate: tuple[str, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        if self.table not in TABLES:
            raise ValueError(f"rule {self.id}: there is no table {self.table!r}")
        named = {*self.locate, *([self.where.column] if self.where else ()), *self._columns_of_args()}
        if unknown := sorted(named - set(TABLES[self.table].columns)):
            raise ValueError(f"rule {self.id}: table {self.table} has no column {', '.join(unknown)}")
        if self.blocking and self.severity != "critical":
            raise ValueError(f"rule {self.id}: only a critical rule may block")
        if self.sql is not None and (self.where or "{batch}" not in self.sql):
            raise ValueError(f"rule {self.id}: SQL reads {{batch}} and states its own condition, without `where`")
        return self

    def _columns_of_args(self) -> set[str]:
        single = {self.args[key] for key in ("column", "column_A", "column_B") if key in self.args}
        return single | set(self.args.get("column_list", ()))

    @property
    def sql(self) -> str | None:
        """The query whose rows are failures, with {batch} for the table; None for other kinds."""
        return str(self.args[SQL_ARGUMENT]) if self.kind == SQL_KIND else None

    @property
    def reads(self) -> tuple[str, ...]:
        """Tables that must be in view besides the rule's own."""
        named = set(re.findall(r"\b(?:from|join)\s+(\w+)", self.sql or ""))
        return tuple(name for name in TABLES if name in named and name != self.table)

    def count(self, number: int) -> str:
        """The number with what is counted: "1 upload", "2,000 rows"."""
        return f"{number:,} {self.of if number == 1 else self.plural or self.of + 's'}"


class Rulebook(Strict):
    """All rules, in the order of the file; `shared` are the pieces of SQL that several of them hold, by name."""

    rules: tuple[Rule, ...]
    shared: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _unique_per_asset(self) -> Rulebook:
        """An id names one check of an asset, whichever of its tables the rule is about."""
        seen: set[tuple[str, str]] = set()
        for rule in self.rules:
            if (rule.asset, rule.id) in seen:
                raise ValueError(f"asset {rule.asset} has two rules {rule.id!r}")
            seen.add((rule.asset, rule.id))
        return self


@cache
def rulebook() -> Rulebook:
    """The rules as shipped, validated; ValueError names the rule that is wrong."""
    return read_rules(files(__package__).joinpath("rules.yaml").read_text("utf-8"))


def read_rules(text: str) -> Rulebook:
    """The rulebook of a YAML text in the shape of `rules.yaml`."""
    book = yaml.load(text, Loader=_YAML_LOADER)  # noqa: S506 - both loaders are safe ones
    fragments = {**sql_fragments(), **{name: repr(value) for name, value in book["limits"].items()}}
    shared: dict[str, str] = {}
    for name, piece in book.get("sql", {}).items():
        shared[name] = Template(piece).substitute(fragments | shared)
    fragments |= shared
    return Rulebook(
        rules=tuple(
            Rule.model_validate(
                _as_rule(entry, fragments) | {"table": name, **{key: part[key] for key in ("asset", "layer", "locate")}}
            )
            for name, part in book["tables"].items()
            for entry in part["rules"]
        ),
        shared=shared,
    )


def _as_rule(entry: dict[str, Any], fragments: dict[str, str]) -> dict[str, Any]:
    """An entry of the file as fields of `Rule`: `sql` is short for the kind that runs it."""
    if "sql" not in entry:
        return entry
    rest = {key: value for key, value in entry.items() if key != "sql"}
    return rest | {"kind": SQL_KIND, "args": {SQL_ARGUMENT: Template(entry["sql"]).substitute(fragments).strip()}}


def sql_fragments() -> dict[str, str]:
    """SQL that follows from the semantic model, so that a new metric or dimension is checked without a new rule.

    The `..._of_both` fragments expect the two sides to be named `this` and `that`.
    """
    metrics = (*ADDITIVE, *RATIOS)
    parts = semantic_model().ratio.items()
    return {
        "dimensions": ", ".join(DIMENSIONS),
        "field_dimensions": ", ".join(f"'{name}'" for name in (*DIMENSIONS, "platform_name")),
        "additive": ", ".join(ADDITIVE),
        "additive_names": ", ".join(f"'{name}'" for name in ADDITIVE),
        "additive_of_this": ", ".join(f"('{name}', this.{name})" for name in ADDITIVE),
        "additive_of_that": ", ".join(f"('{name}', that.{name})" for name in ADDITIVE),
        "metric_names": ", ".join(f"'{name}'" for name in metrics),
        "additive_sums": ", ".join(f"sum({name}) as {name}" for name in ADDITIVE),
        "additive_of_both": ", ".join(f"('{name}', this.{name}, that.{name})" for name in ADDITIVE),
        "previous_of_both": ", ".join(f"('{name}', this.{name}_previous, that.{name})" for name in metrics),
        "metric_changes": ", ".join(f"('{name}', {name}_change, {name}, {name}_previous)" for name in metrics),
        "ratio_parts": ", ".join(f"('{name}', {name}, {m.numerator}, {m.denominator}, {m.scale})" for name, m in parts),
    }


def rules_for(table: str) -> tuple[Rule, ...]:
    """The rules of one table, in the order of the file."""
    return tuple(rule for rule in rulebook().rules if rule.table == table)


def rules_of_asset(asset: str) -> tuple[Rule, ...]:
    """The rules of all tables of one asset, in the order of the file; empty if the asset stores no table."""
    return tuple(rule for rule in rulebook().rules if rule.asset == asset)
