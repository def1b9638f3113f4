"""The tables of archive.sqlite, written as SQL from the columns that MAST sends."""

from __future__ import annotations

from topmast.tables.fields import OBSERVATION, PRODUCT, Field

SQL_TYPES = {
    "string": "TEXT COLLATE NOCASE",
    "int": "INTEGER",
    "float": "REAL",
    "boolean": "INTEGER",
}


def is_identifier(field: Field) -> bool:
    """Whether MAST declares it a string and yet sends numbers."""
    return field.type == "string" and field.datatype == "long"


def quoted(name: str) -> str:
    """A column name as SQL takes it; it comes from the lists in fields.py, never from a request."""
    return f'"{name}"'


RIGHTS_TODAY = """
CASE WHEN "dataRights" = 'EXCLUSIVE_ACCESS' AND "t_obs_release" <= julianday('now') - 2400000.5
THEN 'PUBLIC' ELSE "dataRights" END COLLATE NOCASE
"""


def observation_value(name: str) -> str:
    """A column of the observations as it is today: what has been released is public."""
    return f"({RIGHTS_TODAY.strip()})" if name == "dataRights" else quoted(name)


def _column(field: Field) -> str:
    kind = "INTEGER" if is_identifier(field) else SQL_TYPES[field.type]
    return f"{quoted(field.name)} {kind}"


def _columns(fields: tuple[Field, ...], *, without: tuple[str, ...]) -> str:
    return ",\n  ".join(_column(field) for field in fields if field.name not in without)


TABLES = f"""
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE observations (
  number INTEGER PRIMARY KEY,
  "objID" INTEGER NOT NULL UNIQUE,
  {_columns(OBSERVATION, without=("objID",))}
);

-- Observations that the current footprint index does not know, or knows with an older footprint.
CREATE TABLE unindexed (
  number INTEGER PRIMARY KEY
);

-- Columns of which some value is a list, such as 'F606W;F814W'.
CREATE TABLE lists (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;

-- How many observations have each value of the short columns; '' stands for none.
CREATE TABLE counts (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  count INTEGER NOT NULL,
  UNIQUE (name, value)
);

-- parent_obsid is the obsid that product lists are asked for by; number counts from 1 in each.
CREATE TABLE products (
  "parent_obsid" INTEGER NOT NULL,
  number INTEGER NOT NULL,
  {_columns(PRODUCT, without=("parent_obsid",))},
  PRIMARY KEY ("parent_obsid", number)
) WITHOUT ROWID;

-- One row for every URI of a product; path is null where the file is not held.
CREATE TABLE files (
  uri TEXT PRIMARY KEY,
  path TEXT UNIQUE COLLATE NOCASE,
  size INTEGER,
  sha256 TEXT,
  etag TEXT,
  last_modified TEXT,
  obs_collection TEXT,
  obs_id TEXT,
  "productFilename" TEXT,
  "dataRights" TEXT
) WITHOUT ROWID;

CREATE TABLE names (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  resolver TEXT NOT NULL,
  "canonicalName" TEXT NOT NULL,
  ra REAL NOT NULL,
  decl REAL NOT NULL,
  radius REAL,
  "majorAxis" REAL,
  "minorAxis" REAL,
  "positionAngle" REAL,
  "objectType" TEXT,
  "searchRadius" REAL,
  "cacheDate" TEXT,
  UNIQUE (key, resolver)
);
"""

ACCOUNT_TABLES = """
-- proposals is a JSON list; null stands for all. password is null where only tokens log in.
CREATE TABLE IF NOT EXISTS accounts (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  uuid TEXT NOT NULL,
  password TEXT,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  proposals TEXT,
  created REAL NOT NULL
) WITHOUT ROWID;

-- The tokens themselves are not here: only the SHA-256 of each. Times are seconds since 1970.
CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL COLLATE NOCASE,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  proposals TEXT,
  created REAL NOT NULL,
  last_used REAL NOT NULL,
  idle_seconds REAL NOT NULL,
  expires REAL NOT NULL
) WITHOUT ROWID;

-- kind is 'session', or 'ticket' for a login that is half done.
CREATE TABLE IF NOT EXISTS sessions (
  sha256 TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  account TEXT NOT NULL COLLATE NOCASE,
  created REAL NOT NULL,
  expires REAL NOT NULL
) WITHOUT ROWID;

-- Logins that were tried, to slow down guessing.
CREATE TABLE IF NOT EXISTS login_attempts (
  who TEXT NOT NULL,
  at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS login_attempts_who ON login_attempts (who, at);

-- Products that the tables called exclusive, with where they come from.
CREATE TABLE IF NOT EXISTS exclusive (
  uri TEXT NOT NULL,
  "parent_obsid" INTEGER NOT NULL,
  "obsID" INTEGER NOT NULL,
  "proposal_id" TEXT,
  "dataRights" TEXT NOT NULL,
  PRIMARY KEY (uri, "parent_obsid", "obsID")
) WITHOUT ROWID;
"""
"""Archives made before there were accounts get these when something is first written to them."""

INDEXED = (
    ("obsid",),
    ("obs_id",),
    ("obs_collection", "t_min"),
    ("target_name",),
    ("proposal_id",),
)
INDEXES = {
    f"observations_{'_'.join(names)}": f'CREATE INDEX "observations_{"_".join(names)}" '
    f"ON observations ({', '.join(map(quoted, names))})"
    for names in INDEXED
}
"""Chosen from what people ask for; a large ingest drops them and builds them again at its end."""
