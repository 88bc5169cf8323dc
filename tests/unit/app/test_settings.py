"""Settings: read from the environment, each wrong one named in a sentence."""

from __future__ import annotations

import pytest

import settings


def test_what_is_not_set_has_its_default() -> None:
    assert settings.read({"HOME": "/root"}) == settings.Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE", "nonsense"),
        ("DATABASE", "mysql://host/name"),
        ("PORT", "99999"),
        ("PORT", "²"),
        ("SMTP_PORT", "0"),
        ("THREADS", "0"),
        ("SWEEP_SECONDS", "0"),
        ("ZONE", "Mars/Olympus"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("SECURE_COOKIES", "maybe"),
        ("COLOUR", "red"),
    ],
)
def test_a_value_that_does_not_fit_is_named(name: str, text: str) -> None:
    with pytest.raises(settings.SettingInvalid, match=f"SIGNALBOX_{name}"):
        settings.read({f"SIGNALBOX_{name}": text})


def test_what_fits_is_taken() -> None:
    chosen = settings.read(
        {
            "SIGNALBOX_DATABASE": "postgresql://me@host/name",
            "SIGNALBOX_PORT": "8443",
            "SIGNALBOX_ZONE": "Asia/Shanghai",
            "SIGNALBOX_LOG_LEVEL": "debug",
            "SIGNALBOX_SECURE_COOKIES": "yes",
        }
    )
    assert (chosen.port, chosen.zone, chosen.secure_cookies) == (8443, "Asia/Shanghai", True)
