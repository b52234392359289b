//! What every cell can use without an import.

#[cfg(feature = "cell")]
#[doc(hidden)]
pub use crate::cell::{self, ShowDebug};
#[cfg(feature = "cell")]
pub use crate::cell::{Live, Progress, clear_output, input, password};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::check;
pub use crate::dataset;
#[cfg(all(feature = "lab", unix))]
pub use crate::lab::{
    self, BalanceMode, Documents, HaProxy, HttpBalancer, LabError, LoadResult, Memcached, MongoDb, Nginx,
    RabbitMq, Redis, RedisCluster, RedisGroup, SharedLimiter, StoreDown, WrkResult, ZooKeeper, http,
};
#[cfg(all(feature = "lab-sql", unix))]
pub use crate::lab::{MariaDb, MariaDbGroup, PgBouncer, Postgres, PostgresGroup, Sqlite};
pub use algorithms::prelude::*;

#[cfg(all(feature = "lab", unix))]
#[doc(no_inline)]
pub use ::mongodb::bson::doc;
#[doc(no_inline)]
pub use ::serde_json::json;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Only a topic's name is new here: its types come with `use lessons::topic::*;`, as from any library.
    const NAMES_MAX: usize = 213;

    /// Names that readers give to things of their own, or know from the standard library and common crates.
    const OF_OTHERS: [&str; 28] = [
        "Cache",
        "Client",
        "Clock",
        "Cluster",
        "Connection",
        "Consumer",
        "Delivery",
        "Error",
        "Event",
        "Filter",
        "History",
        "Message",
        "Node",
        "Post",
        "Process",
        "Queue",
        "Rate",
        "Request",
        "Response",
        "Result",
        "Router",
        "Schema",
        "Server",
        "Service",
        "Session",
        "Settings",
        "Store",
        "User",
    ];

    /// What the glob brings into a cell, by name.
    fn names() -> BTreeSet<String> {
        let own = include_str!("prelude.rs").split("#[cfg(test)]").next().unwrap_or_default();
        let source = own.to_owned() + include_str!("../algorithms/src/prelude.rs");
        let statements = source.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
        let names = statements.flat_map(|statement| {
            let (path, inside) = statement.split_once('{').unwrap_or((statement, "self"));
            let last = path.trim_end_matches("::").rsplit("::").next().unwrap_or_default().to_owned();
            let inside =
                inside.trim_end_matches('}').split(',').map(str::trim).filter(|name| !name.is_empty());
            inside.map(move |name| if name == "self" { last.clone() } else { name.to_owned() })
        });
        names.filter(|name| !name.ends_with(" as _") && !name.ends_with('*')).collect()
    }

    #[test]
    fn it_only_shrinks() {
        let count = names().len();
        assert!(names().contains("sketch") && names().contains("BloomFilter"));
        assert!(count <= NAMES_MAX, "{count} names: give cells the name of the module only");
        assert!(count + 5 > NAMES_MAX, "{count} names: lower NAMES_MAX, so that it stays so");
    }

    #[test]
    fn readers_names_are_theirs() {
        let taken: Vec<_> = OF_OTHERS.into_iter().filter(|name| names().contains(*name)).collect();
        assert!(taken.is_empty(), "{taken:?} should come with `use lessons::topic::*;`");
    }
}
