"""The plan of a download: files, sizes, what is on disk already, and paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.download.control import RunSettings
from topmast.download.folder.index import Index, Presence
from topmast.download.folder.layout import Layout, Places, parse_layout
from topmast.download.folder.system import free_bytes
from topmast.download.product import Product, Sources, file_name_of, last_part, total_bytes
from topmast.download.progress import Progress
from topmast.download.run import Run
from topmast.download.tables.plan_table import (
    edited_products,
    plan_table,
    rows_to_drop,
    summary,
)
from topmast.download.tables.products_table import exclusive_dates, forbidden, require, sizes, texts
from topmast.download.transfer.cloud import Cloud
from topmast.errors import (
    InvalidQueryError,
    UnsafeNameError,
    with_short_errors,
    with_short_errors_in,
)
from topmast.net.session import Session
from topmast.tables.html import ROWS, lines_html, table_html
from topmast.wire.safe_names import safe_name

if TYPE_CHECKING:
    from astropy.table import Table

CACHES = (True, False, "check")
CHECKS = ("content", "length")


def plan_download(
    session: Session,
    products: Table,
    *,
    download_dir: str | os.PathLike[str] | None = None,
    flat: bool = False,
    layout: str | Layout | None = None,
    cache: bool | str = True,
    connections: int | None = None,
    bandwidth: Any = None,
    check: str = "content",
    base_url: str | None = None,
    cloud: Cloud | None = None,
) -> Plan:
    """What `download_products` would do, before it does it.

    A product listed twice is planned once. Parameters as for `Observations.download_products`;
    `base_url` is what answers ``?uri=...`` in place of the archive's own address; `cloud` knows
    which files are in the cloud.
    """
    if cache not in CACHES:
        raise InvalidQueryError(f"cache is True, False or 'check', not {cache!r}.")
    if check not in CHECKS:
        raise InvalidQueryError(f"check is 'content' or 'length', not {check!r}.")
    require(products, "dataURI")
    shape = parse_layout(layout, flat=flat, columns=products.colnames)
    folder = Path(os.path.expanduser(os.fspath(download_dir or "."))) / shape.base
    prefix = os.path.join(os.fspath(folder), "")
    if not download_dir:
        prefix = f"./{shape.base}/" if shape.base else "./"
    index = Index(folder)
    settings = RunSettings.of(session, connections=connections, bandwidth=bandwidth)
    wanted = _products(products, shape, index, Sources.of(session, base_url), prefix)
    closed = forbidden(products)
    return Plan(
        session, wanted, index, settings, cache=cache, check=check, forbidden=closed, cloud=cloud
    )


def _wants_all(plan: Plan, /, *_: Any, **__: Any) -> bool:
    return bool(plan._session.setting("tracebacks") == "full")


class Plan:
    """Files to download; made by `plan_download`.

    ``print(plan)`` gives a summary, `table` the details, ``drop`` takes files out, ``run`` does it.
    """

    def __init__(
        self,
        session: Session,
        products: list[Product],
        index: Index,
        settings: RunSettings,
        *,
        cache: bool | str = True,
        check: str = "content",
        forbidden: frozenset[str] = frozenset(),
        cloud: Cloud | None = None,
    ) -> None:
        self._session = session
        self._products = products
        self._index = index
        self._settings = settings
        self._cache = cache
        self._check = check
        self._forbidden = forbidden
        self._cloud = cloud
        self._table: Table | None = None

    def __getstate__(self) -> dict[str, Any]:
        """In another process the archive and its settings are the same, without a login."""
        return self.__dict__ | {"_session": (self._session.recipe(), self._session.open_folder)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        (where, settings), open_folder = state["_session"]
        self.__dict__ |= state | {"_session": Session(where, open_folder=open_folder, **settings)}

    def __len__(self) -> int:
        return len(self.products)

    def __repr__(self) -> str:
        return f"<Plan of {len(self)} files for {self.folder}>"

    def __str__(self) -> str:
        return summary(
            self.products, self.states, self.folder, self.source, self.free, self.about_login
        )

    def _repr_html_(self) -> str:
        title, *lines = str(self).splitlines()
        words = dict(line.strip().split(":", 1) for line in lines)
        some = plan_table(self.products[:ROWS], self.states[:ROWS], self.source)
        above = lines_html(title, {name: text.strip() for name, text in words.items()})
        return above + table_html(some, "Its first files" if len(self) > ROWS else "Its files")

    @property
    def folder(self) -> Path:
        """The folder that holds the files and their index."""
        return self._index.folder

    @property
    def products(self) -> list[Product]:
        """The files that are left after `drop` and after `table` was changed."""
        if self._table is None:
            return self._products
        return edited_products(self._products, self._table, self._index)

    @property
    def states(self) -> list[Presence]:
        """For each of `products` whether it is held, to be checked on disk, or to be fetched."""
        if self._cache is False:
            return [Presence.ABSENT] * len(self)
        return [self._index.find(product)[0] for product in self.products]

    @property
    def source(self) -> str:
        """The address that serves the files."""
        first = next(iter(self._products), None)
        return first.url.split("?")[0] if first else Sources.of(self._session).files

    @property
    def bytes(self) -> int:
        """What all files together have, by the sizes in the product table."""
        return total_bytes(self.products)

    @property
    def bytes_to_fetch(self) -> int:
        """The bytes of those that are not on this disk."""
        pairs = zip(self.products, self.states, strict=True)
        return total_bytes([product for product, state in pairs if state is Presence.ABSENT])

    @property
    def free(self) -> int:
        """Bytes that are free on the disk of the download folder."""
        return free_bytes(self.folder)

    @property
    def about_login(self) -> str:
        """What has to be done about exclusive files; empty if nothing, as far as known."""
        exclusive = [each.uri for each in self.products if each.exclusive_until]
        if exclusive and not self._session.logged_in:
            return "log in"
        without = sum(uri in self._forbidden for uri in exclusive)
        return f"your account has no right to {without} of them" if without else ""

    @property
    def table(self) -> Table:
        """One row a file: Local Path, URI, Size, State, Exclusive Until, Source, Message.

        Rows removed from it are not fetched. A changed 'Local Path' is where the file goes: a
        path below the download folder, with the folder in front or without.
        """
        if self._table is None:
            self._table = plan_table(self._products, self.states, self.source)
        return self._table

    @with_short_errors(_wants_all)
    def drop(self, rows: Any) -> None:
        """Take files out: `rows` is a mask as long as the table, or row numbers, or one.

        Raises
        ------
        InvalidQueryError
            For a number beyond the table, and for anything else.
        """
        current = self.products
        gone = rows_to_drop(rows, len(current))
        self._products = [each for each, dropped in zip(current, gone, strict=True) if not dropped]
        self._table = None

    @with_short_errors(_wants_all)
    def run(
        self,
        *,
        verbose: bool = True,
        progress: Callable[[Progress], object] | None = None,
        raise_on_error: bool = False,
    ) -> Table:
        """Fetch the files and return the manifest; parameters as for `download_products`.

        Raises
        ------
        DiskFullError
            Before the first byte, if the files cannot fit on the disk.
        DownloadError
            With `raise_on_error`, if a file failed; its ``manifest`` is the table.
        """
        return self._run(verbose, progress).to_the_end(raise_on_error=raise_on_error)

    @with_short_errors(_wants_all)
    def iter_download(
        self,
        *,
        verbose: bool = False,
        progress: Callable[[Progress], object] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Fetch the files and give each row of the manifest as soon as its file has finished."""
        return with_short_errors_in(self._run(verbose, progress).rows(), _wants_all(self))

    def _run(self, verbose: bool, progress: Callable[[Progress], object] | None) -> Run:
        check_progress(progress)
        return Run(
            self._session,
            self.products,
            self._index,
            self._settings,
            cache=self._cache,
            check=self._check,
            cloud=self._cloud,
            verbose=verbose,
            progress=progress,
        )


def check_progress(progress: object) -> None:
    """Refuse now what could not be called after the first file."""
    if progress is not None and not callable(progress):
        raise InvalidQueryError(
            "progress is a function that is called with a Progress after each file, "
            f"not {progress!r}. For the usual display leave it out."
        )


def _products(
    table: Table, shape: Layout, index: Index, sources: Sources, prefix: str
) -> list[Product]:
    """One product for each different URI, in the order of the table."""
    columns = {name: texts(table, name) for name in {*shape.fields, "productFilename"}}
    size, exclusive = sizes(table), exclusive_dates(table)
    places = Places(index.at)
    products: dict[str, Product] = {}
    for row, uri in enumerate(texts(table, "dataURI")):
        if uri and uri in products:
            continue
        values = {name: column[row] for name, column in columns.items()}
        # The product's own name without folders, else the last part of its URI.
        name = last_part(values["productFilename"]) or file_name_of(uri) or "unknown"
        values["productFilename"] = name
        path = message = error = ""
        try:
            path = shape.path(values)
        except UnsafeNameError as problem:
            path, error = safe_name(repr(name)), str(problem)
        if not (uri and uri.isprintable()):
            error = f"Row {row} has no usable dataURI: {uri!r}."
        if not error:
            path, message = places.claim(path, uri)
        products[uri or f"\0{row}"] = sources.product(
            uri,
            path,
            prefix + path,
            size=size[row],
            message=message,
            exclusive_until=exclusive[row],
            error=error,
        )
    return list(products.values())
