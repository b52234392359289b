//! Which fields are wanted of an object, when fragments are put in and fields of one key are merged.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::ast::{Directive, Document, Field, Selection};
use super::values::to_json;

/// Fields of one key, in the order in which keys first appear. What is selected of them is put together later.
pub(super) type Collected<'a> = Vec<(String, Vec<&'a Field>)>;

/// The fields that some selections want of an object of this type. O(selections × keys).
///
/// A fragment is put in once: a second time adds nothing, and a circle ends. Fragments in fragments are kept on a list of
/// our own, so that no chain of them uses up the stack.
pub(super) fn collect<'a>(
    selections: impl IntoIterator<Item = &'a Selection>,
    ty: &str,
    document: &'a Document,
    variables: &Map<String, Json>,
) -> Collected<'a> {
    let collector = Collector { ty, document, variables };
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut open: Vec<&'a Selection> = selections.into_iter().collect();
    open.reverse();
    while let Some(selection) = open.pop() {
        match selection {
            Selection::Field(field) => collector.field(field, &mut found),
            other => open.extend(collector.inside(other, &mut seen).iter().rev()),
        }
    }
    found
}

struct Collector<'a, 'b> {
    ty: &'b str,
    document: &'a Document,
    variables: &'b Map<String, Json>,
}

impl<'a> Collector<'a, '_> {
    fn field(&self, field: &'a Field, found: &mut Collected<'a>) {
        if !self.included(&field.directives) {
            return;
        }
        let key = field.response_key();
        match found.iter_mut().find(|(own, _)| own == key) {
            Some((_, fields)) => fields.push(field),
            None => found.push((key.to_owned(), vec![field])),
        }
    }

    /// What is in a fragment, if it counts here.
    fn inside(&self, selection: &'a Selection, seen: &mut BTreeSet<&'a str>) -> &'a [Selection] {
        match selection {
            Selection::Spread { name, directives, .. } if self.included(directives) && seen.insert(name) => {
                let fragment = self.document.fragment(name).filter(|fragment| fragment.on == self.ty);
                fragment.map_or(&[], |fragment| &fragment.selections)
            }
            Selection::Inline { on, directives, selections }
                if self.included(directives) && on.as_deref().is_none_or(|on| on == self.ty) =>
            {
                selections
            }
            _ => &[],
        }
    }

    /// Whether neither `@skip` nor `@include` leaves it out.
    fn included(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let holds =
                condition.and_then(|(_, value)| to_json(value, self.variables)) == Some(Json::Bool(true));
            match directive.name.as_str() {
                "skip" => !holds,
                "include" => holds,
                _ => true,
            }
        })
    }
}
