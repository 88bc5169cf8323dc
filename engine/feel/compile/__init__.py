"""From syntax trees to closures; nothing is ever executed as Python text.

A compiled expression is a function of the names around it and of the run. Names are never
changed by it: loops, contexts and calls work on copies.
"""

from __future__ import annotations

from engine.feel.compile import loops, operators, primaries, tests
from engine.feel.compile.dispatch import Code, compiled
from engine.feel.compile.tests import Test, compiled_tests

__all__ = ["Code", "Test", "compiled", "compiled_tests", "loops", "operators", "primaries", "tests"]
