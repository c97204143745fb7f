-- What stands in for the extension pgmq, which stock PostgreSQL has not: its name, the list of its queues, and
-- pgmq.create, which makes one as pgmq does before 1.6: two tables, which belong to the extension, and a row in
-- that list. pgmq.detach has them belong to it no more, as those of 1.6 do.
CREATE SCHEMA pgmq;
CREATE TABLE pgmq.meta (
    queue_name varchar NOT NULL UNIQUE, is_partitioned boolean NOT NULL, is_unlogged boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION pgmq.create(queue_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE pgmq.%I (msg_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, vt timestamptz, message jsonb)',
        'q_' || lower(queue_name));
    EXECUTE format(
        'CREATE TABLE pgmq.%I (msg_id bigint PRIMARY KEY, archived_at timestamptz DEFAULT now(), message jsonb)',
        'a_' || lower(queue_name));
    EXECUTE format('ALTER EXTENSION pgmq ADD TABLE pgmq.%I', 'q_' || lower(queue_name));
    EXECUTE format('ALTER EXTENSION pgmq ADD SEQUENCE pgmq.%I', 'q_' || lower(queue_name) || '_msg_id_seq');
    EXECUTE format('ALTER EXTENSION pgmq ADD TABLE pgmq.%I', 'a_' || lower(queue_name));
    INSERT INTO pgmq.meta VALUES (queue_name, false, false);
END $$;
CREATE FUNCTION pgmq.detach(queue_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER EXTENSION pgmq DROP TABLE pgmq.%I', 'q_' || lower(queue_name));
    EXECUTE format('ALTER EXTENSION pgmq DROP SEQUENCE pgmq.%I', 'q_' || lower(queue_name) || '_msg_id_seq');
    EXECUTE format('ALTER EXTENSION pgmq DROP TABLE pgmq.%I', 'a_' || lower(queue_name));
END $$;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion, extconfig, extcondition)
VALUES (pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'), 'pgmq', 10, 'pgmq'::regnamespace, false, '1.0',
    ARRAY['pgmq.meta'::regclass::oid], ARRAY['']);
ALTER EXTENSION pgmq ADD TABLE pgmq.meta;
ALTER EXTENSION pgmq ADD FUNCTION pgmq.create(text);
ALTER EXTENSION pgmq ADD FUNCTION pgmq.detach(text);
GRANT USAGE, CREATE ON SCHEMA pgmq TO project_owner, postgres;
GRANT ALL ON pgmq.meta TO project_owner, postgres;
