//! Checks the cost of a query.

use std::collections::BTreeMap;

use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// A query: its parts, and the fragments that it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What is asked for.
    pub parts: Vec<Part>,
    /// By name. Every fragment that is used is here.
    pub fragments: BTreeMap<String, Vec<Part>>,
}

/// A part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A field.
    Field {
        /// Its name in the answer, an alias or its own.
        name: String,
        /// Whether it is a list, and how long.
        page: Page,
        /// What is asked for of it, or of each item.
        inside: Vec<Part>,
    },
    /// All parts of a fragment.
    Fragment(String),
}

/// How long a list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// It is no list.
    No,
    /// `first: 10`
    Fixed(u64),
    /// `first: $n`
    Variable(String),
}

/// Why there is no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostError {
    /// A fragment contains itself.
    Cycle,
    /// A variable did not come along.
    NoVariable,
}

/// A query and its variables in.
type Answer = fn(&Query, &BTreeMap<String, u64>) -> Result<u64, CostError>;
planted!("graphql/cost");

/// A query as text for people, the query, the variables.
type Input = (Query, BTreeMap<String, u64>);

const QUESTION: Question<Answer, Input, Result<u64, CostError>> = Question {
    ask: |answer, (query, variables)| answer(query, variables),
    right,
    accepts: None,
    same: |one, other| one == other,
    input: |(query, variables)| {
        let mut text = shown(&query.parts);
        for (name, parts) in query.fragments.iter().take(4) {
            text += &format!(" fragment {name} {}", shown(parts));
        }
        let dots = if query.fragments.len() > 4 { " ..." } else { "" };
        format!("{text}{dots} with {variables:?}")
    },
    output: |cost| format!("{cost:?}"),
};

fn shown(parts: &[Part]) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Fragment(name) => format!("...{name}"),
        Part::Field { name, page, inside } => {
            let page = match page {
                Page::No => String::new(),
                Page::Fixed(length) => format!("(first: {length})"),
                Page::Variable(name) => format!("(first: ${name})"),
            };
            let inside = if inside.is_empty() { String::new() } else { format!(" {}", shown(inside)) };
            format!("{name}{page}{inside}")
        }
    });
    format!("{{ {} }}", parts.collect::<Vec<_>>().join(" "))
}

/// Each fragment once, in the order in which they need each other.
fn right((query, variables): &Input) -> Result<u64, CostError> {
    let mut known: BTreeMap<&str, u64> = BTreeMap::new();
    // As long as one more can be computed from those that are known.
    loop {
        let next = query.fragments.iter().find_map(|(name, parts)| {
            let missing = !known.contains_key(name.as_str());
            missing.then(|| sum(parts, variables, &known)).flatten().map(|cost| (name.as_str(), cost))
        });
        match next {
            Some((name, cost)) => known.insert(name, cost?),
            None => break,
        };
    }
    // What is not known then is in a circle.
    sum(&query.parts, variables, &known).unwrap_or(Err(CostError::Cycle))
}

/// `None` when a fragment is not known yet.
fn sum(
    parts: &[Part],
    variables: &BTreeMap<String, u64>,
    known: &BTreeMap<&str, u64>,
) -> Option<Result<u64, CostError>> {
    let mut all = 0u64;
    for part in parts {
        let one = match part {
            Part::Fragment(name) => *known.get(name.as_str())?,
            Part::Field { page, inside, .. } => {
                let Ok(inside) = sum(inside, variables, known)? else {
                    return Some(Err(CostError::NoVariable));
                };
                let each = inside.saturating_add(1);
                let length = match page {
                    Page::No => None,
                    Page::Fixed(length) => Some(*length),
                    Page::Variable(name) => match variables.get(name) {
                        Some(length) => Some(*length),
                        None => return Some(Err(CostError::NoVariable)),
                    },
                };
                length.map_or(each, |length| each.saturating_mul(length).saturating_add(1))
            }
        };
        all = all.saturating_add(one);
    }
    Some(Ok(all))
}

/// Checks a function that computes what a query can cost at most.
pub fn cost(cost: fn(&Query, &BTreeMap<String, u64>) -> Result<u64, CostError>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, cost, MISTAKES)
        .visible("a field is one value, and what is inside counts as well", || {
            vec![
                query(vec![field("a", vec![])]),
                query(vec![field("a", vec![field("b", vec![]), field("c", vec![])])]),
                query(vec![]),
            ]
        })
        .visible("a list is one value, and each item with what is inside", || {
            vec![
                query(vec![list("users", 3, vec![])]),
                query(vec![list("users", 50, vec![field("name", vec![])])]),
                query(vec![list("users", 50, vec![list("friends", 20, vec![field("name", vec![])])])]),
                query(vec![list("users", 0, vec![field("name", vec![])])]),
            ]
        })
        .visible("a page may be a variable", || {
            let paged = |name: &str| {
                let page = Page::Variable("n".to_owned());
                let users =
                    Part::Field { name: "users".to_owned(), page, inside: vec![field("name", vec![])] };
                (Query { parts: vec![users], ..Query::default() }, BTreeMap::from([(name.to_owned(), 7)]))
            };
            vec![paged("n"), paged("other")]
        })
        .visible("a fragment counts each time that it is used", || {
            let name = vec![field("name", vec![]), field("mail", vec![])];
            vec![
                with(vec![spread("F")], &[("F", name.clone())]),
                with(vec![field("a", vec![spread("F")]), list("b", 5, vec![spread("F")])], &[("F", name)]),
            ]
        })
        .hidden("an alias counts each time", || {
            let many = (0..30).map(|at| Part::Field {
                name: format!("a{at}"),
                page: Page::Fixed(10),
                inside: vec![],
            });
            vec![query(many.collect()), query(vec![field("a", vec![]), field("a", vec![])])]
        })
        .hidden("a fragment that contains itself is refused", || {
            vec![
                with(vec![spread("F")], &[("F", vec![field("a", vec![spread("F")])])]),
                with(vec![spread("F")], &[("F", vec![spread("G")]), ("G", vec![spread("F")])]),
            ]
        })
        .hidden("20 and 60 fragments, each of which has the next one twice", || {
            vec![bomb(5), bomb(20), bomb(60)]
        })
        .hidden("more values than can be counted", || {
            let huge = list("a", 1 << 40, vec![list("b", 1 << 40, vec![])]);
            vec![query(vec![huge.clone()]), query(vec![huge.clone(), huge]), bomb(70)]
        })
        .hidden("500 random queries", random)
        .finish()
}

fn field(name: &str, inside: Vec<Part>) -> Part {
    Part::Field { name: name.to_owned(), page: Page::No, inside }
}

fn list(name: &str, length: u64, inside: Vec<Part>) -> Part {
    Part::Field { name: name.to_owned(), page: Page::Fixed(length), inside }
}

fn spread(name: &str) -> Part {
    Part::Fragment(name.to_owned())
}

fn query(parts: Vec<Part>) -> Input {
    with(parts, &[])
}

fn with(parts: Vec<Part>, fragments: &[(&str, Vec<Part>)]) -> Input {
    let fragments = fragments.iter().map(|(name, parts)| ((*name).to_owned(), parts.clone())).collect();
    (Query { parts, fragments }, BTreeMap::new())
}

fn bomb(count: usize) -> Input {
    let mut fragments: BTreeMap<String, Vec<Part>> = (0..count)
        .map(|at| {
            let next = || vec![spread(&format!("F{}", at + 1))];
            (format!("F{at}"), vec![field("a", next()), field("b", next())])
        })
        .collect();
    fragments.insert(format!("F{count}"), vec![field("id", vec![])]);
    (Query { parts: vec![spread("F0")], fragments }, BTreeMap::new())
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(18);
    (0..500)
        .map(|_| {
            let fragments = [("F", parts(1, &[], &mut rng)), ("G", parts(1, &["F"], &mut rng))];
            let (mut query, _) = with(parts(3, &["F", "G"], &mut rng), &fragments);
            query.parts.push(spread("G"));
            (query, BTreeMap::from([("n".to_owned(), rng.below(20))]))
        })
        .collect()
}

fn parts(depth: u64, fragments: &[&str], rng: &mut Rng) -> Vec<Part> {
    (0..1 + rng.below(3))
        .map(|at| match rng.choose(fragments) {
            Some(name) if rng.chance(0.3) => spread(name),
            _ => {
                let page = match rng.below(3) {
                    0 => Page::No,
                    1 => Page::Fixed(rng.below(9)),
                    _ => Page::Variable("n".to_owned()),
                };
                let inside = if depth > 0 { parts(depth - 1, fragments, rng) } else { Vec::new() };
                Part::Field { name: format!("x{at}"), page, inside }
            }
        })
        .collect()
}
