//! PgBouncer: many clients over few connections.

use sqlx::postgres::PgPool;

use super::{Postgres, USER, passwords, pool, ready};
use crate::ground::error::Task;
use crate::ground::program::{Package, Program, Version};
use crate::ground::secret::Secret;
use crate::kind::{Kind, Start};
use crate::server::{Launch, Place, Server};
use crate::sql::{self, Rows};
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "pgbouncer",
    package: Package::Named("pgbouncer"),
    // One that runs already has a configuration of its own.
    variable: None,
    version: Version::Flag("--version"),
    oldest: "1.12",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "pgbouncer",
    title: "PgBouncer",
    about: "a pool of connections before PostgreSQL",
    programs: &[&PROGRAM],
    start: Start::Never,
    slow: false,
    containers: &[],
};

/// One PgBouncer in front of a PostgreSQL, which lends a connection for one transaction at a time.
pub struct PgBouncer {
    server: Server,
    pool: PgPool,
}

is_a_server!(PgBouncer);

impl PgBouncer {
    /// Starts one with so many connections to the server; up to 500 clients share them.
    ///
    /// # Errors
    ///
    /// When there is no PgBouncer on this machine, or it does not start.
    pub fn start(postgres: &Postgres, connections: u32) -> Task<'static, Self> {
        let (address, secret) = (postgres.address(), postgres.secret().cloned());
        Box::pin(async move {
            let found = PROGRAM.find()?;
            let place = Place::new("PgBouncer", None)?;
            // Of its clients, and its own at the server: one password.
            let password = secret.as_ref().map_or("", Secret::as_str);
            let users = place.write("users", format!("\"{USER}\" \"{password}\"\n"))?;
            let lines = [
                "[databases]".to_owned(),
                format!("postgres = host={} port={} user={USER}", address.ip(), address.port()),
                "[pgbouncer]".into(),
                "listen_addr = 127.0.0.1".into(),
                format!("listen_port = {}", place.port()),
                "unix_socket_dir =".into(),
                // Cheap for each new connection, which is what a lesson measures; the password is random.
                format!("auth_type = {}", if secret.is_some() { "md5" } else { "any" }),
                format!("auth_file = {users}"),
                format!("admin_users = {USER}"),
                "pool_mode = transaction".into(),
                format!("default_pool_size = {connections}"),
                "max_client_conn = 500".into(),
                // What clients of Rust send, and a shared connection cannot keep.
                "ignore_startup_parameters = extra_float_digits".into(),
            ];
            let file = place.write("pgbouncer.ini", lines.join("\n") + "\n")?;
            let passwords = passwords(&place)?;
            let shell = format!("PGPASSFILE={passwords} psql -h 127.0.0.1 -p {} -U {USER}", place.port());
            let mut launch = Launch::new(found, ready()).arguments([file]);
            if let Some(secret) = &secret {
                launch = launch.locked(secret, shell);
            }
            let server = place.start(launch).await?;
            let pool = pool(server.address(), server.secret());
            Ok(Self { server, pool })
        })
    }

    /// Runs statements through it.
    ///
    /// # Errors
    ///
    /// When it does not answer, or answers with an error.
    pub fn sql(&self, statements: &str) -> Task<'static, Rows> {
        let (pool, statements) = (self.pool.clone(), statements.to_owned());
        Box::pin(async move { sql::run("PgBouncer", &pool, statements).await })
    }
}
