-- The benchmarks' database, the `big` that bench/README.md speaks of: 1 GB at scale 1, of which posts is
-- half. The other half is pgbench's own, made first: pgbench -i -s 30 DATABASE (accounts, 3,000,000 rows).
--   psql -v ON_ERROR_STOP=1 [-v scale=1] -f big.sql DATABASE
\if :{?scale} \else \set scale 1 \endif
SELECT setseed(0.42) \g /dev/null

CREATE TABLE posts (
    id bigserial,
    user_id uuid NOT NULL,
    email text NOT NULL,
    status text NOT NULL,
    archetype text NOT NULL,
    body text NOT NULL,
    meta jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

INSERT INTO posts (user_id, email, status, archetype, body, meta, created_at)
SELECT md5((i % 50000)::text)::uuid, format('user%s@example.com', i % 50000),
       (ARRAY['draft', 'published', 'archived'])[1 + i % 3],
       (ARRAY['story', 'question', 'announcement', 'recipe', 'review'])[1 + i % 5],
       (SELECT string_agg(md5((i * 10 + n)::text), ' and so the night went on, quietly ')
        FROM generate_series(1, 5) AS n),
       jsonb_build_object(
           'likes', (random() * 1000)::int, 'language', (ARRAY['en', 'fr', 'de'])[1 + i % 3],
           'tags', jsonb_build_array('tag' || i % 97, 'tag' || i % 89), 'session', substr(md5(i::text), 1, 12),
           'device', jsonb_build_object('build', i % 1000)),
       '2025-01-01 00:00+00'::timestamptz + i * interval '1 minute'
FROM generate_series(1, (800000 * :scale)::int) AS i;

ALTER TABLE posts ADD PRIMARY KEY (id);
CREATE INDEX posts_user_id ON posts (user_id);
CREATE INDEX posts_created_at ON posts (created_at);
CREATE INDEX posts_meta ON posts USING gin (meta);
ANALYZE posts;
