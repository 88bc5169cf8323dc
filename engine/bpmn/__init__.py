"""BPMN diagrams: read, checked, compiled and executed; SpiffWorkflow stays in here."""
