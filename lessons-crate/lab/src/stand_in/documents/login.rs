//! Who may ask the store: a client that proves it knows the password, which neither of them sends.
//!
//! Source: T. Hansen, "SCRAM-SHA-256 and SCRAM-SHA-256-PLUS", RFC 7677 (2015); C. Newman et al., RFC 5802 (2010);
//! MongoDB documentation, "saslStart" and "saslContinue".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};
use sha2::{Digest as _, Sha256};

use super::refusal::Refusal;
use crate::ground::secret::Secret;

/// The name of its clients.
pub(crate) const USER: &str = "lab";
/// How often the password is hashed; the least that clients accept. It is random, and long enough as it is.
const ROUNDS: u32 = 4096;

/// One connection's way in.
pub(super) struct Login {
    secret: Secret,
    state: State,
}

enum State {
    Outside,
    /// What was said so far: by the client, and by us.
    Asked {
        theirs: String,
        ours: String,
        short: bool,
    },
    Inside,
}

impl Login {
    pub(super) fn new(secret: Secret) -> Self {
        Self { secret, state: State::Outside }
    }

    /// The answer to a command that is about coming in, or that needs it first; `None` for all others.
    pub(super) fn answer(&mut self, command: &Document) -> Option<Document> {
        let name = command.keys().next().map_or("", String::as_str);
        match name {
            "saslStart" => Some(self.start(command)),
            "saslContinue" => Some(self.go_on(command)),
            "hello" | "isMaster" | "ismaster" | "ping" | "buildInfo" | "buildinfo" | "endSessions" => None,
            _ if matches!(self.state, State::Inside) => None,
            _ => Some(Refusal::not_inside(name).answer()),
        }
    }

    fn start(&mut self, command: &Document) -> Document {
        self.state = State::Outside;
        let asked = said(command).and_then(|text| {
            let bare = text.strip_prefix("n,,")?.to_owned();
            let nonce = field(&bare, "r=")?.to_owned();
            (field(&bare, "n=") == Some(USER)).then_some((bare, nonce))
        });
        let known = command.get_str("mechanism").is_ok_and(|name| name == "SCRAM-SHA-256");
        let Some((theirs, nonce)) = asked.filter(|_| known) else {
            return Refusal::wrong_password().answer();
        };
        let (own, salt) = (Secret::new(), Secret::new());
        let salt = STANDARD.encode(salt.as_str());
        let ours = format!("r={nonce}{},s={salt},i={ROUNDS}", own.as_str());
        let options = command.get_document("options").ok();
        let short = options.is_some_and(|options| options.get_bool("skipEmptyExchange").unwrap_or(false));
        let answer = message(&ours, false);
        self.state = State::Asked { theirs, ours, short };
        answer
    }

    fn go_on(&mut self, command: &Document) -> Document {
        match std::mem::replace(&mut self.state, State::Outside) {
            State::Asked { theirs, ours, short } => {
                let proved = said(command).and_then(|last| self.proof(&theirs, &ours, &last));
                let Some(signature) = proved else { return Refusal::wrong_password().answer() };
                self.state = State::Inside;
                message(&format!("v={}", STANDARD.encode(signature)), short)
            }
            // A client that wants a last, empty exchange.
            State::Inside => {
                self.state = State::Inside;
                message("", true)
            }
            State::Outside => Refusal::wrong_password().answer(),
        }
    }

    /// What proves to the client that we know the password too, when it has proved the same.
    fn proof(&self, theirs: &str, ours: &str, last: &str) -> Option<Vec<u8>> {
        let (head, proof) = last.rsplit_once(",p=")?;
        let proof = STANDARD.decode(proof).ok()?;
        let same_nonce = field(head, "r=")? == field(ours, "r=")?;
        let salt = STANDARD.decode(field(ours, "s=")?).ok()?;
        let all = format!("{theirs},{ours},{head}");
        let salted = salted(self.secret.as_str().as_bytes(), &salt);
        let stored = Sha256::digest(mac(&salted, b"Client Key"));
        let signature = mac(&stored, all.as_bytes());
        let key: Vec<u8> = proof.iter().zip(&signature).map(|(one, other)| one ^ other).collect();
        let fits = proof.len() == signature.len() && Sha256::digest(key) == stored;
        (same_nonce && fits).then(|| mac(&mac(&salted, b"Server Key"), all.as_bytes()))
    }
}

/// The payload of a command, as text.
fn said(command: &Document) -> Option<String> {
    String::from_utf8(command.get_binary_generic("payload").ok()?.clone()).ok()
}

/// The value of a field such as `r=` in a list of them.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(',').find_map(|field| field.strip_prefix(name))
}

fn message(text: &str, done: bool) -> Document {
    let payload = Binary { subtype: BinarySubtype::Generic, bytes: text.as_bytes().to_vec() };
    doc! { "conversationId": 1, "done": done, "payload": payload, "ok": 1.0 }
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// Hi() of RFC 5802: PBKDF2 with one block.
fn salted(password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut last = mac(password, &[salt, &1_u32.to_be_bytes()].concat());
    let mut sum = last.clone();
    for _ in 1..ROUNDS {
        last = mac(password, &last);
        sum.iter_mut().zip(&last).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, section 3.
    #[test]
    fn the_example_of_the_standard() {
        let login = Login::new(Secret::known("pencil"));
        let theirs = "n=user,r=rOprNGfwEbeRWgbNEkqO";
        let ours = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let last = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                    p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let signature = login.proof(theirs, ours, last).map(|signature| STANDARD.encode(signature));
        assert_eq!(signature.as_deref(), Some("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(Login::new(Secret::known("pencils")).proof(theirs, ours, last).is_none());
        for broken in
            ["", "c=biws", "c=biws,r=x,p=", &last.replace("p=d", "p=e"), &last.replace("k0,", "k1,")]
        {
            assert!(login.proof(theirs, ours, broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn whoever_is_outside_may_only_ask_to_come_in() {
        let mut login = Login::new(Secret::new());
        let code = |answer: Option<Document>| answer.and_then(|answer| answer.get_i32("code").ok());
        assert!(login.answer(&doc! { "ping": 1 }).is_none());
        assert_eq!(code(login.answer(&doc! { "find": "a" })), Some(13));
        assert_eq!(code(login.answer(&doc! { "saslContinue": 1 })), Some(18));
        let payload = |text: &str| Binary { subtype: BinarySubtype::Generic, bytes: text.into() };
        for (mechanism, text) in [("PLAIN", "n,,n=lab,r=x"), ("SCRAM-SHA-256", "n,,n=other,r=x")] {
            let start = doc! { "saslStart": 1, "mechanism": mechanism, "payload": payload(text) };
            assert_eq!(code(login.answer(&start)), Some(18), "{mechanism} {text}");
        }
    }
}
