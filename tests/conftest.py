"""What every test stands on: no network but loopback, and the recorded answers where they are."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

PROJECT = Path(__file__).resolve().parent.parent
RECORDED = PROJECT.parent / "shared" / "real"


def pytest_configure(config: pytest.Config) -> None:
    # How long an example takes is for the benchmarks; a busy machine is no fault of the code.
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    for name in [name for name in os.environ if name.startswith("TOPMAST_")]:
        if not name.endswith("_PYTHON"):  # an interpreter for a test is no setting
            del os.environ[name]
    os.environ.pop("MAST_API_TOKEN", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background: what the tests start would never hear of Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and not (
            host.startswith("127.") or host in ("::1", "localhost")
        ):
            raise AssertionError(f"A test tried to reach {address}.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty HOME, so that no file of the user changes what a test sees."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "ASTROPY_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal without wishes, so that the one that runs the tests changes nothing."""
    monkeypatch.setenv("TERM", "xterm")
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    """Settings changed by a test are forgotten after it."""
    from topmast.config import conf

    conf.reload()
    yield
    conf.reset()
    conf.reload()


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of answers and files recorded from the real archive."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of the real archive are not here")
    return RECORDED


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    """The folder of the sample archive, made again when the code that makes it has changed."""
    code = sorted((PROJECT / "src/topmast/sample").rglob("*.*"))
    code = [path for path in code if path.suffix in (".py", ".csv", ".toml")]
    code += sorted((PROJECT / "src/topmast/tables/catalogs").glob("*.py"))
    code += sorted((PROJECT / "src/topmast/archive/catalogs").glob("*.py"))
    code += [PROJECT / "src/topmast/archive/store" / name for name in ("schema.py", "paths.py")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()[:16]
    folder = PROJECT / ".sample" / digest
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            make_sample(folder)
    return folder


def make_sample(folder: Path) -> None:
    """Build beside `folder` and rename, so that a broken build is never taken for a whole one."""
    from topmast.sample import build_sample

    for old in folder.parent.iterdir():
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
    build_sample(folder.with_suffix(".part")).close()
    folder.with_suffix(".part").rename(folder)


@pytest.fixture(scope="session")
def sample_archive(sample_folder: Path) -> Iterator[Any]:
    """The sample archive, open; tests read it and never write to it."""
    from topmast.archive import Archive

    with Archive(sample_folder) as archive:
        yield archive


@pytest.fixture
def sample_copy(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample archive as one that can be written to, as a login does."""
    return copy_of(sample_folder, tmp_path_factory.mktemp("sample"))


def copy_of(sample: Path, folder: Path) -> Path:
    """A copy of an archive that can be written to; the files are not copied."""
    for name in os.listdir(sample):
        if not name.startswith("archive."):  # the lock is each archive's own
            (folder / name).symlink_to(sample / name)
    # Not as a file: to close it would end the locks that this process has on the original.
    original = f"file:{sample / 'archive.sqlite'}?mode=ro"
    with (
        closing(sqlite3.connect(original, uri=True)) as database,
        closing(sqlite3.connect(folder / "archive.sqlite")) as copy,
    ):
        database.backup(copy)
    return folder


@pytest.fixture(scope="session")
def served_sample(sample_folder: Path) -> Iterator[str]:
    """The URL of the sample archive behind `topmast serve`, in a process of its own."""
    with served(sample_folder) as url:
        yield url


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """Serve the archive in `folder` from a process of its own; gives its URL."""
    command = [sys.executable, "-m", "topmast", "serve", str(folder), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield next(word for word in line.split() if word.startswith("http://"))
        finally:
            process.terminate()
