"""Popular anomaly detectors, each as a practitioner would write it by its documentation, on daily campaign data.

What they share: the days of a campaign filled up with zeros, and one reading of what is strange: spend up is a spend
spike, spend gone an exhausted budget, conversions down a performance drop, revenue up a revenue spike, CTR down a CTR
decline. The project's own detector is not here. As a script it runs them in an environment of their own
(peers-requirements.txt):

    python bench/anomaly_peers.py DATA_FOLDER OUT_FOLDER [--only "rolling z 28" ...]

writes OUT_FOLDER/<peer>/<x>.csv for each <x>.csv with labels, and OUT_FOLDER/seconds.json (null: not installed).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Finding = dict[str, Any]

COUNTED = ("spend", "impressions", "clicks", "conversions", "revenue")
METRICS = ("spend", "conversions", "revenue", "ctr")
#: Share of days that a forest calls strange, and that ECOD does.
FOREST_SHARE, ECOD_SHARE = 0.05, 0.02
#: Makes a MAD comparable to a standard deviation.
NORMAL_MAD = 1.4826
WEEK = 7
#: Weeks behind a context feature; a campaign with fewer days gets no STL, ECOD or AutoETS.
CONTEXT_WEEKS, SHORTEST = 4, 21
INTERVAL = 99.9


@dataclass(frozen=True)
class Series:
    """One campaign, every day between its first and last row; CTR is the last known one on days without impressions."""

    campaign: str
    first: dt.date
    values: dict[str, Floats]

    def finding(self, at: int, metric: str, kind: str, score: float) -> Finding:
        date = self.first + dt.timedelta(at)
        return {"campaign": self.campaign, "date": date, "metric": metric, "kind": kind, "score": float(score)}


def series_of(frame: pl.DataFrame) -> Iterator[Series]:
    for (name,), rows in frame.sort("date").partition_by("campaign", as_dict=True, maintain_order=True).items():
        daily = rows.select("date", *COUNTED).upsample("date", every="1d").with_columns(pl.col(COUNTED).fill_null(0))
        seen = pl.when(pl.col("impressions") > 0).then(pl.col("clicks") / pl.col("impressions"))
        daily = daily.with_columns(ctr=seen.forward_fill().fill_null(0))
        values = {metric: daily[metric].to_numpy().astype(float) for metric in (*COUNTED, "ctr")}
        yield Series(str(name), daily["date"][0], values)


def read(series: Series, metric: str, z: Floats, limit: float) -> list[Finding]:
    """Days whose score is past the limit to the side that has a name."""
    if metric == "spend":
        gone = series.values["spend"] == 0
        named = [("spend_spike", z > limit), ("budget_exhaustion", (z < -limit) & gone)]
    else:
        down = {"conversions": "performance_drop", "ctr": "ctr_decline"}.get(metric)
        named = [(down, z < -limit)] if down else [("revenue_spike", z > limit)]
    return [series.finding(int(at), metric, kind, abs(z[at])) for kind, days in named for at in np.flatnonzero(days)]


def read_strangest(series: Series, strange: NDArray[np.bool_], z: dict[str, Floats]) -> list[Finding]:
    """Flagged days, each named by the metric that is farthest from the campaign's mean."""
    metrics = list(z)
    farthest = np.argmax(np.abs(np.stack([z[m] for m in metrics])), axis=0)
    found = []
    for number, metric in enumerate(metrics):
        found += read(series, metric, np.where(strange & (farthest == number), z[metric], 0), 0.0)
    return found


def standard(values: Floats) -> Floats:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def rolling_z(frame: pl.DataFrame, window: int, limit: float) -> list[Finding]:
    """Distance to the mean of the days before, in their standard deviations."""
    found = []
    for series in series_of(frame):
        for metric in METRICS:
            before = pl.Series(series.values[metric]).shift(1)
            mean = before.rolling_mean(window, min_samples=window // 2).to_numpy()
            spread = before.rolling_std(window, min_samples=window // 2).to_numpy()
            with np.errstate(divide="ignore", invalid="ignore"):
                z = np.where(spread > 0, (series.values[metric] - mean) / spread, 0.0)
            found += read(series, metric, np.nan_to_num(z), limit)
    return found


def stl_mad(frame: pl.DataFrame, limit: float) -> list[Finding]:
    """Residuals of a robust STL with a weekly season, in MADs."""
    stl = importlib.import_module("statsmodels.tsa.seasonal").STL
    found = []
    for series in series_of(frame):
        for metric in METRICS:
            values = series.values[metric]
            if len(values) < SHORTEST or values.std() == 0:
                continue
            residual = stl(values, period=WEEK, robust=True).fit().resid
            residual = residual - np.median(residual)
            spread = NORMAL_MAD * np.median(np.abs(residual))
            if spread > 0:
                found += read(series, metric, residual / spread, limit)
    return found


def forest_raw(frame: pl.DataFrame) -> list[Finding]:
    """One IsolationForest over the account, on spend and conversions as they are."""
    forest = importlib.import_module("sklearn.ensemble").IsolationForest
    every = list(series_of(frame))
    features = np.concatenate([np.stack([s.values["spend"], s.values["conversions"]], axis=1) for s in every])
    strange = forest(contamination=FOREST_SHARE, random_state=0).fit_predict(features) == -1
    found, at = [], 0
    for series in every:
        days = len(series.values["spend"])
        z = {metric: standard(series.values[metric]) for metric in ("spend", "conversions")}
        found += read_strangest(series, strange[at : at + days], z)
        at += days
    return found


def forest_per_campaign(frame: pl.DataFrame) -> list[Finding]:
    """An IsolationForest for each campaign, on all its metrics."""
    forest = importlib.import_module("sklearn.ensemble").IsolationForest
    found = []
    for series in series_of(frame):
        z = {metric: standard(series.values[metric]) for metric in METRICS}
        features = np.stack([series.values[metric] for metric in (*COUNTED, "ctr")], axis=1)
        strange = forest(contamination=FOREST_SHARE, random_state=0).fit_predict(features) == -1
        found += read_strangest(series, strange, z)
    return found


def ecod_context(frame: pl.DataFrame) -> list[Finding]:
    """ECOD over the account, on logarithms of each metric against the median of the last four such weekdays."""
    ecod = importlib.import_module("pyod.models.ecod").ECOD
    every = [series for series in series_of(frame) if len(series.values["spend"]) >= SHORTEST]
    contexts = [{metric: standard(_against_weekday(s.values[metric])) for metric in METRICS} for s in every]
    features = np.concatenate([np.stack(list(context.values()), axis=1) for context in contexts])
    strange = ecod(contamination=ECOD_SHARE).fit(features).labels_ == 1
    found, at = [], 0
    for series, context in zip(every, contexts, strict=True):
        days = len(series.values["spend"])
        found += read_strangest(series, strange[at : at + days], context)
        at += days
    return found


def _against_weekday(values: Floats) -> Floats:
    earlier = pl.DataFrame([pl.Series(str(weeks), values).shift(WEEK * weeks) for weeks in range(1, CONTEXT_WEEKS + 1)])
    usual = earlier.select(pl.concat_list(pl.all()).list.drop_nulls().list.median()).to_series().to_numpy()
    tiny = max(values.mean() / 20, 1e-9)
    against: Floats = np.nan_to_num(np.log((values + tiny) / (usual + tiny)))
    return against


def auto_ets(frame: pl.DataFrame) -> list[Finding]:
    """AutoETS with a weekly season; days outside of the interval of its fitted values."""
    forecast, models = importlib.import_module("statsforecast"), importlib.import_module("statsforecast.models")
    pandas = importlib.import_module("pandas")
    every = [s for s in series_of(frame) if len(s.values["spend"]) >= SHORTEST]
    pairs = [(series, metric) for series in every for metric in METRICS if series.values[metric].std() > 0]
    found = []
    for series, metric in pairs:
        values = series.values[metric]
        days = pandas.date_range(series.first, periods=len(values))
        engine = forecast.StatsForecast(models=[models.AutoETS(season_length=WEEK)], freq="D")
        engine.forecast(
            df=pandas.DataFrame({"unique_id": "0", "ds": days, "y": values}), h=1, level=[INTERVAL], fitted=True
        )
        fitted = engine.forecast_fitted_values()
        mean = fitted["AutoETS"].to_numpy()
        half = fitted[f"AutoETS-hi-{INTERVAL}"].to_numpy() - mean
        with np.errstate(divide="ignore", invalid="ignore"):
            found += read(series, metric, np.nan_to_num((values - mean) / half), 1.0)
    return found


@dataclass(frozen=True)
class Peer:
    name: str
    #: The package it needs.
    package: str
    detect: Callable[[pl.DataFrame], list[Finding]]


PEERS = (
    Peer("AutoETS 99.9 %", "statsforecast", auto_ets),
    Peer("rolling z 28", "numpy", partial(rolling_z, window=28, limit=3.0)),
    Peer("rolling z 14", "numpy", partial(rolling_z, window=14, limit=3.0)),
    Peer("STL + MAD 6", "statsmodels", partial(stl_mad, limit=6.0)),
    Peer("STL + MAD 4", "statsmodels", partial(stl_mad, limit=4.0)),
    Peer("IsolationForest per campaign", "sklearn", forest_per_campaign),
    Peer("ECOD in context", "pyod", ecod_context),
    Peer("IsolationForest raw", "sklearn", forest_raw),
)


def write_findings(path: Path, findings: list[Finding]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["campaign", "date", "end", "metric", "kind", "score"])
        writer.writeheader()
        writer.writerows(findings)


def run(peer: Peer, data: Path, out: Path) -> float | None:
    """Seconds that the peer took over all sets of the folder, or None where its package is missing."""
    try:
        importlib.import_module(peer.package)
    except ImportError:
        return None
    seconds = 0.0
    for labels in sorted(data.glob("*.labels.json")):
        name = labels.name.replace(".labels.json", ".csv")
        frame = pl.read_csv(data / name, try_parse_dates=True)
        start = time.perf_counter()
        findings = peer.detect(frame)
        seconds += time.perf_counter() - start
        write_findings(out / peer.name / name, findings)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    taken = {
        peer.name: run(peer, options.data, options.out)
        for peer in PEERS
        if not options.only or peer.name in options.only
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "seconds.json").write_text(json.dumps(taken))


if __name__ == "__main__":
    main()
