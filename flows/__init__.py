"""Prefect, and the only room that imports it: what runs and when.

The defaults of `flows.environment` are put in place before any flow imports Prefect; a process that
Prefect started for one run then says so (`flows.running`).
"""

from flows import environment as environment
from flows import plain_logs, running

running.announce_from_environment()
plain_logs.install()
