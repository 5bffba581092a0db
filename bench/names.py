"""How many misspelt names of campaigns find home, how many names that must stay apart are merged, and what it costs.

Prints a table. `resolved`: of all rows whose name was spoilt, those that come out under their own campaign. `wrong`: pairs
of different campaigns that came out as one. Names and defects are invented, and seeded. Asserts nothing.

    python bench/names.py [--file dirty.csv] [--rows 1000000] [--names 5000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import time
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import polars as pl
import yaml

from adtech_assets.metrics.naming.names import resolve
from adtech_assets.settings import Names

FIRST = dt.date(2025, 1, 1)
DAYS = 90
NAMES = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
CLEAN: list[str] = NAMES["clean"]
PAIRS: list[tuple[str, str]] = [(one, other) for one, other in NAMES["apart"]]
GRAINS: dict[str, list[dict[str, str]]] = {
    "campaign": [{}],
    "ad sets": [{"adset": f"Adset-{i}"} for i in range(1, 5)],
    "ad sets x country": [{"adset": f"Adset-{i}", "country": c} for i in (1, 2) for c in ("US", "DE", "FR")],
    "device": [{"device": d} for d in ("Mobile", "Desktop", "Tablet")],
}
LOOKS = (
    str.lower,
    str.upper,
    lambda n: n.replace(" ", "_"),
    lambda n: n.replace(" ", "  "),
    lambda n: n.replace(" ", "-"),
)


def spoil(name: str, rng: random.Random) -> str:
    """A name with one slip among its letters, and perhaps another look."""
    letters = [i for i, c in enumerate(name) if c.isalpha() and c.isascii()]
    at = rng.choice(letters)
    slip = rng.choice(["drop", "dash", "blank", "double", "swap", "replace", "join"])
    gaps = [
        i for i, c in enumerate(name) if c == " " and not name[i - 1].isdigit() and not name[i + 1 : i + 2].isdigit()
    ]
    if slip == "drop":
        name = name[:at] + name[at + 1 :]
    elif slip in ("dash", "blank"):
        name = name[:at] + ("-" if slip == "dash" else " ") + name[at + 1 :]
    elif slip == "double":
        name = name[:at] + name[at] + name[at:]
    elif slip == "swap" and at + 1 in letters:
        name = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    elif slip == "replace":
        name = name[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + name[at + 1 :]
    elif slip == "join" and gaps:
        at = rng.choice(gaps)
        name = name[:at] + name[at + 1 :]
    return rng.choice(LOOKS)(name) if rng.random() < 0.3 else name


def rows_of(name: str, days: Iterable[int], grain: str, rng: random.Random) -> list[dict[str, object]]:
    """A row a day and part, with figures of its own size."""
    base = rng.lognormvariate(5, 0.5)
    return [
        {
            "campaign": name,
            "truth": name,
            "date": FIRST + dt.timedelta(days=day),
            "spend": round(base * rng.lognormvariate(0, 0.5), 2),
            **part,
        }
        for day in days
        for part in GRAINS[grain]
    ]


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    extra = {c: None for c in ("adset", "country", "device") if not any(c in r for r in rows)}
    made = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.lit("google_ads").alias("platform"), pl.lit("Search").alias("channel"), pl.lit(None, pl.String).alias("account"),
        *(pl.lit(v, pl.String).alias(c) for c, v in extra.items()),
    )  # fmt: skip
    return made if "upload_id" in made.columns else made.with_columns(pl.lit("u1").alias("upload_id"))


def dirty(grain: str, share: float, seed: int, split: bool = False) -> pl.DataFrame:
    """Known campaigns; a share of their rows is spoilt. `split`: a file a day instead of one."""
    rng = random.Random(seed)
    rows = [row for name in CLEAN for row in rows_of(name, range(DAYS), grain, rng)]
    for row in rows:
        if split:
            row["upload_id"] = str(row["date"])
        if rng.random() < share:
            row["campaign"] = spoil(str(row["campaign"]), rng)
        elif rng.random() < 0.2:
            row["campaign"] = rng.choice(LOOKS)(str(row["campaign"]))
    return frame(rows)


def arrangements(one: str, other: str, grain: str, seed: int) -> dict[str, pl.DataFrame]:
    """Rows of two campaigns in the ways campaigns run."""
    rng, half = random.Random(seed), DAYS // 2
    few = sorted(rng.sample(range(5, DAYS - 5), 5))
    days = {
        "side by side": (range(DAYS), range(DAYS)),
        "one after the other": (range(half), range(half, DAYS)),
        "the second for 3 days after": (range(DAYS - 3), range(DAYS - 3, DAYS)),
        "the second for 1 day after": (range(DAYS - 1), range(DAYS - 1, DAYS)),
        "the second for 3 days before": (range(3, DAYS), range(3)),
        "the second beside on 5 days": (range(DAYS), few),
        "week about": ([d for d in range(DAYS) if d // 7 % 2], [d for d in range(DAYS) if not d // 7 % 2]),
        "the second in a pause of 3 days": ([d for d in range(DAYS) if not 40 <= d < 43], range(40, 43)),
        "the second in pauses of 1 day": ([d for d in range(DAYS) if d not in few], few),
    }
    return {
        name: frame(rows_of(one, first, grain, rng) + rows_of(other, second, grain, rng))
        for name, (first, second) in days.items()
    }


def score_dirty(title: str, rows: pl.DataFrame) -> None:
    started = time.perf_counter()
    out, table = resolve(rows)
    seconds = time.perf_counter() - started
    home = dict(out.group_by("truth").agg(pl.col("campaign").mode().sort().first()).iter_rows())
    truths = out.group_by("campaign").agg(pl.col("truth").unique())["truth"].to_list()
    wrong = {pair for group in truths for pair in combinations(sorted(group), 2)}
    spoilt = out.with_columns(resolve_letters(rows).alias("plain")).filter(
        pl.col("plain") != pl.col("truth").replace(home)
    )
    resolved = (spoilt["campaign"] == spoilt["truth"].replace(home)).mean()
    listed = table.filter(dimension="campaign", how="suggested").height
    before, after = rows["campaign"].n_unique(), out["campaign"].n_unique()
    print(f"{title:44} {before:6} {after:6} {resolved or 0:9.1%} {len(wrong):6} {listed:9} {seconds:7.2f}")


def resolve_letters(rows: pl.DataFrame) -> pl.Series:
    """The campaigns with only the same letters resolved."""
    return resolve(rows, settings=Names(fuzzy=False))[0]["campaign"]


def score_apart() -> None:
    """Pairs merged, each pair in both orders, by grain and by how they run."""
    print(f"\n{len(PAIRS)} pairs of campaigns that must stay apart, each both ways; merged, by how they run")
    print(f"{'':34}" + "".join(f"{grain:>20}" for grain in GRAINS))
    merged: dict[tuple[str, str], list[str]] = {}
    for grain in GRAINS:
        for place, pair in enumerate(PAIRS):
            for one, other in (pair, pair[::-1]):
                for way, rows in arrangements(one, other, grain, place).items():
                    found = merged.setdefault((way, grain), [])
                    if resolve(rows)[0]["campaign"].n_unique() == 1:
                        found.append(f"{one} / {other}")
    for way in dict.fromkeys(way for way, _ in merged):
        print(f"{way:34}" + "".join(f"{len(merged[way, g]):13} of {2 * len(PAIRS)}" for g in GRAINS))
    for name in sorted({name for names in merged.values() for name in names}):
        print("   merged:", name, "|", ", ".join(sorted({way for (way, _), names in merged.items() if name in names})))


def large(rows: int, campaigns: int, slips: int) -> pl.DataFrame:
    """Many rows of a year by ad set, with `slips` rows misspelt."""
    rng = random.Random(5)
    words = [
        "Alpine",
        "Breeze",
        "Cotton",
        "Denim",
        "Essential",
        "Fresh",
        "Garden",
        "Heritage",
        "Indigo",
        "Jersey",
        "Knit",
        "Linen",
        "Modal",
        "Nylon",
    ]
    clean = sorted({" ".join(rng.sample(words, 4)) for _ in range(campaigns * 2)})[:campaigns]
    names = [clean[i % campaigns] for i in range(rows)]
    for at in rng.sample(range(rows), slips):
        names[at] = spoil(names[at], rng)
    number = pl.int_range(rows, eager=True)
    return pl.DataFrame({"campaign": names}).with_columns(
        pl.lit("u1").alias("upload_id"),
        pl.lit("google_ads").alias("platform"),
        pl.lit("Search").alias("channel"),
        (pl.lit(FIRST) + pl.duration(days=number // campaigns % 365)).alias("date"),
        pl.format("Ad set {}", number // campaigns // 365).alias("adset"),
        (number % 97 + 1.0).alias("spend"),
    )


def timing(rows: int, names: int) -> None:
    """Seconds, with and without looking for slips."""
    for campaigns, slips in ((100, 0), (names, 0), (100, rows // 1000), (100, rows // 100)):
        made = large(rows, campaigns, slips)
        seconds = []
        for settings in (Names(fuzzy=False), Names()):
            started = time.perf_counter()
            out, _ = resolve(made, settings=settings)
            seconds.append(time.perf_counter() - started)
        before, after = made["campaign"].n_unique(), out["campaign"].n_unique()
        print(
            f"{rows:,} rows, {campaigns:,} campaigns, {slips:,} rows misspelt: {before:,} -> {after:,} names; "
            f"same letters only {seconds[0]:.2f} s, with slips {seconds[1]:.2f} s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, help="an export whose campaigns are misspelt")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--names", type=int, default=5_000)
    parser.add_argument("--quick", action="store_true", help="without the pairs that must stay apart")
    args = parser.parse_args()
    if args.file:
        from adtech_assets.exports.reader import read_export

        rows = read_export(args.file.read_bytes()).rows
        out, table = resolve(rows)
        print(f"{args.file.name}: {rows['campaign'].n_unique()} spellings -> {out['campaign'].n_unique()} campaigns")
        for name, count in out.group_by("campaign").len().sort("campaign").iter_rows():
            print(f"   {count:6} rows  {name}")
        print(table.filter(dimension="campaign")["how"].value_counts().sort("how").rows(), "\n")
    print(
        f"{'campaigns with misspelt rows':44} {'before':>6} {'after':>6} {'resolved':>9} {'wrong':>6} {'suggested':>9} {'s':>7}"
    )
    for grain in GRAINS:
        for share in (0.02, 0.1, 0.2):
            score_dirty(f"by {grain}, {share:.0%} of rows", dirty(grain, share, 1))
    score_dirty("by ad sets, 10% of rows, a file a day", dirty("ad sets", 0.1, 2, split=True))
    if not args.quick:
        score_apart()
    print()
    timing(args.rows, args.names)


if __name__ == "__main__":
    main()
