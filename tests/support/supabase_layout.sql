-- A database as one of Supabase's projects is laid out: roles, platform schemas, auth, storage, vault,
-- realtime, extensions that stock PostgreSQL has not (empty ones of the same names), and beside them
-- what a user made: tables behind row-level security, policies on storage.objects, a trigger on
-- auth.users, a webhook, a publication, an event trigger, a materialized view, cron jobs.
-- Roles are a cluster's: they may be there already.
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['anon', 'authenticated', 'service_role', 'authenticator', 'dashboard_user',
        'pgbouncer', 'supabase_admin', 'supabase_auth_admin', 'supabase_storage_admin',
        'supabase_functions_admin', 'supabase_realtime_admin', 'supabase_replication_admin',
        'supabase_read_only_user', 'project_owner'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
    END LOOP;
END $$;
ALTER ROLE service_role BYPASSRLS;
-- As the platform's role postgres, which is no superuser: it dumps.
ALTER ROLE project_owner LOGIN CREATEROLE CREATEDB BYPASSRLS;
ALTER ROLE authenticator LOGIN NOINHERIT;
ALTER ROLE authenticator SET session_preload_libraries = 'safeupdate';
ALTER ROLE supabase_admin SUPERUSER;
ALTER ROLE anon SET statement_timeout = '3s';
ALTER ROLE authenticated SET statement_timeout = '8s';
GRANT anon, authenticated, service_role TO authenticator;
GRANT anon, authenticated, service_role TO project_owner;

CREATE SCHEMA extensions;
CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin;
CREATE SCHEMA storage AUTHORIZATION supabase_storage_admin;
CREATE SCHEMA graphql;
CREATE SCHEMA graphql_public;
CREATE SCHEMA pgbouncer AUTHORIZATION pgbouncer;
CREATE SCHEMA realtime AUTHORIZATION supabase_realtime_admin;
CREATE SCHEMA vault;
CREATE SCHEMA supabase_functions AUTHORIZATION supabase_functions_admin;
CREATE SCHEMA net;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE EXTENSION "uuid-ossp" SCHEMA extensions;
CREATE EXTENSION pg_stat_statements SCHEMA extensions;

-- Extensions that only the platform has: their names, and what they keep.
CREATE FUNCTION pg_temp.pretend(extension text, schema text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'), extension, 10,
           schema::regnamespace, false, '1.0'
$$;
SELECT pg_temp.pretend('pg_graphql', 'graphql'), pg_temp.pretend('supabase_vault', 'vault'),
       pg_temp.pretend('pg_net', 'extensions'), pg_temp.pretend('pg_cron', 'pg_catalog');

CREATE SCHEMA cron;
CREATE SEQUENCE cron.jobid_seq;
CREATE TABLE cron.job (
    jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'), schedule text NOT NULL,
    command text NOT NULL, nodename text DEFAULT 'localhost', nodeport int DEFAULT 5432,
    database text DEFAULT 'postgres', username text DEFAULT CURRENT_USER, active boolean DEFAULT true);
CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint LANGUAGE sql AS
    'INSERT INTO cron.job (schedule, command) VALUES (schedule, command) RETURNING jobid';
ALTER EXTENSION pg_cron ADD SCHEMA cron;
ALTER EXTENSION pg_cron ADD TABLE cron.job;
ALTER EXTENSION pg_cron ADD SEQUENCE cron.jobid_seq;
ALTER EXTENSION pg_cron ADD FUNCTION cron.schedule(text, text);
UPDATE pg_extension SET extcondition = ARRAY['', ''],
    extconfig = ARRAY['cron.job'::regclass::oid, 'cron.jobid_seq'::regclass::oid]
WHERE extname = 'pg_cron';
GRANT USAGE ON SCHEMA cron TO project_owner WITH GRANT OPTION;
GRANT ALL ON ALL TABLES IN SCHEMA cron TO project_owner;
GRANT ALL ON ALL SEQUENCES IN SCHEMA cron TO project_owner;
GRANT ALL ON FUNCTION cron.schedule TO project_owner;
COMMENT ON EXTENSION pg_cron IS 'Job scheduler for PostgreSQL';

CREATE TABLE net.http_request_queue (id bigserial, method text, url text, body bytea);
CREATE FUNCTION net.http_post(url text) RETURNS bigint LANGUAGE sql AS
    'INSERT INTO net.http_request_queue (method, url) VALUES (''POST'', url) RETURNING id';
ALTER EXTENSION pg_net ADD TABLE net.http_request_queue;
ALTER EXTENSION pg_net ADD SEQUENCE net.http_request_queue_id_seq;
ALTER EXTENSION pg_net ADD FUNCTION net.http_post(text);

CREATE TABLE vault.secrets (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, secret text, nonce bytea);
ALTER EXTENSION supabase_vault ADD TABLE vault.secrets;
UPDATE pg_extension SET extcondition = ARRAY[''], extconfig = ARRAY['vault.secrets'::regclass::oid]
WHERE extname = 'supabase_vault';

CREATE FUNCTION graphql_public.graphql(query text) RETURNS jsonb LANGUAGE sql AS $$SELECT '{}'::jsonb$$;
CREATE FUNCTION pgbouncer.get_auth(p_usename text) RETURNS TABLE(username text, password text)
    LANGUAGE sql SECURITY DEFINER AS 'SELECT usename::text, passwd::text FROM pg_shadow WHERE usename = p_usename';

-- auth, as GoTrue makes it.
CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn', 'phone');
CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
INSERT INTO auth.schema_migrations VALUES ('20171026211738'), ('20240612123726');
CREATE TABLE auth.users (
    instance_id uuid, id uuid PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255),
    encrypted_password varchar(255), email_confirmed_at timestamptz,
    confirmed_at timestamptz GENERATED ALWAYS AS (email_confirmed_at) STORED,
    raw_app_meta_data jsonb, raw_user_meta_data jsonb, is_super_admin boolean,
    created_at timestamptz DEFAULT now(), phone text UNIQUE);
CREATE UNIQUE INDEX users_email_partial_key ON auth.users (email) WHERE email IS NOT NULL;
CREATE TABLE auth.identities (
    provider_id text NOT NULL, user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    identity_data jsonb NOT NULL, provider text NOT NULL, last_sign_in_at timestamptz,
    email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), UNIQUE (provider_id, provider));
CREATE TYPE auth.aal_level AS ENUM ('aal1', 'aal2', 'aal3');
CREATE TABLE auth.sessions (
    id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE, created_at timestamptz,
    updated_at timestamptz, factor_id uuid, aal auth.aal_level, not_after timestamptz, refreshed_at timestamp,
    user_agent text, ip inet, tag text);
CREATE TABLE auth.refresh_tokens (
    id bigserial PRIMARY KEY, token varchar(255), user_id varchar(255), revoked boolean,
    session_id uuid REFERENCES auth.sessions ON DELETE CASCADE);
CREATE TABLE auth.audit_log_entries (
    instance_id uuid, id uuid PRIMARY KEY, payload json, created_at timestamptz,
    ip_address varchar(64) NOT NULL DEFAULT '');
CREATE TYPE auth.one_time_token_type AS ENUM ('confirmation_token', 'recovery_token');
CREATE TABLE auth.one_time_tokens (
    id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    token_type auth.one_time_token_type NOT NULL, token_hash text NOT NULL, relates_to text NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE auth.mfa_factors (
    id uuid PRIMARY KEY, user_id uuid REFERENCES auth.users ON DELETE CASCADE, factor_type auth.factor_type);
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' $$;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.schema_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.users OWNER TO supabase_auth_admin;
ALTER TABLE auth.identities OWNER TO supabase_auth_admin;
ALTER TABLE auth.sessions OWNER TO supabase_auth_admin;
ALTER TABLE auth.refresh_tokens OWNER TO supabase_auth_admin;
ALTER TABLE auth.audit_log_entries OWNER TO supabase_auth_admin;
ALTER TABLE auth.one_time_tokens OWNER TO supabase_auth_admin;
ALTER FUNCTION auth.uid() OWNER TO supabase_auth_admin;

-- storage, as its server makes it.
CREATE TABLE storage.migrations (id int PRIMARY KEY, name varchar(100) UNIQUE, hash varchar(40));
INSERT INTO storage.migrations VALUES (0, 'create-migrations-table', 'e18db593');
CREATE TABLE storage.buckets (
    id text PRIMARY KEY, name text NOT NULL, owner uuid, public boolean DEFAULT false,
    file_size_limit bigint, allowed_mime_types text[]);
CREATE TABLE storage.objects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), bucket_id text REFERENCES storage.buckets, name text,
    owner uuid, created_at timestamptz DEFAULT now(), metadata jsonb,
    path_tokens text[] GENERATED ALWAYS AS (string_to_array(name, '/')) STORED, version text);
CREATE UNIQUE INDEX bucketid_objname ON storage.objects (bucket_id, name);
CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1]; END $$;
ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.buckets OWNER TO supabase_storage_admin;
ALTER TABLE storage.objects OWNER TO supabase_storage_admin;

-- realtime: a day's partition.
CREATE TABLE realtime.messages (
    topic text NOT NULL, payload jsonb, inserted_at timestamp NOT NULL DEFAULT now()) PARTITION BY RANGE (inserted_at);
CREATE TABLE realtime.messages_2026_11_30 PARTITION OF realtime.messages
    FOR VALUES FROM ('2026-11-30') TO ('2026-12-01');
CREATE FUNCTION realtime.topic() RETURNS text LANGUAGE sql STABLE AS
    $$SELECT nullif(current_setting('realtime.topic', true), '')$$;
ALTER TABLE realtime.messages ENABLE ROW LEVEL SECURITY;

CREATE PUBLICATION supabase_realtime;

-- Database webhooks.
CREATE TABLE supabase_functions.hooks (
    id bigserial PRIMARY KEY, hook_table_id int NOT NULL, hook_name text NOT NULL, request_id bigint);
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO supabase_functions.hooks (hook_table_id, hook_name, request_id)
    VALUES (TG_RELID, TG_NAME, net.http_post(TG_ARGV[0]));
    RETURN NEW;
END $$;

-- The platform's event trigger.
CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN NOTIFY pgrst, 'reload schema'; END $$;
CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();

-- What the user made.
-- A role of their own, and what is set for roles, for the database, and for a role in it.
DO $$
DECLARE here text := quote_ident(current_database());
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_reader') THEN CREATE ROLE app_reader; END IF;
    EXECUTE 'ALTER DATABASE ' || here || ' SET lock_timeout = ''30s''';
    EXECUTE 'ALTER DATABASE ' || here || ' SET "app.settings.greeting" = ''it''''s''';
    EXECUTE 'ALTER ROLE app_reader IN DATABASE ' || here || ' SET search_path = "My app", '''', public';
    EXECUTE 'GRANT CREATE ON DATABASE ' || here || ' TO app_reader';
END $$;
ALTER ROLE app_reader LOGIN CONNECTION LIMIT 5;
ALTER ROLE app_reader SET statement_timeout = '5s';
GRANT app_reader TO authenticator;
SELECT cron.schedule('0 3 * * *', E'DELETE FROM public.posts\n WHERE created_at < now() - ''1y''::interval'),
       cron.schedule('30 seconds', 'SELECT net.http_post(''https://example.com'')');
INSERT INTO net.http_request_queue (method, url) VALUES ('POST', 'https://hooks.example.com');
INSERT INTO vault.secrets (name, secret) VALUES ('stripe', 'b64ciphertext'), ('mail', 'b64ciphertext');
INSERT INTO realtime.messages VALUES ('room', '{}', '2026-11-30 10:00');
CREATE POLICY "members hear their room" ON realtime.messages FOR SELECT TO authenticated
    USING (realtime.topic() = 'room');
CREATE SCHEMA supabase_migrations;
CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000', ARRAY['CREATE TABLE posts ();'], 'init');
CREATE TABLE public.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, username text UNIQUE,
    token text DEFAULT encode(extensions.gen_random_bytes(8), 'hex'));
CREATE TABLE public.posts (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users ON DELETE CASCADE,
    title text NOT NULL, body text, created_at timestamptz DEFAULT now());
CREATE TABLE public.comments (
    id serial PRIMARY KEY, post_id bigint REFERENCES public.posts, body text);
CREATE MATERIALIZED VIEW public.post_counts AS
    SELECT user_id, count(*) AS posts FROM public.posts GROUP BY user_id WITH NO DATA;
CREATE VIEW public.latest WITH (security_invoker = on) AS SELECT * FROM public.posts ORDER BY id DESC LIMIT 10;
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
-- A comment that begins its line.
    INSERT INTO public.profiles (id, username) VALUES (NEW.id, NEW.raw_user_meta_data ->> 'name');
    RETURN NEW;
END $$;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users
    FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
INSERT INTO auth.users (id, email, encrypted_password, raw_user_meta_data, created_at)
SELECT md5('user' || n)::uuid, 'user' || n || '@example.com', '$2a$10$' || md5(n::text),
       jsonb_build_object('name', 'user ' || n), '2026-01-01'
FROM generate_series(1, 50) n;
INSERT INTO auth.identities (provider, provider_id, user_id, identity_data)
SELECT 'email', id, id, jsonb_build_object('sub', id, 'email', email) FROM auth.users;
INSERT INTO auth.sessions (id, user_id, created_at, aal, refreshed_at, ip)
SELECT md5('session' || id)::uuid, id, '2026-02-01', 'aal1', '2026-02-02 10:00:00.5', '192.0.2.7' FROM auth.users;
INSERT INTO auth.refresh_tokens (token, user_id, revoked, session_id)
SELECT md5(user_id::text), user_id, false, id FROM auth.sessions;
INSERT INTO auth.audit_log_entries (id, payload, created_at)
SELECT md5('entry' || id)::uuid, json_build_object('action', 'login', 'actor_id', id), '2026-02-01' FROM auth.users;
INSERT INTO auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at)
SELECT md5('token' || id)::uuid, id, 'recovery_token', md5(id::text), email, '2026-02-01 10:00' FROM auth.users;
INSERT INTO public.posts (user_id, title, body)
SELECT md5('user' || 1 + n % 50)::uuid, 'post ' || n, E'CREATE EXTENSION pg_net;\n\\.\n-- no comment\n\\restrict ' || n
FROM generate_series(1, 400) n;
INSERT INTO public.comments (post_id, body) SELECT id, 'it''s; "fine"' FROM public.posts;
REFRESH MATERIALIZED VIEW public.post_counts;
CREATE TRIGGER on_post AFTER INSERT ON public.posts
    FOR EACH ROW EXECUTE FUNCTION supabase_functions.http_request('https://hooks.example.com/post', 'POST');
INSERT INTO storage.buckets VALUES ('avatars', 'avatars', NULL, true), ('files', 'files', NULL, false);
INSERT INTO storage.objects (bucket_id, name, owner, metadata)
SELECT 'avatars', id || '/me.png', id, '{"size": 1024}' FROM auth.users LIMIT 30;
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.comments ENABLE ROW LEVEL SECURITY;
CREATE POLICY "everybody sees profiles" ON public.profiles FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY "own posts" ON public.posts TO authenticated
    USING (auth.uid() = user_id) WITH CHECK (auth.uid() = user_id);
CREATE POLICY "comments on own posts" ON public.comments FOR SELECT TO authenticated
    USING (EXISTS (SELECT FROM public.posts p WHERE p.id = post_id) AND auth.jwt() IS NOT NULL);
CREATE POLICY "in a room" ON public.comments FOR INSERT TO authenticated WITH CHECK (realtime.topic() = 'room');
CREATE POLICY "own avatars" ON storage.objects FOR ALL TO authenticated
    USING (bucket_id = 'avatars' AND auth.uid()::text = (storage.foldername(name))[1]);
CREATE POLICY "readers see posts" ON public.posts FOR SELECT TO app_reader USING (true);
GRANT SELECT ON public.posts TO app_reader;
ALTER PUBLICATION supabase_realtime ADD TABLE public.posts;
CREATE FUNCTION public.note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE EVENT TRIGGER users_own ON ddl_command_end EXECUTE FUNCTION public.note_ddl();
-- The platform lets its role postgres own one, which stock PostgreSQL lets only a superuser.
ALTER ROLE project_owner SUPERUSER;
ALTER EVENT TRIGGER users_own OWNER TO project_owner;
ALTER ROLE project_owner NOSUPERUSER;
GRANT USAGE ON SCHEMA public, auth, storage, extensions TO anon, authenticated, service_role, project_owner;
GRANT ALL ON ALL TABLES IN SCHEMA public TO anon, authenticated, service_role;
GRANT ALL ON ALL TABLES IN SCHEMA storage TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;

-- What the platform's role postgres may read: not the inside of the platform.
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['public', 'auth', 'storage', 'supabase_functions', 'supabase_migrations'] LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO project_owner', name);
        EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO project_owner', name);
        EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %I TO project_owner', name);
    END LOOP;
END $$;
