"""Evidence from the tables: everything the report of one week may say.

Belongs here: which figures are offered, their ids and where they come from. Does not: computing figures (`metrics`,
`insight`), wording (`writer.py`). A figure that is unknown makes no item.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from adtech_assets.insight.decomposition import OTHER, UNNAMED
from adtech_assets.insight.segment_text import segment_of
from adtech_assets.metrics.model import ADDITIVE, RATIOS, semantic_model
from adtech_assets.narrative.evidence import Evidence, EvidenceItem, Period
from adtech_assets.narrative.formats import NO_CURRENCY
from adtech_assets.narrative.names import PLATFORM_LABELS, clean_name

MEMBER_METRICS = ("spend", "conversions", "revenue", "roas", "cac", "ctr")
RANKED = {"spend": "desc", "conversions": "desc", "revenue": "desc", "roas": "desc", "cac": "asc"}
LEVELS = ("channel", "campaign")
SEVERITIES = ("critical", "warning", "info")
Row = Mapping[str, Any]


def collect(
    *,
    client: str,
    client_name: str,
    currency: str | None,
    locale: str,
    week: dt.date,
    weekly: pl.DataFrame,
    findings: pl.DataFrame,
    diagnoses: pl.DataFrame,
    recommendations: pl.DataFrame,
    context: Sequence[EvidenceItem],
    notes: Sequence[EvidenceItem],
    uploads: Sequence[str],
    max_members: int = 12,
    top_drivers: int = 5,
) -> Evidence:
    """The evidence of one client's week.

    weekly, findings, diagnoses: the tables of these names (`tables.py`), of any weeks; only what touches `week` (a
    Monday) is used. `context` and `notes` come as items and get ids here. Changes and shares are offered for at most
    `max_members` members of a level (largest spend first) and every one that a finding or diagnosis names, drivers for
    `top_drivers` of each dimension; rankings are complete.
    """
    build = _Builder(client, week, currency or NO_CURRENCY, weekly.filter(pl.col("week") == week), tuple(uploads))
    named = _named(findings, diagnoses)
    items = [
        *build.account(),
        *(item for level in LEVELS for item in build.members(level, named, max_members)),
        *(item for level in LEVELS for item in build.ranks(level)),
        *build.anomalies(findings),
        *build.diagnoses(diagnoses, top_drivers),
        *build.recommendations(recommendations),
        *context,
        *notes,
    ]
    numbered = tuple(item.model_copy(update={"id": f"e{n:02d}"}) for n, item in enumerate(items, 1))
    return Evidence(
        client=client_name, currency=currency, locale=locale, today=week + dt.timedelta(days=7), items=numbered
    )


class _Builder:
    """Makes items of one client's week. Ids are given at the end."""

    def __init__(
        self, client: str, week: dt.date, currency: str, weekly: pl.DataFrame, uploads: tuple[str, ...]
    ) -> None:
        self.client, self.week, self.currency, self.weekly, self.uploads = client, week, currency, weekly, uploads
        self.period = Period(start=week, end=week + dt.timedelta(days=6))
        self.before = Period(start=week - dt.timedelta(days=7), end=week - dt.timedelta(days=1))

    def account(self) -> Iterable[EvidenceItem]:
        """Every metric of the whole account that can be computed."""
        for row in self.weekly.filter(pl.col("level") == "account").head(1).iter_rows(named=True):
            for metric in (*ADDITIVE, *RATIOS):
                yield from self._change(row, metric, {}, "level = account")

    def members(self, level: str, named: frozenset[str], limit: int) -> Iterable[EvidenceItem]:
        """Changes and shares of spend of a level's members."""
        total = self._account_value("spend")
        rows = self._rows(level)
        chosen = [name for name, _ in rows[:limit]] + [name for name, row in rows[limit:] if row["member"] in named]
        for name, row in rows:
            if name not in chosen:
                continue
            where = f"level = {level}, member = {name}"
            for metric in MEMBER_METRICS:
                yield from self._change(row, metric, {level: name}, where)
            spend = _known(row["spend"])
            if spend is not None and total and total > 0:
                yield self._item(
                    "share",
                    where,
                    metric="spend",
                    segment={level: name},
                    of="account",
                    value=spend / total,
                    period=self.period,
                )

    def ranks(self, level: str) -> Iterable[EvidenceItem]:
        """Complete rankings; none where a member has no name, for then they would not be complete."""
        rows = self._rows(level)
        nameless = self.weekly.filter((pl.col("level") == level) & pl.col("member").is_null()).height
        for metric, order in RANKED.items():
            members = [(name, value) for name, row in rows if (value := _known(row[metric])) is not None]
            if len(members) < 2 or nameless:
                continue
            ranking = tuple(sorted(members, key=lambda m: (-m[1] if order == "desc" else m[1], m[0])))
            yield self._item(
                "rank",
                f"level = {level}",
                metric=metric,
                dimension=level,
                period=self.period,
                order=order,
                ranking=ranking,
            )

    def anomalies(self, findings: pl.DataFrame) -> Iterable[EvidenceItem]:
        """Findings that touch the week, the gravest first, each with the money at stake where that is known."""
        touching = findings.filter((pl.col("start") <= self.period.end) & (pl.col("end") >= self.period.start))
        # Days without rows are no figure; the report says them with its data notes and among the anomalies.
        touching = touching.filter(pl.col("observed").is_not_null())
        rows = sorted(touching.iter_rows(named=True), key=_gravity)
        for row in rows:
            segment, metric = self._subject(row), row["metric"]
            where, table = f"finding_id = {row['finding_id']}", "findings"
            values = {key: _known(row[key]) for key in ("observed", "expected", "low", "high")}
            yield self._item(
                "anomaly",
                where,
                table,
                metric=metric,
                segment=segment,
                start=row["start"],
                end=row["end"],
                unit=self._unit(metric),
                finding=row["kind"],
                name=row["finding_id"],
                detail=row["severity"],
                **values,
            )
            stake = _known(row["money_at_stake"])
            if stake is not None:
                span = Period(start=row["start"], end=row["end"])
                yield self._item(
                    "value",
                    where,
                    table,
                    metric="money_at_stake",
                    segment=segment,
                    period=span,
                    value=stake,
                    unit=self.currency,
                    name=row["finding_id"],
                )

    def diagnoses(self, diagnoses: pl.DataFrame, top_drivers: int) -> Iterable[EvidenceItem]:
        """Account changes against the longer baseline, the largest parts of each per dimension."""
        current = diagnoses.filter((pl.col("start") <= self.period.end) & (pl.col("end") >= self.period.start))
        current = current.filter(~pl.col("member").is_in([OTHER, UNNAMED]).fill_null(value=False)).sort("kind", "rank")
        place = pl.col("contribution").abs().rank("ordinal", descending=True).over("kind", "metric", "dimension")
        told = (place <= top_drivers) & (pl.col("contribution") != 0) & pl.col("metric").is_in(ADDITIVE)
        kept = (pl.col("kind") == "change") | ((pl.col("kind") == "driver") & told)
        for row in current.filter(kept).iter_rows(named=True):
            where, metric = f"rank = {row['rank']}, kind = {row['kind']}", row["metric"]
            segment = self._segment(row["dimension"], row["member"], None) if row["dimension"] and row["member"] else {}
            period, baseline = _period(row["start"], row["end"]), _period(row["baseline_start"], row["baseline_end"])
            shared = {"metric": metric, "segment": segment, "period": period}
            was, now = _known(row["baseline_value"]), _known(row["current_value"])
            if row["kind"] == "change" and was is not None and now is not None and period and baseline:
                pct = (now - was) / abs(was) if was else None
                yield self._item(
                    "change",
                    where,
                    "diagnoses",
                    **shared,
                    baseline=baseline,
                    from_=was,
                    to=now,
                    abs=now - was,
                    pct=pct,
                    unit=self._unit(metric),
                )
            elif row["kind"] == "driver" and segment and _known(row["contribution"]) is not None:
                yield self._item(
                    "driver",
                    where,
                    "diagnoses",
                    **shared,
                    baseline=baseline,
                    contribution=_known(row["contribution"]),
                    share_of_change=_known(row["share_of_change"]),
                    effect=row["effect"],
                    from_=was,
                    to=now,
                    unit=self._unit(metric),
                )

    def recommendations(self, recommendations: pl.DataFrame) -> Iterable[EvidenceItem]:
        """What to do, as notes; what is about the data and not about the ads is said elsewhere."""
        for row in recommendations.sort("rank").iter_rows(named=True):
            if row["playbook"] in OF_THE_DATA:
                continue
            yield self._item(
                "note",
                f"rank = {row['rank']}",
                "recommendations",
                metric=row["metric"],
                segment={
                    name: self._segment(name, member, None)[name]
                    for name, member in segment_of(row["segment"] or "").items()
                },
                period=self.period,
                what="recommendation",
                name=row["playbook"],
                value=_known(row["expected_effect"]),
                unit=self.currency,
                detail=row["finding_id"],
            )

    def _change(self, row: Row, metric: str, segment: dict[str, str], where: str) -> Iterable[EvidenceItem]:
        """Week over week where both weeks are known, else the value alone, else nothing."""
        now, was, pct = _known(row[metric]), _known(row[f"{metric}_previous"]), _known(row[f"{metric}_change"])
        shared: dict[str, Any] = {
            "metric": metric,
            "segment": segment,
            "period": self.period,
            "unit": self._unit(metric),
        }
        if now is not None and was is not None:
            yield self._item("change", where, **shared, baseline=self.before, from_=was, to=now, abs=now - was, pct=pct)
        elif now is not None:
            yield self._item("value", where, **shared, value=now)

    def _rows(self, level: str) -> list[tuple[str, Row]]:
        """(name, row) of a level's members, largest spend first.

        Names met twice carry their platform; those still met twice are left out, for nobody could tell them apart.
        """
        rows = self.weekly.filter(
            (pl.col("level") == level) & pl.col("member").is_not_null() & (pl.col("member") != "")
        ).to_dicts()
        plain = [clean_name(row["member"]) for row in rows]
        names = [
            f"{name} ({PLATFORM_LABELS.get(row['platform'], row['platform'])})"
            if plain.count(name) > 1 and row["platform"]
            else name
            for name, row in zip(plain, rows, strict=True)
        ]
        pairs = [(name, row) for name, row in zip(names, rows, strict=True) if name and names.count(name) == 1]
        return sorted(pairs, key=lambda pair: (-(_known(pair[1]["spend"]) or 0.0), pair[0]))

    def _segment(self, dimension: str, member: str, platform: str | None) -> dict[str, str]:
        """The segment under the name `_rows` gives it."""
        name = clean_name(member)
        suffixed = f"{name} ({PLATFORM_LABELS.get(platform, platform)})" if platform else name
        known = {n for n, _ in self._rows(dimension)} if dimension in LEVELS else set()
        return {dimension: suffixed if name not in known and suffixed in known else name}

    def _subject(self, row: Row) -> dict[str, str]:
        """A finding's campaign, or the channel it is shared by; nothing for the whole account."""
        if row["campaign"]:
            return self._segment("campaign", row["campaign"], row.get("platform"))
        return self._segment("channel", row["channel"], row.get("platform")) if row["channel"] else {}

    def _account_value(self, metric: str) -> float | None:
        rows = self.weekly.filter(pl.col("level") == "account").head(1).to_dicts()
        return _known(rows[0][metric]) if rows else None

    def _unit(self, metric: str | None) -> str:
        model = semantic_model()
        known = {**model.additive, **model.ratio}.get(metric or "")
        return known.unit if known and known.unit != "currency" else self.currency

    def _item(self, kind: str, where: str, table: str = "weekly_aggregates", **fields: Any) -> EvidenceItem:
        source = f"{table}: client = {self.client}, week = {self.week}, {where}"
        return EvidenceItem.model_validate(
            {"id": "e", "kind": kind, "source": source, "uploads": self.uploads, **fields}
        )


OF_THE_DATA = ("volume_gap",)
"""Playbooks about the files, not about advertising: the report says them among its anomalies."""


def _known(value: Any) -> float | None:
    """A number, or None for null and what is not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def _period(start: dt.date | None, end: dt.date | None) -> Period | None:
    return Period(start=start, end=end) if start and end else None


def _gravity(row: Row) -> tuple[int, float, dt.date, str]:
    severity = SEVERITIES.index(row["severity"]) if row["severity"] in SEVERITIES else len(SEVERITIES)
    return severity, -(row["money_at_stake"] or 0.0), row["start"], row["finding_id"]


def _named(findings: pl.DataFrame, diagnoses: pl.DataFrame) -> frozenset[str]:
    """Members that a finding or a diagnosis speaks of."""
    return frozenset(findings["campaign"].drop_nulls()) | frozenset(diagnoses["member"].drop_nulls())
