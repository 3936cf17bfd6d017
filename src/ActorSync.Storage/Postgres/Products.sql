-- Statements of the product store (PostgreSQL). Multi-row: each takes one array per column and joins it by unnest, so that a group of commits is a handful of
-- statements in one batch. What a statement returns tells which rows it wrote; a commit with a row missing is taken out and the rest is written again.
-- Parameters are positional here because batches are. The writer's connections switch off plans that read whole tables (see PostgresDatabase).

-- name: LoadProducts
SELECT 0 AS kind, id, '' AS channel, version, codes_hash AS hash, doc FROM product WHERE id = ANY($1)
UNION ALL
SELECT 1, product_id, channel, version, resources_hash, doc FROM channel_link WHERE product_id = ANY($1);

-- name: UpdateProducts
UPDATE product p SET version = u.version + 1, name = u.name, name_key = u.name_key, status = u.status, vendor = u.vendor, type = u.type, tags = u.tags,
  price = u.price, available = u.available, sku = u.sku, variants = u.variants, search = u.search, tag_search = u.tag_search, sync_status = u.sync_status,
  has_conflict = u.has_conflict, unaccounted_since = u.unaccounted_since, codes_hash = u.codes_hash, updated_at = u.updated_at, doc = u.doc
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::numeric[], $11::numeric[],
  $12::text[], $13::integer[], $14::text[], $15::text[], $16::text[], $17::boolean[], $18::timestamptz[], $19::bigint[],
  $20::timestamptz[], $21::bytea[])
  AS u(tenant, id, version, name, name_key, status, vendor, type, tags, price, available, sku, variants, search, tag_search, sync_status, has_conflict,
    unaccounted_since, codes_hash, updated_at, doc)
WHERE p.id = u.id AND p.version = u.version AND p.tenant = u.tenant
RETURNING p.id;

-- name: InsertProducts
INSERT INTO product (tenant, id, version, name, name_key, status, vendor, type, tags, price, available, sku, variants, search, tag_search, sync_status,
  has_conflict, unaccounted_since, codes_hash, updated_at, doc)
SELECT u.tenant, u.id, u.version + 1, u.name, u.name_key, u.status, u.vendor, u.type, u.tags, u.price, u.available, u.sku, u.variants, u.search, u.tag_search,
  u.sync_status, u.has_conflict, u.unaccounted_since, u.codes_hash, u.updated_at, u.doc
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::numeric[], $11::numeric[],
  $12::text[], $13::integer[], $14::text[], $15::text[], $16::text[], $17::boolean[], $18::timestamptz[], $19::bigint[],
  $20::timestamptz[], $21::bytea[])
  AS u(tenant, id, version, name, name_key, status, vendor, type, tags, price, available, sku, variants, search, tag_search, sync_status, has_conflict,
    unaccounted_since, codes_hash, updated_at, doc)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: UpdateProductMarks
UPDATE product p SET sync_status = u.sync_status, has_conflict = u.has_conflict, unaccounted_since = u.unaccounted_since
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[]) AS u(id, sync_status, has_conflict, unaccounted_since)
WHERE p.id = u.id
  AND (p.sync_status <> u.sync_status OR p.has_conflict <> u.has_conflict OR p.unaccounted_since IS DISTINCT FROM u.unaccounted_since);

-- name: DeleteVariantCodes
DELETE FROM variant_sku WHERE product_id = ANY($1);

-- name: InsertVariantCodes
INSERT INTO variant_sku (tenant, product_id, variant, identity_sku, sku, sku_key, gtin)
SELECT u.tenant, u.product_id, u.variant, u.identity_sku, u.sku, u.sku_key, u.gtin
FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS u(tenant, product_id, variant, identity_sku, sku, sku_key, gtin)
ON CONFLICT DO NOTHING
RETURNING product_id;

-- name: UpdateLinks
UPDATE channel_link l SET version = u.version + 1, external_id = u.external_id, status = u.status, dirty_lane = u.dirty_lane, dirty_since = u.dirty_since,
  due_at = u.due_at, undecided = u.undecided, plan_kind = u.plan_kind, plan_fields = u.plan_fields, attempts = u.attempts, reason = u.reason,
  listed = u.listed, resources_hash = u.resources_hash, observed_at = u.observed_at, verified_at = u.verified_at, doc = u.doc
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::smallint[], $8::timestamptz[], $9::timestamptz[], $10::text[],
  $11::text[], $12::text[], $13::integer[], $14::text[], $15::boolean[], $16::bigint[], $17::timestamptz[], $18::timestamptz[], $19::bytea[])
  AS u(tenant, product_id, channel, version, external_id, status, dirty_lane, dirty_since, due_at, undecided, plan_kind, plan_fields, attempts, reason, listed,
    resources_hash, observed_at, verified_at, doc)
WHERE l.product_id = u.product_id AND l.channel = u.channel AND l.version = u.version
RETURNING l.product_id;

-- name: InsertLinks
INSERT INTO channel_link (tenant, product_id, channel, version, external_id, status, dirty_lane, dirty_since, due_at, undecided, plan_kind, plan_fields,
  attempts, reason, listed, resources_hash, observed_at, verified_at, doc)
SELECT u.tenant, u.product_id, u.channel, u.version + 1, u.external_id, u.status, u.dirty_lane, u.dirty_since, u.due_at, u.undecided, u.plan_kind,
  u.plan_fields, u.attempts, u.reason, u.listed, u.resources_hash, u.observed_at, u.verified_at, u.doc
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::smallint[], $8::timestamptz[], $9::timestamptz[], $10::text[],
  $11::text[], $12::text[], $13::integer[], $14::text[], $15::boolean[], $16::bigint[], $17::timestamptz[], $18::timestamptz[], $19::bytea[])
  AS u(tenant, product_id, channel, version, external_id, status, dirty_lane, dirty_since, due_at, undecided, plan_kind, plan_fields, attempts, reason, listed,
    resources_hash, observed_at, verified_at, doc)
ON CONFLICT DO NOTHING
RETURNING product_id;

-- name: DeleteLinkResources
DELETE FROM link_resource r USING unnest($1::text[], $2::text[]) AS u(product_id, channel) WHERE r.product_id = u.product_id AND r.channel = u.channel;

-- name: UpsertLinkResources
INSERT INTO link_resource (channel, resource_key, product_id, variant, variant_external_id)
SELECT u.channel, u.resource_key, u.product_id, u.variant, u.variant_external_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[]) AS u(channel, resource_key, product_id, variant, variant_external_id)
ON CONFLICT (channel, resource_key) DO UPDATE SET product_id = excluded.product_id, variant = excluded.variant,
  variant_external_id = excluded.variant_external_id;

-- name: InsertLog
INSERT INTO sync_log (tenant, product_id, version, at, action, is_change, entry)
SELECT u.tenant, u.product_id, coalesce(u.version, (SELECT p.version FROM product p WHERE p.id = u.product_id), 0), u.at, u.action, u.is_change, u.entry
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::boolean[], $7::text[])
  AS u(tenant, product_id, version, at, action, is_change, entry);

-- name: UpsertConflicts
INSERT INTO conflict (id, tenant, product_id, state, detected_at, doc)
SELECT u.id, u.tenant, u.product_id, u.state, u.detected_at, u.doc
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[]) AS u(id, tenant, product_id, state, detected_at, doc)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, doc = excluded.doc;

-- name: UpsertAttempts
INSERT INTO push_attempt (id, tenant, product_id, channel, operation, status, attempts, fields, error, started_at, ended_at)
SELECT u.id, u.tenant, u.product_id, u.channel, u.operation, u.status, u.attempts, u.fields, u.error, u.started_at, u.ended_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[])
  AS u(id, tenant, product_id, channel, operation, status, attempts, fields, error, started_at, ended_at)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, attempts = excluded.attempts, fields = coalesce(excluded.fields, push_attempt.fields),
  error = excluded.error, ended_at = excluded.ended_at;

-- name: AckInbox
UPDATE inbox i SET state = CASE WHEN u.outcome LIKE 'failed%' THEN 'failed' ELSE 'handled' END, outcome = u.outcome, handled_at = u.at, lease_owner = NULL,
  lease_token = NULL, lease_until = NULL
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS u(id, outcome, at)
WHERE i.id = u.id AND i.state = 'waiting';

-- name: ReadProductVersion
SELECT version FROM product WHERE id = @id;

-- name: ReadLinkVersion
SELECT version FROM channel_link WHERE product_id = @product AND channel = @channel;

-- name: FindBySku
SELECT identity_sku, product_id FROM variant_sku WHERE tenant = @tenant AND identity_sku = ANY(@skus) LIMIT 500;

-- name: FindByGtin
SELECT DISTINCT product_id FROM variant_sku WHERE tenant = @tenant AND gtin = @gtin ORDER BY product_id LIMIT 10;

-- name: FindByExternalId
SELECT product_id FROM channel_link WHERE channel = @channel AND external_id = @external_id;

-- name: FindByResource
SELECT r.product_id, l.external_id, r.variant, r.variant_external_id
FROM link_resource r JOIN channel_link l ON l.product_id = r.product_id AND l.channel = r.channel
WHERE r.channel = @channel AND r.resource_key = @resource_key AND l.external_id IS NOT NULL;

-- name: ReadDirty
SELECT tenant, product_id, dirty_lane, dirty_since FROM channel_link
WHERE channel = @channel AND dirty_lane IS NOT NULL AND (due_at IS NULL OR due_at <= @now)
ORDER BY dirty_lane, dirty_since LIMIT @limit;

-- name: ListProductIds
SELECT id FROM product WHERE tenant = @tenant AND status <> 'deleted' AND id > @after ORDER BY id LIMIT @limit;
