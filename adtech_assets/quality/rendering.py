"""The rulebook as a page for people: every rule by layer and table, from the data that runs it.

Belongs here: words and Markdown for rules. Does not: rules (`rules.yaml`) or results (`runner.py`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from adtech_assets.quality.rulebook import Layer, QualityDimension, Rule, Rulebook
from adtech_assets.tables import TABLES

_LAYERS: dict[Layer, str] = {
    "bronze": "files as they were read",
    "silver": "cleaned figures, and where every row went",
    "gold": "weeks",
    "insight": "anomalies and causes",
    "delivery": "text, report and mail",
}
_INTRODUCTION = """# Rulebook

What must hold of every stored table. Great Expectations runs every rule on the client's tables, each as an asset check
of its own in Dagster. This page is written by `adtech rulebook --out docs/rulebook.md` from
`adtech_assets/quality/rules.yaml`, which is what runs; do not edit it.

A **critical** rule says that something is wrong, a **warning** that a person should look, an **info** that something is
good to know. A rule that **blocks** stops everything that comes after the asset: no report leaves the house.
SQL selects the rows that fail; `{batch}` is the table of the rule.
"""
_OPERATORS = {"is_null": "is unknown", "not_null": "is known", "==": "is", "!=": "is not", "in": "is one of"}


def as_markdown(book: Rulebook) -> str:
    """The page `docs/rulebook.md`: an overview, the shared pieces of SQL, then every rule."""
    parts = [_INTRODUCTION, _overview(book.rules)]
    if book.shared:
        parts.append("\n## Shared pieces of SQL\n")
        parts += [f"`{{{name}}}`\n\n```sql\n{text}\n```\n" for name, text in book.shared.items()]
    for layer, about in _LAYERS.items():
        rules = [rule for rule in book.rules if rule.layer == layer]
        parts.append(f"\n## {layer.capitalize()}: {about} ({len(rules)} rules)\n")
        for table in dict.fromkeys(rule.table for rule in rules):
            own = [rule for rule in rules if rule.table == table]
            parts.append(f"\n### {table}\n\n{TABLES[table].description}. Checks of the asset `{own[0].asset}`.\n")
            parts += [_rule(rule, book.shared) for rule in own]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip() + "\n"


def as_json(book: Rulebook) -> str:
    """The rules as a JSON list, in the order of the file."""
    rows = [
        {
            "id": rule.id, "layer": rule.layer, "asset": rule.asset, "table": rule.table, "dimension": rule.dimension,
            "severity": rule.severity, "blocks": rule.blocking, "why": rule.why, "condition": condition(rule),
            "sql": rule.sql, "expectation": rule.kind, "remedy": rule.remedy,
        }
        for rule in book.rules
    ]  # fmt: skip
    return json.dumps(rows, indent=1, ensure_ascii=False)


def condition(rule: Rule) -> str:
    """What is tested, in words; of a SQL rule the statement that no row fails."""
    words = _WORDS.get(rule.kind)
    if words is None:
        return f"no {rule.of} is selected by the SQL" if rule.sql else f"{rule.kind}({rule.args})"
    said = words(rule.args)
    if "mostly" in rule.args:
        said += f", in at least {rule.args['mostly']:.0%} of the rows"
    if rule.args.get("ignore_row_if") == "either_value_is_missing":
        said += ", where both are known"
    if rule.where:
        value = "" if rule.where.value is None else f" `{rule.where.value}`"
        said += (
            f"; only rows where `{rule.where.column}` {_OPERATORS.get(rule.where.operator, rule.where.operator)}{value}"
        )
    return said


def _rule(rule: Rule, shared: Mapping[str, str]) -> str:
    blocks = ", blocks" if rule.blocking else ""
    lines = [
        f"\n#### {rule.id}\n",
        f"{rule.why[:1].upper()}{rule.why[1:]}.\n",
        f"- {rule.dimension}, {rule.severity}{blocks}",
        f"- What to do: {' '.join(rule.remedy.split())}",
    ]
    if rule.sql is None:
        return "\n".join([*lines, f"- Condition: {condition(rule)}\n"])
    sql = rule.sql
    for name, text in reversed(list(shared.items())):  # a later piece may hold an earlier one
        sql = sql.replace(text, f"{{{name}}}")
    return "\n".join([*lines, f"\n```sql\n{sql}\n```\n"])


def _overview(rules: Iterable[Rule]) -> str:
    counts = Counter((rule.layer, rule.dimension) for rule in rules)
    dimensions: tuple[str, ...] = get_args(QualityDimension)
    head = f"| layer | {' | '.join(dimensions)} | all | blocking |\n|---|{'---:|' * (len(dimensions) + 2)}\n"
    lines = []
    for layer in (*_LAYERS, "all"):
        some = [rule for rule in rules if layer in (rule.layer, "all")]
        by = Counter(rule.dimension for rule in some)
        cells = [by[d] if layer == "all" else counts[layer, d] for d in dimensions]  # type: ignore[index]
        lines.append(
            f"| {layer} | {' | '.join(map(str, cells))} | {len(some)} | {sum(rule.blocking for rule in some)} |"
        )
    return head + "\n".join(lines) + "\n"


def _between(args: Mapping[str, Any], subject: str) -> str:
    low, high = args.get("min_value"), args.get("max_value")
    least = None if low is None else f"{'more than' if args.get('strict_min') else 'at least'} {low}"
    most = None if high is None else f"{'less than' if args.get('strict_max') else 'at most'} {high}"
    return f"{subject} is {' and '.join(part for part in (least, most) if part)}"


def _listed(args: Mapping[str, Any]) -> str:
    return ", ".join(f"`{value}`" for value in args["value_set"])


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "ExpectColumnValuesToNotBeNull": lambda a: f"`{a['column']}` is known",
    "ExpectColumnValuesToBeNull": lambda a: f"`{a['column']}` is empty",
    "ExpectColumnValuesToBeUnique": lambda a: f"no two rows have the same `{a['column']}`",
    "ExpectCompoundColumnsToBeUnique": lambda a: (
        f"no two rows have the same {', '.join(f'`{c}`' for c in a['column_list'])}"
    ),
    "ExpectColumnValuesToBeInSet": lambda a: f"`{a['column']}` is one of {_listed(a)}",
    "ExpectColumnValuesToNotBeInSet": lambda a: f"`{a['column']}` is not {_listed(a)}",
    "ExpectColumnValuesToMatchRegex": lambda a: f"`{a['column']}` matches `{a['regex']}`",
    "ExpectColumnValuesToNotMatchRegex": lambda a: f"`{a['column']}` does not match `{a['regex']}`",
    "ExpectColumnValuesToBeBetween": lambda a: _between(a, f"`{a['column']}`"),
    "ExpectTableRowCountToBeBetween": lambda a: _between(a, "the number of rows"),
    "ExpectColumnPairValuesAToBeGreaterThanB": lambda a: (
        f"`{a['column_A']}` is {'at least' if a.get('or_equal') else 'more than'} `{a['column_B']}`"
    ),
}
