-- Migration 0004 (SQLite), issue 3: tokens of channels whose logins expire, changed by compare-and-set. Required. Runs once.

CREATE TABLE channel_token (
  channel TEXT NOT NULL,
  version INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  nonce BLOB NOT NULL,
  tag BLOB NOT NULL,
  cipher BLOB NOT NULL,
  CONSTRAINT pk_channel_token PRIMARY KEY (channel),
  CONSTRAINT ck_channel_token_version CHECK (version > 0)
) STRICT;
