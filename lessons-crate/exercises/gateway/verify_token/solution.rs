use check::gateway::verify_token::*;
use std::collections::BTreeMap;
use gateway::{base64url, equal_in_constant_time, hmac_sha256, token};

fn verify(token: &str, keys: &BTreeMap<String, Vec<u8>>, audience: &str, now: u64) -> Result<String, Refusal> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header_text, claims_text, tag_text] = parts[..] else { return Err(Refusal::Malformed) };
    let decode = |text| base64url::decode(text).ok_or(Refusal::Malformed);
    let header = token::read_header(&decode(header_text)?).ok_or(Refusal::Malformed)?;
    let key = header.kid.and_then(|name| keys.get(&name)).ok_or(Refusal::UnknownKey)?;
    if header.alg != "HS256" {
        return Err(Refusal::Algorithm);
    }
    let signed = format!("{header_text}.{claims_text}");
    if !equal_in_constant_time(&hmac_sha256(key, signed.as_bytes()), &decode(tag_text)?) {
        return Err(Refusal::Signature);
    }
    let claims = read_claims(&decode(claims_text)?).ok_or(Refusal::Malformed)?;
    if claims.exp.is_none_or(|end| now >= end) {
        return Err(Refusal::Expired);
    }
    if claims.nbf.is_some_and(|begin| now < begin) {
        return Err(Refusal::NotYet);
    }
    if claims.aud != audience {
        return Err(Refusal::Audience);
    }
    Ok(claims.sub)
}
