"""What each vendor's code means for a notice, as the tests expect it: written here once more, by hand.

A code that stands in a channel's table and not here is found by `test_every_code.py`.
"""

from collections.abc import Mapping
from datetime import timedelta

from notifiers import (
    dingtalk_robot,
    dingtalk_work,
    feishu_app,
    feishu_robot,
    sms_aliyun,
    sms_tencent,
    wecom_app,
    wecom_robot,
)
from notifiers.message import Again, Misconfigured, Receipt, Refused, Uncertain
from xiaohao.vocabulary import Channel

NOT_LISTED = Again("对方返回未收录的错误码 987654", code=987654)
A_SECOND, A_MINUTE, TEN_MINUTES = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10)
AN_HOUR, TILL_MIDNIGHT = timedelta(hours=1), timedelta(hours=3, minutes=30)
"""The SMS codes are tried at half past eight in the evening."""

TABLES: Mapping[Channel, Mapping[int, object]] = {
    Channel.WECOM_ROBOT: wecom_robot.TABLE,
    Channel.WECOM_APP: wecom_app.TABLE,
    Channel.FEISHU_ROBOT: feishu_robot.TABLE,
    Channel.FEISHU_APP: feishu_app.TABLE,
    Channel.DINGTALK_ROBOT: dingtalk_robot.TABLE,
    Channel.DINGTALK_WORK: dingtalk_work.TABLE,
}
SMS_TABLES: Mapping[Channel, Mapping[str, object]] = {
    Channel.SMS_ALIYUN: sms_aliyun.TABLE,
    Channel.SMS_TENCENT: sms_tencent.TABLE,
}

JUDGED: Mapping[Channel, Mapping[int, Receipt]] = {
    Channel.WECOM_ROBOT: {
        -1: Again("企业微信系统繁忙", code=-1),
        45009: Again("发送过快：每个机器人每分钟最多 20 条", A_MINUTE, 45009),
        45033: Again("同时发送过多", code=45033),
        44004: Refused(44004, "消息内容为空"),
        93000: Refused(93000, "机器人的 key 不正确，或机器人已被移出群聊"),  # one of two robots
        987654: NOT_LISTED,
    },
    Channel.WECOM_APP: {
        -1: Again("企业微信系统繁忙", code=-1),
        6000: Again("企业微信数据版本冲突，稍后再试", code=6000),
        45009: Again("调用过快，超出企业微信的频率限制", A_MINUTE, 45009),
        45033: Again("同时调用过多", code=45033),
        40003: Refused(40003, "userid 不正确"),
        40031: Refused(40031, "userid 不正确"),
        44004: Refused(44004, "消息内容为空"),
        81013: Refused(81013, "此人不在企业微信通讯录，或不在应用可见范围内"),
        40001: Misconfigured(40001, "应用的 secret 不正确"),
        40013: Misconfigured(40013, "企业 ID（corpid）不正确"),
        40056: Misconfigured(40056, "应用编号（agentid）不正确"),
        48002: Misconfigured(48002, "应用没有调用此接口的权限"),
        50003: Misconfigured(50003, "应用已被停用"),
        60011: Misconfigured(60011, "应用没有给这些成员发消息的权限"),
        60020: Misconfigured(60020, "本机出口地址不在应用的“企业可信IP”中：203.0.113.7"),
        301002: Misconfigured(301002, "应用编号（agentid）与 secret 不是同一个应用"),
        987654: NOT_LISTED,
    },
    Channel.FEISHU_ROBOT: {
        11232: Again("发送过快：每个机器人每秒最多 5 条、每分钟最多 100 条", A_MINUTE, 11232),
        # a robot's own faults, of one among two:
        19024: Refused(19024, "消息中没有机器人“自定义关键词”所要求的词，请改用签名校验"),
        19001: Refused(19001, "机器人的 webhook 地址（token）不正确"),
        19022: Misconfigured(19022, "本机出口地址不在机器人的 IP 白名单中"),
        987654: NOT_LISTED,
    },
    Channel.FEISHU_APP: {
        11232: Again("发送过快，超出飞书的频率限制", A_MINUTE, 11232),
        230020: Again("给同一人发送过快：每秒最多 5 条", timedelta(seconds=5), 230020),
        230049: Again("同一条消息正在发送", A_MINUTE, 230049),
        99991400: Again("调用过快，超出飞书的频率限制", code=99991400),
        230001: Refused(230001, "请求参数不正确，请核对 open_id"),
        230002: Refused(230002, "应用机器人不在群内"),
        230013: Refused(230013, "此人不在应用可用范围内，或已离职"),
        230022: Refused(230022, "内容含有敏感词"),
        230028: Refused(230028, "内容未通过防泄密检查，可能含有电话号码或邮箱"),
        230035: Refused(230035, "此人已屏蔽应用机器人，或已被禁言"),
        230038: Refused(230038, "此人不属于本单位的飞书组织"),
        232009: Refused(232009, "群已解散"),
        10003: Misconfigured(10003, "应用的 app_id 不正确"),
        10014: Misconfigured(10014, "应用的 app_secret 不正确"),
        230006: Misconfigured(230006, "应用没有开启机器人能力"),
        230027: Misconfigured(230027, "应用没有发送消息的权限"),
        99991662: Misconfigured(99991662, "应用未启用"),
        99991672: Misconfigured(99991672, "应用没有开通所需的权限"),
        987654: NOT_LISTED,
    },
    Channel.DINGTALK_ROBOT: {
        -1: Again("钉钉系统繁忙", code=-1),
        130101: Again("发送过快，机器人被限流十分钟", TEN_MINUTES, 130101),
        302033: Again("发送过快，机器人被限流十分钟", TEN_MINUTES, 302033),
        410100: Again("发送过快，机器人被限流十分钟", TEN_MINUTES, 410100),
        40035: Refused(40035, "消息格式不正确"),
        400105: Refused(400105, "消息类型不受支持"),
        430101: Refused(430101, "消息里的链接被认为不安全"),
        430102: Refused(430102, "消息里的文字被认为不合适"),
        430103: Refused(430103, "消息里的图片被认为不合适"),
        430104: Refused(430104, "消息内容被认为不合适"),
        300001: Misconfigured(300001, "机器人的 access_token 不存在或已失效"),
        300005: Misconfigured(300005, "机器人的 access_token 不存在或已失效"),
        400101: Misconfigured(400101, "机器人的 access_token 不存在或已失效"),
        400013: Misconfigured(400013, "机器人所在的群已解散"),
        400102: Misconfigured(400102, "机器人已停用"),
        400106: Misconfigured(400106, "机器人已不存在"),
        987654: NOT_LISTED,
    },
    Channel.DINGTALK_WORK: {
        -1: Again("钉钉系统繁忙", code=-1),
        90002: Again("调用过快", A_SECOND, 90002),
        90018: Again("调用过快", A_SECOND, 90018),
        143103: Again("已达每分钟发送上限", A_MINUTE, 143103),
        143104: Again("已达每分钟发送上限", A_MINUTE, 143104),
        1430003: Again("钉钉暂时不能发送", code=1430003),
        33012: Refused(33012, "没有这个 userid 的人"),
        34016: Refused(34016, "消息超过长度上限"),
        40035: Refused(40035, "消息格式不正确"),
        1430000: Refused(1430000, "没有可以接收的人"),
        1430002: Refused(1430002, "消息里有被禁止的词"),
        1430004: Refused(1430004, "对方受高管保护，应用不能给他发通知"),
        88: Misconfigured(88, "应用没有通过鉴权，请核对 AppKey、AppSecret 和权限"),
        60011: Misconfigured(60011, "应用没有发送工作通知的权限"),
        40056: Misconfigured(40056, "AgentId 不正确"),
        40089: Misconfigured(40089, "AppKey 或 AppSecret 不正确"),
        987654: NOT_LISTED,
    },
}
"""What comes of a code, whatever was sent."""

FORMS: Mapping[Channel, Mapping[int, str]] = {
    Channel.WECOM_ROBOT: {
        40008: "企业微信不认识这种消息类型",
        40058: "消息参数不合格，或内容过长",
    },
    Channel.WECOM_APP: {
        40008: "企业微信不认识这种消息类型",
        40058: "消息参数不合格，或内容过长",
        45002: "消息内容过长",
    },
    Channel.FEISHU_ROBOT: {
        9499: "消息格式不合格，或超过 20 KB",
        11246: "卡片内容有误",
        19036: "消息过长",
    },
    Channel.FEISHU_APP: {
        200861: "卡片中有 JSON 2.0 不支持的部分",
        230025: "消息内容过长",
        230099: "卡片内容有误",
    },
}
"""The card or the markdown is not taken, and the same words may go as text."""

STALE: Mapping[Channel, Mapping[int, str]] = {
    Channel.WECOM_APP: {
        40014: "访问凭证无效",
        41001: "缺少访问凭证",
        42001: "访问凭证已过期",
    },
    Channel.FEISHU_APP: {
        99991661: "缺少访问凭证",
        99991663: "访问凭证无效或已过期",
        99991671: "访问凭证无效",
    },
    Channel.DINGTALK_WORK: dict.fromkeys((33001, 40001, 40014, 42001), "访问凭证无效或已过期"),
}
"""The access token is not taken, and a new one may be."""

OF_ITS_OWN: Mapping[Channel, frozenset[int]] = {
    Channel.FEISHU_ROBOT: frozenset({19021}),  # the clock or the secret: the answer's Date tells
}
"""Tried in the channel's own tests."""

SMS_CODES: Mapping[Channel, Mapping[str, tuple[type, timedelta | None]]] = {
    Channel.SMS_ALIYUN: {
        "isv.MOBILE_NUMBER_ILLEGAL": (Refused, None),
        "isv.BLACK_KEY_CONTROL_LIMIT": (Refused, None),
        "isv.PARAM_LENGTH_LIMIT": (Refused, None),
        "isv.PARAM_NOT_SUPPORT_URL": (Refused, None),
        "isv.SMS_CONTENT_ILLEGAL": (Refused, None),
        "isv.INVALID_PARAMETERS": (Refused, None),
        "isv.INVALID_JSON_PARAM": (Refused, None),
        "isv.SMS_SIGN_ILLEGAL": (Misconfigured, None),
        "isv.SIGN_STATE_ILLEGAL": (Misconfigured, None),
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL": (Misconfigured, None),
        "isv.OUT_OF_SERVICE": (Misconfigured, None),
        "isv.AMOUNT_NOT_ENOUGH": (Misconfigured, None),
        "isv.ACCOUNT_ABNORMAL": (Misconfigured, None),
        "isv.PRODUCT_UN_SUBSCRIPT": (Misconfigured, None),
        "isv.DENY_IP_RANGE": (Misconfigured, None),
        "isp.RAM_PERMISSION_DENY": (Misconfigured, None),
        "InvalidAccessKeyId.NotFound": (Misconfigured, None),
        "isv.DAY_LIMIT_CONTROL": (Again, TILL_MIDNIGHT),
        "isv.MONTH_LIMIT_CONTROL": (Again, timedelta(days=6) + TILL_MIDNIGHT),
        "isp.SYSTEM_ERROR": (Again, None),
        "Throttling.User": (Again, timedelta(seconds=10)),
        "isv.SOMETHING_NEW": (Again, None),
    },
    Channel.SMS_TENCENT: {
        "FailedOperation.PhoneNumberInBlacklist": (Refused, None),
        "FailedOperation.ContainSensitiveWord": (Refused, None),
        "FailedOperation.JsonParseFail": (Refused, None),
        "InvalidParameterValue.IncorrectPhoneNumber": (Refused, None),
        "InvalidParameterValue.TemplateParameterLengthLimit": (Refused, None),
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": (Refused, None),
        "InvalidParameterValue.ContentLengthLimit": (Refused, None),
        "FailedOperation.SomethingNew": (Again, None),
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": (Misconfigured, None),
        "FailedOperation.InsufficientBalanceInSmsPackage": (Misconfigured, None),
        "UnauthorizedOperation.RequestIpNotInWhitelist": (Misconfigured, None),
        "UnauthorizedOperation.ServiceSuspendDueToArrears": (Misconfigured, None),
        "UnauthorizedOperation.SdkAppIdIsDisabled": (Misconfigured, None),
        "AuthFailure.SecretIdNotFound": (Misconfigured, None),
        "AuthFailure.SomethingNew": (Misconfigured, None),
        "LimitExceeded.PhoneNumberThirtySecondLimit": (Again, timedelta(seconds=30)),
        "LimitExceeded.PhoneNumberOneHourLimit": (Again, AN_HOUR),
        "LimitExceeded.PhoneNumberDailyLimit": (Again, TILL_MIDNIGHT),
        "LimitExceeded.PhoneNumberSameContentDailyLimit": (Again, TILL_MIDNIGHT),
        "LimitExceeded.AppDailyLimit": (Again, TILL_MIDNIGHT),
        "LimitExceeded.DeliveryFrequencyLimit": (Again, A_MINUTE),
        "RequestLimitExceeded": (Again, timedelta(seconds=10)),
        "InternalError.OtherError": (Again, None),
        "InternalError.SendAndRecvFail": (Uncertain, None),
        "InternalError.Timeout": (Uncertain, None),
    },
}
"""The kind of receipt and the wait; a code that no page lists is tried again."""
