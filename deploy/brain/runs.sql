-- Records every change of Brain's table `runs`, for the Cecelia relay (CECELIA_PG_URL) to publish. PostgreSQL 14 or later.
--
--   psql "$BRAIN_URL" -v ON_ERROR_STOP=1 -f runs.sql
--
-- The script can be run again, and on an existing table `runs`, which needs a unique column `id`. The events come from `status` and `progress`. Every
-- column is sent to clients, so the table must not contain secrets. `runs` is looked up by the search_path. No column is added or changed. The triggers
-- need one lock on `runs` (SHARE ROW EXCLUSIVE). If the lock is not available within five seconds, the script fails with an error: run it again.
--
-- A trigger does not fire in a session whose session_replication_role is replica (logical replication, some restore tools). To publish the changes of
-- such sessions:
--   ALTER TABLE runs ENABLE ALWAYS TRIGGER cecelia_inserted;
--   ALTER TABLE runs ENABLE ALWAYS TRIGGER cecelia_updated;
-- This script keeps that setting, and enables a disabled trigger. Tables that inherit from `runs`, and its partitions, get the same triggers. Run the
-- script again after `runs` was recreated or replaced by another table, and for each new child or partition that is written to directly. The relay warns
-- about tables without triggers.
--
-- A relay that connects as another user than the one who runs this script needs
--   GRANT USAGE ON SCHEMA cecelia TO relay;
--   GRANT SELECT, DELETE ON cecelia.run_changes TO relay;
--   GRANT SELECT, INSERT ON cecelia.bridge TO relay;
-- A user who writes to `runs` needs no further rights. To uninstall: DROP SCHEMA cecelia CASCADE.
BEGIN;
SET LOCAL lock_timeout = '5s';
SET LOCAL client_min_messages = warning;

CREATE TABLE IF NOT EXISTS runs (
  id text PRIMARY KEY,
  task_id text,
  project_id text,
  title text,
  status text NOT NULL DEFAULT 'queued',
  progress numeric,
  result jsonb,
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- The rows before and after a statement are matched by `id`.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = 'runs'::regclass AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = 'id')
  THEN
    RAISE EXCEPTION 'the table % needs a column "id" that is a primary key, or has a unique index of its own', 'runs'::regclass;
  END IF;
END $$;

CREATE SCHEMA IF NOT EXISTS cecelia;

-- One row for each change that no relay has published yet. The relay deletes rows that it has published. The others are deleted after a day, or when there
-- are more than a million.
CREATE TABLE IF NOT EXISTS cecelia.run_changes (
  -- Assigned while the changed row is locked, so the changes of one run are in the order of their numbers. The changes of two runs may be committed in
  -- another order.
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- insert, status, progress, other, or lost: the number of changes that were deleted before they were published, or that could not be recorded.
  change text NOT NULL,
  run json,
  omitted text[],
  lost bigint
);

-- The first relay inserts a row here. Until then no changes are recorded, so they do not accumulate without a relay.
CREATE TABLE IF NOT EXISTS cecelia.bridge (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  since timestamptz NOT NULL DEFAULT now()
);

-- A json column may contain escapes that the JSON functions of PostgreSQL cannot decode: "\u0000", an unpaired surrogate, and, in a database whose encoding
-- is not UTF-8, a character that the encoding does not have. In UTF-8 they become U+FFFD, in other encodings the text of the escape ("\\u4e2d").
CREATE OR REPLACE FUNCTION cecelia.readable(whole json) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  IF position('\u' IN whole::text) > 0 THEN
    BEGIN
      PERFORM whole -> 'id';
    EXCEPTION WHEN OTHERS THEN
      -- A backslash after an odd number of backslashes does not start an escape.
      IF getdatabaseencoding() <> 'UTF8' THEN
        RETURN regexp_replace(whole::text, '(?<!\\)((\\\\)*)\\u(0000|(?!00[0-7]).{4})', '\1\\\\u\3', 'g')::json;
      END IF;
      RETURN regexp_replace(whole::text, '(?<!\\)((\\\\)*)\\u(0000|[dD][89a-fA-F]..)', '\1\\ufffd', 'g')::json;
    END;
  END IF;
  RETURN whole;
END $$;

-- If the JSON of a row is larger than 64 KiB, its columns over 8 KiB are omitted.
CREATE OR REPLACE FUNCTION cecelia.fit(whole json, OUT run json, OUT omitted text[]) LANGUAGE plpgsql AS $$
BEGIN
  run := whole;
  IF octet_length(whole::text) > 65536 THEN
    SELECT json_object_agg(key, value) FILTER (WHERE octet_length(value::text) <= 8192), array_agg(key) FILTER (WHERE octet_length(value::text) > 8192)
      INTO run, omitted FROM json_each(whole);
  END IF;
END $$;

-- A statement trigger, so that an UPDATE of many rows uses one subtransaction (the exception block) instead of one for each row. SECURITY DEFINER, so that
-- writers of `runs` need no rights in this schema. A session caches the plan of its first statement, which may have one row or 100,000. So nested loops are
-- off (10,000 rows took 8 minutes, a hash join takes 0.4 s), and so is JIT (compiling took 0.25 s for each statement of one row).
CREATE OR REPLACE FUNCTION cecelia.record_run_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off AS $$
DECLARE
  recorded bigint;
  newest bigint;
  last_old bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM cecelia.bridge) THEN
    RETURN NULL;
  END IF;

  -- With .*, since a bare name would be a column, if the table has a column of that name.
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cecelia.run_changes (change, run, omitted)
      SELECT 'insert', f.run, f.omitted FROM new_runs, cecelia.fit(cecelia.readable(to_json(new_runs.*))) f;
  ELSE
    INSERT INTO cecelia.run_changes (change, run, omitted)
      -- Materialized, so that a row is converted to JSON once, not at each use.
      WITH n AS MATERIALIZED (SELECT cecelia.readable(to_json(new_runs.*)) AS run FROM new_runs),
        o AS MATERIALIZED (SELECT cecelia.readable(to_json(old_runs.*)) AS run FROM old_runs)
      SELECT
        CASE
          WHEN o.run IS NULL THEN 'insert'
          WHEN o.run ->> 'status' IS DISTINCT FROM n.run ->> 'status' THEN 'status'
          WHEN o.run ->> 'progress' IS DISTINCT FROM n.run ->> 'progress' THEN 'progress'
          ELSE 'other'
        END,
        f.run, f.omitted
      FROM n LEFT JOIN o ON o.run ->> 'id' = n.run ->> 'id',
        cecelia.fit(n.run) f
      WHERE o.run::text IS DISTINCT FROM n.run::text;
  END IF;

  GET DIAGNOSTICS recorded = ROW_COUNT;
  IF recorded = 0 THEN
    RETURN NULL;
  END IF;

  -- The notification only wakes the relay, which also polls once a second. A COMMIT fails if the notification queue is full, so a queue that is half full
  -- is not used.
  IF pg_notification_queue_usage() < 0.5 THEN
    PERFORM pg_notify('cecelia_runs', '');
  END IF;

  -- Old changes are deleted once in a thousand changes. Not in a serializable transaction, which this could make fail.
  newest := currval('cecelia.run_changes_seq_seq');
  IF newest % 1000 < recorded AND current_setting('transaction_isolation') <> 'serializable' THEN
    SELECT max(seq) INTO last_old FROM (SELECT seq, at FROM cecelia.run_changes ORDER BY seq LIMIT 10000 + recorded) oldest
      WHERE at < clock_timestamp() - interval '1 day' OR seq <= newest - 1000000;
    IF last_old IS NOT NULL THEN
      WITH gone AS (
        DELETE FROM cecelia.run_changes
          WHERE seq IN (SELECT seq FROM cecelia.run_changes WHERE seq <= last_old FOR UPDATE SKIP LOCKED)
          RETURNING coalesce(lost, 1) AS lost)
      INSERT INTO cecelia.run_changes (change, lost) SELECT 'lost', sum(lost) FROM gone HAVING count(*) > 0;
    END IF;
  END IF;

  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  -- Brain's transaction must not fail because of the relay.
  RAISE WARNING 'changes of % could not be recorded for the relay: % (%)', TG_RELID::regclass, SQLERRM, SQLSTATE;
  -- The relay reports these changes as missing. The count of an UPDATE includes rows whose values it did not change.
  BEGIN
    INSERT INTO cecelia.run_changes (change, lost) SELECT 'lost', count(*) FROM new_runs HAVING count(*) > 0;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
  RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION cecelia.record_run_changes() FROM PUBLIC;

-- A statement only fires the statement triggers of the table that it names, so each child and partition has its own. A foreign table cannot have triggers
-- with transition tables.
DO $$
DECLARE
  member record;
  always text[];
  trigger_name text;
BEGIN
  FOR member IN
    WITH RECURSIVE tree AS (
      SELECT 'runs'::regclass::oid AS relid
      UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.relid)
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
      FROM tree JOIN pg_class c ON c.oid = tree.relid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = 'runs'::regclass OR c.relkind <> 'f'
  LOOP
    SELECT coalesce(array_agg(tgname::text), '{}') INTO always FROM pg_trigger
      WHERE tgrelid = member.oid AND tgname IN ('cecelia_inserted', 'cecelia_updated') AND tgenabled = 'A';
    EXECUTE format('CREATE OR REPLACE TRIGGER cecelia_inserted AFTER INSERT ON %s
      REFERENCING NEW TABLE AS new_runs FOR EACH STATEMENT EXECUTE FUNCTION cecelia.record_run_changes()', member.name);
    EXECUTE format('CREATE OR REPLACE TRIGGER cecelia_updated AFTER UPDATE ON %s
      REFERENCING OLD TABLE AS old_runs NEW TABLE AS new_runs FOR EACH STATEMENT EXECUTE FUNCTION cecelia.record_run_changes()', member.name);
    FOREACH trigger_name IN ARRAY always LOOP
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', member.name, trigger_name);
    END LOOP;
    -- The relay compares this comment with the table's name, to detect that the table was renamed.
    EXECUTE format('COMMENT ON TRIGGER cecelia_inserted ON %s IS %L', member.name, member.name);
    EXECUTE format('COMMENT ON TRIGGER cecelia_updated ON %s IS %L', member.name, member.name);
  END LOOP;
END $$;

COMMIT;
