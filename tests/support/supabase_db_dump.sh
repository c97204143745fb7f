#!/usr/bin/env bash
# supabase_db_dump.sh DATABASE FOLDER [pg_dump's option for the rows]: writes roles.sql, schema.sql and
# data.sql as `supabase db dump` does it three times: what it leaves out, what it rewrites, which lines it
# strips. PGHOST, PGPORT and PGUSER say where the database is; pg_dump is the first in PATH.
set -euo pipefail
database=$1 folder=$2 rows=${3:-}

internal='information_schema|pg_*|_analytics|_realtime|_supavisor|auth|etl|extensions|pgbouncer|realtime|storage'
internal+='|supabase_functions|supabase_migrations|cron|graphql|graphql_public|net|pgmq|pgsodium|pgtle|vault'
without_rows='information_schema|pg_*|graphql|graphql_public|pgsodium|pgtle|vault|etl|extensions|pgbouncer'
without_rows+='|realtime|supabase_migrations|_analytics|_realtime|_supavisor'
reserved='anon|authenticated|authenticator|dashboard_user|pgbouncer|postgres|service_role|supabase_[a-z_]*'
no_commands='s/^\\(un)?restrict .*$/-- &/'

mkdir -p "$folder"
{
    pg_dumpall --roles-only --quote-all-identifiers --no-role-passwords --no-comments |
        sed -E "$no_commands; s/^CREATE ROLE \"($reserved)\"/-- &/; s/^ALTER ROLE \"($reserved)\" WITH/-- &/
            s/ (NOSUPERUSER|NOREPLICATION)//g; /^ALTER ROLE .* SUPERUSER/d; /^--/d; s/ GRANTED BY .*$/;/"
    echo 'RESET ALL;'
} > "$folder/roles.sql"

{
    pg_dump --schema-only --quote-all-identifiers --exclude-schema="$internal" "$database" |
        sed -E "$no_commands
            s/^CREATE SCHEMA \"/CREATE SCHEMA IF NOT EXISTS \"/
            s/^CREATE TABLE \"/CREATE TABLE IF NOT EXISTS \"/
            s/^CREATE SEQUENCE \"/CREATE SEQUENCE IF NOT EXISTS \"/
            s/^CREATE VIEW \"/CREATE OR REPLACE VIEW \"/
            s/^CREATE FUNCTION \"/CREATE OR REPLACE FUNCTION \"/
            s/^CREATE TRIGGER \"/CREATE OR REPLACE TRIGGER \"/
            s/^CREATE PUBLICATION \"supabase_realtime/-- &/
            s/^CREATE EVENT TRIGGER /-- &/; s/^         WHEN TAG IN /-- &/; s/^   EXECUTE FUNCTION /-- &/
            s/^ALTER EVENT TRIGGER /-- &/
            s/^(GRANT|REVOKE) (.+) ON (.+) \"($internal)\"/-- &/
            s/^COMMENT ON EXTENSION /-- &/; s/^(CREATE|ALTER) PUBLICATION \"supabase_realtime_/-- &/
            s/^ALTER DEFAULT PRIVILEGES FOR ROLE \"supabase_admin\"/-- &/" | sed '/^--/d'
    echo 'RESET ALL;'
} > "$folder/schema.sql"

{
    printf 'SET session_replication_role = replica;\n\n'
    # shellcheck disable=SC2086
    pg_dump --data-only --quote-all-identifiers --exclude-schema="$without_rows" \
        --exclude-table=auth.schema_migrations --exclude-table=storage.migrations --schema='*' $rows \
        "$database" | sed -E "$no_commands"
    echo 'RESET ALL;'
} > "$folder/data.sql"
