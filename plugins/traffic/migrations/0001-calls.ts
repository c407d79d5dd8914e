import { defineMigration } from 'clawnex/contract'

export default defineMigration({
  up(db) {
    db.exec(`
      -- Clustered by time, so that the newest page is one short range and new rows append.
      CREATE TABLE traffic_call (
        at INTEGER NOT NULL,
        id TEXT NOT NULL,
        verdict TEXT NOT NULL,
        action TEXT NOT NULL,
        model TEXT NOT NULL,
        provider TEXT,
        route TEXT,
        key_id TEXT,
        key_label TEXT,
        status INTEGER NOT NULL,
        stream INTEGER NOT NULL,
        dialect TEXT NOT NULL,
        path TEXT NOT NULL,
        error TEXT,
        tokens_in INTEGER,
        tokens_out INTEGER,
        cost_micros INTEGER,
        cost_currency TEXT,
        cost_trust TEXT,
        first_byte_ms REAL,
        latency_ms REAL NOT NULL,
        scan_ms REAL NOT NULL,
        score REAL NOT NULL,
        threshold REAL NOT NULL,
        scanned_bytes INTEGER NOT NULL,
        unscanned_bytes INTEGER NOT NULL,
        -- 0 none, 1 low, 2 medium, 3 high, 4 critical
        severity INTEGER NOT NULL,
        PRIMARY KEY (at, id)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX traffic_call_id ON traffic_call (id);

      CREATE TABLE traffic_finding (
        call_id TEXT NOT NULL,
        n INTEGER NOT NULL,
        at INTEGER NOT NULL,
        stopped INTEGER NOT NULL,
        category TEXT NOT NULL,
        rule TEXT NOT NULL,
        severity INTEGER NOT NULL,
        confidence REAL NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        unit INTEGER NOT NULL,
        view TEXT NOT NULL,
        title TEXT NOT NULL,
        PRIMARY KEY (call_id, n)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX traffic_finding_stopped ON traffic_finding (at, rule) WHERE stopped = 1;

      CREATE TABLE traffic_text (
        call_id TEXT NOT NULL,
        n INTEGER NOT NULL,
        unit INTEGER NOT NULL,
        origin TEXT NOT NULL,
        direction TEXT NOT NULL,
        tool TEXT,
        -- sealed texts are bound to traffic_text.text:<call_id>:<n>
        sealed INTEGER NOT NULL,
        text TEXT NOT NULL,
        omitted INTEGER NOT NULL,
        removed TEXT NOT NULL,
        PRIMARY KEY (call_id, n)
      ) STRICT, WITHOUT ROWID;

      -- A row for each minute in which the dashboard ran, also when nothing was called: a missing row means "not seen".
      CREATE TABLE traffic_minute (
        minute INTEGER PRIMARY KEY,
        allow INTEGER NOT NULL DEFAULT 0,
        review INTEGER NOT NULL DEFAULT 0,
        redact INTEGER NOT NULL DEFAULT 0,
        block INTEGER NOT NULL DEFAULT 0,
        error INTEGER NOT NULL DEFAULT 0,
        tokens_in INTEGER NOT NULL DEFAULT 0,
        tokens_out INTEGER NOT NULL DEFAULT 0,
        tokens_unknown INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE traffic_minute_cost (
        minute INTEGER NOT NULL,
        currency TEXT NOT NULL,
        trust TEXT NOT NULL,
        micros INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        PRIMARY KEY (minute, currency, trust)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE traffic_minute_latency (
        minute INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        PRIMARY KEY (minute, bucket)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE traffic_setting (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        text_mode TEXT NOT NULL,
        days INTEGER NOT NULL,
        previous_mode TEXT NOT NULL,
        changed_at INTEGER NOT NULL,
        version INTEGER NOT NULL
      ) STRICT;
      INSERT INTO traffic_setting VALUES (1, 'redacted', 30, 'redacted', 0, 1);
    `)
  },
})
