-- Migration 0003 (SQLite), issue 3: when each link was last read whole, for the drift scan. Required. Runs once.

ALTER TABLE channel_link ADD COLUMN verified_at INTEGER;

CREATE INDEX ix_channel_link_verified ON channel_link (channel, status, verified_at);
CREATE INDEX ix_channel_link_scan ON channel_link (channel, product_id) WHERE external_id IS NOT NULL;
