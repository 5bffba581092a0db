"""Eleven exports of one invented client over three weeks, as its platforms would give them, and what happened in them.

Google Ads (daily, UTF-16, tab, title and range above the header), Meta (daily, UTF-8), Shopify (sales by product).
What happens: late conversions up to weeks old, the export's own day is partial, one campaign gets a new name in a file
that begins later, one a corrected spelling, paused campaigns are filtered out, one export is partial and the next heals
it, a return changes a shop day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

Key = tuple[dt.date, str]
Figures = tuple[float, int, int, float, float]
"""spend, impressions, clicks, conversions, revenue"""

START = dt.date(2026, 2, 1)
GOOGLE = (
    "Brand",
    "Generic Kettles",
    "Shopping All",
    "Kettel Launch",
    "Winter Sale",
    "Video Intro",
    "Remarketing",
    "Competitors",
)
META = ("Broad Prospecting", "Retargeting 30d", "Catalogue")
PRODUCTS = (("Copper Kettle", "CK-1"), ("Steel Kettle", "SK-1"), ("Tea Strainer", "TS-9"))


@dataclass
class Sequence:
    """The files, oldest first, and the truth of the advertising figures per file: (platform, rows)."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    told: list[tuple[str, str, dict[Key, Figures]]] = field(default_factory=list)


def build() -> Sequence:
    made = Sequence()
    exports = (
        dt.date(2026, 4, 16),
        dt.date(2026, 4, 22),
        dt.date(2026, 4, 29),
        dt.date(2026, 4, 30),
        dt.date(2026, 5, 6),
    )
    for number, as_of in enumerate(exports):
        rows = _google(as_of, number)
        made.told.append((f"google_{number}.csv", "google_ads", rows))
        made.files.append((f"google_{number}.csv", _google_csv(rows)))
        if number < 3:
            rows = _meta(as_of, number)
            made.told.append((f"meta_{number}.csv", "meta_ads", rows))
            made.files.append((f"meta_{number}.csv", _meta_csv(rows)))
            made.files.append((f"shop_{number}.csv", _shop_csv(as_of, number)))
    return made


def figures(day: dt.date, campaign: str, as_of: dt.date) -> Figures:
    """What the platform says of a day when asked on `as_of`: conversions come late, the day itself is half over."""
    seed = (day.toordinal() * 31 + sum(map(ord, campaign))) % 97
    part = 0.5 if day == as_of else 1.0
    late = sum((as_of - day).days >= lag for lag in (3, 9, 40)) if seed % 5 == 0 else 3
    conversions = float(seed % 4 + late)
    spend = round((12.0 + seed * 0.37) * part, 2)
    return spend, int((900 + 13 * seed) * part), int((20 + seed) * part), conversions, round(conversions * 61.5, 2)


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def _google(as_of: dt.date, number: int) -> dict[Key, Figures]:
    begin = START if number == 0 else dt.date(2026, 3, 1)
    rows = {}
    for day in _days(begin, as_of):
        for campaign in GOOGLE:
            if campaign == "Winter Sale" and day > dt.date(2026, 3, 22):
                continue
            if campaign == "Winter Sale" and number in (1, 2):
                continue  # filtered: paused campaigns are not shown
            if number == 2 and campaign in ("Video Intro", "Remarketing", "Competitors"):
                continue  # the partial one
            name = campaign
            if campaign == "Generic Kettles" and number >= 1:
                name = "UK | Generic"  # a new name, from the second export on
            if campaign == "Kettel Launch" and number >= 3:
                name = "Kettle Launch"  # a corrected spelling, from the fourth on
            rows[day, name] = figures(day, campaign, as_of)
    return rows


def _meta(as_of: dt.date, number: int) -> dict[Key, Figures]:
    begin = as_of - dt.timedelta(days=29)
    return {(day, c): figures(day, c, as_of) for day in _days(begin, as_of) for c in META}


def _google_csv(rows: dict[Key, Figures]) -> bytes:
    first, last = min(rows)[0], max(rows)[0]
    lines = ["Campaign report", f"{first:%-d %B %Y} - {last:%-d %B %Y}"]
    lines.append(
        "\t".join(["Day", "Campaign", "Currency code", "Clicks", "Impr.", "Cost", "Conversions", "Conv. value"])
    )
    for (day, name), (spend, shown, clicks, conversions, value) in rows.items():
        cells = [
            f"{day}",
            name,
            "EUR",
            f"{clicks:,}",
            f"{shown:,}",
            f"{spend:,.2f}",
            f"{conversions:.2f}",
            f"{value:,.2f}",
        ]
        lines.append("\t".join(cells))
    return ("\n".join(lines) + "\n").encode("utf-16")


def _meta_csv(rows: dict[Key, Figures]) -> bytes:
    lines = ["Campaign name,Day,Amount spent (EUR),Impressions,Link clicks,Purchases,Purchases conversion value"]
    lines += [f'"{c}",{d},{s},{i},{k},{n:g},{v}' for (d, c), (s, i, k, n, v) in rows.items()]
    return "\n".join(lines).encode("utf-8-sig")


def _shop_csv(as_of: dt.date, number: int) -> bytes:
    lines = ['"Day","Product title","Product variant SKU","Net items sold","Gross sales","Discounts","Returns","Net sales",'
             '"Taxes","Total sales","Orders"']  # fmt: skip
    for day in _days(as_of - dt.timedelta(days=14), as_of):
        for title, sku in PRODUCTS:
            sold = (day.toordinal() + len(title)) % 4 + 1
            back = -49.0 if day == dt.date(2026, 4, 10) and number > 0 and sku == "CK-1" else 0.0
            gross = 49.0 * sold
            lines.append(f'"{day}","{title}","{sku}",{sold},{gross},0,{back},{gross + back},0,{gross + back},{sold}')
    return "\n".join(lines).encode()


def plain_totals(made: Sequence) -> dict[tuple[str, str], float]:
    """Spend per platform and month, newest value per key, vanished kept, under the names as stated."""
    known: dict[tuple[str, Key], float] = {}
    for _, platform, rows in made.told:
        known |= {(platform, key): value[0] for key, value in rows.items()}
    return _by_month(known)


def plain_totals_resolved(made: Sequence) -> dict[tuple[str, str], float]:
    """The same with the two renames known."""
    now = {"Generic Kettles": "UK | Generic", "Kettel Launch": "Kettle Launch"}
    known: dict[tuple[str, Key], float] = {}
    for _, platform, rows in made.told:
        known |= {(platform, (day, now.get(name, name))): value[0] for (day, name), value in rows.items()}
    return _by_month(known)


def _by_month(known: dict[tuple[str, Key], float]) -> dict[tuple[str, str], float]:
    sums: dict[tuple[str, str], float] = {}
    for (platform, (day, _)), spend in known.items():
        place = (platform, f"{day:%Y-%m}")
        sums[place] = sums.get(place, 0.0) + spend
    return {place: round(value, 2) for place, value in sums.items()}
