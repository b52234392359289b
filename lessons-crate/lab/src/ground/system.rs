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

/// What packages are called where it is not as on Debian; the columns are Fedora, Arch, Alpine, SUSE and
/// Homebrew. Empty: there is no such package.
const NAMES: [(&str, [&str; 5]); 5] = [
    ("redis-server", ["redis", "redis", "redis", "redis", "redis"]),
    ("postgresql", ["postgresql-server", "postgresql", "postgresql", "postgresql-server", "postgresql"]),
    (
        "mariadb-server-core mariadb-client-core",
        ["mariadb-server", "mariadb", "mariadb mariadb-client", "mariadb", "mariadb"],
    ),
    ("rabbitmq-server", ["rabbitmq-server", "rabbitmq", "rabbitmq-server", "rabbitmq-server", "rabbitmq"]),
    ("zookeeper default-jre-headless", ["", "", "", "", ""]),
];

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

    /// The command that installs what Debian calls `package`; a sentence where there is none.
    pub(crate) fn install(self, package: &str) -> String {
        let column = match self {
            Self::Debian | Self::Other => None,
            Self::Fedora => Some(0),
            Self::Arch => Some(1),
            Self::Alpine => Some(2),
            Self::Suse => Some(3),
            Self::Mac => Some(4),
        };
        let names = NAMES.iter().find(|(debian, _)| *debian == package).map(|(_, names)| names);
        let name = column.zip(names).map_or(package, |(column, names)| names[column]);
        match (package, self) {
            ("mongodb", Self::Mac) => return "brew install mongodb/brew/mongodb-community".into(),
            ("mongodb", _) => return "no system packages it: see mongodb.com, or deploy/compose.yaml".into(),
            ("secantusdb", _) => return "pip install secantusdb==0.7.0b3".into(),
            _ => {}
        }
        let manager = match self {
            _ if name.is_empty() => {
                return format!("there is no package here: see deploy/compose.yaml for {package}");
            }
            Self::Debian => "apt-get install --no-install-recommends",
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

/// The command that installs a package on this machine.
pub(crate) fn install(package: &str) -> String {
    System::here().install(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_command() {
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
            assert!(system.install("redis-server").contains(command), "{release}");
        }
        assert!(System::Fedora.install("zookeeper default-jre-headless").contains("deploy/compose.yaml"));
        assert_eq!(System::Mac.install("nginx"), "brew install nginx");
    }
}
