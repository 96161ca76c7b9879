namespace Cecelia.Relay.Postgres;

/// <summary>
/// Finds reasons why changes of <c>runs</c> are not recorded although deploy/brain/runs.sql was run: the table was recreated or replaced, a trigger is
/// disabled, or a child or partition does not have one. A session that sets <c>session_replication_role</c> for itself cannot be detected by others.
/// </summary>
internal static class RunTriggers
{
    /// <summary>
    /// A query with one row of text for each finding. It only reads the system catalogs. Example: after
    /// <c>ALTER TABLE runs RENAME TO old; CREATE TABLE runs …</c>, the triggers are on <c>public.old</c>, and their comment is still <c>public.runs</c>.
    /// </summary>
    public const string Query =
        """
        WITH RECURSIVE ours AS (
          SELECT t.oid, t.tgrelid, t.tgname, t.tgtype, t.tgenabled FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE p.proname = 'record_run_changes' AND p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'cecelia')
        ), named AS (
          SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name, format('%I.runs', n.nspname) AS usual
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        ), wanted AS (
          SELECT coalesce(obj_description(o.oid, 'pg_trigger'), n.usual) AS name, min(n.name) AS holder
            FROM ours o JOIN named n ON n.oid = o.tgrelid
            WHERE NOT EXISTS (SELECT FROM pg_inherits i JOIN ours p ON p.tgrelid = i.inhparent WHERE i.inhrelid = o.tgrelid)
            GROUP BY 1
        ), tree AS (
          SELECT n.oid, n.name, n.relkind, NULL::text COLLATE "C" AS parent, w.holder FROM wanted w JOIN named n USING (name)
          UNION
          SELECT n.oid, n.name, n.relkind, t.name, NULL FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid JOIN named n ON n.oid = i.inhrelid
        ), unrecorded AS (
          SELECT t.*, e.event, o.tgname, o.tgenabled FROM tree t CROSS JOIN (VALUES ('INSERT', 4), ('UPDATE', 16)) e (event, bit)
            LEFT JOIN LATERAL (SELECT tgname, tgenabled FROM ours
                WHERE tgrelid = t.oid AND tgtype & e.bit <> 0 ORDER BY tgenabled IN ('O', 'A') DESC LIMIT 1) o ON true
            WHERE o.tgenabled IS NULL OR o.tgenabled NOT IN ('O', 'A')
        )
        SELECT 'no table of this database has the triggers of runs.sql' WHERE NOT EXISTS (SELECT FROM ours)
        UNION ALL
        SELECT format('the table %s no longer exists, and the triggers are on %s', w.name, w.holder)
            FROM wanted w WHERE NOT EXISTS (SELECT FROM named n WHERE n.name = w.name)
        UNION ALL
        SELECT format('trigger %I on %s %s', tgname, name, CASE tgenabled WHEN 'D' THEN 'is disabled' ELSE 'is enabled only for replication' END)
            FROM unrecorded WHERE tgname IS NOT NULL
        UNION ALL
        SELECT DISTINCT CASE
          WHEN parent IS NOT NULL THEN format('%s inherits from %s and has no triggers of its own: changes that are written to it directly are not recorded', name, parent)
          WHEN relkind = 'v' THEN format('%s is a view: only changes of %s, which has the triggers, are recorded', name, holder)
          WHEN holder <> name THEN format('the triggers are on %s, and %s has none for %s', holder, name, string_agg(event, ' and ' ORDER BY event))
          ELSE format('%s has no trigger for %s', name, string_agg(event, ' and ' ORDER BY event)) END
          FROM unrecorded WHERE tgname IS NULL GROUP BY name, relkind, parent, holder
        UNION ALL
        SELECT format('sessions%s%s start with session_replication_role=replica, in which only triggers that are ENABLE ALWAYS fire', ' of ' || quote_ident(r.rolname), ' in this database')
          FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
          WHERE 'session_replication_role=replica' = ANY (s.setconfig)
              AND (s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND EXISTS (SELECT FROM ours WHERE tgenabled = 'O')
        UNION ALL
        SELECT 'sessions start with session_replication_role=replica, in which only triggers that are ENABLE ALWAYS fire'
          WHERE current_setting('session_replication_role') = 'replica' AND EXISTS (SELECT FROM ours WHERE tgenabled = 'O')
            AND NOT EXISTS (SELECT FROM pg_db_role_setting WHERE 'session_replication_role=replica' = ANY (setconfig))
        LIMIT 100
        """;
}
