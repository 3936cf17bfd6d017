-- Migration 0004 (PostgreSQL), issue 3: tokens of channels whose logins expire, changed by compare-and-set. Required. Runs once.

CREATE TABLE channel_token (
  channel text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  key_id text NOT NULL,
  nonce bytea NOT NULL,
  tag bytea NOT NULL,
  cipher bytea NOT NULL,
  CONSTRAINT pk_channel_token PRIMARY KEY (channel),
  CONSTRAINT ck_channel_token_version CHECK (version > 0)
);
