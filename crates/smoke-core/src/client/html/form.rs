//! A form that is filled in and sent.

use std::fmt;

use http::Method;
use scraper::{ElementRef, Html};
use url::Url;

use super::button::{Button, Route};
use super::control::{self, Control, Kind};
use super::list::list;
use super::next;
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
/// Forms of `multipart/form-data` and `text/plain` cannot be sent.
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
    controls: Vec<Control>,
    page: Url,
    base: Url,
    visit: Visit,
}

impl Form {
    pub(super) fn of(
        tree: &Html,
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
            controls: control::of(tree, form),
            page: page.clone(),
            base,
            visit: visit.clone(),
        }
    }

    /// The first value that would be sent under a name. None where none would be: the field is not
    /// there, is disabled, or is a box that is not checked.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let entries = self.entries(None).into_iter();
        let mut values = entries.filter(|(found, _)| found == name);
        values.next().map(|(_, value)| value)
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
    /// file, or does not offer that value: the message names the values that it offers.
    #[track_caller]
    pub fn set(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Result<Self, Failure> {
        match self.put(name.as_ref(), value.as_ref()) {
            Ok(()) => Ok(self),
            Err(message) => Err(Failure::new(message)),
        }
    }

    /// Checks the checkbox of a name.
    ///
    /// # Errors
    ///
    /// When there is no checkbox of that name, when it is disabled, and when there are several: choose one
    /// by its value with [`set`](Self::set).
    #[track_caller]
    pub fn check(mut self, name: impl AsRef<str>) -> Result<Self, Failure> {
        match self.turn(name.as_ref(), true) {
            Ok(()) => Ok(self),
            Err(message) => Err(Failure::new(message)),
        }
    }

    /// Unchecks the checkbox of a name.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    #[track_caller]
    pub fn uncheck(mut self, name: impl AsRef<str>) -> Result<Self, Failure> {
        match self.turn(name.as_ref(), false) {
            Ok(()) => Ok(self),
            Err(message) => Err(Failure::new(message)),
        }
    }

    /// The request that sends the form by its first button, as the Enter key does, by the same client.
    /// Without a button it is sent as a script does.
    ///
    /// What cannot be sent is an error of the request: a form that leads to another host, of
    /// `multipart/form-data`, or whose first button is disabled.
    pub fn submit(self) -> RequestBuilder {
        let mut buttons = self.controls.iter().enumerate();
        let first = buttons.find(|(_, control)| matches!(control.kind, Kind::Button(_)));
        self.request(first.map(|(at, _)| at))
    }

    /// The request that sends the form by the button with exactly this text.
    ///
    /// # Errors
    ///
    /// When there is no such button: the message names those that are there. When it is disabled.
    #[track_caller]
    pub fn press(self, button: impl AsRef<str>) -> Result<RequestBuilder, Failure> {
        let wanted = button.as_ref();
        let buttons = || {
            self.buttons()
                .filter(|(_, _, button)| button.label == wanted)
        };
        // Of several that look the same, one that can be pressed.
        let found = buttons().find(|(_, control, _)| !control.disabled);
        if let Some((at, _, _)) = found {
            return Ok(self.request(Some(at)));
        }
        let wrong = match buttons().next() {
            Some(_) => format!("the button {wanted:?} is disabled"),
            None => {
                let there = list(self.buttons().map(|(_, _, button)| &*button.label));
                format!("the form has no button {wanted:?}; its buttons are {there}")
            }
        };
        Err(Failure::new(format!("{}: {wrong}", self.answered)))
    }

    fn put(&mut self, name: &str, value: &str) -> Result<(), String> {
        let answered = self.answered.clone();
        let mut controls = self.enabled(name)?;
        // What people fill in comes before what they do not see.
        controls.sort_by_key(|control| matches!(control.kind, Kind::Text { hidden: true, .. }));
        if let Some(Control {
            kind: Kind::Text { value: text, .. },
            ..
        }) = controls.first_mut()
        {
            value.clone_into(text);
            return Ok(());
        }
        if controls
            .iter()
            .any(|control| matches!(control.kind, Kind::File))
        {
            return Err(format!(
                "{answered}: the field {name:?} is a file, which cannot be sent"
            ));
        }
        let offered = controls.iter().flat_map(|control| control.choices());
        let offered: Vec<String> = offered
            .filter(|choice| !choice.disabled)
            .map(|choice| choice.value.clone())
            .collect();
        if !offered.iter().any(|offered| offered == value) {
            let offered = list(offered.iter().map(String::as_str));
            return Err(format!(
                "{answered}: the field {name:?} does not offer {value:?}; it offers {offered}"
            ));
        }
        let mut is_chosen = false;
        for control in controls {
            let one = control.is_one_of();
            for choice in control.choices_mut() {
                // Of two that are the same, a person chooses one.
                let wanted = choice.value == value && !choice.disabled && !(one && is_chosen);
                is_chosen |= wanted;
                choice.on = wanted || (choice.on && !one);
            }
        }
        Ok(())
    }

    fn turn(&mut self, name: &str, on: bool) -> Result<(), String> {
        let answered = self.answered.clone();
        let controls = self.enabled(name)?.into_iter();
        let mut boxes = controls.filter_map(|control| match &mut control.kind {
            Kind::Check(choice) => Some(choice),
            _ => None,
        });
        match (boxes.next(), boxes.next()) {
            (Some(choice), None) => {
                choice.on = on;
                Ok(())
            }
            (None, _) => Err(format!("{answered}: the field {name:?} is no checkbox")),
            (Some(_), Some(_)) => Err(format!(
                "{answered}: several checkboxes have the name {name:?}: choose one by its value"
            )),
        }
    }

    /// The fields of a name that are not disabled; says which there are where there is none.
    fn enabled(&mut self, name: &str) -> Result<Vec<&mut Control>, String> {
        let fields = || {
            let controls = self.controls.iter();
            controls.filter(|control| !matches!(control.kind, Kind::Button(_)))
        };
        let of_name = || fields().filter(|control| !name.is_empty() && control.name == name);
        if of_name().next().is_none() {
            let names = fields().map(|control| &*control.name);
            let there = list(names.filter(|name| !name.is_empty()));
            return Err(format!(
                "{}: the form has no field {name:?}; its fields are {there}",
                self.answered
            ));
        }
        if of_name().all(|control| control.disabled) {
            return Err(format!("{}: the field {name:?} is disabled", self.answered));
        }
        let controls = self.controls.iter_mut();
        let fields = controls.filter(|control| !matches!(control.kind, Kind::Button(_)));
        Ok(fields
            .filter(|control| control.name == name && !control.disabled)
            .collect())
    }

    fn buttons(&self) -> impl Iterator<Item = (usize, &Control, &Button)> {
        let controls = self.controls.iter().enumerate();
        controls.filter_map(|(at, control)| match &control.kind {
            Kind::Button(button) => Some((at, control, button)),
            _ => None,
        })
    }

    fn entries(&self, pressed: Option<usize>) -> Vec<(String, String)> {
        let controls = self.controls.iter().enumerate();
        controls
            .flat_map(|(at, control)| control.entries(pressed == Some(at)))
            .map(|(name, value)| (with_line_breaks(&name), with_line_breaks(&value)))
            .collect()
    }

    fn request(&self, pressed: Option<usize>) -> RequestBuilder {
        let pressed_control = pressed.and_then(|at| self.controls.get(at));
        let route = match pressed_control.map(|control| &control.kind) {
            Some(Kind::Button(button)) => button.route.or(&self.route),
            _ => self.route.clone(),
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
        let reason = if pressed_control.is_some_and(|control| control.disabled) {
            "its button is disabled".to_owned()
        } else if is(&route.method, "dialog") {
            "it closes a dialog and sends nothing".to_owned()
        } else if let Some(enctype) = ["multipart/form-data", "text/plain"]
            .into_iter()
            .find(|enctype| method == Method::POST && is(&route.enctype, enctype))
        {
            format!("it is of {enctype}: read its fields with `value`, and send a body of your own")
        } else {
            match action {
                Ok(url) => return self.filled_in(method, url, pressed),
                Err(reason) => reason,
            }
        };
        next::request(&self.visit, method, &self.page).refused(format!(
            "{}: the form cannot be sent: {reason}",
            self.answered
        ))
    }

    fn filled_in(&self, method: Method, mut url: Url, pressed: Option<usize>) -> RequestBuilder {
        let entries = self.entries(pressed);
        if method == Method::POST {
            return next::request(&self.visit, method, &url).form(&entries);
        }
        url.query_pairs_mut().clear().extend_pairs(&entries);
        next::request(&self.visit, method, &url)
    }
}

/// Line breaks as a form sends them.
fn with_line_breaks(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}

impl fmt::Debug for Form {
    /// The names of the fields, without values: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.controls.iter().map(|control| &control.name).collect();
        f.debug_struct("Form")
            .field("answered", &self.answered)
            .field("fields", &names)
            .finish_non_exhaustive()
    }
}
