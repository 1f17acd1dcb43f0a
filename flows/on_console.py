"""A flow run for one command: on the server of `up`, or a temporary one; quiet, its outcome handed back."""

import contextlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from flows import environment, running, through_up
from flows.serving import Server
from flows.temporary_server import temporary_server
from flows.up_file import Up
from xiaohao.actions.whole_night import Night


def run_night(on: date, *, hold: bool = False, up: Up | None = None) -> Night:
    """Run the flow 夜间运行 for a business date and hand back what it did, also where a part failed.

    On the server of `up`, else on a temporary one. Raises what the flow raises (WrongDate, LedgerBusy,
    LedgerUnreachable, …), Unreachable where Prefect's server does not start, and as `check_readable` does.
    """
    environment.check_readable()
    with _on_a_server() if up is None else _on_that_of(up):
        from flows.nightly import Handed, NightForm, NightIncomplete, nightly

        form = NightForm(business_date=on, held=hold)
        announced = nightly.with_options(on_running=[_announce])
        done: object = announced(form, return_state=True).result(raise_on_failure=False)
    match done:
        case Handed() | NightIncomplete():
            return done.night
        case BaseException():
            raise done
        case _:
            raise TypeError(f"the flow handed back {done!r}")


def _announce(flow: Any, flow_run: Any, state: Any) -> None:  # noqa: ARG001
    """Prefect did not start this process, so it does not know which run it is at work on."""
    running.announce(flow_run.id)


@contextlib.contextmanager
def _on_that_of(up: Up) -> Iterator[None]:
    through_up.wait_for(up)
    through_up.prepare(up)
    with _on(Server(up.prefect_api, up.prefect_auth), heartbeat=running.HEARTBEAT_EVERY):
        yield


@contextlib.contextmanager
def _on_a_server() -> Iterator[None]:
    with temporary_server() as starting:
        import prefect  # noqa: F401  # while the server starts

        # nobody watches heartbeats here, and their thread takes 1 s to end
        with _on(starting.answers(), heartbeat=None):
            yield


@contextlib.contextmanager
def _on(server: Server, *, heartbeat: int | None) -> Iterator[None]:
    from prefect.logging.handlers import APILogHandler
    from prefect.settings import (
        PREFECT_API_AUTH_STRING,
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    ours = {
        PREFECT_API_URL: server.api_url,
        PREFECT_API_AUTH_STRING: server.auth,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: heartbeat,
    }
    with temporary_settings(ours):
        try:
            yield
        finally:
            APILogHandler().flush()
            running.done()
