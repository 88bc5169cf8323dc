"""Every rule that an upload is held to, for documents, programs and tests."""

from __future__ import annotations

from engine.bpmn import form_check, lint, reader, uploads, xml
from engine.feel.dmn import rules as dmn_rules
from engine.findings import Rule, rules_in

#: What the rules of each group of modules are about.
GROUPS = {
    "Files": (uploads, xml, reader),
    "Diagrams": lint.MODULES,
    "Forms": (form_check,),
    "Decisions": (dmn_rules,),
}


def every() -> list[Rule]:
    """All rules, those of one module beside each other."""
    return [rule for modules in GROUPS.values() for one in modules for rule in rules_in(one)]
