//! How this system installs a package.

use std::sync::OnceLock;

/// Systems with a package manager that the lab knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Debian,
    Fedora,
    Arch,
    Alpine,
    Suse,
    Mac,
    Other,
}

/// What systems call the package that brings a program.
#[derive(Debug)]
pub(crate) enum Package {
    /// One name everywhere.
    Named(&'static str),
    /// Debian's name (or names, apart by spaces), and those of Fedora, Arch, Alpine, SUSE and Homebrew; empty where
    /// there is no such package.
    Called(&'static str, [&'static str; 5]),
    /// No system's package brings it: its name, Homebrew's if there is one, and what to do.
    Elsewhere { name: &'static str, homebrew: &'static str, instead: &'static str },
}

impl Package {
    /// Debian's name or names.
    pub(crate) fn of_debian(&self) -> Option<&'static str> {
        match self {
            Self::Named(name) | Self::Called(name, _) => Some(name),
            Self::Elsewhere { .. } => None,
        }
    }

    /// The name in a table.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Named(name) | Self::Called(name, _) | Self::Elsewhere { name, .. } => name,
        }
    }
}

/// Debian's command that installs.
const DEBIAN: &str = "apt-get install --no-install-recommends";

impl System {
    /// The system of this machine.
    pub(crate) fn here() -> Self {
        static HERE: OnceLock<System> = OnceLock::new();
        *HERE.get_or_init(|| {
            if cfg!(target_os = "macos") {
                return Self::Mac;
            }
            Self::of(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())
        })
    }

    /// The system that a file `os-release` names, by its own name or by those of its family.
    fn of(release: &str) -> Self {
        let value = |key: &str| {
            let mut lines = release.lines().filter_map(|line| line.strip_prefix(key));
            lines.next().unwrap_or_default().trim_matches('"').to_owned()
        };
        let words = format!("{} {}", value("ID="), value("ID_LIKE="));
        for word in words.split_whitespace() {
            return match word {
                "debian" | "ubuntu" => Self::Debian,
                "fedora" | "rhel" | "centos" => Self::Fedora,
                "arch" => Self::Arch,
                "alpine" => Self::Alpine,
                "suse" | "opensuse" => Self::Suse,
                _ => continue,
            };
        }
        Self::Other
    }

    /// The command that installs a package; a sentence where there is none.
    pub(crate) fn install(self, package: &Package) -> String {
        let column = match self {
            Self::Debian | Self::Other => None,
            Self::Fedora => Some(0),
            Self::Arch => Some(1),
            Self::Alpine => Some(2),
            Self::Suse => Some(3),
            Self::Mac => Some(4),
        };
        let name = match (package, column) {
            (Package::Elsewhere { homebrew, .. }, Some(4)) if !homebrew.is_empty() => homebrew,
            (Package::Elsewhere { instead, .. }, _) => return (*instead).to_owned(),
            (Package::Called(_, names), Some(column)) => names[column],
            (Package::Named(name) | Package::Called(name, _), _) => name,
        };
        let manager = match self {
            _ if name.is_empty() => {
                return format!("there is no package here: see deploy/compose.yaml for {}", package.name());
            }
            Self::Debian => DEBIAN,
            Self::Fedora => "dnf install",
            Self::Arch => "pacman -S",
            Self::Alpine => "apk add",
            Self::Suse => "zypper install",
            Self::Mac => return format!("brew install {name}"),
            Self::Other => return format!("install {name} with your system's package manager"),
        };
        format!("{}{manager} {name}", sudo())
    }
}

/// What an ordinary user puts before a command of the administrator.
fn sudo() -> &'static str {
    if rustix::process::geteuid().is_root() { "" } else { "sudo " }
}

/// The command that reads the lists of packages again; a new Debian has none.
pub(crate) fn update() -> String {
    format!("{}apt-get update", sudo())
}

/// The command that installs these packages of Debian.
pub(crate) fn install_all(packages: &[&str]) -> String {
    format!("{}{DEBIAN} {}", sudo(), packages.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_command() {
        let redis = Package::Called("redis-server", ["redis"; 5]);
        let cases = [
            ("ID=debian\n", System::Debian, "apt-get install --no-install-recommends redis-server"),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", System::Debian, "redis-server"),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", System::Fedora, "dnf install redis"),
            ("ID=manjaro\nID_LIKE=arch\n", System::Arch, "pacman -S redis"),
            ("ID=alpine\n", System::Alpine, "apk add redis"),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", System::Suse, "zypper install redis"),
            ("ID=nixos\n", System::Other, "your system's package manager"),
        ];
        for (release, system, command) in cases {
            assert_eq!(System::of(release), system, "{release}");
            assert!(system.install(&redis).contains(command), "{release}");
        }
        assert!(
            System::Fedora.install(&Package::Called("zookeeper", [""; 5])).contains("deploy/compose.yaml")
        );
        assert_eq!(System::Mac.install(&Package::Named("nginx")), "brew install nginx");
        let tapped = Package::Elsewhere { name: "x", homebrew: "tap/x", instead: "see x.org" };
        assert_eq!(System::Mac.install(&tapped), "brew install tap/x");
        assert_eq!(System::Debian.install(&tapped), "see x.org");
    }
}
