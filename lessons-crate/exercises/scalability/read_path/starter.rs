use check::scalability::read_path::*;

/// Looks for the link of a code: first the filter, then the cache, then the store.
fn resolve(code: &str, parts: &mut dyn ReadParts) -> Told {
    match parts.stored(code) {
        Ok(Some(url)) => Told::Found(url),
        Ok(None) => Told::NotFound,
        Err(_) => todo!(),
    }
    // TODO: before that the filter and the cache; after that keep what was learned
}
