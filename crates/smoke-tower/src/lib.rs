//! The smoke-test endpoint as a tower layer, and as a service of its own.
