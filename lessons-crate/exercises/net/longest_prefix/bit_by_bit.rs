use check::net::longest_prefix::*;
use std::net::IpAddr;

fn bits(address: IpAddr) -> Vec<bool> {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)).collect()
}

fn longest_prefix(routes: &[Route], address: IpAddr) -> Option<u32> {
    let wanted = bits(address);
    let mut best: Option<Route> = None;
    for route in routes {
        let block = bits(route.address);
        let length = usize::from(route.length);
        if block.len() == wanted.len()
            && block[..length] == wanted[..length]
            && best.is_none_or(|best| best.length < route.length)
        {
            best = Some(*route);
        }
    }
    best.map(|route| route.next_hop)
}
