"""The command line: explains itself, says what is wrong in one line, changes nothing then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import app
import wiring


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("SIGNALBOX_DATABASE", f"sqlite:///{tmp_path / 'cli.sqlite'}")
    return Runner()


class Runner:
    def __call__(self, *words: object, text: str = "") -> Result:
        return CliRunner().invoke(app.main, [str(word) for word in words], input=text)


def test_without_a_command_it_explains_itself(run: Runner) -> None:
    answer = run()
    assert "Signalbox runs ITIL processes as BPMN diagrams" in answer.output
    for command in (
        "serve",
        "migrate",
        "deploy",
        "check",
        "user",
        "verify",
        "replay",
        "sample-log",
    ):
        assert command in answer.output


@pytest.mark.parametrize("command", sorted(app.main.commands))
def test_every_command_explains_itself(run: Runner, command: str) -> None:
    answer = run(command, "--help")
    assert answer.exit_code == 0
    assert "Usage:" in answer.output


def test_a_shipped_diagram_passes_its_own_check(run: Runner) -> None:
    answer = run("check", wiring.ROOT / "workflows/incident/incident.bpmn")
    assert (answer.exit_code, "can be deployed" in answer.output) == (0, True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<a", "This is not well-formed XML"),
        (b"<a/>", "This is not a BPMN file"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "The file has a DOCTYPE"),
        (b"\xff\xfe<\x00a\x00", "This is not well-formed XML"),
        (b"<a>" * 500, "This is not well-formed XML"),
        (b"<a>" * 120 + b"</a>" * 120, "nest deeper than 100"),
        (b"<a>" + b"<b/>" * 70_000 + b"</a>", "over 60,000 elements"),
        (b"<a>" + b" " * 5_000_000 + b"</a>", "bytes"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(
    run: Runner, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "bad.bpmn"
    file.write_bytes(content)
    answer = run("deploy", file, "--reason", "try")
    assert answer.exit_code == 1
    assert sentence in answer.output
    assert "Traceback" not in answer.output


def test_findings_come_as_json_for_other_programs(run: Runner, tmp_path: Path) -> None:
    source = (wiring.ROOT / "workflows/incident/incident.bpmn").read_text()
    file = tmp_path / "incident.bpmn"
    file.write_text(source.replace('type="incident.record"', 'type="incident.recrod"'))

    answer = run("check", "--json", file)

    assert answer.exit_code == 1
    [finding] = json.loads(answer.output)
    assert (finding["rule"], finding["element"]) == ("handler.unknown", "record")
    assert "incident.record" in finding["advice"]


def test_all_files_are_deployed_or_none(run: Runner, tmp_path: Path) -> None:
    good = tmp_path / "priority.dmn"
    good.write_text(
        (wiring.ROOT / "workflows/incident/priority.dmn").read_text().replace("影响", "冲击")
    )
    bad = tmp_path / "bad.bpmn"
    bad.write_text("<a/>")

    assert run("deploy", good, bad, "--reason", "both").exit_code == 1
    alone = run("deploy", good, "--reason", "one")

    assert "decision 'priority' is now version 2" in alone.output
    assert "was already version 2" in run("deploy", good, "--reason", "again").output


def test_a_restart_keeps_what_an_admin_deployed(run: Runner, tmp_path: Path) -> None:
    own = tmp_path / "priority.dmn"
    own.write_text(
        (wiring.ROOT / "workflows/incident/priority.dmn").read_text().replace("影响", "冲击")
    )
    run("deploy", own, "--reason", "ours")

    assert "was already version 2" in run("deploy", own, "--reason", "still ours").output


def test_a_person_is_added_and_an_unknown_role_refused(run: Runner) -> None:
    added = run("user", "ann", "--role", "agent", text="secret\nsecret\n")
    assert "ann can sign in" in added.output
    assert run("user", "ann", "--role", "king", text="a\na\n").exit_code == 2


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SIGNALBOX_PORT", "eighty", "SIGNALBOX_PORT is 'eighty'. Write a whole number."),
        ("SIGNALBOX_SECURE_COOKIES", "maybe", "Write 'yes' or 'no'."),
        ("SIGNALBOX_PROT", "80", "There is no setting SIGNALBOX_PROT."),
    ],
)
def test_a_wrong_setting_is_named(
    run: Runner, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    answer = run("migrate")
    assert (answer.exit_code, sentence in answer.output) == (1, True)


def test_the_chain_of_the_system_is_verified(run: Runner) -> None:
    run("migrate")
    assert "Stream 'system' is whole" in run("verify").output


def test_a_replay_says_which_line_of_a_log_is_broken(run: Runner, tmp_path: Path) -> None:
    log, database = tmp_path / "log.csv", f"sqlite:///{tmp_path / 'replay.sqlite'}"
    run("sample-log", log, "--incidents", 3)
    lines = log.read_text().splitlines()
    number, _, rest = lines[4].split(",", 2)
    lines[4] = f"{number},Lost,{rest}"
    log.write_text("\n".join(lines) + "\n")

    strict = run("replay", log, "--strict", "--database", database)

    assert strict.exit_code == 1
    assert "line 5" in strict.output


def test_an_earlier_version_can_be_made_active_again(run: Runner, tmp_path: Path) -> None:
    """WF-05."""
    own = tmp_path / "priority.dmn"
    own.write_text(
        (wiring.ROOT / "workflows/incident/priority.dmn").read_text().replace("影响", "冲击")
    )
    run("deploy", own, "--reason", "ours")

    answer = run("activate", "decision", "priority", 1, "--reason", "ours was wrong")

    assert "decision 'priority' is now version 1" in answer.output
    missing = run("activate", "decision", "priority", 9, "--reason", "x")
    assert (missing.exit_code, "priority version 9" in missing.output) == (1, True)


def test_a_person_is_locked_out_and_an_unknown_one_named(run: Runner) -> None:
    run("user", "ann", "--role", "agent", text="secret\nsecret\n")
    assert "ann can no longer sign in" in run("deactivate", "ann").output
    assert "nobody with the login 'bob'" in run("deactivate", "bob").output


def test_an_unknown_case_cannot_be_cancelled(run: Runner) -> None:
    answer = run("cancel", "INC-9", "--reason", "raised twice")
    assert (answer.exit_code, "no case 'INC-9'" in answer.output) == (1, True)


def test_a_diagram_of_another_product_is_rewritten_beside_its_findings(
    run: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "order.bpmn"
    file.write_text(
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://x">'
        '<process id="order" isExecutable="true"><startEvent id="s"/>'
        '<userTask id="pay" camunda:candidateGroups="sales"/><endEvent id="e"/>'
        '<sequenceFlow sourceRef="s" targetRef="pay"/>'
        '<sequenceFlow id="f2" sourceRef="pay" targetRef="e"/></process></definitions>'
    )

    answer = run("convert", file, tmp_path / "out")

    assert answer.exit_code == 0
    assert 'candidateGroups="sales"' in (tmp_path / "out/order.bpmn").read_text()
    assert "can be deployed" in run("check", tmp_path / "out/order.bpmn").output


def test_a_message_is_sent_and_kept_where_nobody_waits(run: Runner) -> None:
    words = ("publish", "order-paid", "4711", "--values", '{"amount": 70}', "--id", "A-1")
    assert run(*words).output == "Nobody waits for it now.\n"
    assert "with the id 'A-1' was published before" in run(*words).output
    assert "--values is not JSON" in run("publish", "paid", "1", "--values", "{").output
    assert "is no JSON object" in run("publish", "paid", "1", "--values", "[]").output
    assert "duration 'soon' cannot be read" in run("publish", "paid", "--lives", "soon").output
