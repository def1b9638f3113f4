-- The tables of archive.sqlite; the columns that MAST sends are those of topmast/tables/columns.

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE observations (
  number INTEGER PRIMARY KEY,
  "objID" INTEGER NOT NULL UNIQUE,
  @OBSERVATION_COLUMNS@
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
  @PRODUCT_COLUMNS@,
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
