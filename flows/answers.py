"""What a run answers the command that asked for it: an artifact of the run, since Prefect keeps no result.

Written only where a command asks (by a tag of the run), so that an operator's page shows tables alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from prefect import runtime
from prefect.artifacts import Artifact

from xiaohao.errors import XiaohaoError

ASKED = "命令行"
"""The tag of a run whose command waits for its answer."""
KIND = "xiaohao.answer"


def answer(said: Any) -> None:
    """Leave what was done, with words as codes and dates as ISO text, for the command that asked."""
    _leave({"said": said})


@contextmanager
def told() -> Iterator[None]:
    """Leave the error of the block, if it is one of ours, for the command that asked; it is raised all the same."""
    try:
        yield
    except XiaohaoError as error:
        _leave({"error": type(error).__name__, "message": error.message, "missing": list(error.missing)})
        raise


def _leave(data: dict[str, Any]) -> None:
    if ASKED in (runtime.flow_run.tags or ()):
        plain = orjson.loads(orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS))
        Artifact(type=KIND, data=plain).create()  # Prefect stores it as JSON text
