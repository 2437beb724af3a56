//! A page as a tree, for as long as it is looked at.
//!
//! The tree cannot leave its thread, and the future of a test must be able to. So a page keeps its
//! text, and whoever looks makes the tree anew.

use std::collections::HashSet;

use scraper::{ElementRef, Selector};
use url::Url;

use super::tree::Tree;

/// Elements that stand in a line of text. A space sets the others apart.
const IN_LINE: [&str; 33] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "noscript", "q", "ruby", "s", "samp", "small", "span", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr",
];

/// Elements whose text is not shown.
const UNSEEN: [&str; 3] = ["script", "style", "template"];

/// Reads a selector; says so where it cannot be read.
pub(super) fn selector(css: &str) -> Result<Selector, String> {
    Selector::parse(css).map_err(|_| format!("the selector {css:?} cannot be read as CSS"))
}

/// The elements with one of these names, in the order of the page.
pub(super) fn named<'a>(
    tree: &'a Tree,
    names: &'static [&'static str],
) -> impl Iterator<Item = ElementRef<'a>> {
    let root = tree.html.tree.root();
    let elements = root.descendants().filter_map(ElementRef::wrap);
    elements.filter(|element| names.contains(&element.value().name()))
}

/// The text that people see of an element, with a space for any white space.
pub(super) fn shown(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    let mut unseen = HashSet::new();
    // Parents come before their children.
    for node in element.descendants() {
        let inside = node
            .parent()
            .is_some_and(|parent| unseen.contains(&parent.id()));
        let inner = node.id() != element.id();
        let name = |node: &scraper::Node| node.as_element().map(|found| found.name().to_owned());
        let own = name(node.value());
        if inside || (inner && own.as_deref().is_some_and(|own| UNSEEN.contains(&own))) {
            unseen.insert(node.id());
            continue;
        }
        let before = node.prev_sibling().and_then(|before| name(before.value()));
        let apart =
            |name: &Option<String>| name.as_deref().is_some_and(|name| !IN_LINE.contains(&name));
        if inner && (apart(&own) || apart(&before)) {
            text.push(' ');
        }
        if let Some(part) = node.value().as_text() {
            text.push_str(part);
        }
    }
    on_one_line(&text)
}

/// The text of an option, which is its value where it has no other. Here HTML takes a no-break space
/// for a character like any other.
pub(super) fn of_option(option: ElementRef<'_>) -> String {
    let text: String = option.text().collect();
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text with one space in the place of each white space.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What addresses in the page are relative to: its own address, or its `<base>`.
pub(super) fn base(tree: &Tree, url: &Url) -> Url {
    let base = named(tree, &["base"]).find_map(|base| base.attr("href"));
    let base = base.and_then(|href| url.join(href).ok());
    // No other scheme counts as a base.
    base.filter(|base| matches!(base.scheme(), "http" | "https"))
        .unwrap_or_else(|| url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str, css: &str) -> String {
        let tree = Tree::of(html);
        let selector = selector(css).unwrap();
        shown(tree.html.select(&selector).next().unwrap())
    }

    #[test]
    fn the_text_is_what_people_see() {
        for (html, css, shown) in [
            (
                "<p>Wel<b>come</b>,\n  <i>Ada</i>&nbsp;!</p>",
                "p",
                "Welcome, Ada !",
            ),
            ("<tr><td>1<td>2", "body", "12"),
            ("<table><tr><td>1<td>2</table>", "tr", "1 2"),
            ("<ul><li>a<li>b</ul>c", "body", "a b c"),
            ("a<br>b", "body", "a b"),
            (
                "a<script>let token</script><style>b{}</style>c",
                "body",
                "a c",
            ),
            ("<template><p>x</p></template>y", "body", "y"),
            ("<script>let a;</script>", "script", "let a;"),
            ("<title> The  shop </title>", "title", "The shop"),
            ("<p>1 &lt; 2 <!-- no --></p>", "p", "1 < 2"),
            ("a<noscript><b>b</b></noscript>", "body", "ab"),
        ] {
            assert_eq!(text(html, css), shown, "{html}");
        }
    }

    #[test]
    fn a_deep_page_is_read_like_any_other() {
        let html = "<span>".repeat(20_000) + "deep";
        assert_eq!(text(&html, "body"), "deep");
    }

    #[test]
    fn the_first_base_with_an_address_counts() {
        let page = Url::parse("https://localhost/a/b").unwrap();
        for (html, expected) in [
            ("", "https://localhost/a/b"),
            (
                "<base target=x><base href=/c/><base href=/d/>",
                "https://localhost/c/",
            ),
            ("<base href=../e/>", "https://localhost/e/"),
            ("<base href='//cdn.example/'>", "https://cdn.example/"),
            ("<base href='data:x'>", "https://localhost/a/b"),
            ("<base href='https://['>", "https://localhost/a/b"),
        ] {
            assert_eq!(base(&Tree::of(html), &page).as_str(), expected, "{html}");
        }
    }
}
