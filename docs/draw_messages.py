"""Print docs/messages.zh.md, one notice as every channel posts it, and draw each as a telephone shows it.

`make docs` prints the text and a test compares it; `python docs/draw_messages.py` also draws the pictures
into docs/pictures, where there are a Chromium and fonts with Chinese characters and emoji.
"""

import html
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from models.facts import DigestFacts, DigestItem
from notifiers import choose, digest
from notifiers.choose import ChannelSettings
from notifiers.dingtalk_gov import DingtalkGovSettings
from notifiers.dingtalk_robot import DingtalkRobotKey, DingtalkRobotSettings
from notifiers.dingtalk_work import DingtalkWorkSettings
from notifiers.feishu_app import FeishuAppSettings
from notifiers.feishu_robot import FeishuRobotKey, FeishuRobotSettings
from notifiers.mail import MailSettings
from notifiers.others import OtherSettings
from notifiers.sms_aliyun import SmsAliyunSettings
from notifiers.sms_tencent import SmsTencentSettings
from notifiers.wecom_app import WecomAppSettings
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.actions.notify_preview import words_of
from xiaohao.vocabulary import Channel, Light, RectificationClass, Role, StepKind

HERE = Path(__file__).parent
PAGE = HERE / "messages.zh.md"
PICTURES = HERE / "pictures"
WIDTH = 390
ADDRESSES = {Channel.WECOM_ROBOT: "默认@wangjianguo", Channel.DINGTALK_ROBOT: "默认@13800000000"}
DRAWN = (
    Channel.WECOM_ROBOT,
    Channel.WECOM_APP,
    Channel.DINGTALK_ROBOT,
    Channel.DINGTALK_WORK,
    Channel.DINGTALK_GOV,
    Channel.FEISHU_ROBOT,
    Channel.FEISHU_APP,
    Channel.MAIL,
    Channel.SMS_ALIYUN,
)
SMS_SENTENCE = "【华龙整改办】您有{n}件问题整改事项需要办理（截至{d}），请登录整改台账系统查看。"
SETTINGS = ChannelSettings(
    order=tuple(Channel),
    notices_folder=Path("notices"),
    webhook_url="https://receiver.example.gov.cn/hook",
    webhook_secret="-",
    wecom_robot=WecomRobotSettings(keys={"默认": "-"}),
    wecom_app=WecomAppSettings(corpid="-", secret="-", agent_id=1000002),
    dingtalk_robot=DingtalkRobotSettings(robots={"默认": DingtalkRobotKey(token="-")}),
    dingtalk_work=DingtalkWorkSettings(app_key="-", app_secret="-", agent_id=1),
    dingtalk_gov=DingtalkGovSettings(app_key="-", app_secret="-", tenant_id="1"),
    feishu_robot=FeishuRobotSettings(robots={"默认": FeishuRobotKey(token="-")}),
    feishu_app=FeishuAppSettings(app_id="-", secret="-"),
    mail=MailSettings(host="mail.example.gov.cn", sender="xiaohao@example.gov.cn"),
    sms_aliyun=SmsAliyunSettings(access_key_id="-", access_key_secret="-", sign_name="-", template_code="-"),
    sms_tencent=SmsTencentSettings(secret_id="-", secret_key="-", app_id="-", sign_name="-", template_id="-"),
    other=OtherSettings(urls={"默认": "json://receiver.example.gov.cn"}),
)
UNIT = "四季花城社区党支部"
ROAD = DigestItem(
    number="HL-2026-0007",
    title="小区东门道路破损",
    unit=UNIT,
    kind=StepKind.ESCALATION,
    rectification_class=RectificationClass.IMMEDIATE,
    light=Light.RED,
    level=1,
    repeat=0,
    due_on=date(2026, 11, 20),
    days_overdue=4,
    crossed_on=date(2026, 11, 21),
    late=True,
    nights_late=3,
    next_on=date(2026, 11, 25),
    next_role=Role.LEADER,
    next_unit="孟轲乡",
)
TONIGHT = replace(
    ROAD,
    rectification_class=RectificationClass.TIME_LIMITED,
    crossed_on=date(2026, 11, 24),
    late=False,
    nights_late=0,
)
LIFT = replace(
    TONIGHT,
    number="HL-2026-0012",
    title="3号楼电梯停运",
    due_on=date(2026, 11, 23),
    days_overdue=1,
    next_on=date(2026, 11, 30),
    co_units=("区市场监管局",),
)
PIPES = replace(
    TONIGHT,
    number="HL-2026-0031",
    title="供水管道老化",
    kind=StepKind.WARNING,
    light=Light.YELLOW,
    level=0,
    due_on=date(2026, 11, 27),
    days_overdue=0,
    next_on=date(2026, 11, 28),
    next_role=Role.SECRETARY,
    next_unit=UNIT,
)
FACTS = DigestFacts(
    business_date=date(2026, 11, 24),
    recipient="王建国",
    recipient_code="HL0024",
    roles=(Role.SECRETARY,),
    unit=UNIT,
    items=(ROAD, LIFT, PIPES),
    other_overdue=2,
    page_url="https://xiaohao.example.gov.cn/n/1042-Zk3v8QpLw0aT5cYbR2mN",
    checkpoint="1842·9f3c61d0",
)
"""What a secretary is told in the night of 24 November 2026."""
STYLE = """
body { margin: 0; background: #ededed; font: 15px/1.55 "Noto Sans CJK SC", "Noto Color Emoji", sans-serif; color: #1f2329; }
.bar { background: #f7f7f7; border-bottom: 1px solid #ddd; padding: 12px; text-align: center; font-weight: 600; }
.chat { padding: 14px 12px; display: flex; gap: 8px; }
.face { flex: 0 0 36px; height: 36px; border-radius: 6px; background: #3370ff; color: #fff; text-align: center; line-height: 36px; font-size: 13px; }
.say { background: #fff; border-radius: 8px; overflow: hidden; flex: 1; }
.say .in { padding: 10px 12px; overflow-wrap: anywhere; }
.say h3 { margin: 0 0 6px; font-size: 16px; }
.title { padding: 10px 12px; color: #fff; font-weight: 600; }
.red { background: #f54a45; } .yellow { background: #ffc60a; } .green { background: #34c724; }
.go { display: block; margin: 8px 12px 12px; padding: 8px; text-align: center; background: #3370ff; color: #fff; border-radius: 6px; }
a { color: #3370ff; text-decoration: none; }
pre { font: inherit; margin: 0; white-space: pre-wrap; }
"""


def bodies() -> Iterator[tuple[Channel, str]]:
    """The notice as every channel posts it, in the order of the vocabulary."""
    said = digest.message(FACTS)
    for word, channel in choose.channels(SETTINGS).items():
        yield word, channel.body(said, address=ADDRESSES.get(word, "-"), key="digest")


def page() -> str:
    """docs/messages.zh.md."""
    lines = [
        "<!-- 由 docs/draw_messages.py 印出，请勿手改；改了程序后运行 make docs。 -->",
        "# 通知的样子",
        "",
    ]
    lines += [
        "同一份通知在各个渠道上写成的样子。图片由程序按手机宽度画出，各家软件的字体和颜色会有出入。",
        "",
    ]
    for word, body in bodies():
        lines += [f"## {word.label}（{word.value}）", "", f"请求正文 {len(body.encode())} 字节。", ""]
        if word in DRAWN:
            lines += [f"![{word.label}](pictures/{word.value}.png)", ""]
        lines += ["```", *_shown(word, body).splitlines(), "```", ""]
    return "\n".join(lines)


def _shown(word: Channel, body: str) -> str:
    if word in (Channel.SMS_ALIYUN, Channel.SMS_TENCENT):
        return f"{body}\n填进备案模板以后，例如：\n{_sms()}"
    return words_of(body)


def _sms() -> str:
    return SMS_SENTENCE.format(n=len(FACTS.items), d=f"{FACTS.business_date:%m-%d}")


def draw() -> None:
    """Draw the pictures. Exits with a sentence where there is no Chromium."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        sys.exit("There is no Chromium here: only the text was printed.")
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        screen = browser.new_page(viewport={"width": WIDTH, "height": 300})
        for word, body in bodies():
            if word in DRAWN:
                screen.set_content(_screen(word, body))
                screen.screenshot(path=PICTURES / f"{word.value}.png", full_page=True)
        browser.close()


def _screen(word: Channel, body: str) -> str:
    subject = html.escape(digest.message(FACTS).subject)
    if word in (Channel.FEISHU_ROBOT, Channel.FEISHU_APP):
        card = f'<div class="title red">{subject}</div><div class="in">{_marked(words_of(body))}</div>'
        said = f'{card}<a class="go">{_button(body)}</a>'
    elif word is Channel.MAIL:
        said = f'<div class="in"><h3>{subject}</h3><pre>{html.escape(words_of(body))}</pre></div>'
    elif word is Channel.SMS_ALIYUN:
        said = f'<div class="in">{html.escape(_sms())}</div>'
    else:
        said = f'<div class="in">{_marked(words_of(body))}</div>'
    return (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><div class="bar">{word.label}</div>'
        f'<div class="chat"><div class="face">销号</div><div class="say">{said}</div></div>'
    )


def _button(body: str) -> str:
    """The words on a card's button: also in a body whose card is a text."""
    return html.escape(re.findall(r"查看并[^\"\\]*", body)[-1], quote=False)


def _marked(text: str) -> str:
    """The markdown that the channels use, as HTML."""
    shown = html.escape(text, quote=False)
    shown = re.sub(r'&lt;font color=["\']?(\w+)["\']?&gt;(.*?)&lt;/font&gt;', _font, shown)
    shown = re.sub(r"&lt;@(.+?)&gt;", r"<a>@\1</a>", shown)
    shown = re.sub(r"\[(.+?)\]\((.+?)\)", r"<a>\1</a>", shown)
    shown = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", shown)
    shown = re.sub(r"(?m)^#+ (.*)$\n?", r"<h3>\1</h3>", shown)
    return re.sub(r" *\n", "<br>", shown)


def _font(found: re.Match[str]) -> str:
    colour = {"info": "#2e8b57", "comment": "#888", "warning": "#e65100"}.get(found[1], found[1])
    return f'<span style="color:{colour}">{found[2]}</span>'


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    if "--text" not in sys.argv:
        draw()
