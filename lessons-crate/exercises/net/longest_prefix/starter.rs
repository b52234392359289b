use check::net::longest_prefix::*;
use std::net::IpAddr;

/// The next hop of the route with the longest prefix around the address.
fn longest_prefix(routes: &[Route], address: IpAddr) -> Option<u32> {
    // TODO: this takes the first route, whatever it covers.
    routes.first().map(|route| route.next_hop)
}
