//! What a reply says, once it is sure that it is an answer of the smoke tests.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use smoke_report::Report;

use super::client::Reply;

/// Nobody is waited for longer than that.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What answers, as it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) build: Option<String>,
    pub(crate) instance: Option<String>,
}

/// The report of a run, with what the head says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) report: Report,
    /// In a word, where no test's outcome is why it is a FAIL.
    pub(crate) reason: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

/// Why nobody could say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsaid {
    pub(crate) why: String,
    pub(crate) retry_after: Option<Duration>,
}

impl From<String> for Unsaid {
    fn from(why: String) -> Self {
        let retry_after = None;
        Self { why, retry_after }
    }
}

/// Who answers a probe path.
pub(crate) fn identity(reply: &Reply) -> Result<Identity, Unsaid> {
    if word(&reply.headers, "x-smoke-status").is_none() {
        return Err(unknown(reply));
    }
    if word(&reply.headers, "x-smoke-reason").as_deref() == Some("credentials") {
        return Err("the token is not the one that is wanted here"
            .to_owned()
            .into());
    }
    Ok(Identity {
        build: word(&reply.headers, "x-smoke-build"),
        instance: word(&reply.headers, "x-smoke-instance"),
    })
}

/// The report. A proxy's page is none, and neither is an answer that contradicts itself.
pub(crate) fn report(reply: &Reply, now: SystemTime) -> Result<Said, Unsaid> {
    let Some(status) = word(&reply.headers, "x-smoke-status") else {
        return Err(unknown(reply));
    };
    let unreadable = |why: String| Unsaid {
        why: format!("the answer cannot be read: {why}"),
        retry_after: retry_after(&reply.headers, now),
    };
    let report: Report =
        serde_json::from_slice(&reply.body).map_err(|error| unreadable(error.to_string()))?;
    let verdict = report.verdict();
    if status != verdict.as_str() || verdict.is_pass() != (reply.status == StatusCode::OK) {
        return Err(unreadable(format!(
            "status {}, {status} in its head and {verdict} in its body",
            reply.status
        )));
    }
    Ok(Said {
        report,
        reason: word(&reply.headers, "x-smoke-reason"),
        retry_after: retry_after(&reply.headers, now),
    })
}

fn unknown(reply: &Reply) -> Unsaid {
    Unsaid {
        why: format!("{}, and not by the smoke tests", reply.status),
        retry_after: retry_after(&reply.headers, SystemTime::now()),
    }
}

fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?;
            date.duration_since(now).unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: body.to_owned().into(),
        }
    }

    const PASS: &str = r#"{"status":"PASS","tests":{"a":{"outcome":"passed","class":"","kind":"unit","duration":1}}}"#;

    #[test]
    fn only_what_agrees_with_itself_is_a_report() {
        let told = |status, word, body| {
            let headers: &[_] = &[("x-smoke-status", word)];
            report(&reply(status, headers, body), SystemTime::now())
        };
        assert!(told(200, "PASS", PASS).unwrap().report.verdict().is_pass());
        assert!(
            !told(503, "FAIL", r#"{"status":"FAIL"}"#)
                .unwrap()
                .report
                .verdict()
                .is_pass()
        );
        for (status, word, body) in [
            (503, "PASS", PASS),
            (200, "FAIL", PASS),
            (200, "PASS", r#"{"status":"PASS"}"#),
            (200, "PASS", "PASS\n"),
            (200, "PASS", r#"{"status":"FAIL"}"#),
            (200, "FAIL", r#"{"status":"FAIL"}"#),
        ] {
            let why = told(status, word, body).unwrap_err().why;
            assert!(why.starts_with("the answer cannot be read"), "{why}");
        }
        let page = report(
            &reply(502, &[("retry-after", "7")], "Bad Gateway"),
            SystemTime::now(),
        );
        let page = page.unwrap_err();
        assert_eq!(page.why, "502 Bad Gateway, and not by the smoke tests");
        assert_eq!(page.retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn who_answers_says_so_in_the_head() {
        let headers = &[
            ("x-smoke-status", "PASS"),
            ("x-smoke-build", "4f2a91c"),
            ("x-smoke-instance", ""),
        ];
        let identity = super::identity(&reply(200, headers, "")).unwrap();
        assert_eq!(identity.build.as_deref(), Some("4f2a91c"));
        assert_eq!(identity.instance, None);
        assert!(super::identity(&reply(200, &[], "")).is_err());
        let headers = &[
            ("x-smoke-status", "FAIL"),
            ("x-smoke-reason", "credentials"),
        ];
        let refused = super::identity(&reply(401, headers, "")).unwrap_err();
        assert!(refused.why.contains("token"));
    }

    #[test]
    fn a_time_to_wait_is_in_seconds_or_a_date_and_is_bounded() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (said, wait) in [
            ("5", Some(5)),
            ("100000", Some(60)),
            ("Mon, 12 Jan 1970 13:46:50 GMT", Some(10)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let headers = [("retry-after", said)];
            let wait = wait.map(Duration::from_secs);
            assert_eq!(
                retry_after(&reply(503, &headers, "").headers, now),
                wait,
                "{said}"
            );
        }
    }
}
