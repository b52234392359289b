//! ZooKeeper elects.

use std::time::Instant;

use lessons::lab::ZooKeeper;

use crate::{Outcome, until};

#[tokio::test]
async fn a_lost_leader_is_replaced_while_a_majority_lives() -> Outcome {
    let begun = Instant::now();
    let ensemble = ZooKeeper::start(3).await?;
    println!("an ensemble of three after {:.2} s", begun.elapsed().as_secs_f64());
    let table = ensemble.table().await?.to_string();
    assert_eq!((table.matches("leader").count(), table.matches("follower").count()), (1, 2), "{table}");
    assert_eq!(ensemble.addresses().split(',').count(), 3);

    let first = ensemble.leader().await?;
    let killed = Instant::now();
    ensemble.members()[first].kill()?;
    let second = ensemble.leader().await?;
    println!("a new leader {:.2} s after the kill", killed.elapsed().as_secs_f64());
    assert_ne!(first, second);
    assert!(ensemble.table().await?.to_string().contains("no answer"));

    // One of three is no majority: nobody leads. With two again, somebody does.
    ensemble.members()[second].kill()?;
    until("the last one stops leading or following", async || {
        let table = ensemble.table().await.map(|table| table.to_string()).unwrap_or_default();
        table.matches("no answer").count() == 3
    })
    .await;
    ensemble.members()[first].restart().await?;
    ensemble.leader().await?;
    let memory: u64 = ensemble.members().iter().map(|member| member.memory()).sum();
    println!("memory of two members: {} MB", memory / 1_000_000);
    Ok(())
}
