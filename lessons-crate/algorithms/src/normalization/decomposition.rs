//! One table split into several.

use std::fmt;

use super::keys::one_key;
use super::{
    AttrSet, Chase, Fd, NormalForm, NormalizationError, Schema, candidate_keys, closure, keeps,
    minimal_cover, normal_form, project,
};
use crate::display::{MimeBundle, Render};
use crate::table::Table;

/// The parts of a table that was split, and what the split keeps.
///
/// # Examples
///
/// ```
/// use lessons::normalization::Schema;
///
/// let orders = Schema::new("order customer city", "order -> customer, customer -> city")?;
/// let split = orders.synthesize();
/// assert_eq!(split.parts().len(), 2);
/// assert!(split.is_lossless() && split.lost().is_empty());
/// # Ok::<(), lessons::normalization::NormalizationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decomposition {
    schema: Schema,
    parts: Vec<AttrSet>,
}

/// What a table can be split into.
impl Schema {
    /// Tables in third normal form: lossless, and every dependency can be checked within one of them.
    ///
    /// # Complexity
    ///
    /// That of [`minimal_cover`](super::minimal_cover), and finding one key.
    pub fn synthesize(&self) -> Decomposition {
        Decomposition::synthesis(self)
    }

    /// Tables in Boyce-Codd normal form: lossless, but some dependencies may be checkable only by a join.
    ///
    /// # Complexity
    ///
    /// O(2ʷ) closures for w attributes in the worst case.
    pub fn decompose(&self) -> Decomposition {
        Decomposition::boyce_codd(self)
    }

    /// A split into these parts, each a list of names.
    ///
    /// # Errors
    ///
    /// When an attribute is unknown.
    pub fn split(&self, parts: &[&str]) -> Result<Decomposition, NormalizationError> {
        Ok(self.decomposition(parts.iter().map(|part| self.set(part)).collect::<Result<_, _>>()?))
    }

    /// A split into these parts.
    pub fn decomposition(&self, parts: Vec<AttrSet>) -> Decomposition {
        Decomposition::new(self, parts)
    }
}

impl Decomposition {
    fn new(schema: &Schema, parts: Vec<AttrSet>) -> Self {
        Self { schema: schema.clone(), parts }
    }

    /// Third normal form by synthesis: one table for each left side of a minimal cover; one more for a key
    /// when none of them contains one; none inside another.
    ///
    /// # Sources
    ///
    /// P. A. Bernstein, "Synthesizing Third Normal Form Relations from Functional Dependencies", ACM TODS
    /// 1(4), 1976. J. Biskup, U. Dayal and P. A. Bernstein, "Synthesizing Independent Database Schemas",
    /// SIGMOD 1979, for the table with the key.
    fn synthesis(schema: &Schema) -> Self {
        let mut parts: Vec<AttrSet> = Vec::new();
        let mut left: Option<AttrSet> = None;
        // A minimal cover is sorted by left side, so equal ones follow each other.
        for fd in minimal_cover(schema.fds()) {
            match parts.last_mut() {
                Some(part) if left == Some(fd.lhs) => *part = *part | fd.rhs,
                _ => parts.push(fd.lhs | fd.rhs),
            }
            left = Some(fd.lhs);
        }
        let all = schema.all();
        if !parts.iter().any(|part| all.is_subset(closure(*part, schema.fds()))) {
            parts.push(one_key(all, schema.fds()));
        }
        let inside = |part: AttrSet, others: &[AttrSet]| others.iter().any(|other| part.is_subset(*other));
        let mut kept: Vec<AttrSet> = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            if !inside(*part, &kept) && !inside(*part, &parts[number + 1..]) {
                kept.push(*part);
            }
        }
        Self::new(schema, kept)
    }

    /// Boyce-Codd normal form by splitting: a part with a forbidden X → Y becomes X ∪ Y and the rest with X.
    ///
    /// # Sources
    ///
    /// E. F. Codd, "Recent Investigations in Relational Data Base Systems", IFIP Congress, 1974. D.-M. Tsou and
    /// P. C. Fischer, "Decomposition of a Relation Scheme into Boyce-Codd Normal Form", ACM SIGACT News 14(3),
    /// 1982, do it in polynomial time at the price of splitting more than is needed.
    fn boyce_codd(schema: &Schema) -> Self {
        let fds = schema.fds();
        let mut todo = vec![schema.all()];
        let mut parts = Vec::new();
        while let Some(part) = todo.pop() {
            match forbidden(part, fds) {
                None => parts.push(part),
                Some(x) => {
                    let determined = closure(x, fds) & part;
                    todo.extend([determined, x | (part - determined)]);
                }
            }
        }
        parts.sort();
        Self::new(schema, parts)
    }

    /// The parts.
    pub fn parts(&self) -> &[AttrSet] {
        &self.parts
    }

    /// Whether joining the parts always gives the table back; see [`Chase`](super::Chase).
    pub fn is_lossless(&self) -> bool {
        self.chase().is_lossless()
    }

    /// The chase that decides it, with its counterexample.
    pub fn chase(&self) -> Chase {
        self.schema.chase(&self.parts)
    }

    /// The dependencies that no part can check, so that only a join of several finds a violation.
    pub fn lost(&self) -> Vec<Fd> {
        let fds = self.schema.fds();
        fds.iter().copied().filter(|fd| !keeps(&self.parts, fds, *fd)).collect()
    }

    /// The dependencies that no part can check, by name.
    pub fn lost_by_name(&self) -> Vec<String> {
        self.schema.show_all(self.lost())
    }

    /// The highest normal form that a part is in.
    ///
    /// # Complexity
    ///
    /// That of [`project`]: exponential in the part's width.
    pub fn normal_form(&self, part: AttrSet) -> NormalForm {
        let within = project(part, self.schema.fds());
        let held = |form: &NormalForm| normal_form::violations(part, &within, *form).is_empty();
        NormalForm::DECIDED.into_iter().take_while(held).last().unwrap_or(NormalForm::First)
    }

    /// Each part with its keys and its normal form.
    pub fn table(&self) -> Table {
        let table = Table::new(["table", "keys", "form"]);
        self.parts.iter().fold(table, |table, part| {
            let keys = candidate_keys(*part, &project(*part, self.schema.fds()));
            let keys: Vec<String> = keys.into_iter().map(|key| self.schema.show(key)).collect();
            table.row([self.schema.show(*part), keys.join(" or "), self.normal_form(*part).to_string()])
        })
    }
}

/// The left side of a dependency that Boyce-Codd normal form forbids in this part. Those of the list are
/// tried first, because there the smaller answer usually is; then all subsets, from the smallest.
fn forbidden(part: AttrSet, fds: &[Fd]) -> Option<AttrSet> {
    let violates = |x: &AttrSet| {
        let determined = closure(*x, fds) & part;
        determined != *x && determined != part
    };
    let listed = minimal_cover(fds).into_iter().map(|fd| fd.lhs).filter(|x| x.is_subset(part));
    listed.into_iter().find(violates).or_else(|| {
        let mut subsets: Vec<AttrSet> = part.subsets().filter(violates).collect();
        subsets.sort_by_key(|x| (x.len(), *x));
        subsets.first().copied()
    })
}

impl fmt::Display for Decomposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}

impl Render for Decomposition {
    fn render(&self) -> MimeBundle {
        self.table().render()
    }
}

crate::rich_display!(Decomposition);
