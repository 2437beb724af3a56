//! Labels, and what is said of wrong ones.

use crate::process::run;
use crate::tests;

tests![
    labels_are_those_of_the_endpoint,
    a_wrong_label_is_an_error_that_names_the_nearest,
];

fn labels_are_those_of_the_endpoint() {
    for (arguments, tests) in [
        (
            &["shop.cart"][..],
            &["shop::cart::adds_up", "shop::cart::balances"][..],
        ),
        (
            &["tag:money", "--skip", "*::bal*"],
            &["shop::cart::adds_up"],
        ),
        (
            &["shop::notes::Notes"],
            &[
                "shop::notes::Notes::can_be_many",
                "shop::notes::Notes::can_be_short",
            ],
        ),
        (&["shop::stock", "--slow"], &["shop::stock::is_counted"]),
        (
            &["shop::page", "--kind", "unit"],
            &["shop::page::speaks_plainly"],
        ),
    ] {
        let list = run("shop", &[arguments, &["--list"]].concat());
        assert_eq!(list.out.lines().collect::<Vec<_>>(), tests, "{arguments:?}");
    }
}

fn a_wrong_label_is_an_error_that_names_the_nearest() {
    for (arguments, said) in [
        (
            &["shop::crat"][..],
            "error: no test matches \"shop::crat\"; did you mean \"shop::cart\"?\n",
        ),
        (
            &["Notes::can_be_mani"],
            "error: no test matches \"Notes::can_be_mani\"; did you mean \"shop::notes::Notes::can_be_many\"?\n",
        ),
        (
            &["shop", "--skip", "tag:mony"],
            "error: no test matches \"tag:mony\"; did you mean \"tag:money\"?\n",
        ),
        (
            &["warehouse"],
            "error: no test matches \"warehouse\"; --list shows the tests there are\n",
        ),
    ] {
        let ended = run("shop", arguments);
        assert_eq!((ended.code, &*ended.err), (Some(2), said));
    }
}
