//! What the query says. Parameters that are not ours are a prober's own, and ignored.

use super::AskedFormat;
use crate::{Kind, Scope, Selection};

pub(crate) struct Query {
    pub(crate) format: AskedFormat,
    /// Whether the answer is to be the page.
    pub(crate) page: bool,
    /// What the page itself is asked for.
    #[cfg(feature = "page")]
    pub(crate) of_page: OfPage,
    select: Vec<String>,
    skip: Vec<String>,
    fail_fast: bool,
    kinds: Result<Vec<Kind>, String>,
    pipeline: bool,
    scope: Result<Option<Scope>, String>,
}

/// What is heard at the page alone.
#[cfg(feature = "page")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfPage {
    /// Whether all is shown, however long it becomes.
    pub(crate) all: bool,
    /// Whether the browser is to ask for the token.
    pub(crate) login: bool,
    /// Whether the run that a POST asks for is of the slow tests too.
    pub(crate) slow: bool,
}

impl Query {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let mut parsed = Self {
            format: Ok(None),
            page: false,
            #[cfg(feature = "page")]
            of_page: OfPage::default(),
            select: Vec::new(),
            skip: Vec::new(),
            fail_fast: false,
            kinds: Ok(Vec::new()),
            pipeline: false,
            scope: Ok(None),
        };
        let query = query.unwrap_or_default();
        // A query is a form: any bytes can be read as one, so nothing is lost here.
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        for (name, value) in pairs {
            match name.as_str() {
                "format" if cfg!(feature = "page") && value == "html" => parsed.page = true,
                "format" => {
                    parsed.format = value
                        .parse()
                        .map(Some)
                        .map_err(|error: smoke_report::ParseFormatError| error.to_string())
                }
                #[cfg(feature = "page")]
                "all" => parsed.of_page.all = true,
                #[cfg(feature = "page")]
                "login" => parsed.of_page.login = true,
                #[cfg(feature = "page")]
                "run" => parsed.of_page.slow = value == "slow",
                "select" => parsed.select.push(value),
                "skip" => parsed.skip.push(value),
                "fail_fast" => parsed.fail_fast = is_on(&value),
                "pipeline" => parsed.pipeline = is_on(&value),
                "kind" => parsed.add_kind(&value),
                "scope" => {
                    parsed.scope = value
                        .parse()
                        .map(Some)
                        .map_err(|error: smoke_report::ParseScopeError| error.to_string())
                }
                _ => {}
            }
        }
        parsed
    }

    fn add_kind(&mut self, name: &str) {
        match (&mut self.kinds, name.parse()) {
            (Ok(kinds), Ok(kind)) => kinds.push(kind),
            (kinds @ Ok(_), Err(error)) => {
                let error: smoke_report::ParseKindError = error;
                *kinds = Err(error.to_string());
            }
            (Err(_), _) => {}
        }
    }

    /// What of it cannot be read.
    pub(crate) fn mistake(&self) -> Option<&String> {
        let (kinds, scope) = (self.kinds.as_ref().err(), self.scope.as_ref().err());
        self.format.as_ref().err().or(kinds).or(scope)
    }

    pub(crate) fn narrow(&self, selection: Selection) -> Selection {
        let selection = self.select.iter().fold(selection, Selection::select);
        let selection = self.skip.iter().fold(selection, Selection::skip);
        let kinds = self.kinds.iter().flatten().copied();
        let mut selection = kinds.fold(selection, Selection::kind);
        if let Ok(Some(scope)) = self.scope {
            selection = selection.of_scope(scope);
        }
        if self.fail_fast {
            selection = selection.fail_fast();
        }
        if self.pipeline {
            selection = selection.pipeline();
        }
        selection
    }
}

fn is_on(value: &str) -> bool {
    !matches!(value, "0" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_decoded_and_repeatable() {
        let query = Query::parse(Some(
            "select=a%3A%3Ab&uptime_kuma_cachebuster=1&select=tag%3Ax&skip=a.b.c&fail_fast",
        ));
        assert_eq!(
            query.narrow(Selection::fast()).to_string(),
            "fast select=a::b select=tag:x skip=a.b.c fail-fast"
        );
        assert!(query.mistake().is_none());
        assert!(query.format.unwrap().is_none());
        assert!(
            Query::parse(Some("format=xml"))
                .format
                .unwrap_err()
                .contains("\"xml\"")
        );
        assert_eq!(
            Query::parse(None).narrow(Selection::slow()),
            Selection::slow()
        );
    }

    #[test]
    fn kinds_are_repeatable_and_one_that_cannot_be_read_is_named() {
        let query = Query::parse(Some("kind=http&pipeline&kind=unit&pipeline=1"));
        assert_eq!(
            query.narrow(Selection::fast()).to_string(),
            "fast kind=unit kind=http pipeline"
        );
        let query = Query::parse(Some("kind=unit&kind=htpp&kind=nothing&pipeline=0"));
        assert!(query.mistake().unwrap().contains("\"htpp\""));
        assert_eq!(query.narrow(Selection::fast()), Selection::fast());
    }

    #[test]
    fn a_scope_is_a_choice_and_one_that_cannot_be_read_is_named() {
        let query = Query::parse(Some("scope=instance"));
        let narrowed = query.narrow(Selection::fast());
        assert_eq!(narrowed.to_string(), "fast scope=instance");
        assert!(narrowed.is_a_choice());
        let query = Query::parse(Some("scope=own"));
        assert!(query.mistake().unwrap().contains("\"own\""));
    }

    #[cfg(feature = "page")]
    #[test]
    fn the_page_is_asked_for_all_for_a_login_and_for_a_run() {
        let of_page = |query| Query::parse(Some(query)).of_page;
        let wanted = of_page("login&all=1&run=slow&x=%ff");
        assert!(wanted.login && wanted.all && wanted.slow);
        assert_eq!(of_page("run=fast"), OfPage::default());
        assert_eq!(of_page(""), OfPage::default());
    }

    proptest::proptest! {
        #[test]
        fn any_query_can_be_read(query in ".{0,200}") {
            let _ = Query::parse(Some(&query)).narrow(Selection::fast());
        }
    }
}
