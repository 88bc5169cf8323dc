"""Demo people and groups for a first look; never present unless asked for."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store.unit_of_work import UnitOfWork
from itil import demo_items, people

#: Shown on the sign-in page of a demo installation.
PASSWORD = "signalbox"  # noqa: S105 - public on purpose


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody to try the product as."""

    login: str
    name: str
    roles: tuple[str, ...]
    groups: tuple[str, ...] = ()
    language: str = "en"
    manager: str = "mei"
    skills: str = ""


GROUPS = (
    ("service-desk", "Service desk", "服务台", "sofia"),
    ("network", "Network", "网络组", "nora"),
    ("servers", "Servers", "服务器组", "nora"),
    ("applications", "Applications", "应用组", "carl"),
    ("workplace", "Workplace", "桌面组", "sofia"),
    ("security", "Security", "安全组", "carl"),
    ("incident-manager", "Incident managers", "事件经理", "max"),
    ("management", "Management", "管理层", "mei"),
    ("problem-management", "Problem management", "问题管理", "pia"),
    ("change-management", "Change management", "变更管理", "chen"),
    ("cab", "Change advisory board", "变更顾问委员会", "chen"),
    ("ecab", "Emergency change advisory board", "紧急变更顾问委员会", "chen"),
    ("release-management", "Release management", "发布管理", "rob"),
    ("service-level-management", "Service level management", "服务级别管理", "sam"),
    ("configuration-management", "Configuration management", "配置管理", "kim"),
    ("knowledge-management", "Knowledge management", "知识管理", "kim"),
    ("improvement", "Continual improvement", "持续改进", "mei"),
    ("testers", "Testers", "测试组", "tara"),
    ("finance", "Finance", "财务", "sam"),
    ("remote-access", "Remote access", "远程访问", "nora"),
)
PEOPLE = (
    DemoPerson("rita", "Rita Requester", ("requester",)),
    DemoPerson("wang", "王芳", ("requester",), language="zh"),
    DemoPerson("ben", "Ben Agent", ("requester", "agent"), ("service-desk", "workplace")),
    DemoPerson(
        "li", "李强", ("requester", "agent"), ("service-desk", "network"), "zh", skills="wi-fi"
    ),
    DemoPerson(
        "nora",
        "Nora Network",
        ("requester", "agent", "team-lead"),
        ("network", "servers"),
        skills="routing, mail",
    ),
    DemoPerson(
        "carl",
        "Carl Applications",
        ("requester", "agent", "team-lead"),
        ("applications", "security", "servers"),
        skills="erp, forensics",
    ),
    DemoPerson("sofia", "Sofia Lead", ("requester", "agent", "team-lead"), ("service-desk",)),
    DemoPerson(
        "max", "Max Incident-Manager", ("requester", "incident-manager"), ("incident-manager",)
    ),
    DemoPerson("mei", "Mei Director", ("requester",), ("management", "cab", "ecab", "improvement")),
    DemoPerson(
        "pia", "Pia Problem-Manager", ("requester", "problem-manager"), ("problem-management",)
    ),
    DemoPerson(
        "chen", "陈伟", ("requester", "change-manager"), ("change-management", "cab", "ecab"), "zh"
    ),
    DemoPerson(
        "rob", "Rob Release-Manager", ("requester", "release-manager"), ("release-management",)
    ),
    DemoPerson(
        "sam",
        "Sam Service-Level-Manager",
        ("requester", "service-level-manager"),
        ("service-level-management", "cab", "improvement"),
    ),
    DemoPerson(
        "kim",
        "Kim Configuration-Manager",
        ("requester", "agent", "configuration-manager", "knowledge-manager"),
        ("configuration-management", "knowledge-management", "cab"),
    ),
    DemoPerson("tara", "Tara Tester", ("requester", "agent"), ("testers",)),
    DemoPerson("olga", "Olga Process-Owner", ("requester", "process-owner")),
    DemoPerson("ada", "Ada Auditor", ("auditor",)),
    DemoPerson("adam", "Adam Admin", ("admin",)),
)


def populate(work: UnitOfWork) -> None:
    """Add the demo people and groups, in place of what was under their names."""
    for key, name, name_zh, lead in GROUPS:
        people.add_group(work, key, name, name_zh, lead)
    for person in PEOPLE:
        identity = {
            "login": person.login,
            "name": person.name,
            "email": f"{person.login}@example.org",
            "language": person.language,
            "zone": "Asia/Shanghai" if person.language == "zh" else "Europe/Berlin",
            "manager": person.manager if person.login != person.manager else "",
            "cost_centre": "finance",
            "skills": person.skills,
        }
        people.add_person(work, identity, PASSWORD, person.roles, person.groups)
    demo_items.populate(work)
