"""A curl script that downloads later, or elsewhere, what `download_products` would.

It puts the files where `download_products` puts them, goes on with unfinished ones, and takes
the token for exclusive data from ``$MAST_API_TOKEN`` when it runs; none is ever written into it.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from topmast.config.dialects import choice
from topmast.config.output import print_line
from topmast.download.folder.layout import Layout, parse_layout
from topmast.download.plan import plan_download
from topmast.download.product import GUIDE_COLUMNS, Product
from topmast.download.tables.products_table import require, texts
from topmast.errors import InputWarning, MastError, warn
from topmast.net.address import without_credentials
from topmast.net.messages import Request
from topmast.net.session import IN_PROCESS, Session
from topmast.version import __version__

if TYPE_CHECKING:
    from astropy.table import Table

BUNDLE = "/api/v0.1/Download/bundle.sh"
#: Where ``topmast serve`` puts a folder, which curl cannot ask.
SERVED = "http://127.0.0.1:8787"
CHECK = """\
curl --silent --output /dev/null {url}/ || {{
    printf 'Serve the archive first: topmast serve %s\\n' {folder} >&2
    exit 1
}}

"""


def download_script(
    session: Session,
    products: Table,
    *,
    download_dir: str | os.PathLike[str] | None = None,
    flat: bool = False,
    layout: str | Layout | None = None,
    verbose: bool = True,
) -> Table:
    """Write a curl script for `products` instead of fetching them.

    The script is called ``mastDownload_<time>.sh`` and lies in `download_dir`. In the dialect of
    astroquery the archive writes it, as astroquery has it; otherwise topmast does. For an archive
    that is a folder, it asks the address at which ``topmast serve`` offers that by default.

    Returns
    -------
    Table
        One row: Local Path, Status, Message, URL (no URL in the dialect of astroquery).
    """
    from topmast.download.tables.manifest import table_of_rows

    require(products, "dataURI")
    by_archive = choice(session, "script_manifest") != GUIDE_COLUMNS
    name = f"mastDownload_{time.strftime('%Y%m%d%H%M%S')}.sh"
    shown = os.path.join(os.fspath(download_dir or "."), name)
    row: dict[str, Any] = {"Local Path": shown, "Status": "COMPLETE", "Message": None, "URL": None}
    url = session.servers.portal + BUNDLE
    try:
        if by_archive:
            if layout is not None:
                warn("layout has no effect on a script that the archive writes.", InputWarning)
            content = _from_archive(session, products, url)
            content = content.replace(IN_PROCESS.encode(), SERVED.encode())
        else:
            plan = plan_download(
                session, products, download_dir=download_dir, flat=flat, layout=layout
            )
            url = plan.source
            if bad := sum(bool(product.error) for product in plan.products):
                row["Message"] = f"{bad} files could not be added to the curl script"
            base = parse_layout(layout, flat=flat, columns=products.colnames).base
            content = script_text(plan.products, f"{base}/" if base else "", name, session).encode()
        save_script(Path(os.path.expanduser(shown)), content)
    except (MastError, OSError) as problem:
        row |= {"Status": "ERROR", "URL": url}
        row["Message"] = f"Curl could not be downloaded: {problem}"
    if verbose:
        done = "[Done]" if row["Status"] == "COMPLETE" else f"[Failed] {row['Message']}"
        print_line(f"Downloading URL {url} to {shown} ... {done}")
    return table_of_rows([row], choice(session, "script_manifest"))


def script_text(products: Sequence[Product], base: str, name: str, session: Session) -> str:
    """The script: one ``fetch`` line for each file."""
    products = [product for product in products if not product.error]
    check = CHECK.format(url=SERVED, folder=shlex.quote(session.where))
    known = {
        "count": str(len(products)),
        "server": without_credentials(session.where),
        "check": check if session.servers.portal.startswith(IN_PROCESS) else "",
        "version": __version__,
        "date": time.strftime("%Y-%m-%d %H:%M:%S"),
        "name": name,
        "lines": "\n".join(_fetch_line(product, base) for product in products),
    }
    template = Path(__file__).with_name("script.sh").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda found: known[found[1]], template)


def _fetch_line(product: Product, base: str) -> str:
    url = product.url
    if url.startswith(IN_PROCESS):
        url = SERVED + url.removeprefix(IN_PROCESS)
    words = ["fetch", url, f"./{base}{product.path}"]
    return shlex.join([*words, str(product.size)] if product.size else words)


def _from_archive(session: Session, products: Table, url: str) -> bytes:
    """The script as the archive writes it."""
    body = urlencode([("uri", uri) for uri in texts(products, "dataURI") if uri]).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return session.send(Request("POST", url, headers, body)).content


def save_script(path: Path, content: bytes) -> None:
    """Write under another name first: a script is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
