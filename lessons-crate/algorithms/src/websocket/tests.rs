//! The examples of RFC 6455, its rules one by one, models, and tungstenite.

use std::time::Duration;

use proptest::prelude::*;

use super::push::{Transport, deliver};
use super::*;
use crate::fuzz::any_bytes;
use crate::resilience::{Backoff, Jitter};
use crate::rng::Rng;

mod crates;

const MAX: usize = 1 << 20;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Section 5.7.
#[test]
fn the_examples_of_the_rfc() {
    let check = |frame: Frame, mask: Option<[u8; 4]>, start: &[u8]| {
        let bytes = frame.encode(mask);
        assert_eq!(bytes[..start.len()], *start);
        let role = if mask.is_some() { Role::Server } else { Role::Client };
        assert_eq!(parse(&bytes, role, MAX), Ok(Parsed::Frame(frame, bytes.len())));
    };
    let piece = |fin, opcode, text: &str| Frame { fin, opcode, payload: text.into() };
    check(Frame::whole(Opcode::Text, "Hello"), None, b"\x81\x05\x48\x65\x6c\x6c\x6f");
    check(Frame::whole(Opcode::Text, "Hello"), Some(MASK), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    check(piece(false, Opcode::Text, "Hel"), None, b"\x01\x03\x48\x65\x6c");
    check(piece(true, Opcode::Continuation, "lo"), None, b"\x80\x02\x6c\x6f");
    check(Frame::whole(Opcode::Ping, "Hello"), None, b"\x89\x05\x48\x65\x6c\x6c\x6f");
    check(Frame::whole(Opcode::Pong, "Hello"), Some(MASK), b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    check(Frame::whole(Opcode::Binary, vec![7; 256]), None, &[0x82, 0x7e, 0x01, 0x00]);
    check(Frame::whole(Opcode::Binary, vec![7; 65_536]), None, &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn a_header_has_two_to_ten_bytes_and_a_mask_four() {
    for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
        let frame = Frame::whole(Opcode::Binary, vec![0; length]);
        assert_eq!(frame.encode(None).len(), header + length);
        assert_eq!(frame.encode(Some(MASK)).len(), header + 4 + length);
        let bytes = websocket_bytes(length as u64);
        assert_eq!(bytes, header as u64);
    }
}

fn websocket_bytes(length: u64) -> u64 {
    Transport::WebSocket.bytes_per_event(700, length)
}

#[test]
fn what_a_frame_may_not_be() {
    let refused = |bytes: &[u8]| parse(bytes, Role::Client, 1_000).expect_err("bad");
    for bit in [0x40, 0x20, 0x10] {
        assert_eq!(refused(&[0x81 | bit]), FrameError::Reserved);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        assert_eq!(refused(&[0x80 | opcode]), FrameError::Opcode(opcode));
    }
    for opcode in [8, 9, 10] {
        assert_eq!(refused(&[opcode]), FrameError::FragmentedControl);
        assert_eq!(refused(&[0x80 | opcode, 126]), FrameError::LongControl);
        assert_eq!(refused(&[0x80 | opcode, 127]), FrameError::LongControl);
    }
    assert_eq!(refused(&[0x82, 126, 0, 125]), FrameError::NotMinimal(125));
    assert_eq!(refused(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), FrameError::NotMinimal(65_535));
    assert_eq!(refused(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]), FrameError::LengthBit);
    let huge = FrameError::TooLarge { length: i64::MAX as u64, max: 1_000 };
    assert_eq!(refused(&[0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), huge);
    assert_eq!(huge.close_code(), CloseCode::TOO_BIG);
    assert_eq!(refused(&[0x81, 0x80]), FrameError::Mask);
    assert_eq!(parse(&[0x81, 0], Role::Server, 9), Err(FrameError::Mask));
}

#[test]
fn the_mask_goes_on_by_place_in_the_payload() {
    for length in 0..40 {
        let payload: Vec<u8> = (0..length).collect();
        let mut masked = payload.clone();
        apply_mask(&mut masked, MASK);
        let naive: Vec<u8> = payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4]).collect();
        assert_eq!(masked, naive);
        apply_mask(&mut masked, MASK);
        assert_eq!(masked, payload);
    }
}

fn read(role: Role, bytes: &[u8]) -> (Vec<Message>, Option<MessageError>) {
    let mut assembler = Assembler::new(role, 1_000);
    assembler.push(bytes);
    let mut found = Vec::new();
    loop {
        match assembler.next_message() {
            Ok(Some(message)) => found.push(message),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}

#[test]
fn rules_between_frames() {
    let error = |bytes: &[u8]| read(Role::Client, bytes).1;
    assert_eq!(error(b"\x80\x00"), Some(MessageError::NothingToContinue));
    assert_eq!(error(b"\x01\x01a\x81\x01b"), Some(MessageError::NotContinued));
    assert_eq!(error(b"\x81\x01\xff"), Some(MessageError::NotUtf8));
    assert_eq!(error(b"\x01\x01\xff"), Some(MessageError::NotUtf8), "before the message is whole");
    assert_eq!(error(b"\x81\x01\xc3"), Some(MessageError::NotUtf8), "half a character");
    assert_eq!(error(b"\x01\x01\xc3\x80\x01\xa9"), None, "two halves in two frames");
    assert_eq!(error(b"\x01\x03\xed\xa0\x80"), Some(MessageError::NotUtf8), "half of a UTF-16 pair");
    assert_eq!(error(b"\x82\x02\xff\xfe"), None, "bytes may be anything");
    assert_eq!(error(b"\x88\x01\x03"), Some(MessageError::CloseCode(None)));
    assert_eq!(error(b"\x88\x03\x03\xe8\xff"), Some(MessageError::NotUtf8));
    assert_eq!(error(b"\x88\x00\x81\x00"), Some(MessageError::AfterClose));
    let two = [&[0x02, 126, 2, 88][..], &[0; 600], &[0x80, 126, 2, 88], &[0; 600]].concat();
    assert_eq!(error(&two), Some(MessageError::TooLarge(1_000)));
    for (code, good) in [
        (0, false),
        (999, false),
        (1000, true),
        (1003, true),
        (1004, false),
        (1005, false),
        (1006, false),
        (1007, true),
        (1011, true),
        (1014, true),
        (1015, false),
        (2999, false),
        (3000, true),
        (4999, true),
        (5000, false),
    ] {
        let (messages, error) = read(Role::Client, &Frame::close(CloseCode(code), "").encode(None));
        assert_eq!((messages.len(), error.is_none()), (good.into(), good), "{code}");
    }
    assert_eq!(read(Role::Client, b"\x88\x00").0, [Message::Close(CloseCode::NO_STATUS, String::new())]);
    let long = Frame::close(CloseCode::NORMAL, &"\u{e9}".repeat(100));
    assert_eq!(long.payload.len(), 2 + 122, "cut between two characters");
}

#[test]
fn utf_8_is_checked_across_any_cut() {
    for text in ["\u{e9}\u{20ac}\u{1f600}a", "\u{0}\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}"] {
        let bytes = text.as_bytes();
        for one in 0..=bytes.len() {
            for two in one..=bytes.len() {
                let mut checker = Utf8Checker::default();
                let pieces = [&bytes[..one], &bytes[one..two], &bytes[two..]];
                assert!(pieces.iter().all(|piece| checker.push(piece)) && checker.is_complete());
            }
        }
    }
    // Overlong, a surrogate, too high, an end without a beginning: none waits for more than its first wrong byte.
    for bad in [&b"\xc0"[..], b"\xe0\x9f", b"\xed\xa0", b"\xf4\x90", b"\x80", b"\xf5"] {
        let mut checker = Utf8Checker::default();
        let fine: Vec<bool> = bad.iter().map(|byte| checker.push(std::slice::from_ref(byte))).collect();
        assert!(!fine[bad.len() - 1] && fine[..bad.len() - 1].iter().all(|fine| *fine), "{bad:02x?}");
    }
}

#[test]
fn any_bytes_are_messages_or_an_error() {
    let seeds = [
        Frame::whole(Opcode::Text, "caf\u{e9}").encode(Some(MASK)),
        b"\x01\x83\x00\x00\x00\x00Hel\x89\x85\x00\x00\x00\x00Hello\x80\x82\x00\x00\x00\x00lo".to_vec(),
        Frame::close(CloseCode::GOING_AWAY, "bye").encode(Some([0; 4])),
        Frame::whole(Opcode::Binary, vec![7; 300]).encode(Some(MASK)),
    ];
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    any_bytes(&seeds, |bytes| {
        let whole = read(Role::Server, bytes);
        let _ = read(Role::Client, bytes);
        // Byte by byte it is the same.
        let mut assembler = Assembler::new(Role::Server, 1_000);
        let (mut found, mut error) = (Vec::new(), None);
        'bytes: for byte in bytes {
            assembler.push(std::slice::from_ref(byte));
            loop {
                match assembler.next_message() {
                    Ok(Some(message)) => found.push(message),
                    Ok(None) => break,
                    Err(e) => {
                        error = Some(e);
                        break 'bytes;
                    }
                }
            }
        }
        assert_eq!((found, error), whole);
    });
}

#[test]
fn who_may_ask_for_a_websocket() {
    let good = [
        ("Host", "chat.example"),
        ("upgrade", "WebSocket"),
        ("Connection", "keep-alive, Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        ("Origin", "https://chat.example"),
    ];
    let allowed = ["https://chat.example"];
    let check = |headers: &[(&str, &str)]| check_request("GET", headers, Some(&allowed));
    let accept = check(&good).expect("good");
    assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert!(response(&accept).ends_with("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
    let without = |name: &str| {
        let rest: Vec<_> = good.into_iter().filter(|(own, _)| *own != name).collect();
        check(&rest).map_err(|refused| refused.http_status())
    };
    // What is left behind a proxy that drops hop-by-hop headers.
    assert_eq!(["upgrade", "Connection", "Sec-WebSocket-Key"].map(without), [Err(400), Err(400), Err(400)]);
    assert_eq!(without("Sec-WebSocket-Version"), Err(426));
    assert_eq!(without("Origin"), Ok(accept), "a program sends none");
    let with = |name: &'static str, value: &'static str| {
        check(&good.map(|(own, old)| (own, if own == name { value } else { old })))
    };
    assert_eq!(with("Origin", "https://evil.example"), Err(Refused::Origin("https://evil.example".into())));
    assert_eq!(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZQ=="), Err(Refused::Key));
    assert_eq!(with("Sec-WebSocket-Version", "8"), Err(Refused::Version("8".into())));
    assert_eq!(check_request("POST", &good, None), Err(Refused::NoUpgrade("the method GET")));
}

#[test]
fn a_slow_client_holds_nobody_up_and_memory_is_bounded() {
    for policy in [OverflowPolicy::DropOldest, OverflowPolicy::CoalesceLatest, OverflowPolicy::Disconnect] {
        let mut hub = Hub::new(8, policy, 50);
        let clients: Vec<ClientId> = (0..10).map(|_| hub.connect()).collect();
        clients.iter().for_each(|client| assert!(hub.join(*client, "ticks")));
        let (slow, fast) = clients.split_first().expect("ten");
        let mut got = 0;
        for tick in 0..1_000u64 {
            hub.publish("ticks", Some(tick % 20), tick);
            assert!(hub.waiting() <= hub.client_count() * 8);
            got += fast.iter().map(|client| hub.drain(*client, 100).len()).sum::<usize>();
        }
        assert_eq!(got, 9 * 1_000, "{policy:?}");
        let stats = hub.stats();
        match policy {
            OverflowPolicy::Disconnect => {
                assert_eq!((stats.disconnected, hub.client_count(), stats.queued), (1, 9, 9_008));
                assert!(hub.drain(*slow, 9).is_empty() && !hub.join(*slow, "ticks"));
            }
            _ => assert_eq!((stats.disconnected, stats.dropped, hub.drain(*slow, 9).len()), (0, 992, 8)),
        }
    }
}

#[test]
fn a_client_that_comes_back_misses_nothing_or_is_told() {
    let mut hub = Hub::new(100, OverflowPolicy::Disconnect, 5);
    let client = hub.connect();
    hub.join(client, "a");
    hub.publish("a", None, "1");
    hub.publish("b", None, "2");
    hub.disconnect(client);
    hub.publish("a", None, "3");
    let again = hub.connect();
    assert_eq!(hub.resume(again, "a", 2), Resume::Events(vec![(3, "3")]));
    assert_eq!(hub.resume(again, "b", 2), Resume::Events(vec![]));
    assert_eq!(hub.resume(again, "c", 2), Resume::Events(vec![]));
    hub.publish("a", None, "4");
    assert_eq!(hub.drain(again, 9).len(), 1, "what comes after the resumption, once");
    (0..5).for_each(|_| drop(hub.publish("a", None, "x")));
    assert_eq!(hub.resume(again, "a", 3), Resume::Reload { from: 9 });
    assert_eq!(hub.resume(again, "a", 10), Resume::Reload { from: 9 }, "of a server before this one");
}

#[test]
fn a_dead_peer_is_found_within_interval_and_timeout() {
    for died in 0..60 {
        let mut heartbeat = Heartbeat::new(ms(20), ms(5), ms(0));
        let mut pings = Vec::new();
        let closed = (0..).map(ms).find(|now| match heartbeat.poll(*now) {
            HeartbeatAction::Close => true,
            HeartbeatAction::Ping => {
                pings.push(*now);
                // The pong is there at once, as long as there is somebody.
                if *now < ms(died) {
                    heartbeat.heard(*now);
                }
                false
            }
            HeartbeatAction::Wait(_) => false,
        });
        let closed = closed.expect("it ends");
        assert!(closed >= ms(died) && closed <= ms(died) + ms(20 + 5), "died {died}, closed {closed:?}");
        assert!(pings.windows(2).all(|pair| pair[1] - pair[0] == ms(20)));
    }
}

#[test]
fn jitter_spreads_the_return_and_a_full_server_is_not_asked_by_all_again_at_once() {
    let backoff = |jitter| Backoff { base: ms(10_000), cap: ms(60_000), jitter };
    let run = |jitter, capacity| arrivals(10_000, capacity, &backoff(jitter), ms(100), &mut Rng::new(3));
    let (at_once, spread) = (run(Jitter::None, u64::MAX), run(Jitter::Full, u64::MAX));
    assert_eq!((at_once.peak(), at_once.total()), (10_000, 10_000));
    // 100 in each of 100 buckets; four standard deviations of a Poisson count are 40.
    assert!((100..=140).contains(&spread.peak()) && spread.total() == 10_000, "{}", spread.peak());
    // 120 a bucket are enough for those that are spread, nearly at once; the others knock for ever.
    let (at_once, spread) = (run(Jitter::None, 120), run(Jitter::Full, 120));
    assert!(spread.given_up == 0 && spread.total() < 10_200, "{}", spread.total());
    assert!(at_once.total() > 40 * spread.total() && at_once.given_up == 0, "{}", at_once.total());
    let settled = spread.admitted.iter().take(101).sum::<u64>();
    assert!(settled > 9_800, "{settled}");
}

#[test]
fn delays_are_those_of_the_table() {
    let mut rng = Rng::new(5);
    let mut at = ms(0);
    let events: Vec<Duration> = (0..20_000)
        .map(|_| {
            at += Duration::from_secs_f64(rng.exponential(10.0));
            at
        })
        .collect();
    let (every, transit) = (ms(4_000), ms(50));
    let mean = |transport| {
        let delivery = deliver(transport, &events, transit);
        let seconds: Vec<f64> = delivery.delays.iter().map(Duration::as_secs_f64).collect();
        (crate::stats::mean(&seconds), seconds.iter().copied().fold(0.0, f64::max), delivery.requests)
    };
    let (poll, worst, requests) = mean(Transport::Poll { every });
    assert!((poll - 2.05).abs() < 0.05 && worst <= 4.05, "T/2 + transit: {poll}");
    assert!((requests as f64 / (at.as_secs_f64() / 4.0) - 1.0).abs() < 0.001, "1/T, whatever happens");
    let (long, worst, requests) = mean(Transport::LongPoll);
    assert!(long < 0.053 && worst <= 0.15 && worst > 0.14, "{long}, three transits at worst: {worst}");
    assert!((19_000..=20_000).contains(&requests));
    for transport in [Transport::ServerSentEvents, Transport::WebSocket] {
        assert_eq!(deliver(transport, &events, transit).delays, vec![transit; events.len()]);
    }
    // Polls at 0, 4, 8: what happens at the very moment of one is in its answer.
    let delivery = deliver(Transport::Poll { every }, &[ms(0), ms(1), ms(4_000)], transit);
    assert_eq!((delivery.delays, delivery.requests), (vec![ms(50), ms(4_049), ms(50)], 2));
}

/// An outbox as one would write it without thinking of speed.
#[derive(Debug)]
struct Naive {
    capacity: usize,
    policy: OverflowPolicy,
    waiting: Vec<Item<u64>>,
    seen: u64,
    gone: bool,
}

impl Naive {
    fn push(&mut self, item: Item<u64>) -> Verdict {
        let coalesce = self.policy == OverflowPolicy::CoalesceLatest;
        if !self.gone {
            let same =
                self.waiting.iter().position(|old| coalesce && old.key.is_some() && old.key == item.key);
            if let Some(at) = same {
                return Verdict::Replaced {
                    sequence: std::mem::replace(&mut self.waiting[at], item).sequence,
                };
            }
            if self.waiting.len() < self.capacity {
                self.waiting.push(item);
                return Verdict::Queued;
            }
            let victim = match self.policy {
                OverflowPolicy::DropOldest => Some(0),
                OverflowPolicy::CoalesceLatest => self.waiting.iter().position(|old| old.key.is_some()),
                OverflowPolicy::Disconnect => None,
            };
            if let Some(at) = victim {
                let sequence = self.waiting.remove(at).sequence;
                self.waiting.push(item);
                return Verdict::Dropped { sequence };
            }
        }
        self.gone = true;
        self.waiting.clear();
        Verdict::Disconnect { resume_after: self.seen }
    }

    fn drain(&mut self, most: usize) -> Vec<Item<u64>> {
        let items: Vec<_> = self.waiting.drain(..most.min(self.waiting.len())).collect();
        self.seen =
            items.iter().rev().find(|item| item.key.is_none()).map_or(self.seen, |item| item.sequence);
        items
    }
}

proptest! {
    #[test]
    fn an_outbox_is_the_naive_one_and_loses_no_chat(
        capacity in 1usize..6, policy in 0usize..3,
        steps in prop::collection::vec((prop::option::of(0u64..4), 0usize..3), 0..80),
    ) {
        let policy =
            [OverflowPolicy::DropOldest, OverflowPolicy::CoalesceLatest, OverflowPolicy::Disconnect][policy];
        let mut outbox = Outbox::new(capacity, policy, 0);
        let mut naive = Naive { capacity, policy, waiting: Vec::new(), seen: 0, gone: false };
        let (mut chat, mut got, mut resume) = (Vec::new(), Vec::new(), None);
        for (sequence, (key, drained)) in (1..).zip(steps) {
            let item = Item { sequence, key, body: sequence };
            chat.extend(key.is_none().then_some(sequence));
            let verdict = outbox.push(item.clone());
            prop_assert_eq!(verdict, naive.push(item));
            prop_assert!(outbox.len() <= capacity);
            let items = outbox.drain(drained);
            prop_assert_eq!(&items, &naive.drain(drained));
            got.extend(items);
            if let Verdict::Disconnect { resume_after } = verdict {
                resume = resume.or(Some(resume_after));
            }
        }
        got.extend(outbox.drain(capacity));
        // The sequence of a key never goes back.
        for key in 0..4 {
            let of_key: Vec<u64> =
                got.iter().filter(|item| item.key == Some(key)).map(|item| item.sequence).collect();
            prop_assert!(of_key.is_sorted());
        }
        if policy != OverflowPolicy::DropOldest {
            // All of the chat was given out in order, up to where the client is to resume.
            let end = resume.unwrap_or(u64::MAX);
            let given: Vec<u64> =
                got.iter().filter(|item| item.key.is_none()).map(|item| item.sequence).collect();
            prop_assert_eq!(given, chat.into_iter().filter(|chat| *chat <= end).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_frame_comes_back_at_any_split(
        fin: bool, opcode in 0usize..3, payload: Vec<u8>, mask in prop::option::of(any::<[u8; 4]>()), cut in 0usize..200,
    ) {
        let opcode = [Opcode::Continuation, Opcode::Text, Opcode::Binary][opcode];
        let frame = Frame { fin, opcode, payload };
        let bytes = frame.encode(mask);
        let role = if mask.is_some() { Role::Server } else { Role::Client };
        prop_assert_eq!(parse(&bytes, role, MAX), Ok(Parsed::Frame(frame, bytes.len())));
        let cut = cut.min(bytes.len() - 1);
        match parse(&bytes[..cut], role, MAX) {
            Ok(Parsed::Incomplete(needed)) => prop_assert!(needed > cut && needed <= bytes.len()),
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
