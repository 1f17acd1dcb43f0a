"""The forms of the deployments as Prefect's pages show them: Chinese throughout, an empty field for nothing said.

Prefect takes the title of a parameter from its name and the text below it from the form's docstring, both
English, and offers a value that may be missing as a choice of types (str, None).
"""

from typing import Any

from prefect.deployments.runner import RunnerDeployment

LEFT_EMPTY = "都可以不填。"


def in_chinese(deployment: RunnerDeployment) -> RunnerDeployment:
    """The same deployment, what is shown of its parameters changed; which values are taken is not.

    But one: nothing said is a key left out, not a null.
    """
    shown = deployment._parameter_openapi_schema
    for parameter in shown.properties.values():
        form = shown.definitions.get(str(parameter.get("$ref", "")).rpartition("/")[2])
        if form is None:
            continue
        parameter["title"] = form["title"]
        form["description"] = LEFT_EMPTY
        parameter["default"] = {k: v for k, v in parameter.get("default", {}).items() if v is not None}
        form["properties"] = {name: _plain(field) for name, field in form["properties"].items()}
    return deployment


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """A field that may be null as a field of its one type, empty at first."""
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1 or len(kinds) == len(field["anyOf"]):
        return field
    plain: dict[str, Any] = dict(kinds[0])
    return plain | {name: value for name, value in field.items() if name not in ("anyOf", "default")}
