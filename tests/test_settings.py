from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app import settings
from app.settings import LogLevel, Settings, WrongSetting


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in settings.variables():
        monkeypatch.delenv(variable, raising=False)


def test_without_any_variable_it_serves_loopback_on_port_8000() -> None:
    chosen = settings.load()
    assert (chosen.host, chosen.port, chosen.database_url) == ("127.0.0.1", 8000, "sqlite:///standpoint.db")


def test_variables_set_what_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANDPOINT_PORT", "9000")
    monkeypatch.setenv("STANDPOINT_LOG_LEVEL", "warning")
    monkeypatch.setenv("STANDPOINT_HOST", "")
    chosen = settings.load()
    assert (chosen.port, chosen.log_level, chosen.host) == (9000, LogLevel.WARNING, "127.0.0.1")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        settings.load().port = 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STANDPOINT_PORT", "http"),
        ("STANDPOINT_PORT", "70000"),
        ("STANDPOINT_PORT", "tcp://10.0.0.1:80"),
        ("STANDPOINT_TEXT_LIMIT", "0"),
        ("STANDPOINT_DEADLINE_SECONDS", "nan"),
        ("STANDPOINT_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named_in_one_line_without_the_value(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(WrongSetting) as caught:
        settings.load()
    assert str(caught.value).startswith(f"{variable}: ")
    assert "\n" not in str(caught.value) and value not in str(caught.value).removeprefix(variable)


def test_a_name_that_means_nothing_is_refused_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANDPOINT_DATABSE_URL", "sqlite:///other.db")
    with pytest.raises(WrongSetting, match="STANDPOINT_DATABSE_URL is not a setting; did you mean STANDPOINT_DATABASE_URL"):
        settings.load()


def test_a_password_in_the_database_url_is_never_shown() -> None:
    assert "hunter2" not in repr(Settings(database_url="postgresql://me:hunter2@db/standpoint"))


def test_every_setting_says_what_it_is_and_why() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description and field.description.endswith((".", "`.")), name
        assert f"`STANDPOINT_{name.upper()}`" in settings.table()


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert settings.table() in readme
