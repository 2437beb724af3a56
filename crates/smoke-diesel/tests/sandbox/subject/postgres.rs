//! PostgreSQL, diesel-async, deadpool.
