//! A form that is filled in and sent.

use std::fmt;

use bytes::Bytes;
use http::Method;
use mediatype::MediaType;
use scraper::ElementRef;
use url::Url;
use uuid::Uuid;

use super::button::Route;
use super::entry::File;
use super::fields::Fields;
use super::list::list;
use super::tree::Tree;
use super::{document, multipart, next};
use crate::Failure;
use crate::client::RequestBuilder;
use crate::client::visit::Visit;

/// A form of a page, from [`Page::form`](super::Page::form).
///
/// It is filled in as the page has it, and sent as a browser sends it: with its hidden fields, the
/// boxes that are checked, the options that are selected and the name of the button, without what is
/// disabled. Nothing is validated: what a browser would refuse (`required`, `pattern`) the
/// application is asked to refuse.
///
/// A form of `multipart/form-data` is sent with the files that were [attached](Self::attach). One of
/// `text/plain` cannot be sent.
///
/// # Examples
///
/// ```
/// use smoke_core::{Page, Result, ensure_eq};
///
/// async fn an_order_can_be_placed(page: &Page) -> Result {
///     let form = page.form("form#order")?;
///     ensure_eq!(form.value("quantity").as_deref(), Some("1"));
///     form.set("quantity", "2")?
///         .set("delivery", "express")? // a radio button, or an option
///         .check("terms")?
///         .press("Order now")?
///         .send()
///         .await?
///         .ensure_redirect_to("/orders")?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Form {
    /// The request of the page, and how it was answered.
    answered: String,
    route: Route,
    fields: Fields,
    page: Url,
    base: Url,
    visit: Visit,
}

impl Form {
    pub(super) fn of(
        tree: &Tree,
        form: ElementRef<'_>,
        answered: &str,
        (page, base): (&Url, Url),
        visit: &Visit,
    ) -> Self {
        let attribute = |name: &str| form.attr(name).map(str::to_owned);
        Self {
            answered: answered.to_owned(),
            route: Route {
                action: attribute("action"),
                method: attribute("method"),
                enctype: attribute("enctype"),
            },
            fields: Fields::of(tree, form),
            page: page.clone(),
            base,
            visit: visit.clone(),
        }
    }

    /// The first value that would be sent under a name. None where none would be: the field is not
    /// there, is disabled, or is a box that is not checked. Of a file it is the name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let entries = self.fields.entries(None).into_iter();
        let mut values = entries.filter(|(found, _)| found == name);
        values.next().map(|(_, value)| value.into_text())
    }

    /// Sets a field: the text of an `input` or a `textarea`, the radio button, the checkbox or the
    /// option with that value. Where several can be chosen, it is chosen beside the others.
    ///
    /// Of several texts of a name, the first that people see is set. A hidden one can be set too, as
    /// a script would.
    ///
    /// # Errors
    ///
    /// When there is no such field: the message names those that are there. When it is disabled, is a
    /// file (which is [attached](Self::attach)), or does not offer that value: the message names the
    /// values that it offers.
    #[track_caller]
    pub fn set(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Result<Self, Failure> {
        let done = self.fields.set(name.as_ref(), value.as_ref());
        self.after(done)
    }

    /// Chooses a file in a field of the type `file`: its name, its media type and what it holds. It
    /// takes the place of the one before, unless several can be chosen (`multiple`).
    ///
    /// The file is sent where the form is of `multipart/form-data`. Any other form sends its name alone,
    /// as a browser does.
    ///
    /// # Errors
    ///
    /// When there is no such field: the message names those that are there. When it is disabled or no
    /// file, and when the media type cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use smoke_core::{Page, Result};
    ///
    /// async fn who_signs_up_can_have_a_picture(page: &Page) -> Result {
    ///     let form = page.form("form#sign-up")?.set("email", "ada@example.com")?;
    ///     let form = form.attach("avatar", "ada.png", "image/png", &b"\x89PNG\r\n\x1a\n"[..])?;
    ///     form.submit().send().await?.ensure_redirect_to("/welcome")?;
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn attach(
        mut self,
        name: impl AsRef<str>,
        file_name: impl Into<String>,
        media_type: impl AsRef<str>,
        bytes: impl Into<Bytes>,
    ) -> Result<Self, Failure> {
        let media_type = media_type.as_ref();
        // It becomes a line of its own, and what reads it lets an escaped line break through.
        let is_line = !media_type.contains(char::is_control);
        let done = match MediaType::parse(media_type) {
            Ok(media_type) if is_line => {
                let file = File {
                    name: file_name.into(),
                    media_type: media_type.to_string(),
                    bytes: bytes.into(),
                };
                self.fields.attach(name.as_ref(), file)
            }
            _ => Err(format!(
                "the media type {media_type:?} of a file cannot be read"
            )),
        };
        self.after(done)
    }

    /// Checks the checkbox of a name.
    ///
    /// # Errors
    ///
    /// When there is no checkbox of that name, when it is disabled, and when there are several: choose one
    /// by its value with [`set`](Self::set).
    #[track_caller]
    pub fn check(mut self, name: impl AsRef<str>) -> Result<Self, Failure> {
        let done = self.fields.turn(name.as_ref(), true);
        self.after(done)
    }

    /// Unchecks the checkbox of a name.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    #[track_caller]
    pub fn uncheck(mut self, name: impl AsRef<str>) -> Result<Self, Failure> {
        let done = self.fields.turn(name.as_ref(), false);
        self.after(done)
    }

    /// The request that sends the form by its first button, as the Enter key does, by the same client.
    /// Without a button it is sent as a script does.
    ///
    /// What cannot be sent is an error of the request: a form that leads to another host, of
    /// `text/plain`, or whose first button is disabled.
    pub fn submit(self) -> RequestBuilder {
        let first = self.fields.buttons().next().map(|(at, _, _)| at);
        self.request(first)
    }

    /// The request that sends the form by the button with this text, whatever the white space in it.
    ///
    /// # Errors
    ///
    /// When there is no such button: the message names those that are there. When it is disabled.
    #[track_caller]
    pub fn press(self, button: impl AsRef<str>) -> Result<RequestBuilder, Failure> {
        let wanted = document::on_one_line(button.as_ref());
        let buttons = || {
            let buttons = self.fields.buttons();
            buttons.filter(|(_, _, button)| button.label == wanted)
        };
        // Of several that look the same, one that can be pressed.
        let found = buttons().find(|(_, control, _)| !control.disabled);
        if let Some((at, _, _)) = found {
            return Ok(self.request(Some(at)));
        }
        let wrong = match buttons().next() {
            Some(_) => format!("the button {wanted:?} is disabled"),
            None => {
                let there = list(self.fields.buttons().map(|(_, _, button)| &*button.label));
                format!("the form has no button {wanted:?}; its buttons are {there}")
            }
        };
        Err(Failure::new(format!("{}: {wrong}", self.answered)))
    }

    #[track_caller]
    fn after(self, done: Result<(), String>) -> Result<Self, Failure> {
        match done {
            Ok(()) => Ok(self),
            Err(wrong) => Err(Failure::new(format!("{}: {wrong}", self.answered))),
        }
    }

    fn request(&self, pressed: Option<usize>) -> RequestBuilder {
        let mut buttons = self.fields.buttons();
        let button = pressed.and_then(|pressed| buttons.find(|(at, _, _)| *at == pressed));
        let route = match button {
            Some((_, _, button)) => button.route.or(&self.route),
            None => self.route.clone(),
        };
        let is = |text: &Option<String>, wanted: &str| {
            text.as_deref()
                .is_some_and(|text| text.eq_ignore_ascii_case(wanted))
        };
        let method = match is(&route.method, "post") {
            true => Method::POST,
            false => Method::GET,
        };
        let action = match route.action.as_deref().map(str::trim) {
            None | Some("") => Ok(self.page.clone()),
            Some(action) => next::address(&self.page, &self.base, action),
        };
        let parts = is(&route.enctype, "multipart/form-data");
        let reason = if button.is_some_and(|(_, control, _)| control.disabled) {
            "its button is disabled".to_owned()
        } else if is(&route.method, "dialog") {
            "it closes a dialog and sends nothing".to_owned()
        } else if method == Method::POST && is(&route.enctype, "text/plain") {
            "it is of text/plain: read its fields with `value`, and send a body of your own"
                .to_owned()
        } else {
            match action {
                Ok(url) => return self.filled_in(method, url, parts, pressed),
                Err(reason) => reason,
            }
        };
        next::request(&self.visit, method, &self.page).refused(format!(
            "{}: the form cannot be sent: {reason}",
            self.answered
        ))
    }

    fn filled_in(
        &self,
        method: Method,
        mut url: Url,
        parts: bool,
        pressed: Option<usize>,
    ) -> RequestBuilder {
        let entries = self.fields.entries(pressed);
        if method == Method::POST && parts {
            // Random, so that no part contains it.
            let boundary = format!("smoke-{}", Uuid::new_v4().simple());
            let body = multipart::encode(&entries, &boundary);
            return next::request(&self.visit, method, &url).multipart(body, &boundary);
        }
        let texts = entries.into_iter();
        let texts: Vec<_> = texts
            .map(|(name, entry)| (name, entry.into_text()))
            .collect();
        if method == Method::POST {
            return next::request(&self.visit, method, &url).form(&texts);
        }
        url.query_pairs_mut().clear().extend_pairs(&texts);
        next::request(&self.visit, method, &url)
    }
}

impl fmt::Debug for Form {
    /// The names of the fields, without values: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.names().collect();
        f.debug_struct("Form")
            .field("answered", &self.answered)
            .field("fields", &names)
            .finish_non_exhaustive()
    }
}
