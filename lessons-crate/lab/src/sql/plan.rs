//! A query's plan as a tree, with what was expected beside what was measured.

use std::fmt;

use algorithms::display::{MimeBundle, Render};
use algorithms::table::escape;
use serde_json::Value;

use super::rows::Rows;

/// A database's plan of a query; PostgreSQL and MariaDB run the query for it, and add the rows and times that
/// they measured.
///
/// Each step is in the words of its database: a scan of a whole table is `Seq Scan` for PostgreSQL, `ALL` for
/// MariaDB, and `SCAN` for SQLite.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    root: Node,
    milliseconds: Option<f64>,
    pages: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    text: String,
    children: Vec<Node>,
}

impl Plan {
    /// Reads what PostgreSQL's `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)` gives.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(json).ok()?;
        let plan = all.get(0)?;
        let milliseconds = plan.get("Execution Time").and_then(Value::as_f64);
        let root = plan.get("Plan")?;
        let blocks = |name: &str| root.get(name).and_then(Value::as_u64).unwrap_or_default();
        let pages = blocks("Shared Hit Blocks") + blocks("Shared Read Blocks");
        Some(Self { root: Node::read(root), milliseconds, pages })
    }

    /// Reads what MariaDB's `ANALYZE FORMAT=JSON` gives.
    pub(crate) fn parse_maria(json: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(json).ok()?;
        let block = all.get("query_block")?;
        let milliseconds = block.get("r_total_time_ms").and_then(Value::as_f64);
        let root = Node { text: "query".into(), children: Node::inside_maria(block) };
        Some(Self { root, milliseconds, pages: 0 })
    }

    /// Reads the rows of SQLite's `EXPLAIN QUERY PLAN`: each names its step, and the one that it belongs to.
    pub(crate) fn of_sqlite(rows: &Rows) -> Self {
        Self {
            root: Node { text: "query".into(), children: Node::below_sqlite(rows, "0") },
            milliseconds: None,
            pages: 0,
        }
    }

    /// How long the query ran, in milliseconds; 0 for SQLite, which does not tell.
    pub fn milliseconds(&self) -> f64 {
        self.milliseconds.unwrap_or_default()
    }

    /// How many pages of 8 KiB it asked for, whether they were in memory or on the disk. Unlike the time, this
    /// hardly depends on the machine. Only PostgreSQL tells; else 0.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// Whether a step of this kind is in it, such as `Seq Scan` or `Index Scan` of PostgreSQL, `ALL` or `ref` of
    /// MariaDB, `SCAN` or `SEARCH` of SQLite.
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

    /// The steps in an object of MariaDB: its fields that are objects, or lists of objects, but for what the storage
    /// engine counted.
    fn inside_maria(value: &Value) -> Vec<Self> {
        let fields = value.as_object().into_iter().flatten();
        let steps = fields.flat_map(|(name, value)| match value {
            Value::Object(_) if name != "r_engine_stats" => vec![Self::of_maria(name, value)],
            // A list, such as the tables of a nested loop, is one step with others below it.
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let children = items.iter().flat_map(Self::inside_maria).collect();
                vec![Self { text: name.replace('_', " "), children }]
            }
            _ => Vec::new(),
        });
        steps.collect()
    }

    fn of_maria(name: &str, value: &Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let mut line = match (text("access_type"), text("table_name")) {
            (Some(access), Some(table)) => format!("{access} of {table}"),
            _ => name.replace('_', " "),
        };
        if let Some(key) = text("key") {
            line += &format!(" using {key}");
        }
        for condition in ["index_condition", "attached_condition", "sort_key"] {
            if let Some(what) = text(condition) {
                line += &format!(", {} {what}", condition.replace('_', " "));
            }
        }
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        if let (Some(expected), Some(found)) = (number("rows"), number("r_rows")) {
            line += &format!(": {expected} rows expected, {found} found");
            if let Some(time) = number("r_table_time_ms") {
                let time = time + number("r_other_time_ms").unwrap_or_default();
                line += &format!(" in {time:.3} ms");
            }
        }
        Self { text: line, children: Self::inside_maria(value) }
    }

    fn below_sqlite(rows: &Rows, parent: &str) -> Vec<Self> {
        let below = (0..rows.len()).filter(|&row| rows.get(row, "parent") == Some(parent));
        let steps = below.filter_map(|row| {
            let (id, text) = (rows.get(row, "id")?, rows.get(row, "detail")?);
            // A step is numbered after the one that it belongs to; anything else would have no end.
            let later = id.parse::<u64>().ok()? > parent.parse::<u64>().ok()?;
            let children = if later { Self::below_sqlite(rows, id) } else { Vec::new() };
            Some(Self { text: text.to_owned(), children })
        });
        steps.collect()
    }

    fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self) || self.children.iter().any(|child| child.any(test))
    }

    fn lines(&self, depth: usize, into: &mut String) {
        into.push_str(&format!("{}{}\n", "  ".repeat(depth), self.text));
        for child in &self.children {
            child.lines(depth + 1, into);
        }
    }

    fn html(&self) -> String {
        let children: String = self.children.iter().map(Self::html).collect();
        let inner = if children.is_empty() { children } else { format!("<ul>{children}</ul>") };
        format!("<li>{}{inner}</li>", escape(&self.text))
    }
}

impl Plan {
    fn time(&self) -> Option<String> {
        self.milliseconds.map(|milliseconds| format!("{milliseconds} ms in all"))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.root.lines(0, &mut text);
        f.write_str(text.trim_end())?;
        self.time().map_or(Ok(()), |time| write!(f, "\n{time}"))
    }
}

impl Render for Plan {
    fn render(&self) -> MimeBundle {
        let time = self.time().map_or_else(String::new, |time| format!("<p>{time}</p>"));
        let html = format!("<ul>{}</ul>{time}", self.root.html());
        MimeBundle::text(self.to_string()).with("text/html", html)
    }
}

algorithms::rich_display!(Plan);

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
    #[test]
    fn a_plan_of_mariadb_is_a_tree() {
        let json = r#"{"query_optimization": {"r_total_time_ms": 0.1}, "query_block": {"select_id": 1,
            "r_total_time_ms": 4.5, "filesort": {"sort_key": "t.v", "r_output_rows": 12, "temporary_table":
            {"nested_loop": [{"table": {"table_name": "t", "access_type": "ALL", "rows": 10, "r_rows": 12,
            "r_table_time_ms": 1.5, "r_other_time_ms": 0.5, "attached_condition": "t.a < 3"}},
            {"table": {"table_name": "u", "access_type": "eq_ref", "key": "PRIMARY", "ref": ["lab.t.id"],
            "rows": 1, "r_rows": 1}}]}}}}"#;
        let plan = Plan::parse_maria(json).expect("a plan");
        assert!(plan.uses("ALL") && plan.uses("eq_ref of u using PRIMARY") && !plan.uses("ref"));
        let lines = [
            "query",
            "  filesort, sort key t.v",
            "    temporary table",
            "      nested loop",
            "        ALL of t, attached condition t.a < 3: 10 rows expected, 12 found in 2.000 ms",
            "        eq_ref of u using PRIMARY: 1 rows expected, 1 found",
            "4.5 ms in all",
        ];
        assert_eq!(plan.to_string().lines().collect::<Vec<_>>(), lines);
        assert_eq!(Plan::parse_maria("{}"), None);
    }

    #[test]
    fn a_plan_of_sqlite_is_a_tree() {
        let row = |id: &str, parent: &str, detail: &str| {
            [id, parent, "0", detail].map(|text| Some(text.to_owned())).to_vec()
        };
        let rows = Rows {
            columns: ["id", "parent", "notused", "detail"].map(str::to_owned).to_vec(),
            rows: vec![
                row("3", "0", "COMPOUND QUERY"),
                row("5", "3", "SCAN t"),
                row("9", "3", "SEARCH u USING INDEX v (v<?)"),
                // Neither its own parent nor an earlier one may send a reader round for ever.
                row("9", "9", "nonsense"),
            ],
            affected: 0,
        };
        let plan = Plan::of_sqlite(&rows);
        assert!(plan.uses("SCAN t") && plan.uses("SEARCH u"));
        let lines =
            ["query", "  COMPOUND QUERY", "    SCAN t", "    SEARCH u USING INDEX v (v<?)", "      nonsense"];
        assert_eq!(plan.to_string().lines().collect::<Vec<_>>(), lines);
        assert_eq!(plan.milliseconds().to_bits(), 0.0_f64.to_bits());
    }
}
