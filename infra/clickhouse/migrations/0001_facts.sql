-- What the topics tell, one table per kind of fact. Every table bears the school (`org`) and the classes (`groups`).
-- Events may come more than once: the sorting key says which rows are the same fact, and the engine or the reader keeps one.
--
-- On a cluster: create the tables with ON CLUSTER and the Replicated… engine of the same name before the first start (this
-- file then changes nothing), and keep all rows of a user on one shard: cityHash64(user_id). ClickHouse Cloud needs nothing.

-- A session: revision 1 when it began, 2 when it was transcribed; the higher one stays.
CREATE TABLE IF NOT EXISTS sessions (
    session_id String,
    user_id String,
    display_name String,
    org LowCardinality(String),
    groups Array(LowCardinality(String)),
    mode LowCardinality(String),
    competition LowCardinality(String) COMMENT 'empty: none',
    started_at DateTime64(3, 'UTC'),
    language LowCardinality(String),
    topic String COMMENT 'empty: none',
    revision UInt8,
    ended_by LowCardinality(String) COMMENT 'empty: still running',
    live Bool,
    words UInt32,
    speech_ms UInt32,
    audio_ms UInt32,
    words_per_minute Float32,
    finals UInt32,
    model LowCardinality(String),
    questions_source LowCardinality(String) COMMENT 'empty: none came',
    questions Nested(number UInt16, text String),
    INDEX by_user user_id TYPE bloom_filter GRANULARITY 4
) ENGINE = ReplacingMergeTree(revision) ORDER BY session_id;

-- What was said: revision 1 as it was said, 2 from the finished session, which is the authority.
CREATE TABLE IF NOT EXISTS finals (
    session_id String,
    number UInt32,
    user_id String,
    org LowCardinality(String),
    groups Array(LowCardinality(String)),
    revision UInt8,
    question Nullable(UInt16),
    start_ms UInt32,
    end_ms UInt32,
    text String,
    words Nested(text String, start_ms UInt32, end_ms UInt32, probability Float32)
) ENGINE = ReplacingMergeTree(revision) ORDER BY (session_id, number);

-- Running totals per session and hour of speech: the greatest is the truth. A session that was once not live (the sound came
-- faster than a person speaks) is never live again. A row without words only carries that news.
CREATE TABLE IF NOT EXISTS word_counts (
    competition LowCardinality(String) COMMENT 'empty: none',
    user_id String,
    session_id String,
    hour DateTime('UTC'),
    org LowCardinality(String),
    groups SimpleAggregateFunction(anyLast, Array(String)),
    words SimpleAggregateFunction(max, UInt32),
    live SimpleAggregateFunction(min, Bool),
    named SimpleAggregateFunction(max, Tuple(at_ms Int64, display_name String)) COMMENT 'the newest name seen'
) ENGINE = AggregatingMergeTree ORDER BY (competition, user_id, session_id, hour, org);

-- Reports as they were written: readers take the first of the newest analysis version, by place in the topic.
CREATE TABLE IF NOT EXISTS reports (
    session_id String,
    analysis_version UInt32,
    logged_at DateTime64(3, 'UTC'),
    log_offset UInt64,
    user_id String,
    org LowCardinality(String),
    groups Array(LowCardinality(String)),
    engine LowCardinality(String) COMMENT 'empty: no report could be made',
    report String COMMENT 'JSON, as on the topic; empty: none could be made',
    error String
) ENGINE = ReplacingMergeTree ORDER BY (session_id, analysis_version, logged_at, log_offset);

-- Competitions: revision 0 for those made on first use, else the time of the change in milliseconds.
CREATE TABLE IF NOT EXISTS competitions (
    id String,
    revision UInt64,
    name String,
    time_zone LowCardinality(String),
    starts_at Nullable(DateTime('UTC')),
    ends_at Nullable(DateTime('UTC')),
    entry Enum8('open' = 0, 'claim' = 1),
    org LowCardinality(String) COMMENT 'empty: of no school',
    groups Array(LowCardinality(String))
) ENGINE = ReplacingMergeTree(revision) ORDER BY id;
