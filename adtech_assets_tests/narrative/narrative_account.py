"""An invented advertiser for the tests of the narrative: a pottery school with four campaigns on two channels."""

from __future__ import annotations

import datetime as dt

from adtech_assets.narrative.evidence import Evidence, EvidenceItem

WEEK = dt.date(2025, 3, 10)
_NOW = {"start": "2025-03-10", "end": "2025-03-16"}
_BEFORE = {"start": "2025-03-03", "end": "2025-03-09"}
_TWO_BEFORE = {"start": "2025-02-24", "end": "2025-03-09"}


def _change(
    id_: str, metric: str, was: float, now: float, unit: str, segment: dict[str, str] | None = None
) -> dict[str, object]:
    return {
        "id": id_,
        "kind": "change",
        "metric": metric,
        "segment": segment or {},
        "period": _NOW,
        "baseline": _BEFORE,
        "from": was,
        "to": now,
        "abs": now - was,
        "pct": (now - was) / was if was else None,
        "unit": unit,
    }


ITEMS: list[dict[str, object]] = [
    _change("e01", "spend", 2100.0, 2310.0, "EUR"),
    _change("e02", "revenue", 9450.0, 8316.0, "EUR"),
    _change("e03", "conversions", 105, 92, "count"),
    _change("e04", "roas", 4.5, 3.6, "ratio"),
    _change("e05", "ctr", 0.0212, 0.0184, "fraction"),
    _change("e06", "cac", 20.0, 25.109, "EUR"),
    _change("e07", "spend", 400.0, 812.5, "EUR", {"campaign": "Wheel Evenings"}),
    _change("e08", "revenue", 4100.0, 2050.0, "EUR", {"campaign": "Kiln_Retargeting"}),
    _change("e09", "conversions", 44, 21, "count", {"campaign": "Kiln_Retargeting"}),
    {
        "id": "e10",
        "kind": "share",
        "metric": "spend",
        "segment": {"channel": "Search"},
        "of": "account",
        "period": _NOW,
        "value": 0.612,
    },
    {
        "id": "e11",
        "kind": "rank",
        "metric": "roas",
        "dimension": "campaign",
        "period": _NOW,
        "order": "desc",
        "ranking": [["Glaze Brand", 9.1], ["Kiln_Retargeting", 4.2], ["Wheel Evenings", 2.4], ["Gift Cards", 1.1]],
    },
    {
        "id": "e12",
        "kind": "rank",
        "metric": "conversions",
        "dimension": "campaign",
        "period": _NOW,
        "order": "desc",
        "ranking": [["Glaze Brand", 38], ["Wheel Evenings", 24], ["Kiln_Retargeting", 21], ["Gift Cards", 9]],
    },
    {
        "id": "e13",
        "kind": "anomaly",
        "metric": "spend",
        "segment": {"campaign": "Wheel Evenings"},
        "start": "2025-03-12",
        "end": "2025-03-12",
        "observed": 322.0,
        "expected": 92.0,
        "low": 60.0,
        "high": 125.0,
        "finding": "spend_spike",
        "unit": "EUR",
        "name": "f1",
    },
    {
        "id": "e14",
        "kind": "value",
        "metric": "money_at_stake",
        "segment": {"campaign": "Wheel Evenings"},
        "period": {"start": "2025-03-12", "end": "2025-03-12"},
        "value": 230.0,
        "unit": "EUR",
        "name": "f1",
    },
    {
        "id": "e15",
        "kind": "anomaly",
        "metric": "conversions",
        "segment": {"campaign": "Kiln_Retargeting"},
        "start": "2025-03-10",
        "end": "2025-03-15",
        "observed": 13,
        "expected": 41,
        "low": 30,
        "high": 52,
        "finding": "performance_drop",
        "unit": "count",
        "name": "f2",
    },
    {
        "id": "e16",
        "kind": "driver",
        "metric": "revenue",
        "segment": {"campaign": "Kiln_Retargeting"},
        "period": _NOW,
        "baseline": _TWO_BEFORE,
        "contribution": -1900.0,
        "share_of_change": 0.9,
        "effect": "rate",
        "unit": "EUR",
    },
    {
        "id": "e17",
        "kind": "driver",
        "metric": "revenue",
        "segment": {"campaign": "Glaze Brand"},
        "period": _NOW,
        "baseline": _TWO_BEFORE,
        "contribution": 300.0,
        "share_of_change": -0.14,
        "effect": "volume",
        "unit": "EUR",
    },
    {
        "id": "e18",
        "kind": "context",
        "what": "weather",
        "name": "heavy rain",
        "place": "Utrecht",
        "start": "2025-03-12",
        "end": "2025-03-13",
        "simulated": True,
        "detail": '{"rain_mm": 31}',
    },
    {
        "id": "e19",
        "kind": "context",
        "what": "holiday",
        "name": "Harvest Friday",
        "place": "Netherlands",
        "start": "2025-03-14",
        "end": "2025-03-14",
        "simulated": False,
    },
    {"id": "e20", "kind": "note", "what": "provisional", "text": "Conversions of 15 and 16 March are provisional."},
    {
        "id": "e21",
        "kind": "note",
        "what": "recommendation",
        "name": "performance_drop",
        "segment": {"campaign": "Kiln_Retargeting"},
        "metric": "conversions",
        "value": 1150.0,
        "unit": "EUR",
        "detail": "f2",
    },
    {"id": "e22", "kind": "note", "what": "quarantined", "text": "4 rows were quarantined (negative spend)."},
]


def pottery(locale: str = "en_GB", currency: str | None = "EUR") -> Evidence:
    """The evidence of the school's week of 10 March 2025."""
    items = [EvidenceItem.model_validate(item) for item in ITEMS]
    return Evidence(
        client="Pottery School", currency=currency, locale=locale, today=dt.date(2025, 3, 17), items=tuple(items)
    )
