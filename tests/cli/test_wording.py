"""Messages at the command line speak of its options, and never of Python."""

from __future__ import annotations

import re

import pytest

from topmast.cli.wording import in_options

PYTHON = re.compile(r"\w+=|\w+\(|conf\.|get_product_list|query_\w+|filter_products|download_\w+")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("or raise the limit: conf.timeout.", "or raise the limit: --timeout."),
        ("lower conf.connections.", "lower --connections."),
        (
            "or raise conf.read_timeout.",
            "or raise the environment variable TOPMAST_READ_TIMEOUT.",
        ),
        (
            "are left out; mrp_only=False takes them too (--all at the command line).",
            "are left out; --all takes them too.",
        ),
        (
            "Log in with a token: Observations.login(token=...), or set MAST_API_TOKEN.",
            "Log in with a token: --login, or set MAST_API_TOKEN.",
        ),
        (
            "A single file is fetched by its URI with download_file.",
            "A single file is fetched by its URI with topmast download URI.",
        ),
        (
            "The reason is productSubGroupDescription='A B' (without it 2 rows)",
            "The reason is --product-sub-group-description 'A B' (without it 2 rows)",
        ),
        ("obstype='all' finds calibrations too", "--criterion obstype=all finds calibrations too"),
    ],
)
def test_python_becomes_an_option(said: str, shown: str) -> None:
    assert in_options(said) == shown
    assert not PYTHON.search(in_options(said).replace("obstype=all", ""))
