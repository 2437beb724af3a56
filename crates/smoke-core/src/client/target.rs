//! What a request is sent to: a path and a query.

use http::Uri;
use http::uri::PathAndQuery;

/// How long a path with its query may be, in bytes: what http bears.
const LONGEST: usize = 65_534;

/// Reads a path as a test writes it; says what to write where it is none.
pub(super) fn parse(path: &str) -> Result<Uri, String> {
    if let Some(inside) = path_of_url(path) {
        return Err(format!(
            "a request goes to the application under test and needs no host: write {inside:?}"
        ));
    }
    if !path.starts_with('/') {
        return Err(format!(
            "a path begins with a slash: write {:?}",
            format!("/{}", name(path))
        ));
    }
    if path.contains('#') {
        return Err("a fragment is not sent: leave it out, or write # as %23".to_owned());
    }
    if let Some(wrong) = path.chars().find(|char| !char.is_ascii_graphic()) {
        let mut utf8 = [0; 4];
        let encoded: String = wrong
            .encode_utf8(&mut utf8)
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        return Err(format!("a path cannot have {wrong:?}: write {encoded}"));
    }
    parsed(path)
}

/// The target with more query behind what it has.
pub(super) fn with_query(target: &Uri, more: &str) -> Result<Uri, String> {
    let before = target
        .path_and_query()
        .map_or(target.path(), PathAndQuery::as_str);
    let between = match before.find('?') {
        None => "?",
        Some(_) if before.ends_with(['?', '&']) => "",
        Some(_) => "&",
    };
    parsed(&format!("{before}{between}{more}"))
}

/// What a message may show of a path: no query, no host, no fragment.
pub(super) fn name(path: &str) -> &str {
    let path = path_of_url(path).unwrap_or(path);
    path.split(['?', '#']).next().unwrap_or_default()
}

fn parsed(target: &str) -> Result<Uri, String> {
    // Not every version of http says so.
    if target.len() > LONGEST {
        return Err(format!("it is too long: the most is {LONGEST} bytes"));
    }
    PathAndQuery::try_from(target)
        .map(Uri::from)
        .map_err(|error| format!("it is not a path with a query: {error}"))
}

/// The path of an absolute URL, without its query; none where it is no such URL.
fn path_of_url(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.is_empty() || scheme.contains(['/', '?', '#']) {
        return None;
    }
    let path = rest.find(['/', '?', '#']).map_or("", |end| &rest[end..]);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Some(if path.is_empty() { "/" } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_have_a_query() {
        for path in ["/", "/users", "/users/?a=b&c", "//users", "/a%20b?c=%23"] {
            let target = parse(path).unwrap();
            assert_eq!(target.to_string(), path);
            assert_eq!(target.host(), None);
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_what_to_write() {
        for (path, remedy) in [
            ("", r#"write "/""#),
            ("users?token=x", r#"write "/users""#),
            (
                "https://user:secret@example.com/users?x",
                r#"write "/users""#,
            ),
            ("http://example.com", r#"write "/""#),
            ("/users#top", "write # as %23"),
            ("/a b", "cannot have ' ': write %20"),
            ("/é", "cannot have 'é': write %C3%A9"),
            ("/a\nb", r"cannot have '\n': write %0A"),
            ("/<", "not a path"),
        ] {
            let message = parse(path).unwrap_err();
            assert!(message.contains(remedy), "{path:?}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
        let long = format!("/{}", "a".repeat(70_000));
        assert!(parse(&long).unwrap_err().contains("too long"));
    }

    #[test]
    fn a_query_is_put_behind_the_one_that_is_there() {
        for (before, after) in [
            ("/a", "/a?x=1"),
            ("/a?", "/a?x=1"),
            ("/a?b=2", "/a?b=2&x=1"),
            ("/a?b=2&", "/a?b=2&x=1"),
        ] {
            let target = with_query(&parse(before).unwrap(), "x=1").unwrap();
            assert_eq!(target.to_string(), after);
        }
    }

    #[test]
    fn a_name_shows_neither_query_nor_host() {
        assert_eq!(name("/users?token=x"), "/users");
        assert_eq!(name("users#x"), "users");
        assert_eq!(name("http://user:secret@example.com/a?b"), "/a");
        assert_eq!(name("http://user:secret@example.com"), "/");
        assert_eq!(name("/go?to=http://example.com/a"), "/go");
    }
}
