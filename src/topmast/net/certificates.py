"""Which certificates a secure connection trusts."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

from topmast.config import environment
from topmast.errors import InvalidQueryError


def trusting_context(ca_bundle: str) -> ssl.SSLContext:
    """A context for secure connections.

    It trusts the first of: `ca_bundle`; SSL_CERT_FILE and SSL_CERT_DIR; REQUESTS_CA_BUNDLE;
    CURL_CA_BUNDLE; the system's certificates; those of certifi, if it is installed.
    """
    for source, paths in _chosen(ca_bundle):
        if any(paths):
            return _context_of(source, [os.path.expanduser(path) for path in paths if path])
    context = ssl.create_default_context()
    if not _trusts_any(context):
        try:
            import certifi
        except ImportError:
            return context
        context.load_verify_locations(certifi.where())
    return context


def _chosen(ca_bundle: str) -> Iterator[tuple[str, list[str]]]:
    """Who names certificates, and which, in the order of their right to it."""
    yield "The setting ca_bundle", [ca_bundle]
    variables = environment()
    for names in (["SSL_CERT_FILE", "SSL_CERT_DIR"], ["REQUESTS_CA_BUNDLE"], ["CURL_CA_BUNDLE"]):
        source = f"The environment variable {' or '.join(names)}"
        yield source, [variables.get(name, "") for name in names]


def _context_of(source: str, paths: list[str]) -> ssl.SSLContext:
    folder = next((path for path in paths if os.path.isdir(path)), None)
    file = next((path for path in paths if path != folder), None)
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as problem:  # of which ssl.SSLError is one
        raise InvalidQueryError(
            f"{source}, {file or folder!r}, is not a file of certificates: {problem}."
        ) from problem


def _trusts_any(context: ssl.SSLContext) -> bool:
    if context.cert_store_stats()["x509_ca"]:
        return True
    folder = ssl.get_default_verify_paths().capath or ""  # read only when it is needed
    return os.path.isdir(folder) and bool(os.listdir(folder))
