//! The process that runs cells, and the pipes between it and the kernel.
//!
//! Three pipes are opened once and survive restarts of the process: standard output and standard error
//! towards the kernel, orders towards the process (see `lessons::cell`). The kernel keeps both ends, so
//! that no read ever ends early, and so that it can put marks of its own into the output.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::Arc;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process_group};

/// The environment variable by which `lessons::cell` finds its ends.
const PIPES: &str = "SD35_PIPES";
/// Orders, as `lessons::cell` reads them.
const INTERRUPT: u8 = b'i';
const ANSWER: u8 = b'a';
const NO_ANSWER: u8 = b'n';
/// In bytes; a pipe holds 64 KiB.
const LONGEST_ANSWER: usize = 32 << 10;

/// The kernel's ends, and those it lends to the process.
#[derive(Debug)]
pub(crate) struct Pipes {
    pub(crate) out: PipeReader,
    pub(crate) err: PipeReader,
    pub(crate) writers: Arc<Writers>,
}

/// The ends that are written to.
#[derive(Debug)]
pub(crate) struct Writers {
    out: PipeWriter,
    err: PipeWriter,
    orders: PipeWriter,
    /// Read by the process only; kept open here.
    orders_reader: PipeReader,
}

impl Pipes {
    pub(crate) fn open() -> io::Result<Self> {
        let (out, out_writer) = io::pipe()?;
        let (err, err_writer) = io::pipe()?;
        let (orders_reader, orders) = io::pipe()?;
        let writers = Writers { out: out_writer, err: err_writer, orders, orders_reader };
        Ok(Self { out, err, writers: Arc::new(writers) })
    }
}

impl Writers {
    /// Adds to `command` what a process needs to inherit its ends, and makes it end with the kernel.
    #[allow(
        unsafe_code,
        reason = "pre_exec is the only way to pass descriptors on, and to die with the parent"
    )]
    pub(crate) fn lend(self: &Arc<Self>, command: &mut Command) {
        let lent = [self.out.as_raw_fd(), self.err.as_raw_fd(), self.orders_reader.as_raw_fd()];
        command.env(PIPES, lent.map(|fd| fd.to_string()).join(","));
        // A group of its own: a keyboard interrupt in the terminal reaches the kernel only.
        command.process_group(0);
        let own = Arc::clone(self);
        // SAFETY: between fork and exec the closure makes system calls only: it neither allocates nor locks.
        unsafe {
            command.pre_exec(move || {
                fcntl_setfd(&own.out, FdFlags::empty())?;
                fcntl_setfd(&own.err, FdFlags::empty())?;
                fcntl_setfd(&own.orders_reader, FdFlags::empty())?;
                #[cfg(target_os = "linux")]
                let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
                Ok(())
            });
        }
    }

    /// Marks this place in both streams: everything written before is before the mark.
    pub(crate) fn mark(&self, frame: &str) -> io::Result<()> {
        (&self.out).write_all(frame.as_bytes())?;
        (&self.err).write_all(frame.as_bytes())
    }

    /// Marks this place in standard error only.
    pub(crate) fn mark_err(&self, frame: &str) -> io::Result<()> {
        (&self.err).write_all(frame.as_bytes())
    }

    /// A name under which this process's children find the cells' standard error.
    pub(crate) fn stderr_path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.err.as_raw_fd())
    }

    /// Asks the running cell to stop at its next checkpoint.
    pub(crate) fn interrupt(&self) -> io::Result<()> {
        (&self.orders).write_all(&[INTERRUPT])
    }

    /// Answers the cell's question, or says that nobody can be asked.
    pub(crate) fn answer(&self, text: Option<&str>) -> io::Result<()> {
        let Some(text) = text else { return (&self.orders).write_all(&[NO_ANSWER]) };
        // An answer that fills the pipe would wait for a cell that may have stopped reading.
        let text = &text[..text.floor_char_boundary(LONGEST_ANSWER)];
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        let mut order = vec![ANSWER];
        order.extend_from_slice(&length.to_le_bytes());
        order.extend_from_slice(text.as_bytes());
        (&self.orders).write_all(&order)
    }
}

/// Kills the process and everything it started.
pub(crate) fn kill_group(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that has ended already needs no signal.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}
