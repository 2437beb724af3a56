#![allow(unused)]

use smoke_core::smoke_test;

#[smoke_test(slwo)]
fn unknown() {}

#[smoke_test("slow")]
fn not_a_key() {}

#[smoke_test(slow, serial, slow)]
fn twice() {}

#[smoke_test(slow = true)]
fn slow_with_a_value() {}

#[smoke_test(serial("group"))]
fn serial_in_parentheses() {}

#[smoke_test(timeout = 5)]
fn timeout_as_a_number() {}

#[smoke_test(timeout)]
fn timeout_without_a_value() {}

#[smoke_test(timeout = "five seconds")]
fn timeout_in_words() {}

#[smoke_test(timeout = "0s")]
fn no_timeout() {}

#[smoke_test(tags(users))]
fn tags_without_quotes() {}

#[smoke_test(tags("a", 1))]
fn a_number_as_a_tag() {}

#[smoke_test(tags())]
fn no_tags() {}

#[smoke_test(tags = "users")]
fn tags_as_a_value() {}

#[smoke_test(tags("a" "b"))]
fn no_comma() {}

#[smoke_test(skip)]
fn no_reason() {}

#[smoke_test(skip = "  ")]
fn an_empty_reason() {}

#[smoke_test(name = "")]
fn an_empty_name() {}

#[smoke_test(name = "a::path")]
fn a_path_as_a_name() {}

#[smoke_test(instance, shared)]
fn of_one_and_of_all() {}

#[smoke_test(on_request = "weekly")]
fn a_value_of_what_has_none() {}

#[smoke_test(crate = "not a path")]
fn no_path() {}

fn main() {}
