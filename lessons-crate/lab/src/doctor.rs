//! What is on this machine, and how to get the rest.

use algorithms::table::Table;

use crate::ground::error::LabError;
use crate::ground::program::Program;
use crate::servers::kinds;

/// The servers that the lab can start, where they are, and the command that installs a missing one.
pub fn doctor() -> Table {
    let table = Table::new(["server", "version", "where it is, or what to do"]);
    let programs = kinds().iter().flat_map(|kind| kind.programs);
    programs.fold(table, |table, program| table.row(row(program)))
}

fn row(program: &Program) -> [String; 3] {
    let (version, place) = match (program.given(), program.find()) {
        (Ok(Some(address)), _) => {
            (String::new(), format!("at {address}, given by {}", program.variable.unwrap_or_default()))
        }
        (Err(error), _) => (String::new(), error.to_string()),
        (_, Ok(found)) => (found.version, found.path.display().to_string()),
        (_, Err(LabError::Missing { install, .. })) => (String::new(), install),
        (_, Err(error)) => (String::new(), error.to_string()),
    };
    let package = program.package.name().split(' ').next().unwrap_or_default();
    [package.to_owned(), version, place]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::program::{Package, Version};

    #[test]
    fn a_missing_server_has_its_command() {
        let missing = Program {
            name: "no-such-server",
            package: Package::Named("some-package"),
            variable: Some("SD35_NO_SUCH_SERVER"),
            version: Version::Untold,
            oldest: "1.0",
            versioned: None,
        };
        assert_eq!(row(&missing)[2], missing.install());
        assert!(missing.install().contains("some-package"), "{}", missing.install());
        let table = doctor().to_string();
        assert!(table.contains("redis-server") && table.contains("haproxy"), "{table}");
    }
}
