//! Requests of a test to the application under test.

mod excerpt;
mod request;
mod response;
mod target;

use http::Method;
use smoke_report::Kind;

pub use request::RequestBuilder;
pub use response::Response;

use crate::{AppUnderTest, Context, Fixture, Providers, Result};

/// Sends requests to the application under test, in process.
///
/// Requests name a path and no host: there is no network between the test and the application.
/// They are handled one after the other. Redirects are not followed, and cookies are not kept.
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
    /// The path begins with `/` and may have a query. What is not allowed in a path has to be
    /// percent-encoded. A path that is none is an error when the request is sent.
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> RequestBuilder {
        RequestBuilder::new(self.app.clone(), method, path.as_ref())
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
        })
    }
}

#[cfg(test)]
mod tests;
