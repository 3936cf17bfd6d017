-- Migration 0006 (PostgreSQL), issue 4: keys of sign-ins and sign-in states, shared by every process that serves browsers. Required. Runs once.

CREATE TABLE web_key (
  name text COLLATE "C" NOT NULL,
  key_id text NOT NULL,
  nonce bytea NOT NULL,
  tag bytea NOT NULL,
  cipher bytea NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT pk_web_key PRIMARY KEY (name)
);
