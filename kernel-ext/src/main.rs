//! The command `sd35`.
use kernel_ext::{kernel, library::Library, lines, session::Environment};
fn main() -> anyhow::Result<()> {
    evcxr::runtime_hook();
    let environment = match Environment::current() {
        Some(e) => e,
        None => {
            let l = Library::prepare(&mut |s| eprintln!("{s}"))?;
            Environment::enter(&l)?;
            unreachable!()
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async { lines::run(kernel::start(environment)).await })?;
    Ok(())
}
