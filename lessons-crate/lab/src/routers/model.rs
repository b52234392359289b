//! The commands that the model knows.

use std::net::Ipv4Addr;

use algorithms::net::Internet;

use super::Said;
use crate::ground::error::LabError;

/// Does what a command would do, on paper.
pub(super) fn run(internet: &mut Internet, node: &str, line: &str) -> Result<Said, LabError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let said = |text: String, ok| Ok(Said { text, ok });
    let target = || words.last().and_then(|word| word.parse::<Ipv4Addr>().ok());
    let named = |internet: &Internet| {
        let known = target().and_then(|address| internet.node_at(address).map(str::to_owned));
        known.ok_or_else(|| {
            LabError::answer("the model", format!("`{line}` must end in an address of a node"))
        })
    };
    let problem = |error: &dyn std::fmt::Display| LabError::answer("the model", error);
    match words[..] {
        ["ping", ..] => {
            let to = named(internet)?;
            match internet.ping(node, &to).map_err(|error| problem(&error))? {
                Some(ms) => said(format!("from {}: time={ms:.3} ms (model)", words[words.len() - 1]), true),
                None => said("nobody answers (model)".to_owned(), false),
            }
        }
        ["traceroute", ..] => {
            let to = named(internet)?;
            let table = internet.trace_table(node, &to).map_err(|error| problem(&error))?;
            said(format!("{table}\n(model)"), true)
        }
        ["ip", "route", "add" | "replace", block, "via", via] => {
            let via = via.parse().map_err(|error| problem(&error))?;
            match internet.route(node, block, via) {
                Ok(()) => said(String::new(), true),
                Err(error) => said(error.to_string(), false),
            }
        }
        ["ip", "route", "del", block, ..] => match internet.unroute(node, block) {
            Ok(()) => said(String::new(), true),
            Err(error) => said(error.to_string(), false),
        },
        _ => Err(LabError::answer(
            "the model",
            format!(
                "it does not know `{line}`: only `ping ADDRESS`, `traceroute ADDRESS`, `ip route add BLOCK via \
                 ADDRESS` and `ip route del BLOCK`"
            ),
        )),
    }
}
