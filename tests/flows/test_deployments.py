"""The only list of deployments: its names are those of the flows, and each runs with nothing said."""

import pytest

from flows import deployments
from flows.deployments import ALL, DELIVER, FIRE_SCOPE, Planned


@pytest.mark.parametrize("planned", [*ALL, FIRE_SCOPE], ids=lambda planned: planned.name)
def test_each_is_a_flow_with_one_form_whose_fields_have_defaults(planned: Planned) -> None:
    flow = planned.load()
    assert flow.name == planned.called
    assert list(flow.parameters.properties) == ["form"]
    assert not flow.parameters.required
    (schema,) = (
        each
        for name, each in (flow.parameters.definitions or {}).items()
        if name.endswith("Form") and "properties" in each
    )
    assert "required" not in schema
    for field in schema["properties"].values():
        assert "一" <= field["title"][0] <= "鿿"
        assert field["description"]


def test_only_a_work_pool_has_runs_of_single_scopes() -> None:
    assert deployments.planned(work_pool=False) == ALL
    assert deployments.planned(work_pool=True) == (*ALL, FIRE_SCOPE)


def test_sending_keeps_off_the_full_and_the_half_hour() -> None:
    """Robots are busiest then; and the night begins at 02:00."""
    minutes = {
        minute
        for part in str(DELIVER.cron).split()[0].split(",")
        for first, last in [part.split("/")[0].split("-")]
        for minute in range(int(first), int(last) + 1, int(part.split("/")[1]))
    }
    assert len(minutes) == 12
    assert not minutes & {0, 30}
