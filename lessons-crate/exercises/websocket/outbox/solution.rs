use check::websocket::outbox::*;

fn push(waiting: &mut Vec<Message>, capacity: usize, message: Message) -> Verdict {
    if message.symbol.is_some() {
        if let Some(old) = waiting.iter_mut().find(|old| old.symbol == message.symbol) {
            *old = message;
            return Verdict::Replaced;
        }
    }
    if waiting.len() < capacity {
        waiting.push(message);
        return Verdict::Queued;
    }
    match waiting.iter().position(|old| old.symbol.is_some()) {
        Some(oldest_tick) => {
            waiting.remove(oldest_tick);
            waiting.push(message);
            Verdict::Dropped
        }
        None => Verdict::Disconnect,
    }
}
