//! Ways of ending, dodging and outliving a sandbox's transaction, tried on every database.
//!
//! The tests of this package are all there is to it: they write and compare `docs/escapes.md`.
