"""Random processes from a list of weighed shapes."""

from __future__ import annotations

from tests.randomly import borders, event_shapes, flow_shapes, scope_shapes
from tests.randomly.builder import Builder, Shape
from tests.randomly.chance import Chance

#: Weight, shape, and whether it has blocks inside; the simplest first, failing cases shrink to it.
SHAPES: tuple[tuple[int, Shape, bool], ...] = (
    (4, flow_shapes.task, False),
    (3, flow_shapes.work, False),
    (2, flow_shapes.service, False),
    (2, event_shapes.waiting, False),
    (3, event_shapes.throwing, False),
    (2, event_shapes.listening, False),
    (3, scope_shapes.undoing, False),
    (3, scope_shapes.repeated_task, False),
    (1, flow_shapes.doubled, False),
    (7, flow_shapes.row, True),
    (3, flow_shapes.xor, True),
    (4, flow_shapes.both, True),
    (3, flow_shapes.some, True),
    (3, flow_shapes.loop, True),
    (2, flow_shapes.link, True),
    (2, flow_shapes.implicit_split, True),
    (2, flow_shapes.implicit_merge, True),
    (2, flow_shapes.fork, True),
    (2, event_shapes.either, True),
    (6, borders.guarded, True),
    (5, scope_shapes.sub, True),
    (3, scope_shapes.transaction, True),
    (3, scope_shapes.repeated_sub, True),
    (4, scope_shapes.call, True),
)


def processes(chance: Chance, budget: int) -> dict[str, bytes]:
    """The BPMN files of `p` and of what it calls, by process id, those called first."""
    builder = Builder(chance, budget, SHAPES)
    builder.process("p")
    return builder.files
