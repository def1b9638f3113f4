"""Methods of services: true signatures, twins, and what completion and help show."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import topmast

SERVICES = (topmast.Catalogs, topmast.Mast, topmast.Observations)
TWINS = [
    (service, name)
    for service in SERVICES
    for name in dir(service)
    if name.endswith(("_async", "_count")) and name != "query_criteria_count"
]


def parameters(method: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(method).parameters.values())


@pytest.mark.parametrize(("service", "name"), TWINS, ids=lambda value: str(value)[:20])
def test_a_twin_takes_what_its_query_takes(service: Any, name: str) -> None:
    query = getattr(service, name.removesuffix("_async").removesuffix("_count"))
    twin = getattr(service, name)

    assert parameters(twin) == parameters(query)
    assert query.__name__ in inspect.getdoc(twin)
    assert twin.__name__ == name
    assert inspect.signature(query).return_annotation == "Table"


@pytest.mark.parametrize("service", SERVICES, ids=repr)
def test_completion_and_help_show_what_users_call(service: Any) -> None:
    public = [name for name in dir(service) if not name.startswith("_")]
    text = pydoc.plain(pydoc.render_doc(service))

    assert not {"session", "table", "ready_made"} & set(public)
    for name in public:
        method = getattr(service, name)
        if callable(method):
            assert inspect.getdoc(method)
            assert "session" not in [each.name for each in parameters(method)]
            assert f" {name}(" in text
            assert inspect.signature(getattr(type(service), name)) == inspect.signature(method)


def test_what_was_remembered_is_forgotten_and_what_was_set_stays(sample_folder: Path) -> None:
    with topmast.connect(sample_folder) as client:
        observations = client.observations
        observations.query_criteria(obs_collection="IUE")
        observations.enable_cloud_dataset(verbose=False)
        caches = observations._session._caches
        before = set(caches)
        observations.clear_cache()
        assert {kind.__name__ for kind in caches if kind in before} >= {"CloudAccess"}
        assert {kind.__name__ for kind in observations._session._caches} == {"CloudAccess"}
        assert len(observations.query_criteria(obs_collection="IUE")) > 0
        assert (observations.cache_location, observations.reset_cache_location()) == (None, None)


def test_without_a_client_a_service_says_what_to_import() -> None:
    code = (
        "from topmast.services.mast import MastClass\n"
        "try: MastClass.resolve_object('M8')\n"
        "except Exception as problem: print(problem)"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert "import topmast.client" in answer.stdout
