//! A page as the tree of a browser without scripts.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeBuilderOpts, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, parse_document};
use scraper::{ElementRef, Html, HtmlTreeSink};

type Id = <HtmlTreeSink as TreeSink>::Handle;

/// The tree, and which form a control is of where the parser says so.
///
/// A control need not stand inside of its form: the cells of a table cannot be inside of a `<form>`
/// that stands directly in the table, and are of it nevertheless.
pub(super) struct Tree {
    pub(super) html: Html,
    owners: HashMap<Id, Id>,
}

impl Tree {
    pub(super) fn of(text: &str) -> Self {
        let options = ParseOpts {
            tree_builder: TreeBuilderOpts {
                // What stands in `<noscript>` is shown, since no script runs.
                scripting_enabled: false,
                ..TreeBuilderOpts::default()
            },
            ..ParseOpts::default()
        };
        let sink = Sink {
            html: HtmlTreeSink::new(Html::new_document()),
            owners: RefCell::default(),
        };
        parse_document(sink, options).one(text)
    }

    /// The form that the parser gave a control to.
    pub(super) fn owner(&self, control: ElementRef<'_>) -> Option<ElementRef<'_>> {
        let owner = self.owners.get(&control.id())?;
        self.html.tree.get(*owner).and_then(ElementRef::wrap)
    }
}

/// Builds scraper's tree, which does not keep the owners.
struct Sink {
    html: HtmlTreeSink,
    owners: RefCell<HashMap<Id, Id>>,
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = Tree;
    type ElemName<'a> = <HtmlTreeSink as TreeSink>::ElemName<'a>;

    fn finish(self) -> Tree {
        Tree {
            html: self.html.finish(),
            owners: self.owners.into_inner(),
        }
    }

    fn associate_with_form(&self, control: &Id, form: &Id, _: (&Id, Option<&Id>)) {
        self.owners.borrow_mut().insert(*control, *form);
    }

    fn parse_error(&self, message: Cow<'static, str>) {
        self.html.parse_error(message);
    }

    fn get_document(&self) -> Id {
        self.html.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Self::ElemName<'a> {
        self.html.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Id {
        self.html.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> Id {
        self.html.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Id {
        self.html.create_pi(target, data)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        self.html.append(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, previous: &Id, child: NodeOrText<Id>) {
        self.html
            .append_based_on_parent_node(element, previous, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.html.append_doctype_to_document(name, public, system);
    }

    fn get_template_contents(&self, target: &Id) -> Id {
        self.html.get_template_contents(target)
    }

    fn same_node(&self, one: &Id, other: &Id) -> bool {
        self.html.same_node(one, other)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.html.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &Id, node: NodeOrText<Id>) {
        self.html.append_before_sibling(sibling, node);
    }

    fn add_attrs_if_missing(&self, target: &Id, attrs: Vec<Attribute>) {
        self.html.add_attrs_if_missing(target, attrs);
    }

    fn remove_from_parent(&self, target: &Id) {
        self.html.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Id, parent: &Id) {
        self.html.reparent_children(node, parent);
    }
}
