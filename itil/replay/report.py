"""What a replay found: as text for people, as JSON for tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

_SHOWN = 8  #: case numbers a line of the table names


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A priority that the diagram computed and the log did not record."""

    number: str
    computed: int | None
    recorded: int


@dataclass(frozen=True, slots=True)
class Attainment:
    """How many resolution clocks of a priority met their target, and what the log says."""

    cases: int
    met: int
    recorded_met: int  #: by the targets of the log's own company


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a replay; durations are seconds."""

    log: str
    incidents: int
    events: int
    followed: int  #: incidents whose every change the diagram followed, to Closed
    open: int  #: incidents that were followed as far as the log goes, and are not closed there
    not_followed: Mapping[str, Sequence[str]]  #: transition -> numbers in the log
    priorities: int  #: priorities that were compared
    mismatches: Sequence[Mismatch]
    attainment: Mapping[int, Attainment]  #: by priority, of the incidents that were followed
    closed_by_timer: int
    closed_by_requester: int
    broken: Sequence[str]  #: lines that were left out, and why
    wall: float
    cpu: float

    @property
    def share(self) -> float:
        """Incidents followed, of all, 0 to 1."""
        return self.followed / self.incidents

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {**asdict(self), "share": self.share, "events_per_second": self.rate}

    @property
    def rate(self) -> float:
        """Events a second of CPU time."""
        return self.events / self.cpu if self.cpu else 0.0

    def as_text(self) -> str:
        """The report as a table of at most some forty lines."""
        return "\n".join(
            [
                *_pairs(self),
                *_not_followed(self.not_followed),
                *_mismatches(self.mismatches),
                *_attainment(self.attainment),
                *_broken(self.broken),
            ],
        )


def _pairs(report: Report) -> list[str]:
    pairs = [
        ("Log", report.log),
        ("Incidents", f"{report.incidents:,}"),
        ("Events", f"{report.events:,}"),
        ("Followed to Closed", f"{report.followed:,} ({report.share:.3%})"),
        ("Followed, still open", f"{report.open:,}"),
        ("Not followed", f"{sum(map(len, report.not_followed.values())):,}"),
        ("Closed by the timer", f"{report.closed_by_timer:,}"),
        ("Closed by the requester", f"{report.closed_by_requester:,}"),
        ("Priorities compared", f"{report.priorities:,}, {len(report.mismatches)} differ"),
        ("Time", f"{report.wall:.0f} s, CPU {report.cpu:.0f} s, {report.rate:.0f} events/CPU s"),
    ]
    return [f"{name:<24}{text}" for name, text in pairs]


def _not_followed(found: Mapping[str, Sequence[str]]) -> list[str]:
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = [f"  {name:<38}{len(numbers):>5}  {_few(numbers)}" for name, numbers in ordered]
    return ["", "Not followed, by transition", *lines] if lines else []


def _mismatches(found: Sequence[Mismatch]) -> list[str]:
    lines = [f"  {m.number}: computed {m.computed}, recorded {m.recorded}" for m in found[:_SHOWN]]
    return ["", "Priorities that differ", *lines] if lines else []


def _attainment(found: Mapping[int, Attainment]) -> list[str]:
    lines = [
        f"  P{priority}{a.cases:>8,}{a.met:>8,}{_percent(a.met, a.cases):>8}"
        f"{_percent(a.recorded_met, a.cases):>10}"
        for priority, a in sorted(found.items())
    ]
    head = f"  {'':<2}{'cases':>8}{'met':>8}{'share':>8}{'in log':>10}"
    return ["", "Resolution targets", head, *lines] if lines else []


def _broken(found: Sequence[str]) -> list[str]:
    more = [f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return ["", "Lines left out", *(f"  {line}" for line in found[:_SHOWN]), *more] if found else []


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _few(numbers: Sequence[str]) -> str:
    more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    return ", ".join(numbers[:_SHOWN]) + more
