-- Bounded deletes (PostgreSQL). Ids of the log rise with time, so the oldest rows are looked at and no index over the time is kept for it.

-- name: PruneLog
DELETE FROM sync_log WHERE id IN (SELECT id FROM (SELECT id, at FROM sync_log ORDER BY id LIMIT @limit) AS oldest WHERE at < @before::timestamptz);

-- name: DropEventBodies
UPDATE inbox SET body = NULL WHERE id IN (
  SELECT id FROM inbox WHERE body IS NOT NULL AND handled_at IS NOT NULL AND handled_at < @before::timestamptz ORDER BY handled_at LIMIT @limit);

-- name: PruneEvents
DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE handled_at IS NOT NULL AND handled_at < @before::timestamptz ORDER BY handled_at LIMIT @limit);

-- name: PruneAttempts
DELETE FROM push_attempt WHERE id IN (SELECT id FROM push_attempt WHERE started_at < @before::timestamptz ORDER BY started_at LIMIT @limit);

-- name: PruneIdempotency
DELETE FROM idempotency WHERE (tenant, key) IN (SELECT tenant, key FROM idempotency WHERE created_at < @before::timestamptz ORDER BY created_at LIMIT @limit);
