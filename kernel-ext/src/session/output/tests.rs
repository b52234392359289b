use super::*;

fn events(pieces: &[&[u8]]) -> Vec<Event> {
    let mut parser = Parser::stdout();
    let mut events: Vec<Event> = Vec::new();
    for piece in pieces {
        parser.push(piece, &mut |event| match (events.last_mut(), event) {
            (Some(Event::Stdout(before)), Event::Stdout(text)) => before.push_str(&text),
            (_, event) => events.push(event),
        });
    }
    events
}

#[test]
fn a_frame_between_prints_keeps_its_place() {
    let stream = "one\n\u{1e}sd35 {\"kind\":\"display\",\"data\":{\"text/plain\":\"p\"}}\ntwo\n";
    let expected = vec![
        Event::Stdout("one\n".into()),
        Event::Display(Map::from_iter([("text/plain".into(), "p".into())])),
        Event::Stdout("two\n".into()),
    ];
    assert_eq!(events(&[stream.as_bytes()]), expected);
    // However the stream is cut.
    for cut in 0..stream.len() {
        assert_eq!(events(&[&stream.as_bytes()[..cut], &stream.as_bytes()[cut..]]), expected, "{cut}");
    }
}

#[test]
fn the_engines_end_line_is_dropped_even_after_unfinished_text() {
    assert_eq!(
        events(&[b"no newlineEVCXR_EXECUTION_COMPLETE\n", mark(3).as_bytes()]),
        [Event::Stdout("no newline".into()), Event::Mark(3)]
    );
}

#[test]
fn characters_are_never_cut() {
    let stream = "zażółć — ✓\n";
    for cut in 0..stream.len() {
        let pieces = [&stream.as_bytes()[..cut], &stream.as_bytes()[cut..]];
        assert_eq!(events(&pieces), [Event::Stdout(stream.into())], "{cut}");
    }
}

#[test]
fn content_blocks_of_other_crates_are_results() {
    assert_eq!(
        events(&[b"EVCXR_BEGIN_CONTENT text/html\n<b>x</b>\nEVCXR_END_CONTENT\n"]),
        [Event::Result(Map::from_iter([("text/html".into(), "<b>x</b>".into())]))]
    );
}

#[test]
fn a_crash_keeps_one_line() {
    for line in ["Segmentation fault.\n", "memory allocation of 8 bytes failed\n"] {
        let mut parser = Parser::stderr();
        let mut events = Vec::new();
        let crash = format!("{line}  0: frames\n{}", mark(1));
        parser.push(crash.as_bytes(), &mut |event| events.push(event));
        assert_eq!(events, [Event::Stderr(line.into()), Event::Mark(1)]);
    }
}

fn html(text: &str) -> Event {
    Event::Result(Map::from_iter([("text/html".into(), text.into())]))
}

#[test]
fn nothing_that_a_cell_prints_hides_the_mark_after_it() {
    let end = mark(1);
    let shown = |printed: &str| {
        let all = format!("{printed}EVCXR_EXECUTION_COMPLETE\n{end}");
        let whole = events(&[all.as_bytes()]);
        for cut in 0..all.len() {
            assert_eq!(
                events(&[&all.as_bytes()[..cut], &all.as_bytes()[cut..]]),
                whole,
                "{printed} at {cut}"
            );
        }
        assert_eq!(whole.last(), Some(&Event::Mark(1)), "{printed}");
        whole
    };
    // Text that only looks like the start of something stays text.
    for printed in [
        "Write EVCXR_BEGIN_CONTENT text/html and EVCXR_END_CONTENT around it\n",
        "EVCXR_BEGIN_CONTENT\n",
        "EVCXR_BEGIN_CONTENT \n",
        "EVCXR_BEGIN_CONTENT html\n",
        "EVCXR_BEGIN_CONTENT text/html",
        "\nEVCXR_END_CONTENT\n",
        "\u{1e}sd35 ",
        "\u{1e}sd35 {\"kind\":\"display\"",
        "\u{1e}sd35 {}\n",
        "\u{1e}sd35 \u{1e}sd35 x\n",
        "\u{1e}sd3",
        "żó",
    ] {
        assert_eq!(shown(printed), [Event::Stdout(printed.into()), Event::Mark(1)], "{printed}");
    }
    // So does a value that never ends, with a word about it.
    for printed in [
        "EVCXR_BEGIN_CONTENT text/html\nnever ended",
        "EVCXR_BEGIN_CONTENT text/html\nnever\nEVCXR_END_CONTENTS\nended\n",
        "EVCXR_BEGIN_CONTENT text/html\n",
    ] {
        let events = shown(printed);
        let [Event::Stdout(text), Event::Stderr(word), _] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(text, printed);
        assert!(word.contains("`EVCXR_BEGIN_CONTENT text/html` has no `EVCXR_END_CONTENT`"), "{word}");
    }
    // A last line needs no end of its own.
    let block = "EVCXR_BEGIN_CONTENT text/html\n<b>x</b>\nEVCXR_END_CONTENT";
    assert_eq!(shown(block), [html("<b>x</b>"), Event::Mark(1)]);
    assert_eq!(shown("EVCXR_BEGIN_CONTENT text/html\nEVCXR_END_CONTENT\n"), [html(""), Event::Mark(1)]);
}

#[test]
fn a_panic_in_the_middle_of_a_value_is_heard() {
    let panic = "\u{1e}sd35 {\"kind\":\"panicked\"}\n";
    let events = events(&[format!("EVCXR_BEGIN_CONTENT a/b\nc\n{panic}{}", mark(1)).as_bytes()]);
    assert_eq!(events[..2], [Event::Panicked, Event::Stdout("EVCXR_BEGIN_CONTENT a/b\nc\n".into())]);
    assert_eq!(events.last(), Some(&Event::Mark(1)));
}

#[test]
fn a_long_value_takes_time_in_proportion() {
    let time = |length: usize| {
        let value = "x".repeat(length);
        let begun = std::time::Instant::now();
        let frame = format!("\u{1e}sd35 {{\"kind\":\"stderr\",\"text\":\"{value}\"}}\n");
        let block = format!("EVCXR_BEGIN_CONTENT a/b\n{value}\nEVCXR_END_CONTENT\n");
        let mut parser = Parser::stdout();
        let mut count = 0;
        for piece in [frame, block].concat().as_bytes().chunks(1 << 12) {
            parser.push(piece, &mut |_| count += 1);
        }
        assert_eq!(count, 2);
        begun.elapsed()
    };
    let best = |length| (0..5).map(|_| time(length)).min().unwrap_or_default();
    // Four times as long; the square would be sixteen.
    let (short, long) = (best(1 << 20), best(1 << 22));
    assert!(long < short * 10, "{short:?} and {long:?}");
}
