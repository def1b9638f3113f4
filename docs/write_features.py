"""Write features.md: each public name of astroquery.mast beside topmast's, from the code of both.

Run it after a change of a public name: ``python docs/write_features.py``. It needs astroquery.
tests/test_features.py fails while the page is not what this would write.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
CLASSES = ("Observations", "Catalogs", "MastMissions", "Tesscut", "Zcut", "Hapcut", "Mast")
ANY = "*args", "**kwargs"

DIFFERS: Mapping[str, str] = {
    "cache_location": "is None, as no answer is kept on disk",
    "reset_cache_location": "does nothing, as no answer is kept on disk",
    "clear_cache": "forgets what the session remembers; no answer is kept on disk",
}
"""Names that are there and do something else."""
MISSING: Mapping[str, str] = {
    "enable_cloud_dataset": "only Observations and MastMissions download from the cloud",
    "disable_cloud_dataset": "only Observations and MastMissions download from the cloud",
}
"""Names that are not there, and why."""
LATER: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Observations": (
        ("list_cloud_datasets", ""),
        ("get_cloud_uris", "mrp_only extension filter_products return_uri_map"),
        ("read_product", ""),
        ("query_object", "object_name resolver"),
        ("resolve_object", "resolver resolve_all"),
    ),
    "Catalogs": (
        ("get_collections", ""),
        ("get_catalogs", "collection"),
        ("get_column_metadata", "collection catalog"),
        ("supports_spatial_queries", "collection catalog"),
    ),
    "MastMissions": (
        ("get_available_missions", ""),
        ("query_criteria", "object_names limit offset select_cols resolver"),
        ("get_dataset_kwd", ""),
        ("get_unique_product_list", ""),
        ("read_product", ""),
    ),
}
"""What the pre-release and the proposals for it have: names, and the words of each."""
OWN: tuple[tuple[str, str, str], ...] = (
    ("Observations", "explain", "why a search finds nothing, criterion by criterion"),
    ("Observations", "open_product", "a remote file opened without a download"),
    ("Observations", "headers", "the headers of many remote files as a table"),
    ("Catalogs", "crossmatch", "a table matched with a catalogue"),
    ("Catalogs", "tap", "a query in ADQL"),
    ("Archive", "ingest_folder", "a folder of FITS and ASDF files as an archive"),
    ("Archive", "import_catalog", "catalogue files of any size"),
)
"""What astroquery does not have: class, name, and what it is for."""


def features() -> str:
    """The page."""
    import astroquery.mast

    import astroquery

    parts = [
        "# What astroquery.mast has, and topmast\n",
        f"Each public name of astroquery {astroquery.__version__}, read from its code and compared "
        "with topmast's. [Differences](dialects.md) lists what a call answers differently.\n",
    ]
    for name in CLASSES:
        theirs, ours = type(getattr(astroquery.mast, name)), type(_ours(name))
        rows = [_row(theirs, ours, each) for each in _public(theirs)]
        parts += [f"## {name}\n", "| name | topmast |", "|---|---|", *rows, ""]
    parts += ["## What is coming in astroquery\n", "| name | topmast |", "|---|---|"]
    for name, methods in LATER.items():
        parts += [_later(name, method, words.split()) for method, words in methods]
    parts += ["", "## What only topmast has\n", "| name | what it is for |", "|---|---|"]
    parts += [f"| `{name}.{each}` | {text} |" for name, each, text in OWN]
    return "\n".join([*parts, ""])


def _ours(name: str) -> Any:
    import topmast

    return getattr(topmast, name)


def _public(kind: type) -> list[str]:
    return sorted(name for name in dir(kind) if not name.startswith("_"))


def _row(theirs: type, ours: type, name: str) -> str:
    if not hasattr(ours, name):
        return f"| `{name}` | no: {MISSING[name]} |"
    if name in DIFFERS:
        return f"| `{name}` | {DIFFERS[name]} |"
    missing = _missing(getattr(theirs, name), getattr(ours, name))
    words = ", ".join(f"`{each}`" for each in missing)
    return f"| `{name}` | {f'yes, without {words}' if missing else 'yes'} |"


def _missing(theirs: Any, ours: Any) -> list[str]:
    """Parameters of theirs that ours does not take."""
    wanted, taken = _parameters(theirs), _parameters(ours)
    if any(each.kind is each.VAR_KEYWORD for each in taken.values()):
        return []
    return [name for name in wanted if name not in {*taken, "self", "args", "kwargs"}]


def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _later(name: str, method: str, words: list[str]) -> str:
    kind = type(_ours(name))
    if not hasattr(kind, method):
        return f"| `{name}.{method}` | not yet |"
    taken = _parameters(getattr(kind, method))
    open_ended = any(each.kind is each.VAR_KEYWORD for each in taken.values())
    missing = [] if open_ended else [word for word in words if word not in taken]
    listed = ", ".join(f"`{word}`" for word in missing)
    return f"| `{name}.{method}` | {f'yes, without {listed}' if missing else 'yes'} |"


def main() -> str | None:
    """Write the page; with --check say what is wrong with the one that is there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = features()
        if sys.argv[1:] != ["--check"]:
            (DOCS / "features.md").write_text(text, encoding="utf-8")
            return None
        old = (DOCS / "features.md").read_text(encoding="utf-8")
        wrong = [] if old == text else ["Run: python docs/write_features.py"]
        wrong += [f"{name}: no reason is needed" for name in unused()]
        return "\n".join(wrong) or None


def unused() -> Iterator[str]:
    """Reasons for what is there, and names of ours that are not."""
    import astroquery.mast

    for name in MISSING:
        kinds = [type(getattr(astroquery.mast, each)) for each in CLASSES]
        if all(hasattr(type(_ours(each)), name) for each, kind in zip(CLASSES, kinds, strict=True)
               if hasattr(kind, name)):  # fmt: skip
            yield name
    for name, each, _ in OWN:
        kind = _ours(name)
        if not hasattr(kind if isinstance(kind, type) else type(kind), each):
            yield f"{name}.{each}"


if __name__ == "__main__":
    sys.exit(main())
