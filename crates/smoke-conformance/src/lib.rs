//! Suites that every adapter and every rollback backend runs against itself.
