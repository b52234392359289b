//! Reaches the running cell from any thread.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::child::{self, Writers};
use super::{GRACE, lock};

/// Reaches the running cell from any thread: stops it, or answers its question.
#[derive(Clone, Debug)]
pub struct Controls {
    pub(super) writers: Arc<Writers>,
    pub(super) process: Arc<Mutex<std::process::Child>>,
    pub(super) state: Arc<Mutex<Running>>,
}

/// The state of the cell that runs now, if any.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    cell: Option<Arc<()>>,
    /// When its code started, after it was compiled.
    pub(super) begun: Option<Instant>,
    pub(super) interrupted: bool,
    pub(super) killed: bool,
}

impl Controls {
    pub(super) fn begin(&self) {
        *lock(&self.state) = Running { cell: Some(Arc::default()), ..Running::default() };
    }

    pub(super) fn finish(&self) -> Running {
        std::mem::take(&mut *lock(&self.state))
    }

    /// Asks the running cell to stop; returns at once. A cell that has not stopped after two seconds
    /// loses its process, and with it the variables. Without a running cell nothing happens.
    pub fn interrupt(&self) {
        let cell = {
            let mut state = lock(&self.state);
            if state.cell.is_none() || state.interrupted {
                return;
            }
            state.interrupted = true;
            state.cell.clone()
        };
        let own = self.clone();
        std::thread::spawn(move || own.insist(cell, Instant::now()));
    }

    fn insist(&self, cell: Option<Arc<()>>, asked: Instant) {
        let mut told = false;
        loop {
            let mut state = lock(&self.state);
            // A cell is told from the next one by its address: a late order must not hit that.
            let same = match (&state.cell, &cell) {
                (Some(now), Some(then)) => Arc::ptr_eq(now, then),
                _ => false,
            };
            if !same {
                return;
            }
            if let Some(begun) = state.begun {
                if !told {
                    told = self.writers.interrupt().is_ok();
                }
                if begun.max(asked).elapsed() > GRACE {
                    state.killed = true;
                    child::kill_group(lock(&self.process).id());
                    return;
                }
            }
            drop(state);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Answers a cell that waits for input; `None` when nobody can be asked.
    pub fn answer(&self, text: Option<&str>) {
        // Without a process there is no question any more.
        let _ = self.writers.answer(text);
    }

    /// Ends the process that runs the cells, with everything it started.
    pub fn kill(&self) {
        child::kill_group(lock(&self.process).id());
    }
}
