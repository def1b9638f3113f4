-- Files that `ingest` took from a folder of the user's own: where, and what tells a newer version.
CREATE TABLE IF NOT EXISTS own_files (
  path TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  uri TEXT NOT NULL
) WITHOUT ROWID;
