//! All kernels of this server: at most so many, none for longer than it is wanted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;

use super::Options;
use super::error::Refusal;
use super::kernel::Kernel;

/// How often kernels that no one uses are looked for.
const CULL_EVERY: Duration = Duration::from_secs(30);

/// The kernels by id, and what they are started with.
#[derive(Debug)]
pub(super) struct Kernels {
    command: Vec<OsString>,
    kernels_max: usize,
    idle_max: Duration,
    started: SystemTime,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    kernels: BTreeMap<String, Arc<Kernel>>,
    /// One task for each kernel; a task ends after its kernel's process.
    keepers: JoinSet<()>,
    stopping: bool,
}

impl Kernels {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            command: options.command.clone(),
            kernels_max: options.kernels_max,
            idle_max: options.idle_max,
            started: SystemTime::now(),
            inner: Mutex::default(),
        }
    }

    /// When the server started.
    pub(super) fn started(&self) -> SystemTime {
        self.started
    }

    /// All kernels, in the order of their ids.
    pub(super) fn list(&self) -> Vec<Arc<Kernel>> {
        self.lock().kernels.values().cloned().collect()
    }

    pub(super) fn models(&self) -> Vec<Value> {
        self.list().iter().map(|kernel| kernel.model()).collect()
    }

    pub(super) fn get(&self, id: &str) -> Result<Arc<Kernel>, Refusal> {
        self.lock().kernels.get(id).cloned().ok_or_else(|| Refusal::no_such_kernel(id))
    }

    /// Starts a kernel. At the limit, one whose page has gone and that has nothing to do makes room.
    pub(super) fn start(self: &Arc<Self>) -> Result<Arc<Kernel>, Refusal> {
        let mut inner = self.lock();
        if inner.stopping {
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"));
        }
        if inner.kernels.len() >= self.kernels_max {
            let abandoned = inner.kernels.values().filter(|kernel| kernel.is_abandoned());
            let Some(oldest) = abandoned.min_by_key(|kernel| kernel.last_activity()).cloned() else {
                let message = format!(
                    "{} kernels are running, which is the limit of this server; close a page or shut a kernel down",
                    self.kernels_max
                );
                return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, message));
            };
            inner.kernels.remove(&oldest.id);
            oldest.stop("the kernel was ended to make room for another");
        }
        let id = uuid::Uuid::new_v4().to_string();
        let (kernel, keeper) = Kernel::start(id.clone(), self.command.clone()).map_err(|error| {
            let message = format!("the kernel could not be started: {error}");
            eprintln!("{message}");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        })?;
        inner.kernels.insert(id.clone(), Arc::clone(&kernel));
        let all = Arc::clone(self);
        inner.keepers.spawn(async move {
            keeper.await;
            all.lock().kernels.remove(&id);
        });
        Ok(kernel)
    }

    /// Ends one kernel; completes when its process is gone.
    pub(super) async fn stop(&self, id: &str) -> Result<(), Refusal> {
        let kernel = self.get(id)?;
        kernel.stop("the kernel was shut down");
        kernel.ended().await;
        Ok(())
    }

    /// Ends kernels that no page has used for too long; never completes.
    pub(super) async fn cull(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(CULL_EVERY.min(self.idle_max));
        loop {
            ticks.tick().await;
            for kernel in self.list() {
                if kernel.quiet_for().is_some_and(|quiet| quiet > self.idle_max) {
                    kernel.stop("the kernel was ended because no page used it");
                }
            }
            // Forget the tasks that are done.
            let mut inner = self.lock();
            while inner.keepers.try_join_next().is_some() {}
        }
    }

    /// Ends all kernels, and completes when all processes are gone; no new ones are started.
    pub(super) async fn stop_all(&self) {
        let mut keepers = {
            let mut inner = self.lock();
            inner.stopping = true;
            std::mem::take(&mut inner.keepers)
        };
        for kernel in self.list() {
            kernel.stop("the server was stopped");
        }
        while keepers.join_next().await.is_some() {}
    }

    /// The table is whole at any time, also after a panic elsewhere.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
