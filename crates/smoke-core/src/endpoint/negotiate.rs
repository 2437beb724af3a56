//! Which format is asked for by `Accept` ([RFC 9110]).
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#name-accept

use http::HeaderMap;
use http::header::ACCEPT;
use mediatype::{MediaType, MediaTypeList, ReadParams, names};
use smoke_report::Format;

/// The formats, the default first.
const OFFERED: [(Format, &str, &str); 2] = [
    (Format::Text, "text", "plain"),
    (Format::Json, "application", "json"),
];

/// The format that the client prefers. Text if it accepts neither, or if its `Accept` cannot be read: a
/// prober has to be told the verdict in any case.
pub(crate) fn format(headers: &HeaderMap) -> Format {
    let lists: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let list = lists.join(",");
    let mut ranges = Vec::new();
    for range in MediaTypeList::new(&list) {
        let Ok(range) = range else {
            return Format::Text;
        };
        let Some(quality) = quality(&range) else {
            return Format::Text;
        };
        ranges.push((range, quality));
    }
    let mut best = (Format::Text, 0.0, usize::MAX);
    for (format, kind, subkind) in OFFERED {
        let (quality, position) = wish(&ranges, kind, subkind);
        // Of two that are wanted alike, the one that was named first; wildcards name nothing.
        if quality > best.1 || (quality == best.1 && quality > 0.0 && position < best.2) {
            best = (format, quality, position);
        }
    }
    best.0
}

/// How much a type is wanted by the most specific range that covers it, and where that stands
/// among the ranges that name it.
fn wish(ranges: &[(MediaType<'_>, f32)], kind: &str, subkind: &str) -> (f32, usize) {
    let mut found = (0.0, usize::MAX);
    let mut specific = 0;
    for (position, (range, quality)) in ranges.iter().enumerate() {
        let same =
            |name: mediatype::Name<'_>, wanted: &str| name.as_str().eq_ignore_ascii_case(wanted);
        let level = match (range.ty, range.subty) {
            (ty, subty) if same(ty, kind) && same(subty, subkind) && range.suffix.is_none() => 3,
            (ty, subty) if same(ty, kind) && subty == names::_STAR => 2,
            (ty, subty) if ty == names::_STAR && subty == names::_STAR => 1,
            _ => 0,
        };
        if level > specific {
            specific = level;
            found = (*quality, if level == 3 { position } else { usize::MAX });
        }
    }
    found
}

/// The `q` of a range, 1 where there is none; none where it is no number from 0 to 1.
fn quality(range: &MediaType<'_>) -> Option<f32> {
    let Some(value) = range.get_param(names::Q) else {
        return Some(1.0);
    };
    value
        .as_str()
        .parse()
        .ok()
        .filter(|quality| (0.0..=1.0).contains(quality))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &str) -> Format {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        format(&headers)
    }

    #[test]
    fn what_probers_send_is_understood() {
        for (accept, wanted) in [
            ("*/*", Format::Text),
            ("text/plain, text/*, */*", Format::Text),
            ("application/json", Format::Json),
            ("Application/JSON; charset=utf-8", Format::Json),
            ("application/json, */*;q=0.5", Format::Json),
            ("application/json, text/plain, */*", Format::Json),
            ("text/plain, application/json", Format::Text),
            ("text/plain;q=0.5, application/json;q=0.9", Format::Json),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Format::Text,
            ),
            ("application/*", Format::Json),
            ("*/*;q=0.1, text/plain;q=0", Format::Json),
            ("application/json;q=0", Format::Text),
            ("application/health+json", Format::Text),
            ("image/png", Format::Text),
            ("", Format::Text),
            (";;;", Format::Text),
            ("application/json;q=x", Format::Text),
            ("application/json;q=7", Format::Text),
        ] {
            assert_eq!(negotiated(accept), wanted, "{accept}");
        }
        assert_eq!(format(&HeaderMap::new()), Format::Text);
    }

    #[test]
    fn several_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, "text/plain;q=0.2".parse().unwrap());
        headers.append(ACCEPT, "application/json".parse().unwrap());
        assert_eq!(format(&headers), Format::Json);
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_answered(accept in "[ -~]{0,120}") {
            let _ = negotiated(&accept);
        }
    }
}
