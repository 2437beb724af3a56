//! Requests of a test to the application under test.

mod excerpt;
#[cfg(feature = "html")]
mod html;
#[cfg(feature = "cookies")]
mod jar;
mod request;
mod response;
#[cfg(any(feature = "cookies", feature = "html"))]
mod site;
mod target;
#[cfg(feature = "html")]
mod visit;

use http::Method;
use smoke_report::Kind;

#[cfg(feature = "html")]
pub use html::{Element, Form, Page};
pub use request::RequestBuilder;
pub use response::Response;

use crate::{AppUnderTest, Context, Fixture, Providers, Result};

/// Sends requests to the application under test, in process.
///
/// Requests name a path and no host, since no network lies between the test and the application.
/// They are handled one after the other. Redirects are not followed. Cookies are not kept; with the
/// feature `cookies`, `keep_cookies` returns a client that keeps them.
///
/// # Examples
///
/// ```
/// use smoke_core::{Client, Failure, Result, Unique};
///
/// #[derive(serde::Deserialize)]
/// struct User { id: i64 }
///
/// async fn a_user_can_be_created(client: Client, unique: Unique) -> Result {
///     let body = serde_json::json!({ "email": unique.email() });
///     let user: User = client.post("/users").json(&body).send().await?.ensure_status(201)?.json()?;
///     let page = client.get(format!("/users/{}", user.id)).send().await?.ensure_success()?;
///     if !page.text()?.contains("@example.com") {
///         return Err(Failure::new("the address is not shown").into());
///     }
///     Ok(())
/// }
///
/// fn strangers_are_sent_to_the_login(client: Client) -> Result {
///     client.get("/account").send_blocking()?.ensure_redirect_to("/login")?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    app: AppUnderTest,
    #[cfg(feature = "cookies")]
    jar: Option<jar::Jar>,
}

macro_rules! methods {
    ($($name:ident $method:ident,)*) => {
        impl Client {
            $(
                #[doc = concat!("A `", stringify!($method), "` request. See [`request`](Self::request).")]
                pub fn $name(&self, path: impl AsRef<str>) -> RequestBuilder {
                    self.request(Method::$method, path)
                }
            )*
        }
    };
}

methods! {
    get GET,
    head HEAD,
    options OPTIONS,
    post POST,
    put PUT,
    patch PATCH,
    delete DELETE,
}

impl Client {
    /// A request with any method.
    ///
    /// The path begins with `/` and may have a query. Characters that a path cannot have must be
    /// percent-encoded. An invalid path is an error when the request is sent.
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> RequestBuilder {
        let request = RequestBuilder::new(self.app.clone(), method, path.as_ref());
        #[cfg(feature = "cookies")]
        let request = request.keeping(self.jar.clone());
        request
    }

    /// A client that keeps the cookies of its answers and sends them again, as a browser does. A user
    /// who signs in with it stays signed in.
    ///
    /// It begins without cookies, and its clones share theirs. It respects path, expiry and domain,
    /// and compares the domain with the request's `Host`. It sends `Secure` cookies too. A cookie
    /// that a request sets itself replaces the kept one of that name.
    ///
    /// # Examples
    ///
    /// ```
    /// use smoke_core::{Client, Result};
    ///
    /// async fn a_user_sees_her_account(client: Client) -> Result {
    ///     let browser = client.keep_cookies();
    ///     let login = [("name", "smoke"), ("password", "of a test account")];
    ///     browser.post("/login").form(&login).send().await?.ensure_redirect_to("/account")?;
    ///     browser.get("/account").send().await?.ensure_status(200)?;
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "cookies")]
    #[must_use]
    pub fn keep_cookies(&self) -> Self {
        Self {
            app: self.app.clone(),
            jar: Some(jar::Jar::default()),
        }
    }
}

impl Fixture for Client {
    const KIND: Kind = Kind::Http;
    const NAMED: bool = false;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<AppUnderTest>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        Ok(Self {
            app: cx.get().await?,
            #[cfg(feature = "cookies")]
            jar: None,
        })
    }
}

#[cfg(test)]
mod tests;
