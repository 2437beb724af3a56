//! What the query says. Parameters that are not ours are a prober's own, and ignored.

use super::AskedFormat;
use crate::Selection;

pub(crate) struct Query {
    pub(crate) format: AskedFormat,
    select: Vec<String>,
    skip: Vec<String>,
    fail_fast: bool,
}

impl Query {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let mut parsed = Self {
            format: Ok(None),
            select: Vec::new(),
            skip: Vec::new(),
            fail_fast: false,
        };
        let query = query.unwrap_or_default();
        // A query is a form: any bytes can be read as one, so nothing is lost here.
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        for (name, value) in pairs {
            match name.as_str() {
                "format" => {
                    parsed.format = value
                        .parse()
                        .map(Some)
                        .map_err(|error: smoke_report::ParseFormatError| error.to_string())
                }
                "select" => parsed.select.push(value),
                "skip" => parsed.skip.push(value),
                "fail_fast" => parsed.fail_fast = !matches!(value.as_str(), "0" | "false"),
                _ => {}
            }
        }
        parsed
    }

    pub(crate) fn narrow(&self, selection: Selection) -> Selection {
        let selection = self.select.iter().fold(selection, Selection::select);
        let selection = self.skip.iter().fold(selection, Selection::skip);
        if self.fail_fast {
            selection.fail_fast()
        } else {
            selection
        }
    }
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

    proptest::proptest! {
        #[test]
        fn any_query_can_be_read(query in ".{0,200}") {
            let _ = Query::parse(Some(&query)).narrow(Selection::fast());
        }
    }
}
