CREATE TABLE smoke_commit (
    id integer PRIMARY KEY CHECK (id = 1),
    instance varchar(64) NOT NULL,
    at datetime NOT NULL
) ENGINE = InnoDB;
