-- Statements of the product store (SQLite). One row each: inside one transaction of the writer thread a loop over prepared statements is as quick as a
-- multi-row statement, and a savepoint per product keeps a bad one from its neighbours. PostgreSQL has the same names with arrays.

-- name: LoadProducts
SELECT 0 AS kind, id, '' AS channel, version, codes_hash AS hash, doc FROM product WHERE id = @id
UNION ALL
SELECT 1, product_id, channel, version, resources_hash, doc FROM channel_link WHERE product_id = @id;

-- name: UpdateProducts
UPDATE product SET version = @version + 1, name = @name, name_key = @name_key, status = @status, vendor = @vendor, type = @type, tags = @tags,
  price = @price, available = @available, sku = @sku, variants = @variants, search = @search, tag_search = @tag_search, sync_status = @sync_status,
  has_conflict = @has_conflict, unaccounted_since = @unaccounted_since, codes_hash = @codes_hash, updated_at = @updated_at, doc = @doc
WHERE id = @id AND version = @version AND tenant = @tenant;

-- name: InsertProducts
INSERT INTO product (tenant, id, version, name, name_key, status, vendor, type, tags, price, available, sku, variants, search, tag_search, sync_status,
  has_conflict, unaccounted_since, codes_hash, updated_at, doc)
VALUES (@tenant, @id, @version + 1, @name, @name_key, @status, @vendor, @type, @tags, @price, @available, @sku, @variants, @search, @tag_search, @sync_status,
  @has_conflict, @unaccounted_since, @codes_hash, @updated_at, @doc)
ON CONFLICT (id) DO NOTHING;

-- name: UpdateProductMarks
UPDATE product SET sync_status = @sync_status, has_conflict = @has_conflict, unaccounted_since = @unaccounted_since
WHERE id = @id AND (sync_status <> @sync_status OR has_conflict <> @has_conflict OR unaccounted_since IS NOT @unaccounted_since);

-- name: DeleteVariantCodes
DELETE FROM variant_sku WHERE product_id = @id;

-- name: InsertVariantCodes
INSERT INTO variant_sku (tenant, product_id, variant, identity_sku, sku, sku_key, gtin)
VALUES (@tenant, @product, @variant, @identity_sku, @sku, @sku_key, @gtin)
ON CONFLICT DO NOTHING;

-- name: UpdateLinks
UPDATE channel_link SET version = @version + 1, external_id = @external_id, status = @status, dirty_lane = @dirty_lane, dirty_since = @dirty_since,
  due_at = @due_at, undecided = @undecided, plan_kind = @plan_kind, plan_fields = @plan_fields, attempts = @attempts, reason = @reason, listed = @listed,
  resources_hash = @resources_hash, observed_at = @observed_at, verified_at = @verified_at, doc = @doc
WHERE product_id = @product AND channel = @channel AND version = @version;

-- name: InsertLinks
INSERT INTO channel_link (tenant, product_id, channel, version, external_id, status, dirty_lane, dirty_since, due_at, undecided, plan_kind, plan_fields,
  attempts, reason, listed, resources_hash, observed_at, verified_at, doc)
VALUES (@tenant, @product, @channel, @version + 1, @external_id, @status, @dirty_lane, @dirty_since, @due_at, @undecided, @plan_kind, @plan_fields,
  @attempts, @reason, @listed, @resources_hash, @observed_at, @verified_at, @doc)
ON CONFLICT DO NOTHING;

-- name: DeleteLinkResources
DELETE FROM link_resource WHERE product_id = @product AND channel = @channel;

-- name: UpsertLinkResources
INSERT INTO link_resource (channel, resource_key, product_id, variant, variant_external_id)
VALUES (@channel, @resource_key, @product, @variant, @variant_external_id)
ON CONFLICT (channel, resource_key) DO UPDATE SET product_id = excluded.product_id, variant = excluded.variant,
  variant_external_id = excluded.variant_external_id;

-- name: InsertLog
INSERT INTO sync_log (tenant, product_id, version, at, action, is_change, entry)
VALUES (@tenant, @product, coalesce(@version, (SELECT version FROM product WHERE id = @product), 0), @at, @action, @is_change, @entry);

-- name: UpsertConflicts
INSERT INTO conflict (id, tenant, product_id, state, detected_at, doc) VALUES (@id, @tenant, @product, @state, @detected_at, @doc)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, doc = excluded.doc;

-- name: UpsertAttempts
INSERT INTO push_attempt (id, tenant, product_id, channel, operation, status, attempts, fields, error, started_at, ended_at)
VALUES (@id, @tenant, @product, @channel, @operation, @status, @attempts, @fields, @error, @started_at, @ended_at)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, attempts = excluded.attempts, fields = coalesce(excluded.fields, push_attempt.fields),
  error = excluded.error, ended_at = excluded.ended_at;

-- name: AckInbox
UPDATE inbox SET state = CASE WHEN @outcome LIKE 'failed%' THEN 'failed' ELSE 'handled' END, outcome = @outcome, handled_at = @at, lease_owner = NULL,
  lease_token = NULL, lease_until = NULL
WHERE id = @id AND state = 'waiting';

-- name: ReadProductVersion
SELECT version FROM product WHERE id = @id;

-- name: ReadLinkVersion
SELECT version FROM channel_link WHERE product_id = @product AND channel = @channel;

-- name: FindBySku
SELECT identity_sku, product_id FROM variant_sku WHERE tenant = @tenant AND identity_sku IN (SELECT value FROM json_each(@skus)) LIMIT 500;

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
