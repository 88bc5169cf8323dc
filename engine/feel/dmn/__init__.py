"""DMN models: decisions of tables and boxed FEEL expressions, each with the trace of why.

model = dmn.load(source)
model.decide("priority", {"impact": "high", "urgency": "low"}, now).result
"""

from __future__ import annotations

from engine.feel.dmn.check import Fault, TableFinding, check
from engine.feel.dmn.model import Model, load, read
from engine.feel.dmn.texts import Problem
from engine.feel.dmn.trace import Decision

__all__ = [
    "Decision",
    "Fault",
    "Model",
    "Problem",
    "TableFinding",
    "check",
    "load",
    "read",
]
