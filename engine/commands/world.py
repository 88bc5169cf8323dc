"""What handlers and decisions need of the unit of work they run in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

import orjson

from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from engine.errors import DefinitionNotFound, ExpressionFailed
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork
from engine.topics import Outcome


class World:
    """Runs handlers and decisions for one instance."""

    def __init__(self, work: UnitOfWork, loaded: instances.Loaded) -> None:
        self._work = work
        self._loaded = loaded
        self.instance: Instance | None = None
        self.zone = work.runtime.zone

    def handles(self, handler: str) -> bool:
        """Whether there is a handler of this type."""
        return self._work.runtime.topics.find(handler) is not None

    def handle(
        self, element: str, handler: str, given: Mapping[str, object], visit: int
    ) -> Outcome:
        """Run a handler on mapped inputs, headers and variables.

        Raises:
            Exception: whatever the handler raises.
            TypeError: it returns no outcome, or variables that are no JSON.
        """
        found = self._work.runtime.topics.find(handler)
        if found is None:
            raise LookupError(f"there is no handler '{handler}'")
        variables = self._variables()
        wanted = (*found.required, *found.optional)
        inputs = {
            n: given[n] if n in given else variables.get(n)
            for n in wanted
            if n in given or n in variables or n in found.required
        }
        for name in found.given:
            inputs[name] = self._given(name, element, variables, visit)
        with self._undone_on_failure() if "work" in found.given else nullcontext():
            outcome = found.function(**inputs)
            if not isinstance(outcome, Outcome):
                raise TypeError(f"the handler returned {type(outcome).__name__}, no Outcome")
            orjson.dumps(outcome.variables)
        return outcome

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        """What a failing handler wrote does not stay; the move itself goes on, with a job."""
        recorded = len(self._work.recorded)
        with self._work.connection.begin_nested() as written:
            try:
                yield
            except Exception:
                written.rollback()
                del self._work.recorded[recorded:]
                raise

    def catches(self, code: str) -> bool:
        """Whether an instance that called this one catches a modelled error."""
        called = self._loaded
        while called.parent_id is not None and called.parent_token is not None:
            caller = instances.lock(self._work, called.parent_id)
            if caller.state is None:
                return False
            if self._seen(caller).catches(called.parent_token, code):
                return True
            called = caller
        return False

    def _seen(self, loaded: instances.Loaded) -> Instance:
        """Another instance, to be looked at only."""
        definition = self._work.runtime.catalogue.process(
            self._work.connection, loaded.definition_id
        )
        instance = Instance(definition, loaded.variables, self._work.now, NoEffects())
        instance.restore(loaded.state or b"")
        return instance

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

    def _given(
        self, name: str, element: str, variables: Mapping[str, object], visit: int
    ) -> object:
        if name == "now":
            return self._work.now
        if name == "work":
            return self._work
        if name == "key":
            return f"{self._loaded.id}.{visit}"
        if name == "case":
            return {**variables, "number": self._loaded.business_key}

        def decide(decision: str, values: Mapping[str, object]) -> object:
            result, trace = self.decide(element, decision, values)
            if self.instance is not None:
                self.instance.journal.decisions.append({"element": element, **trace})
            return result

        return decide

    def _variables(self) -> Mapping[str, object]:
        return {} if self.instance is None else self.instance.variables
