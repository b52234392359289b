//! RabbitMQ: what is confirmed, delivered, lost and delivered again.

use std::time::Duration;

use lessons::lab::{Confirm, Message, RabbitMq};

use crate::Outcome;

const SOON: Duration = Duration::from_secs(5);
const MOMENT: Duration = Duration::from_millis(300);

/// One server for all of it: it takes seconds to start.
#[tokio::test]
async fn messages_are_confirmed_acknowledged_and_delivered_again() -> Outcome {
    let rabbit = RabbitMq::start().await?;
    println!("START {rabbit:?}, memory {} MB", rabbit.memory() / 1_000_000);
    assert!(rabbit.version().starts_with(|c: char| c.is_ascii_digit()), "{rabbit:?}");
    confirms(&rabbit).await?;
    work_is_shared_and_done_again(&rabbit).await?;
    exchanges_route(&rabbit).await?;
    what_is_rejected_goes_to_the_dead_letters(&rabbit).await?;
    a_crash_keeps_what_was_confirmed(&rabbit).await?;
    Ok(())
}

async fn confirms(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    connection.declare("jobs").await?;
    assert_eq!(connection.publish("", "jobs", "one").await?, Confirm::Stored);
    assert_eq!(connection.publish("", "nowhere", "two").await?, Confirm::Unroutable);
    connection.declare_with("small", &[("x-max-length", "2"), ("x-overflow", "reject-publish")]).await?;
    let confirms = connection.publish_all("", "small", ["1", "2", "3", "4"]).await?;
    assert_eq!(confirms, [Confirm::Stored, Confirm::Stored, Confirm::Refused, Confirm::Refused]);
    assert_eq!(connection.depth("small").await?, (2, 0));
    assert_eq!(connection.purge("small").await?, 2);

    // Larger than a frame, with everything that can be said about a message.
    let large = vec![7; 300_000];
    let message = Message::new(large.clone()).id("m1").reply_to("answers", "q1").priority(3).header("try", 2);
    connection.publish("", "small", message).await?;
    let delivery = connection.get("small").await?.ok_or("a message")?;
    assert_eq!(delivery.body(), large);
    let said = (delivery.id(), delivery.reply_to(), delivery.correlation_id());
    assert_eq!(said, (Some("m1"), Some("answers"), Some("q1")));
    assert_eq!(delivery.header("try"), Some(&2.into()));
    delivery.ack().await?;
    assert!(connection.get("small").await?.is_none());

    // An error ends the connection, and says why; so does a wrong password.
    let error = connection.depth("no-such-queue").await.expect_err("none").to_string();
    assert!(error.contains("NOT_FOUND - no queue 'no-such-queue'"), "{error}");
    assert!(!connection.is_open());
    let again = connection.publish("", "jobs", "x").await.expect_err("ended").to_string();
    assert!(again.contains("NOT_FOUND"), "{again}");
    let error = rabbit.connect_as("guest", "wrong").await.expect_err("refused").to_string();
    assert!(error.contains("ACCESS_REFUSED"), "{error}");
    Ok(())
}

async fn work_is_shared_and_done_again(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    connection.purge("jobs").await?;
    let (careful, hasty) = (rabbit.connect().await?, rabbit.connect().await?);
    let mut careful_jobs = careful.consume("jobs", 1).await?;
    let mut hasty_jobs = hasty.consume("jobs", 1).await?;
    connection.publish_all("", "jobs", (0..4).map(|job| format!("job {job}"))).await?;
    let first = careful_jobs.receive_within(SOON).await?.ok_or("a job")?;
    let lost = hasty_jobs.receive_within(SOON).await?.ok_or("a job")?;
    assert!(!lost.redelivered() && first.text() != lost.text());
    // With a prefetch of one, nobody gets a second before the first is acknowledged.
    assert!(careful_jobs.receive_within(MOMENT).await?.is_none());
    let table = rabbit.queues().await?.to_string();
    let row = table.lines().find(|line| line.starts_with("jobs")).ok_or("a row")?;
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["jobs", "classic", "2", "2", "2"], "{table}");
    // One crashes with its job undone: the other gets it.
    hasty.kill();
    assert!(hasty_jobs.receive().await.is_err());
    first.ack().await?;
    let mut seen = vec![first.text()];
    let mut again = 0;
    while let Some(job) = careful_jobs.receive_within(MOMENT).await? {
        again += usize::from(job.redelivered());
        seen.push(job.text());
        job.ack().await?;
    }
    seen.sort();
    assert_eq!(seen, ["job 0", "job 1", "job 2", "job 3"]);
    assert_eq!(again, 1);
    Ok(())
}

async fn exchanges_route(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    connection.exchange("events", "topic").await?;
    for (queue, pattern) in [("orders", "order.*"), ("all", "#")] {
        connection.declare(queue).await?;
        connection.bind(queue, "events", pattern).await?;
    }
    connection.publish("events", "order.paid", "a").await?;
    connection.publish("events", "user.left", "b").await?;
    assert_eq!((connection.depth("orders").await?.0, connection.depth("all").await?.0), (1, 2));
    let error = connection.exchange("events", "fanout").await.expect_err("another kind").to_string();
    assert!(error.contains("PRECONDITION_FAILED"), "{error}");
    Ok(())
}

async fn what_is_rejected_goes_to_the_dead_letters(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    connection.declare("failed").await?;
    let arguments = [("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "failed")];
    connection.declare_with("fragile", &arguments).await?;
    let mut failed = connection.consume("failed", 0).await?;
    connection.publish("", "fragile", "poison").await?;
    connection.get("fragile").await?.ok_or("a message")?.reject().await?;
    let dead = failed.receive_within(SOON).await?.ok_or("a dead letter")?;
    let reason = dead.header("x-death").and_then(|deaths| deaths[0]["reason"].as_str());
    assert_eq!((dead.text().as_str(), reason), ("poison", Some("rejected")));
    dead.ack().await?;
    connection.publish("", "fragile", Message::new("late").expires_after(Duration::from_millis(50))).await?;
    let dead = failed.receive_within(SOON).await?.ok_or("a dead letter")?;
    assert_eq!(dead.header("x-death").and_then(|deaths| deaths[0]["reason"].as_str()), Some("expired"));
    dead.requeue().await?;
    assert!(failed.receive_within(SOON).await?.is_some_and(|dead| dead.redelivered()));
    Ok(())
}

async fn a_crash_keeps_what_was_confirmed(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    connection.declare_with("votes", &[("x-queue-type", "quorum")]).await?;
    assert_eq!(connection.publish("", "votes", "yes").await?, Confirm::Stored);
    connection.declare("ledger").await?;
    let confirms =
        connection.publish_all("", "ledger", (0..20).map(|entry| format!("entry {entry}"))).await?;
    assert!(confirms.iter().all(|&confirm| confirm == Confirm::Stored));
    connection.declare("memory").await?;
    connection.publish("", "memory", Message::new("transient").transient()).await?;
    rabbit.kill()?;
    let error = connection.publish("", "ledger", "x").await.expect_err("killed").to_string();
    assert!(error.contains("ended"), "{error}");
    rabbit.restart().await?;
    println!("after a crash {rabbit:?}");
    let connection = rabbit.connect().await?;
    assert_eq!(connection.depth("ledger").await?.0, 20);
    assert_eq!(connection.depth("memory").await?.0, 0, "what was not persistent is gone");
    Ok(())
}
