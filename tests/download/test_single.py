"""One file by its URI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.download.file_server import FileServer
from tests.download.products import fits_bytes, good, session_of, target, uri
from tests.misbehaving import Misbehaving, Reply
from topmast.download import download_file
from topmast.errors import InvalidQueryError
from topmast.net.session import Session

BODY = fits_bytes(1)
DONE = ("COMPLETE", None, None)


@pytest.fixture(autouse=True)
def served(server: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on(target("f.fits"), good(BODY))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("local_path", "where"),
    [
        (None, "f.fits"),
        ("folder", "folder/f.fits"),
        ("a/b/c", "a/b/c/f.fits"),
        ("named.fits", "named.fits"),
        ("a/named.dat", "a/named.dat"),
        ("run/v1.2/", "run/v1.2/f.fits"),
    ],
)
def test_a_file_goes_where_it_was_asked_to(
    local_path: str | None, where: str, server: Misbehaving, tmp_path: Path
) -> None:
    outcome = download_file(session_of(server), uri("f.fits"), local_path=local_path, verbose=False)

    assert outcome == DONE
    assert (tmp_path / where).read_bytes() == BODY


def test_a_folder_with_a_dot_in_its_name_is_a_folder(server: Misbehaving, tmp_path: Path) -> None:
    (tmp_path / "run.2").mkdir()

    assert (
        download_file(session_of(server), uri("f.fits"), local_path="run.2", verbose=False) == DONE
    )
    assert (tmp_path / "run.2" / "f.fits").read_bytes() == BODY


def test_a_second_time_costs_no_request(server: Misbehaving) -> None:
    for _ in range(2):
        assert download_file(session_of(server), uri("f.fits"), verbose=False) == DONE

    assert len(server.requests) == 1


def test_a_failure_names_the_address_as_it_is_written(server: Misbehaving) -> None:
    odd = "mast:TEST/product/a b.fits"

    status, message, url = download_file(session_of(server), odd, verbose=False)

    assert (status, url) == ("ERROR", f"{server.url}/api/v0.1/Download/file?uri={odd}")
    assert message is not None
    assert message.startswith("404 Not Found")


def test_the_dialect_of_astroquery_has_the_words_of_requests(server: Misbehaving) -> None:
    session = session_of(server, dialect="astroquery")
    server.on(target("s.fits"), Reply(503, headers={"Retry-After": "0"}))

    _, client, _ = download_file(session, uri("a b.fits"), verbose=False)
    _, busy, _ = download_file(session, uri("s.fits"), verbose=False)

    asked = f"{server.url}/api/v0.1/Download/file?uri=mast:TEST/product"
    assert client == f"HTTPError: 404 Client Error: Not Found for url: {asked}/a%20b.fits"
    assert busy == f"HTTPError: 503 Server Error: Service Unavailable for url: {asked}/s.fits"


def test_another_base_url_is_asked(server: Misbehaving) -> None:
    with Misbehaving() as other:
        other.on("/get?uri=mast:TEST/product/f.fits", good(BODY))

        outcome = download_file(
            session_of(server), uri("f.fits"), base_url=other.url + "/get", verbose=False
        )

    assert outcome == DONE
    assert server.requests == []


@pytest.mark.parametrize("bad", ["", "  ", None, 7, "mast:x\n\x00"])
def test_a_uri_that_is_none_is_refused(bad: str, server: Misbehaving) -> None:
    with pytest.raises(InvalidQueryError, match="A valid data product URI must be provided"):
        download_file(session_of(server), bad, verbose=False)


def test_a_file_of_unknown_size_has_the_time_that_its_length_needs(tmp_path: Path) -> None:
    """No table tells how large it is; the answer does."""
    body = fits_bytes(3, 20_000)
    with FileServer({uri("slow.fits"): body}, rate=4e4) as server:
        session = Session(server.url, timeout=0.5, tries=1)
        assert download_file(session, uri("slow.fits"), verbose=False) == DONE

    assert (tmp_path / "slow.fits").read_bytes() == body
