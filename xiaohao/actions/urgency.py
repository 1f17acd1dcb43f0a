"""In which order the items of a digest are told."""

from models.facts import DigestItem
from xiaohao.rules.timetable import RANKS


def urgency(item: DigestItem) -> tuple[bool, int, int, int, str]:
    """What the items of a digest are sorted by: the most urgent first, what is told for want of 已阅 last."""
    unread = item.unanswered_by is not None
    return (unread, -RANKS[item.kind], -item.level, -item.days_overdue, item.number)
