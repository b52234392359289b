//! What a query may cost, known before any of it is run.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::ast::{Document, Field, OperationKind, Selection, TypeRef};
use super::schema::{FieldDefinition, Schema};
use super::values::{self, RequestError};

/// Fragments in fragments are followed so deep.
const CHAIN_MAX: usize = 100;

/// How long a list may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageSize {
    /// As long as this argument says.
    Argument {
        /// Its name: `first`, as a rule.
        name: String,
        /// What is assumed when it is not there.
        default: u64,
        /// More is refused.
        max: u64,
    },
    /// Always this long, or shorter.
    Fixed(u64),
}

/// What fields cost. Each value of the answer costs 1, and each field besides what is said here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostModel {
    /// Of a type and field: points besides the one for its value.
    pub extra: BTreeMap<(String, String), u64>,
    /// Of a type and field that is a list.
    pub pages: BTreeMap<(String, String), PageSize>,
    /// Of other lists.
    pub other_lists: PageSize,
}

impl Default for CostModel {
    /// Every value costs 1; a list has as many as its argument `first` says, up to 100, or 10.
    fn default() -> Self {
        let other_lists = PageSize::Argument { name: "first".to_owned(), default: 10, max: 100 };
        Self { extra: BTreeMap::new(), pages: BTreeMap::new(), other_lists }
    }
}

/// Why there is no cost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CostError {
    /// The request cannot be run.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A fragment that contains itself.
    #[error("the fragment {0} contains itself")]
    Cycle(String),
    /// A fragment that is nowhere.
    #[error("there is no fragment {0}")]
    NoFragment(String),
    /// A field that is nowhere.
    #[error("{0} has no field {1}")]
    NoField(String, String),
    /// A page that is too long, or no number from 0 on.
    #[error("{field} takes pages of 0 to {max}, not {found}")]
    Page {
        /// The field.
        field: String,
        /// What was asked for.
        found: String,
        /// The most.
        max: u64,
    },
    /// Fragments in fragments in fragments.
    #[error("fragments are nested more than {CHAIN_MAX} deep")]
    TooDeep,
}

/// An upper bound on what an operation costs: never below the number of values that running it makes, if lists are not
/// longer than the model says.
///
/// Fields that are merged when the operation runs count each time, so that nothing has to be expanded: of a fragment, the
/// cost is found once. That makes it fast where expanding would not end: 40 fragments, each of which has the next one
/// twice, are 2⁴⁰ fields. Sums and products stop at the largest number instead of starting over at 0.
///
/// # Complexity
///
/// O(length of the query × log fragments).
///
/// # Errors
///
/// See [`CostError`].
///
/// # Examples
///
/// ```
/// use lessons::graphql::{CostModel, cost, parse, parse_schema};
/// use serde_json::{Map, json};
///
/// let schema = parse_schema("
///     type Query { users(first: Int): [User!]! }
///     type User { name: String  friends(first: Int): [User!]! }
/// ")?;
/// let document = parse("query($n: Int) { users(first: $n) { friends(first: 20) { name } } }")?;
/// let variables = json!({ "n": 50 });
/// let cost = cost(&document, &schema, None, &CostModel::default(), variables.as_object().unwrap())?;
/// // The list, and for each of 50 users: itself, its list, and 20 friends with a name each.
/// assert_eq!(cost, 1 + 50 * (1 + 1 + 20 * 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sources
///
/// O. Hartig, J. Pérez, "Semantics and Complexity of GraphQL", WWW 2018, doi:10.1145/3178876.3186014; A. Cha et al., "A
/// Principled Approach to GraphQL Query Cost Analysis", ESEC/FSE 2020, doi:10.1145/3368089.3409670.
pub fn cost(
    document: &Document,
    schema: &Schema,
    operation: Option<&str>,
    model: &CostModel,
    variables: &Map<String, Json>,
) -> Result<u64, CostError> {
    let operation = document
        .operation(operation)
        .ok_or_else(|| RequestError::Operation("more than one, or none".to_owned()))?;
    let root = match operation.kind {
        OperationKind::Query => "Query",
        OperationKind::Mutation => "Mutation",
        OperationKind::Subscription => "Subscription",
    };
    let variables = values::variables(operation, variables, schema)?;
    let mut estimate =
        Estimate { document, schema, model, variables: &variables, fragments: BTreeMap::new() };
    estimate.selections(&operation.selections, root, 0)
}

struct Estimate<'a> {
    document: &'a Document,
    schema: &'a Schema,
    model: &'a CostModel,
    variables: &'a Map<String, Json>,
    /// What fragments cost; `None` while that is being found out.
    fragments: BTreeMap<&'a str, Option<u64>>,
}

impl<'a> Estimate<'a> {
    fn selections(&mut self, selections: &'a [Selection], ty: &str, depth: usize) -> Result<u64, CostError> {
        let mut sum = 0u64;
        for selection in selections {
            let one = match selection {
                Selection::Field(field) => self.field(field, ty, depth)?,
                Selection::Inline { on, selections, .. } => {
                    self.selections(selections, on.as_deref().unwrap_or(ty), depth)?
                }
                Selection::Spread { name, .. } => self.fragment(name, depth)?,
            };
            sum = sum.saturating_add(one);
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &'a str, depth: usize) -> Result<u64, CostError> {
        match self.fragments.get(name) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => return Err(CostError::Cycle(name.to_owned())),
            None if depth >= CHAIN_MAX => return Err(CostError::TooDeep),
            None => {}
        }
        let fragment = self.document.fragment(name).ok_or_else(|| CostError::NoFragment(name.to_owned()))?;
        self.fragments.insert(name, None);
        let found = self.selections(&fragment.selections, &fragment.on, depth + 1)?;
        self.fragments.insert(name, Some(found));
        Ok(found)
    }

    fn field(&mut self, field: &'a Field, ty: &str, depth: usize) -> Result<u64, CostError> {
        let no_field = || CostError::NoField(ty.to_owned(), field.name.clone());
        let definition = self.schema.field(ty, &field.name).ok_or_else(no_field)?;
        let place = (ty.to_owned(), field.name.clone());
        let inside = self.selections(&field.selections, definition.ty.name(), depth)?;
        let length = if definition.ty.is_list() { self.page(field, &place, &definition)? } else { 0 };
        // Of a list of lists, each level is as long.
        let (mut cost, mut ty) = (inside.saturating_add(1), definition.ty.nullable());
        while let TypeRef::List(inner) = ty {
            cost = cost.saturating_mul(length).saturating_add(1);
            ty = inner.nullable();
        }
        Ok(cost.saturating_add(self.model.extra.get(&place).copied().unwrap_or(0)))
    }

    fn page(
        &self,
        field: &Field,
        place: &(String, String),
        definition: &FieldDefinition,
    ) -> Result<u64, CostError> {
        let (name, default, max) = match self.model.pages.get(place).unwrap_or(&self.model.other_lists) {
            PageSize::Fixed(length) => return Ok(*length),
            PageSize::Argument { name, default, max } => (name, *default, *max),
        };
        let given = field.arguments.iter().find(|(own, _)| own == name);
        let written = definition.arguments.get(name).and_then(|argument| argument.default.as_ref());
        let value = given
            .and_then(|(_, value)| values::to_json(value, self.variables))
            .or_else(|| values::to_json(written?, &Map::new()));
        match value {
            None | Some(Json::Null) => Ok(default),
            Some(value) => value.as_u64().filter(|length| *length <= max).ok_or_else(|| CostError::Page {
                field: field.name.clone(),
                found: value.to_string(),
                max,
            }),
        }
    }
}
