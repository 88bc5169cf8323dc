"""How fast FEEL and DMN are, in CPU time on one core.

    python -m bench.feel

Prints conditions, decision tables with trace, and compilations a second; the best of three rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

from engine import feel
from engine.feel import dmn

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
CONDITION = 'impact = "1 - High" and count(affected) > 10'
LEVELS = ("1 - High", "2 - Medium", "3 - Low")
SERVICES = ("mail", "network", "database", "workplace", "telephony")
ROUNDS = 3


def main() -> None:
    """Print every measure on a line of its own."""
    condition = feel.expression(CONDITION)
    scopes = [
        feel.scope({"impact": LEVELS[0], "affected": list(range(n % 25))}, NOW) for n in range(200)
    ]
    report("conditions evaluated", lambda: [condition.holds(one) for one in scopes], 200, 500)
    report("conditions compiled", lambda: feel.expression(CONDITION), 1, 3000)
    model = dmn.load(table())
    cases = [
        {
            "impact": LEVELS[n % 3],
            "urgency": LEVELS[n // 3 % 3],
            "service": SERVICES[n % 5],
            "users": n * 7 % 300,
        }
        for n in range(200)
    ]
    report(
        "tables of 30 rules and 4 inputs decided, with trace",
        lambda: [model.decide("priority", case, NOW) for case in cases],
        200,
        20,
    )
    report("tables of 30 rules loaded", lambda: dmn.load(table()), 1, 5)


def report(what: str, work: Callable[[], object], units: int, times: int) -> None:
    """Print how many units a second `work` does, which does `units` at a time."""
    best = 0.0
    for _ in range(ROUNDS):
        started = process_time()
        for _ in range(times):
            work()
        best = max(best, units * times / (process_time() - started))
    print(f"{best:>12,.0f}  {what} a second")


def table() -> bytes:
    """A priority table of 30 rules over four inputs; every rule is tried."""
    columns = (
        ("impact", "string"),
        ("urgency", "string"),
        ("service", "string"),
        ("users", "number"),
    )
    inputs = "".join(
        f'<input id="i_{name}"><inputExpression typeRef="{type_}"><text>{name}</text>'
        "</inputExpression></input>"
        for name, type_ in columns
    )
    rules = "".join(_rule(number) for number in range(30))
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="bench" '
        'namespace="bench"><decision id="priority" name="Priority">'
        f'<decisionTable hitPolicy="RULE ORDER">{inputs}<output id="o" name="priority" '
        f'typeRef="number"/>{rules}</decisionTable></decision></definitions>'
    ).encode()


def _rule(number: int) -> str:
    services = f'"{SERVICES[number % 5]}","{SERVICES[(number + 1) % 5]}"'
    users = ("&lt; 10", "[10..100)", "&gt;= 100")[number // 9 % 3]
    cells = (f'"{LEVELS[number % 3]}"', f'"{LEVELS[number // 3 % 3]}"', services, users)
    if number == 29:
        cells = ("-", "-", "-", "-")
    entries = "".join(f"<inputEntry><text>{cell}</text></inputEntry>" for cell in cells)
    return (
        f'<rule id="r{number + 1}">{entries}'
        f"<outputEntry><text>{number % 5 + 1}</text></outputEntry></rule>"
    )


if __name__ == "__main__":
    main()
