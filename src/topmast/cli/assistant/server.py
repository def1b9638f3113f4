"""The tools as a server of the Model Context Protocol; a person approves each download."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import ToolAnnotations
from pydantic import BaseModel

from topmast.cli.assistant.tools import Tools
from topmast.config.output import one_line
from topmast.errors import MastError
from topmast.version import __version__

if TYPE_CHECKING:
    from topmast.client import Client

INSTRUCTIONS = (
    "Search the MAST archive of space telescope data. Count before you search, and list the "
    "products of an observation before you plan a download. Criteria are columns of observations "
    "with a value, a list of values, a text with one wildcard (*), or [min, max] for numbers and "
    "dates. A download needs a plan, and a person approves it."
)
READING = ("search", "count", "explain", "products", "catalog", "plan")
READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True)


class Approval(BaseModel):
    """What the person says about a download."""

    approve: bool


def make_server(client: Client, folder: Path, *, approved: bool = False) -> MCPServer:
    """A server over `client` that downloads into `folder`.

    Each download is shown to the person at the other end, who approves it; with `approved` the
    person who started the server has approved all of them.
    """
    tools = Tools(client, folder)
    server = MCPServer("topmast", instructions=INSTRUCTIONS, version=__version__)
    for name in READING:
        server.tool(annotations=READ_ONLY)(_with_clear_errors(getattr(tools, name)))
    server.tool()(_download_tool(tools, approved))
    return server


def _download_tool(tools: Tools, approved: bool) -> Callable[..., Any]:
    if approved:
        return _with_clear_errors(tools.download)

    def ask(plan: str) -> Elicit[Approval]:
        return Elicit(_with_clear_errors(tools.summary_of)(plan), Approval)

    def download(
        plan: str, answer: Annotated[ElicitationResult[Approval], Resolve(ask)]
    ) -> dict[str, Any]:
        """Download the files of a plan, after the person has approved it."""
        if not (isinstance(answer, AcceptedElicitation) and answer.data.approve):
            raise ToolError("The download was not approved; nothing was downloaded.")
        result: dict[str, Any] = _with_clear_errors(tools.download)(plan)
        return result

    # The annotations name what only this function knows.
    download.__annotations__ = {
        "plan": str,
        "answer": Annotated[ElicitationResult[Approval], Resolve(ask)],
        "return": dict[str, Any],
    }
    return download


def _with_clear_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose errors reach the assistant as one line."""

    @functools.wraps(function)
    def called(*given: Any, **words: Any) -> Any:
        try:
            return function(*given, **words)
        except (MastError, ValueError, TypeError, OSError) as error:
            raise ToolError(one_line(str(error))) from error

    called.__signature__ = inspect.signature(  # type: ignore[attr-defined]
        function, eval_str=True
    )
    return called
