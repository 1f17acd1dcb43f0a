"""The settings of channels: from the environment or the file to what a channel takes, and what is missing."""

import os
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from command_runner import CommandLine

from notifiers.callbacks import Callbacks
from notifiers.dingtalk_robot import DingtalkRobotKey
from notifiers.feishu_callback import FeishuCallback
from xiaohao import bootstrap, channels
from xiaohao.channel_settings import ChannelPart
from xiaohao.errors import Refused, WrongUsage
from xiaohao.settings import CHANNEL_PARTS, SETTINGS_FILE, each_setting
from xiaohao.vocabulary import Channel

GIVEN = {
    "XIAOHAO_WECOM_ROBOT__KEYS": '{"默认": "SECRET-KEY", "孟轲乡": "SECRET-KEY-2"}',
    "XIAOHAO_WECOM_APP__CORPID": "ww1",
    "XIAOHAO_WECOM_APP__SECRET": "SECRET-OF-APP",
    "XIAOHAO_WECOM_APP__AGENT_ID": "1000002",
    "XIAOHAO_DINGTALK_ROBOT__ROBOTS": '{"默认": {"token": "SECRET-TOKEN", "secret": "SECRET-SEC", "keyword": "督办"}}',
    "XIAOHAO_MAIL__HOST": "mail.example",
    "XIAOHAO_MAIL__SENDER": "督办 <a@b.example>",
    "XIAOHAO_MAIL__PASSWORD": "SECRET-PASSWORD",
    "XIAOHAO_OTHER__URLS": '{"默认": "bark://SECRET-KEY"}',
}
Sets = Callable[[dict[str, str]], None]


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sets:
    """Set the environment to these and nothing else of ours."""
    for name in [name for name in os.environ if name.startswith("XIAOHAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XIAOHAO_HOME", str(tmp_path))
    return lambda values: [monkeypatch.setenv(*each) for each in values.items()] and None


def test_every_channel_that_needs_settings_has_them_and_they_are_those_that_it_takes() -> None:
    needy = {word.value for word in Channel} - {"console", "file", "webhook"}
    assert set(CHANNEL_PARTS) == needy == set(channels._TAKEN_AS)
    for name, part in CHANNEL_PARTS.items():
        taken = channels._TAKEN_AS[name]
        assert is_dataclass(taken)
        assert {each.name for each in fields(taken)} == set(part.model_fields), name
        for own in fields(taken):
            given = part.model_fields[own.name]
            if not given.is_required() and not hasattr(given.default, "get_secret_value"):
                assert given.default == own.default, (name, own.name)


def test_the_environment_reaches_the_channels(sets: Sets) -> None:
    sets(GIVEN | {"XIAOHAO_CHANNELS": "wecom_app，企业微信群机器人, 钉钉自定义机器人,mail,other,file"})
    given = bootstrap.channel_settings(bootstrap.settings())
    assert given.order == (
        Channel.WECOM_APP,
        Channel.WECOM_ROBOT,
        Channel.DINGTALK_ROBOT,
        Channel.MAIL,
        Channel.OTHER,
        Channel.FILE,
    )
    assert given.wecom_robot is not None
    assert dict(given.wecom_robot.keys) == {"默认": "SECRET-KEY", "孟轲乡": "SECRET-KEY-2"}
    assert given.wecom_app is not None
    assert (given.wecom_app.secret, given.wecom_app.agent_id) == ("SECRET-OF-APP", 1000002)
    assert given.dingtalk_robot is not None
    assert given.dingtalk_robot.robots == {
        "默认": DingtalkRobotKey(token="SECRET-TOKEN", secret="SECRET-SEC", keyword="督办")
    }
    assert given.mail is not None
    assert (given.mail.password, given.mail.security, given.mail.port) == (
        "SECRET-PASSWORD",
        "starttls",
        None,
    )
    assert given.feishu_app is None
    assert "SECRET" not in repr(given)


def test_the_settings_file_says_the_same(sets: Sets, tmp_path: Path) -> None:
    sets({})
    lines = "".join(f"{name}={value}\n" for name, value in GIVEN.items())
    (tmp_path / SETTINGS_FILE).write_text(lines, encoding="utf-8")
    with pytest.raises(Refused, match="0600"):
        bootstrap.settings()
    (tmp_path / SETTINGS_FILE).chmod(0o600)
    read = bootstrap.settings()
    assert read.wecom_robot is not None
    assert list(read.wecom_robot.keys) == ["默认", "孟轲乡"]
    assert read.mail is not None
    assert read.mail.sender == "督办 <a@b.example>"
    assert "SECRET" not in repr(read)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"XIAOHAO_WECOM_APP__CORPID": "ww1"}, "缺少 XIAOHAO_WECOM_APP__SECRET、XIAOHAO_WECOM_APP__AGENT_ID"),
        (GIVEN | {"XIAOHAO_WECOM_APP__AGENT_ID": "SECRET"}, "XIAOHAO_WECOM_APP__AGENT_ID 的值不对"),
        (GIVEN | {"XIAOHAO_WECOM_APP__SECERT": "SECRET"}, "没有这样的设置：XIAOHAO_WECOM_APP__SECERT"),
        (GIVEN | {"XIAOHAO_MAIL__SECURITY": "ssl"}, "XIAOHAO_MAIL__SECURITY 的值不对"),
        ({"XIAOHAO_WECOM_ROBOT__KEYS": '{"默认": "SECRET'}, "XIAOHAO_WECOM_ROBOT"),
        ({"XIAOHAO_WECOM_ROBOT__KEYS": "{}"}, "XIAOHAO_WECOM_ROBOT__KEYS 的值不对"),
        ({"XIAOHAO_FEISHU_ROBOT__ROBOTS": '{"默认": {"secret": "SECRET"}}'}, "缺少 XIAOHAO_FEISHU_ROBOT__ROBOTS"),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_named_and_never_shown(
    sets: Sets, given: dict[str, str], said: str
) -> None:
    sets(given)
    with pytest.raises(WrongUsage) as raised:
        bootstrap.settings()
    assert said in raised.value.message
    assert "SECRET" not in raised.value.message.replace("__SECRET", "")
    assert '"SECRET' not in str(raised.value.__cause__)


@pytest.mark.parametrize("word", [*CHANNEL_PARTS, "webhook"])
def test_a_channel_that_is_used_and_not_set_is_said_with_what_it_needs(sets: Sets, word: str) -> None:
    sets({"XIAOHAO_CHANNELS": f"file,{word}"})
    with pytest.raises(WrongUsage) as raised:
        bootstrap.channel_settings(bootstrap.settings())
    assert Channel(word).label in raised.value.message
    part = CHANNEL_PARTS.get(word, ChannelPart)
    for name, field in part.model_fields.items():
        assert (f"XIAOHAO_{word.upper()}__{name.upper()}" in raised.value.message) is field.is_required()


AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
CALLBACKS = GIVEN | {
    "XIAOHAO_WECOM_APP__CALLBACK_TOKEN": "SECRET-TOKEN",
    "XIAOHAO_WECOM_APP__CALLBACK_AES_KEY": AES_KEY,
    "XIAOHAO_FEISHU_APP__APP_ID": "cli_1",
    "XIAOHAO_FEISHU_APP__SECRET": "SECRET-OF-APP",
    "XIAOHAO_FEISHU_APP__CALLBACK_ENCRYPT_KEY": "SECRET-KEY",
    "XIAOHAO_FEISHU_APP__CALLBACK_VERIFICATION_TOKEN": "SECRET-TOKEN",
}


def test_callbacks_are_those_that_are_set_up(sets: Sets) -> None:
    sets(GIVEN)
    assert bootstrap.callbacks(bootstrap.settings()) == Callbacks()
    sets(CALLBACKS)
    found = bootstrap.callbacks(bootstrap.settings())
    assert found.wecom_app is not None
    assert (found.wecom_app.aes_key, found.wecom_app.corpid) == (bytes(range(32)), "ww1")
    assert found.feishu_app == FeishuCallback(encrypt_key="SECRET-KEY", verification_token="SECRET-TOKEN")
    given = bootstrap.channel_settings(bootstrap.settings(), only=Channel.FEISHU_APP)
    assert given.feishu_app is not None
    assert given.feishu_app.calls_back
    shown = repr(found) + repr(given) + repr(bootstrap.settings())
    assert not any(secret in shown for secret in ("SECRET", AES_KEY, repr(bytes(range(32)))))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WECOM_APP__CALLBACK_TOKEN", "", "缺少设置 XIAOHAO_WECOM_APP__CALLBACK_TOKEN：要接收回调"),
        ("WECOM_APP__CALLBACK_AES_KEY", "", "缺少设置 XIAOHAO_WECOM_APP__CALLBACK_AES_KEY：要接收回调"),
        ("WECOM_APP__CALLBACK_AES_KEY", AES_KEY[:-3], "EncodingAESKey 是 43 个字母和数字，现在写的有 40 个字符"),
        ("FEISHU_APP__CALLBACK_ENCRYPT_KEY", "", "缺少设置 XIAOHAO_FEISHU_APP__CALLBACK_ENCRYPT_KEY"),
        ("FEISHU_APP__CALLBACK_VERIFICATION_TOKEN", "", "XIAOHAO_FEISHU_APP__CALLBACK_VERIFICATION_TOKEN 都要写"),
    ],
)  # fmt: skip
def test_a_callback_that_is_set_by_half_or_wrongly_is_said(
    sets: Sets, name: str, value: str, said: str
) -> None:
    sets(CALLBACKS | {f"XIAOHAO_{name}": value})
    for ask in (bootstrap.callbacks, bootstrap.channel_settings):
        with pytest.raises(WrongUsage) as raised:
            ask(bootstrap.settings())
        assert said in raised.value.message
        assert "SECRET-" not in raised.value.message
        assert AES_KEY[:-3] not in raised.value.message


def test_config_show_masks_every_secret_and_names_robots(tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "home", **GIVEN)
    shown, document = line("config", "show"), line.json("config", "show")
    assert "SECRET-" not in shown.out
    values = {each["name"]: each["value"] for each in document["settings"]}
    assert "SECRET-" not in str(list(values.values()))
    assert values["XIAOHAO_WECOM_ROBOT__KEYS"] == "默认、孟轲乡（已设，不显示）"
    assert values["XIAOHAO_WECOM_APP__SECRET"] == "（已设，不显示）"
    assert values["XIAOHAO_MAIL__HOST"] == "mail.example"
    assert values["XIAOHAO_FEISHU_APP__SECRET"] is None
    assert [each["name"] for each in document["settings"]] == [each.name for each in each_setting()]
    assert "飞书应用消息" in shown.out.splitlines()[-1]
    assert "企业微信应用消息" not in shown.out.splitlines()[-1]
