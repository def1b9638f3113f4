"""Look after a local archive: `topmast archive info`, `check`, `import` and so on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from topmast.cli.archive import check_extra, counting, folder_argument
from topmast.cli.errors import DONE, FAILED
from topmast.cli.settings import command, say
from topmast.config.output import readable_size

if TYPE_CHECKING:
    from topmast.archive import Archive
    from topmast.archive.upkeep import ArchiveInfo


@click.group(no_args_is_help=False, short_help="Look after a local archive.")
def archive() -> None:
    """Look after a local archive: what it holds, whether it is whole, less space, fewer rows.

    \b
    topmast archive info ~/mast-archive
    topmast archive check ~/mast-archive --checksums
    topmast archive import ~/mast-archive my_survey part-*.parquet
    topmast archive remove ~/mast-archive 25568122
    topmast archive compact ~/mast-archive
    """


@command("info", short_help="Tell what an archive holds.")
@folder_argument
def info(folder: Path) -> int:
    """Tell what the archive in FOLDER holds: rows, files, catalogues, sizes."""
    with _opened(folder) as opened:
        from topmast.archive.upkeep import info as look

        for name, value in _info_lines(look(opened)):
            click.echo(f"{name:<16}{value}")
    return DONE


@command("check", short_help="Look whether an archive is whole.")
@folder_argument
@click.option("--checksums", is_flag=True, help="Read every file and compare its checksum.")
def check(folder: Path, checksums: bool) -> int:
    """Look whether the archive in FOLDER is whole: database, files, catalogues, footprints."""
    with _opened(folder) as opened:
        from topmast.archive.upkeep import check as look

        with counting("files") as progress:
            problems = look(opened, checksums=checksums, progress=progress)
    for problem in problems:
        click.echo(problem)
    say(f"{folder}: {len(problems) or 'no'} problem{'s' * (len(problems) != 1)} found.")
    return FAILED if problems else DONE


@command("compact", short_help="Make an archive smaller.")
@folder_argument
def compact(folder: Path) -> int:
    """Give back the space of rows and files of the archive in FOLDER that were replaced."""
    with _opened(folder) as opened:
        from topmast.archive.upkeep import compact as make_smaller

        say(f"{folder} is smaller by {readable_size(make_smaller(opened))}.")
    return DONE


@command("remove", short_help="Remove observations from an archive.")
@folder_argument
@click.argument("obsids", nargs=-1, required=True, metavar="OBSID...")
def remove(folder: Path, obsids: tuple[str, ...]) -> int:
    """Remove observations from the archive in FOLDER, with the files that no other has."""
    with _opened(folder) as opened:
        rows, files = opened.remove(obsids)
    say(f"Removed: {rows} observations, {files} files.")
    return DONE


@command("import", short_help="Make a catalogue of files.")
@folder_argument
@click.argument("name")
@click.argument("files", nargs=-1, required=True,
                type=click.Path(exists=True, path_type=Path))  # fmt: skip
@click.option("--ra", default="", metavar="COLUMN", help="The right ascension, in degrees.")
@click.option("--dec", default="", metavar="COLUMN", help="The declination, in degrees.")
@click.option("--id", "key", default="", metavar="COLUMN", help="What identifies a row.")
@click.option("--without", multiple=True, metavar="COLUMN", help="A column to leave out.")
@click.option("--replace", is_flag=True, help="Take the place of a catalogue of this name.")
def import_catalog(
    folder: Path,
    name: str,
    files: tuple[Path, ...],
    ra: str,
    dec: str,
    key: str,
    without: tuple[str, ...],
    replace: bool,
) -> int:
    """Make the catalogue NAME in the archive in FOLDER of FILES, of any size.

    FILES are Parquet, FITS, CSV, VOTable or ECSV files, or folders of them, such as a HATS tree.
    An import that was stopped goes on when it is started again with the same files.

    \b
    topmast archive import ~/mast-archive my_survey part-*.parquet
    topmast archive import ~/mast-archive variables vars.csv --ra alpha --dec delta --id name
    topmast catalog M101 --catalog my_survey --archive ~/mast-archive
    """
    with _opened(folder) as opened, counting("rows") as progress:
        report = opened.import_catalog(
            name, *files, ra=ra, dec=dec, key=key, without=without, replace=replace,
            progress=progress,
        )  # fmt: skip
    resumed = f", {report.resumed} of them done before" if report.resumed else ""
    say(f"The catalogue {name} has {report.rows:,} rows of {report.files} files{resumed}.")
    if report.unplaced:
        say(f"{report.unplaced:,} rows have no position, and are found by their columns only.")
    if report.partly:
        say(f"Only some of the files have: {', '.join(report.partly[:20])}.")
    return DONE


@command("remove-catalog", short_help="Remove a catalogue.")
@folder_argument
@click.argument("name")
def remove_catalog(folder: Path, name: str) -> int:
    """Remove the catalogue NAME from the archive in FOLDER."""
    with _opened(folder) as opened:
        opened.catalogs.remove(name)
    say(f"The catalogue {name} is removed.")
    return DONE


for _command in (info, check, compact, remove, import_catalog, remove_catalog):
    archive.add_command(_command)


def _opened(folder: Path) -> Archive:
    check_extra()
    from topmast.archive import Archive

    return Archive(folder.expanduser())


def _info_lines(found: ArchiveInfo) -> Iterator[tuple[str, str]]:
    total = sum(found.observations.values())
    yield "folder", str(found.folder)
    yield "format", f"{found.format_version}, columns as of {found.profile}"
    yield "observations", f"{total:,}"
    for name, count in sorted(found.observations.items(), key=lambda pair: -pair[1]):
        yield "", f"{count:,} {name or '(no collection)'}"
    yield "products", f"{found.products:,}"
    missing = f"; {found.missing_files:,} are not held" if found.missing_files else ""
    yield "files", f"{found.files:,} ({readable_size(found.file_bytes)}){missing}"
    for name, count in found.catalogs.items():
        yield "catalogue", f"{name}: {count:,} rows"
    if found.missions:
        yield "missions", ", ".join(found.missions)
    yield "accounts", f"{found.accounts}"
    for name, size in found.sizes.items():
        yield "on disk", f"{readable_size(size)} {name}"
