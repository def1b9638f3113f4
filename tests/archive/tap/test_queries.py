"""ADQL gives the rows that SQLite gives for the same question, word for word in its own SQL."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.archive.tap.conftest import Rows

NEAR = "apart(ra, dec, 0.1, 20.1)"
POINT = "POINT('ICRS', ra, dec)"

QUERIES = [
    # (ADQL, the same for SQLite, or "" if the text is the same)
    ("SELECT COUNT(*) FROM stars", ""),
    ("SELECT id, ra, dec, mag, kind, field FROM stars ORDER BY id", ""),
    ("SELECT TOP 7 id FROM stars ORDER BY id", "SELECT id FROM stars ORDER BY id LIMIT 7"),
    (
        "SELECT TOP 7 id FROM stars ORDER BY id DESC OFFSET 5",
        "SELECT id FROM stars ORDER BY id DESC LIMIT 7 OFFSET 5",
    ),
    ("SELECT id FROM stars ORDER BY id OFFSET 1990", "SELECT id FROM stars WHERE id > 1990"),
    ("SELECT TOP 0 id FROM stars", "SELECT id FROM stars LIMIT 0"),
    ("SELECT DISTINCT field FROM stars ORDER BY field", ""),
    ("SELECT DISTINCT TOP 3 field FROM stars ORDER BY field DESC",
     "SELECT DISTINCT field FROM stars ORDER BY field DESC LIMIT 3"),
    ("SELECT id FROM stars WHERE mag BETWEEN 10 AND 10.5 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE mag NOT BETWEEN 6.1 AND 17.9 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE mag IS NULL AND field > 6 ORDER BY id", ""),
    ("SELECT COUNT(*), COUNT(mag), COUNT(kind) FROM stars", ""),
    ("SELECT COUNT(DISTINCT kind) FROM stars", ""),
    ("SELECT id FROM stars WHERE kind = 'O''Neill' AND mag < 7 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE kind = 'Größe' AND mag < 7 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE kind LIKE 'S%' AND mag < 7 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE kind NOT LIKE '_TAR' AND mag < 7 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE kind ILIKE 'gal%' AND mag < 7 ORDER BY id",
     "SELECT id FROM stars WHERE lower(kind) LIKE 'gal%' AND mag < 7 ORDER BY id"),
    ("SELECT DISTINCT LOWER(kind) AS k FROM stars WHERE kind IN ('STAR', 'GALAXY') ORDER BY k", ""),
    ("SELECT id FROM stars WHERE field IN (1, 2) AND mag < 6.5 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE field NOT IN (1, 2, 3) AND mag < 6.3 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE (mag < 6.5 OR mag > 17.8) AND NOT field = 2 ORDER BY id", ""),
    ("SELECT id FROM stars WHERE mag <> 7 AND field != 3 AND mag <= 6.5 ORDER BY id", ""),
    ("SELECT field, COUNT(*) AS n FROM stars GROUP BY field ORDER BY field", ""),
    ("SELECT field, MIN(mag), MAX(mag), AVG(mag), SUM(mag) FROM stars GROUP BY field ORDER BY 1",
     ""),
    ("SELECT kind, SUM(field) AS s FROM stars WHERE kind IS NOT NULL GROUP BY kind "
     "HAVING COUNT(*) > 300 ORDER BY kind", ""),
    ("SELECT MIN(ra), MAX(dec), SUM(id) FROM stars", ""),
    ("SELECT field + 1, field - 1, field * 3, -field FROM stars WHERE id < 20 ORDER BY id", ""),
    ("SELECT id / 7, id / 7.0 FROM stars WHERE id < 30 ORDER BY id", ""),
    ("SELECT ABS(field), SQRT(id), POWER(mag, 2), EXP(field) FROM stars WHERE id < 50 ORDER BY id",
     ""),
    ("SELECT LOG(id), LOG10(id), MOD(id, 7) FROM stars WHERE id < 50 ORDER BY id",
     "SELECT ln(id), log10(id), id % 7 FROM stars WHERE id < 50 ORDER BY id"),
    ("SELECT SIN(RADIANS(ra)), COS(RADIANS(dec)), TAN(1.0), DEGREES(ATAN2(dec, ra)), PI() "
     "FROM stars WHERE id < 50 ORDER BY id", ""),
    ("SELECT FLOOR(mag), CEILING(mag), ROUND(mag, 1) FROM stars WHERE id < 90 ORDER BY id", ""),
    ("SELECT TRUNCATE(mag, 1) FROM stars WHERE id < 90 ORDER BY id",
     "SELECT trunc(mag * 10) / 10 FROM stars WHERE id < 90 ORDER BY id"),
    ("SELECT COALESCE(mag, -1), COALESCE(kind, 'none') FROM stars WHERE id < 90 ORDER BY id", ""),
    ("SELECT id || ':' || field FROM stars WHERE id < 9 ORDER BY id", ""),
    ("SELECT CAST(id AS VARCHAR), CAST(field AS DOUBLE PRECISION), CAST('12' AS INTEGER) "
     "FROM stars WHERE id < 9 ORDER BY id",
     "SELECT CAST(id AS TEXT), CAST(field AS REAL), 12 FROM stars WHERE id < 9 ORDER BY id"),
    ("SELECT CASE WHEN mag < 10 THEN 'bright' WHEN mag IS NULL THEN NULL ELSE 'faint' END "
     "FROM stars WHERE id < 40 ORDER BY id", ""),
    ("SELECT CASE field WHEN 1 THEN 'one' ELSE 'other' END FROM stars WHERE id < 40 ORDER BY id",
     ""),
    ("SELECT a.id, b.id FROM stars AS a JOIN stars AS b ON a.id = b.field WHERE b.mag < 7 "
     "ORDER BY a.id, b.id", ""),
    ("SELECT a.id, b.id FROM stars a, stars b WHERE a.id = b.id + 1 AND a.id < 9 ORDER BY a.id",
     ""),
    ("SELECT a.id, b.id FROM stars a LEFT OUTER JOIN stars b ON a.id = b.field AND b.mag < 6.2 "
     "WHERE a.id < 30 ORDER BY a.id, b.id",
     "SELECT a.id, b.id FROM stars a LEFT OUTER JOIN stars b ON a.id = b.field AND b.mag < 6.2 "
     "WHERE a.id < 30 ORDER BY a.id, b.id NULLS LAST"),
    ("SELECT id, n FROM (SELECT id, field AS n FROM stars) AS t JOIN (SELECT 3 AS n) AS u "
     "USING (n) WHERE id < 99 ORDER BY id", ""),
    ("SELECT COUNT(*) FROM stars a CROSS JOIN (SELECT DISTINCT field FROM stars) b", ""),
    ("SELECT COUNT(*) FROM stars NATURAL JOIN (SELECT 2 AS field) AS t", ""),
    ("SELECT id FROM stars WHERE mag = (SELECT MIN(mag) FROM stars)", ""),
    ("SELECT id FROM stars WHERE field IN (SELECT MAX(field) FROM stars) AND mag < 7 ORDER BY id",
     ""),
    ("SELECT id FROM stars a WHERE EXISTS (SELECT 1 FROM stars b WHERE b.field = a.id) ORDER BY id",
     ""),
    ("WITH bright AS (SELECT id, field FROM stars WHERE mag < 7) "
     "SELECT field, COUNT(*) FROM bright GROUP BY field ORDER BY field", ""),
    ("WITH a AS (SELECT field AS f FROM stars), b AS (SELECT DISTINCT f FROM a) "
     "SELECT COUNT(*) FROM b", ""),
    ("SELECT id FROM stars WHERE id < 4 UNION SELECT field FROM stars ORDER BY 1", ""),
    ("SELECT field FROM stars WHERE id < 9 UNION ALL SELECT 99 ORDER BY 1", ""),
    ("SELECT id FROM stars WHERE id < 9 EXCEPT SELECT field FROM stars ORDER BY 1", ""),
    ("SELECT id FROM stars INTERSECT SELECT field FROM stars ORDER BY 1", ""),
    ("SELECT TOP 1 9 AS n FROM stars UNION ALL SELECT 5000 ORDER BY 1",
     "SELECT 9 UNION ALL SELECT 5000 ORDER BY 1"),
    ('SELECT "id", t."Mag" AS "a b" FROM stars AS t WHERE id = 5',
     "SELECT id, mag FROM stars WHERE id = 5"),
    ("SELECT id FROM stars -- the faint ones\nWHERE mag > 17.9 ORDER BY id",
     "SELECT id FROM stars WHERE mag > 17.9 ORDER BY id"),
    # ------------------------------------------------------------- places
    (f"SELECT id FROM stars WHERE 1 = CONTAINS({POINT}, CIRCLE('ICRS', 0.1, 20.1, 0.2)) "
     "ORDER BY id", f"SELECT id FROM stars WHERE {NEAR} <= 0.2 ORDER BY id"),
    ("SELECT id FROM stars WHERE CONTAINS(POINT(ra, dec), CIRCLE(POINT(0.1, 20.1), 0.2)) = 1 "
     "AND mag < 12 ORDER BY id",
     f"SELECT id FROM stars WHERE {NEAR} <= 0.2 AND mag < 12 ORDER BY id"),
    ("SELECT COUNT(*) FROM stars WHERE 0 = CONTAINS(POINT(ra, dec), CIRCLE(0.1, 20.1, 1))",
     f"SELECT COUNT(*) FROM stars WHERE {NEAR} > 1"),
    ("SELECT id FROM stars WHERE DISTANCE(POINT(ra, dec), POINT(0.1, 20.1)) < 12/60.0 "
     "ORDER BY id", f"SELECT id FROM stars WHERE {NEAR} < 0.2 ORDER BY id"),
    ("SELECT id FROM stars WHERE 0.3 >= DISTANCE(ra, dec, 0.1, 20.1) ORDER BY id",
     f"SELECT id FROM stars WHERE {NEAR} <= 0.3 ORDER BY id"),
    ("SELECT id, DISTANCE(POINT(ra, dec), POINT(0.1, 20.1)) AS d FROM stars ORDER BY d, id",
     f"SELECT id, {NEAR} AS d FROM stars ORDER BY d, id"),
    ("SELECT id FROM stars WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(123, 90, 0.3)) ORDER BY id",
     "SELECT id FROM stars WHERE apart(ra, dec, 123, 90) <= 0.3 ORDER BY id"),
    ("SELECT id FROM stars WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(0, 20, 0.1)) "
     "OR 1=CONTAINS(POINT(ra, dec), CIRCLE(359.5, 20.5, 0.2)) ORDER BY id",
     "SELECT id FROM stars WHERE apart(ra, dec, 0, 20) <= 0.1 "
     "OR apart(ra, dec, 359.5, 20.5) <= 0.2 ORDER BY id"),
    ("SELECT id FROM stars WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(0, 20, 0.1)) OR mag < 6.1 "
     "ORDER BY id", "SELECT id FROM stars WHERE apart(ra, dec, 0, 20) <= 0.1 OR mag < 6.1 "
     "ORDER BY id"),
    ("SELECT COUNT(*) FROM stars WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(180, -20, 150))",
     "SELECT COUNT(*) FROM stars WHERE apart(ra, dec, 180, -20) <= 150"),
    ("SELECT a.id, b.id FROM stars a JOIN stars b "
     "ON 1=CONTAINS(POINT(a.ra, a.dec), CIRCLE(b.ra, b.dec, 0.02)) WHERE a.id < b.id "
     "AND a.field = 1 ORDER BY a.id, b.id",
     "SELECT a.id, b.id FROM stars a JOIN stars b ON apart(a.ra, a.dec, b.ra, b.dec) <= 0.02 "
     "WHERE a.id < b.id AND a.field = 1 AND abs(a.dec - b.dec) < 0.03 ORDER BY a.id, b.id"),
    ("SELECT a.id FROM stars a LEFT JOIN stars b ON a.id = b.id + 1 "
     "AND 1=CONTAINS(POINT(b.ra, b.dec), CIRCLE(0, 20, 0.5)) WHERE b.id IS NULL ORDER BY a.id",
     "SELECT a.id FROM stars a LEFT JOIN stars b ON a.id = b.id + 1 "
     "AND apart(b.ra, b.dec, 0, 20) <= 0.5 WHERE b.id IS NULL ORDER BY a.id"),
    ("SELECT COUNT(*) FROM stars WHERE id NOT IN "
     "(SELECT id FROM stars WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE(0, 20, 0.5)))",
     "SELECT COUNT(*) FROM stars WHERE apart(ra, dec, 0, 20) > 0.5"),
    ("SELECT COORD1(POINT(ra, dec)), COORD2(POINT(ra, dec)) FROM stars WHERE id < 9 ORDER BY id",
     "SELECT ra, dec FROM stars WHERE id < 9 ORDER BY id"),
]  # fmt: skip


@pytest.mark.parametrize(("adql", "sql"), QUERIES, ids=[adql[:60] for adql, _ in QUERIES])
def test_a_query_gives_the_rows_of_the_oracle(
    ask: Callable[[str], Rows], oracle: Callable[[str], Rows], adql: str, sql: str
) -> None:
    found, expected = ask(adql.replace(" stars", " catalogs.stars")), oracle(sql or adql)

    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert all(map(same, ours, theirs)), (ours, theirs)


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) or isinstance(theirs, float):
        return (ours is None) == (theirs is None) and (
            ours is None or math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)
        )
    return bool(ours == theirs)
