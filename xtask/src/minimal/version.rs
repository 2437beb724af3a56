//! Versions that are compared.

/// The numbers of a version, with zeros for those that it leaves out.
pub(super) fn parts(version: &str) -> [u64; 3] {
    let mut parts = [0; 3];
    for (part, said) in parts.iter_mut().zip(version.split(['.', '+', '-'])) {
        *part = said.parse().unwrap_or(0);
    }
    parts
}
