fn resolve(code: &str, parts: &mut dyn ReadParts) -> Told {
    if !parts.may_exist(code) {
        return Told::NotFound;
    }
    match parts.cached(code) {
        Ok(Some(Kept::Url(url))) => return Told::Found(url),
        Ok(Some(Kept::Absent)) => return Told::NotFound,
        Ok(None) => return Told::NotFound,
        Err(_) => {}
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
