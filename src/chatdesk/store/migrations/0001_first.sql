-- The first version of the database: accounts, orders, conversations, messages, the outbox and its ledger.
--
-- Times are microseconds since the Unix epoch. A stamp is 11 bytes (run, connection epoch, arrival) that
-- compare like the facts came; see chatdesk.store.stamps.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the number of the newest commit, raised inside every transaction that changes something.
CREATE TABLE commits (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO commits VALUES (1, 0);

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    platform TEXT NOT NULL,
    server_url TEXT NOT NULL,
    login TEXT NOT NULL,
    user_id TEXT NOT NULL,
    seat TEXT NOT NULL,              -- as whom the person signs in, where a login has several roles
    role TEXT NOT NULL,              -- what the server said last
    name TEXT NOT NULL,
    plain_http_consent INTEGER NOT NULL,
    added_at_us INTEGER NOT NULL,
    capabilities TEXT NOT NULL,
    settings TEXT NOT NULL,          -- a JSON object of texts
    lists_read_at BLOB,              -- stamp of the first complete reading of the lists: the end of the first sync
    UNIQUE (platform, server_url, user_id, seat)
) STRICT;

CREATE TABLE learnt (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at_us INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

-- Events that were not applied, by reason: account health.
CREATE TABLE dropped (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (account_id, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    conversation_remote_id TEXT,
    gone INTEGER NOT NULL,
    stamp BLOB NOT NULL,
    PRIMARY KEY (account_id, remote_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_newest ON notifications (account_id, at_us DESC);

-- Orders of every kind. An account's remote ids are unique across kinds: conversations, goals and actions name
-- an order by its id alone, so an adapter whose server numbers kinds apart puts the kind in front of the number.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    customer TEXT NOT NULL,
    status TEXT NOT NULL,
    status_label TEXT NOT NULL,
    progress TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    updated_at_us INTEGER NOT NULL,
    details BLOB NOT NULL,           -- fields, participants, files
    facts BLOB NOT NULL,             -- the stamped facts that the columns are derived from
    UNIQUE (account_id, remote_id)
) STRICT;

-- Statuses in the order in which this client saw them.
CREATE TABLE order_steps (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    label TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX order_steps_order ON order_steps (order_id, id);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    order_remote_id TEXT,
    title TEXT NOT NULL,
    lifecycle TEXT NOT NULL,
    closed_why TEXT,                 -- NULL while it is open, or where nobody has said why
    live_only INTEGER NOT NULL,
    delete_at_us INTEGER,            -- when the copy here goes, as its platform promises; NULL: it stays
    kept INTEGER NOT NULL DEFAULT 0, -- the person wants the copy to stay
    customer_group INTEGER,          -- what the person has marked as being with the same customer shares it
    archived INTEGER NOT NULL DEFAULT 0,
    muted INTEGER NOT NULL DEFAULT 0,
    facts BLOB NOT NULL,             -- the stamped facts behind the columns above
    server_activity_us INTEGER NOT NULL DEFAULT 0,
    seen_cursor TEXT,
    self_read_at BLOB,               -- newest stamp of an own read event or an own live message
    server_unread INTEGER NOT NULL DEFAULT 0,
    server_unread_at BLOB,           -- stamp of the list read that gave the number; NULL where servers give none
    discovered_at BLOB NOT NULL,     -- oldest stamp under which the conversation was seen
    baseline TEXT,                   -- newest cursor of the first head read; what is not above it counts as read
    baseline_at BLOB,
    -- derived, kept right by chatdesk.store.derived:
    unread INTEGER NOT NULL DEFAULT 0,
    waiting_since_us INTEGER,
    last_message_id INTEGER,
    activity_at_us INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, remote_id)
) STRICT;
CREATE INDEX conversations_active ON conversations (activity_at_us DESC, id);
CREATE INDEX conversations_order ON conversations (account_id, order_remote_id);
CREATE INDEX conversations_group ON conversations (customer_group) WHERE customer_group IS NOT NULL;
CREATE INDEX conversations_due ON conversations (delete_at_us) WHERE delete_at_us IS NOT NULL;

-- Conversations whose copy here was deleted after their platform had deleted them: a late packet that says so
-- again must not bring an empty shell back.
CREATE TABLE forgotten (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    PRIMARY KEY (account_id, remote_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    remote_id TEXT,
    cursor TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    own INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    extras TEXT NOT NULL DEFAULT '',          -- JSON; '' where there is nothing beside the text
    sent_at_us INTEGER NOT NULL,
    edited_at_us INTEGER,
    deleted INTEGER NOT NULL DEFAULT 0,       -- 1: absent from complete histories, 2: tombstone, final
    state TEXT NOT NULL,
    assurance TEXT,
    outgoing_id TEXT,
    parked TEXT,
    parked_detail TEXT NOT NULL DEFAULT '',
    expected_at_us INTEGER,
    arrived_twice INTEGER NOT NULL DEFAULT 0,
    counted INTEGER NOT NULL DEFAULT 0,       -- counts as unread while its cursor is above what was seen
    read_here INTEGER NOT NULL DEFAULT 0,     -- an own read event has named it
    version BLOB,                             -- rank of the fact that the content comes from
    first_seen BLOB,                          -- oldest stamp, then 0 where that was a push, else 1
    last_seen BLOB,                           -- newest stamp
    UNIQUE (conversation_id, remote_id)
) STRICT;
CREATE INDEX messages_reading ON messages (conversation_id, cursor, id);
CREATE INDEX messages_counted ON messages (conversation_id, cursor) WHERE counted = 1;
CREATE INDEX messages_own ON messages (conversation_id, cursor, id) WHERE own = 1;
CREATE INDEX messages_unread_there ON messages (conversation_id, cursor)
    WHERE own = 1 AND state IN ('accepted', 'delivered');
CREATE UNIQUE INDEX messages_outgoing ON messages (outgoing_id) WHERE outgoing_id IS NOT NULL;

-- The search index: terms alone, by rows that sort like the time of writing; see chatdesk.store.search_index.
CREATE VIRTUAL TABLE search USING fts5 (
    words, content = '', columnsize = 0, detail = none, prefix = '2 3 4', tokenize = 'ascii'
);
INSERT INTO search (search, rank) VALUES ('automerge', 16);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
CREATE TABLE search_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    up_to INTEGER NOT NULL,          -- every message up to this id is in the index
    terms TEXT NOT NULL,             -- the rules by which it was written
    remains INTEGER NOT NULL         -- 0: no trace of what is gone; 1: there is; 2: it is being merged away
) STRICT;
INSERT INTO search_state VALUES (1, 0, '', 0);

-- Deletions of messages that were not seen yet.
CREATE TABLE tombstones (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    PRIMARY KEY (conversation_id, remote_id)
) STRICT, WITHOUT ROWID;

-- Stretches of a conversation that are here without a hole. lo '' = from the start.
CREATE TABLE ranges (
    id INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    lo TEXT NOT NULL,
    hi TEXT NOT NULL,
    live_epoch BLOB                  -- run and epoch of the connection whose pushes go on from hi
) STRICT;
CREATE INDEX ranges_conversation ON ranges (conversation_id, lo, hi);

-- The newest complete readings of history: what they lack, though known before, is deleted there.
CREATE TABLE history_reads (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    at BLOB NOT NULL,
    lo TEXT NOT NULL,                -- '' = from the start
    hi TEXT NOT NULL,                -- '~' = up to the head
    weight INTEGER NOT NULL,         -- 2: one answer, proof enough; 1: put together from pages, half a proof
    PRIMARY KEY (conversation_id, at, lo, hi)
) STRICT, WITHOUT ROWID;

-- The newest readings up to the head: the first after a list read shows what the server's number has counted.
CREATE TABLE head_reads (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    at BLOB NOT NULL,
    newest TEXT NOT NULL,            -- '' where there was no message
    PRIMARY KEY (conversation_id, at)
) STRICT, WITHOUT ROWID;

-- How far each person has read.
CREATE TABLE read_marks (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL,
    by_self INTEGER NOT NULL,
    cursor TEXT NOT NULL,
    up_to_us INTEGER NOT NULL,
    all_at BLOB NOT NULL,            -- everything first seen up to this stamp was read
    PRIMARY KEY (conversation_id, person_id, by_self)
) STRICT, WITHOUT ROWID;

-- Messages that a read event has named: all that we ourselves have read, and of what others have read those
-- that were not here as our own yet. Only the newest of each conversation are kept.
CREATE TABLE read_ids (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    by_self INTEGER NOT NULL,
    remote_id TEXT NOT NULL,
    at BLOB NOT NULL,                -- newest stamp of such an event
    PRIMARY KEY (conversation_id, by_self, remote_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE drafts (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    saved_at_us INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    conversation_id INTEGER REFERENCES conversations (id) ON DELETE CASCADE,
    conversation_remote_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    target TEXT NOT NULL,
    order_id INTEGER,
    order_remote_id TEXT,
    order_number TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    changed_at_us INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    repeats INTEGER NOT NULL,
    not_before_us INTEGER NOT NULL,
    message_id INTEGER,
    parked TEXT,
    detail TEXT NOT NULL,
    approved INTEGER NOT NULL,
    urgent INTEGER NOT NULL DEFAULT 0,
    message_kind TEXT NOT NULL DEFAULT 'text',
    extras TEXT NOT NULL DEFAULT '',
    draft_version INTEGER,           -- NULL for all but sends
    UNIQUE (conversation_id, draft_version)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (account_id, position)
    WHERE state IN ('queued', 'in_flight', 'uncertain', 'parked');
CREATE INDEX outbox_waiting_conversation ON outbox (conversation_id, kind)
    WHERE state IN ('queued', 'in_flight', 'uncertain', 'parked');

CREATE TABLE attempts (
    outgoing_id TEXT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    step TEXT NOT NULL,
    watermark TEXT NOT NULL,
    watermark_complete INTEGER NOT NULL,
    started_at_us INTEGER NOT NULL,
    PRIMARY KEY (outgoing_id, number)
) STRICT, WITHOUT ROWID;

-- What became of every intention, for ever: no text, no reference to rows that may go; each row seals the last.
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    account TEXT NOT NULL,
    conversation TEXT NOT NULL,
    outgoing_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL,
    remote_id TEXT,
    body BLOB,                       -- 16 bytes of salt, then SHA-256 of salt and text
    seal BLOB NOT NULL               -- SHA-256 of the seal before and of this row
) STRICT;
CREATE INDEX ledger_outgoing ON ledger (outgoing_id, number);
