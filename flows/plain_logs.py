"""What a run's log says of an error of ours: its sentence. A traceback is for a fault of the program."""

import logging

from xiaohao.errors import XiaohaoError

OF_RUNS = ("prefect.flow_runs", "prefect.task_runs")
"""Prefect's loggers whose lines stand on the page of a run."""


class Sentences(logging.Filter):
    """Puts the message of a XiaohaoError in the place of Prefect's line and traceback; all else passes as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it always passes."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, XiaohaoError):
            record.msg, record.args = error.message, ()
            record.exc_info = record.exc_text = None
        return True


def install() -> None:
    """Filter the loggers of runs; a second call changes nothing."""
    for name in OF_RUNS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, Sentences) for each in logger.filters):
            logger.addFilter(Sentences())
