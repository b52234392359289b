//! What is on this machine, and how to get the rest.

use algorithms::table::Table;

use crate::ground::error::LabError;
use crate::ground::program::Program;
use crate::ground::system;
use crate::load;
use crate::servers::{haproxy, memcached, mongodb, nginx, rabbitmq, redis, zookeeper};

/// The servers that the lab can start, where they are, and the command that installs a missing one.
pub fn doctor() -> Table {
    let table = Table::new(["server", "version", "where it is, or what to do"]);
    programs().into_iter().fold(table, |table, program| table.row(row(program)))
}

/// The packages of Debian that would bring what is missing.
pub(crate) fn missing() -> Vec<&'static str> {
    let here = |program: &Program| !matches!(program.find(), Err(LabError::Missing { .. }));
    let missing = programs().into_iter().filter(|program| !here(program)).map(|program| program.package);
    // These two are in no package of Debian.
    missing.filter(|package| !["mongodb", "secantusdb"].contains(package)).collect()
}

fn programs() -> Vec<&'static Program> {
    let mut programs = vec![
        &redis::PROGRAM,
        &memcached::PROGRAM,
        &nginx::PROGRAM,
        &haproxy::PROGRAM,
        &rabbitmq::PROGRAM,
        &mongodb::PROGRAM,
        &mongodb::STAND_IN,
        &zookeeper::PROGRAM,
        &load::wrk::PROGRAM,
    ];
    #[cfg(feature = "sql")]
    use crate::servers::{mariadb, postgres};
    #[cfg(feature = "sql")]
    programs.extend([&postgres::PROGRAM, &postgres::BOUNCER, &mariadb::PROGRAM]);
    programs
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
