//! Questions of a cell to the reader: [`input`], [`password`], and what `std::io::stdin()` means in a cell.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use algorithms::interrupt;

/// What the kernel sent back, until the asking cell takes it.
static ANSWER: Mutex<Option<Answer>> = Mutex::new(None);
static ANSWERED: Condvar = Condvar::new();

/// How often a waiting question looks whether the cell was interrupted.
const GLANCE: Duration = Duration::from_millis(50);

/// The kernel's answer to a question.
pub(super) enum Answer {
    /// What the reader typed, without the end of the line.
    Text(String),
    /// Where this cell was started, nobody can be asked.
    Refused,
}

pub(super) fn answered(answer: Answer) {
    *ANSWER.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    ANSWERED.notify_all();
}

/// Asks the reader for a line of text and waits for it; the line has no line end.
///
/// # Panics
///
/// When the cell was started from where nobody can be asked, as by `sd35 check`. Unwinds when the cell is
/// interrupted.
///
/// # Examples
///
/// ```no_run
/// let name = lessons::cell::input("Your name? ");
/// println!("Hello, {name}");
/// ```
#[track_caller]
pub fn input(prompt: &str) -> String {
    ask(prompt, false)
}

/// As [`input`], for what must not be seen on the screen.
///
/// # Panics
///
/// As [`input`].
#[track_caller]
pub fn password(prompt: &str) -> String {
    ask(prompt, true)
}

#[track_caller]
fn ask(prompt: &str, hidden: bool) -> String {
    if !super::attached() {
        return ask_terminal(prompt);
    }
    // A late answer to a question that was interrupted is not an answer to this one.
    ANSWER.lock().unwrap_or_else(PoisonError::into_inner).take();
    super::frame(&json!({ "kind": "input", "prompt": prompt, "password": hidden }));
    let mut answer = ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match answer.take() {
            Some(Answer::Text(text)) => return text,
            Some(Answer::Refused) => {
                panic!("the cell asks for input ({prompt:?}), and was started from where nobody can answer")
            }
            None => {}
        }
        drop(answer);
        interrupt::checkpoint();
        answer = ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_none() {
            answer = ANSWERED.wait_timeout(answer, GLANCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Outside the kernel: a test or a program in a terminal.
fn ask_terminal(prompt: &str) -> String {
    use std::io::Write as _;
    print!("{prompt}");
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    line.trim_end_matches(['\r', '\n']).to_owned()
}

/// What `std::io::stdin()` is in a cell: each line that is read is asked for with [`input`].
///
/// (The process's own standard input carries the kernel's orders.)
pub fn stdin() -> Stdin {
    Stdin
}

/// See [`stdin`].
#[derive(Clone, Copy, Debug)]
pub struct Stdin;

impl Stdin {
    /// Appends one line, with its line end, to `line`; returns its length in bytes.
    ///
    /// # Errors
    ///
    /// Never; the result has the form of the standard library's.
    ///
    /// # Panics
    ///
    /// As [`input`].
    pub fn read_line(&self, line: &mut String) -> std::io::Result<usize> {
        let typed = input("") + "\n";
        line.push_str(&typed);
        Ok(typed.len())
    }

    /// The same lines, for what wants to read.
    pub fn lock(&self) -> BufReader<Self> {
        BufReader::new(*self)
    }

    /// One line after the other; an empty one is an empty text, so take as many as are needed.
    pub fn lines(self) -> std::io::Lines<BufReader<Self>> {
        self.lock().lines()
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let line = input("") + "\n";
        let fits = line.len().min(buffer.len());
        buffer[..fits].copy_from_slice(&line.as_bytes()[..fits]);
        Ok(fits)
    }
}
