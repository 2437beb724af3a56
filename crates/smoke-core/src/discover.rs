pub(crate) fn all() -> (Vec<crate::Test>, Vec<crate::Suite>) {
    (Vec::new(), Vec::new())
}
