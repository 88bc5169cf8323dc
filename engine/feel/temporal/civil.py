"""The proleptic Gregorian calendar in integers, for any year.

Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
"""

from __future__ import annotations

from typing import Final

NANOS: Final = 1_000_000_000
HOUR: Final = 3600 * NANOS
DAY: Final = 24 * HOUR
MAX_YEAR: Final = 999_999_999
_FEBRUARY: Final = 2
_SHORT_MONTHS: Final = (4, 6, 9, 11)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, negative before it."""
    year -= month <= _FEBRUARY
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > _FEBRUARY else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146097 + day_of_era - 719468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01."""
    days += 719468
    era = days // 146097
    of_era = days - era * 146097
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + (3 if shifted < 10 else -9)  # noqa: PLR2004 - the year begins in March here
    return year_of_era + era * 400 + (month <= _FEBRUARY), month, day


def month_days(year: int, month: int) -> int:
    """Days in a month."""
    if month == _FEBRUARY:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in _SHORT_MONTHS else 31
