"""The archive behind real web servers and proxies: the same rows and the same files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.faults.web_servers import (
    PASSWORD,
    PROXIES,
    SERVERS,
    USER,
    Command,
    Place,
    free_port,
    running,
)
from tests.net.test_tls import certificate
from topmast import connect
from topmast.errors import NotAuthorizedError, UnreachableError

__all__ = ["certificate"]

pytestmark = pytest.mark.xdist_group("web_servers")

WANTED = {"obs_collection": "HST", "proposal_id": "14143"}


@pytest.fixture
def place(served_sample: str, certificate: Path) -> Iterator[Place]:
    # Not below a folder of this user alone: some servers change to a user of their own.
    with TemporaryDirectory() as folder:
        behind = served_sample.removeprefix("http://")
        yield Place(Path(folder), free_port(), behind, certificate)


@pytest.fixture(scope="module")
def expected(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the folder itself gives."""
    with connect(sample_folder) as archive:
        return everything(archive, tmp_path_factory.mktemp("folder"))


def everything(archive: Any, folder: Path) -> tuple[list[Any], list[Any], dict[str, bytes]]:
    """Rows, products and files of one question."""
    rows = archive.observations.query_criteria(**WANTED)
    products = archive.observations.get_product_list(rows)
    products.sort(["dataURI", "obs_id"])
    some = products[products["productType"] != "PREVIEW"][:6]
    manifest = archive.observations.download_products(
        some, download_dir=folder, mrp_only=False, verbose=False
    )
    assert set(manifest["Status"]) == {"COMPLETE"}
    files = {path.name: path.read_bytes() for path in map(Path, manifest["Local Path"])}
    return sorted(rows["obs_id"]), list(products["dataURI"]), files


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS)
def test_a_server_in_front_changes_nothing(
    command: Command, tls: bool, place: Place, expected: Any, tmp_path: Path
) -> None:
    with running(command, tls, place):
        url = f"{'https' if tls else 'http'}://127.0.0.1:{place.port}"
        with connect(url, ca_bundle=place.crt) as archive:
            assert everything(archive, tmp_path / "files") == expected


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("login", [False, True], ids=["open", "login"])
@pytest.mark.parametrize("command", PROXIES.values(), ids=PROXIES)
def test_a_proxy_before_it_changes_nothing(
    command: Command,
    login: bool,
    tls: bool,
    place: Place,
    expected: Any,
    tmp_path: Path,
    secure_sample: Callable[[], str],
) -> None:
    url = secure_sample() if tls else f"http://{place.behind}"
    with running(command, login, place):
        name = f"{USER}:{PASSWORD}@" if login else ""
        proxy = f"http://{name}127.0.0.1:{place.port}"
        with connect(url, proxy=proxy, ca_bundle=place.crt) as archive:
            assert everything(archive, tmp_path / "files") == expected


@pytest.mark.parametrize(
    ("name", "login"), [("squid", ""), ("squid", f"{USER}:wrong-word@"), ("tinyproxy", "")]
)
def test_a_proxy_that_wants_a_login_is_named_and_the_password_is_not(
    name: str, login: str, place: Place
) -> None:
    refused(name, login, place, UnreachableError, r"The proxy wants another login")


def test_a_proxy_that_refuses_with_a_401_and_hangs_up_is_suspected(place: Place) -> None:
    said = r"401.*If the proxy .* refused"
    refused("tinyproxy", f"{USER}:wrong-word@", place, NotAuthorizedError, said)


def refused(name: str, login: str, place: Place, kind: type[Exception], said: str) -> None:
    """A query through a proxy ends in this error, which does not show the password."""
    with running(PROXIES[name], True, place):
        proxy = f"http://{login}127.0.0.1:{place.port}"
        with (
            connect(f"http://{place.behind}", proxy=proxy) as archive,
            pytest.raises(kind, match=said) as caught,
        ):
            archive.observations.query_criteria(**WANTED)
    assert "wrong-word" not in str(caught.value)


@pytest.fixture
def secure_sample(
    served_sample: str, certificate: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """The sample behind TLS, started when it is asked for."""
    folder = tmp_path_factory.mktemp("secure")
    place = Place(folder, free_port(), served_sample.removeprefix("http://"), certificate)
    with running(SERVERS["nginx"], True, place):
        yield lambda: f"https://127.0.0.1:{place.port}"
