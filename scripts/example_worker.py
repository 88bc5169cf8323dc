"""A worker for jobs of one type, with the standard library only; docs/workers.md explains it.

SIGNALBOX_TOKEN=sbx_... python scripts/example_worker.py http://127.0.0.1:8000 parcel.ship
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

HOLD = 30_000  #: milliseconds in which a job has to be done
PATIENCE = 20_000  #: milliseconds that one request waits for work


def call(base: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send one call and answer what came back; an HTTP error is raised."""
    headers = {
        "Authorization": f"Bearer {os.environ['SIGNALBOX_TOKEN']}",
        "Content-Type": "application/json",
    }
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{base}/v2/jobs/{path}", data, headers)  # noqa: S310 - http
    with urllib.request.urlopen(request, timeout=PATIENCE / 1000 + 10) as answer:  # noqa: S310
        return json.loads(answer.read() or b"{}")


def work(variables: dict[str, Any]) -> dict[str, Any]:
    """What this worker is there for. It may be asked twice for one job: make that do no harm."""
    return {"label": f"Parcel to {variables['to']}"}


def do(base: str, job: dict[str, Any]) -> None:
    """Do one job, and say how it went."""
    key = job["jobKey"]
    try:
        outcome = work(job["variables"])
    except Exception as error:  # noqa: BLE001 - whatever goes wrong costs a try
        reason = f"{type(error).__name__}: {error}"
        retry = {"retries": job["retries"] - 1, "errorMessage": reason, "retryBackOff": 60_000}
        call(base, f"{key}/failure", retry)
        return
    call(base, f"{key}/completion", {"variables": outcome})


def main(base: str, kind: str) -> None:
    """Take one job after the other, for ever."""
    wanted = {"type": kind, "worker": "example", "timeout": HOLD, "maxJobsToActivate": 1}
    while True:
        for job in call(base, "activation", {**wanted, "requestTimeout": PATIENCE})["jobs"]:
            try:
                do(base, job)
            except urllib.error.HTTPError as refused:
                # Somebody else has the job by now, or nobody needs it any more.
                print(f"{job['jobKey']}: {refused.read().decode()}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
