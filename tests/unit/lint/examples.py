"""For each rule the smallest file that it finds something in, and one that differs in just that.

An example is a diagram, or files by their paths.
"""

from __future__ import annotations

from tests.unit.lint.examples_of_files import FILES
from tests.unit.lint.examples_of_flow import FLOW
from tests.unit.lint.examples_of_work import TASKS

EXAMPLES = FILES | FLOW | TASKS
