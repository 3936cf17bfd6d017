-- Read models (SQLite). Every list has a limit; pages go by (sort value, id).

-- fragment: ProductMatches
p.tenant = @tenant
  AND (CASE WHEN @status IS NULL THEN p.status <> 'deleted' ELSE p.status = @status END)
  AND (@q IS NULL OR instr(p.search, @q) > 0)
  AND (@tag IS NULL OR instr(p.tag_search, @tag) > 0)
  AND (@vendor IS NULL OR p.vendor = @vendor)
  AND (@type IS NULL OR p.type = @type)
  AND (@sync_status IS NULL OR p.sync_status = @sync_status)
  AND (@stock_below IS NULL OR p.available < @stock_below)
  AND (@since IS NULL OR p.updated_at >= @since)
  AND (@sku IS NULL OR p.id IN (SELECT product_id FROM variant_sku WHERE tenant = @tenant AND sku_key = @sku))
  AND (@channel IS NULL OR EXISTS (SELECT 1 FROM channel_link l WHERE l.product_id = p.id AND l.channel = @channel AND l.status = 'linked'))

-- fragment: ProductColumns
p.id, p.version, p.name, p.sku, p.variants, p.status, p.vendor, p.type, p.price, p.available, p.sync_status, p.updated_at, p.tags, p.name_key

-- name: ListProductsByUpdatedDesc
SELECT {ProductColumns} FROM product p WHERE {ProductMatches}
  AND (@cursor_at IS NULL OR (p.updated_at, p.id) < (@cursor_at, @cursor_id))
ORDER BY p.updated_at DESC, p.id DESC LIMIT @limit OFFSET @offset;

-- name: ListProductsByUpdated
SELECT {ProductColumns} FROM product p WHERE {ProductMatches}
  AND (@cursor_at IS NULL OR (p.updated_at, p.id) > (@cursor_at, @cursor_id))
ORDER BY p.updated_at, p.id LIMIT @limit OFFSET @offset;

-- name: ListProductsByNameDesc
SELECT {ProductColumns} FROM product p WHERE {ProductMatches}
  AND (@cursor_name IS NULL OR (p.name_key, p.id) < (@cursor_name, @cursor_id))
ORDER BY p.name_key DESC, p.id DESC LIMIT @limit OFFSET @offset;

-- name: ListProductsByName
SELECT {ProductColumns} FROM product p WHERE {ProductMatches}
  AND (@cursor_name IS NULL OR (p.name_key, p.id) > (@cursor_name, @cursor_id))
ORDER BY p.name_key, p.id LIMIT @limit OFFSET @offset;

-- name: CountProducts
SELECT count(*) FROM product p WHERE {ProductMatches};

-- name: ReadLinkMarks
SELECT product_id, channel, status, external_id, dirty_lane IS NOT NULL, undecided IS NOT NULL, attempts, reason, observed_at FROM channel_link
WHERE product_id IN (SELECT value FROM json_each(@ids)) ORDER BY product_id, channel LIMIT 25000;

-- name: CountBySyncStatus
SELECT sync_status, count(*) FROM product WHERE tenant = @tenant AND status <> 'deleted' GROUP BY sync_status;

-- name: LastSync
SELECT max(observed_at) FROM channel_link WHERE tenant = @tenant;

-- name: History
SELECT s.id, s.product_id, p.name, s.version, s.entry FROM sync_log s LEFT JOIN product p ON p.id = s.product_id
WHERE s.product_id = @product AND s.id < @before ORDER BY s.id DESC LIMIT @limit;

-- name: RecentChanges
SELECT s.id, s.product_id, p.name, s.version, s.entry FROM sync_log s LEFT JOIN product p ON p.id = s.product_id
WHERE s.tenant = @tenant AND s.is_change = 1 ORDER BY s.id DESC LIMIT @limit;

-- name: Conflicts
SELECT c.product_id, p.name, c.doc, c.detected_at, c.id FROM conflict c LEFT JOIN product p ON p.id = c.product_id
WHERE c.tenant = @tenant AND (@product IS NULL OR c.product_id = @product) AND (@state IS NULL OR c.state = @state)
  AND (@cursor_at IS NULL OR (c.detected_at, c.id) < (@cursor_at, @cursor_id))
ORDER BY c.detected_at DESC, c.id DESC LIMIT @limit;

-- name: Attempts
SELECT id, channel, operation, status, attempts, fields, error, started_at, ended_at FROM push_attempt
WHERE product_id = @product ORDER BY started_at DESC, id DESC LIMIT @limit;

-- name: CountAttempts
SELECT operation, status, count(*) FROM push_attempt WHERE tenant = @tenant AND started_at >= @since GROUP BY operation, status ORDER BY operation, status LIMIT 500;

-- name: CountLinks
SELECT status, plan_kind, count(*) FROM channel_link WHERE channel = @channel GROUP BY status, plan_kind;

-- name: CountDirtyLinks
SELECT count(*), min(dirty_since) FROM channel_link WHERE channel = @channel AND dirty_lane IS NOT NULL;

-- name: CountUndecidedLinks
SELECT count(*) FROM channel_link WHERE channel = @channel AND undecided IS NOT NULL;

-- name: CountFailingLinks
SELECT count(*) FROM channel_link WHERE channel = @channel AND attempts >= 3;

-- name: CountUndecidedFields
SELECT e.value, count(*) FROM channel_link l, json_each(l.undecided) e WHERE l.channel = @channel AND l.undecided IS NOT NULL GROUP BY e.value LIMIT 500;

-- name: CountPlannedFields
SELECT e.value, count(*) FROM channel_link l, json_each(l.plan_fields) e WHERE l.channel = @channel AND l.plan_fields IS NOT NULL GROUP BY e.value LIMIT 500;

-- name: ListedLinks
SELECT l.product_id, p.name, l.channel, l.status, l.external_id, l.dirty_lane IS NOT NULL, l.undecided IS NOT NULL, l.attempts, l.reason, l.observed_at,
  l.undecided
FROM channel_link l LEFT JOIN product p ON p.id = l.product_id
WHERE l.channel = @channel AND l.listed = 1 AND l.product_id > @after ORDER BY l.product_id LIMIT @limit;

-- name: Events
SELECT id, channel, topic, resource, state, outcome, received_at, handled_at, attempts, duplicates FROM inbox
WHERE tenant = @tenant AND (@channel IS NULL OR channel = @channel) AND (@cursor_at IS NULL OR (received_at, id) < (@cursor_at, @cursor_number))
ORDER BY received_at DESC, id DESC LIMIT @limit;

-- name: CountEvents
-- An outcome may give its reason after a colon: counted without it.
SELECT channel, substr(coalesce(outcome, state), 1, instr(coalesce(outcome, state) || ':', ':') - 1), count(*) FROM inbox
WHERE tenant = @tenant AND received_at >= @since
GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1000;

-- name: CountVerified
SELECT count(*), count(verified_at), min(verified_at) FROM channel_link WHERE channel = @channel AND status = 'linked';

-- name: ListUnverified
-- Whatever is bound to something at the channel and was not read whole since then.
SELECT product_id, external_id FROM channel_link
WHERE channel = @channel AND external_id IS NOT NULL AND product_id > @after AND status IN ('linked', 'ambiguous', 'delete_heard')
  AND (verified_at IS NULL OR verified_at < @before)
ORDER BY product_id LIMIT @limit;

-- name: LastHeard
SELECT resource, max(received_at) FROM inbox
WHERE tenant = @tenant AND received_at >= @since AND channel = @channel AND resource IN (SELECT value FROM json_each(@resources))
GROUP BY resource LIMIT @limit;

-- name: ListUnaccounted
-- Oldest first. Deleted products, too: what was sold of them was sold.
SELECT id, name, unaccounted_since, doc FROM product
WHERE tenant = @tenant AND unaccounted_since < @before AND (@cursor_at IS NULL OR (unaccounted_since, id) > (@cursor_at, @cursor_id))
ORDER BY unaccounted_since, id LIMIT @limit;

-- name: CountUnaccounted
-- At most so many, so that a page is never slow for it.
SELECT count(*) FROM (SELECT 1 FROM product WHERE tenant = @tenant AND unaccounted_since < @before LIMIT @limit) AS found;

-- name: OldestUnaccounted
SELECT tenant, count(*), min(unaccounted_since) FROM product WHERE unaccounted_since IS NOT NULL GROUP BY tenant ORDER BY tenant LIMIT 500;
