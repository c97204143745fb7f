-- The demo's database: a small social application, about 100 MB at scale 1.
--   psql -v ON_ERROR_STOP=1 [-v scale=1] -f seed.sql DATABASE
-- The same rows every time: random() is seeded, and every moment is counted from a fixed one.
\if :{?scale} \else \set scale 1 \endif
SET TIME ZONE 'UTC';
SELECT setseed(0.42) \g /dev/null
SELECT (20000 * :scale)::int AS users, (80000 * :scale)::int AS posts, (150000 * :scale)::int AS comments,
       (90000 * :scale)::int AS events \gset

CREATE TYPE post_status AS ENUM ('draft', 'published', 'archived');

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    display_name text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    email text NOT NULL,
    status post_status NOT NULL,
    archetype text NOT NULL,
    body text NOT NULL,
    meta jsonb NOT NULL,
    words integer GENERATED ALWAYS AS (cardinality(string_to_array(body, ' '))) STORED,
    created_at timestamptz NOT NULL,
    updated_at timestamptz
);

CREATE TABLE comments (
    id bigserial PRIMARY KEY,
    post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users,
    body text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE tags (id integer PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE post_tags (
    post_id bigint REFERENCES posts ON DELETE CASCADE,
    tag_id integer REFERENCES tags,
    PRIMARY KEY (post_id, tag_id)
);

CREATE TABLE events (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE events_2026_09 PARTITION OF events FOR VALUES FROM ('2026-09-01') TO ('2026-10-01');
CREATE TABLE events_2026_10 PARTITION OF events FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
CREATE TABLE events_2026_11 PARTITION OF events FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
CREATE TABLE events_other PARTITION OF events DEFAULT;

INSERT INTO users
SELECT md5('user' || i)::uuid, format('user%s@example.com', i), format('User %s', i),
       '2024-01-01'::timestamptz + i * interval '3 minutes'
FROM generate_series(1, :users) AS i;

-- Six sentences of digits and words a post: neither all alike nor all noise, so it compresses like text.
INSERT INTO posts (user_id, email, status, archetype, body, meta, created_at)
SELECT md5('user' || author)::uuid, format('user%s@example.com', author),
       (ARRAY['draft', 'published', 'published', 'published', 'archived']::post_status[])[1 + i % 5],
       (ARRAY['story', 'question', 'announcement', 'recipe', 'review'])[1 + (i / 7) % 5],
       (SELECT string_agg(format('%s says the night of %s was %s', md5(i::text || n), n * i % 9973,
               (ARRAY['quiet', 'long', 'busy', 'lost'])[1 + (n + i) % 4]), '. ')
        FROM generate_series(1, 4) AS n),
       jsonb_build_object('likes', (random() * 1000)::int, 'language', (ARRAY['en', 'fr', 'de'])[1 + i % 3],
                          'device', jsonb_build_object('kind', (ARRAY['phone', 'web'])[1 + i % 2])),
       '2025-01-01'::timestamptz + i * interval '5 minutes'
FROM (SELECT i, 1 + (i * 7919::bigint) % :users AS author FROM generate_series(1, :posts) AS i) AS post;

INSERT INTO comments (post_id, user_id, body, created_at)
SELECT 1 + (i * 31::bigint) % :posts, md5('user' || 1 + (i * 17::bigint) % :users)::uuid,
       format('Comment %s: %s', i, md5('comment' || i)), '2025-02-01'::timestamptz + i * interval '1 minute'
FROM generate_series(1, :comments) AS i;

INSERT INTO tags SELECT i, format('tag-%s', i) FROM generate_series(1, 50) AS i;
INSERT INTO post_tags SELECT i, 1 + (i * 13) % 50 FROM generate_series(1, :posts, 2) AS i;

INSERT INTO events
SELECT i, '2026-08-25'::timestamptz + i * interval '90 seconds' / :scale,
       (ARRAY['login', 'view', 'click', 'logout'])[1 + i % 4], jsonb_build_object('session', md5(i::text))
FROM generate_series(1, :events) AS i;

CREATE INDEX posts_user_id ON posts (user_id);
CREATE INDEX posts_created_at ON posts (created_at);
CREATE INDEX posts_meta ON posts USING gin (meta);
CREATE INDEX posts_drafts ON posts (created_at) WHERE status = 'draft';
CREATE INDEX comments_post_id ON comments (post_id);
CREATE INDEX events_at ON events (at);

CREATE VIEW published_posts AS SELECT id, user_id, archetype, created_at FROM posts WHERE status = 'published';
CREATE MATERIALIZED VIEW posts_per_archetype AS
    SELECT archetype, status, count(*) AS posts FROM posts GROUP BY archetype, status;

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER posts_touch BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

ANALYZE;
