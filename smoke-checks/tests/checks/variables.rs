//! `Variables` in environments of several kinds.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use smoke_checks::Variables;
use smoke_core::Outcome;

use crate::alone::{alone, command};
use crate::support::{blocking, run};

#[test]
fn variables_that_are_set_pass_and_others_fail_without_their_values() {
    let start = |arguments| {
        let mut command = command(arguments);
        command.env("SHOP_SET", "s3cret").env("SHOP_EMPTY", "");
        command.env("SHOP_BYTES", OsString::from_vec(b"s3cret\xff".to_vec()));
        command
    };
    alone(
        "variables::variables_that_are_set_pass_and_others_fail_without_their_values",
        start,
        || {
            let test = blocking(run(Variables::set(["SHOP_SET"])));
            assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
            let names = ["SHOP_SET", "SHOP_EMPTY", "SHOP_MISSING", "SHOP_BYTES"];
            let test = blocking(run(Variables::set(names)));
            assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
            assert_eq!(
                test.message.as_deref(),
                Some(
                    "SHOP_EMPTY is empty, SHOP_MISSING is not set, SHOP_BYTES is not Unicode: \
                     set them where this process is started"
                )
            );
            assert!(!format!("{test:?}").contains("s3cret"), "{test:?}");
        },
    );
}

#[tokio::test]
async fn a_check_of_no_variable_errs() {
    let test = run(Variables::set([""; 0])).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
}
