//! The same question for documents: what is stored together, and what a change then costs.
//!
//! A document store writes a document as a whole. What belongs together is read at once, and what grows
//! without limit cannot be one document.

/// The largest document that MongoDB stores, in bytes: 16 MiB ("MongoDB Limits and Thresholds", MongoDB manual).
pub const LARGEST_DOCUMENT_BYTES: u64 = 16 * 1024 * 1024;

/// Items that belong to one owner, such as the messages of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Items {
    /// How many the owner has in the end.
    pub count: u64,
    /// The size of one, in bytes.
    pub item_bytes: u64,
    /// What each document has beside its items (an identity, the owner's name), in bytes.
    pub header_bytes: u64,
}

/// How items are laid out in documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All items of the owner in one document.
    Embedded,
    /// One document for each item, which names its owner.
    Referenced,
    /// So many items to a document.
    Buckets(u64),
}

/// What a layout costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Documents in the end.
    pub documents: u64,
    /// The largest of them, in bytes.
    pub largest_bytes: u64,
    /// Bytes written for one more item, on average over the owner's life: a document is written as a whole.
    pub bytes_written_per_item: f64,
    /// Documents read to show the newest `page` items; see [`cost`].
    pub documents_per_page: u64,
    /// True when the largest document is more than the store takes.
    pub too_large: bool,
}

/// What it costs to lay items out in a shape, when the newest `page` of them are read at a time.
///
/// # Panics
///
/// When a bucket holds no item.
///
/// # Examples
///
/// ```
/// use lessons::normalization::document::{Items, Shape, cost};
///
/// let messages = Items { count: 100_000, item_bytes: 200, header_bytes: 100 };
/// assert!(cost(messages, Shape::Embedded, 20).too_large);
/// assert_eq!(cost(messages, Shape::Buckets(50), 20).documents, 2_000);
/// ```
pub fn cost(items: Items, shape: Shape, page: u64) -> Cost {
    let per_document = match shape {
        Shape::Embedded => items.count.max(1),
        Shape::Referenced => 1,
        Shape::Buckets(size) => {
            assert!(size > 0, "a bucket holds at least one item");
            size
        }
    };
    let fullest = per_document.min(items.count);
    let documents = items.count.div_ceil(per_document);
    let largest_bytes = items.header_bytes + fullest * items.item_bytes;
    Cost {
        documents,
        largest_bytes,
        // The i-th item of a document writes the header and i items.
        bytes_written_per_item: items.header_bytes as f64
            + items.item_bytes as f64 * (fullest as f64 + 1.0) / 2.0,
        // The newest document may have begun with the newest item.
        documents_per_page: page
            .min(items.count)
            .saturating_sub(1)
            .div_ceil(per_document)
            .saturating_add(1)
            .min(documents),
        too_large: largest_bytes > LARGEST_DOCUMENT_BYTES,
    }
}

/// How many items one document takes before the store refuses it.
///
/// # Panics
///
/// When items have no size.
pub fn items_until_full(items: Items) -> u64 {
    assert!(items.item_bytes > 0, "an item has a size");
    LARGEST_DOCUMENT_BYTES.saturating_sub(items.header_bytes) / items.item_bytes
}
