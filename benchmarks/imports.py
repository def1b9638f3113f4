"""CPU time of ``import topmast`` above bare Python, beside ``import astroquery.mast``."""

from __future__ import annotations

import statistics
import subprocess
import sys

CODE = "import time; t = time.process_time(); {}; print(time.process_time() - t)"


def cpu_ms(statement: str, runs: int = 15) -> float:
    """Median CPU milliseconds of one statement in a fresh interpreter."""
    command = [sys.executable, "-c", CODE.format(statement)]
    subprocess.run(command, check=True, capture_output=True)
    times = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(runs)
    ]
    return 1000 * statistics.median(times)


def main() -> None:
    ours = cpu_ms("import topmast")
    print(f"import topmast          {ours:7.1f} ms CPU above bare Python (limit 60)")
    names = cpu_ms("from topmast import Observations, Mast, connect")
    print(f"  with Observations     {names:7.1f} ms")
    try:
        print(f"import astroquery.mast  {cpu_ms('import astroquery.mast', 5):7.1f} ms")
    except subprocess.CalledProcessError:
        print("import astroquery.mast  not installed")


if __name__ == "__main__":
    main()
