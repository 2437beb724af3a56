//! The attributes `#[smoke_test]` and `#[smoke_suite]`.
