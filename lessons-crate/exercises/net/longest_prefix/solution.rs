use check::net::longest_prefix::*;
use std::net::IpAddr;

/// The next hop of the route with the longest prefix around the address.
fn longest_prefix(routes: &[Route], address: IpAddr) -> Option<u32> {
    let around = routes.iter().filter(|route| covers(route, address));
    around.max_by_key(|route| route.length).map(|route| route.next_hop)
}

fn covers(route: &Route, address: IpAddr) -> bool {
    let (block, one, width) = match (route.address, address) {
        (IpAddr::V4(block), IpAddr::V4(one)) => (u128::from(u32::from(block)), u128::from(u32::from(one)), 32),
        (IpAddr::V6(block), IpAddr::V6(one)) => (u128::from(block), u128::from(one), 128),
        _ => return false,
    };
    let behind = width - u32::from(route.length);
    // With /0 of IPv6 all 128 bits are behind the prefix, and there is nothing to compare.
    block.checked_shr(behind) == one.checked_shr(behind)
}
