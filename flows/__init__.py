"""Prefect, and the only room that imports it: what runs and when.

The defaults of `flows.environment` are put in place before any flow imports Prefect.
"""

from flows import environment as environment
