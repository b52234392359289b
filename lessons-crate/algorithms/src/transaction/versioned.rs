//! A database that keeps versions: snapshots, first committer wins, and serializable snapshots.

use std::collections::{BTreeMap, BTreeSet};

/// How much of each other transactions may notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Each read sees the newest committed value. PostgreSQL's default.
    ReadCommitted,
    /// All reads see what was committed when the transaction began; of two concurrent transactions that
    /// change the same value, the first to commit wins. PostgreSQL calls it `REPEATABLE READ`.
    Snapshot,
    /// As if the transactions had run one after the other.
    Serializable,
}

/// A transaction's number.
pub type TransactionId = usize;

/// Why a transaction could not go on; its changes are gone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// A concurrent transaction changed the same value and committed first.
    #[error("refused: `{0}` was changed by a transaction that committed meanwhile; run it again")]
    Overwritten(String),
    /// It, or one that it meets, read what one concurrent transaction changed and changed what another one read.
    #[error(
        "refused: what it read was changed meanwhile, and it changed what another had read; run it again"
    )]
    Dangerous,
    /// It has ended.
    #[error("transaction {0} has ended; begin another one")]
    Ended(TransactionId),
}

/// Numbers by name, in versions, and transactions on them that may run at the same time.
///
/// A write is kept by its transaction until commit, so nobody reads what may be undone. A snapshot is a number:
/// how many commits there were when the transaction began. Checks are made at commit: first committer wins,
/// and for [`Level::Serializable`] the dangerous structure, two read-write dependencies in a row between
/// concurrent transactions, without which every execution under snapshots has an equal serial one. PostgreSQL
/// looks for the same structure while transactions run, and lets the second writer of a value wait, so it
/// refuses earlier; and it tracks ranges, where this one tracks single values.
///
/// # Complexity
///
/// A read is O(log n) plus the versions of the value, a commit O(c · k) for `c` concurrent transactions of `k`
/// values. Versions and ended transactions are kept for ever.
///
/// # Examples
///
/// ```
/// use lessons::transaction::{Level, Versioned};
///
/// let mut bank = Versioned::new([("ada", 100)]);
/// let (one, two) = (bank.begin(Level::Snapshot), bank.begin(Level::Snapshot));
/// let (seen_by_one, seen_by_two) = (bank.read(one, "ada")?, bank.read(two, "ada")?);
/// bank.write(one, "ada", seen_by_one - 80)?;
/// bank.write(two, "ada", seen_by_two - 80)?;
/// bank.commit(one)?;
/// assert!(bank.commit(two).is_err()); // 160 are not paid out of 100.
/// assert_eq!(bank.value("ada"), 20);
/// # Ok::<(), lessons::transaction::TransactionError>(())
/// ```
///
/// # Sources
///
/// H. Berenson et al., "A Critique of ANSI SQL Isolation Levels", SIGMOD 1995. A. Fekete et al., "Making Snapshot
/// Isolation Serializable", ACM TODS 30(2), 2005. M. Cahill, U. Röhm and A. Fekete, "Serializable Isolation for
/// Snapshot Databases", SIGMOD 2008. D. Ports and K. Grittner, "Serializable Snapshot Isolation in PostgreSQL",
/// VLDB 2012.
#[derive(Clone, Debug, Default)]
pub struct Versioned {
    /// Of each name: the commit that wrote a value, and the value; oldest first.
    versions: BTreeMap<String, Vec<(u64, i64)>>,
    /// How many commits there were.
    commits: u64,
    transactions: Vec<Transaction>,
}

#[derive(Clone, Debug)]
struct Transaction {
    level: Level,
    /// The commits that its snapshot has.
    began: u64,
    reads: BTreeSet<String>,
    writes: BTreeMap<String, i64>,
    state: State,
    /// Another transaction read what this one changed.
    incoming: bool,
    /// This one read what another one changed.
    outgoing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Committed(u64),
    Aborted,
}

impl Versioned {
    /// A database with these values; every other name has 0.
    pub fn new<'a>(values: impl IntoIterator<Item = (&'a str, i64)>) -> Self {
        let versions = values.into_iter().map(|(name, value)| (name.to_owned(), vec![(0, value)]));
        Self { versions: versions.collect(), ..Self::default() }
    }

    /// Begins a transaction.
    pub fn begin(&mut self, level: Level) -> TransactionId {
        self.transactions.push(Transaction {
            level,
            began: self.commits,
            reads: BTreeSet::new(),
            writes: BTreeMap::new(),
            state: State::Running,
            incoming: false,
            outgoing: false,
        });
        self.transactions.len() - 1
    }

    /// Reads a value: the transaction's own change, else what its level lets it see.
    ///
    /// # Errors
    ///
    /// When the transaction has ended.
    pub fn read(&mut self, id: TransactionId, name: &str) -> Result<i64, TransactionError> {
        let until = match self.running(id)?.level {
            Level::ReadCommitted => self.commits,
            Level::Snapshot | Level::Serializable => self.transactions[id].began,
        };
        let value = self.value_at(name, until);
        let transaction = self.running(id)?;
        if let Some(own) = transaction.writes.get(name) {
            return Ok(*own);
        }
        transaction.reads.insert(name.to_owned());
        Ok(value)
    }

    /// Changes a value; nobody else sees it before the commit.
    ///
    /// # Errors
    ///
    /// When the transaction has ended.
    pub fn write(&mut self, id: TransactionId, name: &str, value: i64) -> Result<(), TransactionError> {
        self.running(id)?.writes.insert(name.to_owned(), value);
        Ok(())
    }

    /// Makes the changes visible, all at once, or refuses and undoes them.
    ///
    /// # Errors
    ///
    /// When the transaction has ended, or its level does not allow what it did.
    pub fn commit(&mut self, id: TransactionId) -> Result<(), TransactionError> {
        self.running(id)?;
        if let Err(refused) = self.check(id) {
            self.transactions[id].state = State::Aborted;
            return Err(refused);
        }
        self.commits += 1;
        self.transactions[id].state = State::Committed(self.commits);
        for (name, value) in &self.transactions[id].writes {
            self.versions.entry(name.clone()).or_default().push((self.commits, *value));
        }
        Ok(())
    }

    /// Undoes the changes.
    ///
    /// # Errors
    ///
    /// When the transaction has ended.
    pub fn abort(&mut self, id: TransactionId) -> Result<(), TransactionError> {
        self.running(id)?.state = State::Aborted;
        Ok(())
    }

    /// The newest committed value.
    pub fn value(&self, name: &str) -> i64 {
        self.value_at(name, self.commits)
    }

    /// The newest committed values, by name.
    pub fn values(&self) -> BTreeMap<String, i64> {
        self.versions.keys().map(|name| (name.clone(), self.value(name))).collect()
    }

    fn value_at(&self, name: &str, commits: u64) -> i64 {
        let versions = self.versions.get(name).map_or(&[][..], Vec::as_slice);
        versions.iter().rev().find(|(written, _)| *written <= commits).map_or(0, |(_, value)| *value)
    }

    fn running(&mut self, id: TransactionId) -> Result<&mut Transaction, TransactionError> {
        let found = self.transactions.get_mut(id).filter(|transaction| transaction.state == State::Running);
        found.ok_or(TransactionError::Ended(id))
    }

    fn check(&mut self, id: TransactionId) -> Result<(), TransactionError> {
        let me = &self.transactions[id];
        if me.level == Level::ReadCommitted {
            return Ok(());
        }
        let concurrent = |other: &Transaction| matches!(other.state, State::Committed(at) if at > me.began);
        let others: Vec<usize> =
            (0..self.transactions.len()).filter(|other| concurrent(&self.transactions[*other])).collect();
        let changed_too =
            |name: &&String| others.iter().any(|other| self.transactions[*other].writes.contains_key(*name));
        if let Some(name) = me.writes.keys().find(changed_too) {
            return Err(TransactionError::Overwritten(name.clone()));
        }
        if me.level == Level::Snapshot {
            return Ok(());
        }
        // Who reads around whom: (reader, writer), both ways.
        let reads_around =
            |a: &Transaction, b: &Transaction| a.reads.iter().any(|name| b.writes.contains_key(name));
        let mut edges = Vec::new();
        for other in others {
            let them = &self.transactions[other];
            if them.level == Level::Serializable {
                edges.extend(reads_around(me, them).then_some((id, other)));
                edges.extend(reads_around(them, me).then_some((other, id)));
            }
        }
        let dangerous = |transaction: usize| {
            let (mut incoming, mut outgoing) =
                (self.transactions[transaction].incoming, self.transactions[transaction].outgoing);
            for (reader, writer) in &edges {
                outgoing |= *reader == transaction;
                incoming |= *writer == transaction;
            }
            incoming && outgoing
        };
        if edges.iter().any(|(reader, writer)| dangerous(*reader) || dangerous(*writer)) {
            return Err(TransactionError::Dangerous);
        }
        for (reader, writer) in edges {
            self.transactions[reader].outgoing = true;
            self.transactions[writer].incoming = true;
        }
        Ok(())
    }
}
