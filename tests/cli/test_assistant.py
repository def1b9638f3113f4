"""topmast mcp, asked by the client of the protocol's own library."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from topmast.cli import main
from topmast.client import connect

pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult

from topmast.cli.assistant.server import make_server
from topmast.cli.assistant.tools import MOST_ROWS

Ask = Callable[..., tuple[bool, Any]]


async def called(server: Any, name: str, words: dict[str, Any], **options: Any) -> tuple[bool, Any]:
    async with Client(server, **options) as client:
        return content_of(await client.call_tool(name, words))


def content_of(result: Any) -> tuple[bool, Any]:
    """Whether it failed, and the answer or the message."""
    if result.is_error:
        return False, result.content[0].text
    content = result.structured_content
    return True, content


@pytest.fixture
def ask(sample_folder: Path, tmp_path: Path) -> Ask:
    """Call a tool of a server over the sample archive."""
    server = make_server(connect(sample_folder), tmp_path)

    def call(name: str, **words: Any) -> tuple[bool, Any]:
        return asyncio.run(called(server, name, words))

    return call


def test_the_tools_are_those_that_are_documented(sample_folder: Path, tmp_path: Path) -> None:
    async def tools() -> dict[str, bool]:
        async with Client(make_server(connect(sample_folder), tmp_path)) as client:
            found = (await client.list_tools()).tools
            return {each.name: bool(each.annotations) for each in found}

    found = asyncio.run(tools())

    reading = {name for name, reads in found.items() if reads}
    assert reading == {"search", "count", "explain", "products", "catalog", "plan"}
    assert set(found) - reading == {"download"}


def test_a_count_is_that_of_the_library(ask: Ask, sample_folder: Path) -> None:
    wanted = connect(sample_folder).observations.query_region_count("M8", radius="1 arcmin")

    assert ask("count", target="M8", radius="1 arcmin") == (True, {"total": wanted})


def test_a_search_gives_the_first_rows_and_says_what_it_left_out(ask: Ask) -> None:
    good, answer = ask("search", criteria={"obs_collection": ["GALEX", "IUE"]}, rows=3)

    assert good
    assert len(answer["rows"]) == 3
    assert answer["total"] > 3
    assert answer["left_out"].startswith(f"{answer['total'] - 3} rows")


def test_no_answer_has_more_rows_than_the_cap(ask: Ask) -> None:
    good, answer = ask("search", criteria={"calib_level": [1, 2, 3]}, rows=10**6)

    assert good
    assert len(answer["rows"]) == min(MOST_ROWS, answer["total"])
    assert answer["total"] > MOST_ROWS


def test_a_search_without_a_result_says_why(ask: Ask) -> None:
    good, answer = ask("search", target="M101", criteria={"obs_collection": "HTS"})

    assert good
    assert answer["total"] == 0
    assert any("HST" in str(row) for row in answer["reasons"])


@pytest.mark.parametrize(
    ("tool", "words", "text"),
    [
        ("search", {}, "Give a target"),
        ("search", {"radius": "1m"}, "needs a target"),
        ("search", {"target": "Nowhere-9"}, "Could not resolve"),
        ("search", {"target": "M8", "rows": 0}, "1 or more, not 0"),
        ("count", {"criteria": {"filterz": "X"}}, "filterz"),
        ("search", {"criteria": {"pagesize": 10**6}}, "'pagesize' is no column"),
        ("plan", {"obsids": ["3000007760"], "filters": {"download_dir": "/tmp"}}, "'download_dir'"),
        ("plan", {"obsids": ["3000007760"], "filters": {"layout": "{obs_id}"}}, "'layout'"),
        ("search", {"target": "M8", "columns": ["obsidd"]}, "no column 'obsidd'"),
        ("catalog", {"target": "M8", "catalog": "Gala"}, "Gala"),
    ],
)
def test_an_error_says_what_to_do(ask: Ask, tool: str, words: dict[str, Any], text: str) -> None:
    good, message = ask(tool, **words)

    assert not good
    assert text in message


def test_products_are_filtered(ask: Ask) -> None:
    good, answer = ask("products", obsids=["3000007760"], filters={"mrp_only": True})

    assert good
    groups = {row["productFilename"] for row in answer["rows"]}
    assert len(groups) == answer["total"] > 0


def test_a_catalogue_is_asked_around_a_target(ask: Ask) -> None:
    good, answer = ask("catalog", target="M10", radius="0.02 deg", columns=["ID", "Tmag"])

    assert good
    assert answer["rows"][0].keys() == {"ID", "Tmag"}


def answering(action: Any, **content: Any) -> Callable[..., Awaitable[ElicitResult]]:
    async def answer(context: Any, params: Any) -> ElicitResult:
        assert "file" in params.message
        return ElicitResult(action=action, content=content or None)

    return answer


async def planned_download(server: Any, **options: Any) -> tuple[bool, Any]:
    async with Client(server, **options) as client:
        _, plan = content_of(await client.call_tool("plan", {"obsids": ["3000007760"]}))
        return content_of(await client.call_tool("download", {"plan": plan["plan"]}))


def test_an_approved_plan_is_downloaded(sample_folder: Path, tmp_path: Path) -> None:
    server = make_server(connect(sample_folder), tmp_path)
    approve = answering("accept", approve=True)

    good, answer = asyncio.run(planned_download(server, elicitation_callback=approve))

    assert good, answer
    assert answer["complete"] == answer["total"] > 0
    assert answer["failed"] == 0
    assert all((tmp_path / row["Local Path"]).is_file() for row in answer["rows"])


@pytest.mark.parametrize(
    "answer", [answering("accept", approve=False), answering("decline"), answering("cancel")]
)
def test_nothing_is_downloaded_without_approval(
    sample_folder: Path, tmp_path: Path, answer: Any
) -> None:
    server = make_server(connect(sample_folder), tmp_path)

    good, message = asyncio.run(planned_download(server, elicitation_callback=answer))

    assert not good
    assert "not approved" in message
    assert not list(tmp_path.iterdir())


def test_nothing_is_downloaded_where_nobody_can_be_asked(
    sample_folder: Path, tmp_path: Path
) -> None:
    from mcp import MCPError

    server = make_server(connect(sample_folder), tmp_path)

    try:
        good, _ = asyncio.run(planned_download(server))
    except* MCPError:
        good = False

    assert not good
    assert not list(tmp_path.iterdir())


def test_an_unknown_plan_is_refused(sample_folder: Path, tmp_path: Path) -> None:
    server = make_server(connect(sample_folder), tmp_path, approved=True)

    good, message = asyncio.run(called(server, "download", {"plan": "abc"}))

    assert not good
    assert "no plan 'abc'" in message


def test_the_option_for_documents_is_refused() -> None:
    result = CliRunner().invoke(main, ["mcp", "--json"])

    assert result.exit_code == 2
    assert "leave --json out" in result.stdout


def test_the_command_serves_over_standard_input_and_output(
    sample_folder: Path, tmp_path: Path
) -> None:
    words = ["-m", "topmast", "--archive", str(sample_folder), "mcp", "--approve-downloads"]
    words += ["--download-dir", str(tmp_path)]
    source = Path(sys.modules["topmast"].__file__ or "").parent.parent
    server = StdioServerParameters(
        command=sys.executable, args=words, env={"PYTHONPATH": str(source)}
    )

    good, answer = asyncio.run(planned_download(server))

    assert good, answer
    assert answer["complete"] > 0
