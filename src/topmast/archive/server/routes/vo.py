"""DataLink, SIA 2.0 and coverage maps (MOC), and the list of all services of the archive."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.accounts.user import ANONYMOUS
from topmast.archive.portal.jobs import BusyError
from topmast.archive.server.routes.common import archive_of, base_url_of, compressed
from topmast.archive.server.routes.tap import XML, answered, form_of, refused, sent
from topmast.archive.server.routes.users import current_user
from topmast.archive.server.threads import in_thread
from topmast.errors import ArchiveError, InvalidQueryError, TimeoutError
from topmast.wire.forms import Form
from topmast.wire.vosi import encode_services

REFUSALS = (InvalidQueryError, TimeoutError, ArchiveError, BusyError)


async def datalink(request: Request) -> Response:
    """The files of the datasets that ID names."""
    from topmast.archive.accounts.rights import restricted
    from topmast.archive.vo.datalink import MEDIA_TYPE, MOST_IDS, encode_links, find_links

    try:
        form = await form_of(request)
        names = [value for name, value in form.every if name == "ID" and value]
        if len(names) > MOST_IDS:
            raise InvalidQueryError(f"ID: at most {MOST_IDS} datasets, not {len(names)}.")
        _check_votable(form)
        store, url = archive_of(request).store, base_url_of(request)
        links, files = await in_thread(lambda: find_links(store, names))
        closed = await in_thread(lambda: restricted(store, files.values()))
        user = await current_user(request) if closed else ANONYMOUS
        readable = {uri for uri in files if uri not in closed or user.may_have(closed[uri])}
        content = encode_links(links, files, readable, set(closed), url, f"{url}/datalink")
    except REFUSALS as problem:
        return await refused(problem)
    return await compressed(request, content, MEDIA_TYPE)


def _check_votable(form: Form) -> None:
    wanted = form.words.get("RESPONSEFORMAT", "votable").lower()
    if "votable" not in wanted and wanted not in ("text/xml", "application/xml"):
        raise InvalidQueryError(f"RESPONSEFORMAT is votable here, not {wanted[:60]!r}.")


async def images(request: Request) -> Response:
    """Images and cubes by their parameters (SIA 2.0), in the columns of ObsCore."""
    from topmast.archive.tap.asked import whole_number
    from topmast.archive.tap.results import result_format
    from topmast.archive.tap.run import TapQuery, run_query
    from topmast.archive.vo.sia import sia_adql

    try:
        form = await form_of(request)
        wanted = form.words.get("RESPONSEFORMAT") or "votable"
        most = whole_number("MAXREC", form.words.get("MAXREC"))
        media_type = result_format(wanted).media_type
        query = TapQuery(sia_adql(form), maxrec=most, format=wanted, base_url=base_url_of(request))
        content = await answered(request, run_query, query, query.seconds)
    except REFUSALS as problem:
        return await refused(problem)
    return await sent(request, content, media_type)


async def coverage(request: Request) -> Response:
    """The part of the sky that a catalogue or a collection covers."""
    from topmast.archive.tap.asked import whole_number
    from topmast.archive.tap.run import SECONDS
    from topmast.archive.vo.moc import FORMATS, ORDER, MocQuery, moc_of_collection

    form = await form_of(request)
    order = whole_number("ORDER", form.words.get("ORDER"))
    kind = (form.words.get("FORMAT") or "fits").lower()
    query = MocQuery(request.path_params["name"], ORDER if order is None else order, kind)
    content = await answered(request, moc_of_collection, query, SECONDS)
    return await sent(request, content, FORMATS[kind][0])


async def coverages(request: Request) -> Response:
    """The names of what there are coverage maps of, one a line."""
    from topmast.archive.vo.moc import moc_names

    names = await in_thread(partial(moc_names, archive_of(request)))
    return Response("".join(f"{name}\n" for name in names), media_type="text/plain")


async def services(request: Request) -> Response:
    """All services of the Virtual Observatory that the archive has (VOSI)."""
    url, archive = base_url_of(request), archive_of(request)
    names = await in_thread(archive.catalogs.names)
    cones = [(SCS, f"{url}/scs/{name}?", "base") for name in ("observations", *names)]
    listed = [(TAP, f"{url}/tap", "base"), *_of(url), *cones]
    return Response(encode_services(listed), media_type=XML)


async def some_services(request: Request) -> Response:
    """The services of DataLink and SIA 2.0 (VOSI)."""
    return Response(encode_services(_of(base_url_of(request))), media_type=XML)


def _of(url: str) -> list[tuple[str, str, str]]:
    return [
        ("ivo://ivoa.net/std/SIA#query-2.0", f"{url}/sia2/query", "base"),
        ("ivo://ivoa.net/std/DataLink#links-1.1", f"{url}/datalink", "base"),
        ("ivo://ivoa.net/std/VOSI#capabilities", f"{url}/sia2/capabilities", "full"),
        ("ivo://ivoa.net/std/VOSI#availability", f"{url}/sia2/availability", "full"),
    ]


TAP, SCS = "ivo://ivoa.net/std/TAP", "ivo://ivoa.net/std/ConeSearch"
