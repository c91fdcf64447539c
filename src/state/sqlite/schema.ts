/** Marks a file as a state of this program in the SQLite header ("RIB1" in ASCII). */
export const applicationId = 0x52494231;

/** The format this version writes and the newest it reads; kept in the SQLite header as `user_version`. */
export const formatVersion = 3;

/**
 * The tables of format 1, to which every later format only adds. Every row that a plan rests on carries a `seal` (see seal.ts). Tables whose key
 * is text are WITHOUT ROWID: the key is the storage order, so there is no second index to keep or to break.
 * `meta` keeps its shape in every later format, so that an older program can name the version that wrote it.
 */
const format1 = `
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE links (
  source TEXT NOT NULL,
  type TEXT NOT NULL,
  external_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (source, type, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  origin TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE disabled_accounts (
  id TEXT PRIMARY KEY,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attributes (
  account_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  source TEXT NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  origin TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
  group_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (group_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE taken_away (
  run TEXT NOT NULL,
  operation TEXT NOT NULL,
  item INTEGER NOT NULL,
  class TEXT NOT NULL,
  at INTEGER NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (run, operation, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX taken_away_at ON taken_away (at);

CREATE TABLE snapshots (
  source TEXT PRIMARY KEY,
  taken_at TEXT NOT NULL,
  users INTEGER NOT NULL,
  groups INTEGER NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  operation TEXT NOT NULL,
  body TEXT,
  seal INTEGER,
  intended_at INTEGER,
  sent_at INTEGER,
  state TEXT,
  code TEXT,
  settled_at INTEGER,
  closed_by TEXT,
  UNIQUE (run, operation)
) STRICT;
CREATE INDEX journal_open ON journal (operation) WHERE closed_by IS NULL;

CREATE TABLE runs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  operations INTEGER NOT NULL,
  record BLOB NOT NULL
) STRICT;

CREATE TABLE sends (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX sends_at ON sends (at);
`;

/** What format 2 adds: last reads, grace and drift, held plans and approvals, the audit chain and its names. */
const format2 = `
CREATE TABLE reads (
  side TEXT NOT NULL,
  part INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (side, part)
) STRICT;

CREATE TABLE grace (
  source TEXT NOT NULL,
  external_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE drifts (
  subject TEXT NOT NULL,
  field TEXT NOT NULL,
  at INTEGER NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (subject, field, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE held (
  key TEXT PRIMARY KEY,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE approvals (
  key TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  by TEXT NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE approved (
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (key, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE names (
  token TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What format 3 adds: invites, and access to single objects. */
const format3 = `
CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  reissues INTEGER NOT NULL,
  seal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  group_id TEXT NOT NULL,
  object TEXT NOT NULL,
  level TEXT NOT NULL,
  seal INTEGER NOT NULL,
  PRIMARY KEY (group_id, object)
) STRICT, WITHOUT ROWID;
`;

/** What each format adds to the one before it, the first one to an empty file. */
export const formats: readonly string[] = [format1, format2, format3];
