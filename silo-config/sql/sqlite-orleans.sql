-- Tables and queries of the Orleans AdoNet providers (persistence and reminders) for SQLite, written for ActorSync against the query keys and parameter names
-- that Microsoft.Orleans.*.AdoNet 10.4 asks OrleansQuery for. Invariant: System.Data.SQLite (Orleans maps it to Microsoft.Data.Sqlite).
-- Safe to run again: tables are made when missing, queries are replaced. Applied by the migrator at each start.

CREATE TABLE IF NOT EXISTS OrleansQuery (
  QueryKey TEXT NOT NULL,
  QueryText TEXT NOT NULL,
  CONSTRAINT pk_orleans_query PRIMARY KEY (QueryKey)
);

-- The natural key is the primary key; the hashes that the provider sends are not needed to find a row.
CREATE TABLE IF NOT EXISTS orleans_storage (
  service_id TEXT NOT NULL,
  grain_type TEXT NOT NULL,
  grain_n0 INTEGER NOT NULL,
  grain_n1 INTEGER NOT NULL,
  grain_ext TEXT NOT NULL,
  version INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  payload BLOB,
  CONSTRAINT pk_orleans_storage PRIMARY KEY (service_id, grain_type, grain_n0, grain_n1, grain_ext)
);

CREATE TABLE IF NOT EXISTS orleans_reminder (
  service_id TEXT NOT NULL,
  grain_id TEXT NOT NULL,
  name TEXT NOT NULL,
  grain_hash INTEGER NOT NULL,
  start_at TEXT NOT NULL,
  period_ms INTEGER NOT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT pk_orleans_reminder PRIMARY KEY (service_id, grain_id, name)
);

CREATE INDEX IF NOT EXISTS ix_orleans_reminder_hash ON orleans_reminder (service_id, grain_hash);

-- One upsert per write. Nothing written = another version is stored: the caller's own version comes back, which the provider takes for a conflict.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', '
  INSERT INTO orleans_storage (service_id, grain_type, grain_n0, grain_n1, grain_ext, version, modified_at, payload)
  SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), 1, unixepoch(), @PayloadBinary
  WHERE @GrainStateVersion IS NULL OR EXISTS (
    SELECT 1 FROM orleans_storage WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
      AND grain_ext = coalesce(@GrainIdExtensionString, ''''))
  ON CONFLICT (service_id, grain_type, grain_n0, grain_n1, grain_ext) DO UPDATE
    SET payload = excluded.payload, modified_at = excluded.modified_at, version = orleans_storage.version + 1
    WHERE orleans_storage.version = @GrainStateVersion
  RETURNING version AS NewGrainStateVersion;
  SELECT @GrainStateVersion AS NewGrainStateVersion WHERE changes() = 0;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', '
  SELECT payload AS PayloadBinary, version AS Version FROM orleans_storage
  WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_ext = coalesce(@GrainIdExtensionString, '''') LIMIT 1;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- The row stays with a higher version, so that a second activation that still holds the old state cannot write it back.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', '
  UPDATE orleans_storage SET payload = NULL, modified_at = unixepoch(), version = version + 1
  WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_ext = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion
  RETURNING version AS NewGrainStateVersion;
  SELECT @GrainStateVersion AS NewGrainStateVersion WHERE changes() = 0;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpsertReminderRowKey', '
  INSERT INTO orleans_reminder (service_id, grain_id, name, grain_hash, start_at, period_ms, version)
  VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
  ON CONFLICT (service_id, grain_id, name) DO UPDATE
    SET grain_hash = excluded.grain_hash, start_at = excluded.start_at, period_ms = excluded.period_ms, version = orleans_reminder.version + 1
  RETURNING version AS Version;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowsKey', '
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND grain_id = @GrainId;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowKey', '
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND grain_id = @GrainId AND name = @ReminderName;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- A silo's part of the ring: hashes are signed; the first form is a plain range, the second wraps around.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows1Key', '
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows2Key', '
  SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM orleans_reminder
  WHERE service_id = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash);
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowKey', '
  DELETE FROM orleans_reminder WHERE service_id = @ServiceId AND grain_id = @GrainId AND name = @ReminderName AND version = @Version;
  SELECT changes();
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowsKey', '
  DELETE FROM orleans_reminder WHERE service_id = @ServiceId;
') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;
