"""Replay of incident logs: a real history driven through the deployed process."""

from __future__ import annotations

from itil.replay.report import Report as Report
from itil.replay.run import Options as Options
from itil.replay.run import run as run
