"""The configuration items, windows and change templates of the demo: a small office."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from engine.store.unit_of_work import UnitOfWork
from itil import change_templates, change_windows, configuration

VIA = "import:demo"
#: key, name, kind, criticality, owner, group, what it depends on
ITEMS = (
    ("erp", "ERP", "service", 1, "mei", "applications", ("app-erp",)),
    ("mail", "E-mail", "service", 2, "carl", "servers", ("app-mail",)),
    ("network", "Network", "service", 1, "nora", "network", ("net-core", "net-wan")),
    ("workplace", "Workplace", "service", 3, "sofia", "workplace", ("net-core",)),
    ("printing", "Printing", "service", 4, "sofia", "workplace", ("srv-print",)),
    ("vpn", "Remote access", "service", 2, "nora", "network", ("vpn-1", "vpn-2")),
    ("app-erp", "ERP application", "application", 1, "carl", "applications", ("srv-erp", "db-erp")),
    ("app-mail", "Mail server software", "application", 2, "carl", "servers", ("srv-mail",)),
    ("db-erp", "ERP database", "database", 1, "carl", "applications", ("srv-db",)),
    ("srv-erp", "Server ERP 1", "server", 1, "nora", "servers", ("net-core",)),
    ("srv-db", "Server database 1", "server", 1, "nora", "servers", ("net-core",)),
    ("srv-mail", "Server mail 1", "server", 2, "nora", "servers", ("net-core",)),
    ("srv-print", "Server print 1", "server", 4, "nora", "servers", ("net-core",)),
    ("vpn-1", "VPN concentrator 1", "network", 2, "nora", "network", ("net-wan",)),
    ("vpn-2", "VPN concentrator 2", "network", 2, "nora", "network", ("net-wan",)),
    ("net-core", "Core switch", "network", 1, "nora", "network", ()),
    ("net-wan", "Internet line", "network", 1, "nora", "network", ()),
)
#: Remote access works as long as one concentrator does.
ENOUGH = {"vpn": 1}


def populate(work: UnitOfWork) -> None:
    """Add items and relations, a maintenance window, and an approved template."""
    for key, name, kind, criticality, owner, group, _ in ITEMS:
        values = {"name": name, "kind": kind, "criticality": criticality}
        values |= {"owner": owner, "group": group, "enough": ENOUGH.get(key)}
        configuration.put(work, key, values, VIA)
    for key, *_, needs in ITEMS:
        for other in needs:
            configuration.relate(work, key, "depends-on", other, VIA)
    if not change_windows.every(work):
        change_windows.add(
            work,
            {
                "kind": "maintenance",
                "name": "Sunday night",
                "starts_at": datetime(2026, 1, 4, 18, tzinfo=UTC),
                "ends_at": datetime(2026, 1, 4, 22, tzinfo=UTC),
                "rule": "FREQ=WEEKLY;BYDAY=SU",
                "zone": "UTC",
            },
        )
    _template(work)


def _template(work: UnitOfWork) -> None:
    """Written by one person, approved by another, as everybody has to."""
    key = change_templates.table.c.key
    if work.connection.execute(select(key).where(key == "restart-print")).first():
        return
    nora, chen = (replace(work, actor=replace(work.actor, name=n)) for n in ("nora", "chen"))
    texts = {
        "name": "Restart the print service",
        "name_zh": "重启打印服务",
        "service": "printing",
        "cis": ["srv-print"],
        "plan": "Stop the spooler, empty its folder, start it again.",
        "test_plan": "Print a test page.",
        "backout_plan": "Start the spooler without emptying the folder.",
    }
    change_templates.propose(nora, "restart-print", texts)
    change_templates.approve(chen, "restart-print", 365)
