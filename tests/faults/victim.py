"""Downloads in child processes that are killed on command; run by test_kill.

Reads lines ``folder url seconds`` from its input, starts a download of the product table
``products.json`` in its own folder, kills it with SIGKILL after so many seconds (0: never) and
answers with one line: ``killed`` or ``ended``. The children are forks, since starting Python
anew takes longer than the downloads.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path


def main() -> None:
    from astropy.table import Table

    import topmast.download
    import topmast.download.control
    from topmast.net.session import Session

    products = Table(json.loads(Path(sys.argv[1]).read_text()))

    def download(folder: str, url: str) -> None:
        # Small files stand for large ones: they too are fetched in several segments.
        session = Session(url, read_timeout=10.0)
        plan = topmast.download.plan_download(session, products, download_dir=folder)
        plan._settings = topmast.download.control.RunSettings.of(
            session, split_above=1 << 20, split_least=1 << 18
        )
        plan.run(verbose=False)

    for line in sys.stdin:
        folder, url, seconds = line.split("\t")
        print(run_and_kill(lambda f=folder, u=url: download(f, u), float(seconds)), flush=True)


def run_and_kill(download: object, seconds: float) -> str:
    child = os.fork()
    if child == 0:
        try:
            download()  # type: ignore[operator]
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    until = time.monotonic() + seconds
    while not seconds or time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "ended" if status == 0 else f"failed with {status}"
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "killed"


if __name__ == "__main__":
    main()
