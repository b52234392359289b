//! A query's plan as a tree, with what was expected beside what was measured.

use std::fmt;

use serde_json::Value;

use crate::display::{MimeBundle, Render};
use crate::table::escape;

/// PostgreSQL's plan of a query, with the rows and times of running it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    root: Node,
    milliseconds: f64,
    pages: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    text: String,
    children: Vec<Node>,
}

impl Plan {
    /// Reads what `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)` gives.
    pub(in crate::lab) fn parse(json: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(json).ok()?;
        let plan = all.get(0)?;
        let milliseconds = plan.get("Execution Time").and_then(Value::as_f64).unwrap_or_default();
        let root = plan.get("Plan")?;
        let blocks = |name: &str| root.get(name).and_then(Value::as_u64).unwrap_or_default();
        let pages = blocks("Shared Hit Blocks") + blocks("Shared Read Blocks");
        Some(Self { root: Node::read(root), milliseconds, pages })
    }

    /// How long the query ran, in milliseconds.
    pub fn milliseconds(&self) -> f64 {
        self.milliseconds
    }

    /// How many pages of 8 KiB it asked for, whether they were in memory or on the disk. Unlike the time, this
    /// hardly depends on the machine.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// Whether a step of this kind is in it, such as `Seq Scan` or `Index Scan`.
    pub fn uses(&self, step: &str) -> bool {
        self.root.any(&|node| node.text.starts_with(step))
    }
}

impl Node {
    fn read(plan: &Value) -> Self {
        let field = |name: &str| plan.get(name).filter(|value| !value.is_null());
        let text = |name: &str| field(name).and_then(Value::as_str);
        let mut line = text("Node Type").unwrap_or("?").to_owned();
        if let Some(index) = text("Index Name") {
            line += &format!(" using {index}");
        }
        if let Some(relation) = text("Relation Name") {
            line += &format!(" on {relation}");
        }
        for condition in ["Index Cond", "Hash Cond", "Filter"] {
            if let Some(what) = text(condition) {
                line += &format!(", {} {what}", condition.to_lowercase());
            }
        }
        let number = |name: &str| field(name).map(ToString::to_string).unwrap_or_default();
        line += &format!(
            ": {} rows expected, {} found in {} ms",
            number("Plan Rows"),
            number("Actual Rows"),
            number("Actual Total Time")
        );
        let children = field("Plans").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Self { text: line, children: children.iter().map(Self::read).collect() }
    }

    fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self) || self.children.iter().any(|child| child.any(test))
    }

    fn lines(&self, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}{}", "  ".repeat(depth), self.text)?;
        self.children.iter().try_for_each(|child| child.lines(depth + 1, f))
    }

    fn html(&self) -> String {
        let children: String = self.children.iter().map(Self::html).collect();
        let inner = if children.is_empty() { children } else { format!("<ul>{children}</ul>") };
        format!("<li>{}{inner}</li>", escape(&self.text))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.lines(0, f)?;
        write!(f, "{} ms in all", self.milliseconds)
    }
}

impl Render for Plan {
    fn render(&self) -> MimeBundle {
        let html = format!("<ul>{}</ul><p>{} ms in all</p>", self.root.html(), self.milliseconds);
        MimeBundle::text(self.to_string()).with("text/html", html)
    }
}

crate::rich_display!(Plan);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_a_tree() {
        let json = r#"[{"Plan": {"Node Type": "Aggregate", "Plan Rows": 1, "Actual Rows": 1,
            "Shared Hit Blocks": 7, "Shared Read Blocks": 2, "Actual Total Time": 2.5, "Plans": [{"Node Type": "Seq Scan", "Relation Name": "t",
            "Filter": "(a < 3)", "Plan Rows": 10, "Actual Rows": 12, "Actual Total Time": 2.0}]},
            "Execution Time": 2.75}]"#;
        let plan = Plan::parse(json).expect("a plan");
        assert!(plan.uses("Seq Scan") && !plan.uses("Index Scan"));
        assert_eq!(plan.pages(), 9);
        let second = "  Seq Scan on t, filter (a < 3): 10 rows expected, 12 found in 2.0 ms";
        assert_eq!(plan.to_string().lines().nth(1), Some(second));
        let html = plan.render().get("text/html").map(str::to_owned).expect("html");
        assert!(html.contains("filter (a &lt; 3)") && html.matches("<ul>").count() == 2, "{html}");
        assert_eq!(Plan::parse("[]"), None);
    }
}
