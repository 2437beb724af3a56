//! The fields of a form, as they are filled in.

use scraper::ElementRef;

use super::button::Button;
use super::control::{self, Control, Kind};
use super::entry::{Entry, File, with_line_breaks};
use super::list::list;
use super::tree::Tree;

/// The fields and the buttons, in the order of the page.
#[derive(Clone)]
pub(super) struct Fields(Vec<Control>);

impl Fields {
    pub(super) fn of(tree: &Tree, form: ElementRef<'_>) -> Self {
        Self(control::of(tree, form))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|control| &*control.name)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
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
            .any(|control| matches!(control.kind, Kind::Files { .. }))
        {
            return Err(format!("the field {name:?} is a file: `attach` one to it"));
        }
        let offered = controls.iter().flat_map(|control| control.choices());
        let offered: Vec<String> = offered
            .filter(|choice| !choice.disabled)
            .map(|choice| choice.value.clone())
            .collect();
        if !offered.iter().any(|offered| offered == value) {
            let offered = list(offered.iter().map(String::as_str));
            return Err(format!(
                "the field {name:?} does not offer {value:?}; it offers {offered}"
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

    pub(super) fn turn(&mut self, name: &str, on: bool) -> Result<(), String> {
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
            (None, _) => Err(format!("the field {name:?} is not a checkbox")),
            (Some(_), Some(_)) => Err(format!(
                "several checkboxes have the name {name:?}: choose one by its value"
            )),
        }
    }

    pub(super) fn attach(&mut self, name: &str, file: File) -> Result<(), String> {
        let controls = self.enabled(name)?.into_iter();
        let mut fields: Vec<_> = controls
            .filter_map(|control| match &mut control.kind {
                Kind::Files { chosen, multiple } => Some((chosen, *multiple)),
                _ => None,
            })
            .collect();
        // Of several fields of a name, the first that can take one more.
        let free = fields
            .iter()
            .position(|(chosen, multiple)| *multiple || chosen.is_empty());
        let Some((chosen, multiple)) = fields.get_mut(free.unwrap_or(0)) else {
            return Err(format!("the field {name:?} is not a file field"));
        };
        if !*multiple {
            chosen.clear();
        }
        chosen.push(file);
        Ok(())
    }

    /// The fields of a name that are not disabled; says which there are where there is none.
    fn enabled(&mut self, name: &str) -> Result<Vec<&mut Control>, String> {
        let fields = || {
            let controls = self.0.iter();
            controls.filter(|control| !matches!(control.kind, Kind::Button(_)))
        };
        let of_name = || fields().filter(|control| !name.is_empty() && control.name == name);
        if of_name().next().is_none() {
            let names = fields().map(|control| &*control.name);
            let there = list(names.filter(|name| !name.is_empty()));
            return Err(format!(
                "the form has no field {name:?}; its fields are {there}"
            ));
        }
        if of_name().all(|control| control.disabled) {
            return Err(format!("the field {name:?} is disabled"));
        }
        let controls = self.0.iter_mut();
        let fields = controls.filter(|control| !matches!(control.kind, Kind::Button(_)));
        Ok(fields
            .filter(|control| control.name == name && !control.disabled)
            .collect())
    }

    pub(super) fn buttons(&self) -> impl Iterator<Item = (usize, &Control, &Button)> {
        let controls = self.0.iter().enumerate();
        controls.filter_map(|(at, control)| match &control.kind {
            Kind::Button(button) => Some((at, control, button)),
            _ => None,
        })
    }

    pub(super) fn entries(&self, pressed: Option<usize>) -> Vec<(String, Entry)> {
        let controls = self.0.iter().enumerate();
        controls
            .flat_map(|(at, control)| control.entries(pressed == Some(at)))
            .map(|(name, entry)| {
                let entry = match entry {
                    Entry::Text(text) => Entry::Text(with_line_breaks(&text)),
                    file => file,
                };
                (with_line_breaks(&name), entry)
            })
            .collect()
    }
}
