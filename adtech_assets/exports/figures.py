"""The figures of a file: its numeric columns as numbers, and the currency its amounts are in.

Belongs here: what has to be decided over whole columns (decimal sign, currency, what `Results` are, orders over
several lines). Does not: single cells (`numbers`), totals (`totals`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from adtech_assets.exports import numbers, ratios
from adtech_assets.exports.currencies import code_of, dollars, has_cents, is_sign
from adtech_assets.exports.header import fold, split_currency
from adtech_assets.exports.numbers import NULLS, Sign
from adtech_assets.exports.ratios import RATIOS
from adtech_assets.exports.recognition import ADS_METRICS, Recognition, with_role
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.total_labels import HIERARCHY
from adtech_assets.exports.vocabulary import Role

MICROS: dict[Role, Role] = {"spend_micros": "spend", "revenue_micros": "revenue"}
NUMERIC: tuple[Role, ...] = (*ADS_METRICS, "results", *RATIOS, *MICROS)
MONEY: tuple[Role, ...] = ("spend", "revenue")
_WHOLE: tuple[Role, ...] = ("impressions", "clicks")
_DOLLAR = "$"
_MICRO = 1_000_000
_NUMBER_LIKE = r"^[(+\-]?[^\d]{0,5}[\d.,' \u00a0\u202f]*\d[^\d]{0,5}\)?$"
_EVIDENCE_ROWS = 10_000


@dataclass(frozen=True)
class Currency:
    """What the file says its amounts are in; `note` where it says so in a way that leaves it open."""

    code: str | None
    note: str | None = None


@dataclass(frozen=True)
class Figures:
    """`typed`: the numeric columns as Float64. `bare`: the same as text, null where the cell is blank."""

    typed: pl.DataFrame
    bare: pl.DataFrame


def settle_currency(cells: pl.DataFrame, found: Recognition, home: str | None) -> tuple[Recognition, Currency]:
    """The one currency of a file, from its headers, its currency column, or the signs in its cells.

    `home` is the client's own currency: it decides what a bare `$` is. Where the account column names several, the
    converted cost (if the file has it, in one currency) takes the place of the cost. Refusal where several remain.
    """
    found = _currency_beside_cost(found)
    named = {code for role in MONEY for code in _header_currencies(found, role)}
    table = cells.rename({str(position): role for role, position in found.positions.items()})
    listed = _listed(table, "currency")
    if len(listed) > 1 and (converted := _converted(table, found)) is not None:
        found, listed, named = converted[0], {converted[1]}, set()
    if not named and not found.has(*MONEY):
        named = set(found.currencies.values())
    stated = named | listed
    if len(stated) > 1:
        raise _several(stated)
    money: list[str] = [role for role in MONEY if role in found.positions]
    money += [str(p) for role in MONEY for p in found.others.get(role, ())]
    signs = numbers.signs_in(table, money)
    codes = {code for sign in signs if (code := _code(sign, home)) is not None}
    if stated:
        others = {c for c in codes - stated if not (c == "USD" and _DOLLAR in signs and stated <= dollars())}
        if others:
            raise _several(stated | others)
        return found, Currency(next(iter(stated)))
    if len(codes) > 1:
        raise _several(codes)
    if not codes and (open_signs := sorted(sign for sign in signs if is_sign(sign))):
        return found, Currency(None, f"amounts carry {open_signs[0]!r}, which several currencies use")
    return found, Currency(next(iter(codes), None))


def _currency_beside_cost(found: Recognition) -> Recognition:
    """Where only a converted cost is there, its currency is the converted one, too: the same tier of both roles."""
    vocabulary = found.vocabulary
    if not {"spend", "currency"} <= found.positions.keys():
        return found
    tier = vocabulary.tier("spend", found.header("spend"))
    if not tier or vocabulary.tier("currency", found.header("currency")) == tier:
        return found
    fitting = [p for p in found.others.get("currency", ()) if vocabulary.tier("currency", found.headers[p]) == tier]
    return with_role(found, "currency", fitting[0]) if fitting else found


def _header_currencies(found: Recognition, role: Role) -> set[str]:
    """Currencies named by the header of a role's column, and by its twins (`Cost (USD)`, `Cost (EUR)`)."""
    if role not in found.positions:
        return set()
    own = found.positions[role]
    core = split_currency(found.headers[own])[0].casefold()
    twins = [p for p in found.others.get(role, ()) if split_currency(found.headers[p])[0].casefold() == core]
    return {found.currencies[p] for p in (own, *twins) if p in found.currencies}


def _listed(table: pl.DataFrame, column: str) -> set[str]:
    if column not in table.columns:
        return set()
    cells = {str(cell).strip() for cell in table.get_column(column).drop_nulls().unique()}
    return {code for cell in cells if cell.lower() not in NULLS and (code := code_of(cell)) is not None}


def _converted(table: pl.DataFrame, found: Recognition) -> tuple[Recognition, str] | None:
    """The converted cost and its currency, where a manager's file has both in one currency."""
    costs, codes = found.others.get("spend", ()), found.others.get("currency", ())
    for position in codes:
        listed = _listed(table, str(position))
        if costs and len(listed) == 1:
            return with_role(found, "spend", costs[0]), listed.pop()
    return None


def _code(sign: str, home: str | None) -> str | None:
    if sign == _DOLLAR and home in dollars():
        return home
    return code_of(sign)


def _several(codes: Collection[str]) -> Refusal:
    return Refusal(
        f"amounts are in several currencies ({' and '.join(sorted(codes))}): two currencies cannot be added up without a "
        "rate. "
        "What to do: export one currency a file"
    )


def read_figures(
    table: pl.DataFrame, found: Recognition, native: Collection[int], currency: str | None, own: Sign | None
) -> Figures:
    """The numeric columns as numbers.

    `native`: columns that are numbers by nature (a workbook's). `own`: the client's word. Where the columns that are
    read leave the decimal sign open, numbers in the others may decide it. Refusal where nothing does
    (`numbers.Undecided`: the total row still may).
    """
    columns = found.columns(NUMERIC)
    names = list(columns)
    plain = numbers.plain_numbers(table, names)
    bare = numbers.bare_columns(table, [c for c in names if c not in plain.columns])
    by_nature = [role for role in names if found.positions[role] in native]
    said = ratios.sign_of(bare, found, by_nature, plain.columns)
    decided = own or _sign(table, bare, found, by_nature, plain.columns, currency, said.proved)
    typed = _typed(bare, plain, names, decided or said.proved or ".", by_nature)
    typed = ratios.settled(typed, table, said, decided, by_nature)
    whole = [
        (pl.col(micros) / _MICRO).alias(role)
        for micros, role in MICROS.items()
        if micros in typed.columns and role not in typed.columns
    ]
    return Figures(typed.with_columns(whole), bare)


def _typed(
    bare: pl.DataFrame, plain: pl.DataFrame, names: list[str], sign: Sign, native: Collection[str]
) -> pl.DataFrame:
    """The columns as Float64 under a decimal sign; numbers by nature have a point whatever the sign."""
    ready = [c for c in plain.columns if sign == "." or c in native]
    return bare.select(*(plain.get_column(c) if c in ready else numbers.number(c, sign).alias(c) for c in names))


def _sign(
    table: pl.DataFrame,
    bare: pl.DataFrame,
    found: Recognition,
    native: Collection[str],
    plain: Collection[str],
    currency: str | None,
    of_ratios: Sign | None,
) -> Sign | None:
    """The decimal sign that the figures say; where they leave it open, the ratios and columns nobody reads. None where
    the figures have no separator."""
    columns = {role: header for role, header in found.columns(NUMERIC).items() if role not in RATIOS}
    whole = [c for c in _WHOLE if c in columns]
    if currency is not None and not has_cents(currency):
        whole += [c for c in MONEY if c in columns]
    try:
        return numbers.decide_sign(bare, {c: h for c, h in columns.items() if c not in native}, whole, plain)
    except numbers.Undecided as doubt:
        decided = of_ratios or _by_evidence(table, found.without_role) or ("." if native else None)
        if decided is None:
            raise doubt
        return decided


def _by_evidence(table: pl.DataFrame, columns: Mapping[str, str]) -> Sign | None:
    """What the numbers in columns that nobody reads say, if they agree."""
    head = table.head(_EVIDENCE_ROWS)
    blank = {c for c in columns if not head.get_column(c).count()}
    tests = [
        pl.col(c).str.strip_chars().str.contains(_NUMBER_LIKE)
        | pl.col(c).str.to_lowercase().str.strip_chars().is_in(NULLS)
        for c in columns
        if c not in blank
    ]
    if not tests:
        return None
    names = [c for c in columns if c not in blank]
    numeric = head.select(test.all().alias(c) for test, c in zip(tests, names, strict=True)).row(0, named=True)
    usable = {c: columns[c] for c, is_number in numeric.items() if is_number}
    if not usable:
        return None
    bare = numbers.bare_columns(head, list(usable))
    try:
        return numbers.decide_sign(bare, usable)
    except Refusal:
        return None


def counted(
    table: pl.DataFrame, sums: pl.DataFrame, found: Recognition
) -> tuple[pl.DataFrame, pl.DataFrame, str | None]:
    """Rows and total rows with what only whole rows tell, and a note where they do not: results as conversions,
    orders over several lines, the unit of a stated CTR."""
    note: str | None = None
    if table.is_empty():
        return table, sums, note
    if "results" in table.columns and "conversions" not in table.columns:
        results, note = _conversions_of_results(table)
        if results is not None:
            table = table.with_columns(results.alias("conversions"))
            sums = sums.with_columns(pl.col("results").alias("conversions"))
    if "order_id" in table.columns and _states_order_totals(table, found):
        table = _once_per_order(table, count=found.vocabulary.once_per_order)
    if "reported_ctr" in table.columns:
        table = table.with_columns(ratios.as_fraction(table).alias("reported_ctr"))
    return table, sums, note


def _conversions_of_results(table: pl.DataFrame) -> tuple[pl.Series | None, str | None]:
    """The column `results` as conversions where it provably counts one kind of thing, else None and why not.

    One kind: every row with results names the same type; or no type is named, and all rows are one ad.
    """
    some = table.filter(pl.col("results").fill_null(0) > 0)
    if some.is_empty():
        return table.get_column("results"), None
    if "result_type" in table.columns:
        kinds = some.get_column("result_type").drop_nulls().str.strip_chars().unique()
        if kinds.len() <= 1:
            return table.get_column("results"), None
        shown = ", ".join(sorted(kinds)[:3])
        return None, f"Results count different things ({shown}): they are not added up, conversions are unknown"
    names = [c for c in HIERARCHY if c in table.columns]
    if names and table.select(names).unique().height <= 1:
        return table.get_column("results"), None
    return None, "the file does not say what its Results count: they are not added up, conversions are unknown"


def _states_order_totals(table: pl.DataFrame, found: Recognition) -> bool:
    """Whether amounts are those of whole orders: always in a shop's order export; elsewhere where the header says so
    and the lines of each order repeat it."""
    if found.vocabulary.once_per_order or "revenue" not in table.columns:
        return found.vocabulary.once_per_order
    if fold(split_currency(found.header("revenue"))[0]) not in map(fold, found.vocabulary.order_totals):
        return False
    return bool(table.group_by("order_id").agg(pl.col("revenue").drop_nulls().n_unique() <= 1)["revenue"].all())


def _once_per_order(table: pl.DataFrame, *, count: bool) -> pl.DataFrame:
    """Lines of shop orders with the order's total and the count 1 on the first line of each order only."""
    first = pl.col("order_id").is_first_distinct() & pl.col("order_id").is_not_null()
    revenue = [pl.when(first).then(pl.col("revenue").drop_nulls().first().over("order_id")).alias("revenue")]
    return table.with_columns(
        *(revenue if "revenue" in table.columns else []),
        *([pl.when(first).then(1.0).alias("conversions")] if count else []),
    )
