"""Make, fill and serve a local archive: `topmast init`, `topmast ingest`, `topmast serve`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, FAILED
from topmast.cli.settings import command, current, say
from topmast.config.output import readable_size
from topmast.version import install_command

if TYPE_CHECKING:
    from click.decorators import FC

    from topmast.archive import IngestReport
    from topmast.archive.own_files.folder import FolderReport

NEEDED = ("hpgeom", "PIL", "pyarrow", "starlette", "uvicorn")

folder_argument: Callable[[FC], FC] = click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path)
)
table_file: click.Path = click.Path(exists=True, dir_okay=False, path_type=Path)


@command(short_help="Make a local archive.")
@folder_argument
@click.option("--sample", is_flag=True, help="Put the sample in it: 2,000 observations, made up.")
@click.option(
    "--profile",
    type=click.Choice(["current", "2017"]),
    default="current",
    show_default=True,
    help="The columns of its answers: those of MAST today, or those of 2017.",
)
def init(folder: Path, sample: bool, profile: str) -> int:
    """Make a local archive in FOLDER, empty or with the sample in it.

    \b
    topmast init ~/mast-archive
    topmast init ~/try-it --sample
    topmast search M101 --archive ~/try-it
    """
    check_extra()
    folder = folder.expanduser()
    if sample:
        make_sample(folder, profile)
    else:
        from topmast.archive import Archive

        Archive.create(folder, profile=profile).close()
    say(f"The archive is in {folder}. Search it with: topmast search M101 --archive {folder}")
    return DONE


@command(short_help="Put your own data into an archive.")
@folder_argument
@click.argument(
    "sources",
    nargs=-1,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="[SOURCE]...",
)
@click.option("--mapping", type=table_file, metavar="TOML",
              help="Which header keyword fills which column of SOURCE's files.")  # fmt: skip
@click.option("--set", "values", multiple=True, metavar="COLUMN=VALUE",
              help="A value for all files of SOURCE, such as obs_collection=MYSCOPE.")  # fmt: skip
@click.option("--no-previews", is_flag=True, help="Make no pictures of SOURCE's images.")
@click.option("--observations", type=table_file, metavar="TABLE", help="Rows of observations.")
@click.option("--products", type=table_file, metavar="TABLE", help="Rows of products.")
@click.option(
    "--files",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where the files of the products are, as a download leaves them or side by side.",
)
@click.option("--names", type=table_file, metavar="TABLE", help="Object names and positions.")
@click.option("--catalog", metavar="NAME", help="Put --table into this catalogue: tic, galex, ...")
@click.option("--table", type=table_file, metavar="TABLE", help="Rows of --catalog.")
@click.option("--cube", "cubes", type=table_file, multiple=True, metavar="FILE",
              help="A cube of TESS full frames, made by astrocut; for cutouts.")  # fmt: skip
@click.option("--survey", metavar="NAME", help="Of --image; 'hap' for those of Hubble.")
@click.option("--image", "images", type=table_file, multiple=True, metavar="FILE",
              help="A FITS image of --survey with celestial coordinates; for cutouts.")  # fmt: skip
def ingest(
    folder: Path,
    sources: tuple[Path, ...],
    mapping: Path | None,
    values: tuple[str, ...],
    no_previews: bool,
    catalog: str | None,
    table: Path | None,
    cubes: tuple[Path, ...],
    survey: str | None,
    images: tuple[Path, ...],
    **tables: Path | None,
) -> int:
    """Put your own observations, products, files and catalogues into the archive in FOLDER.

    \b
    topmast ingest ~/mast-archive ~/observing-run --set obs_collection=MYSCOPE
    topmast ingest ~/mast-archive --observations obs.ecsv --products products.csv --files data/
    topmast ingest ~/mast-archive --catalog tic --table stars.parquet
    topmast ingest ~/mast-archive --cube tess-s0001-1-3-cube.fits

    SOURCE is a folder of FITS and ASDF files: each becomes an observation by what its headers say,
    and files that have not changed since the last time are passed over. Tables are ECSV, VOTable,
    FITS, Parquet or CSV files with the columns that `topmast columns` lists. A row that is there
    already is replaced.
    """
    check_extra()
    given: dict[str, Any] = {name: path for name, path in tables.items() if path is not None}
    if (catalog is None) != (table is None):
        raise click.UsageError("--catalog and --table go together: a name, and its rows.")
    if (survey is None) != (not images):
        raise click.UsageError("--survey and --image go together: a name, and its images.")
    if (mapping or values or no_previews) and not sources:
        raise click.UsageError("--mapping, --set and --no-previews go with a folder of files.")
    if not given and catalog is None and not cubes and not images and not sources:
        raise click.UsageError(
            "Give a folder of files, or --observations, --products, --files, --names, --catalog, "
            "--cube or --image."
        )
    from topmast.archive import Archive

    status = DONE
    with Archive(folder.expanduser()) as archive:
        for source in sources:
            said = _values_of(values)
            with counting("files") as progress:
                report = archive.ingest_folder(
                    source, mapping=mapping, values=said, previews=not no_previews,
                    progress=progress,
                )  # fmt: skip
            for line in _folder_lines(report):
                say(line)
            status = FAILED if report.left_out else status
        if catalog is not None:
            say(f"Put in: {archive.ingest_catalog(catalog, table)} rows of {catalog}.")
        if cubes:
            archive.add_cube(*cubes)
            say(f"Put in: {len(cubes)} cubes.")
        if survey is not None:
            archive.add_images(survey, *images)
            say(f"Put in: {len(images)} images of {survey}.")
        if given:
            for line in _report_lines(archive.ingest(**given)):
                say(line)
    return status


def _values_of(given: tuple[str, ...]) -> dict[str, str]:
    """What --set says."""
    wrong = [one for one in given if "=" not in one]
    if wrong:
        raise click.UsageError(f"--set takes COLUMN=VALUE, not {wrong[0]!r}.")
    return {name.strip(): value for name, _, value in (one.partition("=") for one in given)}


def _folder_lines(report: FolderReport) -> Iterator[str]:
    before = f"; {report.unchanged} files have not changed" if report.unchanged else ""
    yield (
        f"Put in: {report.observations} observations, {report.files} files, "
        f"{report.previews} previews ({readable_size(report.bytes)}){before}."
    )
    without = [name for _, names in report.incomplete for name in names]
    for name in dict.fromkeys(without):
        examples = [path.name for path, names in report.incomplete if name in names]
        others = f" and {len(examples) - 1} more" if len(examples) > 1 else ""
        yield f"Not found in the headers: {name} of {examples[0]}{others} (--mapping, --set)."
    for path, reason in report.left_out[:20]:
        yield f"Left out: {path}: {reason}"
    if len(report.left_out) > 20:
        yield f"Left out: {len(report.left_out) - 20} more."


def _report_lines(report: IngestReport) -> Iterator[str]:
    counts = {
        "observations": report.observations,
        "products": report.products,
        "names": report.names,
        "files": report.files,
    }
    said = [f"{count} {what}" for what, count in counts.items() if count]
    yield f"Put in: {', '.join(said) or 'nothing new'} ({readable_size(report.bytes)})."
    if report.missing_count:
        others = f" and {report.missing_count - 1} more" if report.missing_count > 1 else ""
        yield f"Warning: not among the files: {report.missing[0]}{others}."
    for row, region in report.regions[:3]:
        yield f"Warning: row {row}: no footprint can be read in {region!r}; s_ra, s_dec stand in."


@command(short_help="Serve an archive over HTTP.")
@folder_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="The port; 0 takes any that is free.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; one a core is a good number.",
)
@click.option(
    "--profile",
    type=click.Choice(["current", "2017"]),
    help="The columns of its answers; default: as the archive was made.",
)
@click.option(
    "--tls-cert",
    type=table_file,
    metavar="FILE",
    help="Serve https with this certificate (PEM, with those between it and the root).",
)
@click.option(
    "--tls-key", type=table_file, metavar="FILE", help="Its key, if it is not in the same file."
)
def serve(
    folder: Path,
    host: str,
    port: int,
    workers: int,
    profile: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> int:
    """Serve the archive in FOLDER over HTTP, for topmast, astroquery, curl or a browser.

    \b
    topmast serve ~/mast-archive --port 8787 --workers 4
    topmast search M101 --archive http://127.0.0.1:8787
    """
    check_extra()
    if tls_key and not tls_cert:
        raise click.UsageError("--tls-key goes with --tls-cert.")
    from topmast.archive.server.serve import Tls
    from topmast.archive.server.serve import serve as serve_archive

    serve_archive(
        folder,
        host,
        port,
        workers,
        profile=profile,
        tls=Tls(tls_cert, tls_key) if tls_cert else None,
        verbose=current().verbose,
        announce=click.echo,
    )
    return DONE


@contextmanager
def counting(what: str) -> Iterator[Callable[..., None]]:
    """Show how many there are so far, on a terminal."""
    from rich.console import Console

    with Console(stderr=True, quiet=current().quiet).status(f"0 {what}") as status:

        def show(*progress: Any) -> None:
            done = [f"{part:,}" for part in progress if isinstance(part, int)]
            status.update(f"{' of '.join(done)} {what}")

        yield show


def check_extra() -> None:
    """Say how to install what an archive needs, where it is missing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        from topmast.errors import MissingExtraError

        raise MissingExtraError(
            f"A local archive needs {', '.join(missing)}: {install_command('archive')}"
        )


def make_sample(folder: Path, profile: str = "current") -> None:
    """Make the sample archive in `folder`: all of it, or nothing under that name."""
    from rich.console import Console

    from topmast.archive.store.unfinished import unfinished_folder
    from topmast.sample import DEMO_ACCOUNT, build_sample

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.UsageError(f"{folder} is there already and not empty; choose another folder.")
    say(f"Making the sample archive in {folder} (once; about half a minute) ...")
    with (
        unfinished_folder(folder) as part,
        Console(stderr=True, quiet=current().quiet).status("Making files") as status,
    ):

        def show(what: str, count: int) -> None:
            status.update(f"{count:,} {what}")

        build_sample(part, profile=profile, progress=show).close()
    say(
        f"It has a demo account, {DEMO_ACCOUNT.name} with the password {DEMO_ACCOUNT.password}, "
        "to try exclusive data with. Remove it before you add real data: "
        f"topmast user remove {folder} {DEMO_ACCOUNT.name}"
    )
