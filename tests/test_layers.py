"""Imports point one way, and each library that matters is imported in one place."""

from __future__ import annotations

import ast
import functools
import shlex
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "topmast"

LAYERS = (
    {"version", "errors"},
    {"config"},
    {"sky"},
    {"tables"},
    {"wire"},
    {"net"},
    {"login"},
    {"questions"},
    {"download"},
    {"services"},
    {"archive"},
    {"client"},
    {"astroquery", "plots", "sample"},
    {"cli"},
)
"""Each module imports from its own layer and from those above it in this list."""

MAY_IMPORT_ARCHIVE = {"archive", "client", "cli", "sample"}
ONLY_IN = {
    "urllib3": "net",
    "click": "cli",
    "rich": "cli",
    "starlette": "archive",
    "uvicorn": "archive",
    "sqlite3": "archive",
    "mcp": "cli",
}
ALSO = {("rich", "download"), ("rich", "questions"), ("sqlite3", "download"), ("sqlite3", "sample")}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The part of topmast that a file belongs to: ``wire`` for ``wire/portal.py``."""
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def layer_of(part: str) -> int | None:
    return next((number for number, layer in enumerate(LAYERS) if part in layer), None)


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """The modules that a file imports anywhere, but for those that only type checkers see."""
    tree = parsed(path)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            if node.module.split(".")[0] == "topmast":
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def own_imports(path: Path) -> Iterator[tuple[str, int]]:
    """The parts of topmast that a file imports."""
    parts = {path.stem for path in SOURCE.iterdir()}
    for name, line in imports_of(path):
        words = name.split(".")
        if words[0] == "topmast" and len(words) > 1 and words[1] in parts:
            yield words[1], line


def names_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_every_part_has_a_layer() -> None:
    without = {part_of(path) for path in modules()} - set().union(*LAYERS)

    assert without <= {"__init__", "__main__"}


def test_imports_point_one_way() -> None:
    upward = [
        f"{names_of(path)}:{line} imports topmast.{part}"
        for path in modules()
        if (own := layer_of(part_of(path))) is not None
        for part, line in own_imports(path)
        if (layer_of(part) or 0) > own
    ]

    assert not upward


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = {module_of(path): set(files_imported(path)) for path in modules()}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" imports ".join(reversed(circle.args[1])))


def module_of(path: Path) -> str:
    """The name under which a file is imported."""
    words = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(words).removesuffix(".__init__")


def files_imported(path: Path) -> Iterator[str]:
    """The modules of topmast that a file imports, but for the packages that it lies in."""
    known, own = {module_of(each) for each in modules()}, module_of(path)
    for name, _ in imports_of(path):
        if name in known and not f"{own}.".startswith(f"{name}."):
            yield name


def test_the_ground_does_not_import_the_roof() -> None:
    """The bare package gives every public name, and with it whatever stands above."""
    parts = {path.stem for path in SOURCE.iterdir()}
    importers = [
        f"{names_of(path)}:{node.lineno}"
        for path in modules()
        if part_of(path) != "cli"
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Import) and "topmast" in {alias.name for alias in node.names})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "topmast"
            and not {alias.name for alias in node.names} <= parts
        )
    ]

    assert not importers


def test_only_the_places_that_join_client_and_archive_import_the_archive() -> None:
    importers = {
        part_of(path)
        for path in modules()
        if any(part == "archive" for part, _ in own_imports(path))
    }

    assert importers <= MAY_IMPORT_ARCHIVE


def test_the_archive_does_not_import_the_client() -> None:
    client = {"services", "questions", "login", "download"}
    found = {
        f"{names_of(path)}:{line} imports {part}"
        for path in modules()
        if part_of(path) == "archive"
        for part, line in own_imports(path)
        if part in client
    }

    assert not found


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_imported_in_one_part(library: str) -> None:
    parts = {
        part_of(path)
        for path in modules()
        if any(name.split(".")[0] == library for name, _ in imports_of(path))
    }

    assert parts <= {ONLY_IN[library]} | {part for name, part in ALSO if name == library}


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        names_of(path)
        for path in modules()
        if any(
            ast.unparse(node) in ("os.environ", "os.getenv", "environ", "getenv")
            for node in ast.walk(parsed(path))
            if isinstance(node, (ast.Attribute, ast.Name))
        )
    }

    assert readers == {"config/settings.py"}


HEAVY = ("astropy", "numpy", "urllib3", "msgspec", "pyarrow", "matplotlib", "starlette", "rich")


@pytest.mark.parametrize(
    "module", ["topmast", "topmast.config", "topmast.cli", "topmast.astroquery.dropin"]
)
def test_a_module_that_everyone_imports_brings_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*(name for name in {HEAVY} if name in sys.modules))"

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert answer.stdout.split() == []


def test_the_help_brings_nothing_heavy() -> None:
    code = (
        "import sys; from topmast.cli import main; main(['--help'], standalone_mode=False); "
        f"print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert answer.stderr.split() == []


@pytest.mark.parametrize(
    "words",
    [
        "count M101",
        "count '14:03:12.6 +54:20:57'",
        "search M101 --format json",
        "products 3000007760",
        "resolve M101",
        "missions",
        "explain M101 --obs-collection HTS",
    ],
)
def test_a_quick_command_does_without_astropy(sample_folder: Path, words: str) -> None:
    code = (
        "import sys; from topmast.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "print(*sorted(name for name in sys.modules if name.startswith('astropy')), "
        "file=sys.stderr)"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code, "--archive", str(sample_folder), "-q", *shlex.split(words)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout
    assert answer.stderr.split() == []


def test_a_module_says_first_what_it_is_for() -> None:
    silent = [
        names_of(path)
        for path in modules()
        if not (ast.get_docstring(parsed(path)) or "").partition("\n")[0].endswith((".", ":", "?"))
    ]

    assert not silent


def test_a_file_is_about_one_noun() -> None:
    long = {names_of(path): lines for path in modules() if (lines := written_lines(path)) > 400}

    assert not long


def written_lines(path: Path) -> int:
    return sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())


ARCHIVE_ROOMS = (
    "disk",
    "footprints",
    "store",
    "accounts",
    "ingest",
    "own_files",
    "catalogs",
    "cutouts",
    "missions",
    "portal",
    "tap",
    "vo",
    "bucket",
    "archive",
    "upkeep",
    "server",
)
"""Each part of the archive imports from itself and from those before it in this list."""


def test_the_rooms_of_the_archive_point_one_way() -> None:
    place = {room: number for number, room in enumerate(ARCHIVE_ROOMS)}
    upward = [
        f"{names_of(path)}:{line} imports {name}"
        for path in modules()
        if part_of(path) == "archive" and path.name != "__init__.py"
        for name, line in imports_of(path)
        if (words := name.split("."))[:2] == ["topmast", "archive"]
        and place[(words[2:] or ["archive"])[0]]
        > place[path.relative_to(SOURCE).parts[1].removesuffix(".py")]
    ]

    # The archive hands out its own server, imported when it is asked for.
    assert {each.partition(":")[0] for each in upward} <= {"archive/archive.py"}
