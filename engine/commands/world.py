"""What handlers and decisions need of the unit of work they run in."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.instance import Instance
from engine.errors import (
    DefinitionNotFound,
    EngineError,
    ExpressionFailed,
    HandlerFailed,
    UnknownHandler,
)
from engine.store.unit_of_work import UnitOfWork
from engine.topics import BpmnError, Outcome


class World:
    """Runs handlers and decisions for one instance."""

    def __init__(self, work: UnitOfWork, business_key: str | None) -> None:
        self._work = work
        self._number = business_key
        self.instance: Instance | None = None
        self.zone = work.runtime.zone

    def handle(self, element: str, handler: str, given: Mapping[str, object]) -> Outcome:
        """Run a handler on mapped inputs, headers and variables."""
        found = self._work.runtime.topics.find(handler)
        if found is None:
            raise UnknownHandler(handler, element, self._work.runtime.topics.names())
        variables = self._variables()
        wanted = (*found.required, *found.optional)
        inputs = {
            n: given[n] if n in given else variables.get(n)
            for n in wanted
            if n in given or n in variables or n in found.required
        }
        for name in found.given:
            inputs[name] = self._given(name, element, variables)
        try:
            return found.function(**inputs)
        except (BpmnError, EngineError):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise HandlerFailed(handler, element, reason) from error

    def decide(
        self, element: str, decision: str, variables: Mapping[str, object]
    ) -> tuple[object, dict[str, object]]:
        """The result of a decision and its trace."""
        connection = self._work.connection
        try:
            definition_id, model = self._work.runtime.catalogue.decision(connection, decision)
        except DefinitionNotFound as missing:
            raise ExpressionFailed(element, decision, "is no deployed decision") from missing
        answer = model.decide(decision, variables, self._work.now)
        return answer.result, {
            "decision": decision,
            "definition": definition_id,
            "tables": answer.brief(),
        }

    def _given(self, name: str, element: str, variables: Mapping[str, object]) -> object:
        if name == "now":
            return self._work.now
        if name == "case":
            return {**variables, "number": self._number}

        def decide(decision: str, values: Mapping[str, object]) -> object:
            result, trace = self.decide(element, decision, values)
            if self.instance is not None:
                self.instance.journal.decisions.append({"element": element, **trace})
            return result

        return decide

    def _variables(self) -> Mapping[str, object]:
        return {} if self.instance is None else self.instance.variables
