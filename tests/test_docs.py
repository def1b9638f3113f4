"""The documentation is whole, current and true: every example in it is run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from astropy.table import Table
from click.testing import CliRunner

import topmast
from tests.cli.conftest import MRP, OBSERVATIONS, PRODUCTS, content_of
from topmast.cli import COMMANDS, main
from topmast.config import conf

PROJECT = Path(__file__).resolve().parent.parent
PAGES = [
    PROJECT / "README.md",
    *(p for p in sorted((PROJECT / "docs").rglob("*.md")) if "_build" not in p.parts),
]
WITH_EXAMPLES = [
    path for path in PAGES if path.parent.name != "decisions" and path.name != "dialects.md"
]
FENCE = re.compile(r"^```(\{code-cell\}|\w*)(?: python)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def load_writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("writer", PROJECT / "docs/write_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


writer = load_writer()


# ------------------------------------------------------------------------ whole and current


@pytest.mark.parametrize("page", writer.PAGES)
def test_a_written_page_is_what_the_code_says_today(page: str) -> None:
    assert (PROJECT / "docs" / page).read_text(encoding="utf-8") == writer.PAGES[page](), (
        "Run: python docs/write_reference.py"
    )


@pytest.mark.parametrize("name", [name for name in topmast.__all__ if name[0] != "_"])
def test_a_public_name_is_in_the_reference(name: str) -> None:
    pages = (PROJECT / "docs/reference").glob("*.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)

    assert re.search(rf"auto\w+:: topmast\.{name}$|`{name}`", text, re.MULTILINE)


def test_every_difference_of_the_dialects_is_in_their_table() -> None:
    from topmast.config.dialects import DIALECT_DIFFERENCES

    text = (PROJECT / "docs/dialects.md").read_text(encoding="utf-8")

    for row in DIALECT_DIFFERENCES:
        assert f"| {row.question} | {row.guide_text} | {row.astroquery_text} |" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_page_with_all_its_options(name: str) -> None:
    command = main.get_command(click.Context(main, info_name="topmast"), name)
    assert command is not None
    text = (PROJECT / "docs/cli.md").read_text(encoding="utf-8")
    page = text.partition(f"\n## topmast {name}\n")[2].partition("\n## ")[0]

    options = [each.opts[0] for each in command.params if isinstance(each, click.Option)]
    missing = [word for word in options if not re.search(rf"(?<![\w-]){word}(?![\w-])", page)]

    assert not missing


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_command_says_what_it_is_for(name: str) -> None:
    command = main.get_command(click.Context(main, info_name="topmast"), name)
    assert command is not None

    assert command.short_help
    assert command.help
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [each.opts[0] for each in options if not each.help] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)

    broken = [link for link in links if "://" not in link and not (path.parent / link).exists()]

    assert not broken


def test_the_links_for_programs_lead_somewhere() -> None:
    text = (PROJECT / "docs/llms.txt").read_text(encoding="utf-8")

    links = re.findall(r"\]\(([^)]+)\)", text)

    assert links
    assert [link for link in links if not (PROJECT / "docs" / link).is_file()] == []


def test_the_examples_for_programs_are_commands_and_run(desk: Path) -> None:
    text = (PROJECT / "docs/llms.txt").read_text(encoding="utf-8")

    lines = [line.strip() for line in text.splitlines() if line.startswith("    topmast ")]

    assert len(lines) == 5
    for line in lines:
        run_pipe(line)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_how_to_pages_can_be_found_from_their_list(path: Path) -> None:
    if path.parent.name == "how-to" and path.stem != "index":
        lines = (path.parent / "index.md").read_text(encoding="utf-8").splitlines()
        assert path.stem in lines


# ----------------------------------------------------------------------------------- true


@pytest.fixture
def desk(sample_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, the sample for the archive, and some data of one's own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith("astroquery.mast")]:
        monkeypatch.delitem(sys.modules, name)
    conf.server = str(sample_copy)
    (Path.home() / "try-it").symlink_to(sample_copy)
    return tmp_path


def put_own_data(folder: Path) -> None:
    """What the reader of the first page is supposed to have."""
    Table(OBSERVATIONS).write(folder / "obs.ecsv")
    rows = ["obsID,obs_collection,obs_id,productFilename,productType,dataURI"]
    (folder / "data").mkdir()
    for number, (obsid, mission, obs_id, name, kind, _, group) in enumerate(PRODUCTS):
        assert group in (MRP, "")
        rows.append(f"{obsid},{mission},{obs_id},{name},{kind},mast:{mission}/{name}")
        (folder / "data" / name).write_bytes(content_of(name, number))
    (folder / "products.csv").write_text("\n".join(rows) + "\n")


def skip_without_astrocut(name: str) -> None:
    """Cutouts need an extra package, which is no part of ``topmast[all]``."""
    if "cut" in name.lower():
        pytest.importorskip("astrocut")


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=name_of)
def test_the_examples_of_a_page_run(path: Path, desk: Path) -> None:
    skip_without_astrocut(path.name)
    if path.name == "README.md":
        put_own_data(desk)
    names: dict[str, Any] = {"__name__": "__main__"}
    for kind, block in FENCE.findall(path.read_text(encoding="utf-8")):
        if kind in ("python", "{code-cell}"):
            exec(compile(block, f"{path.name}: {block[:30]!r}", "exec"), names)
        elif kind == "console":
            run_console(block)


def run_console(block: str) -> None:
    for line in block.splitlines():
        if line.startswith("$ topmast "):
            run_pipe(line.removeprefix("$ ").partition("  #")[0])


def run_pipe(line: str) -> None:
    """Run commands joined by pipes, each in this process, with the output of the one before."""
    brought: bytes | None = None
    for words in split_pipe(line):
        if is_left_out(words):
            check_words(words)
            continue
        result = CliRunner().invoke(main, words, input=brought)
        assert result.exit_code == 0, f"{line}\n{result.output}"
        brought = result.stdout_bytes


def split_pipe(line: str) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in shlex.split(line):
        if word == "|":
            commands.append([])
        else:
            commands[-1].append(str(Path(word).expanduser()) if word.startswith("~") else word)
    assert all(command[0] == "topmast" for command in commands)
    return [command[1:] for command in commands]


def is_left_out(words: list[str]) -> bool:
    """What serves until it is stopped, or takes long and has tests of its own."""
    return words[0] in ("serve", "demo") or "--sample" in words


def check_words(words: list[str]) -> None:
    """The words mean something, at least."""
    context = click.Context(main)
    command = main.get_command(context, words[0])
    assert command is not None
    command.make_context(words[0], words[1:], parent=context)


def docstrings() -> Iterator[tuple[str, str]]:
    """The docstrings with examples of all public names and their members."""
    for name in topmast.__all__:
        value = getattr(topmast, name)
        if inspect.isclass(value):
            yield from (
                (f"{name}.{member}", inspect.getdoc(inspect.getattr_static(value, member)) or "")
                for member in writer.public_members(value)
            )
        if inspect.isclass(value) or inspect.isroutine(value):
            yield name, inspect.getdoc(value) or ""
        if inspect.ismodule(value):
            for each in value.__all__:
                yield f"{name}.{each}", inspect.getdoc(getattr(value, each)) or ""


EXAMPLES = {name: text for name, text in docstrings() if ">>>" in text}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_in_a_docstring_runs(name: str, desk: Path) -> None:
    skip_without_astrocut(name)
    before = {
        "Catalogs": topmast.Catalogs,
        "Observations": topmast.Observations,
        "Mast": topmast.Mast,
        "Hapcut": topmast.Hapcut,
        "Tesscut": topmast.Tesscut,
        "Zcut": topmast.Zcut,
        "MastMissions": topmast.MastMissions,
        "connect": topmast.connect,
        "get": topmast.get,
        "verify": topmast.verify,
        "Archive": topmast.Archive,
        "folder": conf.server,
        "products": topmast.Observations.get_product_list("3000007760"),
        "table": topmast.Observations.query_object("M8", radius="0.02 deg"),
    }
    if "download" in name:
        before["folder"] = str(desk)
    if name.startswith("MastMissions"):
        datasets = topmast.MastMissions.query_object("M101", radius=5)[:1]
        before["products"] = topmast.MastMissions.get_product_list(datasets)
    if "spectra" in EXAMPLES[name]:
        before["spectra"] = topmast.Catalogs.get_hsc_spectra()
    test = doctest.DocTestParser().get_doctest(EXAMPLES[name], before, name, None, 0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

    runner = doctest.DocTestRunner(optionflags=flags)
    runner.run(test, out=sys.stderr.write)

    assert runner.failures == 0
