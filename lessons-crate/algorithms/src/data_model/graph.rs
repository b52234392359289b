//! A property graph: nodes, typed edges between them, and properties on both.

use std::collections::{BTreeMap, VecDeque};

use crate::interrupt::checkpoint;

/// A node's number, from 0 in the order in which nodes were added.
pub type NodeId = usize;

/// Names and values of a node or an edge.
type Properties = BTreeMap<String, String>;

/// Nodes with a label, directed edges with a type, and properties on both.
///
/// Each node holds its own edges, in both directions and by type, so that a step costs what the node has, and
/// not what the graph has ("index-free adjacency"). Equal edges may be added twice.
///
/// # Complexity
///
/// [`neighbors`](Self::neighbors) is O(degree); [`within`](Self::within) and
/// [`shortest_path`](Self::shortest_path) touch each edge of the nodes that they reach once;
/// [`find`](Self::find) is O(nodes), because properties have no index here.
///
/// # Examples
///
/// ```
/// use lessons::data_model::PropertyGraph;
///
/// let mut graph = PropertyGraph::new();
/// let [ada, alan, grace] = ["Ada", "Alan", "Grace"].map(|name| graph.add_node("person", &[("name", name)]));
/// graph.add_edge(ada, "follows", alan, &[("since", "2024")]);
/// graph.add_edge(alan, "follows", grace, &[]);
/// assert_eq!(graph.neighbors(ada, "follows"), [alan]);
/// assert_eq!(graph.shortest_path(ada, grace, "follows"), Some(vec![ada, alan, grace]));
/// assert_eq!(graph.shortest_path(grace, ada, "follows"), None);
/// ```
///
/// # Sources
///
/// M. A. Rodriguez and P. Neubauer, "Constructions from Dots and Lines", Bulletin of the American Society for
/// Information Science and Technology 36(6), 2010 (property graphs). E. F. Moore, "The Shortest Path Through a
/// Maze", 1959 (breadth first).
#[derive(Clone, Debug, Default)]
pub struct PropertyGraph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Clone, Debug)]
struct Node {
    label: String,
    properties: Properties,
    /// Edge numbers by type, from this node and to it.
    out: BTreeMap<String, Vec<usize>>,
    into: BTreeMap<String, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Edge {
    from: NodeId,
    to: NodeId,
    properties: Properties,
}

/// What a bounded walk reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Each node within reach, with the fewest steps to it; the start with 0.
    pub steps: BTreeMap<NodeId, usize>,
    /// How many edges were looked at.
    pub edges_touched: usize,
}

impl PropertyGraph {
    /// A graph without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node with a label and properties.
    pub fn add_node(&mut self, label: &str, properties: &[(&str, &str)]) -> NodeId {
        let (out, into) = (BTreeMap::new(), BTreeMap::new());
        self.nodes.push(Node { label: label.to_owned(), properties: owned(properties), out, into });
        self.nodes.len() - 1
    }

    /// Adds an edge of a type from one node to another, with properties.
    ///
    /// # Panics
    ///
    /// When one of the nodes does not exist.
    pub fn add_edge(&mut self, from: NodeId, kind: &str, to: NodeId, properties: &[(&str, &str)]) {
        let number = self.edges.len();
        self.nodes[from].out.entry(kind.to_owned()).or_default().push(number);
        self.nodes[to].into.entry(kind.to_owned()).or_default().push(number);
        self.edges.push(Edge { from, to, properties: owned(properties) });
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// How many edges there are.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// A property of a node.
    pub fn property(&self, node: NodeId, name: &str) -> Option<&str> {
        self.nodes.get(node)?.properties.get(name).map(String::as_str)
    }

    /// The nodes with this label and this value of a property; looks at every node.
    pub fn find(&self, label: &str, name: &str, value: &str) -> Vec<NodeId> {
        let fits =
            |node: &Node| node.label == label && node.properties.get(name).is_some_and(|own| own == value);
        (0..self.nodes.len()).filter(|node| fits(&self.nodes[*node])).collect()
    }

    /// The nodes to which edges of this type lead, in the order in which the edges were added.
    pub fn neighbors(&self, node: NodeId, kind: &str) -> Vec<NodeId> {
        self.leaving(node, kind).iter().map(|edge| self.edges[*edge].to).collect()
    }

    /// The nodes from which edges of this type come.
    pub fn incoming(&self, node: NodeId, kind: &str) -> Vec<NodeId> {
        let edges = self.nodes.get(node).and_then(|node| node.into.get(kind));
        edges.into_iter().flatten().map(|edge| self.edges[*edge].from).collect()
    }

    /// The neighbors to which an edge of this type leads that has this value of a property.
    pub fn neighbors_where(&self, node: NodeId, kind: &str, name: &str, value: &str) -> Vec<NodeId> {
        let edges = self.leaving(node, kind).iter().map(|edge| &self.edges[*edge]);
        edges
            .filter(|edge| edge.properties.get(name).is_some_and(|own| own == value))
            .map(|edge| edge.to)
            .collect()
    }

    fn leaving(&self, node: NodeId, kind: &str) -> &[usize] {
        self.nodes.get(node).and_then(|node| node.out.get(kind)).map_or(&[], Vec::as_slice)
    }

    /// All nodes that at most `steps_max` edges of this type lead to, breadth first.
    pub fn within(&self, start: NodeId, kind: &str, steps_max: usize) -> Reached {
        let mut steps = BTreeMap::new();
        let mut edges_touched = 0;
        self.walk(start, kind, steps_max, &mut edges_touched, |node, depth, _| {
            steps.insert(node, depth);
            false
        });
        Reached { steps, edges_touched }
    }

    /// A path of the fewest edges of this type, with both ends; `None` when there is none.
    pub fn shortest_path(&self, from: NodeId, to: NodeId, kind: &str) -> Option<Vec<NodeId>> {
        let mut came_from = BTreeMap::new();
        let found = self.walk(from, kind, usize::MAX, &mut 0, |node, _, previous| {
            came_from.insert(node, previous);
            node == to
        });
        found.then(|| {
            let mut path = vec![to];
            while let Some(Some(previous)) = path.last().and_then(|node| came_from.get(node)) {
                path.push(*previous);
            }
            path.reverse();
            path
        })
    }

    /// Visits nodes breadth first with their depth and the node before, until `visit` says stop; whether it did.
    fn walk(
        &self,
        start: NodeId,
        kind: &str,
        steps_max: usize,
        edges_touched: &mut usize,
        mut visit: impl FnMut(NodeId, usize, Option<NodeId>) -> bool,
    ) -> bool {
        if start >= self.nodes.len() {
            return false;
        }
        let mut seen = vec![false; self.nodes.len()];
        seen[start] = true;
        let mut queue = VecDeque::from([(start, 0, None)]);
        while let Some((node, depth, previous)) = queue.pop_front() {
            checkpoint();
            if visit(node, depth, previous) {
                return true;
            }
            if depth == steps_max {
                continue;
            }
            for edge in self.leaving(node, kind) {
                *edges_touched += 1;
                let next = self.edges[*edge].to;
                if !std::mem::replace(&mut seen[next], true) {
                    queue.push_back((next, depth + 1, Some(node)));
                }
            }
        }
        false
    }

    /// Whom a node's neighbors lead to and it does not: each with the number of paths of two edges, most first.
    pub fn suggestions(&self, node: NodeId, kind: &str) -> Vec<(NodeId, usize)> {
        let near = self.neighbors(node, kind);
        let mut paths: BTreeMap<NodeId, usize> = BTreeMap::new();
        for far in near.iter().flat_map(|&near| self.neighbors(near, kind)) {
            if far != node && !near.contains(&far) {
                *paths.entry(far).or_default() += 1;
            }
        }
        let mut ranked: Vec<(NodeId, usize)> = paths.into_iter().collect();
        // Stable: of equal numbers the lower node first.
        ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        ranked
    }
}

fn owned(properties: &[(&str, &str)]) -> Properties {
    properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
