"""A flow run for one command: on a temporary server, quiet, its outcome handed back."""

import contextlib
from collections.abc import Iterator
from datetime import date

from flows.temporary_server import temporary_server
from xiaohao.actions.whole_night import Night


def run_night(on: date, *, hold: bool = False) -> Night:
    """Run the flow 夜间运行 for a business date and hand back what it did, also where a part failed.

    Raises what the flow raises (WrongDate, LedgerBusy, LedgerUnreachable, …), and Unreachable
    where Prefect's server does not start.
    """
    with _on_a_server():
        from flows.nightly import Handed, NightForm, NightIncomplete, nightly

        form = NightForm(business_date=on, held=hold)
        done: object = nightly(form, return_state=True).result(raise_on_failure=False)
    match done:
        case Handed() | NightIncomplete():
            return done.night
        case BaseException():
            raise done
        case _:
            raise TypeError(f"the flow handed back {done!r}")


@contextlib.contextmanager
def _on_a_server() -> Iterator[None]:
    with temporary_server() as starting:
        from prefect.logging.handlers import APILogHandler
        from prefect.settings import (
            PREFECT_API_AUTH_STRING,
            PREFECT_API_URL,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
            temporary_settings,
        )

        server = starting.answers()
        ours = {
            PREFECT_API_URL: server.api_url,
            PREFECT_API_AUTH_STRING: server.auth,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,  # nobody watches it here, and its thread takes 1 s to end
        }
        with temporary_settings(ours):
            try:
                yield
            finally:
                APILogHandler().flush()
