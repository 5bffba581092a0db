"""Every table of the lake: its columns, types and meaning, in one place.

Belongs here: schemas as data. Does not: how tables are computed (the domain) or where they lie (`lake.py`).
A frame is made to fit with `conform`, so that every reader may rely on names, order and types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

TEXT, INT, FLOAT, DAY, BOOL = pl.String(), pl.Int64(), pl.Float64(), pl.Date(), pl.Boolean()
INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """Type and meaning of one column."""

    dtype: pl.DataType
    description: str


@dataclass(frozen=True, eq=False)
class Table:
    """One stored table. `by`: the date column whose months are files of their own, or None for one file."""

    name: str
    description: str
    columns: Mapping[str, Column]
    by: str | None = None

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with exactly this table's columns, order and types; columns it lacks are null."""
        return frame.select(
            (pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype)).alias(name)
            for name, dtype in self.schema.items()
        )


_DIMENSIONS = {
    "platform": Column(TEXT, "ad system whose export it is"),
    "channel": Column(TEXT, "where the ads ran, as the file names it; the platform where it does not"),
    "account": Column(TEXT, "account at the platform"),
    "campaign": Column(TEXT, "campaign name, spellings resolved"),
    "campaign_id": Column(TEXT, "the platform's id of the campaign"),
    "adset": Column(TEXT, "ad set or ad group"),
    "ad": Column(TEXT, "single ad"),
    "creative_type": Column(TEXT, "image, video, carousel, ..."),
    "creative_message": Column(TEXT, "the ad's text"),
    "audience": Column(TEXT, "audience or targeting"),
    "country": Column(TEXT, "country of the audience"),
    "location": Column(TEXT, "city or region of the audience"),
    "device": Column(TEXT, "device of the audience"),
}
_ADDITIVE = {
    "spend": Column(FLOAT, "cost in the account's currency; null = unknown"),
    "impressions": Column(FLOAT, "times shown; null = unknown"),
    "clicks": Column(FLOAT, "clicks; null = unknown"),
    "conversions": Column(FLOAT, "claimed results, may be fractional; null = unknown"),
    "revenue": Column(FLOAT, "claimed conversion value; null = unknown"),
}
_RATIOS = {
    "ctr": Column(FLOAT, "clicks / impressions"),
    "cpc": Column(FLOAT, "spend / clicks"),
    "cpm": Column(FLOAT, "1000 * spend / impressions"),
    "cvr": Column(FLOAT, "conversions / clicks"),
    "cac": Column(FLOAT, "spend / conversions"),
    "roas": Column(FLOAT, "revenue / spend"),
    "aov": Column(FLOAT, "revenue / conversions"),
}
_ORIGIN = {
    "upload_id": Column(TEXT, "first 12 hex digits of the SHA-256 of the file"),
    "source_row": Column(INT, "line of the file as a person sees it, from 1"),
}

UPLOADS = Table(
    "uploads",
    "Every file that was dropped, one row a version, and how it was read",
    {
        "upload_id": _ORIGIN["upload_id"],
        "sequence": Column(INT, "order of arrival, from 1"),
        "file": Column(TEXT, "name in the inbox"),
        "status": Column(TEXT, "ok, empty or refused"),
        "reason": Column(TEXT, "why it was refused and what to do"),
        "platform": Column(TEXT, "ad system, shop or analytics tool"),
        "kind": Column(TEXT, "ads, shop or web: only ads become advertising metrics"),
        "level": Column(TEXT, "the finest thing a row is about: account, campaign, ad set, ad, keyword, ..."),
        "dimensions": Column(TEXT, "dimensions the file has a column for, comma separated"),
        "grain": Column(TEXT, "what one row covers: day, week, month, period or none"),
        "currency": Column(TEXT, "ISO 4217, only where the file says so"),
        "as_of": Column(DAY, "the day the file says its figures were taken, if it does"),
        "encoding": Column(TEXT, "text encoding, or xlsx"),
        "delimiter": Column(TEXT, "cell delimiter; null in a workbook"),
        "header_row": Column(INT, "line of the header, from 1"),
        "mapping": Column(TEXT, "digest of the client's own mapping it was read with; null without one"),
        "notes": Column(TEXT, "what a person should know about the reading, one sentence a line"),
        "arrived_at": Column(INSTANT, "when it was first seen"),
        "bytes": Column(INT, "size"),
        "period_start": Column(DAY, "first day covered: of the rows, else of the lines above the header"),
        "period_end": Column(DAY, "last day covered"),
        "rows_read": Column(INT, "records under the header"),
        "rows_total": Column(INT, "total rows, used as a checksum only"),
        "rows_typed": Column(INT, "records whose cells could all be read"),
        "rows_problem": Column(INT, "records with a cell that could not be read"),
        "reader": Column(INT, "version of the reader that read it; a newer one reads the archived original again"),
        "spend_read": Column(FLOAT, "sum of all spend cells that are numbers"),
    },
)

CHECKSUMS = Table(
    "checksums",
    "The total row of a file against the sum of its rows",
    {
        "upload_id": _ORIGIN["upload_id"],
        "source_row": Column(INT, "line of the total row, from 1"),
        "label": Column(TEXT, "what the total row calls itself; null where it has no label"),
        "metric": Column(TEXT, "additive metric"),
        "rows_sum": Column(FLOAT, "sum of the rows"),
        "file_total": Column(FLOAT, "what the total row states"),
        "tolerance": Column(FLOAT, "difference that rounding explains"),
        "ok": Column(BOOL, "whether they are equal within the tolerance"),
    },
)

UPLOAD_COLUMNS = Table(
    "upload_columns",
    "The columns of one upload, as its header names them",
    {
        "upload_id": _ORIGIN["upload_id"],
        "position": Column(INT, "place in the file, from 1"),
        "header": Column(TEXT, "as the file states it"),
        "field": Column(TEXT, "what it was read as: a metric, a dimension, a day; null where nobody reads it"),
        "type": Column(TEXT, "what its cells are: number, day, text, or empty where all are blank"),
    },
)

RAW_ROWS = Table(
    "raw_rows",
    "The typed rows of one upload, as the file states them",
    {
        **_ORIGIN,
        "date": Column(DAY, "day, or first day of what the row covers; null where the file names no time"),
        "last_day": Column(DAY, "last day of what the row covers; the day itself in daily rows"),
        **_DIMENSIONS,
        **_ADDITIVE,
        "reported_ctr": Column(FLOAT, "CTR the file states, as a fraction; only used to recover a missing factor"),
        "reported_roas": Column(FLOAT, "ROAS the file states; only used to recover a missing factor"),
        "product": Column(TEXT, "of a shop: product title; null in ads"),
        "sku": Column(TEXT, "of a shop: product variant SKU; null in ads"),
        "extra": Column(TEXT, "cells of columns that are not mapped, as JSON"),
        "problem": Column(TEXT, "why the row cannot be used, null if it can"),
        "problem_column": Column(TEXT, "header of the cell that cannot be read"),
        "text": Column(TEXT, "the row as JSON, only where it has a problem"),
    },
)

CLEANED = Table(
    "cleaned_metrics",
    "One current value per day (or week that a file states as one row) and combination of dimensions",
    {
        "date": Column(DAY, "day; the Monday of a week row"),
        "days": Column(INT, "days the row covers: 1, or 7 where the file states an ISO week as one row"),
        "last_day": Column(DAY, "day; of a week row its Sunday, or the day the file was taken where that is earlier"),
        **_DIMENSIONS,
        **_ADDITIVE,
        "recovered": Column(TEXT, "metrics recovered from the row's own ratios, comma separated; null = none"),
        "upload_id": _ORIGIN["upload_id"],
        "source_row": Column(INT, "first line of the file that made this row"),
        "source_rows": Column(INT, "how many lines of the file were summed into it"),
    },
    by="date",
)

QUARANTINE = Table(
    "quarantine",
    "Rows set aside, with their text and the reason",
    {
        **_ORIGIN,
        "file": Column(TEXT, "name in the inbox"),
        "platform": _DIMENSIONS["platform"],
        "date": Column(DAY, "day or first day, where it can be read"),
        "campaign": Column(TEXT, "campaign as the file states it, where it can be read"),
        "released_by": Column(TEXT, "newer upload that replaces the row, so that nothing is missing; null: still open"),
        "reason": Column(TEXT, "why"),
        "column": Column(TEXT, "header of the cell"),
        "spend": Column(FLOAT, "the spend it states, if that can be read"),
        "text": Column(TEXT, "the row as JSON"),
    },
)

PERIOD_ROWS = Table(
    "period_rows",
    "Rows that cover neither a day nor an ISO week, as the file states them: never spread over days",
    {
        **_ORIGIN,
        "first_day": Column(DAY, "first day covered; null where the file names no time"),
        "last_day": Column(DAY, "last day covered; null where the file names no time"),
        **_DIMENSIONS,
        **_ADDITIVE,
    },
)

CONSERVATION = Table(
    "conservation",
    "Where every row and every unit of spend of an upload went",
    {
        "upload_id": _ORIGIN["upload_id"],
        "file": Column(TEXT, "name in the inbox"),
        "rows_read": Column(INT, "records under the header"),
        "rows_total": Column(INT, "total rows"),
        "rows_quarantined": Column(INT, "set aside"),
        "rows_duplicate": Column(INT, "whole-row duplicates dropped"),
        "rows_period": Column(INT, "neither a day nor an ISO week: in period_rows, in no weekly figure"),
        "rows_kept": Column(INT, "kept (before rows of one key are summed)"),
        "rows_superseded": Column(INT, "of the kept: overruled by a newer upload of the same slice"),
        "rows_current": Column(INT, "of the kept: in cleaned_metrics"),
        "spend_read": Column(FLOAT, "sum of spend cells"),
        "spend_quarantined": Column(FLOAT, "set aside"),
        "spend_duplicate": Column(FLOAT, "in dropped duplicates"),
        "spend_period": Column(FLOAT, "in period_rows"),
        "spend_kept": Column(FLOAT, "kept, as the file states it"),
        "spend_recovered": Column(FLOAT, "added by recovering missing spend from ratios"),
        "spend_recovered_error": Column(FLOAT, "by how much the recovered spend may differ from the true one at most"),
        "spend_current": Column(FLOAT, "in cleaned_metrics"),
    },
)

RESTATEMENTS = Table(
    "restatements",
    "Every figure a newer upload changed: the old value stays here",
    {
        "kind": Column(TEXT, "ads or shop"),
        "platform": _DIMENSIONS["platform"],
        "account": Column(TEXT, "account, where every row of the platform names one; else ''"),
        "campaign": Column(TEXT, "campaign; of a shop its product and SKU"),
        "date": Column(DAY, "day of the figure; the Monday of a week row"),
        "days": Column(INT, "days the figure covers: 1 or 7"),
        "metric": Column(TEXT, "additive metric"),
        "old": Column(FLOAT, "value before"),
        "new": Column(FLOAT, "value after"),
        "first_seen_in": Column(TEXT, "upload that first stated the old value"),
        "changed_in": Column(TEXT, "upload that changed it"),
        "sequence": Column(INT, "that upload's place in the order in which uploads overrule each other, from 1"),
        "age_days": Column(INT, "days between the day and the export that changed it"),
        "stated_as": Column(TEXT, "the campaign as the upload that changed it states it; null in a shop"),
        "stated_before_as": Column(TEXT, "the campaign as the upload that first stated the old value states it"),
    },
)

VANISHED = Table(
    "vanished",
    "Slices a newer upload covers by date but no longer names: kept, and flagged",
    {
        "kind": Column(TEXT, "ads or shop"),
        "platform": _DIMENSIONS["platform"],
        "account": Column(TEXT, "account, where every row of the platform names one; else ''"),
        "campaign": Column(TEXT, "campaign as the upload stated it; of a shop its product and SKU"),
        "date": Column(DAY, "day; the Monday of a week row"),
        "days": Column(INT, "days the slice covers: 1 or 7"),
        "spend": _ADDITIVE["spend"],
        "impressions": _ADDITIVE["impressions"],
        "upload_id": Column(TEXT, "upload that last stated it"),
        "missing_in": Column(TEXT, "newer upload that no longer names it"),
        "explained_by": Column(TEXT, "rename, where the upload states it under another name; else null"),
        "back_in": Column(TEXT, "upload that states it again; null where none does"),
    },
)

RENAMES = Table(
    "renames",
    "Campaigns that a newer upload states under another name",
    {
        "platform": _DIMENSIONS["platform"],
        "account": Column(TEXT, "account, where every row of the platform names one; else ''"),
        "old": Column(TEXT, "name before"),
        "new": Column(TEXT, "name after"),
        "status": Column(TEXT, "proven (applied), suspected (not applied) or overruled by aliases.yaml (not applied)"),
        "days": Column(INT, "days a slice of the file covers: 1 or 7"),
        "shared_days": Column(INT, "days that both names state"),
        "days_equal_spend": Column(INT, "of these, days with equal spend"),
        "first_day": Column(DAY, "first shared day"),
        "last_day": Column(DAY, "last shared day"),
        "altogether": Column(BOOL, "the old name is gone; else only the days from first to last got the new one"),
        "upload_id": Column(TEXT, "upload that states the new name"),
        "sequence": Column(INT, "its place in the order of uploads"),
    },
)

UPLOAD_CHANGES = Table(
    "upload_changes",
    "What every upload did to what was known: slices new, changed, unchanged, missing, come back",
    {
        "upload_id": _ORIGIN["upload_id"],
        "kind": Column(TEXT, "ads or shop"),
        "platform": _DIMENSIONS["platform"],
        "sequence": Column(INT, "place in the order in which uploads overrule each other, from 1"),
        "taken": Column(DAY, "the day the export was made, as far as it is known: stated, else the last day it covers"),
        "new": Column(INT, "slices stated for the first time"),
        "changed": Column(INT, "slices with another figure than before"),
        "unchanged": Column(INT, "slices with the same figures as before"),
        "vanished": Column(INT, "slices it covers by date and no longer names, renamed ones included"),
        "reappeared": Column(INT, "slices that were missing and are back"),
        "campaigns_vanished": Column(INT, "campaigns of the vanished slices"),
        "rows_back": Column(INT, "of the vanished slices, those that a later upload states again"),
        "healed_by": Column(TEXT, "upload that brought most of them back; null where none did"),
        "partial": Column(BOOL, "looks like a partial re-export: too much is missing at once to be meant"),
        "confirmed": Column(BOOL, "the user said that what is missing is meant"),
        "stands_apart": Column(BOOL, "covers days that are known and shares no campaign with an earlier file"),
    },
)

WEEKS_AS_FIRST_STATED = Table(
    "weeks_as_first_stated",
    "Whole weeks as the first upload that covers them stated them, beside what the same slices are now",
    {
        "week": Column(DAY, "Monday of the ISO week"),
        "metric": Column(TEXT, "additive metric"),
        "first": Column(FLOAT, "value as first stated"),
        "now": Column(FLOAT, "value of the same campaigns and days now"),
        "age_first": Column(INT, "days between the week's Sunday and the export that first stated it"),
        "age_now": Column(INT, "days between the week's Sunday and the newest export that states it"),
    },
)

NAMES = Table(
    "names",
    "Which spelling was resolved to which name",
    {
        "dimension": Column(TEXT, "campaign, channel, country or device"),
        "spelling": Column(TEXT, "as files state it"),
        "name": Column(TEXT, "as it is used"),
        "rows": Column(INT, "rows with this spelling"),
        "how": Column(
            TEXT,
            "why: stated (as it is), same letters, known word (a country's code, a device), same id, similar, alias "
            "(aliases.yaml says so), or suggested (left apart; the candidate is alike)",
        ),
        "score": Column(FLOAT, "of similar and suggested: share of letters that are equal, 0-100"),
        "candidate": Column(TEXT, "of suggested: the name it may be a spelling of"),
    },
)

WEEKLY = Table(
    "weekly_aggregates",
    "Week by dimension, with the week before beside it",
    {
        "week": Column(DAY, "Monday of the ISO week"),
        "level": Column(TEXT, "account, or the dimension the row is about"),
        "member": Column(TEXT, "value of that dimension; '' for the account; null where files do not say"),
        "platform": Column(TEXT, "of a campaign row"),
        "channel": Column(TEXT, "of a campaign row"),
        "days": Column(INT, "days of the week with data at this level"),
        "complete": Column(BOOL, "the client's data reach the week's Sunday"),
        **_ADDITIVE,
        **_RATIOS,
        **{f"{name}_previous": Column(FLOAT, f"{name} of the week before") for name in (*_ADDITIVE, *_RATIOS)},
        **{
            f"{name}_change": Column(FLOAT, f"relative change of {name}; null where undefined")
            for name in (*_ADDITIVE, *_RATIOS)
        },
    },
)

WEEK_DIGESTS = Table(
    "week_digests",
    "A fingerprint of all figures a week's report prints",
    {
        "week": Column(DAY, "Monday of the ISO week"),
        "complete": Column(BOOL, "the client's data reach the week's Sunday"),
        "digest": Column(TEXT, "changes when a printed figure changes"),
    },
)

ANOMALY_SCORES = Table(
    "anomaly_scores",
    "Day x campaign x metric, each day scored with earlier days only",
    {
        "date": Column(DAY, "day"),
        "platform": _DIMENSIONS["platform"],
        "channel": _DIMENSIONS["channel"],
        "campaign": _DIMENSIONS["campaign"],
        "metric": Column(TEXT, "what was scored"),
        "observed": Column(FLOAT, "value of the day"),
        "expected": Column(FLOAT, "from the campaign's own earlier days"),
        "low": Column(FLOAT, "lower end of the expected interval"),
        "high": Column(FLOAT, "upper end of the expected interval"),
        "score": Column(FLOAT, "signed robust z: how far from expected, in units of its usual spread"),
        "forest_score": Column(
            FLOAT, "IsolationForest score of the campaign's day, 0-1, higher is odder; null without enough history"
        ),
        "kind": Column(TEXT, "name of the anomaly the day belongs to, else null"),
    },
    by="date",
)

FINDINGS = Table(
    "findings",
    "Anomalies as an account manager would name them, days joined to events",
    {
        "finding_id": Column(TEXT, "stable id"),
        "kind": Column(
            TEXT,
            "spend_spike, performance_drop, revenue_spike, ctr_decline, budget_exhaustion, tracking_outage, volume_gap",
        ),
        "scope": Column(TEXT, "campaign, or channel, platform, account: what all its campaigns share, said once"),
        "platform": _DIMENSIONS["platform"],
        "channel": _DIMENSIONS["channel"],
        "campaign": _DIMENSIONS["campaign"],
        "metric": Column(TEXT, "metric that shows it"),
        "start": Column(DAY, "first day"),
        "end": Column(DAY, "last day"),
        "observed": Column(FLOAT, "value over the event (sum of additive metrics, ratio of sums)"),
        "expected": Column(FLOAT, "what earlier days led to expect over the event"),
        "low": Column(FLOAT, "lower end of the expected interval"),
        "high": Column(FLOAT, "upper end of the expected interval"),
        "score": Column(FLOAT, "how sure it is, comparable within a kind"),
        "weeks_by_chance": Column(
            FLOAT, "campaign-weeks in which chance brings one such; null where rows say that nothing was there"
        ),
        "severity": Column(TEXT, "critical, warning or info"),
        "money_at_stake": Column(FLOAT, "in the account's currency, not negative; null where it cannot be said"),
        "sentence": Column(TEXT, "the same in one plain sentence"),
        "verdict": Column(TEXT, "real or noise, where a person said so (adtech feedback)"),
    },
)

_LEVEL = {
    "level": Column(TEXT, "account, platform or campaign"),
    "platform": Column(TEXT, "null where the level is above it"),
    "channel": Column(TEXT, "null where the level is above it"),
    "campaign": Column(TEXT, "null where the level is above it"),
}
EDGES = {
    "low_95": "lower end of the 95 % interval",
    "low_80": "lower end of the 80 % interval",
    "high_80": "upper end of the 80 % interval",
    "high_95": "upper end of the 95 % interval",
}

TRENDS = Table(
    "trends",
    "Direction, slope and strength of each metric over the last weeks, for campaigns and the account",
    {
        **_LEVEL,
        "metric": Column(TEXT, "metric"),
        "start": Column(DAY, "first day of the window"),
        "end": Column(DAY, "last day of the window"),
        "known_days": Column(INT, "days with figures"),
        "status": Column(TEXT, "ok, not_enough_data"),
        "average_7": Column(FLOAT, "of the window's last 7 days; a ratio of sums"),
        "average_7_before": Column(FLOAT, "of the 7 days before those"),
        "middle": Column(FLOAT, "the line in the middle of the window, without weekday"),
        "slope_per_day": Column(FLOAT, "Theil-Sen, in the metric's unit"),
        "change_per_week": Column(FLOAT, "7 * slope / middle, a fraction"),
        "tau": Column(FLOAT, "rank correlation with time, -1 to 1"),
        "p_value": Column(FLOAT, "Mann-Kendall, two-sided, corrected for ties and autocorrelation"),
        "r2": Column(FLOAT, "of the line; null where the values do not vary"),
        "direction": Column(TEXT, "up, down, flat (no trend that is more than chance)"),
        "strength": Column(TEXT, "none, weak, moderate, strong"),
    },
)

PATTERNS = Table(
    "patterns",
    "What a weekday, or a month of the year, is to the usual",
    {
        **_LEVEL,
        "metric": Column(TEXT, "metric"),
        "cycle": Column(TEXT, "weekday or month"),
        "position": Column(INT, "1 = Monday; 1 = January"),
        "factor": Column(FLOAT, "1 = as usual; null = history too short"),
        "repeats": Column(INT, "weeks or years it rests on"),
    },
)

LIFECYCLE = Table(
    "lifecycle",
    "The phase each campaign is in, and the figures that say so",
    {
        "platform": _DIMENSIONS["platform"],
        "channel": _DIMENSIONS["channel"],
        "campaign": _DIMENSIONS["campaign"],
        "on": Column(DAY, "the day that is judged"),
        "status": Column(TEXT, "ok, not_enough_data (no phase)"),
        "phase": Column(TEXT, "launch, growth, plateau, fatigue, decline, ended"),
        "stage": Column(TEXT, "of a launch: learning, rising"),
        "since": Column(DAY, "first day of the phase, as far as looked back"),
        "days_in_phase": Column(INT, "including `on`"),
        "since_known": Column(BOOL, "false: the phase may be older"),
        "first_delivery": Column(DAY, "first day it ran"),
        "launch_seen": Column(BOOL, "false: it may have run before the data begin"),
        "last_delivery": Column(DAY, "last day it ran"),
        "metric": Column(TEXT, "of the evidence: what rose, fell or stayed"),
        "start": Column(DAY, "first day of the evidence"),
        "end": Column(DAY, "last day of the evidence"),
        "before": Column(FLOAT, "Theil-Sen line without weekday on the first day"),
        "now": Column(FLOAT, "the same on the last day"),
        "change": Column(FLOAT, "now / before - 1"),
        "p_value": Column(FLOAT, "of that change"),
    },
)

FORECAST = Table(
    "forecast",
    "Spend, conversions and revenue of the days to come, with intervals whose coverage is measured (bench/forecast.py)",
    {
        **_LEVEL,
        "metric": Column(TEXT, "spend, conversions, revenue"),
        "made_on": Column(DAY, "last day that was known"),
        "date": Column(DAY, "day"),
        "days_ahead": Column(INT, "1 = the day after made_on"),
        "status": Column(TEXT, "ok, ended, not_enough_data (no figures)"),
        "expected": Column(FLOAT, "of the day"),
        **{edge: Column(FLOAT, f"{what} of the day") for edge, what in EDGES.items()},
        "total": Column(FLOAT, "expected sum from made_on + 1 to date"),
        **{f"total_{edge}": Column(FLOAT, f"{what} of that sum") for edge, what in EDGES.items()},
    },
)

PACING = Table(
    "pacing",
    "Where the month's spend will end, against the client's budgets",
    {
        **_LEVEL,
        "month": Column(DAY, "its first day"),
        "on": Column(DAY, "last day that is known"),
        "days_left": Column(INT, "of the month"),
        "unknown_days": Column(INT, "days up to `on` without spend figures: what was spent is at least `spent`"),
        "status": Column(TEXT, "ok, month_over (nothing left to forecast), not_enough_data (no projection)"),
        "spent": Column(FLOAT, "in the month so far"),
        "projected": Column(FLOAT, "at the month's end"),
        **{f"projected_{edge}": Column(FLOAT, what) for edge, what in EDGES.items()},
        "budget": Column(FLOAT, "of the month"),
        "deviation": Column(FLOAT, "projected / budget - 1"),
        "band": Column(TEXT, "green, amber, red"),
        "side": Column(TEXT, "on, under, over"),
        "suggested_daily_spend": Column(FLOAT, "for the days left, to meet the budget"),
        "expected_daily_spend": Column(FLOAT, "as it is heading"),
        "used_up_on": Column(DAY, "day on which spend reaches the budget, if it does within the month"),
    },
)

_SEGMENT = Column(TEXT, "attributes, as platform=meta_ads&device=mobile; empty: the whole account")

DIAGNOSES = Table(
    "diagnoses",
    "What moved between the current and the baseline days, and which parts did it",
    {
        "rank": Column(INT, "1 = most important"),
        "kind": Column(
            TEXT,
            "change (account), driver (a member's part of it), link (a part along the chain from spend to revenue), "
            "cause (a segment to blame), offset (one that pushes against the change)",
        ),
        "metric": Column(TEXT, "metric"),
        "dimension": Column(TEXT, "dimension of the segment; null for the whole account and for several attributes"),
        "member": Column(TEXT, "value of that dimension; of a link its factor"),
        "segment": _SEGMENT,
        "start": Column(DAY, "first day of the current period"),
        "end": Column(DAY, "last day of the current period"),
        "baseline_start": Column(DAY, "first day of the baseline"),
        "baseline_end": Column(DAY, "last day of the baseline"),
        "baseline_value": Column(FLOAT, "additive: per-day mean x days of the current period; ratio: ratio of sums"),
        "current_value": Column(FLOAT, "value of the current period"),
        "contribution": Column(
            FLOAT, "part of the account's change, in the metric's unit; parts of one dimension add up"
        ),
        "rate": Column(FLOAT, "of a ratio's driver: part of the contribution by the member's own ratio"),
        "mix": Column(FLOAT, "of a ratio's driver: part by its share of the denominator; rate + mix = contribution"),
        "share_of_change": Column(FLOAT, "contribution / the account's change"),
        "effect": Column(TEXT, "of a cause: volume, rate, mix or tracking"),
        "fault": Column(TEXT, "of a cause: what happened (delivery, cost, bought, click, conversion, value, outage)"),
        "confidence": Column(FLOAT, "of a cause: probability that this segment is the one to blame"),
        "p_value": Column(FLOAT, "of a cause: p-value, corrected for all segments looked at"),
    },
)

INSIGHTS = Table(
    "insights",
    "What is worth saying of the week, most money first, each with its evidence",
    {
        "insight_id": Column(TEXT, "12 hex digits; the same for the same observation of the same week"),
        "rank": Column(INT, "1 = first to be read"),
        "kind": Column(TEXT, "cause, anomaly or opportunity"),
        "playbook": Column(TEXT, "what to do about it (playbooks.yaml); null: nothing"),
        "metric": Column(TEXT, "metric it is about"),
        "segment": _SEGMENT,
        "effect": Column(TEXT, "of a cause: volume, rate, mix or tracking"),
        "fault": Column(TEXT, "of a cause: what happened"),
        "direction": Column(TEXT, "good, bad or neutral for the client"),
        "severity": Column(TEXT, "critical, warning or info"),
        "confidence": Column(FLOAT, "0..1: how sure it is; calibrated on accounts with planted causes"),
        "start": Column(DAY, "first day of the current period"),
        "end": Column(DAY, "last day of the current period"),
        "baseline_start": Column(DAY, "first day of the baseline"),
        "baseline_end": Column(DAY, "last day of the baseline"),
        "baseline_value": Column(FLOAT, "additive: brought to the current period's length; ratio: ratio of sums"),
        "current_value": Column(FLOAT, "value of the current period"),
        "delta": Column(FLOAT, "current - baseline"),
        "relative": Column(FLOAT, "delta / baseline"),
        "week_before_value": Column(FLOAT, "value of the week before"),
        "week_relative": Column(FLOAT, "change against the week before, relative"),
        "contribution": Column(FLOAT, "part of the account's change, in the metric's unit"),
        "share_of_change": Column(FLOAT, "contribution / the account's change"),
        "money": Column(FLOAT, "what it is worth a week, in the client's currency; null where the files do not say"),
        "baseline_days": Column(INT, "days with figures in the baseline"),
        "current_days": Column(INT, "days with figures in the current period"),
        "events": Column(FLOAT, "counts beneath the metric over both periods (conversions, clicks, ...)"),
        "welch_t": Column(FLOAT, "Welch's t of daily values"),
        "welch_p": Column(FLOAT, "its p-value"),
        "mann_whitney_p": Column(FLOAT, "p-value of Mann and Whitney's U of daily values"),
        "cohens_d": Column(FLOAT, "difference in standard deviations of daily values"),
        "effect_size": Column(TEXT, "negligible, small, medium, large or very large"),
        "p_value": Column(FLOAT, "of the finding itself, corrected for what was looked at"),
        "q_value": Column(FLOAT, "Benjamini and Hochberg's, over the week's insights"),
        "enough": Column(BOOL, "whether there is enough data for the tests"),
        "reason": Column(TEXT, "what is lacking, where there is not"),
        "finding_id": Column(TEXT, "the anomaly it is about or that says the same"),
        "detail": Column(TEXT, "what else shows the same, or which days or ads it is about"),
        "sentence": Column(TEXT, "the insight in one sentence"),
    },
)

RECOMMENDATIONS = Table(
    "recommendations",
    "What to do about the week's insights, most money first",
    {
        "rank": Column(INT, "1 = first to be done"),
        "playbook": Column(TEXT, "key of playbooks.yaml"),
        "insight_id": Column(TEXT, "the evidence it rests on"),
        "finding_id": Column(TEXT, "the anomaly it answers, if one"),
        "segment": _SEGMENT,
        "metric": Column(TEXT, "metric it is to move"),
        "title": Column(TEXT, "a short name"),
        "advice": Column(TEXT, "what to do first"),
        "test_it": Column(TEXT, "how to see whether it worked"),
        "expected_effect": Column(FLOAT, "money per week that following it may bring; null: not known"),
        "basis": Column(TEXT, "how that money was computed"),
        "confidence": Column(FLOAT, "of the insight"),
        "messages": Column(TEXT, "drafts of new creative messages with what each rests on, as JSON; null: none"),
    },
)

HYPOTHESES = Table(
    "hypotheses",
    "The decision log: what was thought of for the week, and why it was kept or dropped",
    {
        "source": Column(TEXT, "cause, anomaly, opportunity or data"),
        "metric": Column(TEXT, "metric it is about; null: none"),
        "segment": _SEGMENT,
        "fault": Column(TEXT, "what was thought of: a fault, a kind of anomaly, a playbook"),
        "evidence": Column(FLOAT, "log odds of a cause; null for others"),
        "p_value": Column(FLOAT, "of its test, where there is one"),
        "kept": Column(BOOL, "whether it became an insight"),
        "reason": Column(TEXT, "why"),
        "insight_id": Column(TEXT, "the insight it became"),
    },
)

SENTENCES = Table(
    "narratives",
    "The report's text, one row a sentence, with the evidence it rests on",
    {
        "position": Column(INT, "order in the report, from 1"),
        "section": Column(TEXT, "headline, summary, anomalies, causes, actions or notes"),
        "text": Column(TEXT, "the sentence as printed"),
        "evidence_ids": Column(TEXT, "ids, comma separated"),
        "writer": Column(TEXT, "gemini or builtin"),
        "refusal": Column(TEXT, "why the model's own sentence was not printed; null if it was"),
    },
)

REPORTS = Table(
    "weekly_reports",
    "One row a version of the week's report",
    {
        "version": Column(INT, "from 1"),
        "digest": Column(TEXT, "fingerprint of the figures it prints (week_digests)"),
        "content_digest": Column(TEXT, "SHA-256 of the HTML"),
        "pdf": Column(TEXT, "path below the reports folder"),
        "html": Column(TEXT, "path below the reports folder"),
        "json": Column(TEXT, "path below the reports folder"),
        "pdf_bytes": Column(INT, "size"),
        "pages": Column(INT, "pages of the PDF"),
        "headline": Column(TEXT, "first sentence"),
        **_ADDITIVE,
    },
)

FILED = "filed"
"""Transport of a version that was not mailed."""

DELIVERIES = Table(
    "report_deliveries",
    "What was mailed to whom, once per version",
    {
        "version": Column(INT, "of the report"),
        "content_digest": Column(TEXT, "of the report"),
        "recipients": Column(TEXT, "comma separated; '' where none are set"),
        "transport": Column(TEXT, "smtp or outbox; filed: revised too little to be mailed again"),
        "message_id": Column(TEXT, "of the mail; the same for the same version; null where filed"),
        "path": Column(TEXT, "the .eml below the outbox, where transport is outbox"),
        "delivered_at": Column(INSTANT, "when"),
    },
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        UPLOADS, CHECKSUMS, UPLOAD_COLUMNS, RAW_ROWS, CLEANED, QUARANTINE, PERIOD_ROWS, CONSERVATION, RESTATEMENTS,
        VANISHED, RENAMES, UPLOAD_CHANGES, WEEKS_AS_FIRST_STATED, NAMES, WEEKLY, WEEK_DIGESTS, ANOMALY_SCORES,
        FINDINGS, TRENDS, PATTERNS, LIFECYCLE, FORECAST, PACING, DIAGNOSES, INSIGHTS, RECOMMENDATIONS, HYPOTHESES,
        SENTENCES, REPORTS, DELIVERIES,
    )
}  # fmt: skip
