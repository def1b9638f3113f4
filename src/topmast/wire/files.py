"""Product files: what a request for one asks for, and the name that the answer gives it.

Parts, validators, safe names and bundles are in `topmast.wire.ranges`, `.safe_names` and
`.bundle`.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from topmast.errors import InvalidQueryError

DOWNLOAD_PATH = "/api/v0.1/Download/file"
LEGACY_DOWNLOAD_PATHS = ("/api/v0/Download/file", "/api/v0/download/file")
"""Of 2017 to 2018; the last one also takes ``/HST/product/name`` behind it for a URI."""

QUERY_NAMES = frozenset({"uri", "bundle_name"})


def is_web_address(uri: str) -> bool:
    """Whether a product's URI is an http or https address."""
    return uri[:8].lower().startswith(("http://", "https://"))


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
