//! The request that a page leads to.

use http::Method;
use http::header::HOST;
use url::{Position, Url};

use crate::client::RequestBuilder;
use crate::client::visit::Visit;

/// Where an address in a page leads, by the rules for URLs. Says why where that is out of the
/// application under test. The address itself is not said: it may hold a secret.
pub(super) fn address(page: &Url, base: &Url, href: &str) -> Result<Url, String> {
    let url = base
        .join(href)
        .map_err(|error| format!("it leads to an address that cannot be read: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "it leads to an address of the scheme {}, which is no page",
            url.scheme()
        ));
    }
    // In process there is no TLS: both schemes lead to the application.
    if (url.host(), url.port()) != (page.host(), page.port()) {
        return Err(format!(
            "it leads to {}, and a test stays in the application under test, which is {} here: \
             set the header Host where that is wrong",
            &url[Position::BeforeHost..Position::AfterPort],
            &page[Position::BeforeHost..Position::AfterPort],
        ));
    }
    Ok(url)
}

/// A request of the same client to an address of the same application.
pub(super) fn request(visit: &Visit, method: Method, url: &Url) -> RequestBuilder {
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let request = RequestBuilder::new(visit.app.clone(), method, path);
    #[cfg(feature = "cookies")]
    let request = request.keeping(visit.jar.clone());
    match &visit.host {
        Some(host) => request.header(HOST, host.clone()),
        None => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(base: &str, href: &str) -> Result<String, String> {
        let page = Url::parse("https://localhost/a/b?c").unwrap();
        let url = address(&page, &page.join(base).unwrap(), href)?;
        Ok(url[Position::BeforePath..Position::AfterQuery].to_owned())
    }

    #[test]
    fn addresses_are_resolved_by_the_rules_for_urls() {
        for (base, href, expected) in [
            ("", "", "/a/b?c"),
            ("", "d", "/a/d"),
            ("", "?e=f", "/a/b?e=f"),
            ("", "#top", "/a/b?c"),
            ("", "../../g", "/g"),
            ("", "./é x", "/a/%C3%A9%20x"),
            ("", " /h\n ", "/h"),
            ("", "//localhost/i", "/i"),
            ("", "http://LOCALHOST/j?k#l", "/j?k"),
            ("/m/n/", "o", "/m/n/o"),
            ("/m/n/", "", "/m/n/"),
        ] {
            assert_eq!(leads(base, href).as_deref(), Ok(expected), "{base} {href}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused_with_the_host_alone() {
        for (base, href, said) in [
            (
                "",
                "https://user:secret@shop.example/secret",
                "it leads to shop.example,",
            ),
            ("", "//localhost:3000/", "it leads to localhost:3000,"),
            ("https://cdn.example/", "x", "it leads to cdn.example,"),
            ("", "mailto:secret@shop.example", "of the scheme mailto"),
            ("", "javascript:secret()", "of the scheme javascript"),
            ("", "https://[secret", "cannot be read"),
        ] {
            let message = leads(base, href).unwrap_err();
            assert!(message.contains(said), "{href}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
