//! What is filled in in a form.

use std::collections::HashSet;

use scraper::ElementRef;

use super::button::Button;
use super::entry::{Entry, File};
use super::tree::Tree;
use super::{document, initial};

/// A field or a button of a form.
#[derive(Clone)]
pub(super) struct Control {
    pub(super) name: String,
    pub(super) disabled: bool,
    pub(super) kind: Kind,
}

#[derive(Clone)]
pub(super) enum Kind {
    /// A text, on several lines or on one, and whether people see it.
    Text {
        value: String,
        lines: bool,
        hidden: bool,
    },
    Check(Choice),
    Radio(Choice),
    Select {
        choices: Vec<Choice>,
        multiple: bool,
    },
    Files {
        chosen: Vec<File>,
        multiple: bool,
    },
    Button(Button),
}

/// What can be chosen.
#[derive(Clone)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) on: bool,
    pub(super) disabled: bool,
}

/// The controls of a form, in the order of the page.
pub(super) fn of(tree: &Tree, form: ElementRef<'_>) -> Vec<Control> {
    let all = document::named(tree, &["input", "select", "textarea", "button"]);
    let id = form.attr("id").filter(|id| !id.is_empty());
    let mut controls: Vec<Control> = all
        .filter(|control| match control.attr("form") {
            Some(owner) => Some(owner) == id,
            None => tree.owner(*control).or(nearest(*control, "form")) == Some(form),
        })
        .filter(|control| {
            ["template", "datalist"]
                .iter()
                .all(|name| nearest(*control, name).is_none())
        })
        .filter_map(Control::of)
        .collect();
    one_radio_each(&mut controls);
    controls
}

impl Control {
    fn of(element: ElementRef<'_>) -> Option<Self> {
        let kind = match element.value().name() {
            "input" => Kind::of_input(element)?,
            "select" => Kind::of_select(element),
            "textarea" => Kind::Text {
                value: element.text().collect(),
                lines: true,
                hidden: false,
            },
            _ => Kind::Button(Button::of(element)?),
        };
        Some(Self {
            name: element.attr("name").unwrap_or_default().to_owned(),
            disabled: disabled(element),
            kind,
        })
    }

    /// What it sends: names and values. A button sends its own where it is pressed.
    pub(super) fn entries(&self, pressed: bool) -> Vec<(String, Entry)> {
        if self.disabled {
            return Vec::new();
        }
        if let Kind::Button(button) = &self.kind {
            let own = if pressed {
                button.entries()
            } else {
                Vec::new()
            };
            let own = own.into_iter();
            return own.map(|(name, text)| (name, Entry::Text(text))).collect();
        }
        if self.name.is_empty() {
            return Vec::new();
        }
        let entry = |value| (self.name.clone(), value);
        self.values().into_iter().map(entry).collect()
    }

    /// What can be chosen.
    pub(super) fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::Check(choice) | Kind::Radio(choice) => std::slice::from_ref(choice),
            Kind::Select { choices, .. } => choices,
            _ => &[],
        }
    }

    pub(super) fn choices_mut(&mut self) -> &mut [Choice] {
        match &mut self.kind {
            Kind::Check(choice) | Kind::Radio(choice) => std::slice::from_mut(choice),
            Kind::Select { choices, .. } => choices,
            _ => &mut [],
        }
    }

    /// Whether a choice takes back the one before.
    pub(super) fn is_one_of(&self) -> bool {
        matches!(
            self.kind,
            Kind::Radio(_)
                | Kind::Select {
                    multiple: false,
                    ..
                }
        )
    }

    fn values(&self) -> Vec<Entry> {
        let texts = match &self.kind {
            Kind::Text { hidden: true, .. } if self.name == "_charset_" => vec!["UTF-8".to_owned()],
            Kind::Text {
                value,
                lines,
                hidden,
            } if *lines || *hidden => vec![value.clone()],
            // A field of one line holds no line breaks.
            Kind::Text { value, .. } => vec![value.replace(['\r', '\n'], "")],
            Kind::Check(_) | Kind::Radio(_) | Kind::Select { .. } => {
                let choices = self.choices().iter();
                let on = choices.filter(|choice| choice.on && !choice.disabled);
                on.map(|choice| choice.value.clone()).collect()
            }
            Kind::Files { chosen, .. } if chosen.is_empty() => {
                return vec![Entry::File(File::none())];
            }
            Kind::Files { chosen, .. } => return chosen.iter().cloned().map(Entry::File).collect(),
            Kind::Button(_) => Vec::new(),
        };
        texts.into_iter().map(Entry::Text).collect()
    }
}

impl Kind {
    fn of_input(element: ElementRef<'_>) -> Option<Self> {
        let value = element.attr("value");
        let choice = || Choice {
            value: value.unwrap_or("on").to_owned(),
            on: element.attr("checked").is_some(),
            disabled: false,
        };
        let kind = element.attr("type").unwrap_or_default();
        Some(match &*kind.to_ascii_lowercase() {
            "checkbox" => Self::Check(choice()),
            "radio" => Self::Radio(choice()),
            "file" => Self::Files {
                chosen: Vec::new(),
                multiple: element.attr("multiple").is_some(),
            },
            "reset" | "button" => return None,
            "submit" | "image" => Self::Button(Button::of(element)?),
            kind => Self::Text {
                value: initial::value(element, kind),
                lines: false,
                hidden: kind == "hidden",
            },
        })
    }

    fn of_select(element: ElementRef<'_>) -> Self {
        let options = element
            .descendent_elements()
            .filter(|inner| inner.value().name() == "option");
        let mut choices: Vec<Choice> = options
            .map(|option| {
                let group = nearest(option, "optgroup");
                let value = option.attr("value").map(str::to_owned);
                Choice {
                    value: value.unwrap_or_else(|| document::of_option(option)),
                    on: option.attr("selected").is_some(),
                    disabled: option.attr("disabled").is_some()
                        || group.is_some_and(|group| group.attr("disabled").is_some()),
                }
            })
            .collect();
        let multiple = element.attr("multiple").is_some();
        let size = element
            .attr("size")
            .and_then(|size| size.trim().parse().ok());
        if !multiple {
            keep_last(choices.iter_mut());
            // A list that is folded shows its first choice.
            if size.unwrap_or(1) <= 1
                && choices.iter().all(|choice| !choice.on)
                && let Some(first) = choices.iter_mut().find(|choice| !choice.disabled)
            {
                first.on = true;
            }
        }
        Self::Select { choices, multiple }
    }
}

/// Only the last of the radio buttons of a name is on.
fn one_radio_each(controls: &mut [Control]) {
    let mut on = HashSet::new();
    for control in controls.iter_mut().rev() {
        if let Kind::Radio(choice) = &mut control.kind
            && choice.on
            && !control.name.is_empty()
        {
            choice.on = on.insert(control.name.as_str());
        }
    }
}

fn keep_last<'a>(choices: impl Iterator<Item = &'a mut Choice>) {
    let mut last: Option<&mut Choice> = None;
    for choice in choices.filter(|choice| choice.on) {
        if let Some(before) = last.replace(choice) {
            before.on = false;
        }
    }
}

/// Disabled itself, or in a field set that is, unless in the legend of that.
fn disabled(element: ElementRef<'_>) -> bool {
    let sets = ancestors(element)
        .filter(|above| above.value().name() == "fieldset" && above.attr("disabled").is_some());
    let mut sets = sets.map(|set| {
        let legend = set
            .child_elements()
            .find(|child| child.value().name() == "legend");
        legend.is_none_or(|legend| ancestors(element).all(|above| above != legend))
    });
    element.attr("disabled").is_some() || sets.any(|disables| disables)
}

fn nearest<'a>(element: ElementRef<'a>, name: &str) -> Option<ElementRef<'a>> {
    ancestors(element).find(|above| above.value().name() == name)
}

fn ancestors(element: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    element.ancestors().filter_map(ElementRef::wrap)
}
