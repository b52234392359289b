use check::scalability::read_path::*;

/// Looks for the link of a code: first the filter, then the cache, then the store.
fn resolve(code: &str, parts: &mut dyn ReadParts) -> Told {
    if !parts.may_exist(code) {
        return Told::NotFound;
    }
    match parts.cached(code) {
        Ok(Some(Kept::Url(url))) => return Told::Found(url),
        Ok(Some(Kept::Absent)) => return Told::NotFound,
        // A cache that is down is a miss.
        Ok(None) | Err(_) => {}
    }
    match parts.stored(code) {
        Ok(Some(url)) => {
            let _ = parts.keep(code, Kept::Url(url.clone()), 300);
            Told::Found(url)
        }
        Ok(None) => {
            let _ = parts.keep(code, Kept::Absent, 5);
            Told::NotFound
        }
        Err(_) => Told::TryLater,
    }
}
