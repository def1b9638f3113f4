"""The unmodified astroquery client, in a process of its own, pointed at a local server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SETUP = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from astroquery.mast import Mast, Observations
import astropy.table
def timed(call):
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return time.perf_counter() - wall, time.process_time() - cpu, result
"""


def astroquery(server: str, code: str) -> str:
    """What `code` prints under astroquery, whose server setting is `server`."""
    home = Path(tempfile.mkdtemp())
    (home / "astropy").mkdir()
    (home / "astropy" / "astroquery.cfg").write_text(f"[mast]\nserver = {server}\n")
    environment = os.environ | {"XDG_CONFIG_HOME": str(home)}
    command = [sys.executable, "-c", SETUP + code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout
