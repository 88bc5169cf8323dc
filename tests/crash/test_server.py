"""The real server, killed without warning: what it answered is there when it starts again."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.queries import audit
from itil import cases
from wiring import opened

ROOT = Path(__file__).parents[2]


class Browser:
    """A signed-in person with nothing but HTTP."""

    def __init__(self, base: str, login: str) -> None:
        self.base = base
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.post("/sign-in", "/sign-in", login=login, password="signalbox")

    def get(self, path: str) -> str:
        with self.opener.open(self.base + path, timeout=20) as answer:
            return str(answer.read().decode())

    def post(self, path: str, page: str, **fields: str) -> str:
        hidden = dict(reversed(re.findall(r'name="(csrf|key)" value="([^"]*)"', self.get(page))))
        data = urllib.parse.urlencode({**hidden, **fields}).encode()
        with self.opener.open(self.base + path, data, timeout=20) as answer:
            return str(answer.geturl())


@contextmanager
def server(database: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("SIGNALBOX_")},
        "SIGNALBOX_DATABASE": database,
        "SIGNALBOX_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        [sys.executable, "app.py", "serve", "--demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"http://127.0.0.1:{port}" in line, line
        try:
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()


def test_a_killed_server_has_kept_what_it_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path / 'server.sqlite'}"
    with server(database) as (base, process):
        rita = Browser(base, "rita")
        shown = rita.post(
            "/portal/report",
            "/portal/report",
            **{
                "field.summary": "VPN drops",
                "field.description": "Every hour since nine.",
                "field.urgency": "2",
            },
        )
        assert shown.startswith(f"{base}/portal/cases/INC-1")
        process.send_signal(signal.SIGKILL)
        process.wait()

    with server(database) as (base, _):
        assert "VPN drops" in Browser(base, "rita").get("/portal/cases/INC-1")
        with urllib.request.urlopen(f"{base}/healthz", timeout=20) as answer:
            assert answer.status == 200

    monkeypatch.setenv("SIGNALBOX_DATABASE", database)
    with opened(ship=False) as installation, installation.runtime.read() as reader:
        case = cases.get(reader, "INC-1")
        assert audit.verify(reader, f"instance:{case.instance_id}").ok


def test_a_second_server_leaves_the_file_of_the_first_alone(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'server.sqlite'}"
    with server(database):
        environment = {**os.environ, "SIGNALBOX_DATABASE": database, "SIGNALBOX_PORT": "1"}
        second = subprocess.run(
            [sys.executable, "app.py", "serve"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert second.returncode == 1
    assert "Another Signalbox server owns" in second.stderr
    assert "Traceback" not in second.stderr
