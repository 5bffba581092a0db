"""Daily weather beside the figures: Open-Meteo's archive, or a simulated provider that says so.

Belongs here: where weather comes from. Does not: what it did to the figures.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adtech_assets.lake import write_atomic
from adtech_assets.settings import Weather


class WeatherUnavailable(RuntimeError):
    """The weather could not be fetched; the report goes on without it."""


@dataclass(frozen=True)
class WeatherDay:
    """One day at one place: mean temperature in degrees Celsius, precipitation in mm; None = unknown."""

    date: dt.date
    t_mean: float | None
    precipitation_mm: float | None
    simulated: bool


# Upper ends of the mean temperature in degrees Celsius, and lower ends of the week's precipitation in mm.
_WARMTH = ((0.0, "freezing"), (8.0, "cold"), (16.0, "mild"), (23.0, "warm"), (math.inf, "hot"))
_RAIN = ((25.0, "wet"), (5.0, "rainy"))


def describe(days: Sequence[WeatherDay]) -> str:
    """The weather of some days in a few words, such as "cold, rainy days"; '' where nothing is known of them."""
    warmth = [day.t_mean for day in days if day.t_mean is not None]
    wet = [day.precipitation_mm for day in days if day.precipitation_mm is not None]
    words = []
    if warmth:
        words.append(next(word for below, word in _WARMTH if sum(warmth) / len(warmth) < below))
    if wet:
        words.append(next((word for least, word in _RAIN if sum(wet) >= least), "dry"))
    return f"{', '.join(words)} days" if words else ""


class WeatherProvider(Protocol):
    """Where weather comes from."""

    def days(
        self, place: str | None, latitude: float | None, longitude: float | None, start: dt.date, end: dt.date
    ) -> list[WeatherDay]:
        """The days from start to end inclusive, by date. WeatherUnavailable if they cannot be had."""
        ...


@dataclass(frozen=True)
class SimulatedWeather:
    """Plausible weather of a temperate northern place, the same for the same place and date; marked simulated."""

    mean: float = 11
    season: float = 9
    warmest_day: int = 200
    daily: float = 3.5
    rainy_share: float = 0.4
    rain_mm: float = 5

    def days(
        self, place: str | None, latitude: float | None, longitude: float | None, start: dt.date, end: dt.date
    ) -> list[WeatherDay]:
        """Never fails."""
        where = place or f"{latitude},{longitude}"
        return [self._day(where, start + dt.timedelta(days=n)) for n in range((end - start).days + 1)]

    def _day(self, where: str, date: dt.date) -> WeatherDay:
        digest = hashlib.sha256(f"{where}\x1f{date.isoformat()}".encode()).digest()
        warm, wet, much = (int.from_bytes(digest[i : i + 4], "big") / 2**32 for i in (0, 4, 8))
        year = math.cos(2 * math.pi * (date.timetuple().tm_yday - self.warmest_day) / 365.25)
        rain = -self.rain_mm * math.log(1 - much) if wet < self.rainy_share else 0.0
        return WeatherDay(
            date, round(self.mean + self.season * year + self.daily * (2 * warm - 1), 1), round(rain, 1), True
        )


@dataclass(frozen=True)
class OpenMeteoWeather:
    """Open-Meteo's archive API. Answers without gaps are kept as JSON in `cache`, so that a re-run sees the same."""

    base_url: str
    timeout_seconds: float
    cache: Path | None = None

    def days(
        self, place: str | None, latitude: float | None, longitude: float | None, start: dt.date, end: dt.date
    ) -> list[WeatherDay]:
        """WeatherUnavailable without coordinates, on a network error, or on an answer that is not the API's."""
        if latitude is None or longitude is None:
            raise WeatherUnavailable(
                f"no coordinates for {place or 'the client'}: set latitude and longitude of the client in adtech.yaml"
            )
        query = {
            "latitude": f"{latitude:.4f}",
            "longitude": f"{longitude:.4f}",
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "daily": "temperature_2m_mean,precipitation_sum",
            "timezone": "auto",
        }
        kept = self._cache_file(query)
        if kept is not None and kept.is_file():
            try:
                return _read(json.loads(kept.read_text("utf-8")))
            except (ValueError, KeyError, TypeError):
                kept.unlink()  # half written by another program, or not ours: fetch again
        answer = self._fetch(query)
        try:
            days = _read(answer)
        except (ValueError, KeyError, TypeError) as error:
            raise WeatherUnavailable(f"{self.base_url} gave an answer that is not daily weather: {error!r}") from error
        if kept is not None and all(d.t_mean is not None and d.precipitation_mm is not None for d in days):
            write_atomic(kept, json.dumps({"daily": answer["daily"]}).encode())
        return days

    def _cache_file(self, query: dict[str, str]) -> Path | None:
        if self.cache is None:
            return None
        key = json.dumps([self.base_url, query], sort_keys=True)
        return self.cache / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"

    def _fetch(self, query: dict[str, str]) -> Any:
        import httpx

        try:
            response = httpx.get(self.base_url, params=query, timeout=self.timeout_seconds)
            response.raise_for_status()
            return response.json()
        except httpx.HTTPStatusError as error:
            code = error.response.status_code
            raise WeatherUnavailable(
                f"{self.base_url} answered {code}; try again later or set weather.provider"
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            raise WeatherUnavailable(f"{self.base_url} could not be read: {type(error).__name__}: {error}") from error


def _read(answer: Any) -> list[WeatherDay]:
    """The days of an answer; ValueError, KeyError or TypeError where it is something else."""
    daily = answer["daily"]
    columns = daily["time"], daily["temperature_2m_mean"], daily["precipitation_sum"]
    return [
        WeatherDay(dt.date.fromisoformat(day), None if t is None else float(t), None if p is None else float(p), False)
        for day, t, p in zip(*columns, strict=True)
    ]


def provider(settings: Weather, cache: Path | None = None) -> WeatherProvider | None:
    """The provider that the settings name; None if weather is off. `cache`: folder for fetched answers."""
    makers: dict[str, Callable[[], WeatherProvider | None]] = {
        "simulated": SimulatedWeather,
        "open_meteo": lambda: OpenMeteoWeather(settings.base_url, settings.timeout_seconds, cache),
        "off": lambda: None,
    }
    return makers[settings.provider]()
