"""The description of the addresses is that of the addresses."""

from __future__ import annotations

from tests.archive.conftest import Caller
from topmast.archive.server.app import ROUTES


def test_every_address_and_method_is_described(caller: Caller) -> None:
    found = caller.get("/openapi.json").json
    described = {
        (path, method) for path, operations in found["paths"].items() for method in operations
    }
    served = {
        (path.replace(":path}", "}"), method.lower())
        for path, methods, _ in ROUTES
        for method in methods
    }
    assert described == served
    assert found["openapi"].startswith("3.")


def test_every_operation_says_what_it_is_and_has_a_name_of_its_own(caller: Caller) -> None:
    paths = caller.get("/openapi.json").json["paths"]
    operations = [each for methods in paths.values() for each in methods.values()]
    assert all(each["summary"].endswith(".") for each in operations)
    assert len({each["operationId"] for each in operations}) == len(operations)


def test_the_examples_are_questions_that_the_archive_understands(caller: Caller) -> None:
    paths = caller.get("/openapi.json").json["paths"]
    (given,) = paths["/api/v0/invoke"]["get"]["parameters"]
    reply = caller.send("POST", "/api/v0/invoke", f"request={given['schema']['example']}".encode())
    assert reply.json["status"] == "COMPLETE"
