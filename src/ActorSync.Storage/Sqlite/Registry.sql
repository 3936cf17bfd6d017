-- Channels, secrets, API keys, idempotency (SQLite).

-- name: PutChannel
INSERT INTO channel (id, tenant, kind, shop) VALUES (@id, @tenant, @kind, @shop)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, shop = excluded.shop WHERE channel.tenant = excluded.tenant;

-- name: DeleteChannel
DELETE FROM channel WHERE id = @id;

-- name: ListChannels
SELECT id, tenant, kind, shop FROM channel ORDER BY id LIMIT @limit;

-- name: LockChannel
-- There is one writer: nothing to wait for.
SELECT id FROM channel WHERE id = @id;

-- name: DeleteSecrets
DELETE FROM channel_secret WHERE channel = @channel;

-- name: InsertSecret
INSERT INTO channel_secret (channel, name, key_id, nonce, tag, cipher, set_at, ends_at) VALUES (@channel, @name, @key_id, @nonce, @tag, @cipher, @set_at, @ends_at);

-- name: ReadSecrets
SELECT name, key_id, nonce, tag, cipher, set_at, ends_at FROM channel_secret WHERE channel = @channel LIMIT 100;

-- name: InsertApiKey
INSERT INTO api_key (id, tenant, name, role, salt, hash, created_at) VALUES (@id, @tenant, @name, @role, @salt, @hash, @created_at);

-- name: FindApiKey
SELECT id, tenant, name, role, created_at, salt, hash FROM api_key WHERE id = @id;

-- name: AnyApiKey
SELECT 1 FROM api_key LIMIT 1;

-- name: ListApiKeys
SELECT id, tenant, name, role, created_at FROM api_key WHERE tenant = @tenant ORDER BY created_at, id LIMIT 500;

-- name: DeleteApiKey
DELETE FROM api_key WHERE tenant = @tenant AND id = @id;

-- name: ReserveIdempotencyKey
-- Takes the key when it is new, past its lifetime, or when the one who reserved it never answered.
INSERT INTO idempotency (tenant, key, request_hash, status, content_type, body, created_at, reserved_until)
VALUES (@tenant, @key, @request_hash, 0, '', @empty, @now, @reserved_until)
ON CONFLICT (tenant, key) DO UPDATE SET request_hash = excluded.request_hash, status = 0, content_type = '', body = excluded.body,
  created_at = excluded.created_at, reserved_until = excluded.reserved_until
WHERE (idempotency.status = 0 AND idempotency.reserved_until <= @now) OR idempotency.created_at <= @expired;

-- name: ReadIdempotencyKey
SELECT request_hash, status, content_type, body FROM idempotency WHERE tenant = @tenant AND key = @key;

-- name: CompleteIdempotencyKey
UPDATE idempotency SET status = @status, content_type = @content_type, body = @body, reserved_until = @now WHERE tenant = @tenant AND key = @key;

-- name: Ping
SELECT 1 FROM product LIMIT 1;

-- name: ReadTokens
SELECT version, key_id, nonce, tag, cipher FROM channel_token WHERE channel = @channel;

-- name: InsertTokens
INSERT INTO channel_token (channel, version, key_id, nonce, tag, cipher) VALUES (@channel, @version + 1, @key_id, @nonce, @tag, @cipher)
ON CONFLICT (channel) DO NOTHING;

-- name: UpdateTokens
UPDATE channel_token SET version = @version + 1, key_id = @key_id, nonce = @nonce, tag = @tag, cipher = @cipher WHERE channel = @channel AND version = @version;

-- name: DeleteTokens
DELETE FROM channel_token WHERE channel = @channel;

-- name: InsertWebKey
-- A second process that makes a key of the same name keeps the first one's.
INSERT INTO web_key (name, key_id, nonce, tag, cipher, created_at) VALUES (@name, @key_id, @nonce, @tag, @cipher, @created_at) ON CONFLICT (name) DO NOTHING;

-- name: ListWebKeys
SELECT name, key_id, nonce, tag, cipher FROM web_key ORDER BY created_at, name LIMIT 1000;
