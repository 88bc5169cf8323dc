"""Asking FEEL and DMN, in the fewest words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from engine import feel
from engine.feel import dmn

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
DMN_13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def value(text: str, variables: Mapping[str, object] | None = None) -> object:
    """What an expression answers, as plain JSON."""
    known = variables or {}
    return feel.expression(text, known).evaluate(known, NOW)


def messages(text: str, variables: Mapping[str, object] | None = None) -> tuple[str, ...]:
    """What an expression notes while it answers."""
    known = variables or {}
    return feel.expression(text, known).explain(feel.scope(known, NOW)).messages


def passes(tests: str, tested: object, variables: Mapping[str, object] | None = None) -> object:
    """Whether a value passes unary tests."""
    known = variables or {}
    return feel.unary_tests(tests, known).evaluate(tested, known, NOW)


def model(*elements: str, namespace: str = DMN_13) -> dmn.Model:
    """A model of these elements."""
    return dmn.read(source(*elements, namespace=namespace))


def source(*elements: str, namespace: str = DMN_13) -> bytes:
    """The file of a model of these elements."""
    return (
        f'<definitions xmlns="{namespace}" id="definitions" name="Model" namespace="here">'
        f"{''.join(elements)}</definitions>"
    ).encode()


def table(
    rules: list[tuple[list[str], list[str]]],
    *,
    inputs: Mapping[str, str],
    policy: str = "UNIQUE",
    outputs: tuple[str, ...] = ("result",),
    inside: str = "",
) -> str:
    """A decision `d` with a table; `inputs` are types by expression, `inside` goes to output 1."""
    columns = "".join(
        f'<input><inputExpression typeRef="{type_}"><text>{escaped(text)}</text>'
        "</inputExpression></input>"
        for text, type_ in inputs.items()
    )
    drawn = "".join(
        f'<output name="{name}">{"" if number else inside}</output>'
        for number, name in enumerate(outputs)
    )
    rows = "".join(
        f'<rule id="r{number}">{_entries("inputEntry", cells)}{_entries("outputEntry", made)}'
        f"<annotationEntry><text>note {number}</text></annotationEntry></rule>"
        for number, (cells, made) in enumerate(rules, 1)
    )
    policy, _, aggregation = policy.partition(" of ")
    aggregated = f' aggregation="{aggregation}"' if aggregation else ""
    return (
        f'<decision id="d" name="Decision"><decisionTable hitPolicy="{policy}"{aggregated}>'
        f"{columns}{drawn}{rows}</decisionTable></decision>"
    )


def literal(id_: str, text: str, *, requires: tuple[str, ...] = (), type_: str = "") -> str:
    """A decision of one expression; `requires` are ids, those of inputs beginning with `i_`."""
    drawn = "".join(
        f"<informationRequirement><required{'Input' if one.startswith('i_') else 'Decision'} "
        f'href="#{one}"/></informationRequirement>'
        for one in requires
    )
    variable = f'<variable name="{id_}" typeRef="{type_}"/>' if type_ else ""
    return (
        f'<decision id="{id_}" name="{id_}">{variable}{drawn}'
        f"<literalExpression><text>{escaped(text)}</text></literalExpression></decision>"
    )


def escaped(text: str) -> str:
    """The text as XML writes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _entries(name: str, cells: list[str]) -> str:
    return "".join(f"<{name}><text>{escaped(cell)}</text></{name}>" for cell in cells)
