//! The examples of the standards, and what attackers send.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use proptest::prelude::*;

use super::happy_eyeballs::{ATTEMPT_DELAY, Attempt, interleave, race};
use super::socks5::{Command, Host, SocksError, SocksReply, SocksRequest};
use super::*;
use crate::fuzz::any_bytes;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[0] == 10,
        IpAddr::V6(address) => address.segments()[0] == 0xfd00,
    }
}

#[test]
fn headers_for_one_connection_end_at_the_proxy() {
    let headers = [
        ("Host", "shop.test"),
        ("connection", "Keep-Alive, x-one"),
        ("Connection", "X-Two ,"),
        ("Keep-Alive", "timeout=5"),
        ("X-ONE", "1"),
        ("x-two", "2"),
        ("Upgrade", "websocket"),
        ("TE", "trailers"),
        ("Transfer-Encoding", "chunked"),
        ("Proxy-Authorization", "secret"),
        ("Via", "1.0 first"),
        ("Accept", "*/*"),
    ];
    let sent = forward_headers(&headers, "1.1 edge");
    let expected = [("Host", "shop.test"), ("Via", "1.0 first, 1.1 edge"), ("Accept", "*/*")];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(may_retry("GET", 100) && may_retry("POST", 0) && !may_retry("POST", 1) && !may_retry("PATCH", 1));
    assert!(!may_retry("get", 1), "methods are written in capitals");
}

#[test]
fn who_the_client_is() {
    for (header, peer, expected) in [
        ("", "203.0.113.9", "203.0.113.9"),
        ("1.1.1.1", "203.0.113.9", "203.0.113.9"),
        ("1.1.1.1", "10.0.0.1", "1.1.1.1"),
        ("1.1.1.1, 198.51.100.7", "10.0.0.1", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7, 10.0.0.3, 10.0.0.2", "10.0.0.1", "198.51.100.7"),
        // A trusted address in the middle of what the client sent itself.
        ("10.9.9.9, 198.51.100.7, 10.0.0.2", "10.0.0.1", "198.51.100.7"),
        ("10.0.0.9, 10.0.0.2", "10.0.0.1", "10.0.0.9"),
        ("", "10.0.0.1", "10.0.0.1"),
        ("2001:db8::7, fd00::2", "fd00::1", "2001:db8::7"),
        ("198.51.100.7", "::ffff:10.0.0.1", "198.51.100.7"),
        ("::ffff:198.51.100.7, ::ffff:10.0.0.2", "10.0.0.1", "198.51.100.7"),
    ] {
        let list = if header.is_empty() { Vec::new() } else { parse_forwarded_for([header]).expect("good") };
        assert_eq!(client_ip(&list, ip(peer), ours), ip(expected), "{header} from {peer}");
    }
}

#[test]
fn lists_of_addresses_and_what_is_none() {
    let read = |values: &[&str]| parse_forwarded_for(values.iter().copied());
    let all = read(&["192.0.2.1, 192.0.2.2:80", "[2001:db8::1]:443 ,2001:db8::2", "[2001:db8::3]"]);
    let expected = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8::3"];
    assert_eq!(all, Ok(expected.map(ip).to_vec()));
    for bad in [
        "",
        "unknown",
        "192.0.2.1,",
        "192.0.2.1:",
        "192.0.2.1:x",
        "[192.0.2.1]",
        "[::1",
        "[::1]80",
        "1.1.1.1 2.2.2.2",
    ] {
        assert!(read(&[bad]).is_err(), "{bad}");
    }
}

/// The examples of RFC 7239, section 4.
#[test]
fn the_header_forwarded() {
    let first = |text: &str| parse_forwarded(text).expect(text).remove(0);
    assert_eq!(first("for=\"_gazonk\"").for_.as_deref(), Some("_gazonk"));
    assert_eq!(first("For=\"[2001:db8:cafe::17]:4711\"").address(), Some(ip("2001:db8:cafe::17")));
    let hop = first("for=192.0.2.60;proto=http;by=203.0.113.43");
    assert_eq!(
        (hop.address(), hop.proto.as_deref(), hop.by.as_deref()),
        (Some(ip("192.0.2.60")), Some("http"), Some("203.0.113.43"))
    );
    let hops = parse_forwarded("for=192.0.2.43, for=198.51.100.17").expect("good");
    assert_eq!(
        hops.iter().map(Hop::address).collect::<Vec<_>>(),
        [Some(ip("192.0.2.43")), Some(ip("198.51.100.17"))]
    );
    assert_eq!(first("for=unknown;secret=\"a\\\"b;c,d\";host=x").host.as_deref(), Some("x"));
    for bad in ["", "for", "for=", "for=a b", "for=a;for=b", "=a", "for=\"a", "for=a;", "for=a,", "f(r=a"] {
        assert!(parse_forwarded(bad).is_err(), "{bad}");
    }
}

#[test]
fn targets_in_their_four_forms() {
    let read =
        |method: &str, target: &str| RequestTarget::parse(method, target).map_err(|error| error.problem);
    assert_eq!(read("GET", "/a?b=c"), Ok(RequestTarget::Origin("/a?b=c".into())));
    assert_eq!(read("OPTIONS", "*"), Ok(RequestTarget::Asterisk));
    assert!(read("GET", "*").is_err() && read("GET", "shop.test:80").is_err() && read("GET", "").is_err());
    let origin = |target: &str| read("GET", target).ok().and_then(|target| target.to_origin());
    let pair = |path: &str, host: &str| Some((path.to_owned(), host.to_owned()));
    assert_eq!(origin("HTTP://Shop.test"), pair("/", "shop.test"));
    assert_eq!(origin("http://shop.test?q"), pair("/?q", "shop.test"));
    assert_eq!(origin("http://[::1]:8080/x"), pair("/x", "[::1]:8080"));
    for bad in [
        "http://",
        "http:///x",
        "http://a@b/",
        "http://a:b/",
        "http://a:99999/",
        "http://[::1/",
        "1://a/",
        "http://a/#b",
        "/a b",
    ] {
        assert!(read("GET", bad).is_err(), "{bad}");
    }
    assert_eq!(read("CONNECT", "[::1]:443"), Ok(RequestTarget::Authority { host: "::1".into(), port: 443 }));
    for bad in ["shop.test", "http://shop.test:443", "/x", ":443", "a:b:443", "a@b:443"] {
        assert!(read("CONNECT", bad).is_err(), "{bad}");
    }
    assert_eq!(upstream_path("/apiary", "/api/", Some("/")), None);
}

/// Section 2.1 has the longest line; section 2.2 the bytes.
#[test]
fn the_proxy_protocol() {
    let pair = |from: &str, to: &str| ProxyHeader { source: from.parse().ok(), destination: to.parse().ok() };
    let v4 = pair("192.0.2.1:56324", "198.51.100.7:443");
    assert_eq!(v4.encode(ProxyVersion::One), b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n");
    let two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb";
    assert_eq!(v4.encode(ProxyVersion::Two), two);
    let v6 = pair("[2001:db8::1]:1", "[2001:db8::2]:65535");
    let nobody = ProxyHeader { source: None, destination: None };
    for header in [v4, v6, nobody] {
        for version in [ProxyVersion::One, ProxyVersion::Two] {
            let bytes = [&header.encode(version)[..], b"GET /"].concat();
            let used = bytes.len() - 5;
            assert_eq!(ProxyHeader::parse(&bytes), Ok(Some((header, used))));
            for end in 0..used {
                assert_eq!(ProxyHeader::parse(&bytes[..end]), Ok(None), "{end} of {used}");
            }
        }
    }
    // What follows the addresses, and what a health check sends along, is stepped over.
    let mut longer = two.to_vec();
    longer[15] += 3;
    longer.extend([4, 0, 0]);
    assert_eq!(ProxyHeader::parse(&longer), Ok(Some((v4, 31))));
    longer[12] = 0x20;
    assert_eq!(ProxyHeader::parse(&longer), Ok(Some((nobody, 31))));
    let unknown = b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n";
    assert_eq!(ProxyHeader::parse(unknown), Ok(Some((nobody, unknown.len()))));
    assert_eq!(ProxyHeader::parse(b"GET / HTTP/1.1\r\n"), Err(ProxyProtocolError::Missing));
    for bad in [
        "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n",
        "PROXY TCP9 1.1.1.1 2.2.2.2 1 2\r\n",
    ] {
        assert_eq!(ProxyHeader::parse(bad.as_bytes()), Err(ProxyProtocolError::Line), "{bad}");
    }
    assert_eq!(
        ProxyHeader::parse(&[b"PROXY ", &[b'x'; 101][..]].concat()),
        Err(ProxyProtocolError::Line),
        "107 bytes without an end"
    );
    for (at, byte, error) in
        [(12, 0x11, ProxyProtocolError::Unknown(0x11)), (13, 0x41, ProxyProtocolError::Unknown(0x41))]
    {
        let mut bad = two.to_vec();
        bad[at] = byte;
        assert_eq!(ProxyHeader::parse(&bad), Err(error));
    }
    let mut short = two.to_vec();
    short[15] = 11;
    assert_eq!(ProxyHeader::parse(&short), Err(ProxyProtocolError::Length));
}

#[test]
fn socks_messages() {
    assert_eq!(socks5::parse_greeting(&socks5::greeting(&[0, 2])), Ok(Some((&[0, 2][..], 4))));
    assert_eq!(socks5::parse_greeting(b"\x05\x02\x00"), Ok(None));
    assert_eq!(socks5::parse_greeting(b"GET"), Err(SocksError::Version(b'G')));
    for host in
        [Host::Address(ip("192.0.2.1")), Host::Address(ip("2001:db8::1")), Host::Name("shop.test".into())]
    {
        let request = SocksRequest { command: Command::Connect, host: host.clone(), port: 80 };
        let bytes = request.encode();
        assert_eq!(SocksRequest::parse(&bytes), Ok(Some((request, bytes.len()))));
        for end in 0..bytes.len() {
            assert_eq!(SocksRequest::parse(&bytes[..end]), Ok(None));
        }
        let reply = SocksReply { code: 5, host, port: 1 };
        let bytes = reply.encode();
        assert_eq!(SocksReply::parse(&bytes), Ok(Some((reply, bytes.len()))));
    }
    let refused = |bytes: &[u8]| SocksRequest::parse(bytes).expect_err("bad");
    assert_eq!(refused(b"\x04\x01\x00\x01"), SocksError::Version(4));
    assert_eq!(refused(b"\x05\x09\x00\x01\x00\x00\x00\x00\x00\x00"), SocksError::Command(9));
    assert_eq!(refused(b"\x05\x01\x00\x02"), SocksError::AddressType(2));
    assert_eq!(refused(b"\x05\x01\x01\x01"), SocksError::Reserved);
    assert_eq!(refused(b"\x05\x01\x00\x03\x00\x00\x00"), SocksError::Name);
    assert_eq!(refused(b"\x05\x01\x00\x03\x01\xff\x00\x00"), SocksError::Name);
}

#[test]
fn a_broken_family_costs_one_delay() {
    let winner = |attempts: &[Attempt]| race(attempts, ATTEMPT_DELAY).winner;
    use Attempt::*;
    assert_eq!(winner(&[Silent, Connects(ms(30))]), Some((1, ms(280))));
    assert_eq!(
        winner(&[Fails(ms(10)), Connects(ms(30))]),
        Some((1, ms(40))),
        "a refusal is faster than the delay"
    );
    assert_eq!(winner(&[Fails(ms(900)), Connects(ms(30))]), Some((1, ms(280))));
    assert_eq!(
        winner(&[Connects(ms(400)), Connects(ms(100))]),
        Some((1, ms(350))),
        "the slow one is overtaken"
    );
    assert_eq!(winner(&[Connects(ms(300)), Connects(ms(100))]), Some((0, ms(300))));
    assert_eq!(winner(&[Silent, Silent, Connects(ms(5))]), Some((2, ms(505))));
    assert_eq!((winner(&[Silent, Fails(ms(1))]), winner(&[])), (None, None));
    assert_eq!(interleave(&[]), Vec::<IpAddr>::new());
}

#[test]
fn any_bytes_are_answered() {
    let two = ProxyHeader { source: "192.0.2.1:1".parse().ok(), destination: "192.0.2.2:2".parse().ok() };
    let (one, two) = (two.encode(ProxyVersion::One), two.encode(ProxyVersion::Two));
    let seeds: [&[u8]; 6] = [
        &one,
        &two,
        b"\x05\x01\x00\x03\x09shop.test\x01\xbb",
        b"for=192.0.2.60;proto=\"h\\t\";by=_x, for=\"[::1]:1\"",
        b"http://[::1]:80/x?y",
        b"192.0.2.1:80, [2001:db8::1]:443",
    ];
    any_bytes(&seeds, |bytes| {
        if let Ok(Some((header, used))) = ProxyHeader::parse(bytes) {
            assert!(used <= bytes.len());
            let again = header.encode(ProxyVersion::Two);
            assert_eq!(ProxyHeader::parse(&again), Ok(Some((header, again.len()))));
        }
        if let Ok(Some((request, used))) = SocksRequest::parse(bytes) {
            assert_eq!(request.encode(), bytes[..used]);
        }
        let _ = socks5::parse_greeting(bytes);
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = (parse_forwarded(text), parse_forwarded_for([text]));
            let _ = (RequestTarget::parse("GET", text), RequestTarget::parse("CONNECT", text));
        }
    });
}

fn any_ip() -> impl Strategy<Value = IpAddr> {
    // Half of them ours.
    let v4 = (any::<bool>(), any::<[u8; 3]>())
        .prop_map(|(own, [b, c, d])| IpAddr::from([if own { 10 } else { 203 }, b, c, d]));
    let v6 = (any::<bool>(), any::<u16>())
        .prop_map(|(own, last)| IpAddr::from([if own { 0xfd00 } else { 0x2001 }, 0, 0, 0, 0, 0, 0, last]));
    prop_oneof![v4, v6]
}

proptest! {
    /// Whatever a client puts before what the proxies append, it is taken for who it is.
    #[test]
    fn what_is_made_up_is_never_reached(
        made_up in prop::collection::vec(any_ip(), 0..6), hops in 0u8..5, client in any_ip(),
    ) {
        prop_assume!(!ours(client));
        let mut header = made_up;
        // The first proxy appends the client, each next one the proxy before it.
        let proxies: Vec<IpAddr> = (0..hops).map(|hop| IpAddr::from([10, 0, 0, hop])).collect();
        let mut peer = client;
        for proxy in proxies {
            header.push(peer);
            peer = proxy;
        }
        prop_assert_eq!(client_ip(&header, peer, ours), client);
    }

    #[test]
    fn a_race_is_never_slower_than_the_delays_before_the_best(
        attempts in prop::collection::vec((0u8..3, 0u64..600), 0..6),
    ) {
        let attempts: Vec<Attempt> = attempts
            .into_iter()
            .map(|(kind, after)| match kind {
                0 => Attempt::Silent,
                1 => Attempt::Fails(ms(after)),
                _ => Attempt::Connects(ms(after)),
            })
            .collect();
        let result = race(&attempts, ATTEMPT_DELAY);
        let best = attempts.iter().enumerate().filter_map(|(place, attempt)| match attempt {
            Attempt::Connects(after) => Some(ATTEMPT_DELAY * place as u32 + *after),
            _ => None,
        }).min();
        prop_assert_eq!(result.winner.is_some(), best.is_some());
        prop_assert!(result.winner.zip(best).is_none_or(|((_, at), best)| at <= best));
        prop_assert!(result.started.windows(2).all(|pair| pair[1] - pair[0] <= ATTEMPT_DELAY));
    }

    #[test]
    fn a_proxy_header_comes_back(from: [u8; 4], to: [u8; 4], ports: (u16, u16)) {
        let header = ProxyHeader {
            source: Some(SocketAddr::from((from, ports.0))),
            destination: Some(SocketAddr::from((to, ports.1))),
        };
        for version in [ProxyVersion::One, ProxyVersion::Two] {
            let bytes = header.encode(version);
            prop_assert_eq!(ProxyHeader::parse(&bytes), Ok(Some((header, bytes.len()))));
        }
    }
}
