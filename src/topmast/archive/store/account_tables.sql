-- The tables of logins and rights. Archives made before there were accounts get these when
-- something is first written to them.

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
