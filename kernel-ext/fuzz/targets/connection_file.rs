//! A connection file of any content: an error or five endpoints, never a panic.
#![no_main]
#![allow(dead_code, reason = "the module is the kernel's, of which a target uses a part")]

#[path = "../../src/jupyter/connection_file.rs"]
mod connection_file;

use std::path::Path;

use connection_file::ConnectionFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    match ConnectionFile::parse(Path::new("connection.json"), input) {
        Ok(file) => {
            for port in [file.shell_port, file.control_port, file.stdin_port, file.iopub_port, file.hb_port] {
                let endpoint = file.endpoint(port);
                assert!(endpoint.starts_with("tcp://") || endpoint.starts_with("ipc://"), "{endpoint}");
                let _ = file.socket_path(port);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
