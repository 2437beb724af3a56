//! A button that sends a form.

use scraper::ElementRef;

use super::document;

/// What a button sends, and how.
#[derive(Clone)]
pub(super) struct Button {
    pub(super) name: String,
    pub(super) value: String,
    /// What people read on it.
    pub(super) label: String,
    /// It sends where it was clicked, and not its value.
    pub(super) image: bool,
    pub(super) route: Route,
}

/// The attributes that say how a form is sent. A button's take the place of the form's.
#[derive(Clone, Default)]
pub(super) struct Route {
    pub(super) action: Option<String>,
    pub(super) method: Option<String>,
    pub(super) enctype: Option<String>,
}

impl Button {
    /// The button that an element is; none where it is no button that sends.
    pub(super) fn of(element: ElementRef<'_>) -> Option<Self> {
        let kind = element.attr("type").unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        let value = element.attr("value");
        let label = match (element.value().name(), &*kind) {
            ("button", "reset" | "button") => return None,
            ("button", _) => document::shown(element),
            ("input", "submit") => document::on_one_line(value.unwrap_or("Submit")),
            ("input", "image") => document::on_one_line(element.attr("alt").unwrap_or("Submit")),
            _ => return None,
        };
        let attribute = |name: &str| element.attr(name).map(str::to_owned);
        Some(Self {
            name: attribute("name").unwrap_or_default(),
            value: value.unwrap_or_default().to_owned(),
            label,
            image: element.value().name() == "input" && kind == "image",
            route: Route {
                action: attribute("formaction"),
                method: attribute("formmethod"),
                enctype: attribute("formenctype"),
            },
        })
    }

    /// What it adds to the form: names and values.
    pub(super) fn entries(&self) -> Vec<(String, String)> {
        if self.image {
            let axis = |axis: &str| match &*self.name {
                "" => axis.to_owned(),
                name => format!("{name}.{axis}"),
            };
            return vec![(axis("x"), "0".to_owned()), (axis("y"), "0".to_owned())];
        }
        match &*self.name {
            "" => Vec::new(),
            name => vec![(name.to_owned(), self.value.clone())],
        }
    }
}

impl Route {
    /// How a form is sent: its own attributes, unless the button has others.
    pub(super) fn or(&self, form: &Self) -> Self {
        let own = |own: &Option<String>, form: &Option<String>| own.clone().or(form.clone());
        Self {
            action: own(&self.action, &form.action),
            method: own(&self.method, &form.method),
            enctype: own(&self.enctype, &form.enctype),
        }
    }
}
