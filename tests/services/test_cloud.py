"""Files come from the cloud where they are there, and from the archive where not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

import topmast
from tests.misbehaving import Misbehaving, Reply, Seen
from topmast.errors import (
    CloudAccessWarning,
    HTTPStatusError,
    InputWarning,
    InvalidQueryError,
    NoResultsWarning,
    NotAuthorizedError,
    RemoteServiceError,
)
from topmast.services.observations import ObservationsClass
from topmast.wire.addresses import PATH_LOOKUP
from topmast.wire.path_lookup import decode_lookup, encode_paths
from topmast.wire.s3 import Listing, ListingQuery, encode_error, encode_listing

DOWNLOAD = "/api/v0.1/Download/file"
BUCKET = "/stpubdata"


class Both:
    """A server that stands for the archive and for S3; `cloud` are the keys of products."""

    def __init__(self, server: Misbehaving) -> None:
        self.server = server
        self.cloud: dict[str, str] = {}
        server.on(PATH_LOOKUP, self._paths)

    def _paths(self, seen: Seen) -> Reply:
        uris = decode_lookup(seen.query)
        return Reply(body=encode_paths({uri: self.cloud.get(uri) for uri in uris}))

    def put(self, name: str, *replies: Reply, home: bytes | None = b"from the archive") -> str:
        """A product with these replies of S3; none: it is not in the cloud."""
        uri, key = f"mast:HST/product/{name}", f"hst/public/{name}"
        if replies:
            self.cloud[uri] = key
            self.server.on(f"{BUCKET}/{key}", *replies)
        if home is not None:
            self.server.on(f"{DOWNLOAD}?uri={uri}", Reply(body=home, etag='"home"'))
        return uri

    def asked(self, method: str = "") -> list[str]:
        """Paths of the requests so far."""
        return [seen.path for seen in self.server.requests if method in ("", seen.method)]


@pytest.fixture
def both() -> Iterator[Both]:
    with Misbehaving() as server:
        yield Both(server)


@pytest.fixture
def observations(both: Both) -> ObservationsClass:
    observations = topmast.connect(both.server.url, tries=2).observations
    observations.enable_cloud_dataset(verbose=False)
    return observations


def table(*uris: str) -> Table:
    names = [uri.rpartition("/")[2] for uri in uris]
    columns = {"dataURI": list(uris), "productFilename": names, "obs_id": names}
    return Table(columns | {"obs_collection": ["HST"] * len(uris)})


def fetched(observations: ObservationsClass, folder: Path, *uris: str, **options: Any) -> Table:
    manifest = observations.download_products(
        table(*uris), folder, flat=True, verbose=False, mrp_only=False, **options
    )
    assert manifest is not None
    return manifest


def in_cloud(content: bytes = b"from the cloud") -> Reply:
    return Reply(
        body=content, etag='"cloud"', ranges="honoured", headers={"Accept-Ranges": "bytes"}
    )


def refused(status: int, code: str, **headers: str) -> Reply:
    return Reply(status, encode_error(code, "In words"), headers)


# ------------------------------------------------------------------------------- downloads


def test_a_file_comes_from_the_cloud_without_a_request_before_its_first_byte(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    uris = [both.put(f"f{n}.txt", in_cloud(b"%d" % n)) for n in range(50)]
    manifest = fetched(observations, tmp_path, *uris)

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert (tmp_path / "f7.txt").read_bytes() == b"7"
    assert len(both.server.seen(PATH_LOOKUP)) == 2
    assert not both.asked("HEAD")
    assert len(both.asked()) == 52


def test_what_is_not_in_the_cloud_comes_from_the_archive(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    manifest = fetched(observations, tmp_path, both.put("a.txt"))

    assert manifest["Status"][0] == "COMPLETE"
    assert (tmp_path / "a.txt").read_bytes() == b"from the archive"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refused(403, "AccessDenied"), "403 Forbidden"),
        (refused(404, "NoSuchKey"), "404 Not Found"),
        (refused(301, "PermanentRedirect", **{"x-amz-bucket-region": "eu-west-1"}), "301 Moved"),
        (refused(400, "AuthorizationHeaderMalformed"), "400 Bad Request"),
        (Reply(503, b"Slow Down"), "503 Service Unavailable"),
        (Reply(hang_up=True), "Tried 2 times"),
        (Reply(body=b"<html>Not logged in</html>"), "no whole file"),
    ],
)
def test_a_failure_of_the_cloud_is_made_up_for_by_the_archive_which_says_so(
    both: Both, observations: ObservationsClass, tmp_path: Path, reply: Reply, said: str
) -> None:
    uri = both.put("a.fits.txt", reply)
    with pytest.warns(CloudAccessWarning, match="asked of the archive instead"):
        manifest = fetched(observations, tmp_path, uri)

    assert manifest["Status"][0] == "COMPLETE"
    assert "could not be fetched from the cloud" in manifest["Message"][0]
    assert said in manifest["Message"][0]
    assert (tmp_path / "a.fits.txt").read_bytes() == b"from the archive"


def test_a_lookup_that_fails_leaves_all_files_to_the_archive(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    uris = [both.put(f"f{n}.txt", in_cloud()) for n in range(5)]
    both.server.on(PATH_LOOKUP, Reply(404, b"no such service"))
    with pytest.warns(CloudAccessWarning, match="404"):
        manifest = fetched(observations, tmp_path, *uris)

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert (tmp_path / "f3.txt").read_bytes() == b"from the archive"


def test_a_cloud_that_does_not_answer_is_left_alone_after_a_few_files(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    uris = [both.put(f"f{n}.txt", Reply(hang_up=True)) for n in range(20)]
    with pytest.warns(CloudAccessWarning):
        manifest = fetched(observations, tmp_path, *uris, connections=1)

    assert set(manifest["Status"]) == {"COMPLETE"}
    asked = [path for path in both.asked() if path.startswith(BUCKET)]
    assert len(set(asked)) <= 5


def test_cloud_only_skips_what_is_not_there_and_says_why(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    uris = [both.put("a.txt"), both.put("b.txt", refused(403, "AccessDenied"))]
    uris.append(both.put("c.txt", in_cloud()))
    with pytest.warns(CloudAccessWarning, match="1 file could .* were skipped"):
        manifest = fetched(observations, tmp_path, *uris, cloud_only=True)

    assert manifest["Status"].tolist() == ["SKIPPED", "SKIPPED", "COMPLETE"]
    assert manifest["Message"][0] == "Product not found in cloud"
    assert "403 Forbidden" in manifest["Message"][1]
    assert not both.server.seen(DOWNLOAD)


def test_force_on_prem_and_disabling_leave_the_cloud_alone(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    uri = both.put("a.txt", in_cloud())
    fetched(observations, tmp_path, uri, force_on_prem=True)
    observations.disable_cloud_dataset()
    status, _, _ = observations.download_file(uri, tmp_path / "b.txt", verbose=False)

    assert status == "COMPLETE"
    assert set(both.asked()) == {DOWNLOAD}


def test_cloud_only_without_the_cloud_warns(both: Both, tmp_path: Path) -> None:
    observations = topmast.connect(both.server.url).observations
    with pytest.warns(InputWarning, match="enable_cloud_dataset"):
        fetched(observations, tmp_path, both.put("a.txt", in_cloud()), cloud_only=True)


def test_both_ways_at_once_are_refused(observations: ObservationsClass, tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match="only one of cloud_only and force_on_prem"):
        fetched(observations, tmp_path, "mast:a/b.txt", cloud_only=True, force_on_prem=True)


def test_products_of_a_mission_come_only_from_the_cloud_or_only_from_the_archive(
    both: Both, tmp_path: Path
) -> None:
    missions = topmast.connect(both.server.url, tries=2).missions
    missions.enable_cloud_dataset(verbose=False)
    uris = [both.put("a.txt", in_cloud()), both.put("b.txt")]
    products = Table({"uri": uris, "filename": ["a.txt", "b.txt"], "dataset": ["d", "d"]})
    cloud = missions.download_products(
        products, download_dir=tmp_path / "cloud", cloud_only=True, verbose=False
    )
    archive = missions.download_products(
        products, download_dir=tmp_path / "archive", force_on_prem=True, verbose=False
    )
    one = missions.download_file(
        uris[0], local_path=tmp_path / "one.txt", force_on_prem=True, verbose=False
    )

    assert cloud is not None
    assert archive is not None
    assert cloud["Status"].tolist() == ["COMPLETE", "SKIPPED"]
    assert Path(cloud["Local Path"][0]).read_bytes() == b"from the cloud"
    assert archive["Status"].tolist() == ["COMPLETE", "COMPLETE"]
    assert Path(archive["Local Path"][0]).read_bytes() == b"from the archive"
    assert one[0] == "COMPLETE"
    assert (tmp_path / "one.txt").read_bytes() == b"from the archive"
    with pytest.raises(InvalidQueryError, match="only one of cloud_only and force_on_prem"):
        missions.download_file(uris[0], cloud_only=True, force_on_prem=True)


def test_one_file_comes_from_the_cloud_too(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    uri = both.put("a.txt", in_cloud())
    status, message, url = observations.download_file(uri, tmp_path / "x.txt", verbose=False)

    assert (status, message, url) == ("COMPLETE", None, None)
    assert (tmp_path / "x.txt").read_bytes() == b"from the cloud"


def test_a_held_file_is_asked_about_only_where_it_came_from(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    uri = both.put("a.txt", in_cloud())
    fetched(observations, tmp_path, uri)
    again = fetched(observations, tmp_path, uri, cache="check")
    assert again["Source"][0] == "disk"
    assert both.server.requests[-1].headers["if-none-match"] == '"cloud"'

    verified = topmast.connect(both.server.url).verify(tmp_path, current=True)
    assert verified["State"].tolist() != ["superseded"]
    observations.disable_cloud_dataset()
    fetched(observations, tmp_path, uri, cache="check")
    assert "if-none-match" not in both.server.requests[-1].headers
    assert (tmp_path / "a.txt").read_bytes() == b"from the archive"


def test_the_token_never_goes_to_the_cloud(both: Both, tmp_path: Path) -> None:
    with Misbehaving("127.0.0.2") as s3:
        client = topmast.connect(both.server.url, s3_server=s3.url)
        client.session.token = "very-secret-token"
        client.observations.enable_cloud_dataset(verbose=False)
        uri = both.put("a.txt", in_cloud())
        s3.on(f"{BUCKET}/hst/public/a.txt", in_cloud(b"elsewhere"))
        manifest = fetched(client.observations, tmp_path, uri)

    assert manifest["Source"][0] == f"127.0.0.2:{s3.port}"
    assert (tmp_path / "a.txt").read_bytes() == b"elsewhere"
    assert "very-secret-token" not in str([seen.headers for seen in s3.requests])


# -------------------------------------------------------------------------- kill and resume

VICTIM = """
import sys, topmast
from astropy.table import Table
url, uri, folder = sys.argv[1:]
observations = topmast.connect(url).observations
observations.enable_cloud_dataset(verbose=False)
products = Table({"dataURI": [uri], "productFilename": ["a.dat"]})
observations.download_products(products, folder, flat=True, verbose=False, mrp_only=False,
                               bandwidth="2 MB/s")
"""


def test_a_killed_download_goes_on_where_it_stopped(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    content = os.urandom(6 << 20)
    uri = both.put("a.dat", in_cloud(content), home=None)
    command = [sys.executable, "-c", VICTIM, both.server.url, uri, str(tmp_path)]
    part = tmp_path / "a.dat.part"
    with subprocess.Popen(command) as victim:
        while victim.poll() is None and not (part.exists() and part.stat().st_size > 1 << 20):
            time.sleep(0.01)
        victim.send_signal(signal.SIGKILL)
    had = part.stat().st_size
    assert not (tmp_path / "a.dat").exists()

    manifest = fetched(observations, tmp_path, uri)

    assert manifest["Status"][0] == "COMPLETE"
    assert (tmp_path / "a.dat").read_bytes() == content
    last = both.server.requests[-1].headers
    assert int(last["range"].removeprefix("bytes=").rstrip("-")) >= had - (1 << 18)
    assert last["if-range"] == '"cloud"'


def test_what_the_cloud_began_the_archive_does_not_glue_on_to(
    both: Both, observations: ObservationsClass, tmp_path: Path
) -> None:
    content, home = os.urandom(2 << 20), os.urandom(2 << 20)
    cut = Reply(body=content, etag='"cloud"', end_at=1 << 20, headers={"Accept-Ranges": "bytes"})
    uri = both.put("a.dat", cut, refused(403, "AccessDenied"), home=home)
    with pytest.warns(CloudAccessWarning):
        fetched(observations, tmp_path, uri)

    assert (tmp_path / "a.dat").read_bytes() == home


# ---------------------------------------------------------------------------------- where


def test_uris_are_given_in_all_forms_once_each(both: Both, observations: ObservationsClass) -> None:
    uri = both.put("a b.fits", in_cloud())
    products = table(uri, uri)

    assert observations.get_cloud_uri(uri) == "s3://stpubdata/hst/public/a b.fits"
    assert observations.get_cloud_uri(products[0]) == "s3://stpubdata/hst/public/a b.fits"
    assert observations.get_cloud_uris(products) == ["s3://stpubdata/hst/public/a b.fits"]
    assert observations.get_cloud_uris([uri], include_bucket=False) == ["hst/public/a b.fits"]
    assert observations.get_cloud_uris([uri], include_bucket=False, full_url=True) == [
        f"{both.server.url}/stpubdata/hst/public/a%20b.fits"
    ]


def test_missing_ones_are_left_out_or_none(both: Both, observations: ObservationsClass) -> None:
    here, gone = both.put("a.txt", in_cloud()), both.put("b.txt")
    with pytest.warns(NoResultsWarning, match="path for mast:HST/product/b.txt: not in the cloud"):
        assert len(observations.get_cloud_uris([here, gone]) or ()) == 1
    assert observations.get_cloud_uris([gone, here], return_uri_map=True, verbose=False) == {
        gone: None,
        here: "s3://stpubdata/hst/public/a.txt",
    }
    with pytest.warns(NoResultsWarning):
        assert observations.get_cloud_uri(gone) is None


def test_five_hundred_products_need_thirteen_requests_at_the_same_time(
    both: Both, observations: ObservationsClass
) -> None:
    uris = [both.put(f"f{n}.txt", in_cloud()) for n in range(500)]

    assert len(observations.get_cloud_uris(uris) or ()) == 500
    assert len(both.asked()) == 13


def test_calls_that_mean_nothing_are_refused(observations: ObservationsClass) -> None:
    with pytest.raises(InvalidQueryError, match="Give products, a list of URIs, or criteria"):
        observations.get_cloud_uris()
    with pytest.raises(InvalidQueryError, match="products or criteria, not both"):
        observations.get_cloud_uris(["mast:a"], obs_id="b")
    with pytest.raises(InvalidQueryError, match="7 is no URI"):
        observations.get_cloud_uris([7])  # type: ignore[list-item]
    with pytest.raises(InvalidQueryError, match="'azure'"):
        observations.enable_cloud_dataset("azure")
    with pytest.warns(InputWarning, match="profile has no effect"):
        observations.enable_cloud_dataset(profile="me", verbose=False)
    with pytest.warns(NoResultsWarning, match="No matching products"):
        assert observations.get_cloud_uris([]) is None
    with pytest.warns(InputWarning, match="Filtering is not supported"):
        observations.get_cloud_uris(["mast:a"], extension="fits", verbose=False)


def test_in_the_place_of_astroquery_the_cloud_is_enabled_first(both: Both) -> None:
    observations = topmast.connect(both.server.url, dialect="astroquery").observations
    uri = both.put("a.txt", in_cloud())
    for call in (observations.get_cloud_uri, observations.get_cloud_uris):
        with pytest.raises(RemoteServiceError, match="enable_cloud_dataset"):
            call(uri)  # type: ignore[operator]
    observations.enable_cloud_dataset(verbose=False)
    assert observations.get_cloud_uris([uri], include_bucket=False, full_url=True) == [
        "http://s3.amazonaws.com/stpubdata/hst/public/a.txt"
    ]


def test_data_sets_are_the_top_folders_and_each_contributed_collection(
    both: Both, observations: ObservationsClass
) -> None:
    def listing(seen: Seen) -> Reply:
        query = ListingQuery()
        if "hlsp" in seen.query:
            return Reply(body=encode_listing("b", query, Listing(("mast/hlsp/abc/",))))
        if "continuation" in seen.query:
            return Reply(body=encode_listing("b", query, Listing(("tess/",))))
        return Reply(body=encode_listing("b", query, Listing(("hst/", "mast/"), "hst/x")))

    both.server.on(BUCKET, listing)
    assert observations.list_cloud_datasets() == ["hst", "mast/hlsp/abc", "tess"]


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (refused(403, "AccessDenied"), NotAuthorizedError, "only public objects"),
        (refused(404, "NoSuchBucket"), HTTPStatusError, "NoSuchBucket: In words"),
        (
            refused(301, "PermanentRedirect", **{"x-amz-bucket-region": "eu-west-1"}),
            HTTPStatusError,
            "region eu-west-1: set conf.s3_server to 'https://s3.eu-west-1.amazonaws.com'",
        ),
    ],
)
def test_a_bucket_that_cannot_be_listed_is_a_clear_error(
    both: Both, observations: ObservationsClass, reply: Reply, kind: type[Exception], said: str
) -> None:
    both.server.on(BUCKET, reply)
    with pytest.raises(kind, match=said.replace("(", r"\(")):
        observations.list_cloud_datasets()
