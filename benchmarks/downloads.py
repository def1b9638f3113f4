"""Downloads from a local nginx, beside astroquery, parfive, aria2c and curl in the same run.

Each client fetches the same files in turn, round after round, so that what else the machine does
hits all alike; the medians are compared. All write to the same folder: once on disk, which is
synced between two of them, and once in memory (/dev/shm), where syncing costs nothing.

What a peer needs is installed by hand: nginx, aria2c and curl from the system's packages;
``TOPMAST_PEER_PYTHON`` names an interpreter that has astroquery (default: this one),
``TOPMAST_PARFIVE_PYTHON`` one that has parfive. A peer that is missing is named and left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .link import Link, nginx_or_reason, served_by_nginx
from .results import best_ratios, record

RUNS = int(os.environ.get("TOPMAST_BENCH_RUNS", "3"))
BLOCK = 2880
CLIENT = Path(__file__).with_name("download_client.py")
PEER_PYTHON = os.environ.get("TOPMAST_PEER_PYTHON", sys.executable)
#: Far from the others, so that one run says enough.
ONCE = ("astroquery", "parfive")
BEST = ("aria2c", "curl")
PARFIVE_PYTHON = os.environ.get("TOPMAST_PARFIVE_PYTHON", PEER_PYTHON)


@dataclass(frozen=True)
class Files:
    """So many files of one size."""

    name: str
    count: int
    size: int

    @property
    def large(self) -> bool:
        return self.size > 1 << 26


@dataclass(frozen=True)
class Case:
    """Files on a link, with the clients to compare and what is promised."""

    files: Files
    link: Link
    within: float
    astroquery_files: int
    to_memory: bool = False
    to_disk: bool = True


SMALL = Files("500 x 200 KB", 500, 69 * BLOCK)
LARGE = Files("8 x 200 MB", 8, 69444 * BLOCK)
NEAR, FAR = Link("0 ms"), Link("50 ms", latency_ms=50)
CAPPED = Link("50 ms, 25 MB/s a connection", latency_ms=50, rate="25m")
CASES = {
    "small-near": Case(SMALL, NEAR, 1.7, 500, to_memory=True),
    "small-far": Case(SMALL, FAR, 1.15, 100),
    "large-near": Case(LARGE, NEAR, 1.7, 8, to_memory=True),
    "large-far": Case(LARGE, FAR, 1.15, 8),
    "large-capped": Case(LARGE, CAPPED, 1.15, 2, to_memory=True),
}


USUAL = ("small-near", "large-near", "large-far", "large-capped")
"""Measured unless others are named; the far small files are on the curve."""


@dataclass(frozen=True)
class Run:
    """What one call took."""

    wall: float
    cpu: float
    megabytes: float


def main(chosen: Sequence[str] = ()) -> None:
    named = [word for word in chosen or sys.argv[1:] if word in CASES]
    measure([CASES[key] for key in named or CASES if named or key in USUAL])


def measure(cases: Sequence[Case], without: Sequence[str] = ()) -> None:
    """Compare the clients that are here, but for those left out, in each case."""
    reason = nginx_or_reason()
    if reason:
        print(reason)
        return
    clients = {name: python for name, python in available_clients().items() if name not in without}
    with tempfile.TemporaryDirectory(prefix="topmast-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for case in cases:
            for place, target in targets(case, folder).items():
                compare(case, clients, folder, place, target)


def targets(case: Case, folder: Path) -> dict[str, Path]:
    """Where the clients write: a disk, and memory if the system has a folder in it."""
    found = {"disk": folder / "downloads"} if case.to_disk else {}
    if case.to_memory and os.access("/dev/shm", os.W_OK):
        found["memory"] = Path("/dev/shm") / f"topmast-bench-{os.getpid()}"
    return found


def available_clients() -> dict[str, str]:
    """The interpreter for each client that is here; what is missing is said."""
    clients = {"topmast": sys.executable}
    for client, python in (("astroquery", PEER_PYTHON), ("parfive", PARFIVE_PYTHON)):
        if subprocess.run([python, "-c", f"import {client}"], capture_output=True).returncode == 0:
            clients[client] = python
        else:
            print(f"{client}: left out, {python} does not have it")
    for client in ("aria2c", "curl"):
        if shutil.which(client):
            clients[client] = sys.executable
        else:
            print(f"{client}: left out, it is not installed")
    return clients


def compare(case: Case, clients: dict[str, str], folder: Path, place: str, target: Path) -> None:
    """Run the clients in turn, print their medians and keep them."""
    files = made(case.files, folder)
    runs: dict[str, list[Run]] = {client: [] for client in clients}
    with served_by_nginx(files, case.link, folder / "nginx") as server:
        if server.certificate:
            os.environ["SSL_CERT_FILE"] = str(server.certificate)
        for number in range(RUNS):
            for client in turn(list(clients), number):
                if number == 0 or client not in ONCE:
                    command = [clients[client], str(CLIENT), client, server.url]
                    runs[client].append(one_run(client, command, case, folder, target))
    name = f"files {case.files.name}, {case.link.name}, {place}"
    best = best_ratios(runs, BEST, "wall")
    link = {"latency_ms": case.link.latency_ms, "tls": case.link.tls}
    record(name, "wall", runs, promised=case.within, best=best, link=link)


def turn(clients: list[str], number: int) -> list[str]:
    """Another one begins each time."""
    start = number % len(clients)
    return clients[start:] + clients[:start]


def one_run(client: str, command: list[str], case: Case, folder: Path, target: Path) -> Run:
    listed = folder / "list.txt"
    count = case.astroquery_files if client == "astroquery" else case.files.count
    names = [f"{file_name(number)} {case.files.size}\n" for number in range(count)]
    listed.write_text("".join(names))
    target.mkdir()
    command = [*command, str(listed), str(target)]
    try:
        os.sync()
        done = subprocess.run(
            command + ["large"] * case.files.large,
            check=True,
            capture_output=True,
            text=True,
            cwd=folder,
        )
        check_arrived(client, target, count, case.files.size)
    except subprocess.CalledProcessError as problem:
        raise RuntimeError(f"{client} failed: {problem.stderr[-2000:]}") from problem
    finally:
        shutil.rmtree(target)
    taken = json.loads(done.stdout.splitlines()[-1])
    scale = case.files.count / count
    return Run(taken["wall"] * scale, taken["cpu"] * scale, taken["megabytes"])


def check_arrived(client: str, folder: Path, count: int, size: int) -> None:
    found = [path for path in folder.rglob("*.fits") if path.stat().st_size == size]
    if len(found) != count:
        raise RuntimeError(f"{client} brought {len(found)} of {count} files")


def file_name(number: int) -> str:
    return f"bench{number:04d}.fits"


def made(files: Files, folder: Path) -> Path:
    """FITS files that are whole by their own header, filled with noise."""
    place = folder / f"files-{files.size}"
    if place.exists():
        return place
    place.mkdir()
    noise = os.urandom(BLOCK * 364)
    for number in range(files.count):
        with (place / file_name(number)).open("wb") as file:
            file.write(header(files.size - BLOCK, number))
            left = files.size - BLOCK
            while left:
                left -= file.write(noise[: min(left, len(noise))])
    return place


def header(length: int, number: int) -> bytes:
    """A primary header for `length` bytes of data."""
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    1",
        f"NAXIS1  = {length:20d}",
        f"NUMBER  = {number:20d}",
        "END",
    ]
    return "".join(card.ljust(80) for card in cards).ljust(BLOCK).encode()


if __name__ == "__main__":
    main(sys.argv[1:])
