-- Migration 0005 (SQLite), issue 3: when a secret was entered, and until when one that a rotation replaced is valid. Required. Runs once.

ALTER TABLE channel_secret ADD COLUMN set_at INTEGER;
ALTER TABLE channel_secret ADD COLUMN ends_at INTEGER;
