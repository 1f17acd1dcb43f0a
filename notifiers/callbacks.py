"""回调: which vendors may call us, and with what they prove who they are."""

from dataclasses import dataclass

from notifiers.feishu_callback import FeishuCallback
from notifiers.wecom_callback import WecomCallback

BODY_LIMIT = 64 * 1024
"""Bytes of a request; a vendor's has one or two thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """The callbacks that are set up; None for a vendor whose are not."""

    wecom_app: WecomCallback | None = None
    feishu_app: FeishuCallback | None = None
