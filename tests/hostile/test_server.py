"""The real server gets the worst uploads, and goes on answering others meanwhile."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from uuid import uuid4

import pytest

from tests.crash.test_server import Browser, server
from tests.hostile import documents, files, runs, shapes

#: Files that cost the most, or are refused the earliest; under the web's 2 MB, and over it.
WORST = {
    "laughs.bpmn": files.XML["billion laughs"][0],
    "deep.bpmn": files.XML["10,000 deep"][0],
    "many.bpmn": shapes.chain("task", 2_900),
    "joins.bpmn": shapes.circle(2_900),
    "wide.bpmn": shapes.fan("parallel", 2_900),
    "rules.dmn": documents.TABLES["300 rules of 30 columns of ranges"][0],
    "chain.dmn": documents.TABLES["a chain of 2,000 decisions"][0],
    "deep.form": documents.FORMS["5,000 deep"][0],
    "rounds.bpmn": runs.nested_rounds(1_000),
    "big.bpmn": files.PLAIN + b" " * 3_000_000,
}


def upload(browser: Browser, name: str, content: bytes) -> int:
    """The status of the answer; 0 where the server closed the connection."""
    page = browser.get("/processes")
    token, key = (re.findall(rf'name="{n}" value="([^"]*)"', page)[0] for n in ("csrf", "key"))
    border = uuid4().hex
    fields = {"csrf": token, "key": key, "reason": "trying"}
    body = b"".join(
        f'--{border}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
        for n, v in fields.items()
    )
    head = f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body += head.encode() + content + f"\r\n--{border}--\r\n".encode()
    request = urllib.request.Request(f"{browser.base}/processes", body)
    request.add_header("Content-Type", f"multipart/form-data; boundary={border}")
    try:
        with browser.opener.open(request, timeout=120) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (urllib.error.URLError, ConnectionError):
        return 0


def while_healthy(base: str, browser: Browser, name: str, content: bytes) -> int:
    """The status of an upload; another asks the server how it is as long as it takes."""
    with ThreadPoolExecutor() as pool:
        uploading = pool.submit(upload, browser, name, content)
        asked = False
        while not asked or not uploading.done():
            with urllib.request.urlopen(f"{base}/healthz", timeout=60) as answer:
                assert answer.status == 200
            asked = True
            wait([uploading], timeout=0.05)
    return uploading.result()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("laughs.bpmn", "joins.bpmn", "deep.form", "big.bpmn"), id="some"),
        pytest.param((*WORST, "huge.bpmn"), id="all", marks=pytest.mark.slow),
    ],
)
def test_the_server_answers_while_it_gets_hostile_files(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    database = f"sqlite:///{tmp_path / 'server.sqlite'}"
    with server(database) as (base, process):
        owner = Browser(base, "olga")
        huge = files.HUGE["100 MB of elements"]
        answers = {
            name: while_healthy(base, owner, name, WORST[name] if name in WORST else huge())
            for name in names
        }

        assert process.poll() is None
        assert {name: status for name, status in answers.items() if status >= 500} == {}
        taken = {name for name, status in answers.items() if status == 200}
        assert taken <= {"many.bpmn", "wide.bpmn", "rules.dmn", "chain.dmn", "rounds.bpmn"}
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
        assert peak is not None
        assert int(peak[1]) < 400_000  # kB: what it has at the start, and 200 MB
