"""What all commands share: the archive, the time limit, logins and the amount of output."""

from __future__ import annotations

import importlib
import logging
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from topmast.cli.errors import BROKEN_PIPE, forget_stdout, tell
from topmast.cli.wording import in_options
from topmast.config.output import one_line

if TYPE_CHECKING:
    from topmast.client import Client

SECTIONS = ("Options", "Columns", "Output", "For all commands")
"""The headings of the help, in their order."""

AS_DOCUMENTED = r"Coordinate string is being interpreted as an ICRS .*(coordinate|degrees)\.$"
"""A warning that the command line need not give: its help says how a position is read."""

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass
class Settings:
    """The options that may stand before or after the command's name."""

    archive: str | None = None
    timeout: float | None = None
    login: bool = False
    username: str | None = None
    verbose: bool = False
    quiet: bool = False
    debug: bool = False
    json: bool = False

    def client(self) -> Client:
        """A client of the archive that was asked for."""
        from topmast.client import connect

        chosen: dict[str, Any] = {} if self.timeout is None else {"timeout": self.timeout}
        if self.debug:
            chosen["tracebacks"] = "full"
        client = connect(self.archive, **chosen)
        with redirect_stdout(sys.stderr):  # what a login says is no data
            if self.username:
                client.observations.login(username=self.username)
            elif self.login:
                client.observations.login()
        return client

    @property
    def log_level(self) -> int:
        """What of the library's log is shown."""
        if self.quiet:
            return logging.ERROR
        return logging.DEBUG if self.verbose else logging.INFO


class Option(click.Option):
    """An option that the help lists under a heading of its own, in one spelling.

    `old_name` is one that it had before, which still works.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        section: str = "Options",
        old_name: str | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__([*names, *([old_name] if old_name else [])], **attributes)
        self.section = section
        self.old_name = old_name

    def get_help_record(self, context: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(context)
        if record is None or not (self.multiple or self.old_name):
            return record
        first = next(name for name in self.opts if name.startswith("--"))
        return f"{first} {self.metavar or ''}".strip(), record[1]


NEGATIVE = re.compile(r"-\.?\d")
MINUS = "\N{MINUS SIGN}"
"""Stands for the hyphen before a number until click has read the line."""


def _is_flag(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count)


class Command(click.Command):
    """A command that shows the library's warnings and log as lines on standard error.

    One that is `quick` does its work without astropy, which takes long to load.
    """

    def __init__(self, *given: Any, quick: bool = False, **attributes: Any) -> None:
        super().__init__(*given, **attributes)
        self.quick = quick

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read ``158.47 -7.3`` as a position: a negative number is not an option."""
        flags = {name for option in self.params if _is_flag(option) for name in option.opts}
        for place, word in enumerate(args):
            before = args[place - 1] if place else ""
            if NEGATIVE.match(word) and (not before.startswith("-") or before in flags):
                args[place] = MINUS + word[1:]
        return super().parse_args(context, args)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None:
                section = getattr(parameter, "section", "Options")
                sections.setdefault(section, []).append(record)
        for name in sorted(sections, key=SECTIONS.index):
            with formatter.section(name):
                formatter.write_dl(sections[name])

    def invoke(self, context: click.Context) -> Any:
        settings = current()
        if not self.quick:
            # astropy takes warnings over when it is imported, so it has to be imported before.
            importlib.import_module("astropy.utils.exceptions")
        with _reporting(settings):
            try:
                code = super().invoke(context)
                sys.stdout.flush()
                return code
            except BrokenPipeError:  # click would make of it an error like any other
                forget_stdout()
                return BROKEN_PIPE
            except (click.ClickException, click.Abort, click.exceptions.Exit):
                raise
            except Exception:
                if settings.debug:
                    traceback.print_exc()
                raise


def command(name: str | None = None, **attributes: Any) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command of topmast: the function below it, and the options that all take."""

    def declare(function: Callable[..., Any]) -> Command:
        made: Command = click.command(name, cls=Command, **attributes)(common_options(function))
        return made

    return declare


def common_options(function: Decorated) -> Decorated:
    """Add the options that all commands take."""
    for option in _COMMON:
        function = option(function)
    return function


def current() -> Settings:
    """The settings of the command that is running."""
    context = click.get_current_context(silent=True)
    return Settings() if context is None else context.find_root().ensure_object(Settings)


def say(text: str) -> None:
    """Print a message to standard error, unless --quiet."""
    if not current().quiet:
        tell(text)


def with_astropy() -> None:
    """Load astropy, and show warnings as a command does: astropy takes them over."""
    importlib.import_module("astropy.utils.exceptions")
    importlib.import_module("astropy.table")
    warnings.showwarning = _show_warning


@contextmanager
def _reporting(settings: Settings) -> Iterator[None]:
    handler = _LineHandler()
    logger = logging.getLogger("topmast")
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(settings.log_level)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if settings.quiet else "default")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", message=AS_DOCUMENTED)
            warnings.filterwarnings("ignore", message="ERFA function .*dubious year")
            warnings.showwarning = _show_warning
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


class _LineHandler(logging.Handler):
    """One line a record, on the standard error of the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        tell(in_options(one_line(record.getMessage())))


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    tell(f"Warning: {in_options(one_line(str(message)))}")


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Keep a common option where all commands look; one given later wins."""
    settings = context.find_root().ensure_object(Settings)
    if value is not None and value is not False and parameter.name is not None:
        setattr(settings, parameter.name, value)
    return value


def _common(*names: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    return click.option(
        *names,
        cls=Option,
        section="For all commands",
        expose_value=False,
        callback=_remember,
        **attributes,
    )


_COMMON = (
    _common(
        "--json", is_flag=True, help="Print one JSON document: rows or lines, messages, error."
    ),
    _common("--debug", is_flag=True, help="Show where an error comes from."),
    _common("--quiet", "-q", is_flag=True, help="Print errors only."),
    _common("--verbose", "-v", is_flag=True, help="Print more."),
    _common(
        "--login",
        is_flag=True,
        help="Log in with the token in MAST_API_TOKEN, the token file or the keyring.",
    ),
    _common(
        "--username",
        metavar="NAME",
        help="Log in with this name and its password, where the archive takes passwords.",
    ),
    _common(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Time limit of one query.",
    ),
    _common("--archive", metavar="WHERE", help="Server URL, or the folder of a local archive."),
)
