//! What `smoke ask` says, and how it ends.

use std::io::Cursor;
use std::net::TcpListener;

use crate::fleet::{Is, Replica, counts};
use crate::smoke::{running, smoke};
use crate::tests;

tests![
    the_answer_of_one_service_is_reported_in_each_form,
    labels_choose_the_tests,
    a_run_of_its_own_is_had_where_it_is_wanted,
    who_cannot_say_is_three,
    a_signal_ends_it_while_it_waits,
];

fn the_answer_of_one_service_is_reported_in_each_form() {
    let well = Replica::new("web-1", Is::Well);
    let human = smoke(&["ask", &well.url()]);
    assert_eq!((human.code, &*human.err), (Some(0), ""));
    assert!(human.out.contains("PASS 3 passed in "), "{}", human.out);
    let broken = Replica::new("web-2", Is::Broken);
    let url = format!("{}/smoketest/", broken.url());
    let human = smoke(&["ask", &url]);
    assert_eq!(human.code, Some(1));
    assert!(human.out.contains("failed shop::disk"), "{}", human.out);
    let text = smoke(&["ask", &url, "--format", "text"]);
    assert!(text.out.starts_with("FAIL\ntest classes: "), "{}", text.out);
    let json = smoke(&["ask", &url, "--format", "json"]);
    let report: smoke_core::Report = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report.failed_tests().collect::<Vec<_>>(), ["shop::disk"]);
    let junit = smoke(&["ask", &url, "--format", "junit"]);
    let read = junit_parser::from_reader(Cursor::new(&junit.out)).unwrap();
    assert_eq!((read.tests, read.failures, read.errors), (4, 1, 0));
    assert_eq!([text.code, json.code, junit.code], [Some(1); 3]);
}

fn labels_choose_the_tests() {
    let replica = Replica::new("web-1", Is::Broken);
    let url = replica.url();
    for (arguments, code, ran) in [
        (&["shop::sells"][..], 0, "1 passed in"),
        (&["--skip", "*::disk"], 0, "2 passed in"),
        (&["--scope", "instance"], 1, "1 passed, 1 failed in"),
        (
            &["--slow", "--kind", "unit", "--pipeline"],
            1,
            "3 passed, 1 failed in",
        ),
        (&["shop::disc"], 3, "no test matches"),
    ] {
        let ended = smoke(&[&["ask", &url], arguments].concat());
        assert_eq!(
            ended.code,
            Some(code),
            "{arguments:?}: {}{}",
            ended.out,
            ended.err
        );
        assert!(ended.out.contains(ran), "{arguments:?}: {}", ended.out);
    }
}

fn a_run_of_its_own_is_had_where_it_is_wanted() {
    let replica = Replica::new("web-1", Is::Well);
    for _ in 0..2 {
        assert_eq!(smoke(&["ask", "--fresh", &replica.url()]).code, Some(0));
    }
    assert_eq!(counts([&replica], |one| &one.shared), [2]);
}

fn who_cannot_say_is_three() {
    let down = Replica::down_at(([127, 0, 0, 1], 0).into(), "web-1");
    let hung = Replica::new("web-2", Is::Hung);
    let well = Replica::new("web-3", Is::Well);
    let elsewhere = format!("{}/elsewhere", well.url());
    for (url, why) in [
        (down.url(), "no connection: "),
        (hung.url(), "no answer within 1s"),
        (elsewhere, "404 Not Found, and not by the smoke tests"),
    ] {
        let ended = smoke(&["ask", &url, "--timeout", "1s"]);
        assert_eq!((ended.code, &*ended.out), (Some(3), ""), "{url}");
        assert!(ended.err.contains(why), "{url}: {}", ended.err);
    }
}

fn a_signal_ends_it_while_it_waits() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asking = running(&["ask", &url]);
        // It listens for signals before it connects.
        let _connection = listener.accept().unwrap();
        asking.signal(signal);
        assert_eq!(asking.end(), (Some(code), String::new()));
    }
}
