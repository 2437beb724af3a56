//! The sandbox's name for all to see.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// What the objects and settings of a sandbox are called. The application can read those, and
/// whoever knew the guard's name could set another one where the transaction has ended: this tells
/// nothing of it.
pub(super) fn of(guard: &str) -> String {
    let digest = Sha256::digest(guard.as_bytes());
    digest[..8]
        .iter()
        .fold("smoke_".to_owned(), |mut mark, byte| {
            // Writing to a string does not fail.
            let _ = write!(mark, "{byte:02x}");
            mark
        })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn it_is_an_identifier_that_does_not_tell_the_guard() {
        let (mark, other) = (of("smoke_guard_1"), of("smoke_guard_2"));
        assert_ne!(mark, other);
        assert_eq!(mark.len(), "smoke_".len() + 16);
        assert!(!mark.contains("guard"), "{mark}");
    }
}
