use std::net::IpAddr;

/// The address of the client: `forwarded_for` is the header from left to right, `peer` is who is connected to us, and
/// `trusted` are the addresses of our own proxies.
fn client_ip(forwarded_for: &[IpAddr], peer: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    todo!("who wrote which entry of the header, and whom do you believe?")
}
