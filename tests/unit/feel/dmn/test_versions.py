"""DMN 1.1 to 1.5 differ in their namespace; each is read, and others are named."""

from __future__ import annotations

import pytest

from engine.feel import dmn
from engine.feel.errors import DmnError
from tests.unit.feel.asking import NOW

VERSIONS = {
    "1.1": "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "1.2": "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "1.3": "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "1.4": "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "1.5": "https://www.omg.org/spec/DMN/20230324/MODEL/",
}


def model(namespace: str, text: str = "a") -> bytes:
    return f"""<x:definitions xmlns:x="{namespace}" id="d" name="d" namespace="n">
      <x:inputData id="a" name="a"/>
      <x:decision id="sum" name="sum">
        <x:variable name="sum"/>
        <x:informationRequirement><x:requiredInput href="#a"/></x:informationRequirement>
        <x:decisionTable hitPolicy="COLLECT" aggregation="SUM">
          <x:input><x:inputExpression><x:text>{text}</x:text></x:inputExpression></x:input>
          <x:output/>
          <x:rule><x:inputEntry><x:text>&gt; 1</x:text></x:inputEntry>
            <x:outputEntry><x:text>10</x:text></x:outputEntry></x:rule>
          <x:rule><x:inputEntry><x:text>&gt; 2</x:text></x:inputEntry>
            <x:outputEntry><x:text>20</x:text></x:outputEntry></x:rule>
        </x:decisionTable>
      </x:decision>
    </x:definitions>""".encode()


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_read_and_decides_the_same(version: str) -> None:
    decided = dmn.load(model(VERSIONS[version]))
    assert decided.decide("sum", {"a": 3}, NOW).result == 30
    assert decided.decide("sum", {"a": 2}, NOW).result == 10


def test_what_is_no_version_of_dmn_is_named() -> None:
    with pytest.raises(DmnError, match=r"root is '\{http://other\}definitions', not DMN 1.1 to"):
        dmn.load(model("http://other"))


def test_a_text_that_is_not_feel_is_told_with_its_place() -> None:
    with pytest.raises(DmnError, match="line 1, column 5: expected") as refused:
        dmn.load(model(VERSIONS["1.3"], text="a + + 1 +"))
    assert [finding.element for finding in refused.value.findings] == ["sum"]


def test_tables_of_too_many_cells_are_refused_before_they_are_compiled() -> None:
    rules = "<x:rule><x:inputEntry/><x:outputEntry/></x:rule>" * 6_000
    source = model(VERSIONS["1.3"]).replace(b"<x:rule>", f"{rules}<x:rule>".encode(), 1)
    with pytest.raises(DmnError, match="12,004 cells; a file may have 10,000"):
        dmn.load(source)
