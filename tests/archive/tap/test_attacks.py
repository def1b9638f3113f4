"""What is no query, or more than one archive can do, is refused with a clear word."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from topmast.archive import Archive
from topmast.archive.tap.run import TapQuery, run_query
from topmast.errors import InvalidQueryError, TimeoutError

STARS = "FROM catalogs.stars"
REFUSED = [
    ("", "no query"),
    ("   -- nothing", "no query"),
    ("hello", "begin with SELECT"),
    ("DROP TABLE catalogs.stars", "begin with SELECT"),
    (f"DELETE {STARS}", "begin with SELECT"),
    ("INSERT INTO catalogs.stars VALUES (1)", "begin with SELECT"),
    ("UPDATE catalogs.stars SET id = 1", "begin with SELECT"),
    ("CREATE TABLE t AS SELECT 1", "begin with SELECT"),
    ("COPY catalogs.stars TO '/tmp/x.csv'", "begin with SELECT"),
    ("COPY (SELECT 1) TO '/tmp/x.csv'", "begin with SELECT"),
    ("ATTACH '/tmp/x.db' AS x", "begin with SELECT"),
    ("PRAGMA database_list", "begin with SELECT"),
    ("SET enable_external_access = true", "begin with SELECT"),
    ("INSTALL httpfs", "begin with SELECT"),
    ("EXPLAIN SELECT 1", "begin with SELECT"),
    ("DESCRIBE SELECT 1", "begin with SELECT"),
    ("VALUES (1)", "begin with SELECT"),
    ("FROM catalogs.stars", "begin with SELECT"),
    ("CALL pragma_version()", "begin with SELECT"),
    ("SELECT 1; DROP TABLE x", "single statement"),
    ("SELECT 1; SELECT 2", "single statement"),
    ("SELECT * FROM read_csv('/etc/passwd')", "names of tables"),
    ("SELECT * FROM read_parquet('/etc/passwd')", "names of tables"),
    ("SELECT * FROM glob('/*')", "names of tables"),
    ("SELECT * FROM read_text('/etc/passwd') AS t", "names of tables"),
    ("SELECT * FROM '/etc/passwd'", "no table /etc/passwd"),
    ('SELECT * FROM "/etc/passwd"', "no table /etc/passwd"),
    ("SELECT * FROM duckdb_settings()", "names of tables"),
    ("SELECT * FROM information_schema.tables", "no table information_schema.tables"),
    ("SELECT * FROM sqlite_master", "no table sqlite_master"),
    ("SELECT * FROM main.source_1", "no table main.source_1"),
    ("SELECT * FROM source_1", "no table source_1"),
    ("SELECT * FROM a.b.c", "CATALOG"),
    ('WITH "/etc/passwd" AS (SELECT 1 AS a) SELECT * FROM "/etc/passwd"', "plain names"),
    ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
     "RECURSIVE"),
    ("SELECT * FROM catalogs.starz", "Did you mean"),
    (f"SELECT getenv('HOME') {STARS}", "no function GETENV"),
    (f"SELECT read_text('/etc/passwd') {STARS}", "no function READ_TEXT"),
    (f"SELECT sky_touches(1.0, 2.0, 3.0, 'x') {STARS}", "no function SKY_TOUCHES"),
    (f"SELECT current_setting('memory_limit') {STARS}", "no function CURRENT_SETTING"),
    (f"SELECT query('SELECT 1') {STARS}", "no function QUERY"),
    (f"SELECT repeat('a', 1000000000) {STARS}", "no function REPEAT"),
    (f"SELECT unnest(range(1000000000)) {STARS}", "no function"),
    (f"SELECT COLUMNS('.*') {STARS}", "no function COLUMNS"),
    (f"SELECT * EXCLUDE (id) {STARS}", "ADQL has no"),
    (f"SELECT {{'a': 1}} {STARS}", "ADQL has no STRUCT"),
    (f"SELECT [1, 2] {STARS}", "ADQL has no ARRAY"),
    (f"SELECT id::VARCHAR[] {STARS}", "CAST gives"),
    (f"SELECT x -> x + 1 {STARS}", ""),
    (f"SELECT id {STARS} LIMIT 5", "write SELECT TOP n"),
    (f"SELECT id {STARS} FETCH FIRST 5 ROWS ONLY", "write SELECT TOP n"),
    (f"SELECT id {STARS} TABLESAMPLE 10", "SAMPLE"),
    (f"SELECT ROW_NUMBER() OVER () {STARS}", "WINDOW"),
    (f"SELECT id {STARS} QUALIFY id = 1", "QUALIFY"),
    (f"SELECT id {STARS} WHERE id = ?", "parameters"),
    (f"SELECT $1 {STARS}", "not found"),
    (f"SELECT * {STARS} PIVOT (SUM(id) FOR kind IN ('a'))", "PIVOTS"),
    (f"SELECT a.* {STARS} a SEMI JOIN catalogs.stars b ON a.id = b.id", "SEMI"),
    (f"SELECT a.* {STARS} a POSITIONAL JOIN catalogs.stars b", "POSITIONAL"),
    (f"SELECT a.* {STARS} a ASOF JOIN catalogs.stars b ON a.id >= b.id", "ASOF"),
    (f"SELECT id {STARS} GROUP BY ALL", "ALL"),
    (f"SELECT TOP id id {STARS}", ""),
    (f"SELECT TOP -1 id {STARS}", ""),
    (f"SELECT FOO(id) {STARS}", "no function FOO"),
    (f"SELECT COUNT(id, 2) {STARS}", "COUNT takes 1 arguments, not 2"),
    (f"SELECT SUM(*) {STARS}", "only COUNT"),
    (f"SELECT nothing {STARS}", 'column "nothing" not found'),
    (f"SELECT id {STARS} WHERE kind > 5 AND field = 'x'", "Cannot compare"),
    (f"SELECT id, COUNT(*) {STARS}", "GROUP BY"),
    (f"SELECT id {STARS} WHERE", "cannot be read"),
    (f"SELECT (id {STARS}", "cannot be read"),
    (f"SELECT 'open {STARS}", "cannot be read"),
    (f"SELECT {'(' * 5000}1{')' * 5000} {STARS}", "too many brackets"),
    (f"SELECT {'1+' * 50000}1 {STARS}", ""),
    (f"SELECT id {STARS} WHERE id IN ({'1,' * 150000}1)", "Upload"),
    (f"SELECT id {STARS} WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(1, 95, 1))", "declination 95"),
    (f"SELECT id {STARS} WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(1, 2, -1))", "radius -1"),
    (f"SELECT id {STARS} WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(1, 2))", "CIRCLE takes"),
    (f"SELECT id {STARS} WHERE 1=CONTAINS(POINT(ra, dec), POLYGON(1, 2, 3, 4))", "POLYGON takes"),
    (f"SELECT id {STARS} WHERE 1=CONTAINS(POINT(ra, dec), POINT(1, 2))", "no POINT"),
    (f"SELECT id {STARS} WHERE 1=CONTAINS(POINT('GALACTIC', ra, dec), CIRCLE(1, 2, 3))",
     "ICRS"),
    (f"SELECT id {STARS} WHERE 1=CONTAINS(POINT(ra, dec), BOX(1, 2, 300, 4))", "no box"),
    (f"SELECT REGION('NONSENSE 1 2') {STARS}", "NONSENSE"),
    (f"SELECT IN_UNIT(mag, 'parsec') {STARS}", "IN_UNIT"),
]  # fmt: skip


@pytest.mark.parametrize(("adql", "said"), REFUSED, ids=[adql[:50] for adql, _ in REFUSED])
def test_what_is_no_query_is_refused_with_the_reason(
    tap_archive: Archive, adql: str, said: str
) -> None:
    with pytest.raises(InvalidQueryError) as problem:
        run_query(tap_archive, TapQuery(adql))

    assert said.lower() in str(problem.value).lower()
    assert len(str(problem.value)) < 1000
    assert str(tap_archive.folder) not in str(problem.value)


NEVER = f"SELECT COUNT(*) {STARS} a, catalogs.stars b, catalogs.stars c, catalogs.stars d"


def test_a_query_that_never_ends_is_ended(tap_archive: Archive) -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="longer than 1 seconds"):
        run_query(tap_archive, TapQuery(NEVER, seconds=1.0))

    assert time.monotonic() - start < 10


def test_of_endless_rows_only_the_first_are_made(tap_archive: Archive) -> None:
    adql = f"SELECT a.id {STARS} a, catalogs.stars b, catalogs.stars c, catalogs.stars d"

    content = run_query(tap_archive, TapQuery(adql, maxrec=10))

    assert content.count(b"<TR>") == 10
    assert content.index(b"</TABLE>") < content.index(b'value="OVERFLOW"')


def test_a_query_leaves_nothing_in_the_folder_but_its_cache(
    tap_archive: Archive, ask: Callable[[str], object]
) -> None:
    before = listed(tap_archive.folder)

    ask("SELECT COUNT(*) FROM caom.observations")
    ask(f"SELECT COUNT(*) {STARS}")

    assert {path.partition("/")[0] for path in listed(tap_archive.folder) - before} <= {"tap"}


def listed(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_connection_itself_reads_no_other_file(tap_archive: Archive, tmp_path: Path) -> None:
    """Should a query ever slip through, DuckDB still refuses."""
    import duckdb

    from topmast.archive.tap import run

    (tmp_path / "secret.csv").write_text("a\n1\n")
    with run._connection() as duck:
        run._lock(duck, [])
        for sql in (
            f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            f"ATTACH '{tmp_path}/other.db'",
            "SET enable_external_access = true",
            "SET memory_limit = '100GB'",
        ):
            with pytest.raises(duckdb.Error):
                duck.execute(sql)

    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
