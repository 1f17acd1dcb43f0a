"""The link of a notice: it names the notice and proves that we made it (pure).

Whoever has the link may open the page and press 已阅: it goes to one person, and nothing else can be done
with it. A number alone would let anybody go through all notices.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import replace

from models.facts import DigestFacts

_BYTES = 15
_PURPOSE = b"xiaohao notice "
_OWN_PAGE = re.compile(r"/n/([0-9]{1,18}-[A-Za-z0-9_-]{20})$", re.ASCII)


def token(key: bytes, notice_id: int) -> str:
    """“1042-Zk3…”: the notice's number, and 20 characters of a MAC (HMAC-SHA256, 120 bits) over it."""
    mac = hmac.digest(key, _PURPOSE + str(notice_id).encode(), hashlib.sha256)[:_BYTES]
    return f"{notice_id}-{base64.urlsafe_b64encode(mac).decode()}"


def notice_of(key: bytes, said: str) -> int | None:
    """The notice's number where the token is one that we made, else None. Takes the same time either way."""
    number, _, _ = said.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) <= 18 and str(int(number)) == number):
        return None
    return int(number) if hmac.compare_digest(token(key, int(number)).encode(), said.encode()) else None


def token_in(link: str | None) -> str | None:
    """The token of a notice's own page; None for another address, as the pages' bare one."""
    found = _OWN_PAGE.search(link or "")
    return found[1] if found else None


def linked(facts: DigestFacts, notice_id: int, key: bytes | None) -> DigestFacts:
    """The facts with the notice's own page; as they are without a page, or without a key to sign with."""
    if facts.page_url is None or key is None:
        return facts
    return replace(facts, page_url=url(facts.page_url, key, notice_id))


def url(page_url: str, key: bytes, notice_id: int) -> str:
    """The notice's page below the address of the pages."""
    return f"{page_url.rstrip('/')}/n/{token(key, notice_id)}"
