-- Times are milliseconds since 1970, UTC. Prices are pence.
CREATE TABLE sailing (
  id          TEXT PRIMARY KEY,
  route       TEXT NOT NULL,
  boat        TEXT NOT NULL,
  departs_at  INTEGER NOT NULL,
  state       TEXT NOT NULL DEFAULT 'planned'
) STRICT;

CREATE TABLE hold (
  id          TEXT PRIMARY KEY,
  sailing_id  TEXT NOT NULL REFERENCES sailing(id),
  seats       INTEGER NOT NULL CHECK (seats > 0),
  expires_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE booking (
  code              TEXT PRIMARY KEY,
  family_name       TEXT NOT NULL,
  sailing_id        TEXT NOT NULL REFERENCES sailing(id),
  seats             INTEGER NOT NULL,
  price             INTEGER NOT NULL,
  payment_reference TEXT NOT NULL UNIQUE,
  state             TEXT NOT NULL DEFAULT 'booked',
  stranded_at       INTEGER
) STRICT;

-- A message is written in the same transaction as the change that it tells about.
CREATE TABLE outbox (
  id       INTEGER PRIMARY KEY,
  code     TEXT NOT NULL,
  kind     TEXT NOT NULL,
  body     TEXT NOT NULL,
  due_at   INTEGER NOT NULL,
  tries    INTEGER NOT NULL DEFAULT 0,
  parked   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX booking_by_sailing ON booking (sailing_id);
CREATE INDEX outbox_due ON outbox (parked, due_at);
