"""Settings: the address of the archive, time limits, proxies and the like.

Each setting is looked for in this order: a value set while running (``conf.timeout = 60``),
the environment (``TOPMAST_TIMEOUT=60``), the ``[mast]`` section of ``topmast.cfg`` and then of
``astroquery.cfg`` in astropy's configuration folder, and the default below.
This is the only module that reads environment variables.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from topmast.errors import InvalidQueryError, did_you_mean

MAST = "https://mast.stsci.edu"
AMAZON_S3 = "https://s3.us-east-1.amazonaws.com"

DEFAULTS: dict[str, Any] = {
    "server": MAST,
    "catalogs_server": "",
    "auth_server": "",
    "resolver_server": "",
    "hla_server": "",
    "s3_server": "",
    "s3_bucket": "stpubdata",
    "ssoserver": "https://ssoportal.stsci.edu",
    "timeout": 600.0,
    "connect_timeout": 15.0,
    "read_timeout": 120.0,
    "pagesize": 50000,
    "tries": 5,
    "connections": 8,
    "user_agent": "",
    "proxy": "",
    "ca_bundle": "",
    "token_file": "",
    "dialect": "guide",
    "tracebacks": "short",
}

DESCRIPTIONS: dict[str, str] = {
    "server": "The archive: a URL, or a folder on this disk that holds a local archive.",
    "catalogs_server": "The catalogue service; empty: belongs to the server.",
    "auth_server": "Where tokens are made; empty: belongs to the server.",
    "resolver_server": "The object name resolver; empty: belongs to the server.",
    "hla_server": "The Hubble Legacy Archive; empty: belongs to the server.",
    "s3_server": "S3 with the public files; empty: belongs to the server, for MAST that of "
    "Amazon's region us-east-1.",
    "s3_bucket": "The bucket of the public files.",
    "ssoserver": "Of astroquery; it has no effect.",
    "timeout": "Seconds that a whole query may take, with all its polls and pages.",
    "connect_timeout": "Seconds to wait for a connection.",
    "read_timeout": "Seconds to wait for the next byte.",
    "pagesize": "Rows asked for in one request.",
    "tries": "How often a request is tried before it counts as failed.",
    "connections": "Connections at once to one host, those for parts of large files included.",
    "user_agent": "Put before topmast's own User-Agent.",
    "proxy": "URL of a proxy (http, https or socks5) for all hosts but those in NO_PROXY; "
    "empty: as the environment says.",
    "ca_bundle": "File with the certificates to trust; empty: that of SSL_CERT_FILE, "
    "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE in the environment, else the system's.",
    "token_file": "File with an API token, readable by you alone; empty: topmast/token in your "
    "configuration folder.",
    "dialect": "'guide', 'astroquery' or 'next': what a call returns where they differ.",
    "tracebacks": "'short' or 'full': whether an error also shows where inside topmast it arose.",
}


WORDS: dict[str, tuple[str, ...]] = {
    "dialect": ("guide", "astroquery", "next"),
    "tracebacks": ("short", "full"),
}
"""The settings that are one of a few words."""


class Conf:
    """The settings, each an attribute; see `DESCRIPTIONS` for what they mean."""

    def __init__(self) -> None:
        object.__setattr__(self, "_set", {})
        object.__setattr__(self, "_file", None)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Conf:
        """Settings with these values; InvalidQueryError for a name or a value that there is not."""
        settings = cls()
        for name, value in values.items():
            try:
                setattr(settings, name, value)
            except (AttributeError, ValueError) as problem:
                raise InvalidQueryError(str(problem)) from problem
        return settings

    def __dir__(self) -> list[str]:
        return sorted([*DEFAULTS, *super().__dir__()])

    def __getattr__(self, name: str) -> Any:
        if name not in DEFAULTS:
            raise AttributeError(f"No setting {name!r}. Settings: {', '.join(sorted(DEFAULTS))}.")
        if name in self._set:
            return self._set[name]
        text, source = self._found(name)
        return DEFAULTS[name] if text is None else _converted(name, text, source)

    def source(self, name: str) -> str:
        """Where the value of a setting comes from, in words."""
        if name in self._set:
            return "set while running"
        text, source = self._found(name)
        return "default" if text is None else source

    def _found(self, name: str) -> tuple[str | None, str]:
        """The text for a setting outside of this process, and where it stands."""
        variables = [f"TOPMAST_{name.upper()}", *(["TOPMAST_ARCHIVE"] if name == "server" else [])]
        for variable in variables:
            if variable in os.environ:
                return os.environ[variable], f"the environment variable {variable}"
        return self._from_file().get(name, (None, ""))

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in DEFAULTS:
            raise AttributeError(f"No setting {name!r}. Settings: {', '.join(sorted(DEFAULTS))}.")
        self._set[name] = _converted(name, value, "the value given")

    def __repr__(self) -> str:
        lines = (f"  {name} = {getattr(self, name)!r}  # {DESCRIPTIONS[name]}" for name in DEFAULTS)
        return "\n".join(["topmast.conf", *lines])

    def reset(self, name: str | None = None) -> None:
        """Forget what was set while running, for one setting or for all."""
        if name is None:
            self._set.clear()
        else:
            self._set.pop(name, None)

    def reload(self) -> None:
        """Read the configuration files anew at the next look."""
        object.__setattr__(self, "_file", None)

    @contextmanager
    def set_temp(self, name: str, value: Any) -> Iterator[None]:
        """Set one value inside a ``with`` block."""
        before = dict(self._set)
        setattr(self, name, value)
        try:
            yield
        finally:
            object.__setattr__(self, "_set", before)

    def _from_file(self) -> dict[str, tuple[str | None, str]]:
        if self._file is None:
            object.__setattr__(self, "_file", _read_files())
        found: dict[str, tuple[str | None, str]] = self._file
        return found


conf: Conf = Conf()


@dataclass(frozen=True, slots=True)
class Servers:
    """The base URLs of one archive, none ending in a slash."""

    portal: str
    catalogs: str
    auth: str
    resolver: str
    hla: str
    s3: str

    @classmethod
    def of(cls, portal: str) -> Servers:
        """All servers that go with `portal`: MAST's own, or that same server for everything."""
        portal = portal.rstrip("/")
        at_mast = urlsplit(portal).hostname == urlsplit(MAST).hostname
        return cls(
            portal=portal,
            catalogs=conf.catalogs_server
            or ("https://catalogs.mast.stsci.edu" if at_mast else portal),
            auth=conf.auth_server or ("https://auth.mast.stsci.edu" if at_mast else portal),
            resolver=conf.resolver_server
            or ("https://mastresolver.stsci.edu" if at_mast else portal),
            hla=conf.hla_server or ("https://hla.stsci.edu" if at_mast else portal),
            s3=conf.s3_server or (AMAZON_S3 if at_mast else portal),
        )


def api_token() -> str | None:
    """The token in ``MAST_API_TOKEN``, if there is one."""
    return os.environ.get("MAST_API_TOKEN") or None


def environment(**changes: str) -> dict[str, str]:
    """The environment for a process to start: that of this one with `changes`."""
    return {**os.environ, **changes}


def _converted(name: str, value: Any, source: str) -> Any:
    wanted = type(DEFAULTS[name])
    if name == "server" and isinstance(value, Path):
        value = str(value)
    if name in WORDS and value not in WORDS[name]:
        known = " or ".join(map(repr, WORDS[name]))
        raise ValueError(f"{name} is {known}, not {value!r} ({source}).")
    if isinstance(value, wanted) and not isinstance(value, bool):
        return value
    try:
        converted = wanted(value)
    except (TypeError, ValueError) as problem:
        raise ValueError(
            f"The setting {name} takes a {wanted.__name__}, not {value!r} ({source})."
        ) from problem
    if wanted in (int, float) and not converted > 0:
        raise ValueError(f"The setting {name} must be above zero, not {value!r} ({source}).")
    return converted


def configuration_files() -> tuple[Path, ...]:
    """The files that settings are read from, whether they exist or not; the last one wins."""
    return tuple(_config_folder() / name for name in ("astroquery.cfg", "topmast.cfg"))


def _config_folder() -> Path:
    """Where astropy keeps its configuration files (the same rule, without importing astropy)."""
    for variable, under in (("ASTROPY_CONFIG_DIR", ""), ("XDG_CONFIG_HOME", "astropy")):
        folder = os.environ.get(variable)
        if folder and (Path(folder) / under).is_dir():
            return Path(folder) / under
    return Path.home() / ".astropy" / "config"


def _read_files() -> dict[str, tuple[str | None, str]]:
    """The ``[mast]`` settings of astroquery.cfg, and over them those of topmast.cfg."""
    found: dict[str, tuple[str | None, str]] = {}
    for path in configuration_files():
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        try:
            text = path.read_text(encoding="utf-8")
            parser.read_string(text if text.lstrip().startswith("[") else f"[top]\n{text}")
        except OSError:
            continue
        except (UnicodeDecodeError, configparser.Error) as problem:
            if path.name != "topmast.cfg":
                continue
            raise InvalidQueryError(f"{path} cannot be read: {problem}") from problem
        section = parser["mast"] if parser.has_section("mast") else {}
        if path.name == "topmast.cfg":  # that of astroquery has settings that are not ours
            _check_names(section, path)
        source = f"the configuration file {path}"
        found |= {key: (value.strip("'\""), source) for key, value in section.items()}
    return found


def _check_names(names: Iterable[str], path: Path) -> None:
    for name in names:
        if name not in DEFAULTS:
            hint = did_you_mean(name, DEFAULTS)
            raise InvalidQueryError(f"{path}: there is no setting {name!r}.{hint}")


def one_thread_for_matrices() -> None:
    """Have NumPy, if it is loaded later, start no threads for linear algebra, of which we do none.

    Starting them takes more CPU time than NumPy itself.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
