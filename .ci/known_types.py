"""Ask pyright whether every type that topmast shows is known; print and count those that are not.

Classes made from astropy's, which has no types, cannot be known.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

FROM_ASTROPY = (
    "topmast.download.tables.manifest.ManifestTable",
    "topmast.download.tables.manifest._FourColumns",
    "topmast.tables.table.MastTable",
    "topmast.tables.table._NoUnitRow",
)

# Given --pythonpath, pyright does not find the libraries that topmast's classes are made from.
environment = os.environ | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
}
command = ["pyright", "--verifytypes", "topmast", "--ignoreexternal", "--outputjson"]
answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
symbols = json.loads(answer.stdout)["typeCompleteness"]["symbols"]
unknown = [
    symbol
    for symbol in symbols
    if (not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"])
    and not symbol["name"].startswith(FROM_ASTROPY)
]
for symbol in unknown:
    reasons = [found["message"].split("\n")[0] for found in symbol["diagnostics"]]
    print(f"{symbol['name']}: {'; '.join(reasons) or 'unknown type'}")
print(f"pyright: {len(unknown)} of {len(symbols)} types unknown")
sys.exit(bool(unknown))
