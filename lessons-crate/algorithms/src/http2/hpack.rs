//! HPACK: the header fields of HTTP/2 in few bytes.
//!
//! Requests repeat themselves. Both sides keep the same table of fields that were sent, and a field that is in it becomes
//! one byte; 61 usual ones are there from the beginning. The rest is text, in a Huffman code made for headers.
//!
//! It never compresses one field by another, as gzip would: then an attacker who can add fields could guess a secret one
//! letter by letter, by looking at the lengths (CRIME, 2012). Fields marked sensitive are not put into the table at all.
//!
//! # Sources
//!
//! R. Peon, H. Ruellan, "HPACK: Header Compression for HTTP/2", RFC 7541, 2015.

mod huffman;
mod integer;
mod static_table;
mod table;

pub use huffman::{huffman_decode, huffman_encode, huffman_len};
pub use integer::{get_integer, put_integer};
pub use static_table::STATIC_TABLE;
use table::Table;

/// The size of the dynamic table unless the decoder's side says otherwise, in bytes as section 4.1 counts them.
pub const TABLE_BYTES: usize = 4_096;

/// The fields of one block may have so many bytes, counted as in the table: a few bytes can name a large field often.
const LIST_BYTES_MAX: usize = 64 * 1024;

/// Why bytes are no block of header fields (`COMPRESSION_ERROR`): both tables differ then, and the connection must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HpackError {
    /// The block ends within a field.
    #[error("the block ends within a field")]
    Truncated,
    /// An integer of more than 32 bits.
    #[error("an integer has more than 32 bits")]
    Integer,
    /// No field has this index.
    #[error("no field has the index {0}")]
    Index(usize),
    /// The padding of a Huffman code is longer than 7 bits or not all ones, or the end is coded within the text.
    #[error("the Huffman code is not padded with up to seven ones")]
    Huffman,
    /// A change of the table's size that is too large, or not at the beginning of a block.
    #[error("the table cannot be given {0} bytes here")]
    TableSize(usize),
    /// The fields are too many or too large.
    #[error("the fields of the block have more than {LIST_BYTES_MAX} bytes")]
    ListTooLarge,
}

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// In small letters.
    pub name: Vec<u8>,
    /// Any bytes.
    pub value: Vec<u8>,
    /// Never to be kept in a table, by nobody along the way: a password, a short token.
    pub sensitive: bool,
}

impl Field {
    /// A field that may be kept.
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.into(), value: value.into(), sensitive: false }
    }

    /// What it counts in a table: 32 bytes for what an entry costs besides its text.
    pub fn size_bytes(&self) -> usize {
        self.name.len() + self.value.len() + 32
    }
}

/// Reads blocks of one connection, in order: each can refer to what came before.
///
/// # Complexity
///
/// O(bytes of the block and of the fields).
///
/// # Examples
///
/// ```
/// use lessons::http2::hpack::{Decoder, Field};
///
/// let mut decoder = Decoder::default();
/// // Three fields of the static table, and the name of a fourth with a value of its own.
/// let first = decoder.decode(b"\x82\x86\x84\x41\x0fwww.example.com")?;
/// assert_eq!(first[3], Field::new(":authority", "www.example.com"));
/// // The next request is four bytes.
/// assert_eq!(decoder.decode(b"\x82\x86\x84\xbe")?, first);
/// # Ok::<(), lessons::http2::hpack::HpackError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    table: Table,
    /// What we allowed the encoder.
    max_bytes: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_table_bytes(TABLE_BYTES)
    }
}

impl Decoder {
    /// One that keeps up to so many bytes of fields.
    pub fn with_table_bytes(max_bytes: usize) -> Self {
        Self { table: Table::new(max_bytes), max_bytes }
    }

    /// The fields of a block.
    ///
    /// # Errors
    ///
    /// See [`HpackError`].
    pub fn decode(&mut self, block: &[u8]) -> Result<Vec<Field>, HpackError> {
        let (mut rest, mut fields, mut bytes) = (block, Vec::new(), 0);
        while let Some(&first) = rest.first() {
            if first & 0xe0 == 0x20 {
                let size = take_integer(&mut rest, 5)?;
                if size > self.max_bytes || !fields.is_empty() {
                    return Err(HpackError::TableSize(size));
                }
                self.table.resize(size);
                continue;
            }
            let field = if first & 0x80 != 0 {
                let index = take_integer(&mut rest, 7)?;
                self.table.get(index).ok_or(HpackError::Index(index))?
            } else {
                let keep = first & 0x40 != 0;
                let field = self.literal(&mut rest, if keep { 6 } else { 4 }, first & 0xf0 == 0x10)?;
                if keep {
                    self.table.insert(field.clone());
                }
                field
            };
            bytes += field.size_bytes();
            if bytes > LIST_BYTES_MAX {
                return Err(HpackError::ListTooLarge);
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn literal(&self, rest: &mut &[u8], prefix: u32, sensitive: bool) -> Result<Field, HpackError> {
        let name = match take_integer(rest, prefix)? {
            0 => take_text(rest)?,
            index => self.table.get(index).ok_or(HpackError::Index(index))?.name,
        };
        Ok(Field { name, value: take_text(rest)?, sensitive })
    }

    /// What its dynamic table holds, in bytes.
    pub fn table_bytes(&self) -> usize {
        self.table.bytes()
    }
}

fn take_integer(rest: &mut &[u8], prefix: u32) -> Result<usize, HpackError> {
    let (value, used) = get_integer(rest, prefix)?;
    *rest = &rest[used..];
    Ok(value as usize)
}

fn take_text(rest: &mut &[u8]) -> Result<Vec<u8>, HpackError> {
    let coded = rest.first().ok_or(HpackError::Truncated)? & 0x80 != 0;
    let length = take_integer(rest, 7)?;
    let text = rest.get(..length).ok_or(HpackError::Truncated)?;
    *rest = &rest[length..];
    if coded { huffman_decode(text) } else { Ok(text.to_vec()) }
}

/// Writes blocks of one connection, in order.
///
/// A field in the table becomes its index; another is written and put into the table, unless it is sensitive. O(fields ×
/// table), as an encoder without an index of its own is; the table has at most a hundred or so entries.
///
/// # Examples
///
/// ```
/// use lessons::http2::hpack::{Decoder, Encoder, Field};
///
/// let request = [Field::new(":method", "GET"), Field::new("user-agent", "lesson/1.0")];
/// let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
/// let (first, second) = (encoder.encode(&request), encoder.encode(&request));
/// assert_eq!((first.len(), second.len()), (10, 2));
/// assert_eq!(decoder.decode(&first)?, request);
/// assert_eq!(decoder.decode(&second)?, request);
/// # Ok::<(), lessons::http2::hpack::HpackError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    table: Table,
    /// The smallest size and the last since the block before, of which the decoder must be told.
    resized: Option<(usize, usize)>,
    huffman: bool,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { table: Table::new(TABLE_BYTES), resized: None, huffman: true }
    }
}

impl Encoder {
    /// One that writes texts as they are: easier to read in a lesson.
    pub fn without_huffman() -> Self {
        Self { huffman: false, ..Self::default() }
    }

    /// Uses a table of another size from the next block on; not more than the decoder allows.
    pub fn resize(&mut self, bytes: usize) {
        self.table.resize(bytes);
        let smallest = self.resized.map_or(bytes, |(smallest, _)| smallest.min(bytes));
        self.resized = Some((smallest, bytes));
    }

    /// The block of some fields.
    pub fn encode(&mut self, fields: &[Field]) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some((smallest, last)) = self.resized.take() {
            // What the smallest size threw out, the decoder must throw out, too.
            if smallest < last {
                put_integer(smallest as u32, 5, 0x20, &mut out);
            }
            put_integer(last as u32, 5, 0x20, &mut out);
        }
        for field in fields {
            let (whole, name) = self.table.find(field);
            match (field.sensitive, whole) {
                (false, Some(index)) => put_integer(index as u32, 7, 0x80, &mut out),
                (false, None) => {
                    self.literal(field, name, 6, 0x40, &mut out);
                    self.table.insert(field.clone());
                }
                (true, _) => self.literal(field, name, 4, 0x10, &mut out),
            }
        }
        out
    }

    fn literal(&self, field: &Field, name: Option<usize>, prefix: u32, first: u8, out: &mut Vec<u8>) {
        put_integer(name.unwrap_or(0) as u32, prefix, first, out);
        if name.is_none() {
            self.text(&field.name, out);
        }
        self.text(&field.value, out);
    }

    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        let coded = huffman_len(text);
        if self.huffman && coded <= text.len() {
            put_integer(coded as u32, 7, 0x80, out);
            huffman_encode(text, out);
        } else {
            put_integer(text.len() as u32, 7, 0, out);
            out.extend_from_slice(text);
        }
    }
}

#[cfg(test)]
mod tests;
