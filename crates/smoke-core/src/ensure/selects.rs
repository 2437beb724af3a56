//! A page has an element.

use super::explanation::Explanation;
use super::text;
use crate::Page;

/// How many elements a message shows.
const MOST: usize = 5;

/// What to say unless a page has an element that a selector matches, or where it has one.
#[must_use]
pub fn selects(
    wanted: bool,
    (source, page): (&str, &Page),
    selector: &(impl AsRef<str> + ?Sized),
    with: Option<&dyn AsRef<str>>,
) -> Option<Explanation> {
    let selector = selector.as_ref();
    let elements = match page.elements(selector) {
        Ok(elements) => elements,
        Err(message) => return Some(Explanation::claim(message)),
    };
    let with = with.map(AsRef::as_ref);
    let fits = |found: &str| with.is_none_or(|with| found.contains(with));
    let matched = elements.iter().filter(|element| fits(element.text()));
    if matched.clone().next().is_some() == wanted {
        return None;
    }
    let mut claim = format!(
        "{} has {} {selector:?}",
        text::source(source),
        if wanted { "no" } else { "a" }
    );
    if let Some(with) = with {
        claim.push_str(&format!(" with the text {}", text::value(&with)));
    }
    let shown: Vec<&str> = match wanted {
        true => elements.iter().map(|element| element.text()).collect(),
        false => matched.map(|element| element.text()).collect(),
    };
    if shown.is_empty() {
        return Some(Explanation::claim(claim).detail(page.excerpt()));
    }
    let mut found: Vec<String> = shown
        .iter()
        .take(MOST)
        .map(|shown| text::value(shown))
        .collect();
    if let Some(more @ 1..) = shown.len().checked_sub(MOST) {
        found.push(format!("{more} more"));
    }
    let found = format!("{}; {selector:?} is {}", page.answered(), found.join(", "));
    Some(Explanation::claim(claim).detail(text::source(&found)))
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_selects {
    ($wanted:literal, $page:expr, $selector:expr $(,)?) => {
        $crate::__ensure_selects!(@ $wanted, $page, $selector, ::std::option::Option::None,)
    };
    ($wanted:literal, $page:expr, $selector:expr, $text:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_selects!(
            @ $wanted, $page, $selector, ::std::option::Option::Some(&$text), $($($message)*)?
        )
    };
    (@ $wanted:literal, $page:expr, $selector:expr, $text:expr, $($message:tt)*) => {
        if let ::std::option::Option::Some(explanation) = $crate::__private::ensure::selects(
            $wanted,
            (::std::stringify!($page), &$page),
            &$selector,
            $text,
        ) {
            $crate::__ensure_return!(explanation, $($message)*)
        }
    };
}

/// Fails the test unless a [`Page`](crate::Page) has an element that a CSS selector matches, with a
/// text in it if one is given. The feature `html`.
///
/// The texts of elements are compared with one space in the place of each white space. A selector
/// that cannot be read fails the test, too.
///
/// # Examples
///
/// ```
/// use smoke_core::{Client, Result, ensure_selects};
///
/// async fn the_shop_is_open(client: Client) -> Result {
///     let page = client.get("/").send().await?.ensure_status(200)?.html()?;
///     ensure_selects!(page, "h1", "Welcome");
///     ensure_selects!(page, "nav a[href='/cart']");
///     ensure_selects!(page, "p.hours", "open", "it is {}", "noon");
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! ensure_selects {
    ($page:expr, $($arguments:tt)+) => {
        $crate::__ensure_selects!(true, $page, $($arguments)+)
    };
}

/// Fails the test if a [`Page`](crate::Page) has an element that a CSS selector matches, with a text
/// in it if one is given. The feature `html`. See [`ensure_selects!`](crate::ensure_selects).
///
/// # Examples
///
/// ```
/// use smoke_core::{Page, Result, ensure_not_selects};
///
/// fn nothing_is_wrong(page: &Page) -> Result {
///     ensure_not_selects!(page, ".error");
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! ensure_not_selects {
    ($page:expr, $($arguments:tt)+) => {
        $crate::__ensure_selects!(false, $page, $($arguments)+)
    };
}
