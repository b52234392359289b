use check::gateway::verify_token::*;
use std::collections::BTreeMap;
use gateway::{base64url, equal_in_constant_time, hmac_sha256, token};

/// The subject of a token that is signed with HS256 and one of these keys, for this audience, and valid now.
/// `Refusal` has a variant for each reason to say no.
fn verify(token: &str, keys: &BTreeMap<String, Vec<u8>>, audience: &str, now: u64) -> Result<String, Refusal> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header_text, claims_text, tag_text] = parts[..] else { return Err(Refusal::Malformed) };
    let decode = |text| base64url::decode(text).ok_or(Refusal::Malformed);
    let header = token::read_header(&decode(header_text)?).ok_or(Refusal::Malformed)?;
    // TODO: the key of `header.kid`, the algorithm `header.alg`, the tag; and only then:
    let claims = read_claims(&decode(claims_text)?).ok_or(Refusal::Malformed)?;
    // TODO: `claims.exp`, `claims.nbf` and `claims.aud`
    Ok(claims.sub)
}
