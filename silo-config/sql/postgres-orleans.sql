-- Tables and queries of the Orleans AdoNet providers (clustering, persistence, reminders) for PostgreSQL, written for ActorSync against the query keys and
-- parameter names that Microsoft.Orleans.*.AdoNet 10.4 asks OrleansQuery for. Invariant: Npgsql.
-- Safe to run again: tables are made when missing, queries are replaced. Applied by the migrator at each start.

CREATE TABLE IF NOT EXISTS OrleansQuery (
  QueryKey varchar(64) NOT NULL,
  QueryText text NOT NULL,
  CONSTRAINT pk_orleans_query PRIMARY KEY (QueryKey)
);

-- One row per cluster: every change of its members compares and raises the version.
CREATE TABLE IF NOT EXISTS orleans_membership_version (
  cluster_id text NOT NULL,
  version integer NOT NULL DEFAULT 0,
  modified_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_orleans_membership_version PRIMARY KEY (cluster_id)
);

CREATE TABLE IF NOT EXISTS orleans_membership (
  cluster_id text NOT NULL,
  address text NOT NULL,
  port integer NOT NULL,
  generation integer NOT NULL,
  silo_name text NOT NULL,
  host_name text NOT NULL,
  status integer NOT NULL,
  proxy_port integer,
  suspect_times text,
  started_at timestamptz NOT NULL,
  alive_at timestamptz NOT NULL,
  CONSTRAINT pk_orleans_membership PRIMARY KEY (cluster_id, address, port, generation),
  CONSTRAINT fk_orleans_membership_version FOREIGN KEY (cluster_id) REFERENCES orleans_membership_version (cluster_id)
);

-- The natural key is the primary key; the hashes that the provider sends are not needed to find a row.
CREATE TABLE IF NOT EXISTS orleans_storage (
  service_id text NOT NULL,
  grain_type text NOT NULL,
  grain_n0 bigint NOT NULL,
  grain_n1 bigint NOT NULL,
  grain_ext text NOT NULL,
  version integer NOT NULL,
  modified_at timestamptz NOT NULL,
  payload bytea,
  CONSTRAINT pk_orleans_storage PRIMARY KEY (service_id, grain_type, grain_n0, grain_n1, grain_ext)
);

CREATE TABLE IF NOT EXISTS orleans_reminder (
  service_id text NOT NULL,
  grain_id text NOT NULL,
  name text NOT NULL,
  grain_hash integer NOT NULL,
  start_at timestamptz NOT NULL,
  period_ms bigint NOT NULL,
  version integer NOT NULL,
  CONSTRAINT pk_orleans_reminder PRIMARY KEY (service_id, grain_id, name)
);

CREATE INDEX IF NOT EXISTS ix_orleans_reminder_hash ON orleans_reminder (service_id, grain_hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipVersionKey', $query$
  WITH written AS (INSERT INTO orleans_membership_version (cluster_id) VALUES (@DeploymentId) ON CONFLICT (cluster_id) DO NOTHING RETURNING 1)
  SELECT count(*)::integer FROM written;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- Two silos that write at once queue on the version row; the second then finds another version and writes nothing.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipKey', $query$
  WITH version AS (
    UPDATE orleans_membership_version SET version = version + 1, modified_at = now()
    WHERE cluster_id = @DeploymentId AND version = @Version AND NOT EXISTS (SELECT 1 FROM orleans_membership WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING 1
  ), member AS (
    INSERT INTO orleans_membership (cluster_id, address, port, generation, silo_name, host_name, status, proxy_port, started_at, alive_at)
    SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM version
    RETURNING 1
  )
  SELECT count(*)::integer FROM member;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateMembershipKey', $query$
  WITH version AS (
    UPDATE orleans_membership_version SET version = version + 1, modified_at = now()
    WHERE cluster_id = @DeploymentId AND version = @Version AND EXISTS (SELECT 1 FROM orleans_membership WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING 1
  ), member AS (
    UPDATE orleans_membership SET status = @Status, suspect_times = @SuspectTimes::text, alive_at = @IAmAliveTime
    FROM version
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
    RETURNING 1
  )
  SELECT count(*)::integer FROM member;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- A sign of life changes no membership and takes no version.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateIAmAlivetimeKey', $query$
  UPDATE orleans_membership SET alive_at = @IAmAliveTime WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- The version row is answered even when no silo is.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadRowKey', $query$
  SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status,
    m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, v.version AS Version
  FROM orleans_membership_version v LEFT JOIN orleans_membership m
    ON m.cluster_id = v.cluster_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
  WHERE v.cluster_id = @DeploymentId;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadAllKey', $query$
  SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status,
    m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, v.version AS Version
  FROM orleans_membership_version v LEFT JOIN orleans_membership m ON m.cluster_id = v.cluster_id
  WHERE v.cluster_id = @DeploymentId;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('GatewaysQueryKey', $query$
  SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation FROM orleans_membership
  WHERE cluster_id = @DeploymentId AND status = @Status AND proxy_port > 0;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteMembershipTableEntriesKey', $query$
  WITH members AS (DELETE FROM orleans_membership WHERE cluster_id = @DeploymentId RETURNING 1)
  DELETE FROM orleans_membership_version WHERE cluster_id = @DeploymentId AND (SELECT count(*) FROM members) >= 0;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- 6 = dead. Only silos that nobody heard of and that are under no suspicion any more.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('CleanupDefunctSiloEntriesKey', $query$
  DELETE FROM orleans_membership
  WHERE cluster_id = @DeploymentId AND status = 6 AND alive_at < @IAmAliveTime AND started_at < @IAmAliveTime AND coalesce(suspect_times, '') = '';
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('CleanupDefunctSiloEntryKey', $query$
  DELETE FROM orleans_membership
  WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND status = 6 AND alive_at = @IAmAliveTime AND started_at = @StartTime
    AND coalesce(suspect_times, '') = coalesce(@SuspectTimes::text, '');
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- One upsert per write. Nothing written = another version is stored: the caller's own version comes back, which the provider takes for a conflict.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', $query$
  WITH written AS (
    INSERT INTO orleans_storage (service_id, grain_type, grain_n0, grain_n1, grain_ext, version, modified_at, payload)
    SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''), 1, now(), @PayloadBinary::bytea
    WHERE @GrainStateVersion::integer IS NULL OR EXISTS (SELECT 1 FROM orleans_storage WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_ext = coalesce(@GrainIdExtensionString::text, ''))
    ON CONFLICT (service_id, grain_type, grain_n0, grain_n1, grain_ext) DO UPDATE
      SET payload = excluded.payload, modified_at = excluded.modified_at, version = orleans_storage.version + 1
      WHERE orleans_storage.version = @GrainStateVersion::integer
    RETURNING version
  )
  SELECT version AS NewGrainStateVersion FROM written
  UNION ALL SELECT @GrainStateVersion::integer WHERE NOT EXISTS (SELECT 1 FROM written);
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', $query$
  SELECT payload AS PayloadBinary, version AS Version FROM orleans_storage WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_ext = coalesce(@GrainIdExtensionString::text, '');
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- The row stays with a higher version, so that a second activation that still holds the old state cannot write it back.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', $query$
  WITH written AS (
    UPDATE orleans_storage SET payload = NULL, modified_at = now(), version = version + 1
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_ext = coalesce(@GrainIdExtensionString::text, '') AND version = @GrainStateVersion::integer
    RETURNING version
  )
  SELECT version AS NewGrainStateVersion FROM written
  UNION ALL SELECT @GrainStateVersion::integer WHERE NOT EXISTS (SELECT 1 FROM written);
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpsertReminderRowKey', $query$
  INSERT INTO orleans_reminder (service_id, grain_id, name, grain_hash, start_at, period_ms, version)
  VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
  ON CONFLICT (service_id, grain_id, name) DO UPDATE
    SET grain_hash = excluded.grain_hash, start_at = excluded.start_at, period_ms = excluded.period_ms, version = orleans_reminder.version + 1
  RETURNING version AS Version;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowsKey', $query$
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND grain_id = @GrainId;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowKey', $query$
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND grain_id = @GrainId AND name = @ReminderName;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- A silo's part of the ring: hashes are signed; the first form is a plain range, the second wraps around.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows1Key', $query$
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows2Key', $query$
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash);
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowKey', $query$
  WITH gone AS (DELETE FROM orleans_reminder WHERE service_id = @ServiceId AND grain_id = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
  SELECT count(*)::integer FROM gone;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowsKey', $query$
  DELETE FROM orleans_reminder WHERE service_id = @ServiceId;
$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;
