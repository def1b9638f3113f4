"""What a server bears: logins and light queries while others do their worst.

``python -m benchmarks.load --seconds 60 [--observations 100000]``. Every client has an address of
its own on the loopback (127.0.0.x), as visitors have; ``--one-address`` gives all the same.

Three parts, one after the other against one server process:

logins
    8 clients log in, ask a cone, list products and log out, over and over.
heavy
    20 clients ask for large pages, wide cones and crossmatches; another asks light questions.
attacks
    The same, with hundreds of ranges, crossmatches of the whole sky, bundles of 100,000 files,
    uploads and packs beside the heavy ones; the light ones go on.

Then the server gets SIGTERM in the middle of it all.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import urllib3

from topmast.archive import Archive
from topmast.archive.accounts.accounts import add_account
from topmast.archive.accounts.passwords import check_password, hash_password
from topmast.wire.portal import MashupRequest, encode_request

from .archive_cones import write_observations

PASSWORD = "a good password"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HEAVY_CLIENTS = 20
LOGIN_CLIENTS = 8
SERVER = "from topmast.cli import main; main()"


@dataclass
class LoadClient:
    """A client with an address of its own; what it measures goes to `seconds`."""

    url: str
    address: str
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    outcomes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.pool = urllib3.PoolManager(
            retries=False, timeout=120, source_address=(self.address, 0), maxsize=1
        )

    def send(self, name: str, method: str, path: str, **more: Any) -> bytes:
        """One request, timed; an answer EXECUTING is asked for again, as clients do."""
        start = time.perf_counter()
        while True:
            reply = self.pool.request(method, self.url + path, **more)
            if reply.data[:200].find(b'"EXECUTING"') < 0:
                break
        self.seconds[name].append(time.perf_counter() - start)
        failed = b'"ERROR"' in reply.data[:100]
        self.outcomes[f"{name} {reply.status}{' ERROR' if failed else ''}"] += 1
        return reply.data

    def ask(self, name: str, service: str, params: dict[str, Any], **rest: Any) -> bytes:
        """One query."""
        body = encode_request(MashupRequest(service, params, **rest))
        return self.send(name, "POST", "/api/v0/invoke", body=body, headers=FORM)


# ------------------------------------------------------------------------------ what they do


def logins(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    body = json.dumps({"username": f"user{number}@example.org", "password": PASSWORD})
    headers = {"Content-Type": "application/json"}
    client.send("login", "POST", "/api/v0/login", body=body, headers=headers)
    client.ask("cone", "Mast.Caom.Cone", small_cone(chance))
    client.send("health", "GET", "/health")


def light(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    client.ask("light cone", "Mast.Caom.Cone", small_cone(chance))
    target = [{"paramName": "target_name", "values": [f"FIELD-{chance.integers(9999)}"]}]
    client.ask("light count", "Mast.Caom.Filtered", {"columns": "COUNT_BIG(*)", "filters": target})
    client.ask("light products", "Mast.Caom.Products", {"obsid": str(chance.integers(9999))})
    client.send("light columns", "GET", COLUMNS)
    client.send("light health", "GET", "/health")
    time.sleep(0.02)


COLUMNS = "/portal/Mashup/Mashup.asmx/columnsconfig?colConfigId=Mast.Caom.Cone"


def small_cone(chance: np.random.Generator) -> dict[str, float]:
    return {"ra": chance.uniform(0, 360), "dec": chance.uniform(-80, 80), "radius": 0.2}


def heavy(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    kind = number % 3
    if kind == 0:
        page = int(chance.integers(1, 3))
        client.ask(
            "heavy page", "Mast.Caom.Filtered", {"columns": "*", "filters": later(chance)},
            pagesize=50_000, page=page,
        )  # fmt: skip
    elif kind == 1:
        cone = {"ra": chance.uniform(0, 360), "dec": 0, "radius": 40}
        client.ask("heavy cone", "Mast.Caom.Cone", cone, pagesize=50_000)
    else:
        client.ask("heavy match", "Mast.Caom.Crossmatch", {"radius": 0.5}, extra=sky(chance, 3000))


def later(chance: np.random.Generator) -> list[dict[str, Any]]:
    return [{"paramName": "t_min", "values": [{"min": chance.uniform(0, 45_000), "max": 70_000}]}]


def sky(chance: np.random.Generator, size: int) -> dict[str, Any]:
    places = zip(chance.uniform(0, 360, size), chance.uniform(-90, 90, size), strict=True)
    rows = [{"ra": ra, "dec": dec} for ra, dec in places]
    fields = [{"name": "ra", "type": "float"}, {"name": "dec", "type": "float"}]
    return {"data": {"fields": fields, "data": rows}}


def many_ranges(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    filters = [
        {"paramName": "t_min", "values": [{"min": m, "max": m + 0.5} for m in range(400)]}
    ] * 200
    client.ask("attack 80,000 ranges", "Mast.Caom.Filtered", {"columns": "*", "filters": filters})
    start = chance.uniform(0, 1)
    ranges = [{"min": start + m, "max": start + m + 0.5} for m in range(400)]
    filters = [{"paramName": "t_min", "values": ranges}] * 5
    client.ask("attack 2,000 ranges", "Mast.Caom.Filtered", {"columns": "*", "filters": filters})


def whole_sky(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    extra = sky(chance, 50_000)
    client.ask("attack match", "Mast.Caom.Crossmatch", {"radius": 180}, extra=extra)


def huge_pages(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    asked = {"columns": "*", "filters": later(chance)}
    kind = ("votable", "json", "csv")[number % 3]
    client.ask(f"attack page {kind}", "Mast.Caom.Filtered", asked, pagesize=500_000, format=kind)


def bundles(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    uris = ",".join(f"mast:HST/product/load{chance.integers(1000)}_{n}.fits" for n in range(90_000))
    params = {"urlList": uris, "filename": "x", "extension": "curl"}
    client.ask("attack bundle", "Mast.Bundle.Request", params)


def packs(client: LoadClient, number: int, chance: np.random.Generator) -> None:
    client.send("attack pack", "GET", "/api/v0.1/Download/bundle.tar.gz?uri=mast:load/large.bin")


ATTACKS = (many_ranges, whole_sky, huge_pages, bundles, packs)
Deed = Callable[[LoadClient, int, np.random.Generator], None]


# ----------------------------------------------------------------------------------- the server


@contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``topmast serve`` in a process of its own, ended by SIGTERM at the latest."""
    command = [sys.executable, "-c", SERVER, "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield process, next(word for word in line.split() if word.startswith("http"))
        finally:
            process.kill()


def megabytes(process: int) -> float:
    """Private memory of a process and of all that it started: mapped files are not counted."""
    total = 0.0
    for each in (process, *children(process)):
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{each}/status").read_text(encoding="ascii").splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return total / 1e3


def children(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*"):
        with suppress(OSError):
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def make_archive(folder: Path, observations: int) -> None:
    write_observations(folder / "observations.parquet", observations)
    files = folder / "files"
    files.mkdir()
    (files / "large.bin").write_bytes(os.urandom(30_000_000))
    products = {
        "obsID": [1, *range(1, 10_000)],
        "dataURI": ["mast:load/large.bin", *(f"mast:load/{n}.fits" for n in range(1, 10_000))],
    }
    with Archive.create(folder / "archive") as archive:
        archive.ingest(folder / "observations.parquet", products, files=files)
        for number in range(LOGIN_CLIENTS):
            add_account(archive.store, f"user{number}@example.org", PASSWORD)


# -------------------------------------------------------------------------------------- running


def run(
    url: str, process: int, seconds: float, deeds: list[tuple[Deed, int]], one_address: bool
) -> tuple[list[LoadClient], float]:
    """Have each client do its deed over and over; what they saw, and the most memory."""
    done = threading.Event()
    visitors: list[LoadClient] = []
    threads = []
    numbers = count(1)
    for deed, how_many in deeds:
        for each in range(how_many):
            number = next(numbers)
            client = LoadClient(url, "127.0.0.1" if one_address else f"127.0.0.{number + 1}")
            visitors.append(client)
            target = (client, deed, each, done)
            threads.append(threading.Thread(target=repeat, args=target, daemon=True))
    for thread in threads:
        thread.start()
    peak = 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        peak = max(peak, megabytes(process))
        done.wait(0.25)
    done.set()
    return visitors, peak


def repeat(client: LoadClient, deed: Deed, number: int, done: threading.Event) -> None:
    chance = np.random.default_rng(hash(client.address) % 1000 + number)
    while not done.is_set():
        try:
            deed(client, number, chance)
        except urllib3.exceptions.HTTPError as problem:
            if not done.is_set():
                client.outcomes[f"{deed.__name__} {type(problem).__name__}"] += 1
            done.wait(0.5)


def report(title: str, visitors: list[LoadClient], peak: float) -> None:
    print(f"\n{title}: peak memory of the server {peak:,.0f} MB")
    seconds: dict[str, list[float]] = defaultdict(list)
    outcomes: Counter[str] = Counter()
    for client in visitors:
        for name, values in client.seconds.items():
            seconds[name] += values
        outcomes += client.outcomes
    for name, values in sorted(seconds.items()):
        p50, p99 = np.percentile(values, [50, 99])
        print(f"  {name:22} {len(values):6} times, p50 {p50:7.3f} s, p99 {p99:7.3f} s, "
              f"longest {max(values):7.3f} s")  # fmt: skip
    print("  " + ", ".join(f"{name}: {number}" for name, number in sorted(outcomes.items())))


def seconds_of_a_check() -> float:
    """How long a password takes to check on this machine as it is now; 0.25 s of CPU time."""
    stored = hash_password(PASSWORD)
    start = time.perf_counter()
    for _ in range(4):
        check_password(PASSWORD, stored)
    return (time.perf_counter() - start) / 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--observations", type=int, default=100_000)
    parser.add_argument("--one-address", action="store_true")
    parser.add_argument("--parts", nargs="+", default=["logins", "heavy", "attacks"])
    options = parser.parse_args()
    part_seconds = options.seconds / len(options.parts)
    parts: dict[str, list[tuple[Deed, int]]] = {
        "logins": [(logins, LOGIN_CLIENTS)],
        "heavy": [(heavy, HEAVY_CLIENTS), (light, 1)],
        "attacks": [(heavy, HEAVY_CLIENTS), (light, 1), *((attack, 3) for attack in ATTACKS)],
    }
    print(f"one password check by itself: {seconds_of_a_check():.2f} s")
    with tempfile.TemporaryDirectory(prefix="topmast-load-") as name:
        make_archive(Path(name), options.observations)
        with server(Path(name) / "archive") as (process, url):
            for title in options.parts:
                deeds = parts[title]
                visitors, peak = run(url, process.pid, part_seconds, deeds, options.one_address)
                report(title, visitors, peak)
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
            print(f"\nSIGTERM to exit {time.monotonic() - start:.1f} s, exit code {code}")


if __name__ == "__main__":
    main()
