"""Every setting of the product: one typed tree, read from `adtech.yaml`, then from the environment.

What belongs here: names, places, limits and thresholds that a user may want to change, each with its unit and default.
What does not: logic, and definitions of metrics (`metrics/semantic_model.yaml`) or rules (`quality/rules.yaml`).

The environment wins over the file: `ADTECH_MAIL__HOST=smtp.example.com` sets `mail.host`. `GEMINI_API_KEY` is read
under its usual name. `ADTECH_HOME` names the folder that relative paths start from (default: the folder of
`adtech.yaml`, found from the current directory upwards).
"""

from __future__ import annotations

import datetime as dt
import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

SETTINGS_FILE = "adtech.yaml"
CLIENT_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Group(BaseModel):
    """A branch of the tree: unknown keys are an error, so that a typing mistake is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paths(Group):
    """Where things lie; relative paths start from ADTECH_HOME."""

    inbox: Path = Path("data/inbox")
    lake: Path = Path("data/lake")
    reports: Path = Path("data/reports")
    outbox: Path = Path("data/outbox")
    templates: Path = Path("templates")


class Inbox(Group):
    """What counts as a dropped export, and how eagerly the folder is watched."""

    suffixes: tuple[str, ...] = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".gz", ".zip")
    partial_suffixes: tuple[str, ...] = (".tmp", ".part", ".crdownload", ".partial", ".swp")
    settle_seconds: float = Field(0.25, ge=0, description="a file counts when size and time stand still this long")
    poll_seconds: float = Field(0.1, gt=0)
    poll_window_seconds: float = Field(25, ge=0, description="how long one sensor tick watches; below Dagster's 60 s")
    max_file_bytes: int = Field(2_000_000_000, gt=0)


class Calendar(Group):
    """The weeks that reports exist for. A week is named by its Monday."""

    first_week: dt.date = dt.date(2018, 1, 1)

    @field_validator("first_week")
    @classmethod
    def _monday(cls, value: dt.date) -> dt.date:
        if value.weekday() != 0:
            raise ValueError(f"first_week must be a Monday; {value} is a {value:%A}")
        return value


class SeverityThresholds(Group):
    """When a change is critical or a warning."""

    critical: float = Field(0.15, gt=0, description="share of the account's metric at stake: critical from here")
    warning: float = Field(0.03, gt=0, description="the same for a warning")
    adaptive: bool = Field(False, description="measure against the client's own week-over-week changes instead")
    critical_percentile: float = Field(95, gt=0, le=100, description="of those changes: critical above it")
    warning_percentile: float = Field(80, gt=0, le=100, description="the same for a warning")
    min_weeks: int = Field(12, ge=2, description="changes the history needs; with fewer the shares decide")
    least_share: float = Field(0.01, ge=0, description="less at stake than this is never more than info")

    @model_validator(mode="after")
    def _ordered(self) -> SeverityThresholds:
        if self.warning > self.critical or self.warning_percentile > self.critical_percentile:
            raise ValueError("a warning must begin below what is critical")
        return self


class Insight(Group):
    """Windows and thresholds of the statistics."""

    current_days: int = Field(7, ge=1)
    baseline_days: int = Field(14, ge=2)
    min_history_days: int = Field(8, ge=3, description="fewer earlier days of a campaign: no verdict on a day")
    false_alarm_weeks: float = Field(
        150, ge=5, description="campaign-weeks in which at most one false alarm is accepted, all kinds together"
    )
    cool_down_days: int = Field(3, ge=0, description="findings of one kind and campaign this close are one")
    forest: bool = Field(True, description="let an IsolationForest say how odd a day is as a whole")
    forest_swing: float = Field(
        0.08, ge=0, lt=0.5, description="how far it moves the threshold of a single day's anomaly, as a share"
    )
    forest_rare: float = Field(
        0.99, gt=0.5, le=1, description="rank from which a day is odd as a whole: less is enough"
    )
    forest_common: float = Field(0.95, ge=0, le=1, description="rank below which it is not: more is needed")
    interval_level: float = Field(0.95, gt=0.5, lt=1)
    chart_weeks: int = Field(13, ge=2)
    forecast_days: int = Field(30, ge=7, le=90, description="days the forecast looks ahead")
    severity: SeverityThresholds = SeverityThresholds()
    insights: int = Field(10, ge=1, le=10, description="insights of a week, at most")


class Gemini(Group):
    """The language model. Without a key the built-in writer is used."""

    model: str = "gemini-3.8-flash"
    base_url: str | None = None
    timeout_seconds: float = Field(20, gt=0)
    max_attempts: int = Field(3, ge=1)
    temperature: float = Field(0.4, ge=0, le=2)
    max_output_tokens: int = Field(2048, gt=0)


class Mail(Group):
    """SMTP. Without a host every mail is written as a complete .eml into the outbox."""

    host: str | None = None
    port: int = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: str = "reports@localhost"
    timeout_seconds: float = Field(20, gt=0)
    max_attempts: int = Field(3, ge=1)
    revision_change: float = Field(
        0.05, ge=0, description="relative change of a sum from which a revised report is mailed again; 0 mails each"
    )


class AlertChannel(Group):
    """One place alerts go to: an Apprise address, here or (better) in an environment variable, and what it is told."""

    url: SecretStr | None = None
    url_from: str | None = Field(None, description="name of the environment variable that holds the address")
    name: str | None = Field(None, pattern=r"^[\w .-]{1,40}$", description="what lists and logs call it")
    min_severity: Literal["error", "warning", "info"] = "warning"
    clients: tuple[str, ...] = Field((), description="only alerts of these clients; none named: all alerts")

    @model_validator(mode="after")
    def _one_address(self) -> AlertChannel:
        if (self.url is None) == (self.url_from is None):
            raise ValueError("a channel has either url or url_from")
        for client in self.clients:
            check_slug(client)
        return self


class Alerts(Group):
    """Where failed checks, refused files and failed runs are told. All are in the outbox's `alerts.log` as well."""

    urls: tuple[SecretStr, ...] = Field(
        (), description="addresses that are told of warnings and errors; see channels for more"
    )
    channels: tuple[AlertChannel, ...] = ()
    max_rows: int = Field(5, ge=0, description="failing rows quoted of one check")
    max_characters: int = Field(2800, gt=100)
    repeat_hours: float = Field(24, gt=0, description="a problem that lasts is told again after this long")
    say_resolved: bool = Field(True, description="say once that a problem is over")
    retry_seconds: float = Field(60, gt=0, description="first pause before a channel is tried again; doubles each time")
    retry_max_seconds: float = Field(3600, gt=0, description="longest pause")
    keep_trying_hours: float = Field(168, gt=0, description="after this an alert lies in outbox/alerts/undelivered")
    keep_sent_days: float = Field(30, gt=0, description="how long sent alerts are listed by `adtech alerts`")
    send_seconds: float = Field(15, gt=0, description="how long one channel may take for one alert")
    late_repeat_hours: float = Field(168, gt=0, description="a client that stays late is told again after this long")
    late_check_minutes: float = Field(60, gt=0, description="how often it is looked which clients are late")
    silent_minutes: float = Field(15, gt=0, description="a sensor that did not run this long is told")


class Weather(Group):
    """Weather beside the figures: Open-Meteo's archive, or a simulated provider that the report names as such."""

    provider: Literal["simulated", "open_meteo", "off"] = "simulated"
    base_url: str = "https://archive-api.open-meteo.com/v1/archive"
    timeout_seconds: float = Field(10, gt=0)


class Reader(Group):
    """How the reader of exports decides, and what it refuses for its size."""

    near_match_score: float = Field(
        88, ge=0, le=100, description="similarity from which a header is named as a near match"
    )
    head_bytes: int = Field(262_144, gt=1024, description="how much of a file is looked at to find its header")
    head_records: int = Field(60, ge=2, description="among how many records the header is looked for")
    tail_lines: int = Field(200, ge=1, description="lines at the end where total rows and footers may stand")
    max_unpacked_bytes: int = Field(4_000_000_000, gt=0, description="largest content of an archive or workbook")
    max_unpack_ratio: float = Field(400, gt=1, description="largest content of an archive, as a multiple of its size")
    max_line_bytes: int = Field(16_000_000, gt=1024)
    max_cell_characters: int = Field(1_000_000, gt=1024)
    max_columns: int = Field(4_000, gt=1)
    max_cells: int = Field(40_000_000, gt=1, description="largest grid of a sheet, rows times columns")
    preferred_sheets: tuple[str, ...] = Field(
        ("Raw Data Report",), description="of several sheets with the same table, the one to read (Meta writes two)"
    )
    rounding_sigmas: float = Field(
        4, gt=0, description="how many standard deviations of rounding a file's total may differ from its rows"
    )
    vocabulary: Path | None = Field(
        None, description="folder of further header vocabularies, one YAML a platform; they extend those shipped"
    )


class Restatement(Group):
    """When changed, renamed and missing figures of successive exports count as what."""

    rename_days: int = Field(
        7, ge=2, description="days with spend two names must share, all equal, to be one renamed campaign"
    )
    suspected_rename_days: int = Field(2, ge=1, description="equal days with spend from which a rename is suggested")
    suspected_rename_share: float = Field(0.8, gt=0, le=1, description="share of shared days with spend that are equal")
    partial_campaigns: int = Field(3, ge=1, description="running campaigns missing at once: a partial re-export")
    partial_share: float = Field(0.05, gt=0, le=1, description="and at least this share of the slices it covers")
    partial_rows: int = Field(7, ge=1, description="missing slices from which their coming back proves a partial one")
    partial_healed_share: float = Field(0.5, gt=0, le=1, description="share of them that has to come back")
    live_days: int = Field(7, ge=1, description="a campaign with figures this close to the end of an export still runs")
    prompt_days: int = Field(
        7, ge=0, description="an export that arrives this soon after the last day it covers was made when it arrived"
    )
    mature_days: int = Field(28, ge=7, description="age from which a week's figures hardly change any more")
    drift_weeks: int = Field(4, ge=2, description="mature weeks needed before a client's usual drift is said")


class Recovery(Group):
    """When a missing factor counts as given back by the row's own ratio."""

    relative_error: float = Field(
        0.005, ge=0, lt=1, description="largest error beside the value; 0: only what is exact to the cent or click"
    )
    agreement: float = Field(
        0.9,
        gt=0.5,
        le=1,
        description="share of a file's complete rows that must confirm its ratio; else it is not used",
    )


class Names(Group):
    """When a rare spelling is taken for a slip of the pen for another campaign's name. All must hold; else it is only
    suggested. Differences of case, white space, _ and - never need any of this."""

    fuzzy: bool = Field(True, description="false: only the same letters, ids and aliases.yaml make names one")
    similarity: float = Field(88, ge=50, le=100, description="share of letters that must be equal, in percent")
    suggest_similarity: float = Field(
        75, ge=50, le=100, description="the same for names too damaged to decide: as much, and they are suggested"
    )
    min_letters: int = Field(9, ge=4, description="shorter names are never compared")
    rare_share: float = Field(0.1, gt=0, le=1, description="most rows of the rare spelling, as a share of the other's")
    window_days: int = Field(7, ge=1, description="how many days around each of its days the other one must run")
    presence: float = Field(0.5, gt=0, le=1, description="share of the days of that window the other one must have")
    longest_run_days: int = Field(
        2, ge=1, description="a spelling in use for more days in a row than this is a campaign of its own"
    )
    size_ratio: float = Field(
        3, ge=1, description="how far its mean spend a row may lie outside the other's range, as a factor"
    )
    one_row_share: float = Field(
        0.98, gt=0, le=1, description="share of rows that must be alone in their day, ad set, ... to compare by these"
    )
    max_comparisons: int = Field(
        50_000_000, ge=0, description="most pairs of names compared; beyond, only the most frequent names are"
    )


class Storage(Group):
    """How tables are kept."""

    compression: Literal["zstd", "lz4", "snappy"] = "zstd"
    keep_versions: int = Field(2, ge=1, description="older versions of a table kept for readers that hold them open")


Monthly = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Budgets(Group):
    """Money a client means to spend in a month, in its currency; of campaigns also by month: {"2025-03": 1800}."""

    account: Monthly | None = None
    platforms: dict[str, Monthly] = Field(default_factory=dict)
    campaigns: dict[str, Monthly | dict[str, Monthly]] = Field(default_factory=dict)


class Client(Group):
    """One advertiser: what the report and the mail need to know about it."""

    name: str | None = None
    currency: str | None = Field(None, description="ISO 4217; used where the files name none")
    country: str | None = Field(None, description="ISO 3166-1 alpha-2, for holidays")
    subdivision: str | None = None
    place: str | None = Field(None, description="name of the place the weather is for")
    latitude: float | None = None
    longitude: float | None = None
    locale: str = "en_GB"
    recipients: tuple[str, ...] = ()
    false_alarm_weeks: float | None = Field(
        None, ge=5, description="this client's own insight.false_alarm_weeks: fewer = more findings, more false alarms"
    )
    budgets: Budgets = Field(default_factory=lambda: Budgets())
    brand_color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1f4e79"


class Settings(BaseSettings):
    """The whole tree. Use `load_settings()`."""

    model_config = SettingsConfigDict(
        env_prefix="ADTECH_", env_nested_delimiter="__", extra="forbid", frozen=True, populate_by_name=True,
        hide_input_in_errors=True,
    )  # fmt: skip

    home: Path = Path()
    paths: Paths = Paths()
    inbox: Inbox = Inbox()
    calendar: Calendar = Calendar()
    reader: Reader = Reader()
    recovery: Recovery = Recovery()
    names: Names = Names()
    restatement: Restatement = Restatement()
    insight: Insight = Insight()
    gemini: Gemini = Gemini()
    gemini_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("gemini_api_key", "GEMINI_API_KEY", "GOOGLE_API_KEY")
    )
    mail: Mail = Mail()
    alerts: Alerts = Alerts()
    weather: Weather = Weather()
    storage: Storage = Storage()
    webserver_url: str = "http://localhost:3000"
    clients: dict[str, Client] = Field(default_factory=dict)
    client_defaults: Client = Client()

    @field_validator("clients")
    @classmethod
    def _slugs(cls, value: dict[str, Client]) -> dict[str, Client]:
        for slug in value:
            check_slug(slug)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        yaml = YamlConfigSettingsSource(settings_cls, yaml_file=find_home() / SETTINGS_FILE)
        return init_settings, env_settings, yaml

    def client(self, slug: str) -> Client:
        """The settings of one client, with `client_defaults` where it says nothing."""
        own = self.clients.get(slug)
        said = {name: getattr(own, name) for name in own.model_fields_set} if own else {}
        return self.client_defaults.model_copy(update=said)

    def client_name(self, slug: str) -> str:
        """The name a reader of the report knows the client by."""
        return self.client(slug).name or slug.replace("_", " ").replace("-", " ").title()

    def place(self, path: Path) -> Path:
        """A path of the tree, absolute."""
        return path if path.is_absolute() else (self.home / path).resolve()


def check_slug(slug: str) -> str:
    """The slug itself if it may name a client, else ValueError: it becomes a folder and a partition key."""
    if not CLIENT_SLUG.fullmatch(slug):
        raise ValueError(
            f"client {slug!r}: use lower-case letters, digits, '-' and '_' only, beginning with a letter or digit"
        )
    return slug


def find_home() -> Path:
    """The folder that relative paths start from."""
    if named := os.environ.get("ADTECH_HOME"):
        return Path(named).resolve()
    here = Path.cwd().resolve()
    return next((folder for folder in (here, *here.parents) if (folder / SETTINGS_FILE).is_file()), here)


@cache
def load_settings() -> Settings:
    """The settings of this process, read once."""
    settings = Settings(home=find_home())
    if settings.reader.vocabulary is None:
        return settings
    added = settings.place(settings.reader.vocabulary)
    return settings.model_copy(update={"reader": settings.reader.model_copy(update={"vocabulary": added})})
