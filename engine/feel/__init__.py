"""FEEL, the expression language of every diagram and table, and DMN decisions.

condition = feel.expression('impact = "1 - High" and count(affected) > 10')
condition.holds(feel.scope(variables, now))
"""

from __future__ import annotations

from engine.feel.compiled import Answer, Expression, UnaryTests, expression, unary_tests
from engine.feel.errors import FeelBudgetError, FeelSyntaxError, FeelValueError
from engine.feel.values import Scope, scope

__all__ = [
    "Answer",
    "Expression",
    "FeelBudgetError",
    "FeelSyntaxError",
    "FeelValueError",
    "Scope",
    "UnaryTests",
    "expression",
    "scope",
    "unary_tests",
]
