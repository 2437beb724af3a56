//! What the macros accept without a word, and what they say about the rest.
//!
//! `TRYBUILD=overwrite` writes the messages anew.

#[test]
fn messages_say_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
