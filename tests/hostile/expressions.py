"""Foreign code in every place that takes an expression; FEEL that would eat the machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from engine import feel
from tests import drawing as draw
from tests.desk import Case as Instance
from tests.hostile.cage import Case, Ground
from tests.hostile.runs import timed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
#: What would leave a file behind if anything ran it.
MARK = "/tmp/signalbox-was-here"
PYTHON = f"__import__('os').system('touch {MARK}')"
TEXTS = {
    "Python": PYTHON,
    "Python that escapes": "().__class__.__base__.__subclasses__()",
    "JUEL": "${execution.setVariable('x', runtimeService.deleteProcessInstance('1'))}",
    "SpEL": "#{T(java.lang.Runtime).getRuntime().exec('id')}",
    "JavaScript": "(function(){return process.mainModule.require('child_process')})()",
    "Jinja": "{{ self.__init__.__globals__ }}",
}
S, E = draw.start(), draw.end()


def places(text: str) -> dict[str, bytes]:
    """A diagram for each place that takes an expression, with this text in it."""
    told = escape(text, quote=True)
    flow = [("begin", "t"), ("t", "done")]

    def task(more: str) -> bytes:
        return draw.diagram(S, draw.user("t", more=more), E, flows=flow)

    def people(attribute: str) -> bytes:
        set_ = f'<zeebe:assignmentDefinition {attribute}="{told}"/>'
        return task("").replace(
            b'<zeebe:assignmentDefinition candidateGroups="desk"/>', set_.encode()
        )

    def event(trigger: str, top: str = "") -> bytes:
        border = draw.boundary("b", "t", trigger, interrupting=False)
        return draw.diagram(S, draw.user("t"), border, E, flows=flow, top=top)

    def rounds(**more: object) -> bytes:
        repeated = draw.repeated(draw.user("t"), **{"items": "=[1]", **more})  # type: ignore[arg-type]
        return draw.diagram(S, repeated, E, flows=flow)

    gate = draw.exclusive("g", default="g_done")
    return {
        "condition": draw.diagram(
            S,
            draw.user("t"),
            gate,
            E,
            draw.end("x"),
            flows=[("begin", "g"), ("g", "t", f"={text}"), ("t", "x"), ("g", "done")],
        ),
        "script": draw.diagram(S, draw.script("t", f"={text}", "x"), E, flows=flow),
        "script without =": draw.diagram(S, draw.script("t", text, "x"), E, flows=flow),
        "assignee": people("assignee"),
        "candidate groups": people("candidateGroups"),
        "candidate users as FEEL": people("candidateUsers").replace(
            b'candidateUsers="', b'candidateUsers="='
        ),
        "input": task(draw.inputs(x=f"={text}")),
        "output": task(draw.outputs(x=f"={text}")),
        "output that is plain": task(draw.outputs(x=text)),
        "due date": task(f'<zeebe:taskSchedule dueDate="={told}"/>'),
        "follow-up date": task(f'<zeebe:taskSchedule followUpDate="={told}"/>'),
        "priority": task(f'<zeebe:priorityDefinition priority="={told}"/>'),
        "offer": task(
            f'<zeebe:properties><zeebe:property name="offeredTo" value="={told}"/>'
            "</zeebe:properties>"
        ),
        "timer": event(draw.timer(f"={escape(text)}")),
        "timer that is plain": event(draw.timer(escape(text))),
        "date": event(draw.timer(f"={escape(text)}", "timeDate")),
        "cycle": event(draw.timer(f"={escape(text)}", "timeCycle")),
        "event condition": event(draw.conditional(f"={text}")),
        "correlation key": event(draw.message("m"), draw.messages("m", key=f"={told}")),
        "list": rounds(items=f"={text}"),
        "result": rounds(results=("r", f"={text}")),
        "completion condition": rounds(until=f"={text}"),
        "call": draw.diagram(S, draw.call("t", f"={text}"), E, flows=flow),
        "handler": draw.diagram(S, draw.service("t", told), E, flows=flow),
        "decision": draw.diagram(S, draw.decision("t", told, "x"), E, flows=flow),
        "execution listener": task(
            f'<zeebe:executionListeners><zeebe:executionListener type="{told}"/>'
            "</zeebe:executionListeners>"
        ),
    }


def _injected(place: str, text: str) -> tuple[Callable[[Ground], object], ...]:
    """Deployed if it can be, started, completed: whatever happens, nothing foreign has run."""

    def deploy(ground: Ground) -> None:
        ground.deploy(places(text)[place])

    def start(ground: Ground) -> object:
        try:
            return ground.desk.start().row.variables
        finally:
            assert not Path(MARK).exists(), "foreign code has run"

    def complete(ground: Ground) -> object:
        try:
            Instance(ground.desk, 1).complete("t")
        except StopIteration:
            return "no task is open"
        finally:
            assert not Path(MARK).exists(), "foreign code has run"
        return Instance(ground.desk, 1).row.variables

    return deploy, start, complete


#: Places of every day, and those that are plain text without `=`.
COMMON = ("condition", "script", "script without =", "input", "output that is plain", "timer",
          "correlation key", "list", "completion condition", "handler")  # fmt: skip
DOUBLE = "for i in 1..{n} return if i = 1 then {one} else {more}"
#: Expressions that are long to answer; all are stopped or answered within the budget.
FEEL = {
    "loops in loops": "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
    "for nests that multiply": "for a in 1..30 return " * 8 + "1",
    "a range of a billion": "count([1..999999999])",
    "a loop over a range of a billion": "for i in 1..999999999 return i",
    "a loop backwards": "for i in 999999999..-999999999 return i",
    "a filter that makes all": "(for i in 1..1000 return for j in 1..1000 return j)[item[1] = 0]",
    "a text that doubles": DOUBLE.format(
        n=60, one='"0123456789"', more="partial[-1] + partial[-1]"
    ),
    "a list that doubles": DOUBLE.format(
        n=60, one="[1]", more="concatenate(partial[-1], partial[-1])"
    ),
    "lists in lists that double": DOUBLE.format(n=60, one="[1]", more="[partial[-1], partial[-1]]"),
    "contexts that double": DOUBLE.format(
        n=60, one="{a: 1}", more="{a: partial[-1], b: partial[-1]}"
    ),
    "a text that doubles by replace": DOUBLE.format(
        n=60, one='"ab"', more='replace(partial[-1], "a", "aaaaaaaaaa")'
    ),
    "a text that doubles by join": DOUBLE.format(
        n=60, one='"ab"', more='string join([partial[-1], partial[-1]], "x")'
    ),
    "a recursive function": "{f: function(n) f(n + 1), r: f(1)}.r",
    "a function that calls itself twice": (
        "{f: function(f, n) if n = 0 then 1 else f(f, n - 1) + f(f, n - 1), r: f(f, 60)}.r"
    ),
    "a pattern that backtracks": f'matches("{"a" * 60}!", "^(a+)+$")',
    "a pattern that backtracks in replace": f'replace("{"a" * 60}!", "(a|aa)+$", "x")',
    "a pattern that backtracks in split": f'split("{"a" * 60}!", "(.*.*.*.*.*.*)*x")',
    "a pattern of repeats": 'matches("a", "((((a{1,1000}){1,1000}){1,1000}){1,1000})")',
    "a pattern with a huge repeat": 'matches("a", "a{1,999999999}")',
    "a pattern of 100,000 signs": f'matches("a", "{"(" * 1_900}")',
    "a long pattern": f'matches("a", "{"a?" * 900}{"a" * 190}")',
    "many patterns": 'for i in 1..100000 return matches("a", "(b|c)*" + string(i))',
    "a huge power": "10 ** 999999999",
    "a tower of powers": "9 ** 9 ** 9 ** 9",
    "a huge number": "1" * 90_000,
    "a number with a huge exponent": "1e999999999",
    "a factorial": "product(for i in 1..100000 return i)",
    "a decimal of many places": "decimal(1/3, 999999999)",
    "a round to many places": "round half up(1.5, 999999999)",
    "a modulo of huge numbers": "modulo(10 ** 6000, 7)",
    "an exp": "exp(999999999)",
    "a date beyond": 'date("999999999-12-31") + duration("P999999999Y")',
    "a duration beyond": 'duration("P99999999999999999999Y")',
    "durations multiplied": 'duration("P999999999D") * 999999999999999999',
    "a date and time beyond": 'date and time("-999999999-01-01T00:00:00") - duration("P1D")',
    "years between ends": (
        'years and months duration(date("-999999999-01-01"), date("999999999-12-31"))'
    ),
    "a range of dates": 'for d in date("0001-01-01")..date("9999-12-31") return d',
    "every day of the ages": 'count(for d in date("-999999-01-01")..date("999999-12-31") return d)',
    "a sort of a big list": "sort(for i in 1..100000 return 100000 - i, function(a, b) a < b)",
    "a sort that is slow": (
        "sort(for i in 1..3000 return i, function(a, b) count([1..1000][item = a]) > 0)"
    ),
    "a union of big lists": "union(for i in 1..30000 return i, for i in 1..30000 return -i)",
    "distinct values of many": "distinct values(for i in 1..30000 return i)",
    "index of many": "for i in 1..3000 return index of(for j in 1..300 return j, 5)",
    "list contains many": (
        "{l: for i in 1..20000 return i, r: for i in l return list contains(l, -i)}.r"
    ),
    "a mode of many": "mode(for i in 1..30000 return i)",
    "a quantifier over much": "some a in 1..100000, b in 1..100000 satisfies a = -b",
    "comparing big lists": "{l: for i in 1..30000 return i, r: for i in 1..1000 return l = l}.r",
    "a text of 100,000 signs": '"' + "x" * 99_000 + '"',
    "30,000 terms": "+".join(["1"] * 30_000),
    "30,000 ands": " and ".join(["true"] * 15_000),
    "a path of 30,000 names": "a" + ".b" * 30_000,
    "5,000 parentheses": "(" * 5_000 + "1" + ")" * 5_000,
    "5,000 lists": "[" * 5_000 + "]" * 5_000,
    "5,000 contexts": "{a:" * 5_000 + "1" + "}" * 5_000,
    "5,000 ifs": "if true then " * 5_000 + "1" + " else 2" * 5_000,
    "5,000 minuses": "-" * 5_000 + "1",
    "5,000 functions": "function(x) " * 5_000 + "1",
    "names of many words": "a " * 40_000,
    "a text that never ends": '"' + "x" * 90_000,
    "a comment that never ends": "/*" * 40_000,
    "names between which cannot be told": " - ".join(["a"] * 5_000),
    "20,000 arguments": f"max({', '.join(['1'] * 20_000)})",
    "a context of 20,000 entries": "{" + ", ".join(f"a{n}: {n}" for n in range(12_000)) + "}",
}


def _evaluated(text: str) -> Callable[[Ground], object]:
    def act(_: Ground) -> object:
        value = feel.expression(text).evaluate({"a": 1}, NOW)
        return str(value)[:80]

    return act


TIMES = [
    ("P1000000Y", "timeDuration"),
    ("PT1E9S", "timeDuration"),
    ("-PT1H", "timeDuration"),
    ("PT0S", "timeDuration"),
    ("P", "timeDuration"),
    ("PT99999999999999999999H", "timeDuration"),
    ("PT0.0000001S", "timeDuration"),
    ("9999-12-31T23:59:59Z", "timeDate"),
    ("99999-01-01T00:00:00Z", "timeDate"),
    ("0000-00-00", "timeDate"),
    ("9999-12-31T23:59:59-23:59", "timeDate"),
    ("0001-01-01T00:00:00+23:59", "timeDate"),
    ("R/PT0S", "timeCycle"),
    ("R0/PT1H", "timeCycle"),
    ("R-1/PT1H", "timeCycle"),
    ("R99999999999999999999/PT1H", "timeCycle"),
    ("R/P1000000Y", "timeCycle"),
    ("R/9999-12-31T23:59:59Z/P1Y", "timeCycle"),
    ("R/0001-01-01T00:00:00Z/PT1M", "timeCycle"),
    ("R/0001-01-01T00:00:00Z/P1M", "timeCycle"),
    ("* * * * * *", "timeCycle"),
    ("R/P29Y", "timeCycle"),
    (f"P{'9' * 400}Y", "timeDuration"),
    (f"PT{'9' * 400}H", "timeDuration"),
    (f"R{'9' * 5000}/PT1H", "timeCycle"),
    (f"{'9' * 5000}-01-01", "timeDate"),
]


def _timed(text: str, kind: str, **given: object) -> tuple[Callable[[Ground], object], ...]:
    """Deployed, started, and swept long after."""
    return (
        lambda ground: ground.deploy(timed(text, kind)),
        lambda ground: ground.desk.start(**given),
        lambda ground: ground.desk.advance(days=4000),
        lambda ground: ground.desk.advance(hours=1),
    )


def cases() -> list[Case]:
    """Injections, FEEL, and absurd times."""
    found = []
    for name, text in TEXTS.items():
        for place in places("1"):
            act = _injected(place, text)
            quick = name == "Python" and place in COMMON
            found.append(Case(f"inject: {name} as {place}", act, quick=quick))
    quick_feel = {
        "loops in loops",
        "a text that doubles",
        "a pattern that backtracks",
        "a pattern of repeats",
        "a recursive function",
        "a function that calls itself twice",
        "5,000 parentheses",
        "every day of the ages",
        "a sort that is slow",
        "list contains many",
    }
    found += [
        Case(f"feel: {name}", _evaluated(text), quick=name in quick_feel)
        for name, text in FEEL.items()
    ]
    for text, kind in TIMES:
        shown, quick = text[:40], text in ("R/PT0S", "PT1E9S")
        found.append(Case(f"time: {shown}", _timed(text, kind), quick=quick))
        by_variable = _timed("=x", kind, x=text)
        found.append(Case(f"time: {shown} by a variable", by_variable, quick=quick))
    return found
