CREATE TABLE smoke_commit (
    id integer PRIMARY KEY CHECK (id = 1),
    instance text NOT NULL,
    at text NOT NULL
);
