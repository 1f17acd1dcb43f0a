"""Faults of settings and of addresses, over all channels that call a vendor: named, and nobody is told."""

from collections.abc import Mapping
from typing import Any

import pytest
from channel_sending import NOT_HTTPS, OF_CODES, OF_SMS, TRACKING, WAYS

from notifiers.dingtalk_robot import DingtalkRobotKey
from notifiers.feishu_robot import FeishuRobotKey
from notifiers.message import Misconfigured, Receipt, Refused
from xiaohao.vocabulary import Channel

WRONG_KEY = "签名或应用标识不被认可，请核对 AppKey 和 AppSecret"
WRONG_SENTENCE = "短信签名或模板不可用：未审核通过，或与设置不符"
WRONG_SIGN = "短信签名不可用：未审核通过、未报备，或与设置不符"
WRONG_TEMPLATE = "短信模板不可用，或模板变量与设置不符"


@pytest.mark.parametrize("word", OF_CODES)
@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://vendor.example", NOT_HTTPS),
        ("vendor.example", NOT_HTTPS),
        ("https://vendor.example:port", Misconfigured("address", "接口地址格式不正确")),
    ],
)
def test_keys_go_nowhere_in_the_clear(word: Channel, base: str, expected: Receipt) -> None:
    way = WAYS[word]
    of = way.settings(base)
    assert way.send(of) == [expected]
    if word in TRACKING and (word is not Channel.FEISHU_APP):
        assert way.fate(of, "1") == expected


@pytest.mark.parametrize(
    ("word", "but", "why"),
    [
        (Channel.WECOM_ROBOT, {"keys": {}}, "未设置企业微信群机器人"),
        (Channel.WECOM_APP, {"corpid": ""}, "未设置 corpid"),
        (Channel.WECOM_APP, {"secret": ""}, "未设置 secret"),
        (Channel.FEISHU_ROBOT, {"robots": {}}, "未设置飞书自定义机器人"),
        (Channel.FEISHU_APP, {"app_id": ""}, "未设置 app_id"),
        (Channel.FEISHU_APP, {"secret": ""}, "未设置 app_secret"),
        (Channel.DINGTALK_ROBOT, {"robots": {"默认": DingtalkRobotKey(token="")}}, "未设置 access_token"),
        (Channel.DINGTALK_WORK, {"app_key": ""}, "未设置 app_key"),
        (Channel.DINGTALK_WORK, {"app_secret": ""}, "未设置 app_secret"),
        (Channel.DINGTALK_GOV, {"app_key": ""}, "未设置 app_key"),
        (Channel.DINGTALK_GOV, {"app_secret": ""}, "未设置 app_secret"),
        (Channel.DINGTALK_GOV, {"tenant_id": ""}, "未设置 tenant_id"),
    ],
)
def test_a_setting_that_says_nothing_is_named(word: Channel, but: Mapping[str, Any], why: str) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        of = way.settings(standin.base, **but)
        assert way.send(of) == [Misconfigured("settings", why)]
        if word is Channel.DINGTALK_WORK:
            assert way.fate(of, "1") == Misconfigured("settings", why)
        assert standin.calls == []


@pytest.mark.parametrize(
    ("word", "but", "expected"),
    [
        (Channel.WECOM_ROBOT, {"keys": {"默认": "?"}}, Misconfigured(93000, "机器人的 key 不正确，或机器人已被移出群聊")),
        (Channel.WECOM_APP, {"secret": "wrong"}, Misconfigured(40001, "应用的 secret 不正确")),
        (Channel.WECOM_APP, {"corpid": "ww1"}, Misconfigured(40013, "企业 ID（corpid）不正确")),
        (Channel.WECOM_APP, {"agent_id": 7}, Misconfigured(40056, "应用编号（agentid）不正确")),
        (Channel.FEISHU_ROBOT, {"robots": {"默认": FeishuRobotKey("?")}}, Misconfigured(19001, "机器人的 webhook 地址（token）不正确")),
        (Channel.FEISHU_APP, {"app_id": "cli_b"}, Misconfigured(10003, "应用的 app_id 不正确")),
        (Channel.FEISHU_APP, {"secret": "wrong"}, Misconfigured(10014, "应用的 app_secret 不正确")),
        (Channel.DINGTALK_ROBOT, {"robots": {"默认": DingtalkRobotKey(token="?")}}, Misconfigured(300001, "机器人的 access_token 不存在或已失效")),
        (Channel.DINGTALK_WORK, {"app_secret": "wrong"}, Misconfigured(40089, "AppKey 或 AppSecret 不正确")),
        (Channel.DINGTALK_WORK, {"agent_id": 7}, Misconfigured(40056, "AgentId 不正确")),
        (Channel.DINGTALK_GOV, {"app_secret": "wrong"}, Misconfigured("SIGN", WRONG_KEY)),
        (Channel.DINGTALK_GOV, {"app_key": "wrong"}, Misconfigured("APIKEY", WRONG_KEY)),
        (Channel.DINGTALK_GOV, {"tenant_id": "1"}, Misconfigured("TENANT", "租户标识不正确，请核对 tenantId")),
        (Channel.SMS_ALIYUN, {"access_key_secret": "wrong"}, Misconfigured("SignatureDoesNotMatch", "访问密钥（AccessKey）不正确")),
        (Channel.SMS_ALIYUN, {"sign_name": "另一签名"}, Misconfigured("isv.SMS_SIGNATURE_ILLEGAL", WRONG_SIGN)),
        (Channel.SMS_ALIYUN, {"template_code": "SMS_2"}, Misconfigured("isv.SMS_TEMPLATE_ILLEGAL", WRONG_TEMPLATE)),
        (Channel.SMS_ALIYUN, {"count_variable": "count"}, Misconfigured("isv.TEMPLATE_MISSING_PARAMETERS", WRONG_TEMPLATE)),
        (Channel.SMS_TENCENT, {"secret_key": "wrong"}, Misconfigured("AuthFailure.SignatureFailure", "访问密钥不正确或没有权限")),
        (Channel.SMS_TENCENT, {"app_id": "1"}, Misconfigured("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "短信应用编号（SmsSdkAppId）不正确")),
        (Channel.SMS_TENCENT, {"sign_name": "另一签名"}, Misconfigured("FailedOperation.SignatureIncorrectOrUnapproved", WRONG_SENTENCE)),
        (Channel.SMS_TENCENT, {"template_id": "2"}, Misconfigured("FailedOperation.TemplateIncorrectOrUnapproved", WRONG_SENTENCE)),
    ],
)  # fmt: skip
def test_what_the_vendor_says_of_wrong_settings_is_the_operators(
    word: Channel, but: Mapping[str, Any], expected: Receipt
) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        assert way.send(way.settings(standin.base, **but)) == [expected]
        assert standin.taken == 0


@pytest.mark.parametrize(
    ("word", "one", "code"),
    [
        (Channel.WECOM_ROBOT, {"keys": {"默认": "KEY-OF-ROBOT"}}, 93000),
        (Channel.FEISHU_ROBOT, {"robots": {"默认": FeishuRobotKey("TOKEN-OF-TOWN")}}, 19001),
        (Channel.FEISHU_ROBOT, {"robots": {"默认": FeishuRobotKey("TOKEN-OF-TOWN")}}, 19024),
        (Channel.DINGTALK_ROBOT, {}, 300001),
    ],
)
def test_a_fault_of_the_only_robot_is_the_operators(word: Channel, one: Mapping[str, Any], code: int) -> None:
    """Of one among several it refuses the notice (`test_every_code.py`), and the others go on."""
    way = WAYS[word]
    with way.standin() as standin:
        standin.refuse(code)
        (receipt,) = way.send(way.settings(standin.base, **one))
        assert isinstance(receipt, Misconfigured)
        assert receipt.code == code


NO_ROBOT = {
    Channel.WECOM_ROBOT: Refused("robot", "设置中没有这个名称的企业微信群机器人"),
    Channel.FEISHU_ROBOT: Refused("robot", "设置中没有这个名称的飞书自定义机器人"),
    Channel.DINGTALK_ROBOT: Refused("robot", "设置里没有这个名称的钉钉机器人"),
}
NOT_ONE = {
    Channel.WECOM_APP: Refused("address", "企业微信 userid 格式不正确"),
    Channel.FEISHU_APP: Refused("address", "飞书 open_id 格式不正确"),
    Channel.DINGTALK_WORK: Refused("userid", "地址不是一个人的 userid"),
    Channel.DINGTALK_GOV: Refused("account", "地址不是一个人的 accountId"),
}
BAD_ADDRESSES = [
    *((word, address, NO_ROBOT[word]) for word in NO_ROBOT for address in ("别处", "https://v.example/x?k=ABC")),
    *((Channel.WECOM_APP, address, NOT_ONE[Channel.WECOM_APP]) for address in ("", "@all", "WangJianguo|LiMing", "王建国")),
    *((Channel.FEISHU_APP, address, NOT_ONE[Channel.FEISHU_APP]) for address in ("", "all", "ou_", "oc_group", "ou_x,ou_y", "王建国", "ou_x\n")),
    *((word, address, NOT_ONE[word]) for word in (Channel.DINGTALK_WORK, Channel.DINGTALK_GOV) for address in ("", "u1,u2", "u1|u2", "u1 u2", "u1\nu2")),
    *((word, address, Refused("mobile", "手机号码不正确")) for word in OF_SMS for address in ("", "1990000000", "+85291234567", "王建国")),
]  # fmt: skip


@pytest.mark.parametrize(("word", "address", "expected"), BAD_ADDRESSES)
def test_what_is_no_address_of_one_person_or_robot_is_never_sent(
    word: Channel, address: str, expected: Refused
) -> None:
    """A list, or a word for all, would reach others."""
    way = WAYS[word]
    with way.standin() as standin:
        assert way.send(way.settings(standin.base), address=address) == [expected]
        assert standin.calls == []


@pytest.mark.parametrize(
    ("word", "address", "expected"),
    [
        (Channel.WECOM_APP, "Nobody", Refused(81013, "此人不在企业微信通讯录，或不在应用可见范围内")),
        (Channel.FEISHU_APP, "ou_gone", Refused(230013, "此人不在应用可用范围内，或已离职")),
        (Channel.DINGTALK_WORK, "nobody", Refused(33012, "没有这个 userid 的人")),
        (Channel.DINGTALK_GOV, "9999", Refused("RECEIVER", "没有这个 accountId 的人")),
    ],
)
def test_a_person_whom_the_vendor_does_not_know_is_one_persons_fault(
    word: Channel, address: str, expected: Refused
) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        assert way.send(way.settings(standin.base), address=address) == [expected]
        assert standin.taken == 0
