-- The missions of the mission search. The datasets of each are in a table of their own,
-- mission_<name>, with the columns that mission_columns lists.

-- dataset is the column that names a dataset; ra and decl are those with its position.
CREATE TABLE IF NOT EXISTS missions (
  name TEXT PRIMARY KEY,
  dataset TEXT NOT NULL,
  ra TEXT NOT NULL,
  decl TEXT NOT NULL,
  sort_by TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS mission_columns (
  mission TEXT NOT NULL,
  number INTEGER NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (mission, number)
) WITHOUT ROWID;

-- about is the product as it is sent, in JSON; file is its URI in the table files.
CREATE TABLE IF NOT EXISTS mission_products (
  mission TEXT NOT NULL,
  dataset TEXT NOT NULL COLLATE NOCASE,
  number INTEGER NOT NULL,
  uri TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file TEXT NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (mission, dataset, number)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS mission_products_uri ON mission_products (mission, uri);
CREATE INDEX IF NOT EXISTS mission_products_file_name ON mission_products (mission, file_name);
