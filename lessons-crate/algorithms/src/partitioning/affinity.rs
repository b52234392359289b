//! Vertical partitioning: columns that are read together are kept together.

/// A query: which columns it uses, and how often it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnQuery {
    /// The columns, by number.
    pub columns: Vec<usize>,
    /// How often, in any unit that all queries share.
    pub frequency: f64,
}

impl ColumnQuery {
    /// A query that uses these columns so often.
    pub fn new(columns: &[usize], frequency: f64) -> Self {
        Self { columns: columns.to_vec(), frequency }
    }

    fn uses_any(&self, columns: &[usize]) -> bool {
        self.columns.iter().any(|column| columns.contains(column))
    }
}

/// How often each two columns are used together; on the diagonal, how often each is used.
///
/// # Panics
///
/// When a query names a column that there is not.
pub fn affinity(columns: usize, queries: &[ColumnQuery]) -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; columns]; columns];
    for query in queries {
        for &a in &query.columns {
            for &b in &query.columns {
                matrix[a][b] += query.frequency;
            }
        }
    }
    matrix
}

/// An order of the columns in which those with similar affinities are neighbors: the bond energy algorithm.
///
/// Columns are placed one by one, each where it adds most to the sum of the bonds of neighbors; the bond of two columns
/// is the inner product of their rows of the matrix. It is a heuristic: the best of all n! orders may have more.
///
/// # Complexity
///
/// O(n^3) for n columns.
///
/// # Sources
///
/// W. T. McCormick, P. J. Schweitzer and T. W. White, "Problem Decomposition and Data Reorganization by a Clustering
/// Technique", Operations Research 20(5), 1972.
pub fn bond_energy_order(matrix: &[Vec<f64>]) -> Vec<usize> {
    let bond = |a: Option<&usize>, b: Option<&usize>| match (a, b) {
        (Some(&a), Some(&b)) => matrix[a].iter().zip(&matrix[b]).map(|(x, y)| x * y).sum::<f64>(),
        _ => 0.0,
    };
    let mut order: Vec<usize> = Vec::new();
    for column in 0..matrix.len() {
        let gain = |at: usize| {
            let (left, right) = (at.checked_sub(1).and_then(|left| order.get(left)), order.get(at));
            bond(left, Some(&column)) + bond(Some(&column), right) - bond(left, right)
        };
        // The first of equals, so that the order is the same on every machine.
        let best = (0..=order.len()).fold(0, |best, at| if gain(at) > gain(best) { at } else { best });
        order.insert(best, column);
    }
    order
}

/// Two groups of columns, each to be kept in a table of its own with the key.
#[derive(Clone, Debug, PartialEq)]
pub struct VerticalSplit {
    /// The two groups, each in ascending order.
    pub groups: [Vec<usize>; 2],
    /// How good the cut is: how often queries need the first group alone, times how often the second alone, minus the
    /// square of how often they need both. Above 0 it is worth something.
    pub quality: f64,
}

/// The best cut of the columns in two, among the runs of neighbors in the order of [`bond_energy_order`]; `None` with
/// fewer than two columns.
///
/// # Complexity
///
/// O(n^3 + n^2 q) for n columns and q queries.
///
/// # Sources
///
/// S. Navathe, S. Ceri, G. Wiederhold and J. Dou, "Vertical Partitioning Algorithms for Database Design", ACM TODS
/// 9(4), 1984.
///
/// # Examples
///
/// ```
/// use lessons::partitioning::{ColumnQuery, vertical_split};
///
/// // Name and city are listed all the time, the picture and the text are shown now and then.
/// let queries = [ColumnQuery::new(&[0, 2], 90.0), ColumnQuery::new(&[1, 3], 10.0)];
/// let split = vertical_split(4, &queries).unwrap();
/// assert_eq!(split.groups, [vec![0, 2], vec![1, 3]]);
/// assert_eq!(split.quality, 900.0);
/// ```
///
/// # Panics
///
/// When a query names a column that there is not.
pub fn vertical_split(columns: usize, queries: &[ColumnQuery]) -> Option<VerticalSplit> {
    let order = bond_energy_order(&affinity(columns, queries));
    let mut best: Option<VerticalSplit> = None;
    for first in 0..order.len() {
        for end in first + 1..=order.len() {
            // A run in the middle against all that is around it, as if the order were a ring.
            let (mut inner, mut outer) =
                (order[first..end].to_vec(), [&order[..first], &order[end..]].concat());
            if outer.is_empty() {
                continue;
            }
            let total = |wanted: [bool; 2]| -> f64 {
                let uses = |query: &&ColumnQuery| [query.uses_any(&inner), query.uses_any(&outer)] == wanted;
                queries.iter().filter(uses).map(|query| query.frequency).sum()
            };
            let quality = total([true, false]) * total([false, true]) - total([true, true]).powi(2);
            if best.as_ref().is_none_or(|best| quality > best.quality) {
                inner.sort_unstable();
                outer.sort_unstable();
                let groups = if inner[0] < outer[0] { [inner, outer] } else { [outer, inner] };
                best = Some(VerticalSplit { groups, quality });
            }
        }
    }
    best
}

/// The bytes that the queries read of one row, if each reads whole groups: the sum over queries, weighted by how often
/// they run. Each group has the key's bytes as well.
///
/// # Panics
///
/// When a group names a column without a width.
pub fn bytes_read(groups: &[Vec<usize>], widths: &[u64], key_bytes: u64, queries: &[ColumnQuery]) -> f64 {
    let width =
        |group: &[usize]| (key_bytes + group.iter().map(|&column| widths[column]).sum::<u64>()) as f64;
    let read = |query: &ColumnQuery| {
        groups.iter().filter(|group| query.uses_any(group)).map(|group| width(group)).sum::<f64>()
    };
    queries.iter().map(|query| query.frequency * read(query)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Projects: number, name, budget, place; the example that textbooks compute by hand.
    fn projects() -> Vec<ColumnQuery> {
        vec![
            ColumnQuery::new(&[0, 2], 45.0),
            ColumnQuery::new(&[1, 2], 5.0),
            ColumnQuery::new(&[1, 3], 75.0),
            ColumnQuery::new(&[2, 3], 3.0),
        ]
    }

    #[test]
    fn the_example_of_the_textbooks() {
        let matrix = affinity(4, &projects());
        assert_eq!(matrix[0], [45.0, 0.0, 45.0, 0.0]);
        assert_eq!(matrix[2], [45.0, 5.0, 53.0, 3.0]);
        let order = bond_energy_order(&matrix);
        // Read from either end it is the same order.
        assert!(order == [0, 2, 1, 3] || order == [3, 1, 2, 0], "{order:?}");
        let split = vertical_split(4, &projects()).unwrap();
        assert_eq!(split.groups, [vec![0, 2], vec![1, 3]]);
        assert!((split.quality - (45.0 * 75.0 - 8.0 * 8.0)).abs() < 1e-9);
    }

    #[test]
    fn columns_of_one_group_become_neighbors() {
        let groups: [&[usize]; 3] = [&[0, 3, 5], &[1, 4], &[2]];
        let queries = groups.map(|columns| ColumnQuery::new(columns, 10.0));
        let order = bond_energy_order(&affinity(6, &queries));
        for group in groups {
            let at: Vec<usize> = (0..6).filter(|&at| group.contains(&order[at])).collect();
            assert_eq!(at[at.len() - 1] - at[0] + 1, group.len(), "{order:?}");
        }
    }

    fn energy(matrix: &[Vec<f64>], order: &[usize]) -> f64 {
        let bond = |pair: &[usize]| -> f64 {
            matrix[pair[0]].iter().zip(&matrix[pair[1]]).map(|(x, y)| x * y).sum()
        };
        order.windows(2).map(bond).sum()
    }

    fn orders(columns: usize) -> Vec<Vec<usize>> {
        if columns == 0 {
            return vec![Vec::new()];
        }
        let insert = |order: Vec<usize>| {
            (0..columns).map(move |at| {
                let mut order = order.clone();
                order.insert(at, columns - 1);
                order
            })
        };
        orders(columns - 1).into_iter().flat_map(insert).collect()
    }

    proptest! {
        #[test]
        fn no_order_has_more_energy_than_the_best_and_a_split_that_is_worth_something_reads_less(
            queries in prop::collection::vec((1_u32..32, 1_u32..100), 1..7),
        ) {
            let columns = |bits: u32| (0..5).filter(|bit| (bits >> bit) & 1 == 1).collect::<Vec<usize>>();
            let queries: Vec<ColumnQuery> = queries.into_iter()
                .map(|(bits, frequency)| ColumnQuery::new(&columns(bits), f64::from(frequency))).collect();
            let matrix = affinity(5, &queries);
            let order = bond_energy_order(&matrix);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..5).collect::<Vec<_>>());
            let best = orders(5).iter().map(|order| energy(&matrix, order)).fold(0.0, f64::max);
            prop_assert!(energy(&matrix, &order) <= best + 1e-6);

            let split = vertical_split(5, &queries).unwrap();
            let whole = bytes_read(&[vec![0, 1, 2, 3, 4]], &[8; 5], 0, &queries);
            let cut = bytes_read(&split.groups, &[8; 5], 0, &queries);
            prop_assert!(cut <= whole);
            if split.quality > 0.0 {
                prop_assert!(cut < whole, "somebody needs one group alone");
            }
        }
    }

    #[test]
    fn the_key_is_paid_for_in_each_group() {
        let queries = projects();
        let groups = [vec![0, 2], vec![1, 3]];
        // 45 and 75 queries read one group of 16 + 8 bytes, 8 read both.
        assert_eq!(bytes_read(&groups, &[8; 4], 8, &queries), (45.0 + 75.0) * 24.0 + 8.0 * 48.0);
        assert!(vertical_split(1, &[]).is_none());
    }
}
