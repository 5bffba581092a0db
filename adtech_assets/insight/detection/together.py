"""What campaigns do together: a shock of a whole channel or account, said once; days that are missing for a platform.

Belongs here: panels of channels and of the account, and which of their anomalies are common doings. Does not: the kinds'
rules (`spikes`, `drops`), what single campaigns do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Flags, Positions, known_sum
from adtech_assets.insight.days import KEYS
from adtech_assets.insight.detection import drops, spikes
from adtech_assets.insight.detection.baseline import Expectation, expect
from adtech_assets.insight.detection.event import Event, Scope, runs
from adtech_assets.insight.detection.outages import OutageRules, Standing, outage_score
from adtech_assets.insight.detection.panel import INDEX, Panel
from adtech_assets.settings import Insight


@dataclass(frozen=True)
class CommonRules:
    """When a group's anomaly is reported. A sale or a slow week is ordinary business; what is reported is larger."""

    members: int = 3
    """Campaigns a group needs."""
    sure: float = 1.5
    """Factor on the scores a campaign's anomaly needs."""
    spend_log: float = 0.9
    revenue_log: float = 0.9
    drop_ratio: float = 0.4
    same_share: float = 0.6
    """Share of the members (by number and by usual spend) that moved the same way by half as much: else it was one of them."""
    gap_members: int = 2
    """Campaigns of a platform that would have run and have no row."""
    gap_longest: int = 14
    gap_rows: int = 1050
    """Campaign days per hole that missing rows may explain by chance."""


@dataclass(frozen=True)
class Group:
    """The panel of channels, or of the account, and which campaigns are in each of its series."""

    scope: Scope
    panel: Panel
    expectation: Expectation
    members: tuple[tuple[int, ...], ...]


def groups(panel: Panel, settings: Insight, rules: CommonRules | None = None) -> list[Group]:
    """The account, if it has more than one channel of campaigns, and its channels of several campaigns."""
    rules = rules or CommonRules()
    made = []
    keys: tuple[tuple[Scope, Positions], ...] = (
        ("account", np.zeros(panel.series, dtype=np.int64)),
        ("channel", panel.channels),
    )
    for scope, key in keys:
        members = [tuple(np.flatnonzero(key == k).tolist()) for k in np.unique(key)]
        members = [m for m in members if len(m) >= rules.members]
        if members and not (scope == "channel" and len(members[0]) == panel.series):
            summed = _summed(panel, members, scope)
            made.append(Group(scope, summed, expect(summed, settings), tuple(members)))
    return made


def _summed(panel: Panel, members: list[tuple[int, ...]], scope: str) -> Panel:
    values = {name: np.stack([known_sum(array[list(m)]) for m in members]) for name, array in panel.values.items()}
    present = np.stack([panel.present[list(m)].any(axis=0) for m in members])
    keys = panel.keys[[m[0] for m in members]].with_columns(
        [pl.lit(None, pl.String).alias(k) for k in (KEYS if scope == "account" else ("campaign",))]
    )
    return Panel(keys, panel.first, values, present)


def find(
    panel: Panel,
    ex: Expectation,
    group: Group,
    thresholds: Mapping[str, float],
    ordinary: Flags,
    rules: CommonRules | None = None,
) -> list[Event]:
    """Common anomalies of a group's series. thresholds: kind -> a campaign's score; ordinary: [day], no holiday."""
    rules = rules or CommonRules()
    shape = group.panel.present.shape
    needed = {kind: np.full(shape, rules.sure * value) for kind, value in thresholds.items()}
    spike_rules = replace(spikes.SpikeRules(), spend=rules.spend_log, revenue=rules.revenue_log)
    drop_rules = replace(drops.DropRules(), ratio=rules.drop_ratio)
    found = [
        *spikes.find(group.panel, group.expectation, needed, spike_rules),
        *drops.find(group.panel, group.expectation, needed["performance_drop"], drop_rules),
    ]
    return [
        replace(event, scope=group.scope)
        for event in found
        if ordinary[event.start : event.end + 1].all() and _common(panel, ex, group, event, rules)
    ]


def _common(panel: Panel, ex: Expectation, group: Group, event: Event, rules: CommonRules) -> bool:
    """Most members moved the same way, by half as much as the group."""
    measure, days = INDEX[event.metric], slice(event.start, event.end + 1)
    members = list(group.members[event.series])
    observed, usual = (np.nansum(v[measure, members, days], axis=1) for v in (ex.observed, ex.own))
    weight = np.nansum(ex.own[INDEX["spend"], members, days], axis=1)
    told = usual > 0
    if told.sum() < rules.members or weight[told].sum() <= 0:
        return False
    whole = np.log(max(observed[told].sum(), 1e-9) / usual[told].sum())
    each = np.log(np.maximum(observed[told], 1e-9) / usual[told])
    same = each * np.sign(whole) >= abs(whole) / 2
    share = min(weight[told][same].sum() / weight[told].sum(), same.sum() / told.sum())
    return bool(same.sum() >= 2 and share >= rules.same_share)


def gaps(panel: Panel, stands: Standing, rules: CommonRules | None = None) -> Iterator[tuple[str | None, int, int]]:
    """Platform, first and last day of stretches for which none of its campaigns has a row though several would have
    run: the export has a hole. Days after a platform's last row are late, not missing."""
    rules = rules or CommonRules()
    platforms = panel.keys.get_column("platform").to_list()
    for platform in sorted(set(platforms), key=str):
        members = np.array([p == platform for p in platforms])
        rows = panel.present[members].any(axis=0)
        within = np.flatnonzero(rows)
        number = (stands.meant & stands.alive)[members].sum(axis=0)
        due = number >= rules.gap_members
        missing = ~rows & (np.arange(panel.days) > within[0]) & (np.arange(panel.days) < within[-1])
        for first, last in runs(missing, gap=1):
            chance = stands.missing_rate[first] ** float(number[first] * (last - first + 1))
            if due[first] and last - first < rules.gap_longest and chance <= 1 / rules.gap_rows:
                yield platform, first, last


def stops(group: Group, stands: Standing, rules: OutageRules | None = None) -> list[Event]:
    """Days on which the whole account stands still although it has rows: no money was spent anywhere."""
    rules = rules or OutageRules()
    if group.scope != "account":
        return []
    usual = np.nan_to_num(group.expectation.own[INDEX["spend"], 0])
    spend = np.nan_to_num(group.panel.values["spend"][0])
    dry = stands.dark & group.panel.present[0] & (usual > 0) & (spend <= rules.dry * usual)
    return [
        Event(
            "budget_exhaustion",
            "spend",
            0,
            first,
            last,
            outage_score(group.expectation, 0, range(first, last + 1)),
            scope="account",
        )
        for first, last in runs(dry, gap=1)
    ]
