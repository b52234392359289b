use check::graphql::cost::*;
use std::collections::BTreeMap;

fn cost(query: &Query, variables: &BTreeMap<String, u64>) -> Result<u64, CostError> {
    parts(&query.parts, query, variables, &mut BTreeMap::new())
}

/// `known` has what fragments cost; `None` while that is being found out.
fn parts(
    all: &[Part],
    query: &Query,
    variables: &BTreeMap<String, u64>,
    known: &mut BTreeMap<String, Option<u64>>,
) -> Result<u64, CostError> {
    let mut sum = 0u64;
    for part in all {
        let one = match part {
            Part::Field { page, inside, .. } => {
                let inside = parts(inside, query, variables, known)?;
                let length = match page {
                    Page::No => None,
                    Page::Fixed(length) => Some(*length),
                    Page::Variable(name) => Some(*variables.get(name).ok_or(CostError::NoVariable)?),
                };
                match length {
                    None => inside.saturating_add(1),
                    Some(length) => inside.saturating_add(1).saturating_mul(length).saturating_add(1),
                }
            }
            Part::Fragment(name) => match known.get(name) {
                Some(Some(cost)) => *cost,
                Some(None) => return Err(CostError::Cycle),
                None => {
                    known.insert(name.clone(), None);
                    let cost = parts(&query.fragments[name], query, variables, known)?;
                    known.insert(name.clone(), Some(cost));
                    cost
                }
            },
        };
        sum = sum.saturating_add(one);
    }
    Ok(sum)
}
