"""The site: Sphinx with MyST pages, notebooks that run on the sample archive, and the reference."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import topmast
from topmast.sample import build_sample
from topmast.services.methods import Method
from topmast.services.service import Service

DOCS = Path(__file__).resolve().parent
SAMPLE = DOCS / "_build" / "sample"

if not SAMPLE.is_dir():
    build_sample(SAMPLE.with_suffix(".part")).close()
    SAMPLE.with_suffix(".part").rename(SAMPLE)
os.environ["TOPMAST_ARCHIVE"] = str(SAMPLE)  # config alone reads it; the notebooks inherit it


def show_methods_as_functions() -> None:
    """A method of a service is a descriptor, and autodoc knows functions."""
    for service in Service.__subclasses__():
        for name, value in list(vars(service).items()):
            if isinstance(value, Method):
                setattr(service, name, value._function)


for name in topmast.__all__:
    getattr(topmast, name)  # loads all services
show_methods_as_functions()

project = "topmast"
author = "The topmast developers"
copyright = "the topmast developers"
version = release = topmast.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]
html_extra_path = ["llms.txt", "output.schema.json"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

default_role = "py:obj"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "pydata_sphinx_theme"
html_title = "topmast"
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {
    page.stem: []
    for page in DOCS.glob("*.md")  # a page by itself has no section
}
html_show_sourcelink = False
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True


def copy_sources(app: Any, problem: Exception | None) -> None:
    """Put each page's text beside its HTML, where llms.txt links to it."""
    for page in () if problem else app.env.found_docs:
        shutil.copy(DOCS / f"{page}.md", Path(app.outdir) / f"{page}.md")


def setup(app: Any) -> None:
    """What Sphinx calls first."""
    app.connect("build-finished", copy_sources)
