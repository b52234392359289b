//! Free ports of 127.0.0.1, never given to two servers at once.
//!
//! A port that was tried and let go may be taken before the server listens on it: by an outgoing
//! connection, or by another kernel that looks for one. So ports come from below the range that the system
//! uses for outgoing connections, and each is reserved under a name that the system frees when this process
//! ends (on Linux, an abstract socket).

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use crate::ground::error::LabError;

/// Below Linux's range for outgoing connections (32768 to 60999), above the well-known ports.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A reserved port; given back when dropped.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u16,
    _reservation: Reservation,
}

impl Port {
    /// A port that nothing listens on.
    pub(crate) fn free() -> Result<Self, LabError> {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Processes begin in different places, so that they seldom try the same port.
        let begin = std::process::id().wrapping_mul(7919);
        for _ in 0..COUNT {
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let offset = begin.wrapping_add(u32::from(step)) % u32::from(COUNT);
            let number = FIRST + u16::try_from(offset).expect("less than COUNT");
            if let Some(reservation) = reserve(number)
                && is_free(number)
            {
                return Ok(Self { number, _reservation: reservation });
            }
        }
        Err(LabError::PortTaken { port: FIRST })
    }

    /// This port and no other.
    pub(crate) fn exactly(number: u16) -> Result<Self, LabError> {
        match reserve(number) {
            Some(reservation) if is_free(number) => Ok(Self { number, _reservation: reservation }),
            _ => Err(LabError::PortTaken { port: number }),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        loopback(self.number)
    }
}

pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(loopback(port)).is_ok()
}

#[cfg(target_os = "linux")]
type Reservation = std::os::unix::net::UnixDatagram;

#[cfg(target_os = "linux")]
fn reserve(port: u16) -> Option<Reservation> {
    use std::os::linux::net::SocketAddrExt as _;
    let name = std::os::unix::net::SocketAddr::from_abstract_name(format!("sd35-lab-port-{port}")).ok()?;
    std::os::unix::net::UnixDatagram::bind_addr(&name).ok()
}

#[cfg(not(target_os = "linux"))]
type Reservation = ();

#[cfg(not(target_os = "linux"))]
fn reserve(_port: u16) -> Option<Reservation> {
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_reserved_until_dropped() {
        let ports: Vec<Port> = (0..50).map(|_| Port::free().expect("a port")).collect();
        let mut numbers: Vec<u16> = ports.iter().map(|port| port.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ports.len());
        #[cfg(target_os = "linux")]
        assert!(matches!(Port::exactly(numbers[0]), Err(LabError::PortTaken { port }) if port == numbers[0]));
        drop(ports);
        // Other tests take ports meanwhile, but not all of these.
        assert!(numbers.iter().any(|number| Port::exactly(*number).is_ok()));
    }

    #[test]
    fn a_port_with_a_listener_is_taken() {
        let port = Port::free().expect("a port").number;
        let _listener = TcpListener::bind(loopback(port)).expect("free");
        assert!(matches!(Port::exactly(port), Err(LabError::PortTaken { .. })));
    }
}
