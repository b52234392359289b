//! Two connections that have changed their protocol, and are carried as bytes from then on.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;

use crate::body::Kept;

/// Carries both ways until one side ends it: then both do. Something is kept for as long.
pub(super) fn carry(client: OnUpgrade, backend: OnUpgrade, mut kept: impl Kept) {
    tokio::spawn(async move {
        let both = tokio::try_join!(client, backend);
        let Ok((client, backend)) = both else { return };
        let (mut from_client, mut to_client) = tokio::io::split(TokioIo::new(client));
        let (mut from_backend, mut to_backend) = tokio::io::split(TokioIo::new(backend));
        // An error on one side ends the tunnel as a close does.
        let all = tokio::select! {
            there = tokio::io::copy(&mut from_client, &mut to_backend) => there.is_ok(),
            back = tokio::io::copy(&mut from_backend, &mut to_client) => back.is_ok(),
        };
        let _ = tokio::join!(to_client.shutdown(), to_backend.shutdown());
        kept.over(all);
    });
}
