"""Articles as their process writes, publishes and retires them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import BpmnError, Outcome, Topics
from itil import knowledge
from itil.knowledge import ArticleInvalid
from itil.work import Work

topics = Topics()


@topics.handles("knowledge.draft")
def draft(work: Work, requester: str, case: Mapping[str, object]) -> Outcome:
    """Keep what is written so far under the number of its case (KNO-01, KNO-04)."""
    author = str(case.get("author") or requester)
    values = {
        "title": str(case.get("summary") or ""),
        "body": str(case.get("body") or ""),
        "title_zh": str(case.get("summary_zh") or ""),
        "body_zh": str(case.get("body_zh") or ""),
        "visibility": str(case.get("visibility") or "internal"),
        "author": author,
    }
    if not case.get("article"):
        values["status"] = "draft"
    knowledge.write(work, str(case["number"]), values)
    return Outcome({"author": author, "article": case["number"]})  # type: ignore[dict-item]


@topics.handles("knowledge.publish")
def publish(work: Work, reviewer: str, review_at: str, case: Mapping[str, object]) -> Outcome:
    """Publish it as the next version (KNO-01).

    Raises:
        BpmnError: `own-article`, where its reviewer is its author.
    """
    try:
        version = knowledge.publish(work, str(case["number"]), reviewer, review_at)
    except ArticleInvalid as refused:
        raise BpmnError("own-article", str(refused)) from refused
    return Outcome({"article_version": version})


@topics.handles("knowledge.retire")
def retire(work: Work, case: Mapping[str, object]) -> Outcome:
    """Take it out of what readers find."""
    knowledge.retire(work, str(case["number"]), str(case.get("change_reason") or ""))
    return Outcome()
