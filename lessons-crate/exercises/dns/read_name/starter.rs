use check::dns::read_name::*;

/// The labels of the name at `start` of the message, and the place behind the name, or behind its first pointer.
fn read_name(message: &[u8], start: usize) -> Result<(Vec<Vec<u8>>, usize), NameError> {
    let mut labels = Vec::new();
    let mut at = start;
    loop {
        let first = *message.get(at).ok_or(NameError::Truncated)?;
        if first == 0 {
            return Ok((labels, at + 1));
        }
        // TODO: a pointer (0xc0 and above), and what is neither a label nor a pointer (0x40 to 0xbf)
        let end = at + 1 + usize::from(first);
        labels.push(message.get(at + 1..end).ok_or(NameError::Truncated)?.to_vec());
        at = end;
    }
}
