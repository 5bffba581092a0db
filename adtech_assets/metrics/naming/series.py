"""What rows say about two names of campaigns: one series whose rows are now under one name, now under the other, or two
campaigns that run side by side or one after the other.

One series: on no day do both names have a row for the same ad set (and whatever else the file tells apart), and around
each day of the rare name the other one runs there, before and after. Belongs here: evidence from rows. Does not: how
alike names are (`slips`), and what to do about it (`names`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from adtech_assets.settings import Names

_OWNER = ("platform", "account")
_PARTS = ("adset", "ad", "device", "country", "channel", "location", "audience", "creative_type", "creative_message")
_GRAINS: tuple[tuple[str, ...], ...] = (
    (), ("adset",), ("ad",), ("country",), ("device",), ("channel",), ("location",), ("audience",),
    ("adset", "ad"), ("adset", "country"), ("adset", "device"), ("adset", "channel"), ("adset", "audience"),
    ("adset", "location"), ("country", "device"), ("country", "channel"), ("device", "channel"),
    ("adset", "ad", "country"), ("adset", "ad", "device"), ("adset", "ad", "channel"), _PARTS,
)  # fmt: skip
"""What may tell the rows of one campaign and day apart, from coarse to fine: the first that does is the file's grain.
Where the files state ad sets these always count: a slip changes no ad set."""
_KEPT = ("adset", "country", "device", "channel", "audience")
"""A slip in the name leaves these as the campaign has them on other days."""

_MOST_UNITS = 2**62
Pair = tuple[str, str]


class Observed:
    """The rows of some names, counted by everything the files tell apart. `rows` needs `campaign` and `date`."""

    def __init__(self, rows: pl.DataFrame, names: Mapping[str, str], settings: Names) -> None:
        """`names`: spelling -> name, of the names to look at; rows of other names only tell which days there are."""
        self._settings = settings
        self._parts = [c for c in _PARTS if c in rows.columns and rows.get_column(c).count()]
        span = pl.col("last_day") - pl.col("date") if "last_day" in rows.columns else pl.lit(0)
        size = next((pl.col(c) for c in ("spend", "impressions") if c in rows.columns), pl.lit(None, pl.Float64))
        upload = pl.col("upload_id") if "upload_id" in rows.columns else pl.lit("")
        owner = [c for c in _OWNER if c in rows.columns]
        dated = rows.lazy().filter(pl.col("date").is_not_null())
        on = ["span", *owner]
        days = dated.select(span.alias("span"), *owner, "date").unique().collect()
        days = days.with_columns(
            pl.col("date").rank("dense").over(on).cast(pl.Int32).alias("day"),
            pl.struct(on).rank("dense").cast(pl.Int64).alias("owner"),
        )
        self._name = pl.Enum(sorted(set(names.values())))
        coded = [pl.col(c).cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1) + 1 for c in self._parts]
        self.cells = (
            dated.filter(pl.col("campaign").is_in(list(names)))
            .select(
                pl.col("campaign").replace_strict(names, return_dtype=self._name).alias("name"),
                upload.cast(pl.Categorical).to_physical().cast(pl.Int64).alias("upload"),
                span.alias("span"),
                *owner,
                "date",
                size.alias("size"),
                *coded,
            )
            .join(days.lazy(), on=[*on, "date"], nulls_equal=True)
            .select("name", "owner", "upload", "day", "size", *self._parts)
            .collect()
        )
        self._last_day = dict(days.group_by("owner").agg(pl.col("day").max()).iter_rows())

    def rename(self, merged: Mapping[str, str]) -> None:
        """Let some names be others from now on."""
        old = pl.Series(list(merged), dtype=self._name)
        new = pl.Series(list(merged.values()), dtype=self._name)
        self.cells = self.cells.with_columns(pl.col("name").replace(old, new))

    def judge(self, pairs: Iterable[Pair]) -> pl.DataFrame:
        """What speaks for each (rare, known) pair: rare, known, apart (side by side, or nowhere near each other),
        around (share of the rare name's days that the known one runs before and after), presence (how much of the days
        around it runs), run (longest run of days), fits (its size and its ad sets, countries, ... are the known one's). One
        row a pair; none for names whose rows nothing tells apart."""
        asked = pl.DataFrame(list(pairs), schema={"rare": self._name, "known": self._name}, orient="row")
        grains = self._grains(asked["known"].unique().to_list())
        found = [self._judge(asked.filter(pl.col("known").is_in(known)), grain) for grain, known in grains.items()]
        if not found:
            return asked.clear()
        return pl.concat(found).with_columns(pl.col("rare", "known").cast(pl.String)).sort("rare", "known")

    def _grains(self, names: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
        """Grain -> the names whose rows it tells apart; names that no grain does are in none."""
        left, found = self.cells.filter(pl.col("name").is_in(names)), dict[tuple[str, ...], list[str]]()
        seen = set[tuple[str, ...]]()
        for grain in _GRAINS:
            stated = tuple(c for c in grain if c in self._parts)
            if "adset" in self._parts and "adset" not in stated:
                stated = ("adset", *stated)
            if left.is_empty() or stated in seen:
                continue
            seen.add(stated)
            keys = left.select("name", _combined(left, ["owner", "upload", "day", *stated]).alias("key"))
            alone = keys.group_by("name").agg((pl.col("key").n_unique() / pl.len()).alias("share"))
            told = alone.filter(pl.col("share") >= self._settings.one_row_share)["name"].to_list()
            if told:
                found[stated] = sorted(told)
                left = left.filter(~pl.col("name").is_in(told))
        return found

    def _judge(self, pairs: pl.DataFrame, grain: tuple[str, ...]) -> pl.DataFrame:
        names = pl.concat([pairs["rare"], pairs["known"]]).unique().to_list()
        named = self.cells.filter(pl.col("name").is_in(names))
        moved = self._moved(pairs, named)
        named = named.select(
            "name", "upload", "owner", "day", "size", _combined(named, ["owner", *grain]).alias("unit")
        )
        rare = pairs.join(named, left_on="rare", right_on="name")
        places = pl.concat([rare.select(pl.col(c).alias("name"), "unit") for c in pairs.columns]).unique()
        there = named.join(places, on=["name", "unit"], how="semi")
        key = ["upload", "unit", "day"]
        beside = rare.join(there, left_on=["known", *key], right_on=["name", *key], how="semi")
        near = rare.join(
            named.select("name", "owner").unique(), left_on=["known", "owner"], right_on=["name", "owner"], how="semi"
        )
        return (
            self._around(rare, there, named if grain else named.clear())
            .join(_longest_runs(rare), on=["rare", "known"], how="left")
            .join(self._sizes(rare, there), on=["rare", "known"], how="left")
            .join(_flag(beside, "beside"), on=["rare", "known"], how="left")
            .join(_flag(near, "near"), on=["rare", "known"], how="left")
            .with_columns((pl.col("beside").fill_null(False) | ~pl.col("near").fill_null(False)).alias("apart"))
            .join(moved, on=["rare", "known"], how="left")
            .with_columns(pl.col("fits") & pl.col("moved").is_null())
            .select("rare", "known", "apart", "around", "presence", "run", "fits")
        )

    def _moved(self, pairs: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
        """`moved`, for pairs of which the rare name has an ad set, a country, ... that the known one never has."""
        found = [pairs.clear()]
        for column in (c for c in _KEPT if c in self._parts):
            values = named.select("name", column).unique()
            own = pairs.join(values, left_on="rare", right_on="name")
            new = own.join(values, left_on=["known", column], right_on=["name", column], how="anti")
            found.append(new.select("rare", "known"))
        return _flag(pl.concat(found), "moved")

    def _around(self, rare: pl.DataFrame, there: pl.DataFrame, elsewhere: pl.DataFrame) -> pl.DataFrame:
        """`around` and `presence` of each pair."""
        window = self._settings.window_days
        steps = pl.DataFrame({"step": [s for s in range(-window, window + 1) if s]}, schema={"step": pl.Int32})
        own = rare.select("rare", "known", "owner", "unit", "day").unique()
        runs = there.select("name", "unit", "day").unique()
        near = (
            own.join(steps, how="cross")
            .with_columns((pl.col("day") + pl.col("step")).alias("near"))
            .filter(
                (pl.col("near") >= 1)
                & (pl.col("near") <= pl.col("owner").replace_strict(self._last_day, return_dtype=pl.Int32))
            )
            .join(runs, left_on=["rare", "unit", "near"], right_on=["name", "unit", "day"], how="anti")
            .join(
                runs.with_columns(pl.lit(True).alias("runs")),
                left_on=["known", "unit", "near"],
                right_on=["name", "unit", "day"],
                how="left",
            )
        )
        running = pl.col("runs").fill_null(False)
        days = near.group_by("rare", "known", "unit", "day").agg(
            (running & (pl.col("step") < 0)).any().alias("before"),
            (running & (pl.col("step") > 0)).any().alias("after"),
            running.mean().alias("presence"),
        )
        # Elsewhere in the same campaign the known name has rows of the very day: one side is then enough.
        days_at = own.select(pl.col("known").alias("name"), "owner", "day").unique()
        alive = elsewhere.join(days_at, on=["name", "owner", "day"], how="semi").select("name", "owner", "day").unique()
        alive = alive.with_columns(pl.lit(True).alias("alive"))
        told = own.join(days, on=["rare", "known", "unit", "day"], how="left").join(
            alive, left_on=["known", "owner", "day"], right_on=["name", "owner", "day"], how="left"
        )
        before, after = pl.col("before").fill_null(False), pl.col("after").fill_null(False)
        around = (before & after) | ((before | after) & pl.col("alive").fill_null(False))
        return told.group_by("rare", "known").agg(
            around.mean().alias("around"), (around * pl.col("presence").fill_null(0.0)).mean().alias("presence")
        )

    def _sizes(self, rare: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
        """`fits`: the rare name's mean size a row lies near the range of the known one's rows."""
        ranges = there.group_by("name").agg(pl.col("size").min().alias("least"), pl.col("size").max().alias("most"))
        own = rare.group_by("rare", "known").agg(pl.col("size").mean().alias("mean"))
        factor = self._settings.size_ratio
        fits = (pl.col("mean") * factor >= pl.col("least")) & (pl.col("mean") <= pl.col("most") * factor)
        return own.join(ranges, left_on="known", right_on="name").select(
            "rare", "known", fits.fill_null(True).alias("fits")
        )

    def collide(self, merged: Mapping[str, str]) -> set[str]:
        """Those of several names that would join one name which have a row in the same place and day as another."""
        joining = pl.DataFrame(list(merged.items()), schema={"name": self._name, "into": self._name}, orient="row")
        found = set[str]()
        for grain, known in self._grains(sorted(set(merged.values()))).items():
            key = ["into", "owner", "upload", "day", *grain]
            rows = self.cells.join(joining.filter(pl.col("into").is_in(known)), on="name").select("name", *key).unique()
            found |= set(rows.filter(pl.len().over(key) > 1)["name"])
        return found


def _combined(frame: pl.DataFrame, columns: list[str]) -> pl.Expr:
    """One number for the whole numbers of several columns; the number itself means nothing."""
    combined, reach = pl.lit(0, pl.Int64), 1
    for column in columns:
        most = int(str(frame.get_column(column).max() or 0)) + 1
        reach *= most
        if reach > _MOST_UNITS:
            return pl.struct(columns).rank("dense").cast(pl.Int64)
        combined = combined * most + pl.col(column).cast(pl.Int64)
    return combined


def _flag(pairs: pl.DataFrame, name: str) -> pl.DataFrame:
    return pairs.select("rare", "known").unique().with_columns(pl.lit(True).alias(name))


def _longest_runs(rare: pl.DataFrame) -> pl.DataFrame:
    """`run` of each pair: most days in a row that the rare name has in one place."""
    days = rare.select("rare", "known", "unit", "day").unique().sort("rare", "known", "unit", "day")
    place = pl.int_range(pl.len()).over("rare", "known", "unit")
    runs = days.group_by("rare", "known", "unit", (pl.col("day") - place).alias("start")).agg(pl.len().alias("run"))
    return runs.group_by("rare", "known").agg(pl.col("run").max())
