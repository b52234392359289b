//! Messages of MongoDB's protocol: a length, numbers, flags, and documents as BSON.

use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument};

/// The largest message that is taken; MongoDB's own limit.
pub(super) const MOST_BYTES: usize = 48_000_000;
/// Length, number, number answered, kind.
pub(super) const HEAD_BYTES: usize = 16;
/// Documents within documents deeper than this are refused, as by MongoDB.
const DEPTH: u32 = 100;
/// The only kind of message that is taken.
const OP_MSG: i32 = 2013;
/// Four bytes follow the message. They are left unchecked, as TCP has its own.
const CHECKSUM: u32 = 1;
/// No answer is wanted.
const MORE_TO_COME: u32 = 1 << 1;
/// Flags up to this one change the meaning of a message: who does not know one must refuse.
const REQUIRED: u32 = 0xFFFF;

/// A command, and how to answer it.
#[derive(Debug, PartialEq)]
pub(super) struct Message {
    pub(super) number: i32,
    pub(super) command: Document,
    pub(super) wants_answer: bool,
}

/// How long a message is that begins with these bytes, its head included; `None` if it cannot be one.
pub(super) fn length(head: [u8; 4]) -> Option<usize> {
    let length = usize::try_from(i32::from_le_bytes(head)).ok()?;
    // The shortest has flags, one section, and in it the shortest document.
    (HEAD_BYTES + 4 + 1 + 5..=MOST_BYTES).contains(&length).then_some(length)
}

/// Reads what follows the length; `None` when it is no message.
pub(super) fn read(bytes: &[u8]) -> Option<Message> {
    let mut bytes = Bytes(bytes);
    let (number, _, kind, flags) = (bytes.number()?, bytes.number()?, bytes.number()?, bytes.number()?);
    let flags = u32::from_le_bytes(flags.to_le_bytes());
    if kind != OP_MSG || flags & REQUIRED & !(CHECKSUM | MORE_TO_COME) != 0 {
        return None;
    }
    if flags & CHECKSUM != 0 {
        bytes = Bytes(bytes.0.split_last_chunk::<4>()?.0);
    }
    let (mut command, mut sequences) = (None, Vec::new());
    while let Some(kind) = bytes.take(1) {
        match kind {
            [0] if command.is_none() => command = Some(bytes.document()?),
            // A list of the command, such as the documents of an insert, outside of it.
            [1] => {
                let length = usize::try_from(bytes.number()?).ok()?.checked_sub(4)?;
                let mut section = Bytes(bytes.take(length)?);
                let name = section.name()?;
                let mut documents = Vec::new();
                while !section.0.is_empty() {
                    documents.push(Bson::Document(section.document()?));
                }
                sequences.push((name, Bson::Array(documents)));
            }
            _ => return None,
        }
    }
    let mut command = command?;
    command.extend(sequences);
    Some(Message { number, command, wants_answer: flags & MORE_TO_COME == 0 })
}

/// The answer to a message, in bytes.
pub(super) fn write(answered: i32, answer: &Document) -> Option<Vec<u8>> {
    let document = answer.to_vec().ok()?;
    let length = i32::try_from(HEAD_BYTES + 4 + 1 + document.len()).ok()?;
    let head = [length, answered.wrapping_add(1), answered, OP_MSG, 0].map(i32::to_le_bytes).concat();
    Some([&head[..], &[0], &document].concat())
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn number(&mut self) -> Option<i32> {
        Some(i32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn name(&mut self) -> Option<String> {
        let end = self.0.iter().position(|&byte| byte == 0)?;
        let name = std::str::from_utf8(self.take(end)?).ok()?.to_owned();
        self.take(1)?;
        Some(name)
    }

    fn document(&mut self) -> Option<Document> {
        let length = i32::from_le_bytes(*self.0.first_chunk::<4>()?);
        let raw = RawDocument::from_bytes(self.take(usize::try_from(length).ok()?)?).ok()?;
        // Asked first: reading a document that is too deep would use up the stack.
        shallow(raw, DEPTH).then(|| Document::try_from(raw).ok())?
    }
}

/// Whether a document is whole, and its documents and lists go no deeper than `depth`.
fn shallow(raw: &RawDocument, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    raw.iter().all(|element| match element {
        Ok((_, RawBsonRef::Document(inner))) => shallow(inner, depth),
        Ok((_, RawBsonRef::Array(inner))) => {
            RawDocument::from_bytes(inner.as_bytes()).is_ok_and(|inner| shallow(inner, depth))
        }
        Ok((_, RawBsonRef::JavaScriptCodeWithScope(_))) | Err(_) => false,
        Ok(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;
    use proptest::prelude::*;

    use super::*;

    fn message(flags: u32, sections: &[u8]) -> Vec<u8> {
        [&7i32.to_le_bytes()[..], &[0; 4], &OP_MSG.to_le_bytes(), &flags.to_le_bytes(), sections].concat()
    }

    fn nested(depth: u32) -> Document {
        (1..depth).fold(Document::new(), |inner, _| doc! { "d": inner })
    }

    proptest! {
        /// Neither noise nor a message with some bytes changed or missing makes it panic.
        #[test]
        fn any_bytes_are_read_without_a_panic(
            noise in prop::collection::vec(any::<u8>(), 0..100),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let _ = read(&noise);
            let _ = read(&message(0, &noise));
            let command = doc! {"insert": "c", "documents": [{"a": [1, "two", 3.0], "b": {"c": true}}]};
            let mut bytes = message(0, &[&[0][..], &command.to_vec().expect("bytes")].concat());
            for (index, byte) in changes {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
            let _ = read(&bytes);
            let _ = read(&bytes[..cut.index(bytes.len())]);
            let _ = length([noise.first().copied().unwrap_or(0); 4]);
        }
    }

    #[test]
    fn messages_are_read_as_the_protocol_describes_them() {
        let document = |document: Document| document.to_vec().expect("bytes");
        let body = [&[0][..], &document(doc! {"insert": "c"})].concat();
        let documents = [document(doc! {"a": 1}), document(doc! {"a": 2})].concat();
        let length = i32::try_from(4 + 10 + documents.len()).expect("small").to_le_bytes();
        let sequence = [&[1][..], &length, b"documents\0", &documents].concat();
        let command = doc! {"insert": "c", "documents": [{"a": 1}, {"a": 2}]};
        let both = [&body[..], &sequence].concat();
        let wanted = |wants_answer| Some(Message { number: 7, command: command.clone(), wants_answer });
        assert_eq!(read(&message(0, &both)), wanted(true));
        assert_eq!(read(&message(1, &[&both[..], &[9; 4]].concat())), wanted(true));
        assert_eq!(read(&message(2, &both)), wanted(false));
        // A required flag that nobody knows, two bodies, no body, another kind of section.
        assert_eq!(read(&message(4, &both)), None);
        assert_eq!(read(&message(0, &[&body[..], &body].concat())), None);
        assert_eq!(read(&message(0, &sequence)), None);
        assert_eq!(read(&message(0, &[&body[..], &[2]].concat())), None);

        let answer = write(7, &doc! {"ok": 1.0}).expect("bytes");
        assert_eq!(super::length(*answer.first_chunk().expect("a length")), Some(answer.len()));
        assert_eq!(read(&answer[4..]).map(|message| message.command), Some(doc! {"ok": 1.0}));
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_refused() {
        assert_eq!(length(48_000_001i32.to_le_bytes()), None);
        assert_eq!(length((-1i32).to_le_bytes()), None);
        assert_eq!(length(25i32.to_le_bytes()), None);
        assert_eq!(length(26i32.to_le_bytes()), Some(26));
        for (depth, taken) in [(DEPTH, true), (DEPTH + 1, false)] {
            let bytes = [&[0][..], &nested(depth).to_vec().expect("bytes")].concat();
            assert_eq!(read(&message(0, &bytes)).is_some(), taken, "{depth}");
        }
        // 5,000 levels, written by hand: five bytes and a name for each.
        let mut deep = vec![5, 0, 0, 0, 0];
        for _ in 0..5_000 {
            let length = i32::try_from(deep.len() + 8).expect("small").to_le_bytes();
            deep = [&length[..], b"\x03d\0", &deep, &[0]].concat();
        }
        assert_eq!(read(&message(0, &[&[0][..], &deep].concat())), None);
    }
}
