//! Snapshots without what differs from run to run.

/// The times and the run's name, as they stand in each of the formats.
const REDACTED: [(&str, &str); 7] = [
    // One of them may have been held up by a machine that is busy.
    (
        r#"(; |\n|,?")slower by far: \d+ times as long as most"?"#,
        "",
    ),
    (r"\d+\.\d{3}s", "[TIME]"),
    (r"\d+\.\d{6}ms", "[TIME]"),
    (r"[0-9a-f]{8}-[0-9a-f-]{27}", "[RUN]"),
    (r#"(time|timestamp)="[^"]*""#, r#"$1="[TIME]""#),
    (
        r#""(time|duration|waiting|sandbox|app_build|body)":[\d.e-]+"#,
        r#""$1":"[TIME]""#,
    ),
    (r":\d+:\d+", ":[LINE]"),
];

pub(crate) fn redacted(assert: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    for (shape, shown) in REDACTED {
        settings.add_filter(shape, shown);
    }
    settings.bind(assert);
}
