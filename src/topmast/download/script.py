"""A curl script that does later, or elsewhere, what `download_products` would do now.

It puts the files where `download_products` puts them, goes on with unfinished ones, and takes
the token for exclusive data from ``$MAST_API_TOKEN`` when it runs; none is ever written into it.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from topmast.config.dialects import choice
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

HEAD = """\
#!/usr/bin/env bash
#
# Fetches {count} files from {server}
# (written by topmast {version} on {date}).
#
#     bash {name}
#
# The files go into folders beside this script. Run it again after an interruption: what is here
# is left alone, and an unfinished file goes on where it stopped, unless it changed meanwhile.
# A page that tells of an error is not taken for a file; the exit status is 1 if anything failed.
# For exclusive data, put your token into the environment first: export MAST_API_TOKEN=...

set -u
cd "$(dirname "$0")" || exit 1
command -v curl > /dev/null || {{ echo "This script needs curl." >&2; exit 1; }}

{check}failed=0
number=0

# The token goes through standard input, so that no list of processes shows it;
# curl does not send it on to another host.
ask() {{
    if [ -n "${{MAST_API_TOKEN:-}}" ]; then
        printf 'header = "Cookie: mast_token=%s"\\n' "$MAST_API_TOKEN" | curl --config - "$@"
    else
        curl "$@"
    fi
}}

start_of() {{
    dd if="$1" bs=512 count=1 2> /dev/null
}}

is_text() {{
    [ "$(start_of "$1" | LC_ALL=C tr -d '\\11\\12\\15\\40-\\176\\200-\\377' | wc -c)" -eq 0 ]
}}

# is_product PART FILE: whether what came can be the file. A login page or an error page, sent with
# the status 200, is text. Servers unpack .fits.gz or pack .fits on the way: either is right.
is_product() {{
    case $(printf '%s' "$2" | tr '[:upper:]' '[:lower:]') in
        *.fits | *.fit | *.fts | *.fz | *.gz | *.png | *.jpg | *.jpeg)
            case $(start_of "$1" | LC_ALL=C tr -d '\\0') in
                "SIMPLE  ="*) true ;;
                *) ! is_text "$1" ;;
            esac ;;
        *.html | *.htm | *.xhtml | *.xml) true ;;
        *) ! start_of "$1" | LC_ALL=C grep -Eqi '^[[:space:]]*<(!doctype html|html)' ;;
    esac
}}

# tell_size FILE SIZE: the product table is not always right, so another size is only told.
tell_size() {{
    local size
    size=$(($(wc -c < "$1")))
    [ "$size" = "$2" ] || echo "NOTE: $1 has $size bytes, the product table says $2." >&2
}}

# fetch ADDRESS FILE [SIZE]
fetch() {{
    local url=$1 file=$2 size=${{3:-}} part=$2.part head=$2.part.head etag try code arrived=no
    number=$((number + 1))
    if [ -e "$file" ]; then
        echo "[$number/{count}] $file is here"
        return
    fi
    echo "[$number/{count}] $file"
    mkdir -p "$(dirname "$file")"
    for try in 1 2 3 4 5; do
        # Only a strong ETag can prove that the rest belongs to what is here.
        etag=
        [ -s "$part" ] && [ -s "$head" ] && etag=$(tr -d '\\r' < "$head" |
            sed -n 's/^[Ee][Tt][Aa][Gg]: *\\("[^"]*"\\)$/\\1/p' | tail -n 1)
        if [ -n "$etag" ]; then
            ask "${{options[@]}}" --header "If-Range: $etag" --continue-at - --output "$part" "$url"
            code=$?
            # 22: nothing is left to fetch, or another error; 33, 36: the file has changed.
            case $code in 22 | 33 | 36) rm -f "$part" "$head" ;; esac
        else
            rm -f "$part" "$head"
            ask "${{options[@]}}" --dump-header "$head" --output "$part" "$url"
            code=$?
            [ $code = 22 ] && rm -f "$head" && break
        fi
        [ $code = 0 ] && arrived=yes && break
        sleep "$try"
    done
    if [ $arrived = yes ] && ! is_product "$part" "$file"; then
        echo "FAILED: $file: a text came in its place, which begins with:" \\
            "$(start_of "$part" | LC_ALL=C tr -cd '\\40-\\176' | cut -c 1-60)" >&2
        rm -f "$part" "$head"
        failed=$((failed + 1))
    elif [ $arrived = yes ] && mv "$part" "$file"; then
        rm -f "$head"
        [ -z "$size" ] || tell_size "$file" "$size"
    else
        echo "FAILED: $file" >&2
        failed=$((failed + 1))
    fi
}}

options=(--fail --silent --show-error --location --globoff --retry 3
    --connect-timeout 15 --speed-limit 100 --speed-time 120)

"""

BUNDLE = "/api/v0.1/Download/bundle.sh"
#: Where ``topmast serve`` puts a folder, which curl cannot ask.
SERVED = "http://127.0.0.1:8787"
CHECK = """\
curl --silent --output /dev/null {url}/ || {{
    printf 'Serve the archive first: topmast serve %s\\n' {folder} >&2
    exit 1
}}

"""

TAIL = """
[ $failed = 0 ] || { echo "$failed of {count} files FAILED; run this script again." >&2; exit 1; }
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
            row["Message"] = _left_out(plan.products)
            base = parse_layout(layout, flat=flat, columns=products.colnames).base
            content = script_text(plan.products, f"{base}/" if base else "", name, session).encode()
        save_script(Path(os.path.expanduser(shown)), content)
    except (MastError, OSError) as problem:
        row |= {"Status": "ERROR", "URL": url}
        row["Message"] = f"Curl could not be downloaded: {problem}"
    if verbose:
        done = "[Done]" if row["Status"] == "COMPLETE" else f"[Failed] {row['Message']}"
        print(f"Downloading URL {url} to {shown} ... {done}", flush=True)
    return table_of_rows([row], choice(session, "script_manifest"))


def script_text(products: Sequence[Product], base: str, name: str, session: Session) -> str:
    """The script: one ``fetch`` line for each file."""
    products = [product for product in products if not product.error]
    known = {
        "count": str(len(products)),
        "server": without_credentials(session.where),
        "check": CHECK.format(url=SERVED, folder=shlex.quote(session.where)) * _is_folder(session),
        "version": __version__,
        "date": time.strftime("%Y-%m-%d %H:%M:%S"),
        "name": name,
    }
    lines = [_fetch_line(product, base) for product in products]
    return "\n".join([HEAD.format_map(known), *lines, TAIL.replace("{count}", known["count"])])


def _fetch_line(product: Product, base: str) -> str:
    url = product.url
    if url.startswith(IN_PROCESS):
        url = SERVED + url.removeprefix(IN_PROCESS)
    words = ["fetch", url, f"./{base}{product.path}"]
    return shlex.join([*words, str(product.size)] if product.size else words)


def _is_folder(session: Session) -> bool:
    return session.servers.portal.startswith(IN_PROCESS)


def _from_archive(session: Session, products: Table, url: str) -> bytes:
    """The script as the archive writes it."""
    body = urlencode([("uri", uri) for uri in texts(products, "dataURI") if uri]).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return session.send(Request("POST", url, headers, body)).content


def _left_out(products: Sequence[Product]) -> str | None:
    bad = sum(bool(product.error) for product in products)
    return f"{bad} files could not be added to the curl script" if bad else None


def save_script(path: Path, content: bytes) -> None:
    """Write under another name first: a script is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
