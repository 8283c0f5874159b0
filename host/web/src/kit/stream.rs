//! Server-sent events (WHATWG HTML, "Server-sent events").
//!
//! Guarantees: an event cannot break out of its field, whatever its text; the stream ends when its
//! source ends or the browser goes away. Does not: number events, since every event here tells the
//! whole state.

use super::answer::Answer;
use bytes::Bytes;
use core::convert::Infallible;
use futures_util::{Stream, StreamExt as _};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What kind; no line breaks.
    pub name: &'static str,
    /// Usually JSON.
    pub data: String,
}

impl Event {
    fn to_bytes(&self) -> Bytes {
        let mut text = format!("event: {}\n", self.name);
        for line in self.data.lines() {
            text.push_str("data: ");
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
        Bytes::from(text)
    }
}

/// An answer that sends `events` as they come.
pub fn events(events: impl Stream<Item = Event> + Send + 'static) -> Answer {
    let frames = events.map(|event| Ok::<_, Infallible>(Frame::data(event.to_bytes())));
    Answer::streaming("text/event-stream", StreamBody::new(frames).boxed_unsync())
        .header(http::HeaderName::from_static("x-accel-buffering"), "no")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_cannot_begin_another_event() {
        let event = Event { name: "state", data: "a\n\nevent: evil".into() };
        assert_eq!(event.to_bytes(), "event: state\ndata: a\ndata: \ndata: event: evil\n\n");
    }
}
