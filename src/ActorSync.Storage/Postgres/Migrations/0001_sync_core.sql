-- Migration 0001 (PostgreSQL), issue 2: products, links, history, inbox, registry. Required. Runs once; every step names its objects.
-- A document is UTF-8 JSON in bytea (jsonb halves the write rate); the view product_json shows it as jsonb. Texts that are compared or paged by are in the
-- C collation, so that the order is the same as in SQLite and in code.

CREATE TABLE product (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  name text,
  name_key text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  vendor text,
  type text,
  tags text,
  price numeric,
  available numeric,
  sku text,
  variants integer NOT NULL,
  search text NOT NULL,
  tag_search text NOT NULL,
  sync_status text COLLATE "C" NOT NULL,
  has_conflict boolean NOT NULL,
  codes_hash bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  doc bytea NOT NULL,
  CONSTRAINT pk_product PRIMARY KEY (id),
  CONSTRAINT ck_product_version CHECK (version > 0),
  CONSTRAINT ck_product_status CHECK (status IN ('active', 'inactive', 'deleted')),
  CONSTRAINT ck_product_sync_status CHECK (sync_status IN ('SYNCED', 'PENDING', 'CONFLICT', 'ERROR'))
);

CREATE INDEX ix_product_tenant_updated ON product (tenant, updated_at, id);
CREATE INDEX ix_product_tenant_name ON product (tenant, name_key, id);
CREATE INDEX ix_product_tenant_sync ON product (tenant, sync_status, status);
CREATE INDEX ix_product_tenant_id ON product (tenant, id);

CREATE VIEW product_json AS
  SELECT tenant, id, version, name, status, sync_status, updated_at, convert_from(doc, 'UTF8')::jsonb AS doc FROM product;

CREATE TABLE variant_sku (
  tenant text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  variant integer NOT NULL,
  identity_sku text COLLATE "C",
  sku text,
  sku_key text COLLATE "C",
  gtin text COLLATE "C",
  CONSTRAINT pk_variant_sku PRIMARY KEY (product_id, variant)
);

CREATE UNIQUE INDEX ux_variant_sku_identity ON variant_sku (tenant, identity_sku) WHERE identity_sku IS NOT NULL;
CREATE INDEX ix_variant_sku_gtin ON variant_sku (tenant, gtin) WHERE gtin IS NOT NULL;
CREATE INDEX ix_variant_sku_key ON variant_sku (tenant, sku_key) WHERE sku_key IS NOT NULL;

CREATE TABLE channel_link (
  tenant text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  external_id text COLLATE "C",
  status text COLLATE "C" NOT NULL,
  dirty_lane smallint,
  dirty_since timestamptz,
  due_at timestamptz,
  undecided text,
  plan_kind text NOT NULL,
  plan_fields text,
  attempts integer NOT NULL,
  reason text,
  listed boolean NOT NULL,
  resources_hash bigint NOT NULL,
  observed_at timestamptz,
  doc bytea NOT NULL,
  CONSTRAINT pk_channel_link PRIMARY KEY (product_id, channel),
  CONSTRAINT ck_channel_link_version CHECK (version > 0),
  CONSTRAINT ck_channel_link_status CHECK (status IN ('excluded', 'missing', 'linked', 'ambiguous', 'delete_heard', 'deleted')),
  CONSTRAINT ck_channel_link_dirty CHECK ((dirty_lane IS NULL) = (dirty_since IS NULL)),
  CONSTRAINT ck_channel_link_plan_kind CHECK (length(plan_kind) BETWEEN 1 AND 40)
);

CREATE UNIQUE INDEX ux_channel_link_external ON channel_link (channel, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX ix_channel_link_dirty ON channel_link (channel, dirty_lane, dirty_since) WHERE dirty_lane IS NOT NULL;
CREATE INDEX ix_channel_link_listed ON channel_link (channel, product_id) WHERE listed;
CREATE INDEX ix_channel_link_tenant ON channel_link (tenant, observed_at);

CREATE TABLE link_resource (
  channel text COLLATE "C" NOT NULL,
  resource_key text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  variant integer NOT NULL,
  variant_external_id text NOT NULL,
  CONSTRAINT pk_link_resource PRIMARY KEY (channel, resource_key)
);

CREATE INDEX ix_link_resource_product ON link_resource (product_id, channel);

CREATE TABLE sync_log (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  at timestamptz NOT NULL,
  action text NOT NULL,
  is_change boolean NOT NULL,
  entry text NOT NULL,
  CONSTRAINT pk_sync_log PRIMARY KEY (id)
);

CREATE INDEX ix_sync_log_product ON sync_log (product_id, id);
CREATE INDEX ix_sync_log_change ON sync_log (tenant, id) WHERE is_change;

CREATE TABLE conflict (
  id text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  detected_at timestamptz NOT NULL,
  doc text NOT NULL,
  CONSTRAINT pk_conflict PRIMARY KEY (id),
  CONSTRAINT ck_conflict_state CHECK (state IN ('open', 'resolved'))
);

CREATE INDEX ix_conflict_tenant ON conflict (tenant, detected_at, id);
CREATE INDEX ix_conflict_product ON conflict (product_id, detected_at, id);

CREATE TABLE push_attempt (
  id text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  operation text NOT NULL,
  status text COLLATE "C" NOT NULL,
  attempts integer NOT NULL,
  fields text,
  error text,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT pk_push_attempt PRIMARY KEY (id),
  CONSTRAINT ck_push_attempt_status CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'skipped'))
);

CREATE INDEX ix_push_attempt_product ON push_attempt (product_id, started_at);
CREATE INDEX ix_push_attempt_tenant ON push_attempt (tenant, started_at);
CREATE INDEX ix_push_attempt_started ON push_attempt (started_at);

CREATE TABLE inbox (
  id bigint GENERATED ALWAYS AS IDENTITY,
  partition integer NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  event_key text COLLATE "C" NOT NULL,
  topic text NOT NULL,
  resource text NOT NULL,
  headers text NOT NULL,
  body bytea,
  received_at timestamptz NOT NULL,
  clock_offset_ms bigint NOT NULL,
  state text COLLATE "C" NOT NULL,
  outcome text,
  error text,
  attempts integer NOT NULL,
  duplicates integer NOT NULL,
  due_at timestamptz NOT NULL,
  lease_owner text,
  lease_token bigint,
  lease_until timestamptz,
  handled_at timestamptz,
  CONSTRAINT pk_inbox PRIMARY KEY (id),
  CONSTRAINT ck_inbox_state CHECK (state IN ('waiting', 'handled', 'failed'))
);

CREATE UNIQUE INDEX ux_inbox_event ON inbox (channel, event_key);
CREATE INDEX ix_inbox_waiting ON inbox (partition, id) WHERE state = 'waiting';
CREATE INDEX ix_inbox_tenant ON inbox (tenant, received_at, id);
CREATE INDEX ix_inbox_bodies ON inbox (handled_at) WHERE body IS NOT NULL AND handled_at IS NOT NULL;
CREATE INDEX ix_inbox_handled ON inbox (handled_at) WHERE handled_at IS NOT NULL;

CREATE TABLE channel (
  id text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  shop text,
  CONSTRAINT pk_channel PRIMARY KEY (id)
);

CREATE TABLE channel_secret (
  channel text COLLATE "C" NOT NULL,
  name text NOT NULL,
  key_id text NOT NULL,
  nonce bytea NOT NULL,
  tag bytea NOT NULL,
  cipher bytea NOT NULL,
  CONSTRAINT pk_channel_secret PRIMARY KEY (channel, name)
);

CREATE TABLE api_key (
  id text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  salt bytea NOT NULL,
  hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT pk_api_key PRIMARY KEY (id),
  CONSTRAINT ck_api_key_role CHECK (role IN ('viewer', 'operator', 'admin'))
);

CREATE INDEX ix_api_key_tenant ON api_key (tenant, created_at);

CREATE TABLE idempotency (
  tenant text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  request_hash text NOT NULL,
  status integer NOT NULL,
  content_type text NOT NULL,
  body bytea NOT NULL,
  created_at timestamptz NOT NULL,
  reserved_until timestamptz NOT NULL,
  CONSTRAINT pk_idempotency PRIMARY KEY (tenant, key)
);

CREATE INDEX ix_idempotency_created ON idempotency (created_at);
