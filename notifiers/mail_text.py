"""A mail in bytes: headers that nothing can be slipped into, plain text, and the same as simple HTML (pure)."""

import html
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from hashlib import sha256

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_LINK = re.compile(r"https?://[^\s<>\"'，。；）]+")
_TITLED = re.compile(r"\d+\. ", re.ASCII)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PAGE = (
    '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"></head>'
    '<body style="font-family:sans-serif;font-size:16px;line-height:1.6">{}</body></html>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a mail says, and to whom. `key` is the notice's dedupe key."""

    sender: str
    address: str
    recipient: str
    subject: str
    text: str
    key: str


def as_bytes(mail: Mail, *, at: float) -> bytes:
    """The mail as it goes over the wire. `at` is Unix time in seconds, for `Date` alone.

    The `Message-ID` comes from the key, so that a repetition has the same, and so does the boundary.
    Raises ValueError where the sender is no address.
    """
    name, address = parseaddr(mail.sender)
    if not is_address(address):
        raise ValueError("sender")
    known = sha256(mail.key.encode()).hexdigest()[:32]
    made = EmailMessage(policy=SMTP)
    made["Subject"] = one_line(mail.subject)
    made["From"] = Address(one_line(name), addr_spec=address)
    made["To"] = Address(one_line(mail.recipient), addr_spec=mail.address)
    made["Date"] = formatdate(at, localtime=False)
    made["Message-ID"] = message_id(mail.key, address)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text + "\n", charset="utf-8", cte="base64")
    made.add_alternative(html_of(mail.text), subtype="html", charset="utf-8", cte="base64")
    made.set_boundary(f"=_{known}")
    return made.as_bytes()


def message_id(key: str, sender: str) -> str:
    """The `Message-ID` of the notice with this dedupe key; `sender` is an address."""
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


def html_of(text: str) -> str:
    """The text as HTML: its lines, and its addresses of pages as links. Nothing else is marked up.

    An address in the title of a problem is somebody's words and no link.
    """
    lines = []
    for line in text.splitlines():
        ends, made = 0, ""
        for link in () if _TITLED.match(line) else _LINK.finditer(line):
            url = html.escape(link[0])
            made += html.escape(line[ends : link.start()]) + f'<a href="{url}">{url}</a>'
            ends = link.end()
        made += html.escape(line[ends:])
        indent = len(line) - len(line.lstrip(" "))
        lines.append("&nbsp;" * indent + made.lstrip(" "))
    return _PAGE.format("<br>\n".join(lines))


def one_line(text: str) -> str:
    """The text without line breaks and what else is not seen, so that it adds no header."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def is_address(text: str) -> bool:
    """Whether this is one plain mail address, without a name and without letters beyond ASCII."""
    return _ADDRESS.fullmatch(text) is not None and ".." not in text and not text.startswith(".")
