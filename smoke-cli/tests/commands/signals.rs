//! Ctrl-C once and twice, and SIGTERM.

use std::path::Path;

use nix::sys::signal::Signal;

use crate::programs::{DIARY, LET_GO};
use crate::terminal::{Options, Terminal};
use crate::tests;

tests![
    the_first_ctrl_c_ends_the_tests_that_run_and_starts_no_others,
    the_second_ctrl_c_ends_them_at_once_and_rolls_back,
    sigterm_ends_them_at_once_and_rolls_back,
];

const CTRL_C: &[u8] = b"\x03";

fn start(program: &str, variable: &str, file: &Path) -> Terminal {
    let environment = [(variable, file.to_str().unwrap())];
    let options = Options {
        environment: &environment,
        ..Options::default()
    };
    Terminal::start(program, &[], &options)
}

fn the_first_ctrl_c_ends_the_tests_that_run_and_starts_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("let-go");
    let terminal = start("held", LET_GO, &file);
    terminal.until(|screen| screen.contains("s shop::a_holds"));
    terminal.press(CTRL_C);
    terminal.until(|screen| {
        screen.contains("stopping: no more tests start; Ctrl-C again stops those that run")
    });
    std::fs::write(&file, "").unwrap();
    let left = terminal.end();
    assert_eq!(left.code, Some(130), "{}", left.screen);
    for line in [
        "skipped shop::b_follows: not run: stopped by Ctrl-C",
        "reason: stopped by Ctrl-C",
        "FAIL 1 passed, 1 skipped in ",
    ] {
        assert!(left.screen.contains(line), "{line}: {}", left.screen);
    }
}

fn the_second_ctrl_c_ends_them_at_once_and_rolls_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("diary");
    let terminal = start("hung", DIARY, &file);
    terminal.until(|screen| screen.contains("s shop::hangs"));
    terminal.press(CTRL_C);
    terminal.until(|screen| screen.contains("Ctrl-C again"));
    terminal.press(CTRL_C);
    rolled_back(terminal, &file, 130, "stopped by Ctrl-C");
}

fn sigterm_ends_them_at_once_and_rolls_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("diary");
    let terminal = start("hung", DIARY, &file);
    terminal.until(|screen| screen.contains("s shop::hangs"));
    terminal.signal(Signal::SIGTERM);
    rolled_back(terminal, &file, 143, "stopped by SIGTERM");
}

fn rolled_back(terminal: Terminal, diary: &Path, code: i32, reason: &str) {
    let left = terminal.end();
    assert_eq!(left.code, Some(code), "{}", left.screen);
    let told = "stopping at once: what the tests wrote is rolled back";
    for line in [
        told,
        "errored shop::hangs",
        "stopped: the runner is shutting down",
        reason,
        "FAIL 0 passed, 1 errored in ",
    ] {
        assert!(left.screen.contains(line), "{line}: {}", left.screen);
    }
    let diary = std::fs::read_to_string(diary).unwrap();
    assert!(diary.ends_with("finish shop::hangs"), "{diary}");
}
