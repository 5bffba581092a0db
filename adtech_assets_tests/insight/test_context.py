"""Holidays and weather: known days, deterministic simulation, and Open-Meteo over real HTTP on loopback."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from adtech_assets.insight.holidays import Holiday, holidays_between
from adtech_assets.insight.weather import OpenMeteoWeather, SimulatedWeather, WeatherDay, WeatherUnavailable, provider
from adtech_assets.settings import Weather

START, END = dt.date(2025, 4, 14), dt.date(2025, 4, 21)


def test_holidays_of_a_country_come_in_the_wanted_language() -> None:
    assert Holiday(dt.date(2025, 4, 18), "Karfreitag") in holidays_between("DE", None, START, END, "de")
    assert Holiday(dt.date(2025, 4, 18), "Good Friday") in holidays_between("de", "BY", START, END, "en_GB")
    assert [h.date for h in holidays_between("DE", None, START, END)] == [dt.date(2025, 4, 18), dt.date(2025, 4, 21)]


@pytest.mark.parametrize("country", [None, "", "ZZ", "nowhere"])
def test_an_unknown_country_has_no_holidays(country: str | None) -> None:
    assert holidays_between(country, "XX", START, END, "tlh") == []


def test_an_unknown_subdivision_or_language_falls_back_to_the_country() -> None:
    assert len(holidays_between("DE", "nowhere", START, END, "tlh")) == 2


def test_simulated_weather_is_the_same_for_place_and_date_and_says_that_it_is_simulated() -> None:
    weather = SimulatedWeather()
    days = weather.days("Lindenau", None, None, START, END)
    assert days == weather.days("Lindenau", 1.0, 2.0, START, END)
    assert days[2:] == weather.days("Lindenau", None, None, START + dt.timedelta(days=2), END)
    assert days != weather.days("Seehausen", None, None, START, END)
    assert [d.date for d in days] == [START + dt.timedelta(days=n) for n in range(8)]
    assert all(d.simulated and d.t_mean is not None and d.precipitation_mm is not None for d in days)
    assert all(-30 < (d.t_mean or 0) < 40 and (d.precipitation_mm or 0) >= 0 for d in days)


class Api(ThreadingHTTPServer):
    """Answers like the archive API; `answer` and `status` can be set by a test."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.queries: list[dict[str, list[str]]] = []
        self.status = 200
        self.answer: object = {
            "daily": {
                "time": ["2025-04-14", "2025-04-15"],
                "temperature_2m_mean": [9.5, 12.0],
                "precipitation_sum": [0.0, 3.2],
            }
        }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        api = self.server
        assert isinstance(api, Api)
        api.queries.append(parse_qs(urlparse(self.path).query))
        self.send_response(api.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(api.answer).encode())

    def log_message(self, *args: object) -> None:
        """Silence."""


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def client(api: Api, cache: Path | None = None) -> OpenMeteoWeather:
    return OpenMeteoWeather(f"http://127.0.0.1:{api.server_address[1]}/v1/archive", 2, cache)


TWO_DAYS = (START, START + dt.timedelta(days=1))


def test_open_meteo_is_asked_for_daily_means_and_its_answer_is_read(api: Api) -> None:
    days = client(api).days("Lindenau", 51.34, 12.37, *TWO_DAYS)
    assert days == [WeatherDay(TWO_DAYS[0], 9.5, 0.0, False), WeatherDay(TWO_DAYS[1], 12.0, 3.2, False)]
    (query,) = api.queries
    assert query["daily"] == ["temperature_2m_mean,precipitation_sum"]
    assert (query["start_date"], query["end_date"]) == (["2025-04-14"], ["2025-04-15"])


def test_a_full_answer_is_kept_and_one_with_gaps_is_asked_for_again(api: Api, tmp_path: Path) -> None:
    weather = client(api, tmp_path)
    assert weather.days(None, 1, 2, *TWO_DAYS) == weather.days(None, 1, 2, *TWO_DAYS)
    assert len(api.queries) == 1
    assert [p.suffix for p in tmp_path.iterdir()] == [".json"]
    api.answer = {"daily": {"time": ["2025-04-14"], "temperature_2m_mean": [None], "precipitation_sum": [1]}}
    assert weather.days(None, 3, 4, START, START)[0].t_mean is None
    weather.days(None, 3, 4, START, START)
    assert len(api.queries) == 3


def test_a_damaged_cache_file_is_fetched_again(api: Api, tmp_path: Path) -> None:
    weather = client(api, tmp_path)
    expected = weather.days(None, 1, 2, *TWO_DAYS)
    next(tmp_path.iterdir()).write_text("{")
    assert weather.days(None, 1, 2, *TWO_DAYS) == expected
    assert len(api.queries) == 2


@pytest.mark.parametrize(("status", "answer"), [(500, {}), (429, {}), (200, {"error": True}), (200, [1])])
def test_a_bad_answer_is_weather_unavailable(api: Api, status: int, answer: object) -> None:
    api.status, api.answer = status, answer
    with pytest.raises(WeatherUnavailable, match=r"127\.0\.0\.1"):
        client(api).days(None, 1, 2, *TWO_DAYS)


def test_no_server_and_no_coordinates_are_weather_unavailable(api: Api) -> None:
    with pytest.raises(WeatherUnavailable, match="could not be read"):
        OpenMeteoWeather("http://127.0.0.1:9/", 1).days(None, 1, 2, *TWO_DAYS)
    with pytest.raises(WeatherUnavailable, match="latitude and longitude"):
        client(api).days("Lindenau", None, None, *TWO_DAYS)
    assert api.queries == []


def test_the_settings_choose_the_provider() -> None:
    assert isinstance(provider(Weather()), SimulatedWeather)
    assert provider(Weather(provider="off")) is None
    assert isinstance(provider(Weather(provider="open_meteo")), OpenMeteoWeather)
