"""What the platforms' own campaign ids say about names: one id is one campaign, different ids are different ones.

Belongs here: ids of names. Does not: names without ids (`names`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

_SPOILED = re.compile(r"\d[.,]?\d*[eE]\+?\d+|\d{13,}0{3}|.*[.,].*")
"""Ids that a spreadsheet rounded (`1.2E+17`, `120212000000000000`): many campaigns have the same."""
_OWNER = ("platform", "account")

Owner = tuple[str | None, str | None]


@dataclass(frozen=True)
class CampaignIds:
    """The ids each spelling of a campaign has at each (platform, account), and how late it was last stated."""

    of: Mapping[str, Mapping[Owner, frozenset[str]]] = field(default_factory=dict)
    last: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def joined(self, names: Iterable[str]) -> Mapping[Owner, frozenset[str]]:
        """The ids of several spellings together."""
        found: dict[Owner, frozenset[str]] = {}
        for name in names:
            for owner, ids in self.of.get(name, {}).items():
                found[owner] = found.get(owner, frozenset()) | ids
        return found

    def differ(self, ours: Iterable[str], theirs: Iterable[str]) -> bool:
        """Whether some platform states ids for both groups of spellings, and none in common."""
        if not self.of:
            return False
        one, other = self.joined(ours), self.joined(theirs)
        return any(not (one[owner] & other[owner]) for owner in one.keys() & other.keys())

    def renamed(self, groups: Mapping[str, list[str]]) -> list[list[str]]:
        """Groups of spellings (by name) that have one and the same single id each: lists of two names or more."""
        by_id: dict[tuple[Owner, str], list[str]] = {}
        for name, spellings in groups.items():
            ids = self.joined(spellings)
            if len(ids) == 1 and len(own := next(iter(ids.values()))) == 1:
                by_id.setdefault((next(iter(ids)), next(iter(own))), []).append(name)
        return [names for names in by_id.values() if len(names) > 1]


def campaign_ids(rows: pl.DataFrame) -> CampaignIds:
    """The ids in rows with `campaign` and `campaign_id`; none where the files state none."""
    if not {"campaign", "campaign_id"} <= set(rows.columns) or not rows.get_column("campaign_id").count():
        return CampaignIds()
    owner = [pl.col(c) if c in rows.columns else pl.lit(None, pl.String).alias(c) for c in _OWNER]
    late = [c for c in ("sequence", "date") if c in rows.columns]
    found = (
        rows.lazy()
        .filter(pl.col("campaign").is_not_null() & pl.col("campaign_id").is_not_null())
        .group_by("campaign", *owner, "campaign_id")
        .agg(pl.col(late).max())
        .collect()
    )
    of: dict[str, dict[Owner, set[str]]] = {}
    last: dict[str, tuple[object, ...]] = {}
    for campaign, platform, account, identity, *when in found.iter_rows():
        if campaign != identity and not _SPOILED.fullmatch(identity):
            of.setdefault(campaign, {}).setdefault((platform, account), set()).add(identity)
            key = tuple((value is not None, value) for value in when)
            last[campaign] = max(last.get(campaign, key), key)
    return CampaignIds({c: {o: frozenset(i) for o, i in by.items()} for c, by in of.items()}, last)
