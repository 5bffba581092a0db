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

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator
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


class Insight(Group):
    """Windows and thresholds of the statistics."""

    current_days: int = Field(7, ge=1)
    baseline_days: int = Field(14, ge=2)
    history_days: int = Field(56, ge=14, description="how far a day's own baseline looks back")
    min_history_days: int = Field(10, ge=3, description="fewer earlier days of a campaign: no verdict on a day")
    trend_days: int = Field(28, ge=14, description="window of the gradual click-through decline")
    alert_score: float = Field(4.5, gt=0, description="robust z above which a day is abnormal by itself")
    forest_quantile: float = Field(
        0.98, gt=0.5, lt=1, description="IsolationForest score quantile that backs a finding"
    )
    interval_level: float = Field(0.95, gt=0.5, lt=1)
    chart_weeks: int = Field(13, ge=2)


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


class Alerts(Group):
    """Where failed checks, refused files and failed runs are told. Without URLs: `alerts.log` in the outbox."""

    urls: tuple[SecretStr, ...] = ()
    max_rows: int = Field(5, ge=0, description="failing rows quoted in one message")
    max_characters: int = Field(2800, gt=100)


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


class Storage(Group):
    """How tables are kept."""

    compression: Literal["zstd", "lz4", "snappy"] = "zstd"
    keep_versions: int = Field(2, ge=1, description="older versions of a table kept for readers that hold them open")


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
    brand_color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1f4e79"


class Settings(BaseSettings):
    """The whole tree. Use `load_settings()`."""

    model_config = SettingsConfigDict(
        env_prefix="ADTECH_", env_nested_delimiter="__", extra="forbid", frozen=True, populate_by_name=True
    )

    home: Path = Path()
    paths: Paths = Paths()
    inbox: Inbox = Inbox()
    calendar: Calendar = Calendar()
    reader: Reader = Reader()
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
        return self.client_defaults.model_copy(update=own.model_dump(exclude_unset=True) if own else {})

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
