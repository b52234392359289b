//! Zone files, and what the server answers.

use super::*;

const SHOP: &str = r#"
$ORIGIN shop.test.
$TTL 300
@           SOA   ns1 admin ( 7        ; serial
                              1h 10m 1d 60 )
            NS    ns1
            NS    ns.elsewhere.example.
            MX    10 mail
            TXT   "v=spf1 -all" "two \"texts\""
            CAA   0 issue "ca.example"
ns1         A     127.0.53.3
mail   120  IN A  192.0.2.25
            AAAA  2001:db8::25
www         CNAME web
web    60   A     192.0.2.80
       60   A     192.0.2.81
old         CNAME www
out         CNAME www.example.
gone        CNAME nowhere
a.b.c       A     192.0.2.3
*.wild      A     192.0.2.99
            MX    5 mail
host.wild   A     192.0.2.98
*.alias     CNAME web
_http._tcp  SRV   0 5 80 web
eu          NS    ns.eu
ns.eu       A     127.0.53.9
loop        CNAME pool
pool        CNAME loop
"#;

pub(super) fn shop() -> Zone {
    parse_zone(SHOP, None).expect("a good zone")
}

fn ask(text: &str, ty: RecordType) -> Answer {
    shop().lookup(&name(text), ty)
}

fn shown(records: &[Record]) -> Vec<String> {
    records.iter().map(Record::to_string).collect()
}

#[test]
fn records_aliases_and_what_comes_along() {
    let answer = ask("old.SHOP.test", RecordType::A);
    let expected = [
        "old.shop.test. 300 IN CNAME www.shop.test.",
        "www.shop.test. 300 IN CNAME web.shop.test.",
        "web.shop.test. 60 IN A 192.0.2.80",
        "web.shop.test. 60 IN A 192.0.2.81",
    ];
    assert!(answer.authoritative && answer.authorities.is_empty());
    assert_eq!(shown(&answer.answers), expected);
    assert_eq!(
        shown(&ask("old.shop.test", RecordType::CNAME).answers),
        expected[..1],
        "itself, if asked for"
    );
    let mail = ask("shop.test", RecordType::MX);
    assert_eq!(
        shown(&mail.additionals),
        ["mail.shop.test. 120 IN A 192.0.2.25", "mail.shop.test. 300 IN AAAA 2001:db8::25"]
    );
    assert_eq!(ask("_http._tcp.shop.test", RecordType::SRV).additionals.len(), 2);
    assert_eq!(ask("shop.test", RecordType::ANY).answers.len(), 6);
    assert_eq!(ask("out.shop.test", RecordType::A).answers.len(), 1, "the rest is another's");
    assert_eq!(ask("example.", RecordType::A).rcode, Rcode::REFUSED);
    let text = ask("shop.test", RecordType::TXT).answers[0].to_string();
    assert_eq!(text, r#"shop.test. 300 IN TXT "v=spf1 -all" "two \"texts\"""#);
    // Aliases in a circle end.
    assert!(ask("loop.shop.test", RecordType::A).answers.len() <= 16);
}

#[test]
fn no_such_name_is_not_no_such_type() {
    let negative = ["shop.test. 60 IN SOA ns1.shop.test. admin.shop.test. 7 3600 600 86400 60"];
    for (text, ty, rcode) in [
        ("web.shop.test", RecordType::AAAA, Rcode::NO_ERROR),
        ("nothing.shop.test", RecordType::A, Rcode::NX_DOMAIN),
        // There is something below: the name exists, and has nothing.
        ("b.c.shop.test", RecordType::A, Rcode::NO_ERROR),
        ("c.shop.test", RecordType::A, Rcode::NO_ERROR),
        ("x.c.shop.test", RecordType::A, Rcode::NX_DOMAIN),
        ("wild.shop.test", RecordType::A, Rcode::NO_ERROR),
    ] {
        let answer = ask(text, ty);
        assert_eq!((answer.rcode, answer.answers.len(), answer.authoritative), (rcode, 0, true), "{text}");
        assert_eq!(shown(&answer.authorities), negative, "{text}: min(300, 60)");
    }
    let gone = ask("gone.shop.test", RecordType::A);
    assert_eq!((gone.rcode, gone.answers.len()), (Rcode::NX_DOMAIN, 1), "of the last name of the chain");
}

/// After RFC 4592, section 2.2.1.
#[test]
fn a_wildcard_stands_for_names_that_do_not_exist() {
    let first = |text, ty| shown(&ask(text, ty).answers).into_iter().next();
    assert_eq!(
        first("any.wild.shop.test", RecordType::A).as_deref(),
        Some("any.wild.shop.test. 300 IN A 192.0.2.99")
    );
    assert_eq!(
        first("a.b.wild.shop.test", RecordType::A).as_deref(),
        Some("a.b.wild.shop.test. 300 IN A 192.0.2.99")
    );
    assert_eq!(
        first("any.wild.shop.test", RecordType::MX).as_deref(),
        Some("any.wild.shop.test. 300 IN MX 5 mail.shop.test.")
    );
    let nothing = ask("any.wild.shop.test", RecordType::TXT);
    assert_eq!((nothing.rcode, nothing.answers.len()), (Rcode::NO_ERROR, 0));
    // A name that exists is not covered, and neither is what lies below it.
    assert_eq!(ask("host.wild.shop.test", RecordType::MX).answers, []);
    assert_eq!(ask("x.host.wild.shop.test", RecordType::A).rcode, Rcode::NX_DOMAIN);
    assert_eq!(ask("x.alias.shop.test", RecordType::A).answers.len(), 3, "an alias, and where it leads");
    assert_eq!(
        first("*.wild.shop.test", RecordType::A).as_deref(),
        Some("*.wild.shop.test. 300 IN A 192.0.2.99")
    );
}

#[test]
fn below_a_cut_others_are_named() {
    for text in ["eu.shop.test", "www.eu.shop.test", "ns.eu.shop.test"] {
        let answer = ask(text, RecordType::A);
        assert!(!answer.authoritative && answer.answers.is_empty(), "{text}");
        assert_eq!(shown(&answer.authorities), ["eu.shop.test. 300 IN NS ns.eu.shop.test."]);
        assert_eq!(shown(&answer.additionals), ["ns.eu.shop.test. 300 IN A 127.0.53.9"]);
    }
}

#[test]
fn what_is_wrong_with_a_zone_is_said_with_its_line() {
    let check = |text: &str, expected: &str| {
        let error = parse_zone(text, Some(&name("x.test"))).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    let soa = "@ 60 SOA a b 1 2 3 4 5\n";
    check("", "line 0: a zone needs an SOA record");
    check(&format!("{soa}{soa}"), "line 2: a zone has one SOA record");
    check(&format!("{soa}a A 192.0.2.1"), "line 2: the record has no TTL");
    check(&format!("{soa}a 60 A 192.0.2"), "line 2: A needs an IPv4 address, not \"192.0.2\"");
    check(&format!("{soa}a 60 A"), "line 2: A needs other data");
    check(&format!("{soa}a 60 WHAT x"), "line 2: \"WHAT\" is no type of record");
    check(&format!("{soa}a 60"), "line 2: the record has no type");
    check(&format!("{soa}a.example. 60 A 192.0.2.1"), "line 2: a.example. is not below x.test.");
    check(&format!("{soa}a 60 CNAME b\na 60 A 192.0.2.1"), "line 3: a name with a CNAME has nothing else");
    check(&format!("{soa}a 60 MX 70000 b"), "line 2: \"70000\" is no number that fits");
    check(&format!("{soa}a 60 TXT \"x"), "line 2: a text in quotes is not closed");
    check("@ 60 SOA ( a b 1", "line 1: a ( is not closed");
    check(")", "line 1: a ) without a (");
    check("$INCLUDE file", "line 1: $INCLUDE is not read here");
    let error = parse_zone("a 60 A 192.0.2.1", None).expect_err("no origin").to_string();
    assert!(error.contains("$ORIGIN"), "{error}");
}

#[test]
fn what_is_shown_is_read_again() {
    let zone = shop();
    let text: String = zone.records().map(|record| format!("{record}\n")).collect();
    let again = parse_zone(&text, None).expect("our own text");
    assert!(zone.records().eq(again.records()) && zone.records().count() == 25, "{}", zone.records().count());
}

#[test]
fn any_bytes_as_a_zone() {
    any_bytes(&[SHOP.as_bytes(), b"@ 60 SOA a b 1 2 3 4 5\n* 60 CNAME @\n"], |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes)
            && let Ok(zone) = parse_zone(text, Some(&name("x.test")))
        {
            for record in zone.records() {
                let _ = zone.lookup(&record.name, RecordType::A);
            }
        }
    });
}
