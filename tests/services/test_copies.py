"""Clients and services cross to other processes, and are copied, without their login."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from pathlib import Path
from typing import Any

import pytest

import topmast
from topmast.client import Client
from topmast.net.origin import Login
from topmast.services.service import Service


@pytest.fixture(scope="module")
def client(sample_folder: Path) -> Client:
    return topmast.connect(sample_folder, timeout=77)


SERVICES = ("observations", "catalogs", "mast")


@pytest.mark.parametrize("make", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
@pytest.mark.parametrize("name", ["client", *SERVICES])
def test_a_copy_asks_the_same_archive_with_the_same_settings(
    client: Client, name: str, make: Any
) -> None:
    made = make(client if name == "client" else getattr(client, name))
    session = made.session if isinstance(made, Client) else made._session
    assert session is not client.session
    assert (session.where, session.setting("timeout")) == (client.session.where, 77)
    observations = made.observations if isinstance(made, Client) else made
    assert observations.resolve_object("M101").ra.deg == pytest.approx(210.80227)


@pytest.mark.parametrize("name", SERVICES)
def test_every_method_of_a_service_crosses(client: Client, name: str) -> None:
    service = getattr(client, name)
    names = [each for each in dir(type(service)) if not each.startswith("_")]
    methods = [each for each in names if callable(getattr(service, each))]
    assert "resolve_object" in methods
    for each in methods:
        method = pickle.loads(pickle.dumps(getattr(service, each)))
        assert (method.__name__, type(method.__self__)) == (each, type(service))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_pool_maps_a_method(client: Client, start: str) -> None:
    context = multiprocessing.get_context(start)
    with context.Pool(1) as pool:
        tables = pool.map(client.observations.query_object, ["M101", "M8"])
    assert [len(table) > 0 for table in tables] == [True, True]


def test_a_token_never_crosses(client: Client) -> None:
    private = topmast.connect("https://me:secret-password@example.org")
    private.session.log_in(Login("me", "secret-token", {"session": "secret-cookie"}))
    for it in (private, private.observations, private.observations.query_object):
        text = pickle.dumps(it)
        assert b"secret" not in text
        assert b"example.org" in text
    made: Service = copy.deepcopy(private.observations)
    assert (made._session.token, made._session.cookies) == (None, {})


def test_the_ready_made_instances_take_with_them_what_was_set_while_running(
    sample_folder: Path,
) -> None:
    topmast.conf.server = sample_folder
    made = pickle.loads(pickle.dumps(topmast.Observations))
    topmast.conf.reset()
    assert made._session.where == str(sample_folder)
