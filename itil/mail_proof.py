"""Whether our own mail server says that a letter comes from its sender (RFC 8601).

Anybody passes SPF and DKIM for a domain of their own, so a pass counts for the domain of the
sender's address alone.
"""

from __future__ import annotations

import re

#: Comments and quoted texts hold what others wrote, a `;` or a `dmarc=pass` perhaps.
_FREE = re.compile(r"\([^()]*\)|\"[^\"]*\"")
_RESULT = re.compile(r"(dmarc|dkim|spf)\s*=\s*(\w+)", re.IGNORECASE)
#: The property that names the domain a way of proof is about.
_ABOUT = {"dmarc": "header.from", "dkim": "header.d", "spf": "smtp.mailfrom"}


def proven(result: str, server: str, sender: str) -> bool:
    """By the topmost `Authentication-Results`, that of our own server; others may be anybody's.

    Where it says what DMARC found, that decides.
    """
    name, _, rest = _FREE.sub(" ", result).partition(";")
    if not server or name.strip().partition(" ")[0].lower() != server.lower():
        return False
    domain = sender.rpartition("@")[2].lower()
    found: list[tuple[str, bool]] = []
    for part in rest.split(";"):
        way = _RESULT.match(part.strip())
        if way is not None:
            kind = way[1].lower()
            good = way[2].lower() == "pass" and _about(part, kind) == domain
            found.append((kind, good))
    decided = [good for kind, good in found if kind == "dmarc"]
    return any(decided or (good for _, good in found))


def _about(part: str, kind: str) -> str:
    """The domain that a result is about; empty where it says none."""
    said = re.search(rf"\b{re.escape(_ABOUT[kind])}\s*=\s*(\S+)", part, re.IGNORECASE)
    return said[1].rpartition("@")[2].lower() if said else ""
