//! The few orders of HAProxy's stats socket that a lesson gives.
//!
//! # Sources
//!
//! HAProxy Management Guide, sections 9.1 ("CSV format") and 9.3 ("Unix Socket commands").

use super::Shared;
use super::team::COLUMNS;
use crate::ground::error::LabError;

impl Shared {
    pub(crate) fn order(&self, order: &str) -> Result<String, LabError> {
        let team = self.team();
        let set = |backend: &str, maintenance: bool| {
            let name = backend.strip_prefix("backends/").unwrap_or_default();
            if team.set_maintenance(name, maintenance) {
                Ok(String::new())
            } else {
                Err(LabError::answer("balancer", format!("no backend {backend}")))
            }
        };
        match order.split_whitespace().collect::<Vec<_>>()[..] {
            ["disable", "server", backend] => set(backend, true),
            ["enable", "server", backend] => set(backend, false),
            ["show", "stat"] => {
                let head = format!("# pxname,{},", COLUMNS.join(","));
                let rows = team.rows().into_iter().map(|row| format!("backends,{},", row.join(",")));
                Ok(std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n"))
            }
            _ => {
                let known = "disable server, enable server, show stat";
                Err(LabError::answer("balancer", format!("it knows {known}, but not {}", order.trim())))
            }
        }
    }
}
