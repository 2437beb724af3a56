//! Saying that a sandbox may see other rows than the application does.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::Facts;
use crate::lock::lock;

impl Facts {
    /// Says once where the rights of the sandbox's user are not the application's, as far as it is
    /// known who the application is.
    pub fn say_whose(&self, application: Option<&str>) {
        static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        for remark in self.remarks(application) {
            if lock(&SAID).insert(remark.clone()) {
                tracing::warn!(target: "smoke", "{remark}");
            }
        }
    }

    fn remarks(&self, application: Option<&str>) -> Vec<String> {
        let user = &self.user;
        let differs = application
            .filter(|application| application != user)
            .map(|application| {
                format!(
                    "sandboxes connect as `{user}`, and the application as `{application}`: \
                     with other rights, a test may pass where production fails"
                )
            });
        let bypasses = self.bypasses_row_security.then(|| {
            format!(
                "sandboxes connect as `{user}`, whom row security does not hold for (a superuser, or BYPASSRLS): \
                 a test may see rows that others do not"
            )
        });
        differs.into_iter().chain(bypasses).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_and_a_superuser_are_named() {
        let facts = |user: &str, bypasses_row_security| Facts {
            user: user.to_owned(),
            bypasses_row_security,
            ..Facts::for_tests()
        };
        assert!(facts("shop", false).remarks(None).is_empty());
        assert!(facts("shop", false).remarks(Some("shop")).is_empty());
        let remarks = facts("postgres", true).remarks(Some("shop"));
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        assert!(remarks[0].contains("`postgres`") && remarks[0].contains("`shop`"));
        assert!(remarks[1].contains("row security"));
    }
}
