"""无心跳即崩溃: Prefect stores the heartbeats of runs, but by itself nobody looks at them."""

from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from flows.fire_scope import SET_ASIDE

NAME = "无心跳即崩溃"
SILENT = timedelta(seconds=90)
ENDS = ("Completed", "Failed", SET_ASIDE, "Cancelled", "Crashed")


def automation() -> AutomationCore:
    """A run whose heartbeat stays away for 90 s, and that has not ended, is shown as crashed."""
    expected = {f"prefect.flow-run.{word}" for word in ("heartbeat", *ENDS)}
    trigger = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        expect=expected,
        match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=SILENT,
    )
    action = ChangeFlowRunState(
        state=StateType.CRASHED, name="Crashed", message="心跳中断，运行的进程已不在", force=False
    )
    return AutomationCore(name=NAME, trigger=trigger, actions=[action])


def make_once(client: SyncPrefectClient) -> None:
    """Make the automation where it is not there; of two, which a crash may leave, one stays."""
    there = [each for each in client.read_automations() if each.name == NAME]
    if not there:
        client.create_automation(automation())
    for extra in there[1:]:
        client.delete_automation(extra.id)
