"""Every word once: the code that is stored and the Chinese word that is shown.

The glossary in docs/ is printed from here. A word is the same from table to screen.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A code with the word that officials read (`label`)."""

    label: str
    __hash__ = str.__hash__

    def __new__(cls, code: str, label: str = "") -> Self:
        word = str.__new__(cls, code)
        word._value_ = code
        word.label = label
        return word

    @classmethod
    def from_label(cls, text: str) -> Self | None:
        """The word whose label is exactly `text`, or None."""
        return next((word for word in cls if word.label == text), None)


class RectificationClass(Word):
    """整改类型: decides the timers."""

    IMMEDIATE = "immediate", "立行立改"
    TIME_LIMITED = "time_limited", "限期整改"
    LONG_TERM = "long_term", "长期整改"


class UnitKind(Word):
    """单位类型."""

    DISTRICT = "district", "区"
    SUBDISTRICT = "subdistrict", "街道"
    TOWNSHIP = "township", "乡镇"
    COMMUNITY = "community", "社区"
    VILLAGE = "village", "村"
    BRANCH = "branch", "党支部"
    DEPARTMENT = "department", "部门"


class Role(Word):
    """职务, in the order of the ladder."""

    CLERK = "clerk", "经办人"
    SECRETARY = "secretary", "党支部书记"
    LEADER = "leader", "分管领导"
    SUPERVISOR = "supervisor", "督查员"


class Source(Word):
    """来源: how the problem was found."""

    INSPECTION = "inspection", "检视"
    HOME_VISIT = "home_visit", "走访"
    RECEPTION_DAY = "reception_day", "联合接待日"
    WALKING_TABLE = "walking_table", "流动小方桌"
    SMALL_WISH = "small_wish", "微心愿"
    SUGGESTION = "suggestion", "意见建议"
    HOTLINE = "hotline", "热线"


class Status(Word):
    """状态 of a problem."""

    REGISTERED = "registered", "已登记"
    RECTIFYING = "rectifying", "整改中"
    SUSPENDED = "suspended", "中止"
    APPLIED = "applied", "申请销号"
    VERIFIED = "verified", "复核通过"
    CLOSED = "closed", "已销号"
    CANCELLED = "cancelled", "作废"


class Light(Word):
    """亮灯: in time, near, overdue; a closed or suspended problem has none."""

    GREEN = "green", "绿"
    YELLOW = "yellow", "黄"
    RED = "red", "红"


class StepKind(Word):
    """What a timetable's step is."""

    WARNING = "warning", "预警"
    ESCALATION = "escalation", "督办"
    TAKE_UP = "take_up", "未签收"
    VERIFY_WAIT = "verify_wait", "待复核"


class TermUnit(Word):
    """The unit of a term: 15个工作日, 3个月."""

    DAY = "day", "日"
    WORKDAY = "workday", "个工作日"
    WEEK = "week", "周"
    MONTH = "month", "个月"


class ClosingKind(Word):
    """销号方式: through verification, or closed before it was first imported."""

    REGULAR = "regular", "复核销号"
    HISTORIC = "historic", "历史销号"


class ClosingOutcome(Word):
    """What became of an application to close."""

    APPLIED = "applied", "申请销号"
    RETURNED = "returned", "退回"
    VERIFIED = "verified", "复核通过"
    CLOSED = "closed", "销号"


class Decision(Word):
    """What became of a request (延期, 中止)."""

    ASKED = "asked", "待批"
    GRANTED = "granted", "同意"
    REFUSED = "refused", "不同意"


class CallBackOutcome(Word):
    """回访结果. The last two need the decision of a higher unit."""

    SATISFIED = "satisfied", "满意"
    DISSATISFIED = "dissatisfied", "不满意"
    EXPLAINED = "explained", "已解释说明"
    NOT_FEASIBLE = "not_feasible", "暂不具备条件"


class NoticeState(Word):
    """Where a notice of the outbox stands."""

    HELD = "held", "暂缓"
    QUEUED = "queued", "待发"
    LEASED = "leased", "发送中"
    ACCEPTED = "accepted", "已受理"
    DELIVERED = "delivered", "已送达"
    AGAIN = "again", "待重发"
    UNCERTAIN = "uncertain", "存疑"
    DEAD = "dead", "未送达"


ARRIVED = (NoticeState.ACCEPTED, NoticeState.DELIVERED)
"""The channel took it: nothing is left to be sent."""


class RunState(Word):
    """How a run ended; a missed night is a row too."""

    DONE = "done", "完成"
    MISSED = "missed", "漏跑"
    PARTIAL = "partial", "部分完成"


class FaultKind(Word):
    """What the operator must mend."""

    STATE_SET_ASIDE = "state_set_aside", "时间表算不出"
    VACANT_POST = "vacant_post", "岗位空缺"
    DEPUTY_CIRCLE = "deputy_circle", "代理循环"
    NOBODY_TO_TELL = "nobody_to_tell", "无人可报"
    CHANNEL_PARKED = "channel_parked", "渠道停用"
    DAY_CAP = "day_cap", "达到每日上限"
    UNREACHED = "unreached", "通知送不到"
    WATCH = "watch", "巡查发现"
    TRAIL = "trail", "留痕不符"


class Entered(Word):
    """How a problem came into the ledger."""

    IMPORT = "import", "导入"
    HAND = "hand", "登记"
    RECEPTION = "reception", "接待日登记"


class EvidencePhase(Word):
    """佐证材料: before or after the work."""

    BEFORE = "before", "整改前"
    AFTER = "after", "整改后"


class Channel(Word):
    """How a person is told."""

    CONSOLE = "console", "终端"
    FILE = "file", "文件"
    WEBHOOK = "webhook", "网络钩子"
    WECOM_ROBOT = "wecom_robot", "企业微信群机器人"
    WECOM_APP = "wecom_app", "企业微信应用消息"
    DINGTALK_ROBOT = "dingtalk_robot", "钉钉自定义机器人"
    DINGTALK_WORK = "dingtalk_work", "钉钉工作通知"
    DINGTALK_GOV = "dingtalk_gov", "专有钉钉工作通知"
    FEISHU_ROBOT = "feishu_robot", "飞书自定义机器人"
    FEISHU_APP = "feishu_app", "飞书应用消息"
    MAIL = "mail", "电子邮件"
    SMS_ALIYUN = "sms_aliyun", "阿里云短信"
    SMS_TENCENT = "sms_tencent", "腾讯云短信"
    OTHER = "other", "其他服务"


ROBOTS = (Channel.WECOM_ROBOT, Channel.DINGTALK_ROBOT, Channel.FEISHU_ROBOT)
"""Robots of groups: everybody in the group reads what they say."""
SMS = (Channel.SMS_ALIYUN, Channel.SMS_TENCENT)
"""One fixed sentence with two values: no title, no link."""


class Action(Word):
    """What a trail entry says was done; the act's file and this word agree."""

    SET_UP = "set_up", "启用"
    UNIT = "unit", "单位变更"
    OFFICIAL = "official", "人员变更"
    POST = "post", "任职变更"
    IMPORT = "import", "导入"
    REGISTER = "register", "登记"
    CORRECT = "correct", "更正"
    CANCEL = "cancel", "作废"
    REASSIGN = "reassign", "转办"
    TAKE_UP = "take_up", "签收"
    PROGRESS = "progress", "报告进展"
    MEASURE = "measure", "整改措施"
    EVIDENCE = "evidence", "佐证材料"
    CALL_BACK = "call_back", "回访"
    DECIDE_CALL_BACK = "decide_call_back", "认定回访结果"
    APPLY = "apply", "申请销号"
    RETURN = "return", "退回"
    VERIFY = "verify", "复核通过"
    CLOSE = "close", "销号"
    ASK_EXTENSION = "ask_extension", "申请延期"
    GRANT_EXTENSION = "grant_extension", "同意延期"
    REFUSE_EXTENSION = "refuse_extension", "不同意延期"
    GRANT_SUSPENSION = "grant_suspension", "中止"
    CHANGE_CLASS = "change_class", "变更整改类型"
    REOPEN = "reopen", "反弹"
    NIGHT = "night", "夜间运行"
    TELL = "tell", "通知"
    ACKNOWLEDGE = "acknowledge", "已阅"
    RECHECK = "recheck", "重新核查"
    APPLY_POLICY = "apply_policy", "启用规则"
    APPLY_CALENDAR = "apply_calendar", "启用工作日历"
    ERASED = "erased", "依法删除"
