"""The version of topmast."""

__version__ = "0.1.0"


def install_command(extra: str) -> str:
    """What installs the packages of an extra, from where topmast itself was installed from."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        origin = json.loads(distribution("topmast").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        origin = {}
    parts = urlsplit(str(origin.get("url", "")))
    source = url2pathname(parts.path) if parts.scheme == "file" else "topmast"
    return f"pip install '{source}[{extra}]'"
