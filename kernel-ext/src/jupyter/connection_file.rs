//! The file in which Jupyter tells a kernel where to listen and which key to sign with.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// Why a connection file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectionFileError {
    /// The file cannot be read.
    #[error("cannot read the connection file {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not the JSON that Jupyter writes.
    #[error("{path} is not a connection file of Jupyter: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// A transport other than `tcp` and `ipc`.
    #[error("this kernel speaks over tcp and ipc, not over {0:?}; set KernelManager.transport to \"tcp\"")]
    Transport(String),
    /// A signature scheme other than `hmac-sha256`.
    #[error("this kernel signs with hmac-sha256, not with {0:?}; set Session.signature_scheme to it")]
    SignatureScheme(String),
}

/// Where to listen, and the key that messages are signed with.
#[derive(Clone, Deserialize)]
pub(crate) struct ConnectionFile {
    #[serde(default = "tcp")]
    pub(crate) transport: String,
    /// For `tcp` an address, for `ipc` the beginning of the sockets' paths.
    pub(crate) ip: String,
    pub(crate) shell_port: u16,
    pub(crate) control_port: u16,
    pub(crate) stdin_port: u16,
    pub(crate) iopub_port: u16,
    pub(crate) hb_port: u16,
    /// Messages are neither signed nor checked when it is empty.
    #[serde(default)]
    pub(crate) key: String,
    #[serde(default = "hmac_sha256")]
    pub(crate) signature_scheme: String,
}

impl std::fmt::Debug for ConnectionFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is a secret.
        f.debug_struct("ConnectionFile")
            .field("shell", &self.endpoint(self.shell_port))
            .finish_non_exhaustive()
    }
}

impl ConnectionFile {
    pub(crate) fn read(path: &Path) -> Result<Self, ConnectionFileError> {
        let text = std::fs::read(path)
            .map_err(|source| ConnectionFileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    /// The content of the file at `path`.
    pub(crate) fn parse(path: &Path, text: &[u8]) -> Result<Self, ConnectionFileError> {
        let file: Self = serde_json::from_slice(text)
            .map_err(|source| ConnectionFileError::Malformed { path: path.to_owned(), source })?;
        if !matches!(file.transport.as_str(), "tcp" | "ipc") {
            return Err(ConnectionFileError::Transport(file.transport));
        }
        if file.signature_scheme != "hmac-sha256" {
            return Err(ConnectionFileError::SignatureScheme(file.signature_scheme));
        }
        Ok(file)
    }

    /// The address of one of the sockets, in ZeroMQ's form.
    pub(crate) fn endpoint(&self, port: u16) -> String {
        match self.socket_path(port) {
            Some(path) => format!("ipc://{}", path.display()),
            None => format!("tcp://{}:{port}", self.ip),
        }
    }

    /// The file of one of the sockets, for `ipc`.
    pub(crate) fn socket_path(&self, port: u16) -> Option<PathBuf> {
        (self.transport == "ipc").then(|| PathBuf::from(format!("{}-{port}", self.ip)))
    }
}

fn tcp() -> String {
    "tcp".to_owned()
}

fn hmac_sha256() -> String {
    "hmac-sha256".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As jupyter_client 8 writes it.
    const FILE: &str = r#"{
        "shell_port": 44541, "iopub_port": 34183, "stdin_port": 54127, "control_port": 41873,
        "hb_port": 48455, "ip": "127.0.0.1", "key": "7b4a1c2d-0f1e2d3c4b5a69788796a5b4",
        "transport": "tcp", "signature_scheme": "hmac-sha256", "kernel_name": "sd35"
    }"#;

    fn read(text: &str) -> Result<ConnectionFile, ConnectionFileError> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), text).expect("written");
        ConnectionFile::read(file.path())
    }

    #[test]
    fn addresses() {
        let tcp = read(FILE).expect("valid");
        assert_eq!(tcp.endpoint(tcp.shell_port), "tcp://127.0.0.1:44541");
        let ipc = FILE.replace("\"tcp\"", "\"ipc\"").replace("127.0.0.1", "/tmp/kernel-1");
        assert_eq!(read(&ipc).expect("valid").endpoint(3), "ipc:///tmp/kernel-1-3");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (name, text, expected) in [
            ("empty", "", "is not a connection file of Jupyter: EOF"),
            ("not JSON", "shell_port = 1", "is not a connection file of Jupyter: expected"),
            ("a port is missing", &FILE.replace("hb_port", "heart"), "missing field `hb_port`"),
            ("a port too large", &FILE.replace("48455", "99999"), "expected u16"),
            ("transport", &FILE.replace("\"tcp\"", "\"pgm\""), "over tcp and ipc, not over \"pgm\""),
            ("scheme", &FILE.replace("sha256", "md5"), "not with \"hmac-md5\""),
        ] {
            let error = read(text).expect_err(name).to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
        let missing = ConnectionFile::read(Path::new("/no/such/file")).expect_err("missing");
        assert!(missing.to_string().contains("cannot read the connection file /no/such/file"));
    }

    #[test]
    fn the_key_is_not_shown() {
        assert!(!format!("{:?}", read(FILE).expect("valid")).contains("7b4a1c2d"));
    }
}
