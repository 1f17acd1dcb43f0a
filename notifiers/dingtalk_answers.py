"""What the answers of DingTalk's channels have in common, beyond `notifiers.vendors` (pure)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from notifiers import vendors, wording
from notifiers.client import Answer

A_SECOND, A_MINUTE, TEN_MINUTES = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10)
LONGEST_EXCERPT = 60
_OF_RIGHTS = 88
_LOOKS_SECRET = re.compile(r"https?://\S*|[A-Za-z0-9_\-+/=]{16,}")


def judged(answer: Answer, table: Mapping[int, vendors.Verdict], *, now: datetime) -> vendors.Judged | None:
    """What `errcode` says by the channel's table; None for 0. `now` bears a zone."""
    return vendors.judged(replace(answer, said=_said(answer)), "errcode", table, now=now)


def code_of(answer: Answer) -> int | None:
    """`errcode`, or `sub_code` where that is 88, a fault of rights; None without one."""
    return vendors.code_of(replace(answer, said=_said(answer)), "errcode")


def is_one_person(address: str) -> bool:
    """Whether an address is one id, and no list that would reach others."""
    return re.fullmatch(r"[^\s,|]{1,100}", address.strip()) is not None


def excerpt(said: object) -> str:
    """The vendor's words for the operator, on one line, short, without a link or what may be a secret."""
    words = _LOOKS_SECRET.sub("…", said if isinstance(said, str) else "")
    return wording.one_line(words, LONGEST_EXCERPT)


def _said(answer: Answer) -> Mapping[str, object]:
    inner = answer.said.get("sub_code")
    if answer.said.get("errcode") != _OF_RIGHTS or not re.fullmatch(r"-?[0-9]{1,9}", str(inner)):
        return answer.said
    return {**answer.said, "errcode": int(str(inner))}
