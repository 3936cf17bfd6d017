-- Migration 0001 (SQLite), issue 2: products, links, history, inbox, registry. Required. Runs once; every step names its objects.
-- Instants are unix milliseconds, lists are JSON texts, booleans 0/1. A document is UTF-8 JSON in a blob; the view product_json shows it.

CREATE TABLE product (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  name TEXT,
  name_key TEXT NOT NULL,
  status TEXT NOT NULL,
  vendor TEXT,
  type TEXT,
  tags TEXT,
  price REAL,
  available REAL,
  sku TEXT,
  variants INTEGER NOT NULL,
  search TEXT NOT NULL,
  tag_search TEXT NOT NULL,
  sync_status TEXT NOT NULL,
  has_conflict INTEGER NOT NULL,
  codes_hash INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  doc BLOB NOT NULL,
  CONSTRAINT pk_product PRIMARY KEY (id),
  CONSTRAINT ck_product_version CHECK (version > 0),
  CONSTRAINT ck_product_status CHECK (status IN ('active', 'inactive', 'deleted')),
  CONSTRAINT ck_product_sync_status CHECK (sync_status IN ('SYNCED', 'PENDING', 'CONFLICT', 'ERROR'))
) STRICT;

CREATE INDEX ix_product_tenant_updated ON product (tenant, updated_at, id);
CREATE INDEX ix_product_tenant_name ON product (tenant, name_key, id);
CREATE INDEX ix_product_tenant_sync ON product (tenant, sync_status, status);
CREATE INDEX ix_product_tenant_id ON product (tenant, id);

CREATE VIEW product_json AS
  SELECT tenant, id, version, name, status, sync_status, updated_at, json(CAST(doc AS TEXT)) AS doc FROM product;

CREATE TABLE variant_sku (
  tenant TEXT NOT NULL,
  product_id TEXT NOT NULL,
  variant INTEGER NOT NULL,
  identity_sku TEXT,
  sku TEXT,
  sku_key TEXT,
  gtin TEXT,
  CONSTRAINT pk_variant_sku PRIMARY KEY (product_id, variant)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX ux_variant_sku_identity ON variant_sku (tenant, identity_sku) WHERE identity_sku IS NOT NULL;
CREATE INDEX ix_variant_sku_gtin ON variant_sku (tenant, gtin) WHERE gtin IS NOT NULL;
CREATE INDEX ix_variant_sku_key ON variant_sku (tenant, sku_key) WHERE sku_key IS NOT NULL;

CREATE TABLE channel_link (
  tenant TEXT NOT NULL,
  product_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  version INTEGER NOT NULL,
  external_id TEXT,
  status TEXT NOT NULL,
  dirty_lane INTEGER,
  dirty_since INTEGER,
  due_at INTEGER,
  undecided TEXT,
  plan_kind TEXT NOT NULL,
  plan_fields TEXT,
  attempts INTEGER NOT NULL,
  reason TEXT,
  listed INTEGER NOT NULL,
  resources_hash INTEGER NOT NULL,
  observed_at INTEGER,
  doc BLOB NOT NULL,
  CONSTRAINT pk_channel_link PRIMARY KEY (product_id, channel),
  CONSTRAINT ck_channel_link_version CHECK (version > 0),
  CONSTRAINT ck_channel_link_status CHECK (status IN ('excluded', 'missing', 'linked', 'ambiguous', 'delete_heard', 'deleted')),
  CONSTRAINT ck_channel_link_dirty CHECK ((dirty_lane IS NULL) = (dirty_since IS NULL)),
  CONSTRAINT ck_channel_link_plan_kind CHECK (length(plan_kind) BETWEEN 1 AND 40)
) STRICT;

CREATE UNIQUE INDEX ux_channel_link_external ON channel_link (channel, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX ix_channel_link_dirty ON channel_link (channel, dirty_lane, dirty_since) WHERE dirty_lane IS NOT NULL;
CREATE INDEX ix_channel_link_listed ON channel_link (channel, product_id) WHERE listed = 1;
CREATE INDEX ix_channel_link_tenant ON channel_link (tenant, observed_at);

CREATE TABLE link_resource (
  channel TEXT NOT NULL,
  resource_key TEXT NOT NULL,
  product_id TEXT NOT NULL,
  variant INTEGER NOT NULL,
  variant_external_id TEXT NOT NULL,
  CONSTRAINT pk_link_resource PRIMARY KEY (channel, resource_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_link_resource_product ON link_resource (product_id, channel);

CREATE TABLE sync_log (
  id INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  product_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  action TEXT NOT NULL,
  is_change INTEGER NOT NULL,
  entry TEXT NOT NULL,
  CONSTRAINT pk_sync_log PRIMARY KEY (id AUTOINCREMENT)
) STRICT;

CREATE INDEX ix_sync_log_product ON sync_log (product_id, id);
CREATE INDEX ix_sync_log_change ON sync_log (tenant, id) WHERE is_change = 1;

CREATE TABLE conflict (
  id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  product_id TEXT NOT NULL,
  state TEXT NOT NULL,
  detected_at INTEGER NOT NULL,
  doc TEXT NOT NULL,
  CONSTRAINT pk_conflict PRIMARY KEY (id),
  CONSTRAINT ck_conflict_state CHECK (state IN ('open', 'resolved'))
) STRICT;

CREATE INDEX ix_conflict_tenant ON conflict (tenant, detected_at, id);
CREATE INDEX ix_conflict_product ON conflict (product_id, detected_at, id);

CREATE TABLE push_attempt (
  id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  product_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  operation TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  fields TEXT,
  error TEXT,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  CONSTRAINT pk_push_attempt PRIMARY KEY (id),
  CONSTRAINT ck_push_attempt_status CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'skipped'))
) STRICT;

CREATE INDEX ix_push_attempt_product ON push_attempt (product_id, started_at);
CREATE INDEX ix_push_attempt_tenant ON push_attempt (tenant, started_at);
CREATE INDEX ix_push_attempt_started ON push_attempt (started_at);

CREATE TABLE inbox (
  id INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  channel TEXT NOT NULL,
  event_key TEXT NOT NULL,
  topic TEXT NOT NULL,
  resource TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB,
  received_at INTEGER NOT NULL,
  clock_offset_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  error TEXT,
  attempts INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  lease_owner TEXT,
  lease_token INTEGER,
  lease_until INTEGER,
  handled_at INTEGER,
  CONSTRAINT pk_inbox PRIMARY KEY (id AUTOINCREMENT),
  CONSTRAINT ck_inbox_state CHECK (state IN ('waiting', 'handled', 'failed'))
) STRICT;

CREATE UNIQUE INDEX ux_inbox_event ON inbox (channel, event_key);
CREATE INDEX ix_inbox_waiting ON inbox (partition, id) WHERE state = 'waiting';
CREATE INDEX ix_inbox_tenant ON inbox (tenant, received_at, id);
CREATE INDEX ix_inbox_bodies ON inbox (handled_at) WHERE body IS NOT NULL AND handled_at IS NOT NULL;
CREATE INDEX ix_inbox_handled ON inbox (handled_at) WHERE handled_at IS NOT NULL;

CREATE TABLE channel (
  id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  shop TEXT,
  CONSTRAINT pk_channel PRIMARY KEY (id)
) STRICT;

CREATE TABLE channel_secret (
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  nonce BLOB NOT NULL,
  tag BLOB NOT NULL,
  cipher BLOB NOT NULL,
  CONSTRAINT pk_channel_secret PRIMARY KEY (channel, name)
) STRICT;

CREATE TABLE api_key (
  id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  salt BLOB NOT NULL,
  hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT pk_api_key PRIMARY KEY (id),
  CONSTRAINT ck_api_key_role CHECK (role IN ('viewer', 'operator', 'admin'))
) STRICT;

CREATE INDEX ix_api_key_tenant ON api_key (tenant, created_at);

CREATE TABLE idempotency (
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  content_type TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  reserved_until INTEGER NOT NULL,
  CONSTRAINT pk_idempotency PRIMARY KEY (tenant, key)
) STRICT;

CREATE INDEX ix_idempotency_created ON idempotency (created_at);
