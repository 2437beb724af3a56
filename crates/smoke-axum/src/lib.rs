//! Production smoke tests for axum applications.
