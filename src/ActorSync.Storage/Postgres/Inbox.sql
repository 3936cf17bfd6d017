-- Statements of the webhook inbox (PostgreSQL).

-- name: AppendEvents
-- A repeat is counted and has no other effect; the answer tells which of the two it was.
INSERT INTO inbox (partition, tenant, channel, event_key, topic, resource, headers, body, received_at, clock_offset_ms, state, attempts, duplicates, due_at)
SELECT u.partition, u.tenant, u.channel, u.event_key, u.topic, u.resource, u.headers, u.body, u.received_at, u.clock_offset_ms, 'waiting', 0, 0, u.received_at
FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::timestamptz[], $10::bigint[])
  AS u(partition, tenant, channel, event_key, topic, resource, headers, body, received_at, clock_offset_ms)
ON CONFLICT (channel, event_key) DO UPDATE SET duplicates = inbox.duplicates + 1
RETURNING channel, event_key, duplicates = 0;

-- name: CommitUnsynced
-- For this transaction only; SQLite sets a pragma instead.
SET LOCAL synchronous_commit = off;

-- name: LockPartition
-- Two who lease one partition go one after the other: what the second passes over is decided on what the first has committed.
SELECT pg_advisory_xact_lock(hashtext('actorsync.inbox'), @partition);

-- name: LeaseEvents
-- Oldest first. A row is passed over while an older row of its resource is leased under another token.
WITH candidate AS (
  SELECT id, channel, resource FROM inbox
  WHERE partition = @partition AND state = 'waiting' AND due_at <= @now::timestamptz AND (lease_until IS NULL OR lease_until <= @now::timestamptz)
  ORDER BY id LIMIT @limit
), held AS (
  SELECT channel, resource, min(id) AS id FROM inbox
  WHERE partition = @partition AND state = 'waiting' AND lease_until > @now::timestamptz AND lease_token <> @token AND id < (SELECT max(id) FROM candidate)
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
WHERE id = ANY(@ids) AND state = 'waiting';

-- name: ReleaseEvents
UPDATE inbox SET attempts = attempts + 1, error = @error::text, lease_owner = NULL, lease_token = NULL, lease_until = NULL,
  due_at = @due_at,
  state = CASE WHEN attempts + 1 >= @max_attempts THEN 'failed' ELSE 'waiting' END,
  outcome = CASE WHEN attempts + 1 >= @max_attempts THEN 'failed' ELSE outcome END,
  handled_at = CASE WHEN attempts + 1 >= @max_attempts THEN @due_at ELSE NULL END
WHERE id = ANY(@ids) AND state = 'waiting' AND lease_token = @token;

-- name: ReplayEvent
UPDATE inbox SET state = 'waiting', outcome = NULL, error = NULL, attempts = 0, due_at = @now::timestamptz, handled_at = NULL, lease_owner = NULL, lease_token = NULL,
  lease_until = NULL
WHERE id = @id AND state <> 'waiting' AND body IS NOT NULL;
