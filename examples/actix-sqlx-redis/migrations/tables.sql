CREATE TABLE IF NOT EXISTS users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password text NOT NULL
);

CREATE TABLE IF NOT EXISTS orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users,
    item text NOT NULL,
    quantity integer NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_user_id ON orders (user_id);

-- What was answered to a POST. Committed rows always have an answer.
CREATE TABLE IF NOT EXISTS idempotency (
    user_id bigint NOT NULL REFERENCES users,
    key text NOT NULL,
    request text NOT NULL,
    answer text,
    PRIMARY KEY (user_id, key)
);

-- Mails that are to be sent.
CREATE TABLE IF NOT EXISTS mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL
);
