"""The table of attacks in docs/security.md: `python -m tests.security.table` writes it anew."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "security.md"
BEGIN = "<!-- From here to the end of the table: written by tests/security/table.py. -->\n"
HEADINGS = {
    "test_credentials.py": "Wants a token or a password",
    "test_rights.py": "Wants data or an account without the right to it",
    "test_server.py": "Wants out of the server's folder, into its database, or to keep others out",
    "test_answers.py": "A server that attacks its clients",
}


def attacks(file: Path) -> Iterator[tuple[str, str]]:
    """What each test of a file tries, and the test's name."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield (ast.get_docstring(node) or "").partition("\n")[0], node.name


def table() -> str:
    """The table, from the tests themselves."""
    lines = []
    for name, heading in HEADINGS.items():
        lines += [f"### {heading}\n", "| attack | test |", "|---|---|"]
        found = attacks(HERE / name)
        lines += [f"| {what.rstrip('.')} | `{name[:-3]}::{test}` |" for what, test in found]
        lines.append("")
    return "\n".join(lines)


def page() -> str:
    """The whole page as it should be."""
    written = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    return f"{written}{BEGIN}\n{table()}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
