"""Settings are typed: the environment wins over the file, mistakes are named, secrets do not print."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from adtech_assets.settings import Calendar, Client, Settings, check_slug


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "adtech.yaml").write_text("mail: {host: from.file, port: 25}\n")
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    monkeypatch.setenv("ADTECH_MAIL__HOST", "from.environment")
    settings = Settings(home=tmp_path)
    assert (settings.mail.host, settings.mail.port) == ("from.environment", 25)


def test_a_misspelt_key_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "adtech.yaml").write_text("mail: {hots: smtp.example}\n")
    monkeypatch.setenv("ADTECH_HOME", str(tmp_path))
    with pytest.raises(ValidationError, match="hots"):
        Settings(home=tmp_path)


def test_a_client_takes_from_the_defaults_what_it_does_not_say() -> None:
    settings = Settings(clients={"acme": Client(currency="USD")}, client_defaults=Client(country="DE", currency="EUR"))
    assert (settings.client("acme").currency, settings.client("acme").country) == ("USD", "DE")
    assert settings.client("unheard_of").currency == "EUR" and settings.client_name("unheard_of") == "Unheard Of"


@pytest.mark.parametrize("slug", ["../x", "Acme", "a b", "", "-a", "a|b", "a,b"])
def test_a_client_key_is_a_safe_folder_and_partition_name(slug: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        check_slug(slug)


def test_weeks_begin_on_monday() -> None:
    with pytest.raises(ValidationError, match="Monday"):
        Calendar(first_week="2025-01-01")


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "very-secret")
    monkeypatch.setenv("ADTECH_MAIL__PASSWORD", "very-secret")
    settings = Settings()
    assert settings.gemini_api_key is not None and settings.gemini_api_key.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(settings)


def test_the_shipped_settings_file_is_valid() -> None:
    root = Path(__file__).parents[1]
    assert Settings(home=root).client("demo").currency == "EUR"
