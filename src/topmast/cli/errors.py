"""From exceptions to one line on standard error and an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from topmast.config.output import one_line

DONE, FAILED, MISUSED, NOTHING, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141
"""The exit codes; BROKEN_PIPE is what a shell shows for a tool whose reader went away."""


def guarded(run: Callable[[], Any]) -> int:
    """Call `run`; the exit code it gives, or that of the error it ended with."""
    _make_streams_safe()
    try:
        code = run()
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        tell("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        forget_stdout()
        return BROKEN_PIPE
    except click.ClickException as error:
        tell(_click_line(error))
        return error.exit_code
    except Exception as error:
        return _explain(error)
    return code if isinstance(code, int) else DONE


def _make_streams_safe() -> None:
    """Let no output end the work: a closed stream swallows it, an unknown letter is escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream.closed:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str) -> None:
    """Write a line to standard error."""
    click.echo(text, err=True)


def _click_line(error: click.ClickException) -> str:
    text = f"Error: {one_line(error.format_message())}"
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{text} (See {context.command_path} --help.)" if context else text


def _explain(error: Exception) -> int:
    from topmast.cli.wording import in_options
    from topmast.errors import InvalidQueryError, MastError, ResolverError, UnreachableError

    text = in_options(one_line(str(error))) or type(error).__name__
    if isinstance(error, (InvalidQueryError, ResolverError)):
        tell(f"Error: {text}")
        return MISUSED
    if not isinstance(error, (MastError, OSError)):
        text = f"{type(error).__name__}: {text} (--debug shows where.)"
    tell(f"Error: {text}")
    if isinstance(error, UnreachableError):
        tell("Without a network: topmast --archive FOLDER asks an archive on this disk.")
    return FAILED


def forget_stdout() -> None:
    """Let nothing more be written to a pipe that is closed, not even at exit."""
    with contextlib.suppress(OSError, ValueError):  # where it is no file of the system
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
