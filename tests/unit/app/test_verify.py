"""What the command line says of streams that do not exist, and of folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import app


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_DATABASE", f"sqlite:///{tmp_path / 'cli.sqlite'}")


@pytest.mark.parametrize("stream", ["instance:999", "nonsense"])
def test_a_stream_without_events_is_not_called_whole(stream: str) -> None:
    answer = CliRunner().invoke(app.main, ["verify", stream])
    assert answer.exit_code == 1
    assert f"There is no stream '{stream}'" in answer.output


def test_a_sample_log_makes_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "new" / "log.csv"
    answer = CliRunner().invoke(app.main, ["sample-log", str(file), "--incidents", "2"])
    assert answer.exit_code == 0
    assert file.exists()
