"""FEEL's temporal values: any year to 999,999,999, nanoseconds, offsets and IANA zones.

Python's datetime stops at the year 9999 and at microseconds; FEEL does not.
"""
