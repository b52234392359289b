//! Frames from a socket: never a panic, never a forged message, and what is read is written alike.
#![no_main]
#![allow(dead_code, reason = "the modules are those of the kernel, of which a target uses a part")]

#[path = "../../src/protocol.rs"]
mod protocol;
#[path = "../../src/jupyter/wire.rs"]
mod wire;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use protocol::Channel;
use wire::Signer;

/// Between frames; JSON holds no such byte.
const SEPARATOR: u8 = 0xff;

fuzz_target!(|input: &[u8]| {
    let frames: Vec<Bytes> = input.split(|byte| *byte == SEPARATOR).map(Bytes::copy_from_slice).collect();
    // Whoever does not know the key gets nothing in.
    assert!(wire::decode(frames.clone(), Channel::Shell, &Signer::new("a secret of 32 random bytes....")).is_err());
    let open = Signer::default();
    if let Ok(message) = wire::decode(frames, Channel::Shell, &open) {
        let written = wire::encode(&message, &open).expect("what was read can be written");
        let again = wire::decode(written, Channel::Shell, &open).expect("and read again");
        assert_eq!(again, message);
        let line = serde_json::to_string(&message).expect("one line of JSON");
        assert!(!line.contains('\n'));
    }
    let _ = serde_json::from_slice::<protocol::Message>(input);
});
