"""Settings, read once from the environment; each is documented in docs/settings.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from itil.roles import ROLES

VERSION = "0.1.0"
PREFIX = "SIGNALBOX_"

#: Variables with our prefix that are for the tests.
OTHERS = frozenset({"SIGNALBOX_ALLOW_SKIP", "SIGNALBOX_DATA"})
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")
_HIGHEST_PORT = 65_535
_MOST_PROXIES = 10


class SettingInvalid(Exception):
    """A setting has a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to another."""

    database: str = "sqlite:///var/signalbox.sqlite"  #: SQLAlchemy URL: SQLite file or PostgreSQL
    host: str = "127.0.0.1"  #: address to listen on
    port: int = 8000  #: port to listen on
    pages: str = ""  #: where people reach the pages, as https://help.example.org, for letters
    threads: int = 16  #: requests answered at once
    zone: str = "UTC"  #: IANA time zone of cron timers, and of people who set none
    trusted_proxies: int = 0  #: proxies in front whose X-Forwarded-For and -Proto are believed
    secure_cookies: bool = False  #: true wherever the pages are served by HTTPS
    smtp_host: str = ""  #: mail server; without one, letters stay in the outbox page
    smtp_port: int = 25  #: port of the mail server
    smtp_user: str = ""  #: login at the mail server, if it wants one
    smtp_password: str = ""  #: password at the mail server
    smtp_starttls: bool = False  #: encrypt the connection to the mail server
    smtp_sender: str = "signalbox@localhost"  #: From address of notices
    smtp_reply_to: str = ""  #: address that answers go to, where it is not the From address
    imap_host: str = ""  #: mailbox that letters come in by; without one, none do
    imap_port: int = 993  #: port of the mailbox; encrypted, except another one on this machine
    imap_user: str = ""  #: login at the mailbox
    imap_password: str = ""  #: password at the mailbox
    imap_folder: str = "INBOX"  #: folder that letters come to
    mail_proven_by: str = ""  #: mail server whose Authentication-Results have to say `pass`
    held_hours: int = 24  #: letters held longer than this are not sent before an admin says so
    apprise: str = ""  #: Apprise target URLs, separated by spaces
    webhook_hosts: str = ""  #: hosts inside the house that webhooks may reach, separated by spaces
    second_factor_roles: str = ""  #: roles that need a second factor, separated by spaces
    log_format: str = "text"  #: `text` for people, `json` for machines
    log_level: str = "INFO"  #: DEBUG, INFO, WARNING or ERROR
    sweep_seconds: int = 5  #: how often due timers and SLA levels are looked for


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables such as `SIGNALBOX_PORT`.

    Raises:
        SettingInvalid: an unknown name with our prefix, or a value that does not fit.
    """
    values: dict[str, object] = {}
    fields = Settings.__dataclass_fields__
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key in fields:
            values[key] = _value(name, text, fields[key].type)
        elif name not in OTHERS:
            raise SettingInvalid(f"There is no setting {name}. See docs/settings.md.")
    return Settings(**values)  # type: ignore[arg-type]


def _value(name: str, text: str, kind: object) -> object:
    if kind == "int":
        if not text.isdecimal():
            raise SettingInvalid(f"{name} is '{text}'. Write a whole number.")
        _fit(name, text)
        return int(text)
    if kind == "bool":
        if text.lower() not in _TRUE | _FALSE:
            raise SettingInvalid(f"{name} is '{text}'. Write 'yes' or 'no'.")
        return text.lower() in _TRUE
    _fit(name, text)
    return text


def _fit(name: str, text: str) -> None:
    fits, wanted = _FITS.get(name, (None, ""))
    if fits is not None and not fits(text):
        raise SettingInvalid(f"{name} is '{text}'. Write {wanted}.")


def _port(text: str) -> bool:
    return 0 < int(text) <= _HIGHEST_PORT


def _few(text: str) -> bool:
    return int(text) <= _MOST_PROXIES


def _positive(text: str) -> bool:
    return int(text) > 0


#: What else a value has to be, and how to say it.
_FITS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "SIGNALBOX_DATABASE": (
        lambda text: text.startswith(_DATABASES),
        "'sqlite:///PATH' or 'postgresql://USER@HOST/NAME'",
    ),
    "SIGNALBOX_PAGES": (
        lambda text: text.startswith(("http://", "https://")),
        "an address that begins with https:// or http://",
    ),
    "SIGNALBOX_PORT": (_port, f"a whole number from 1 to {_HIGHEST_PORT}"),
    "SIGNALBOX_SMTP_PORT": (_port, f"a whole number from 1 to {_HIGHEST_PORT}"),
    "SIGNALBOX_IMAP_PORT": (_port, f"a whole number from 1 to {_HIGHEST_PORT}"),
    "SIGNALBOX_TRUSTED_PROXIES": (_few, f"how many there are, 0 to {_MOST_PROXIES}"),
    "SIGNALBOX_THREADS": (_positive, "a whole number from 1"),
    "SIGNALBOX_SWEEP_SECONDS": (_positive, "a whole number from 1"),
    "SIGNALBOX_ZONE": (lambda text: text in available_timezones(), "a zone such as Europe/Berlin"),
    "SIGNALBOX_SECOND_FACTOR_ROLES": (
        lambda text: set(text.split()) <= ROLES,
        f"some of {', '.join(sorted(ROLES))}, separated by spaces",
    ),
    "SIGNALBOX_LOG_FORMAT": (lambda text: text in {"text", "json"}, "'text' or 'json'"),
    "SIGNALBOX_LOG_LEVEL": (lambda text: text.upper() in _LEVELS, ", ".join(_LEVELS)),
}
