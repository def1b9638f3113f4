"""Find a token or password: in the environment, a token file, the keyring, or by asking."""

from __future__ import annotations

import getpass
import ipaddress
import logging
import os
import stat
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from topmast.config import api_token, conf
from topmast.errors import AuthenticationWarning, LoginError, MissingExtraError, warn
from topmast.net.origin import is_mast, origin
from topmast.version import install_command

log: logging.Logger = logging.getLogger("topmast")

TOKEN_USER = "masttoken"
NO_TERMINAL = (
    "There is no terminal to ask at without showing what is typed. Give it in the call, or set "
    "MAST_API_TOKEN, or write the token to {file}, readable by you alone."
)
LOCAL_HOSTS = ("localhost", "topmast.archive")


def warn_if_unencrypted(server: str) -> None:
    """Warn when a login travels over a network without encryption."""
    scheme, host, _ = origin(server)
    if scheme == "http" and not _is_local(host):
        warn(
            f"The login goes to {host} without encryption and can be read on the way. "
            "An archive serves https with: topmast serve --tls-cert",
            AuthenticationWarning,
        )


def _is_local(host: str) -> bool:
    """Whether it is this machine, or an archive in this process."""
    if host in LOCAL_HOSTS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# --------------------------------------------------------------------- environment and file


def find_token(server: str) -> str | None:
    """The token for `server` in the environment, else the token file, else the keyring.

    Raises
    ------
    LoginError
        If the token file can be read by others.
    """
    return api_token() or _from_file(server) or find_secret(token_service(server), TOKEN_USER)


def token_file() -> Path:
    """The file that may hold a token: the setting ``token_file``, else the usual place."""
    import platformdirs

    if conf.token_file:
        return Path(conf.token_file).expanduser()
    return platformdirs.user_config_path("topmast") / "token"


def _from_file(server: str) -> str | None:
    """The token for `server` in the token file.

    A line with a token alone is for MAST and for archives on this machine; a line
    ``host token`` is for that host.
    """
    path = token_file()
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as problem:
        raise LoginError(f"The token file {path} cannot be read: {problem}") from problem
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise LoginError(
            f"The token file {path} can be read by others, and is not used. "
            f"Make it yours alone: chmod 600 {path}"
        )
    lines = [line.split() for line in text.splitlines() if line.strip()[:1] not in ("", "#")]
    host = origin(server)[1]
    found = [words[1] for words in lines if len(words) == 2 and words[0].lower() == host]
    if is_mast(server) or _is_local(host):
        found += [words[0] for words in lines if len(words) == 1]
    return found[0] if found else None


# ---------------------------------------------------------------------------------- keyring


def password_service(server: str) -> str:
    """The keyring's name for passwords of `server`; for MAST the one that astroquery uses."""
    scheme, host, port = origin(server)
    usual = {"http": 80, "https": 443}.get(scheme)
    return f"astroquery:{host}" if port in (0, usual) else f"astroquery:{host}:{port}"


def token_service(server: str) -> str:
    """The keyring's name for the token of `server`."""
    return f"{password_service(server)}.token"


def find_secret(service: str, user: str) -> str | None:
    """The password or token in the keyring; None also where there is no keyring."""
    try:
        return _keyring().get_password(service, user) or None
    except MissingExtraError:
        return None
    except Exception as problem:  # each backend has errors of its own
        log.debug("The keyring cannot be read: %s", type(problem).__name__)
        return None


def store_secret(service: str, user: str, secret: str) -> None:
    """Keep `secret` in the keyring; LoginError, saying what else helps, if that fails."""
    try:
        _keyring().set_password(service, user, secret)
    except MissingExtraError:
        raise
    except Exception as problem:
        raise LoginError(
            f"The keyring of this machine did not take it ({type(problem).__name__}). A token can "
            f"also come from MAST_API_TOKEN, or from {token_file()}, readable by you alone."
        ) from None


def check_keyring() -> None:
    """Raise MissingExtraError now rather than after the login, if there is no keyring."""
    _keyring()


def _keyring() -> Any:
    try:
        import keyring
    except ImportError as problem:
        raise MissingExtraError(
            "To store a password or token the package 'keyring' is needed: "
            f"{install_command('login')}. A token can also come from the environment variable "
            f"MAST_API_TOKEN, or from {token_file()}, readable by you alone."
        ) from problem
    module: ModuleType = keyring
    return module


# ----------------------------------------------------------------------------------- prompt


def ask_username() -> str:
    """The username that is typed in."""
    try:
        return input("Enter your username: ").strip()
    except EOFError as problem:
        raise LoginError("There is no terminal to ask for a username: give username=.") from problem


def ask_secret(prompt: str) -> str:
    """What is typed in without being shown; LoginError where that is impossible."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt).strip("\r\n")
    except (getpass.GetPassWarning, EOFError, OSError) as problem:
        raise LoginError(NO_TERMINAL.format(file=token_file())) from problem
