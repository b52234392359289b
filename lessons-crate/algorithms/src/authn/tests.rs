//! Hostile tokens, keys that change, and the examples of the W3C.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::fuzz::any_bytes;
use crate::gateway::token::{Expected, TokenError};
use crate::rng::Rng;

const NOW: u64 = 1_700_000_000;

fn verifier() -> Verifier {
    Verifier::new(Expected { issuer: "login".into(), audience: "shop".into(), leeway: 5 }, 900)
}

fn ring() -> KeyRing {
    KeyRing::new("k1", &[1; 32], 0).expect("good")
}

fn claims(made: u64) -> Value {
    json!({ "iss": "login", "aud": "shop", "sub": "ada", "jti": "t1", "iat": made, "exp": made + 600 })
}

#[test]
fn every_hostile_token_is_refused_and_the_good_one_is_not() {
    let (ring, verifier) = (ring(), verifier());
    assert!(verifier.verify(&ring.sign(&claims(NOW), NOW), &ring, NOW).is_ok());
    let hostile = hostile_tokens("k1", &[1; 32], &claims(NOW));
    assert!(hostile.len() >= 30, "{}", hostile.len());
    for (what, token) in hostile {
        assert!(verifier.verify(&token, &ring, NOW).is_err(), "{what}: {token}");
    }
}

#[test]
fn lives_and_times() {
    let (ring, verifier) = (ring(), verifier());
    let check = |name: &str, value: Value| {
        let mut claims = claims(NOW);
        claims[name] = value;
        verifier.verify(&ring.sign(&claims, NOW), &ring, NOW).map(|claims| claims.subject)
    };
    assert_eq!(check("exp", json!(NOW + 900)), Ok("ada".into()));
    assert_eq!(check("exp", json!(NOW + 901)), Err(Refused::Lifetime(900)));
    assert_eq!(check("iat", json!(NOW + 5)), Ok("ada".into()), "clocks differ");
    assert_eq!(check("iat", json!(NOW + 6)), Err(Refused::FromTheFuture(6)));
    assert_eq!(check("iat", Value::Null), Err(Refused::Lifetime(900)));
    let mut verifier = super::tests::verifier();
    verifier.withdraw("t1", NOW + 600);
    assert_eq!(verifier.verify(&ring.sign(&claims(NOW), NOW), &ring, NOW), Err(Refused::Withdrawn));
    assert_eq!((verifier.forget_expired(NOW + 604), verifier.forget_expired(NOW + 605)), (1, 0));
}

#[test]
fn nobody_is_logged_out_when_keys_change() {
    let (mut ring, verifier) = (ring(), verifier());
    ring.rotate("k2", &[2; 32], NOW + 60, 600).expect("good");
    // One token each 10 seconds; each is good for its whole life, whichever key signed it.
    for made in (NOW..NOW + 1_200).step_by(10) {
        let token = ring.sign(&claims(made), made);
        for at in [made, made + 300, made + 599] {
            assert!(verifier.verify(&token, &ring, at).is_ok(), "made {}, at {}", made - NOW, at - NOW);
        }
    }
    // A key that somebody else has is out at once.
    let (old, new) = (ring.sign(&claims(NOW), NOW), ring.sign(&claims(NOW + 60), NOW + 60));
    assert!(ring.revoke("k1") && !ring.revoke("k2") && !ring.revoke("k9"));
    let error = verifier.verify(&old, &ring, NOW + 61);
    assert_eq!(error, Err(Refused::Token(TokenError::UnknownKey("k1".into()))));
    assert!(verifier.verify(&new, &ring, NOW + 61).is_ok());
    assert_eq!(
        ring.rotate("k1", &[3; 32], 0, 0),
        Err(KeyRingError::NameTaken("k1".into())),
        "a name is never used again"
    );
    assert_eq!(ring.rotate("k3", &[3; 31], 0, 0), Err(KeyRingError::Short(31)));
    assert!(matches!(ring.rotate("../k3", &[3; 32], 0, 0), Err(KeyRingError::Name(_))));
    assert_eq!(format!("{ring:?}"), "KeyRing([\"k2\"])");
}

#[test]
fn a_refresh_token_works_once() {
    let mut tokens = RefreshTokens::default();
    tokens.login("ada", "a1", 100);
    tokens.login("bob", "b1", 100);
    assert_eq!(tokens.refresh("a1", "a2", 10), Ok("ada".into()));
    assert_eq!(tokens.refresh("a2", "a3", 20), Ok("ada".into()));
    assert_eq!(tokens.refresh("a1", "x", 30), Err(RefreshError::Reused));
    for token in ["a1", "a2", "a3", "x", ""] {
        assert_eq!(tokens.refresh(token, "y", 30), Err(RefreshError::Unknown), "{token}");
    }
    assert_eq!(tokens.refresh("b1", "b2", 100), Err(RefreshError::Expired));
    assert!(tokens.is_empty());
    tokens.login("cem", "c1", 100);
    assert!(tokens.logout("c1") && !tokens.logout("c1") && tokens.is_empty());
}

/// Of the recommendation, sections 3.2 and 3.3.
#[test]
fn trace_headers() {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let parent: TraceParent = text.parse().expect("the W3C's own");
    assert_eq!((parent.to_string().as_str(), parent.sampled()), (text, false));
    assert_eq!(parent.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for good in [later.to_owned(), format!("{later}-what-the-future-brings")] {
        assert_eq!(
            good.parse::<TraceParent>().map(|parent| parent.to_string()[..2].to_owned()),
            Ok("00".into())
        );
    }
    for bad in [
        "",
        "00",
        &text[..54],
        &format!("{text}-"),
        &format!("{text}x"),
        &text.to_uppercase(),
        &format!("{later}x"),
        &text.replacen("00-", "ff-", 1),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-00",
        "00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-00",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-00",
    ] {
        assert!(bad.parse::<TraceParent>().is_err(), "{bad}");
    }
    let state: TraceState = "rojo=00f067aa0ba902b7 , congo=t61rcWkgMzE,,1a@v=x y".parse().expect("good");
    assert_eq!(
        (state.get("congo"), state.get("1a@v"), state.get("x")),
        (Some("t61rcWkgMzE"), Some("x y"), None)
    );
    for bad in ["a", "a=", "=b", "A=b", "1a=b", "a=b,a=c", "a=b=c", "a=\u{e9}", "a@=b", "@a=b"] {
        assert!(bad.parse::<TraceState>().is_err(), "{bad}");
    }
    let many: String = (0..33).map(|at| format!("k{at}=v,")).collect();
    assert!(many.parse::<TraceState>().is_err());
    let mut full: TraceState = many[..many.len() - 6].trim_end_matches(',').parse().expect("32 of them");
    full.set("new", "v").expect("good");
    assert_eq!(full.to_string().split(',').count(), 32);
    let mut rng = Rng::new(3);
    let new = TraceParent::new(true, &mut rng);
    assert_eq!(new.to_string().parse(), Ok(new));
}

#[test]
fn any_bytes_are_answered() {
    let (ring, verifier) = (ring(), verifier());
    let good = ring.sign(&claims(NOW), NOW);
    let seeds: [&[u8]; 3] = [
        good.as_bytes(),
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"rojo=00f067aa0ba902b7,a@b=c",
    ];
    any_bytes(&seeds, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        assert!(verifier.verify(text, &ring, NOW).is_err() || text == good, "{text}");
        if let Ok(parent) = text.parse::<TraceParent>() {
            assert_eq!(parent.to_string().parse(), Ok(TraceParent { flags: parent.flags & 1, ..parent }));
        }
        if let Ok(state) = text.parse::<TraceState>() {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
    });
}

proptest! {
    /// At any time, whoever signs is known to whoever verifies.
    #[test]
    fn what_signs_counts(rotations in prop::collection::vec((0u64..1_000, 0u64..500), 0..6), now in 0u64..2_000) {
        let mut ring = ring();
        let mut at = 0;
        for (place, (after, lifetime)) in rotations.into_iter().enumerate() {
            at += after;
            ring.rotate(&format!("r{place}"), &[7; 32], at, lifetime).expect("good");
        }
        prop_assert!(ring.names(now).contains(&ring.signing_key(now)));
    }
}
