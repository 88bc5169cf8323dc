"""Set-up: everything that `make run` and `make test` need; quick when it is there already.

Only the standard library is used, because this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from scripts import machine
from scripts.machine import ROOT

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
CREATECLUSTER = Path("/etc/postgresql-common/createcluster.conf")


#: Steps for programs that only some tests need.
SKIPPABLE = frozenset({"Chromium", "PostgreSQL"})

#: What people read, and the function that says what it found or did.
Step: TypeAlias = tuple[str, Callable[[], str]]


class SetupStopped(Exception):
    """Something that set-up cannot do by itself; the sentence says what to do."""


def main(goal: str) -> int:
    """Prepare for `run`, `lint` or `test`; 0 when everything is there."""
    steps = GOALS[goal]
    for number, (title, step) in enumerate(steps, start=1):
        say(f"[{number}/{len(steps)}] {title} … ")
        started = time.monotonic()
        try:
            outcome = step()
        except SetupStopped as reason:
            if title not in SKIPPABLE or os.environ.get("SIGNALBOX_ALLOW_SKIP") != "1":
                return stop(title, reason)
            outcome = "missing: its tests are skipped (SIGNALBOX_ALLOW_SKIP=1)"
        say(f"{outcome} ({time.monotonic() - started:.0f} s)\n")
    return 0


def environment() -> str:
    """Create .venv, or keep it when its Python is new enough."""
    version = venv_version()
    if version is None:
        if not can_make_venv():
            package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            apt_install([package], otherwise=f"Install it: apt-get install {package}")
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
        version = platform.python_version()
    return f"Python {version} in .venv"


def venv_version() -> str | None:
    """The version of the Python in .venv; None when it is missing, broken or too old."""
    probe = "import pip, platform, sys; assert sys.version_info >= (3, 11)"
    return answer(PYTHON, "-c", f"{probe}; print(platform.python_version())")


def can_make_venv() -> bool:
    """Whether this Python can make an environment with pip in it (Debian splits that off)."""
    return answer(sys.executable, "-c", "import ensurepip, venv") is not None


def runtime_packages() -> str:
    """Install what the application needs, and Node where the system has none."""
    return install("requirements.txt")


def all_packages() -> str:
    """Install what the application, the checks and the tests need."""
    return install("requirements.txt", "requirements-dev.txt")


def install(*files: str) -> str:
    """Install the pinned packages of these files that changed since the last time."""
    if machine.node() is None:
        files = (*files, "requirements-assets.txt")
    wanted = {name: digest(ROOT / name) for name in files}
    recorded: dict[str, str] = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    if wanted.items() <= recorded.items():
        return "unchanged"
    arguments = [part for name in files for part in ("-r", str(ROOT / name))]
    run([str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", *arguments])
    STAMP.write_text(json.dumps(recorded | wanted, indent=1))
    return "installed"


def digest(path: Path) -> str:
    """What a requirements file says, as a short fingerprint."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def assets() -> str:
    """Build the browser assets; scripts/assets.py knows by itself when they are fresh."""
    told = run([str(PYTHON), "scripts/assets.py"])
    return "unchanged" if "up to date" in told else "built"


def chromium() -> str:
    """Find a Chromium for the browser tests, or install one."""
    found = machine.chromium()
    if found is None:
        otherwise = (
            "Install it: apt-get install chromium (Debian), "
            "or .venv/bin/playwright install chromium"
        )
        package = chromium_package()
        if package:
            apt_install([package], otherwise)
        elif is_root():
            # Ubuntu has Chromium only as a snap, which containers cannot run.
            run([str(VENV / "bin" / "playwright"), "install", "--with-deps", "chromium"])
        else:
            raise SetupStopped(otherwise)
        found = machine.chromium()
    if found is None:
        raise SetupStopped("Chromium was installed but is not on the PATH.")
    return str(found)


def chromium_package() -> str | None:
    """The apt package with a Chromium that is not a snap, or None."""
    if shutil.which("apt-get") is None:
        return None
    if is_root():
        apt_update()
    for name in ("chromium-headless-shell", "chromium"):
        shown = answer("apt-cache", "show", name)
        if shown and "snap" not in shown:
            return name
    return None


def postgres() -> str:
    """Find a PostgreSQL server for the tests, or install one without starting it."""
    found = machine.postgres()
    if found is None:
        # Without this file, installing the package would also create and start a server
        # on port 5432; the tests start their own. Afterwards the package's own file is put there.
        fresh = is_root() and not CREATECLUSTER.exists()
        if fresh:
            CREATECLUSTER.parent.mkdir(parents=True, exist_ok=True)
            CREATECLUSTER.write_text("create_main_cluster = false\n")
        apt_install(["postgresql"], otherwise="Install it: apt-get install postgresql")
        if fresh:
            shutil.copy(Path("/usr/share/postgresql-common") / CREATECLUSTER.name, CREATECLUSTER)
        found = machine.postgres()
    if found is None:
        raise SetupStopped("PostgreSQL was installed but initdb was not found.")
    return str(found)


def apt_install(names: Sequence[str], otherwise: str) -> None:
    """Install system packages when we are root; else say what a person has to do."""
    if not is_root() or shutil.which("apt-get") is None:
        raise SetupStopped(f"{', '.join(names)} is missing. {otherwise}")
    apt_update()
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names])


def apt_update() -> None:
    """Refresh the package lists when they are older than an hour."""
    lists = Path("/var/lib/apt/lists")
    ages = [time.time() - path.stat().st_mtime for path in lists.glob("*Packages*")]  # noqa: TID251
    if not ages or min(ages) > 3600:  # noqa: PLR2004 - seconds
        run(["apt-get", "update", "-qq"])


def is_root() -> bool:
    """Whether we may install system packages."""
    return os.geteuid() == 0


def answer(*command: str | Path) -> str | None:
    """What a command prints; None when it fails or does not exist."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def run(command: Sequence[str]) -> str:
    """Run a command quietly and return what it printed; it is shown only when it fails."""
    quiet = {
        "DEBIAN_FRONTEND": "noninteractive",
        "UCF_FORCE_CONFFOLD": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands, nothing from outside
            command,
            cwd=ROOT,
            env=os.environ | quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as reason:
        raise SetupStopped(f"`{' '.join(command)}` could not be started: {reason}.") from reason
    if done.returncode != 0:
        shown = "\n".join(done.stdout.splitlines()[-25:])
        raise SetupStopped(f"`{' '.join(command)}` ended with {done.returncode}.\n{shown}")
    return done.stdout


def stop(title: str, reason: SetupStopped) -> int:
    """Say what is missing, in one line that comes last."""
    say(f"stopped\n{reason}\n")
    say(f'FAILED: set-up stopped at "{title}".\n')
    return 1


def say(text: str) -> None:
    """Print at once, also when the output is a file."""
    sys.stdout.write(text)
    sys.stdout.flush()


ENVIRONMENT: Step = ("Python environment", environment)
PACKAGES: Step = ("Python packages", all_packages)
ASSETS: Step = ("Browser assets", assets)
GOALS: dict[str, tuple[Step, ...]] = {
    "run": (ENVIRONMENT, ("Python packages", runtime_packages), ASSETS),
    "lint": (ENVIRONMENT, PACKAGES),
    "test": (ENVIRONMENT, PACKAGES, ASSETS, ("Chromium", chromium), ("PostgreSQL", postgres)),
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in GOALS:  # noqa: PLR2004 - the program and the goal
        sys.exit("usage: python -m scripts.setup run|lint|test")
    sys.exit(main(sys.argv[1]))
