//! Bodies of HTTP messages: whole, or coming piece by piece.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use hyper::{Response, StatusCode};

/// Any error of others.
pub(crate) type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer: data as it comes, and trailers after it.
pub(crate) type Body = UnsyncBoxBody<Bytes, AnyError>;

/// What a door answers with.
pub(crate) type Answer = Response<Body>;

/// Any body in a box.
pub(crate) fn boxed<B>(body: B) -> Body
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<AnyError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// An answer of our own.
pub(crate) fn plain(status: u16, text: &str) -> Answer {
    let mut answer = Response::new(boxed(Full::new(Bytes::from(text.to_owned()))));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer
}

/// What a body keeps for as long as it comes, such as a place in a line.
pub(crate) trait Kept: Send + Unpin + 'static {
    /// The body is over: all of it came, or it broke off. Not called when nobody wanted the rest.
    fn over(&mut self, _all: bool) {}
}

impl<A: Kept, B: Kept> Kept for (A, B) {
    fn over(&mut self, all: bool) {
        self.0.over(all);
        self.1.over(all);
    }
}

/// A body that keeps something until it is over or nobody wants the rest.
pub(crate) fn keeping<B>(body: B, kept: impl Kept) -> Body
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<AnyError>,
{
    Keeping { body: boxed(body), kept: Some(kept) }.boxed_unsync()
}

struct Keeping<K> {
    body: Body,
    kept: Option<K>,
}

impl<K: Kept> HttpBody for Keeping<K> {
    type Data = Bytes;
    type Error = AnyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnyError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        let over = match &frame {
            Poll::Ready(Some(Err(_))) => Some(false),
            Poll::Ready(None) => Some(true),
            // HTTP/1 asks no further when all of the promised length came.
            Poll::Ready(Some(Ok(_))) if self.body.is_end_stream() => Some(true),
            _ => None,
        };
        if let Some(all) = over
            && let Some(mut kept) = self.kept.take()
        {
            kept.over(all);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
