"""飞书卡片 (JSON 2.0): a coloured head, the notice in markdown, a link button. Robot and application share it.

`header.template` is the one true red, yellow and green of all channels. Feishu refuses a message in
which a telephone number or a mail address stands plain (230028), so their middle is masked here, as
138＊＊＊＊0000; the page behind the link shows them whole.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from notifiers import fit, layout, links, wording
from notifiers.message import Message, Part
from notifiers.vendors import BadForm
from xiaohao.vocabulary import Action, Light

_TEMPLATES = {Light.RED: "red", Light.YELLOW: "yellow", Light.GREEN: "green"}
_WITHOUT_LIGHT = "blue"
_LONGEST_SUBJECT = 240
_TITLE = "通知"
_BUTTON = "查看并办理"
ACKNOWLEDGED = "acknowledged"
"""What the value of the button 已阅 calls the token of its notice."""
_OPEN_ID = re.compile(r"ou_[A-Za-z0-9_-]{1,64}", re.ASCII)
_AT = re.compile(r"<at id=(ou_[A-Za-z0-9_-]+)></at>")
_SUB_CODE = re.compile(r"ErrCode: ?(\d{1,9})\b", re.ASCII)
_TOLD_OF_PEOPLE = re.compile(
    r"(?P<mail>[A-Za-z0-9.＿_%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    r"|(?<!\d)(?P<mobile>(?:(?:\+|00)?86[- ]?)?[1１][3-9３-９]\d(?:[- ]?\d{4}){2})(?!\d)"
    r"|(?<!\d)(?P<line>(?:[(（]?[0０][1-9１-９]\d{1,2}[)）]?[- ]?\d{7,8}|[48]00[- ]?\d{3}[- ]?\d{4}))(?!\d)"
)


def open_id(address: str) -> str | None:
    """The address where it is one open_id, else None."""
    return address if _OPEN_ID.fullmatch(address) else None


def masked(text: str, *, but: str | None = None) -> str:
    """The text with the middle of each telephone number and mail address masked; `but`, a link, stays whole."""
    if but and but in text:
        return but.join(masked(part) for part in text.split(but))
    while (less := _TOLD_OF_PEOPLE.sub(_mask, text)) != text:
        text = less  # an address may end where the next one begins
    return text


def card_within(
    message: Message,
    limit: int,
    *,
    mention: str | None = None,
    calls_back: bool = False,
    write: Callable[[Mapping[str, Any]], str],
) -> str:
    """What `write` makes of the message's card, in at most `limit` UTF-8 bytes.

    With `calls_back` a notice that has its own page gets the button 已阅 too, which asks our callback and
    names the notice by its link's token; what a robot says must not have it.

    The limit is of the whole that is posted, where JSON escapes count too, so the words get less room
    until it fits; items go from the end. A mention that is no open_id is left away.
    """
    shown = _shown(message)
    labels = (_label(line, message.link) for line in message.foot.markdown.splitlines())
    label = next(filter(None, labels), None)
    token = links.token_in(message.link) if calls_back else None

    def written(room: int) -> str:
        return write(_card(shown, room, label=label, mention=mention, token=token))

    whole = written(limit)
    if fit.size(whole) <= limit:
        return whole
    fits, too_much = 0, limit
    while too_much - fits > 1:
        room = (fits + too_much) // 2
        if fit.size(written(room)) <= limit:
            fits = room
        else:
            too_much = room
    return written(fits)


def as_text(card: Mapping[str, Any]) -> str:
    """The same words without markup: title, notice, “word：address” for the button; no mention.

    The data in it bears no markup of its own (`wording.unmarked`), so every mark is ours.
    """
    lines = [card["header"]["title"]["content"]]
    for element in card["body"]["elements"]:
        match element:
            case {"tag": "markdown", "content": str(content)}:
                lines.append(_bare(_AT.sub("", content)))
            case {"tag": "button", "text": {"content": label}, "behaviors": [{"default_url": url}]}:
                lines.append(f"{label}：{url}")
    return "\n".join(line for line in lines if line)


def mention_in(card: Mapping[str, Any]) -> str | None:
    """The open_id that the card mentions."""
    contents = (element.get("content", "") for element in card["body"]["elements"])
    return next((found[1] for content in contents if (found := _AT.fullmatch(content))), None)


def refused_for(verdict: BadForm, said: Mapping[str, Any]) -> BadForm:
    """The verdict with the number that Feishu hides in its text: what is wrong with the card."""
    found = _SUB_CODE.search(str(said.get("msg")))
    return replace(verdict, why=f"{verdict.why}（子错误码 {found[1]}）") if found else verdict


def _shown(message: Message) -> Message:
    """The message as the card shows it: nothing told of people, and the link as a button alone."""
    foot = "\n".join(line for line in message.foot.markdown.splitlines() if not _label(line, message.link))
    return layout.apart(
        replace(
            message,
            subject=masked(wording.one_line(message.subject)),
            head=_masked(message.head, message.link),
            items=tuple(_masked(item, message.link) for item in message.items),
            foot=_masked(Part(message.foot.text, foot), message.link),
        )
    )


def _card(
    message: Message, room: int, *, label: str | None, mention: str | None, token: str | None
) -> Mapping[str, Any]:
    template = _TEMPLATES[message.light] if message.light else _WITHOUT_LIGHT
    subject = fit.characters(message.subject, _LONGEST_SUBJECT, tail="…")
    elements: list[Mapping[str, Any]] = [_markdown(message.markdown_within(room))]
    if mention and open_id(mention):
        elements.append(_markdown(f"<at id={mention}></at>"))
    if message.link:
        opens = {"type": "open_url", "default_url": message.link}
        elements.append(_button(label or _BUTTON, opens, kind="primary"))
    if token:
        asks = {"type": "callback", "value": {ACKNOWLEDGED: token}}
        elements.append(_button(Action.ACKNOWLEDGE.label, asks, kind="default"))
    return {
        "schema": "2.0",
        "header": {"title": _plain(subject or _TITLE), "template": template},
        "body": {"elements": elements},
    }


def _markdown(content: str) -> Mapping[str, Any]:
    return {"tag": "markdown", "content": content}


def _plain(content: str) -> Mapping[str, Any]:
    return {"tag": "plain_text", "content": content}


def _label(line: str, link: str | None) -> str | None:
    """The words of a line that is nothing but the message's own link."""
    end = f"]({link})"
    return line[1 : -len(end)] if link and line.startswith("[") and line.endswith(end) else None


def _button(label: str, does: Mapping[str, Any], *, kind: str) -> Mapping[str, Any]:
    return {"tag": "button", "text": _plain(label), "type": kind, "behaviors": [does]}


def _bare(markdown: str) -> str:
    words = re.sub(r"\[([^\]\n]+)\]\(([^)\n]+)\)", r"\1：\2", markdown.replace("**", ""))
    return re.sub(r"\n{2,}", "\n", words)


def _masked(part: Part, link: str | None) -> Part:
    return Part(masked(part.text, but=link), masked(part.markdown, but=link))


def _mask(found: re.Match[str]) -> str:
    told = found[0]
    match found.lastgroup:
        case "mail":
            name, _, host = told.partition("@")
            return f"{name[0]}＊＊＊＠{host}"
        case "mobile" | "line":
            digits = re.sub(r"\D", "", told)
            if found.lastgroup == "mobile":
                digits = digits[-11:]
            return f"{digits[:3]}{'＊' * (len(digits) - 7)}{digits[-4:]}"
    return told
