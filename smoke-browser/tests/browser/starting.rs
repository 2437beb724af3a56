//! A driver that does not listen at the first try.

use std::path::PathBuf;

use smoke_browser::Browsers;
use smoke_core::{Outcome, TestReport};

use crate::fake::Fake;
use crate::program;
use crate::shop::{opens, pages, run};

/// What chromedriver ends with, where another program has the port that it chose.
const TAKEN: &str = "IPv4 port not available. Exiting...";

/// A driver that says this and ends until it is started for the `lucky`th time, and is then the fake one.
struct Unlucky {
    program: PathBuf,
    _folder: tempfile::TempDir,
}

impl Unlucky {
    async fn says(why: &str, lucky: usize) -> Self {
        let port = Fake::of("chrome").await.port;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("chromedriver");
        let script = format!(
            "#!/bin/sh\necho start >> \"$0.starts\"\n[ \"$(wc -l < \"$0.starts\")\" -lt {lucky} ] && echo '{why}' && exit 1\n\
             echo 'ChromeDriver was started successfully on port {port}.'\nexec sleep 600\n"
        );
        program::write(&program, &script);
        Self {
            program,
            _folder: folder,
        }
    }

    async fn run(&self) -> TestReport {
        let browsers = Browsers::new().driver(&self.program);
        run(pages(&[]).test(opens()).provide(browsers)).await
    }

    fn starts(&self) -> usize {
        let starts = self.program.with_extension("starts");
        std::fs::read_to_string(starts).unwrap().lines().count()
    }
}

#[tokio::test]
async fn a_driver_whose_port_is_taken_is_started_again() {
    let driver = Unlucky::says(TAKEN, 3).await;
    let test = driver.run().await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(driver.starts(), 3);
}

#[tokio::test]
async fn a_driver_that_ends_again_and_again_or_for_another_reason_is_given_up() {
    for (why, starts) in [(TAKEN, 10), ("Invalid port. Exiting...", 1)] {
        let driver = Unlucky::says(why, 100).await;
        let test = driver.run().await;
        assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
        let said = test.message.unwrap();
        let told = format!("could not be started: {why}");
        assert!(said.contains(&told), "{said}");
        assert_eq!(driver.starts(), starts, "{why}");
    }
}
