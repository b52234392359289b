//! Paths traced, broken and mended.

use super::*;

const NAMES: [&str; 5] = ["a", "r1", "r2", "r3", "b"];

fn answers(internet: &Internet) -> Vec<Option<String>> {
    let hops = internet.traceroute("a", "b").expect("known nodes");
    hops.into_iter().map(|hop| hop.address.map(|address| address.to_string())).collect()
}

#[test]
fn a_trace_names_every_router_by_the_side_that_it_was_entered_from() {
    let internet = Internet::chain(&NAMES, 5.0);
    let expected = ["10.15.1.2", "10.15.2.2", "10.15.3.2", "10.15.4.2"].map(|text| Some(text.to_owned()));
    assert_eq!(answers(&internet), expected);
    assert_eq!(internet.ping("a", "b"), Ok(Some(40.0)));
    assert_eq!(internet.ping("b", "r1"), Ok(Some(30.0)));
}

#[test]
fn a_silent_router_is_a_star_and_traffic_flows() {
    let mut internet = Internet::chain(&NAMES, 5.0);
    internet.silence("r2", true).expect("a node");
    assert_eq!(answers(&internet)[1], None);
    assert_eq!(answers(&internet).len(), 4);
    assert_eq!(internet.ping("a", "b"), Ok(Some(40.0)));
}

#[test]
fn without_the_way_back_there_is_no_answer_and_no_word() {
    let mut internet = Internet::chain(&NAMES, 5.0);
    internet.unroute("r3", "10.15.1.0/24").expect("a node");
    assert_eq!(internet.ping("a", "b"), Ok(None));
    // The routers before it still answer.
    assert_eq!(answers(&internet).iter().flatten().count(), 2);
    internet.route("r3", "10.15.1.0/24", Ipv4Addr::new(10, 15, 3, 1)).expect("a neighbor");
    assert_eq!(internet.ping("a", "b"), Ok(Some(40.0)));
}

#[test]
fn routes_in_a_circle_end_when_the_time_to_live_does() {
    let mut internet = Internet::chain(&NAMES, 5.0);
    internet.route("r2", "10.15.4.0/24", Ipv4Addr::new(10, 15, 2, 1)).expect("a neighbor");
    assert_eq!(internet.ping("a", "b"), Ok(None));
    let hops = internet.traceroute("a", "b").expect("known nodes");
    assert_eq!(hops.len(), usize::from(HOPS_MAX));
    assert_eq!(hops[1].address.map(|a| a.octets()[2]), Some(2));
}

#[test]
fn errors_say_what_is_there() {
    let mut internet = Internet::chain(&["a", "r1", "b"], 1.0);
    let unknown = internet.ping("a", "c").expect_err("no c").to_string();
    assert_eq!(unknown, "there is no node `c`: there are a, r1, b");
    let far = internet.route("r1", "10.0.0.0/8", Ipv4Addr::new(10, 15, 9, 9)).expect_err("far");
    assert!(far.to_string().contains("10.15.1.1, 10.15.2.2"), "{far}");
    assert!(internet.route("r1", "10.0.0.1/8", Ipv4Addr::new(10, 15, 1, 1)).is_err());
}

#[test]
fn a_corrected_checksum_is_the_right_one() {
    let packet = Ipv4Header::encode([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), ICMP, 64, b"12345678");
    let mut packet = Ok(packet);
    for left in (1..64).rev() {
        packet = packet.and_then(forwarded);
        let bytes = packet.clone().expect("some are left");
        let (header, _) = Ipv4Header::decode(&bytes).expect("a header");
        assert!(header.checksum_ok);
        assert_eq!(header.time_to_live, left);
    }
    assert!(packet.and_then(forwarded).is_err());
}
