"""As in the scenarios of the engine, each state that an instance comes to survives being stored."""

from tests.scenarios.engine.conftest import runtime

__all__ = ["runtime"]
