-- Migration 0005 (PostgreSQL), issue 3: when a secret was entered, and until when one that a rotation replaced is valid. Required. Runs once.

ALTER TABLE channel_secret ADD COLUMN set_at timestamptz, ADD COLUMN ends_at timestamptz;
