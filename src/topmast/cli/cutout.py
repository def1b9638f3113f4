"""Cut small pieces out of large images: `topmast cutout`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, FAILED, NOTHING, tell
from topmast.cli.output import Output, output_options
from topmast.cli.settings import command, current, say
from topmast.cli.targets import target_argument
from topmast.config.output import one_line, readable_size

if TYPE_CHECKING:
    from astropy.table import Table

SERVICES = {"tess": "tesscut", "survey": "zcut", "hubble": "hapcut"}
AGAIN = "Run the same command again: only the missing files are downloaded."


@command(
    short_help="Make cutouts of TESS full frames, deep fields or Hubble images.",
    epilog="TARGET is an object's name or a position; several are asked for together. A SIZE is "
    "pixels (5, or ROWS,COLUMNS) or an angle ('2 arcmin').",
)
@click.argument("kind", metavar="[tess|survey|hubble]", type=click.Choice(list(SERVICES)))
@target_argument
@click.option("--size", default="5", show_default=True, help="Of a cutout: pixels or an angle.")
@click.option("--sector", type=int, multiple=True, metavar="N",
              help="Of TESS; all that have seen the target if not given.")  # fmt: skip
@click.option("--survey", metavar="NAME", help="Only this deep-field survey.")
@click.option("--cutout-format", type=click.Choice(["fits", "jpg", "png"]),
              default="fits", show_default=True, help="Of the files of a survey.")  # fmt: skip
@click.option("--moving-target", is_flag=True, help="TARGET is a planet, an asteroid or a comet.")
@click.option("--download-dir", type=click.Path(path_type=Path), default=Path(),
              metavar="FOLDER", help="Where the files go; this folder if not given.")  # fmt: skip
@click.option("--zip", "zipped", is_flag=True, help="Keep the zip files as they come.")
@click.option("--cache/--no-cache", default=True, help="Keep complete files on disk (default).")
@click.option("--list", "listed", is_flag=True,
              help="List the sectors or surveys that show TARGET, and cut nothing.")  # fmt: skip
@output_options
def cutout(kind: str, target: tuple[str, ...], listed: bool, output: Output, **words: Any) -> int:
    """Cut small pieces out of the full-frame images of TESS, of deep fields or of Hubble.

    \b
    topmast cutout tess "TIC 307210830" --size 5
    topmast cutout tess "TIC 307210830" --size 5 --sector 2 --download-dir cutouts
    topmast cutout tess "TIC 307210830" --list
    topmast cutout survey "189.49206 62.20615" --size "2 arcsec" --cutout-format jpg
    topmast cutout hubble M101 --size 20,30
    """
    if not target:
        raise click.UsageError("Give a TARGET: an object's name or a position.")
    _check_together(kind, words, listed)
    place = target[0] if len(target) == 1 else list(target)
    if listed:
        return _list(kind, place, words["moving_target"], output)
    return _finish(_download(kind, place, words), output)


def _check_together(kind: str, words: dict[str, Any], listed: bool) -> None:
    """Refuse what would have no effect."""
    only = {"tess": ("sector", "moving_target"), "survey": ("survey",), "hubble": ()}
    for name in ("sector", "moving_target", "survey"):
        if words[name] and name not in only[kind]:
            raise click.UsageError(f"--{name.replace('_', '-')} has no meaning for {kind}.")
    if words["cutout_format"] != "fits" and kind != "survey":
        raise click.UsageError(
            f"--cutout-format has no meaning for {kind}: its cutouts are FITS files."
        )
    if listed and kind == "hubble":
        raise click.UsageError("--list has no meaning for hubble: it has no sectors or surveys.")


def _list(kind: str, place: Any, moving_target: bool, output: Output) -> int:
    client = current().client()
    if kind == "tess":
        target = {"object_name": place, "moving_target": True} if moving_target else \
            {"coordinates": place}  # fmt: skip
        table = client.tesscut.get_sectors(**target)
        output.write(table)
        return DONE if len(table) else NOTHING
    found = client.zcut.get_surveys(place)
    for one in found if isinstance(place, list) else [found]:
        click.echo("\n".join(one))
    return DONE if any(found) else NOTHING


def _download(kind: str, place: Any, words: dict[str, Any]) -> Table:
    service = getattr(current().client(), SERVICES[kind])
    options: dict[str, Any] = {
        "size": _size(words["size"]),
        "path": words["download_dir"],
        "inflate": not words["zipped"],
        "cache": words["cache"],
    }
    if kind == "tess":
        options["sector"] = list(words["sector"]) or None
        if words["moving_target"]:
            options |= {"object_name": place, "moving_target": True}
            place = None
    elif kind == "survey":
        options |= {"survey": words["survey"], "cutout_format": words["cutout_format"]}
    return service.download_cutouts(coordinates=place, **options)


def _size(text: str) -> Any:
    """Whole pixels, two sizes joined by a comma, or an angle as it stands."""
    sides = [int(side) if side.strip().isdecimal() else side.strip() for side in text.split(",")]
    return sides if len(sides) > 1 else sides[0]


def _finish(manifest: Table, output: Output) -> int:
    """Show the manifest and tell by the exit code whether all is there."""
    bad = manifest[manifest["Status"] == "ERROR"]
    output.write(manifest, seen=bad["Local Path", "Message"])
    size = sum(manifest["Bytes"].tolist())
    say(f"{len(manifest) - len(bad)} of {len(manifest)} files are there ({readable_size(size)}).")
    if not len(manifest):
        return NOTHING
    for row in bad:
        tell(one_line(f"FAILED: {row['Local Path']}: {row['Message']}"))
    if len(bad):
        tell(AGAIN)
    return FAILED if len(bad) else DONE
