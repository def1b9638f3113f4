"""Product files: their URIs, the URLs that fetch them, and what such a URL asks for.

Parts, validators, safe names and bundles are in `topmast.wire.ranges`, `.safe_names` and
`.bundle`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from topmast.errors import InvalidQueryError, UnsafeNameError
from topmast.wire.safe_names import safe_name

DOWNLOAD_PATH = "/api/v0.1/Download/file"
LEGACY_DOWNLOAD_PATHS = ("/api/v0/Download/file", "/api/v0/download/file")
"""Of 2017 to 2018; the last one also takes ``/HST/product/name`` behind it for a URI."""

LONGEST_URI = 4000
URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
QUERY_NAMES = frozenset({"uri", "bundle_name"})


@dataclass(frozen=True, slots=True)
class Uri:
    """The parts of a product's URI.

    ``mast:HST/product/u24r0102t/a.fits`` has the mission HST, the path product/u24r0102t/a.fits
    and the filename a.fits. A web address has no mission, and its path begins with the host.
    """

    mission: str
    path: str
    filename: str
    scheme: str = "mast"

    def __str__(self) -> str:
        if self.scheme in ("http", "https"):
            return f"{self.scheme}://{self.path}"
        return f"{self.scheme}:{self.mission}/{self.path}"


def parse_uri(text: str) -> Uri:
    """The parts of a URI such as mast:HST/product/a.fits, or of a web address.

    Raises
    ------
    InvalidQueryError
        If `text` is no URI.
    UnsafeNameError
        If it holds a control character, a part ".." (also an escaped one) or no file name.
    """
    if len(text) > LONGEST_URI:
        raise UnsafeNameError(f"A URI of {len(text):,} characters is too long: {text[:60]!r}...")
    match = URI.fullmatch(text)
    if not match:
        raise InvalidQueryError(
            f"{text!r} is not a product URI: it has to look like mast:HST/product/name.fits."
        )
    scheme, rest = match[1].lower(), match[2]
    web = scheme in ("http", "https")
    if web and not rest.startswith("//"):
        raise InvalidQueryError(f"{text!r} is not a web address: // is missing.")
    path = rest[2:] if web else rest
    _refuse_unsafe(text, path.partition("?")[0])
    first, slash, others = path.partition("/")
    if not first or not slash:
        raise UnsafeNameError(f"The URI {text!r} names no file.")
    filename = others.partition("?")[0].rpartition("/")[2]
    if not filename:
        raise UnsafeNameError(f"The URI {text!r} names no file.")
    return Uri("", path, filename, scheme) if web else Uri(first, others, filename, scheme)


def is_web_address(uri: str) -> bool:
    """Whether a product's URI is an http or https address."""
    return uri[:8].lower().startswith(("http://", "https://"))


def download_url(server: str, uri: str) -> str:
    """Where `server` serves the file `uri`; a web address is passed on as a URI too."""
    return f"{server.rstrip('/')}{DOWNLOAD_PATH}?uri={quote(uri, safe=':/')}"


def plain_download_url(server: str, uri: str) -> str:
    """The same without escapes, as manifests show it."""
    return f"{server.rstrip('/')}{DOWNLOAD_PATH}?uri={uri}"


def requested_uri(path: str, query: str = "") -> str:
    """The URI that a request for a file asks for.

    Parameters
    ----------
    path : str
        The path of the request, its escapes decoded.
    query : str
        The query as it came. A ``+`` stands for itself here: names of files hold plus signs and
        no spaces, and old scripts do not escape them.

    Raises
    ------
    InvalidQueryError
        If no file is asked for, or more than one.
    """
    found = _uris(query)
    if len(found) > 1:
        raise InvalidQueryError("One file can be asked for at a time; Download/bundle.sh for more.")
    if found:
        return found[0]
    prefix = f"{LEGACY_DOWNLOAD_PATHS[-1]}/"
    if path.lower().startswith(prefix.lower()) and path[len(prefix) :].strip("/"):
        return f"mast:{path[len(prefix) :].lstrip('/')}"
    raise InvalidQueryError("No file is asked for: the parameter uri is missing.")


def content_disposition(filename: str) -> str:
    """The header that gives a download its name."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\' else "_" for c in filename)
    header = f'attachment; filename="{plain}"'
    return header if plain == filename else f"{header}; filename*=UTF-8''{quote(filename, safe='')}"


def parse_content_disposition(header: str | None) -> str | None:
    """The name in such a header, made safe for the disk; None if there is none."""
    text = header or ""
    extended = re.search(r"(?i)filename\*\s*=\s*([\w-]*)'[^']*'([^;\s]+)", text)
    plain = re.search(r'(?i)filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', text)
    if extended:
        name = _decoded(extended[2], extended[1])
    elif plain:
        name = re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] is not None else plain[2]
    else:
        return None
    name = re.split(r"[/\\]", name)[-1]
    try:
        return safe_name(name)
    except UnsafeNameError:
        return None


def _decoded(text: str, charset: str) -> str:
    try:
        return unquote(text, charset or "utf-8", "replace")
    except LookupError:
        return unquote(text, errors="replace")


def _refuse_unsafe(text: str, path: str) -> None:
    plain = unquote(unquote(path))
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text + plain):
        raise UnsafeNameError(f"The URI {text[:100]!r} contains a control character.")
    if any(part.strip() in (".", "..") for part in re.split(r"[/\\]", f"{path}/{plain}")):
        raise UnsafeNameError(f"The URI {text!r} leads out of its folder ('..').")


def _uris(query: str) -> list[str]:
    """The values of ``uri``; one that holds an unescaped ``?a=1&b=2`` keeps what follows."""
    found: list[str] = []
    inside = False
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if name.lower() == "uri" and equals:
            found.append(unquote(value))
            inside = "?" in value
        elif inside and name.lower() not in QUERY_NAMES:
            found[-1] += f"&{unquote(pair)}"
    return [uri for uri in found if uri]
