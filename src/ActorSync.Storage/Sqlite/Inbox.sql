-- Statements of the webhook inbox (SQLite).

-- name: AppendEvents
-- A repeat is counted and has no other effect; the answer tells which of the two it was.
INSERT INTO inbox (partition, tenant, channel, event_key, topic, resource, headers, body, received_at, clock_offset_ms, state, attempts, duplicates, due_at)
VALUES (@partition, @tenant, @channel, @event_key, @topic, @resource, @headers, @body, @received_at, @clock_offset_ms, 'waiting', 0, 0, @received_at)
ON CONFLICT (channel, event_key) DO UPDATE SET duplicates = inbox.duplicates + 1
RETURNING duplicates = 0;

-- name: CommitUnsynced
-- Before the transaction, and taken back after it; PostgreSQL says it inside, for this transaction only.
PRAGMA synchronous = NORMAL;

-- name: LockPartition
-- The one writer of SQLite is lock enough; PostgreSQL takes an advisory lock here.
SELECT @partition;

-- name: LeaseEvents
-- Oldest first. A row is passed over while an older row of its resource is leased under another token.
WITH candidate AS (
  SELECT id, channel, resource FROM inbox
  WHERE partition = @partition AND state = 'waiting' AND due_at <= @now AND (lease_until IS NULL OR lease_until <= @now)
  ORDER BY id LIMIT @limit
), held AS (
  SELECT channel, resource, min(id) AS id FROM inbox
  WHERE partition = @partition AND state = 'waiting' AND lease_until > @now AND lease_token <> @token AND id < (SELECT max(id) FROM candidate)
  GROUP BY channel, resource
)
UPDATE inbox SET lease_owner = @owner, lease_token = @token, lease_until = @until
WHERE id IN (
  SELECT candidate.id FROM candidate
  WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.channel = candidate.channel AND held.resource = candidate.resource AND held.id < candidate.id))
RETURNING id, tenant, channel, event_key, topic, resource, partition, headers, body, received_at, clock_offset_ms, attempts;

-- name: AckEvents
UPDATE inbox SET state = CASE WHEN @outcome LIKE 'failed%' THEN 'failed' ELSE 'handled' END, outcome = @outcome, handled_at = @at, lease_owner = NULL,
  lease_token = NULL, lease_until = NULL
WHERE id IN (SELECT value FROM json_each(@ids)) AND state = 'waiting';

-- name: ReleaseEvents
UPDATE inbox SET attempts = attempts + 1, error = @error, lease_owner = NULL, lease_token = NULL, lease_until = NULL,
  due_at = @due_at,
  state = CASE WHEN attempts + 1 >= @max_attempts THEN 'failed' ELSE 'waiting' END,
  outcome = CASE WHEN attempts + 1 >= @max_attempts THEN 'failed' ELSE outcome END,
  handled_at = CASE WHEN attempts + 1 >= @max_attempts THEN @due_at ELSE NULL END
WHERE id IN (SELECT value FROM json_each(@ids)) AND state = 'waiting' AND lease_token = @token;

-- name: ReplayEvent
UPDATE inbox SET state = 'waiting', outcome = NULL, error = NULL, attempts = 0, due_at = @now, handled_at = NULL, lease_owner = NULL, lease_token = NULL,
  lease_until = NULL
WHERE id = @id AND state <> 'waiting' AND body IS NOT NULL;
