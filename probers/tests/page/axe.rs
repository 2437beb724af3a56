//! axe-core, which finds accessibility problems of a page.

use serde_json::Value;

use crate::browser::Browser;

/// Examines the page that is open, and says of each rule that it breaks where.
const EXAMINE: &str = "axe.run().then(({ violations, passes }) => ({
    passed: passes.length,
    found: violations.map(({ id, impact, help, nodes }) => `${impact}: ${id}: ${help}\\n`
        + nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`).join('\\n')),
}))";

/// Who looks at a page: how wide, and what they prefer.
const LOOKS: [(u32, &str); 4] = [
    (1280, "light"),
    (1280, "dark"),
    (320, "dark"),
    (320, "light"),
];

/// Its script.
pub(crate) struct Axe(String);

impl Axe {
    pub(crate) fn read() -> Self {
        let path = std::env::var("SMOKE_TEST_AXE")
            .expect("SMOKE_TEST_AXE is not set: `cargo xtask test` fetches axe-core and sets it");
        let script = std::fs::read_to_string(&path);
        Self(script.unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    /// What is wrong with the page that is open. A driver's scripts run whatever the page's policy forbids.
    pub(crate) async fn found(&self, browser: &Browser) -> Vec<String> {
        browser.run(&self.0).await;
        let seen = browser.find(EXAMINE).await;
        assert!(seen["passed"].as_u64() > Some(0), "it looked at nothing");
        let found = seen["found"].as_array().unwrap();
        found
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Examines the page as each who looks sees it.
    pub(crate) async fn finds_nothing(&self, browser: &Browser, page: &str) {
        for (width, scheme) in LOOKS {
            browser.is_wide(width).await;
            browser.prefers(scheme).await;
            let found = self.found(browser).await;
            assert!(
                found.is_empty(),
                "{page}, {width} pixels wide, {scheme}:\n{}",
                found.join("\n")
            );
        }
    }
}
