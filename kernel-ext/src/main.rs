//! The command `sd35`.
use kernel_ext::{
    library::Library,
    session::{Environment, Session},
};
use std::sync::Arc;
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
    let t = std::time::Instant::now();
    let mut session = Session::start(environment)?;
    eprintln!("started {:?}", t.elapsed());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::stdin(), &mut text)?;
    for cell in text.split("\n---\n") {
        let t = std::time::Instant::now();
        println!(">>> {cell}");
        let r = session.execute(cell, Arc::new(|e| println!("{e:?}")));
        if let Err(f) = r {
            println!("{} | {}\n{}", f.name, f.value, f.traceback.join("\n"));
        }
        println!("    {:?}", t.elapsed());
    }
    Ok(())
}
