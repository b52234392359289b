//! What is on this machine, and how to get the rest.

use super::program::Program;
use super::{LabError, haproxy, memcached, nginx, rabbitmq, redis, system, zookeeper};
use crate::table::Table;

/// The servers that the lab can start, where they are, and the command that installs a missing one.
pub fn doctor() -> Table {
    let mut programs = vec![
        &redis::PROGRAM,
        &memcached::PROGRAM,
        &nginx::PROGRAM,
        &haproxy::PROGRAM,
        &rabbitmq::PROGRAM,
        &zookeeper::PROGRAM,
    ];
    #[cfg(feature = "lab-sql")]
    programs.extend([&super::postgres::PROGRAM, &super::postgres::BOUNCER, &super::mariadb::PROGRAM]);
    let table = Table::new(["package", "version", "where it is, or what to do"]);
    programs.into_iter().fold(table, |table, program| table.row(row(program)))
}

fn row(program: &Program) -> [String; 3] {
    let (version, place) = match (program.given(), program.find()) {
        (Ok(Some(address)), _) => {
            (String::new(), format!("at {address}, given by {}", program.variable.unwrap_or_default()))
        }
        (Err(error), _) => (String::new(), error.to_string()),
        (_, Ok(found)) => (found.version, found.path.display().to_string()),
        (_, Err(LabError::Missing { package, .. })) => (String::new(), system::install(package)),
        (_, Err(error)) => (String::new(), error.to_string()),
    };
    let package = program.package.split(' ').next().unwrap_or_default();
    [package.to_owned(), version, place]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_server_has_its_command() {
        let missing = Program {
            name: "no-such-server",
            package: "some-package",
            variable: Some("SD35_NO_SUCH_SERVER"),
            ..redis::PROGRAM
        };
        assert_eq!(row(&missing)[2], system::install("some-package"));
        let table = doctor().to_string();
        assert!(table.contains("redis-server") && table.contains("haproxy"), "{table}");
    }
}
