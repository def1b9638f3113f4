"""S3 as moto's server speaks it.

``TOPMAST_MOTO_PYTHON`` names an interpreter that has moto's server; without it the tests are left
out, since moto brings half a hundred packages.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from astropy.table import Table

import topmast
from tests.misbehaving import Misbehaving, Reply, Seen
from topmast.errors import CloudAccessWarning, HTTPStatusError, NotAuthorizedError
from topmast.services.observations import ObservationsClass
from topmast.wire.addresses import PATH_LOOKUP
from topmast.wire.path_lookup import decode_lookup, encode_paths

MOTO = os.environ.get("TOPMAST_MOTO_PYTHON", "")
pytestmark = pytest.mark.skipif(not MOTO, reason="TOPMAST_MOTO_PYTHON is not set")
CONTENT = os.urandom(3 << 20)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [MOTO, "-c", f"from moto.server import main; main(['-p', '{port}'])"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:  # type: ignore[call-overload]
        try:
            for _ in range(600):
                with socket.socket() as sock:
                    if sock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def filled(s3: str) -> str:
    pool = urllib3.PoolManager()
    assert pool.request("PUT", f"{s3}/stpubdata").status == 200
    public = {"Content-Type": "application/octet-stream", "x-amz-acl": "public-read"}
    for key in ("a.dat", "b%20%2B%26%23c.dat", "private.dat"):
        headers = {} if key == "private.dat" else public
        target = f"{s3}/stpubdata/hst/public/{key}"
        assert pool.request("PUT", target, body=CONTENT, headers=headers).status == 200
    target = f"{s3}/stpubdata/mast/hlsp/abc/d.dat"
    assert pool.request("PUT", target, body=CONTENT, headers=public).status == 200
    pool.clear()
    return s3


@pytest.fixture
def observations(filled: str) -> Iterator[ObservationsClass]:
    def paths(seen: Seen) -> Reply:
        uris = decode_lookup(seen.query)
        return Reply(body=encode_paths({uri: f"hst/public/{uri[5:]}" for uri in uris}))

    with Misbehaving() as server:
        server.on(PATH_LOOKUP, paths)
        server.on("/api/v0.1/Download/file", Reply(body=b"from the archive"))
        observations = topmast.connect(server.url, s3_server=filled).observations
        observations.enable_cloud_dataset(verbose=False)
        yield observations


def test_files_come_whole_and_a_missing_key_comes_from_the_archive(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    names = ["a.dat", "b +&#c.dat", "none.dat", "private.dat"]
    products = Table({"dataURI": [f"mast:{name}" for name in names], "productFilename": names})
    with pytest.warns(CloudAccessWarning, match="2 files could not be fetched from the cloud"):
        manifest = observations.download_products(
            products, tmp_path, flat=True, verbose=False, mrp_only=False
        )

    assert manifest is not None
    assert set(manifest["Status"]) == {"COMPLETE"}
    assert "404" in manifest["Message"][2]
    assert "403" in manifest["Message"][3]
    for path, name in zip(manifest["Local Path"], names, strict=True):
        content = CONTENT if name in names[:2] else b"from the archive"
        assert Path(path).read_bytes() == content


def test_parts_are_read_and_data_sets_are_listed(observations: ObservationsClass) -> None:
    with observations.open_product("mast:a.dat", as_file=True) as file:
        file.seek(1 << 20)
        assert file.read(1000) == CONTENT[1 << 20 :][:1000]
    assert observations.list_cloud_datasets() == ["hst", "mast/hlsp/abc"]


def test_what_is_not_there_is_an_error_in_the_words_of_s3(observations: ObservationsClass) -> None:
    with pytest.raises(HTTPStatusError, match="NoSuchKey"):
        observations.open_product("s3://stpubdata/hst/public/none.dat")
    with pytest.raises(NotAuthorizedError, match="only public objects"):
        observations.open_product("s3://stpubdata/hst/public/private.dat")
    with pytest.raises(HTTPStatusError, match="NoSuchBucket"):
        observations.open_product("s3://no-such-bucket/a.dat")
