"""The gates, one after the other, with one clear line at the end."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

from scripts.machine import ROOT, VENV_BIN

#: From this length on a file should be split by subject; tests/test_house.py has the hard limit.
LONG = 250
PACKAGES = ("engine", "itil", "handlers", "web")


@dataclass(frozen=True)
class Gate:
    """A check: the name that people read and the command that decides."""

    name: str
    command: tuple[str, ...]
    shown: bool = False  #: whether its output is shown as it comes


LINT = (
    Gate("ruff format", ("ruff", "format", "--check", ".")),
    Gate("ruff check", ("ruff", "check", ".")),
    Gate("mypy", ("mypy",)),
    Gate("import-linter", ("lint-imports", "--no-logo")),
)
TESTS = Gate("pytest", ("pytest", "-n", "2", "-m", "not slow"), shown=True)
SLOW = Gate("pytest (slow)", ("pytest", "-n", "2", "-m", "slow"), shown=True)
GOALS = {"lint": LINT, "test": (*LINT, TESTS), "slow": (SLOW,)}


def main(goal: str) -> int:
    """Run every gate of a goal, also after one failed; 0 when all passed."""
    started = time.monotonic()
    failed = [gate.name for gate in GOALS[goal] if not passes(gate)]
    seconds = time.monotonic() - started
    if goal != "slow":
        mention_long_files()
    if failed:
        say(f"FAILED: {', '.join(failed)}. The reasons are above ({seconds:.0f} s).\n")
        return 1
    say(f"PASSED: {', '.join(gate.name for gate in GOALS[goal])} ({seconds:.0f} s).\n")
    return 0


def passes(gate: Gate) -> bool:
    """Run one gate; its output is shown when it fails."""
    say(f"{gate.name} … ")
    if gate.shown:
        say("\n")
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - the commands above
        [VENV_BIN / gate.command[0], *gate.command[1:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=None if gate.shown else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    if not gate.shown:
        say(f"{'ok' if passed else 'failed'} ({time.monotonic() - started:.0f} s)\n")
        if not passed:
            say(done.stdout)
    return passed


def mention_long_files() -> None:
    """Name the files that should be split soon; nothing fails for it yet."""
    lengths = {
        str(path.relative_to(ROOT)): path.read_bytes().count(b"\n")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    long = [f"{name} ({lines})" for name, lines in sorted(lengths.items()) if lines > LONG]
    if long:
        say(f"Longer than {LONG} lines: {', '.join(long)}.\n")


def say(text: str) -> None:
    """Print at once, also when the output is a file."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in GOALS:  # noqa: PLR2004 - the program and the goal
        sys.exit("usage: python -m scripts.check lint|test|slow")
    sys.exit(main(sys.argv[1]))
