"""Tesscut, Zcut and Hapcut: small pieces of large images, around a place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from astropy.io import fits

from topmast.net.session import Session
from topmast.questions import cutouts as questions
from topmast.questions.cutout_targets import (
    Targets,
    check_product,
    find_targets,
    one_of_names,
    parse_size,
)
from topmast.questions.cutouts import Cut, get_cuts, image_request, tess_cuts
from topmast.services.cutout_files import download_cuts
from topmast.services.methods import method
from topmast.services.service import Service

if TYPE_CHECKING:
    from astropy.table import Table

Path = str | os.PathLike[str]


# --------------------------------------------------------------------------------- Tesscut


def _tess(
    session: Session,
    coordinates: Any,
    size: Any,
    sector: Any,
    product: str | None,
    names: Any,
    moving_target: bool,
    mt_type: str | None,
    resolver: str | None,
) -> tuple[Targets, list[Cut]]:
    check_product(product)
    sides = parse_size(size)
    targets = find_targets(session, coordinates, names, moving_target, mt_type, resolver)
    return targets, tess_cuts(session, targets.targets, sides, sector)


def get_tess_cutouts(
    session: Session,
    /,
    coordinates: Any = None,
    size: Any = 5,
    product: str | None = None,
    sector: Any = None,
    object_name: str | Iterable[str] | None = None,
    moving_target: bool = False,
    mt_type: str | None = None,
    resolver: str | None = None,
    *,
    objectname: str | Iterable[str] | None = None,
) -> list[fits.HDUList]:
    """Target pixel files around a place, or around each of many, opened in memory.

    Each sector is one request, and up to five of them begin in a second. A sector that fails
    takes nothing from the others: a warning says so.

    Parameters
    ----------
    coordinates, object_name, objectname, moving_target, mt_type, resolver, product
        As for `get_sectors`.
    size : int, str, `~astropy.units.Quantity`, or two of them
        Pixels, or an angle; two stand for (ny, nx).
    sector : int or list of int, optional
        Default: every sector that has seen the place.

    Returns
    -------
    list of `~astropy.io.fits.HDUList`
        With ``filename``, the name that the archive gives the file, and for many places
        ``target_index`` and ``target_given``. Empty, with a NoResultsWarning, if no sector has
        seen the place.

    Raises
    ------
    InvalidQueryError
        For a sector that is not there, or a size that is zero or no size.

    Examples
    --------
    >>> cutouts = Tesscut.get_cutouts((124.531756, -68.313), size=5, sector=2)
    """
    names = one_of_names(object_name, objectname)
    _, cuts = _tess(
        session, coordinates, size, sector, product, names, moving_target, mt_type, resolver
    )
    return get_cuts(session, cuts)


def download_tess_cutouts(
    session: Session,
    /,
    coordinates: Any = None,
    size: Any = 5,
    sector: Any = None,
    product: str | None = None,
    path: Path = ".",
    inflate: bool = True,
    object_name: str | Iterable[str] | None = None,
    moving_target: bool = False,
    mt_type: str | None = None,
    resolver: str | None = None,
    verbose: bool = False,
    *,
    cache: bool = True,
    objectname: str | Iterable[str] | None = None,
) -> Table:
    """Target pixel files around a place, or around each of many, as files on this disk.

    A file under its final name is always whole. The same call finds the files of an earlier one
    and fetches only what is missing.

    Parameters
    ----------
    coordinates, object_name, objectname, moving_target, mt_type, resolver, product
        As for `get_sectors`.
    size, sector
        As for `get_cutouts`.
    path : str or path
        The folder for the files; it is made if need be.
    inflate : bool
        Unpack the zip files that the archive sends; False keeps them as they are, one a sector.
    verbose : bool
        Tell what is being done.
    cache : bool
        False fetches all anew. A file from another version of the pipeline is kept with that
        version in its name.

    Returns
    -------
    `~astropy.table.Table`
        One row a file, and one for each sector that failed: the columns of
        `ObservationsClass.download_products`, and Sector and Version, the pipeline's. Status is
        COMPLETE or ERROR, and Message says why. In the dialect of astroquery it has the column
        Local Path alone, and what failed is warned of.

    Raises
    ------
    InvalidQueryError
        For a size that is zero or no size, and for a place that is none.

    Examples
    --------
    >>> manifest = Tesscut.download_cutouts((124.531756, -68.313), size=5, path=folder)
    """
    names = one_of_names(object_name, objectname)
    targets, cuts = _tess(
        session, coordinates, size, sector, product, names, moving_target, mt_type, resolver
    )
    return download_cuts(
        session, cuts, path, inflate=inflate, cache=cache, verbose=verbose, many=targets.many
    )


class TesscutClass(Service):
    """Cutouts of the full-frame images of TESS, as target pixel files.

    A place is anything that `ObservationsClass` takes for one; many places in one call are asked
    for together.
    """

    get_sectors: Final = method(questions.get_sectors)
    get_cutouts: Final = method(get_tess_cutouts)
    download_cutouts: Final = method(download_tess_cutouts)


# ------------------------------------------------------------------------------------ Zcut


def get_survey_cutouts(
    session: Session, /, coordinates: Any, size: Any = 5, survey: str | None = None
) -> list[fits.HDUList]:
    """Cutouts of deep-field images around a place, or around each of many, opened in memory.

    Parameters
    ----------
    coordinates, size
        As for `TesscutClass.get_cutouts`.
    survey : str, optional
        As `get_surveys` names it; default: all that show the place.

    Returns
    -------
    list of `~astropy.io.fits.HDUList`
        One for each survey, with an extension for each image. Empty, with a NoResultsWarning, if
        no survey shows the place.

    Raises
    ------
    InvalidQueryError
        For a survey that is not there, or a size that is zero or no size.

    Examples
    --------
    >>> cutouts = Zcut.get_cutouts((189.49206, 62.20615), size=20)
    """
    return get_cuts(session, _plain_cuts(session, "zcut", coordinates, size, survey)[1])


def download_survey_cutouts(
    session: Session,
    /,
    coordinates: Any,
    size: Any = 5,
    survey: str | None = None,
    cutout_format: str = "fits",
    path: Path = ".",
    inflate: bool = True,
    verbose: bool = False,
    *,
    cache: bool = True,
    **img_params: Any,
) -> Table:
    """Cutouts of deep-field images around a place, or around each of many, as files.

    Parameters
    ----------
    coordinates, size, survey
        As for `get_cutouts`.
    cutout_format : {"fits", "jpg", "png"}
        What the files are.
    path, inflate, verbose, cache
        As for `TesscutClass.download_cutouts`.
    **img_params
        How pictures are drawn: ``stretch``, ``minmax_percent``, ``minmax_value``, ``invert``, as
        in `astrocut.img_cut`.

    Returns
    -------
    `~astropy.table.Table`
        As of `TesscutClass.download_cutouts`.

    Examples
    --------
    >>> manifest = Zcut.download_cutouts((189.49206, 62.20615), size=20, path=folder)
    """
    more = image_request(cutout_format, img_params)
    targets, cuts = _plain_cuts(session, "zcut", coordinates, size, survey)
    cuts = [replace(cut, request=replace(cut.request, **more)) for cut in cuts]
    return download_cuts(
        session, cuts, path, inflate=inflate, cache=cache, verbose=verbose, many=targets.many
    )


class ZcutClass(Service):
    """Cutouts of the images of deep-field surveys, such as GOODS and CANDELS."""

    get_surveys: Final = method(questions.get_surveys)
    get_cutouts: Final = method(get_survey_cutouts)
    download_cutouts: Final = method(download_survey_cutouts)


# ---------------------------------------------------------------------------------- Hapcut


def get_hubble_cutouts(session: Session, /, coordinates: Any, size: Any = 5) -> list[fits.HDUList]:
    """Cutouts of Hubble Advanced Products around a place, or around each of many, in memory.

    Parameters
    ----------
    coordinates
        One place or many.
    size : int, str, `~astropy.units.Quantity`, or two of them
        Pixels, or an angle. Of two, HAPcut takes the first for columns: (2, 3) gives arrays of
        shape (3, 2).

    Returns
    -------
    list of `~astropy.io.fits.HDUList`
        One for each image. Empty, with a NoResultsWarning, if no image shows the place.

    Examples
    --------
    >>> cutouts = Hapcut.get_cutouts((210.80227, 54.34895), size=20)
    """
    return get_cuts(session, _plain_cuts(session, "hapcut", coordinates, size)[1])


def download_hubble_cutouts(
    session: Session,
    /,
    coordinates: Any,
    size: Any = 5,
    path: Path = ".",
    inflate: bool = True,
    verbose: bool = False,
    *,
    cache: bool = True,
) -> Table:
    """Cutouts of Hubble Advanced Products around a place, or around each of many, as files.

    Parameters
    ----------
    coordinates, size
        As for `get_cutouts`.
    path, inflate, verbose, cache
        As for `TesscutClass.download_cutouts`.

    Returns
    -------
    `~astropy.table.Table`
        As of `TesscutClass.download_cutouts`.

    Examples
    --------
    >>> manifest = Hapcut.download_cutouts((210.80227, 54.34895), size=20, path=folder)
    """
    targets, cuts = _plain_cuts(session, "hapcut", coordinates, size)
    return download_cuts(
        session, cuts, path, inflate=inflate, cache=cache, verbose=verbose, many=targets.many
    )


class HapcutClass(Service):
    """Cutouts of Hubble Advanced Products: its images, joined and aligned."""

    get_cutouts: Final = method(get_hubble_cutouts)
    download_cutouts: Final = method(download_hubble_cutouts)


def _plain_cuts(
    session: Session, service: str, coordinates: Any, size: Any, survey: str | None = None
) -> tuple[Targets, list[Cut]]:
    """One request for each place."""
    sides = parse_size(size)
    targets = find_targets(session, coordinates)
    cuts = [
        Cut(target, target.request(service, size=sides, survey=survey or ""))
        for target in targets.targets
    ]
    return targets, cuts
