use check::websocket::outbox::*;

/// Puts a message into the queue of a client, oldest first, of at most `capacity` messages. A tick (`symbol` is `Some`)
/// counts only until the next one of its symbol; a chat message (`None`) must never be lost.
fn push(waiting: &mut Vec<Message>, capacity: usize, message: Message) -> Verdict {
    todo!("is an older tick of the symbol waiting? is there room? what can go?")
}
