use check::dns::read_name::*;

fn read_name(message: &[u8], start: usize) -> Result<(Vec<Vec<u8>>, usize), NameError> {
    let (mut labels, mut length) = (Vec::new(), 1);
    let (mut at, mut begin) = (start, start);
    let mut next = None;
    loop {
        let first = *message.get(at).ok_or(NameError::Truncated)?;
        if first == 0 {
            return Ok((labels, next.unwrap_or(at + 1)));
        } else if first < 64 {
            let size = usize::from(first);
            let label = message.get(at + 1..at + 1 + size).ok_or(NameError::Truncated)?;
            length += 1 + size;
            if length > 255 {
                return Err(NameError::TooLong);
            }
            labels.push(label.to_vec());
            at += 1 + size;
        } else if first >= 0xc0 {
            let low = *message.get(at + 1).ok_or(NameError::Truncated)?;
            let target = usize::from(first & 0x3f) << 8 | usize::from(low);
            if target >= begin {
                return Err(NameError::Pointer);
            }
            next = next.or(Some(at + 2));
            at = target;
            begin = target;
        } else {
            return Err(NameError::LabelType);
        }
    }
}
