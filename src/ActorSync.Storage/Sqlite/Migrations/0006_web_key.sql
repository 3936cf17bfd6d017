-- Migration 0006 (SQLite), issue 4: keys of sign-ins and sign-in states, shared by every process that serves browsers. Required. Runs once.

CREATE TABLE web_key (
  name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  nonce BLOB NOT NULL,
  tag BLOB NOT NULL,
  cipher BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT pk_web_key PRIMARY KEY (name)
) STRICT;
