"""A portal answer of 50,000 observations to a Table, beside astroquery's own parser.

CPU time, both in one run and taking turns, the best of each, for what else runs on the machine
only ever adds to it; ``TOPMAST_PEER_PYTHON`` may name an interpreter
that has astroquery when this one has not.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from topmast.tables.fields import CONE
from topmast.wire.answers import Paging, table_of
from topmast.wire.encoding import encode_answer

from .observations import SEED, observation

ROWS, RUNS = 50_000, 7

PEER = """
import sys, time, warnings
warnings.simplefilter("ignore")
import requests
from astroquery.mast import conf
conf.server = "http://127.0.0.1:9"
from astroquery.mast.discovery_portal import PortalAPI
answer = requests.Response()
answer.status_code, answer.encoding = 200, "utf-8"
answer._content = open(sys.argv[1], "rb").read()
portal = PortalAPI()
print("ready", flush=True)
for line in sys.stdin:
    start = time.process_time()
    table = portal._parse_result([answer])
    print(time.process_time() - start, len(table), flush=True)
"""


def main() -> None:
    body = observations(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.json"
        path.write_bytes(body)
        mine, peer = measured(body, path)
    print(f"{ROWS} observations, {len(body) / 1e6:.0f} MB, CPU, best of {RUNS} each")
    print(f"topmast     {min(mine):6.3f} s")
    if not peer:
        print("astroquery  not measured: install it here, or name an interpreter that has it")
        print("            in TOPMAST_PEER_PYTHON")
        return
    print(f"astroquery  {min(peer):6.3f} s")
    print(f"ratio       {min(peer) / min(mine):6.2f}   (promised: 4.5)")


def measured(body: bytes, path: Path) -> tuple[list[float], list[float]]:
    """CPU seconds of each run, ours and the peer's, one after the other."""
    python = os.environ.get("TOPMAST_PEER_PYTHON", sys.executable)
    command = [python, "-c", PEER, str(path)]
    quiet: dict[str, Any] = {"text": True, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **quiet
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        has_peer = process.stdout.readline() == "ready\n"
        mine, peer = [], []
        for _ in range(RUNS + 1):
            mine.append(our_seconds(body))
            if has_peer:
                process.stdin.write("\n")
                process.stdin.flush()
                peer.append(float(process.stdout.readline().split()[0]))
        process.stdin.close()
    # The first run of each warms up.
    return mine[1:], peer[1:]


def our_seconds(body: bytes) -> float:
    start = time.process_time()
    table = table_of([body], service="Mast.Caom.Cone")
    seconds = time.process_time() - start
    assert len(table) == ROWS
    return seconds


def observations(count: int) -> bytes:
    """An answer of Mast.Caom.Cone with values like those of a crowded field."""
    chance = random.Random(SEED)
    rows = [observation(number, chance) for number in range(count)]
    fields = [(field.name, field.type) for field in CONE]
    paging = Paging(1, count, 1, count, count, count)
    # The standard library's spacing is that of MAST's answers.
    return json.dumps(json.loads(encode_answer(fields, rows, paging))).encode()


if __name__ == "__main__":
    main()
