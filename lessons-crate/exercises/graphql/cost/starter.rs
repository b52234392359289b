use check::graphql::cost::*;
use std::collections::BTreeMap;

/// How many values the answer to a query can have; `u64::MAX` when there are more.
fn cost(query: &Query, variables: &BTreeMap<String, u64>) -> Result<u64, CostError> {
    todo!("the sum of its parts; what is in a list counts as often as the list is long")
}
