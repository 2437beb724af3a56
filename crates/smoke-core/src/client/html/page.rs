//! A page.

use std::fmt;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use mediatype::{MediaType, ReadParams, names};
use scraper::ElementRef;
use url::Url;

use super::element::Element;
use super::form::Form;
use super::list::list;
use super::tree::Tree;
use super::{document, next};
use crate::Failure;
use crate::client::visit::Visit;
use crate::client::{RequestBuilder, Response, excerpt};

/// A page of the application: an answer of `text/html`, from [`Response::html`].
///
/// Selectors are those of CSS, without what depends on layout or on a user: `:visible` and `:hover`
/// cannot be read. Scripts do not run.
///
/// # Examples
///
/// ```
/// use smoke_core::{Client, Result, Unique, ensure_eq, ensure_selects};
///
/// async fn who_signs_up_is_welcomed(client: Client, unique: Unique) -> Result {
///     let page = client.get("/").send().await?.ensure_status(200)?.html()?;
///     let page = page.follow_text("Sign up")?.send().await?.html()?;
///     let form = page.form("form#sign-up")?.set("email", unique.email())?;
///     form.submit().send().await?.ensure_redirect_to("/welcome")?;
///
///     let page = client.get("/welcome").send().await?.ensure_status(200)?.html()?;
///     ensure_selects!(page, "h1", "Welcome");
///     ensure_eq!(page.select("nav a")?.len(), 3);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Page {
    /// The request and how it was answered.
    answered: String,
    text: String,
    visit: Visit,
}

impl Response {
    /// The page that the body holds, whatever its status.
    ///
    /// # Errors
    ///
    /// When the answer is not `text/html`, and when it is not UTF-8.
    #[track_caller]
    pub fn html(&self) -> Result<Page, Failure> {
        let media_type = self.headers().get(CONTENT_TYPE);
        if let Err(found) = readable(media_type) {
            return Err(Failure::new(format!(
                "{} answered {} with {found}, wanted a page of text/html in UTF-8; body: {}",
                self.request,
                self.status(),
                excerpt::of_body(self.bytes())
            )));
        }
        Ok(Page {
            answered: format!("{} answered {}", self.request, self.status()),
            text: self.text()?,
            visit: self.visit.clone(),
        })
    }
}

/// Whether it is the media type of a page in UTF-8; what it is where it is not.
fn readable(media_type: Option<&HeaderValue>) -> Result<(), String> {
    let Some(value) = media_type else {
        return Err("no Content-Type".to_owned());
    };
    let text = value.to_str().unwrap_or("(binary)");
    let page = MediaType::parse(text).is_ok_and(|found| {
        let charset = found.get_param(names::CHARSET);
        let charset = charset.map(|charset| charset.unquoted_str().to_ascii_lowercase());
        found.essence() == MediaType::new(names::TEXT, names::HTML)
            && matches!(
                charset.as_deref(),
                None | Some("utf-8" | "utf8" | "us-ascii")
            )
    });
    match page {
        true => Ok(()),
        false => Err(format!("\"{}\"", excerpt::of_text(text))),
    }
}

impl Page {
    /// The elements that a selector matches, in the order of the page. There may be none.
    ///
    /// # Errors
    ///
    /// When the selector cannot be read.
    #[track_caller]
    pub fn select(&self, selector: impl AsRef<str>) -> Result<Vec<Element>, Failure> {
        or_failure(self.elements(selector.as_ref()))
    }

    /// The first form that a selector matches, filled in as the page has it.
    ///
    /// # Errors
    ///
    /// When no form matches, and when the selector cannot be read.
    #[track_caller]
    pub fn form(&self, selector: impl AsRef<str>) -> Result<Form, Failure> {
        or_failure(self.form_at(selector.as_ref()))
    }

    /// A request that follows the first link that a selector matches, by the same client.
    ///
    /// A relative address is resolved against the page's own, or against its `<base>`.
    ///
    /// # Errors
    ///
    /// When no link matches, when the selector cannot be read, and when the link leads to another
    /// host: a test stays in the application.
    #[track_caller]
    pub fn follow(&self, selector: impl AsRef<str>) -> Result<RequestBuilder, Failure> {
        or_failure(self.link_at(selector.as_ref()))
    }

    /// A request that follows the first link with exactly this text, like [`follow`](Self::follow).
    ///
    /// # Errors
    ///
    /// When no link has that text: the message names the texts of those that are there. When the link
    /// leads to another host.
    #[track_caller]
    pub fn follow_text(&self, text: impl AsRef<str>) -> Result<RequestBuilder, Failure> {
        or_failure(self.link_with(text.as_ref()))
    }

    /// What a selector matches, or why it cannot be read.
    pub(crate) fn elements(&self, selector: &str) -> Result<Vec<Element>, String> {
        let css = document::selector(selector)?;
        let tree = Tree::of(&self.text);
        Ok(tree.html.select(&css).map(Element::of).collect())
    }

    /// What was asked for, how it was answered, and how the text of the page begins.
    pub(crate) fn excerpt(&self) -> String {
        let tree = Tree::of(&self.text);
        let text = document::shown(tree.html.root_element());
        let text = excerpt::of_text(&text);
        format!("{} with the text \"{text}\"", self.answered)
    }

    /// What was asked for, and how it was answered.
    pub(crate) fn answered(&self) -> &str {
        &self.answered
    }

    fn form_at(&self, selector: &str) -> Result<Form, String> {
        let css = document::selector(selector)?;
        let tree = Tree::of(&self.text);
        let form = document::named(&tree, &["form"]).find(|form| css.matches(form));
        let form =
            form.ok_or_else(|| format!("no form matches {selector:?}: {}", self.excerpt()))?;
        let url = self.url()?;
        let base = document::base(&tree, url);
        Ok(Form::of(
            &tree,
            form,
            &self.answered,
            (url, base),
            &self.visit,
        ))
    }

    fn link_at(&self, selector: &str) -> Result<RequestBuilder, String> {
        let css = document::selector(selector)?;
        let tree = Tree::of(&self.text);
        let link = links(&tree).find(|(link, _)| css.matches(link));
        let (_, href) =
            link.ok_or_else(|| format!("no link matches {selector:?}: {}", self.excerpt()))?;
        self.followed(&tree, href)
            .map_err(|error| format!("the link {selector:?} cannot be followed: {error}"))
    }

    fn link_with(&self, text: &str) -> Result<RequestBuilder, String> {
        let tree = Tree::of(&self.text);
        let wanted = document::on_one_line(text);
        let link = links(&tree).find(|(link, _)| document::shown(*link) == wanted);
        let Some((_, href)) = link else {
            let there: Vec<_> = links(&tree)
                .map(|(link, _)| document::shown(link))
                .collect();
            let there = list(there.iter().map(String::as_str));
            return Err(format!(
                "no link has the text {text:?}: {} with the links {there}",
                self.answered
            ));
        };
        self.followed(&tree, href)
            .map_err(|error| format!("the link {text:?} cannot be followed: {error}"))
    }

    fn followed(&self, tree: &Tree, href: &str) -> Result<RequestBuilder, String> {
        let url = self.url()?;
        let address = next::address(url, &document::base(tree, url), href)?;
        Ok(next::request(&self.visit, Method::GET, &address))
    }

    fn url(&self) -> Result<&Url, String> {
        let url = self.visit.url.as_ref();
        url.ok_or_else(|| "the page has no address: the Host of its request cannot be read".into())
    }
}

/// The links with their addresses.
fn links(tree: &Tree) -> impl Iterator<Item = (ElementRef<'_>, &str)> {
    let links = document::named(tree, &["a", "area"]);
    links.filter_map(|link| Some((link, link.attr("href")?)))
}

#[track_caller]
fn or_failure<T>(found: Result<T, String>) -> Result<T, Failure> {
    match found {
        Ok(found) => Ok(found),
        Err(message) => Err(Failure::new(message)),
    }
}

impl fmt::Debug for Page {
    /// The request, the status and the size: pages hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("answered", &self.answered)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}
