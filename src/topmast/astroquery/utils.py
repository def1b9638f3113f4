"""Functions that astroquery keeps in ``astroquery.mast.utils``, on the default client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from astropy.coordinates import SkyCoord
from astropy.table import Table

from topmast.client import default_client
from topmast.errors import InvalidQueryError, NoResultsWarning, warn
from topmast.questions.cloud import find_keys
from topmast.questions.criteria import split_place
from topmast.questions.names import positions_of_names
from topmast.questions.places import find_places, places_of_names
from topmast.questions.product_filters import unique_products
from topmast.services.mast import MastClass

__all__ = [
    "get_cloud_paths",
    "mast_relative_path",
    "parse_input_location",
    "remove_duplicate_products",
    "resolve_object",
    "split_list_into_chunks",
]

Item = TypeVar("Item")


def resolve_object(
    object_name: str | Iterable[str] | None = None,
    *,
    resolver: str | None = None,
    resolve_all: bool = False,
    objectname: str | Iterable[str] | None = None,
) -> Any:
    """The position of an object by name, or of several; see `MastClass.resolve_object`."""
    return MastClass.resolve_object(
        object_name, resolver=resolver, resolve_all=resolve_all, objectname=objectname
    )


def parse_input_location(
    *,
    coordinates: Any = None,
    object_name: str | None = None,
    resolver: str | None = None,
    objectname: str | None = None,
) -> SkyCoord:
    """The position that coordinates or an object name stand for, one of which is needed."""
    place = split_place(
        {
            "coordinates": coordinates,
            "object_name": object_name,
            "objectname": objectname,
            "resolver": resolver,
        }
    )
    if not place.has_place:
        raise InvalidQueryError("One of objectname and coordinates must be specified.")
    resolve = partial(positions_of_names, default_client().session, place.resolver)
    if place.object_name is None:
        found = find_places(place.coordinates, resolve, hours=False)
    else:
        found = places_of_names(place.object_name, resolve)
    (ra, dec), *others = [(each.ra_deg, each.dec_deg) for each in found.places]
    if others:
        raise InvalidQueryError("One place is needed, not several.")
    return SkyCoord(ra, dec, unit="deg")


def get_cloud_paths(
    mast_uri: str | Sequence[str], *, verbose: bool = True
) -> str | list[str | None] | None:
    """The path in the cloud of a product, or of each; None for one that is not there."""
    uris = [mast_uri] if isinstance(mast_uri, str) else [str(uri) for uri in mast_uri]
    keys = find_keys(default_client().session, uris)
    for uri in uris if verbose else ():
        if uri not in keys:
            warn(f"Failed to retrieve MAST relative path for {uri}.", NoResultsWarning)
    found = [keys.get(uri) for uri in uris]
    return found[0] if isinstance(mast_uri, str) else found


mast_relative_path = get_cloud_paths
"""The name of astroquery up to 0.4.11."""


def remove_duplicate_products(data_products: Any, uri_key: str = "dataURI") -> Any:
    """Products, or URIs, each once, where it is listed first."""
    if isinstance(data_products, Table):
        return unique_products(data_products, uri_key)
    return list(dict.fromkeys(data_products))


def split_list_into_chunks(input_list: Sequence[Item], chunk_size: int) -> Iterator[Sequence[Item]]:
    """The list in pieces of `chunk_size`, the last one shorter."""
    for start in range(0, len(input_list), chunk_size):
        yield input_list[start : start + chunk_size]
