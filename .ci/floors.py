"""Print the lowest versions that pyproject.toml allows, as constraints for pip."""

import re
import tomllib
from itertools import chain
from pathlib import Path

settings = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
project = settings["project"]
lists = [project["dependencies"], *project["optional-dependencies"].values()]
for requirement in chain.from_iterable([*lists, settings["dependency-groups"]["test"]]):
    if found := re.fullmatch(r"([\w-]+)>=([\w.]+)", requirement):
        print("==".join(found.groups()))
