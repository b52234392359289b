//! The words of every server, for handles that hold one.

/// Makes the server's own methods those of a handle that holds one in its field `server`.
macro_rules! is_a_server {
    ($($type:ty),+ $(,)?) => {$(
        impl std::ops::Deref for $type {
            type Target = $crate::server::Server;

            fn deref(&self) -> &$crate::server::Server {
                &self.server
            }
        }

        impl $crate::server::Handle for $type {
            fn servers(&self) -> Vec<&$crate::server::Server> {
                vec![&self.server]
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.server, f)
            }
        }
    )+};
}
pub(crate) use is_a_server;

/// Makes the server's own methods those of a service of ours, in its field `server`. It is inside this process, so
/// that breaking it cannot fail.
macro_rules! is_our_own {
    ($($type:ty),+ $(,)?) => {$(
        impl std::ops::Deref for $type {
            type Target = $crate::server::Server;

            fn deref(&self) -> &$crate::server::Server {
                &self.server
            }
        }

        impl $type {
            /// Where it listens.
            pub fn address(&self) -> std::net::SocketAddr {
                self.server.address()
            }

            /// The address of a path of it, such as `/`.
            pub fn url(&self, path: &str) -> String {
                format!("http://{}{path}", self.address())
            }

            /// Ends it at once: its port refuses, its connections break.
            pub fn kill(&self) {
                // Only a server of others can refuse.
                let _ = self.server.kill();
            }

            /// Stops it in its tracks: connections stay open, and nothing passes on them.
            pub fn pause(&self) {
                let _ = self.server.pause();
            }

            /// Lets it go on after [`pause`](Self::pause).
            pub fn resume(&self) {
                let _ = self.server.resume();
            }
        }
    )+};
}
pub(crate) use is_our_own;
