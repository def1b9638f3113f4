"""The unmodified client of astroquery, and ours, ask one `topmast serve` where products are."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import topmast

pytestmark = pytest.mark.peer


@pytest.fixture
def peer(served_sample: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """astroquery with its two fixed addresses led to the server."""
    pytest.importorskip("boto3")
    pytest.importorskip("astroquery.mast")
    for name, value in {
        "AWS_ENDPOINT_URL_S3": served_sample,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("astroquery.mast")
    utils = importlib.import_module("astroquery.mast.utils")
    ask = utils._simple_request
    monkeypatch.setattr(
        utils,
        "_simple_request",
        lambda url, *rest, **more: ask(
            url.replace("https://mast.stsci.edu", served_sample), *rest, **more
        ),
    )
    observations = module.ObservationsClass()
    observations.enable_cloud_dataset(verbose=False)
    return observations


def test_both_find_the_same_uris_in_every_form(peer: Any, served_sample: str) -> None:
    ours = topmast.connect(served_sample, dialect="astroquery").observations
    ours.enable_cloud_dataset(verbose=False)
    found = ours.query_criteria(obs_collection=["TESS", "IUE"])[:12]
    products = ours.get_product_list(found)
    products = products[[not uri.startswith("http") for uri in products["dataURI"]]][:60]
    assert len(products) > 45

    for form in ({}, {"include_bucket": False}, {"include_bucket": False, "full_url": True}):
        theirs = peer.get_cloud_uris(products, verbose=False, **form)
        assert ours.get_cloud_uris(products, verbose=False, **form) == theirs
        assert len(theirs) > 40
    assert ours.get_cloud_uri(products[0]) == peer.get_cloud_uri(str(products["dataURI"][0]))
    assert ours.get_cloud_uris(
        products, return_uri_map=True, verbose=False, extension="fits"
    ) == peer.get_cloud_uris(products, return_uri_map=True, verbose=False, extension="fits")
