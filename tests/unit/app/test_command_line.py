"""The command line: explains itself, says what is wrong in one line, changes nothing then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import app
import wiring
from itil import cases
from tests.drawing import call, user
from tests.unit.lint.asking import row


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

    assert answer.exit_code == 0
    [finding] = json.loads(answer.output)
    assert finding == {
        "file": "incident.bpmn",
        "rule": "handler.unknown",
        "severity": "warning",
        "element": "record",
        "message": "There is no handler 'incident.recrod', so its work waits for an external "
        "worker.",
        "advice": f"Did you mean 'incident.record'? {finding['advice'].partition('? ')[2]}",
        "message_zh": "没有处理程序 'incident.recrod',因此它的工作将等待外部执行程序。",
        "advice_zh": f"是否想写'incident.record'? {finding['advice_zh'].partition('? ')[2]}",
    }


def test_a_check_makes_no_database_and_a_folder_is_checked_as_a_whole(
    run: Runner, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    (folder / "leave").mkdir(parents=True)
    (folder / "leave/ask.form").write_text('{"components": []}')
    (folder / "package.json").write_text("not for us")
    (folder / "leave.bpmn").write_bytes(leave("leave/ask"))

    good = run("check", folder)
    (folder / "leave.bpmn").write_bytes(leave("leave/asc"))
    bad = run("check", folder)

    assert (good.exit_code, "2 files can be deployed; 1 warnings." in good.output) == (0, True)
    assert (bad.exit_code, "leave.bpmn: 'work': There is no form 'leave/asc'." in bad.output) == (
        1,
        True,
    )
    assert not (tmp_path / "cli.sqlite").exists()


def leave(form: str) -> bytes:
    return row(user("work", more=f'<zeebe:formDefinition formId="{form}"/>'))


def test_warnings_fail_only_a_strict_check(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "p.bpmn"
    file.write_bytes(row(user("work")))

    assert run("check", file).exit_code == 0
    assert run("check", "--strict", file).exit_code == 1
    assert "文件中没有流程的图形。" in run("check", "--language", "zh", file).output


def test_a_check_of_nothing_explains_itself(run: Runner, tmp_path: Path) -> None:
    assert run("check").exit_code == 2
    assert run("check", tmp_path / "missing.bpmn").exit_code == 2


def test_a_check_knows_what_is_deployed_here_unless_told_to_look_alone(
    run: Runner, tmp_path: Path
) -> None:
    called, caller = tmp_path / "q.bpmn", tmp_path / "p.bpmn"
    called.write_bytes(row(user("work")).replace(b'"p"', b'"q"'))
    caller.write_bytes(row(user("work"), call("ask", "q")))
    assert run("deploy", called, "--reason", "first").exit_code == 0

    assert run("check", caller).exit_code == 0
    assert run("check", "--alone", caller).exit_code == 1


def test_the_rules_are_listed_for_people_and_for_programs(run: Runner) -> None:
    listed = run("check", "--rules", "--language", "zh").output
    parsed = json.loads(run("check", "--rules", "--json").output)

    assert "error   reach.none" in listed
    assert "没有路径通向" in listed
    assert len(parsed) == len(listed.splitlines()) > 100
    assert all(all(rule.values()) for rule in parsed)


def test_a_check_beside_an_empty_database_looks_at_what_is_shipped(
    run: Runner, tmp_path: Path
) -> None:
    (tmp_path / "cli.sqlite").touch()

    assert run("check", wiring.ROOT / "workflows").exit_code == 0
    assert (tmp_path / "cli.sqlite").read_bytes() == b""


def test_a_check_leaves_an_installation_as_it_is(run: Runner, tmp_path: Path) -> None:
    run("migrate")
    before = (tmp_path / "cli.sqlite").read_bytes()

    run("check", wiring.ROOT / "workflows")

    assert (tmp_path / "cli.sqlite").read_bytes() == before


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


FOREIGN = (
    b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="%s">'
    b'<startEvent id="s"/><serviceTask id="w"/><sequenceFlow sourceRef="s" targetRef="w"/>'
    b"</process></definitions>"
)


def test_diagrams_are_imported_as_drafts_and_listed_with_what_is_found(
    run: Runner, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.bpmn").write_bytes(FOREIGN % name.encode())

    answer = run("import", tmp_path / "one.bpmn", tmp_path / "two.bpmn")

    assert answer.exit_code == 0
    assert "two.bpmn: draft 2, 1 errors, 1 warnings." in answer.output
    listed = run("drafts").output.splitlines()
    assert [line.split()[:2] for line in listed] == [["2", "two"], ["1", "one"]]
    assert "1 errors, 1 warnings" in listed[0]


def test_a_file_that_is_no_diagram_is_named_and_the_others_are_kept(
    run: Runner, tmp_path: Path
) -> None:
    (tmp_path / "one.bpmn").write_bytes(FOREIGN % b"one")
    (tmp_path / "bad.bpmn").write_bytes(b"no")

    answer = run("import", tmp_path / "one.bpmn", tmp_path / "bad.bpmn")

    assert answer.exit_code == 1
    assert "bad.bpmn: This is not well-formed XML" in answer.output
    assert "1 of 2 files were not kept" in answer.output
    assert "one" in run("drafts").output


def test_a_folder_cannot_be_imported(run: Runner, tmp_path: Path) -> None:
    answer = run("import", tmp_path)
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output


@pytest.fixture
def reported(run: Runner) -> None:
    """A case in the installation of the command line."""
    assert run
    with wiring.opened() as installation:
        given = {"summary": "The printer is on fire", "requester": "rita"}
        installation.runtime.run(
            wiring.OPERATOR, lambda work: cases.open_case(work, "incident", given)
        )


@pytest.mark.usefixtures("reported")
def test_a_case_is_steered_from_the_command_line(run: Runner) -> None:
    why = ("--reason", "the supplier asked for it")
    classified = ("--set", "category=network", "--set", "service=network")

    assert "INC-1 is suspended" in run("suspend", "INC-1", *why).output
    assert "is suspended" in run("move", "INC-1", "classify", "record", *why).output
    assert "INC-1 goes on" in run("resume", "INC-1", *why).output
    assert "is at 'diagnose'" in run("move", "instance:1", "classify", "diagnose", *why).output
    assert "is at 'classify' again" in run("reopen", "INC-1", "classify", *why).output
    assert "has left 'classify'" in run("skip", "INC-1", "classify", *classified, *why).output
    assert "Write 'name=value'" in run("skip", "INC-1", "diagnose", "--set", "x", *why).output
    assert "only ended ones" in run("delete", "INC-1", *why).output
    assert "is cancelled" in run("cancel", "INC-1", *why).output
    assert "INC-1 is deleted" in run("delete", "INC-1", *why).output
    assert "whole: " in run("verify", "instance:1").output


@pytest.mark.usefixtures("reported")
def test_instances_move_to_another_version_from_the_command_line(
    run: Runner, tmp_path: Path
) -> None:
    changed = tmp_path / "incident.bpmn"
    source = (wiring.ROOT / "workflows/incident/incident.bpmn").read_text()
    changed.write_text(
        source.replace('id="classify"', 'id="sort"')
        .replace('"classify"', '"sort"')
        .replace(">classify<", ">sort<")
    )
    assert run("deploy", changed, "--reason", "clearer names").exit_code == 0
    asked = ("migrate-instances", "incident", "--from", 1, "--to", 2)

    foretold = run(*asked, "--dry-run")
    assert "0 instances can move, 1 cannot" in foretold.output
    assert "'classify' is not in that version" in foretold.output
    assert "(INC-1)" in foretold.output
    kept = run(*asked, "--reason", "clearer names")
    assert "Migration 1: 0 moved, 1 kept, 0 left" in kept.output
    moved = run(*asked, "--map", "classify=sort", "--reason", "clearer names")
    assert "Migration 2: 1 moved, 0 kept, 0 left" in moved.output
    assert "Migration 2: 1 moved" in run("migrate-instances", "--resume", 2).output
    assert run("migrate-instances", "incident").exit_code == 1


@pytest.mark.usefixtures("reported")
def test_a_version_is_suspended_and_deleted_from_the_command_line(run: Runner) -> None:
    why = ("--reason", "a fault")
    assert "nothing starts on it" in run("version", "suspend", "incident", 1, *why).output
    assert "is resumed" in run("version", "resume", "incident", 1, *why).output
    assert "active one" in run("version", "delete", "incident", 1, *why).output
