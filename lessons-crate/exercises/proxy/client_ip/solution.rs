use std::net::IpAddr;

fn client_ip(forwarded_for: &[IpAddr], peer: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer;
    for &address in forwarded_for.iter().rev() {
        if !trusted.contains(&client) {
            break;
        }
        client = address;
    }
    client
}
