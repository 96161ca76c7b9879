-- Makes every change of Brain's table `runs` known to the Cecelia relay (CECELIA_PG_URL). PostgreSQL 14 or later.
--
--   psql "$BRAIN_URL" -v ON_ERROR_STOP=1 -f runs.sql
--
-- Run it as often as you like, also on a table `runs` that is there already: it needs a column `id`, unique by itself; `status` and `progress` make the
-- events; every column goes out to clients, so keep no secrets in them. `runs` is the one that the search_path finds. No column is added or changed, and
-- the one lock that it takes on `runs` (SHARE ROW EXCLUSIVE, for the triggers) is given up on after five seconds, with an error: run it again then.
--
-- A trigger does not fire in a session whose session_replication_role is replica (logical replication, some restore tools). Where such sessions change
-- `runs` and their changes are to be published:
--   ALTER TABLE runs ENABLE ALWAYS TRIGGER cecelia_inserted;
--   ALTER TABLE runs ENABLE ALWAYS TRIGGER cecelia_updated;
-- This script keeps that, and enables a trigger that is disabled. Tables that inherit from `runs`, and its partitions, get the same triggers. Run the script
-- again after `runs` was recreated or replaced by another table, and for each new child or partition that is written to directly: the relay warns of them.
--
-- A relay that signs in as another user than the one who runs this needs
--   GRANT USAGE ON SCHEMA cecelia TO relay;
--   GRANT SELECT, DELETE ON cecelia.run_changes TO relay;
--   GRANT SELECT, INSERT ON cecelia.bridge TO relay;
-- Whoever writes to `runs` needs nothing. To undo all of it: DROP SCHEMA cecelia CASCADE.
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

-- A statement's rows before and after are matched by it.
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

-- One row for each change that no relay has published yet. The bridge takes rows out; what nobody takes out goes after a day, or past a million rows.
CREATE TABLE IF NOT EXISTS cecelia.run_changes (
  -- Drawn while the changed row is locked, so the changes of one run are in the order of their numbers. Those of two runs may be committed in another.
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- insert, status, progress, other; lost: so many changes went unpublished, or could not be noted.
  change text NOT NULL,
  run json,
  omitted text[],
  lost bigint
);

-- The first relay puts a row here. Until then nothing is noted, so nothing gathers where no relay is.
CREATE TABLE IF NOT EXISTS cecelia.bridge (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  since timestamptz NOT NULL DEFAULT now()
);

-- A json column may hold escapes that no JSON function of PostgreSQL takes apart again: "\u0000", half of a pair of surrogates, and, in a database whose
-- encoding is not UTF-8, a character that the encoding does not have. In UTF-8 they become U+FFFD, in other encodings the text of the escape ("\\u4e2d").
CREATE OR REPLACE FUNCTION cecelia.readable(whole json) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  IF position('\u' IN whole::text) > 0 THEN
    BEGIN
      PERFORM whole -> 'id';
    EXCEPTION WHEN OTHERS THEN
      -- A backslash before which an odd number of them stands is none of an escape.
      IF getdatabaseencoding() <> 'UTF8' THEN
        RETURN regexp_replace(whole::text, '(?<!\\)((\\\\)*)\\u(0000|(?!00[0-7]).{4})', '\1\\\\u\3', 'g')::json;
      END IF;
      RETURN regexp_replace(whole::text, '(?<!\\)((\\\\)*)\\u(0000|[dD][89a-fA-F]..)', '\1\\ufffd', 'g')::json;
    END;
  END IF;
  RETURN whole;
END $$;

-- A row whose JSON is over 64 KiB goes without its columns over 8 KiB.
CREATE OR REPLACE FUNCTION cecelia.fit(whole json, OUT run json, OUT omitted text[]) LANGUAGE plpgsql AS $$
BEGIN
  run := whole;
  IF octet_length(whole::text) > 65536 THEN
    SELECT json_object_agg(key, value) FILTER (WHERE octet_length(value::text) <= 8192), array_agg(key) FILTER (WHERE octet_length(value::text) > 8192)
      INTO run, omitted FROM json_each(whole);
  END IF;
END $$;

-- For a statement and not for a row: an UPDATE of many rows makes one subtransaction (the exception block), not as many. As its owner, so that writers of
-- `runs` need no right here. A session keeps the plan of its first statement: made for one row, it must do for 10,000 (a nested loop took 8 minutes, a hash
-- join takes 0.4 s), and made for 100,000, for one (compiling it took 0.25 s each time).
CREATE OR REPLACE FUNCTION cecelia.note_runs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off AS $$
DECLARE
  noted bigint;
  newest bigint;
  last_old bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM cecelia.bridge) THEN
    RETURN NULL;
  END IF;

  -- With .*, as a bare name would be the column of that name, where there is one.
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cecelia.run_changes (change, run, omitted)
      SELECT 'insert', f.run, f.omitted FROM new_runs, cecelia.fit(cecelia.readable(to_json(new_runs.*))) f;
  ELSE
    INSERT INTO cecelia.run_changes (change, run, omitted)
      -- Materialized: a row is made JSON once, not wherever it is looked at.
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

  GET DIAGNOSTICS noted = ROW_COUNT;
  IF noted = 0 THEN
    RETURN NULL;
  END IF;

  -- Only wakes the bridge, which looks once a second anyway: a COMMIT fails where the queue of notifications is full, so one that fills is left alone.
  IF pg_notification_queue_usage() < 0.5 THEN
    PERFORM pg_notify('cecelia_runs', '');
  END IF;

  -- Once in a thousand changes. Not where it could make Brain's transaction fail to serialize.
  newest := currval('cecelia.run_changes_seq_seq');
  IF newest % 1000 < noted AND current_setting('transaction_isolation') <> 'serializable' THEN
    SELECT max(seq) INTO last_old FROM (SELECT seq, at FROM cecelia.run_changes ORDER BY seq LIMIT 10000 + noted) oldest
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
  -- Brain's work goes before the relay's.
  RAISE WARNING 'changes of % could not be recorded for the relay: % (%)', TG_RELID::regclass, SQLERRM, SQLSTATE;
  -- The relay reports them as missing. An UPDATE counts rows that it left as they were too.
  BEGIN
    INSERT INTO cecelia.run_changes (change, lost) SELECT 'lost', count(*) FROM new_runs HAVING count(*) > 0;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
  RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION cecelia.note_runs() FROM PUBLIC;

-- A statement fires the triggers of the table that it names alone, so each child and partition has its own. A foreign table cannot have them.
DO $$
DECLARE
  noted record;
  always text[];
  trigger_name text;
BEGIN
  FOR noted IN
    WITH RECURSIVE tree AS (
      SELECT 'runs'::regclass::oid AS relid
      UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.relid)
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
      FROM tree JOIN pg_class c ON c.oid = tree.relid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = 'runs'::regclass OR c.relkind <> 'f'
  LOOP
    SELECT coalesce(array_agg(tgname::text), '{}') INTO always FROM pg_trigger
      WHERE tgrelid = noted.oid AND tgname IN ('cecelia_inserted', 'cecelia_updated') AND tgenabled = 'A';
    EXECUTE format('CREATE OR REPLACE TRIGGER cecelia_inserted AFTER INSERT ON %s
      REFERENCING NEW TABLE AS new_runs FOR EACH STATEMENT EXECUTE FUNCTION cecelia.note_runs()', noted.name);
    EXECUTE format('CREATE OR REPLACE TRIGGER cecelia_updated AFTER UPDATE ON %s
      REFERENCING OLD TABLE AS old_runs NEW TABLE AS new_runs FOR EACH STATEMENT EXECUTE FUNCTION cecelia.note_runs()', noted.name);
    FOREACH trigger_name IN ARRAY always LOOP
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', noted.name, trigger_name);
    END LOOP;
    -- By it the relay notices that the table has got another name since.
    EXECUTE format('COMMENT ON TRIGGER cecelia_inserted ON %s IS %L', noted.name, noted.name);
    EXECUTE format('COMMENT ON TRIGGER cecelia_updated ON %s IS %L', noted.name, noted.name);
  END LOOP;
END $$;

COMMIT;
