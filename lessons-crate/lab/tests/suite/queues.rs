//! RabbitMQ: what is confirmed, delivered, lost and delivered again.

use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::*;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer, ExchangeKind,
};
use lessons::lab::{Link, RabbitMq};

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
    errors_say_why(&rabbit).await?;
    work_is_shared_and_done_again(&rabbit).await?;
    exchanges_route(&rabbit).await?;
    what_is_rejected_goes_to_the_dead_letters(&rabbit).await?;
    a_crash_keeps_what_was_confirmed(&rabbit).await?;
    Ok(())
}

/// A channel whose publishes are confirmed. The connection lives as long as its channel.
async fn channel(connection: &Connection) -> Result<Channel, lapin::Error> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

async fn declare(
    channel: &Channel,
    queue: &str,
    arguments: &[(&str, AMQPValue)],
) -> Result<(), lapin::Error> {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert((*name).into(), value.clone());
    }
    channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), table).await.map(drop)
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// Publishes a persistent message, which comes back if no queue takes it.
async fn publish(
    channel: &Channel,
    exchange: &str,
    key: &str,
    body: impl AsRef<[u8]>,
    about: BasicProperties,
) -> Result<Confirmation, lapin::Error> {
    let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let about = if about.delivery_mode().is_none() { about.with_delivery_mode(2) } else { about };
    channel.basic_publish(exchange.into(), key.into(), mandatory, body.as_ref(), about).await?.await
}

async fn put(channel: &Channel, queue: &str, body: &str) -> Result<Confirmation, lapin::Error> {
    publish(channel, "", queue, body, BasicProperties::default()).await
}

async fn consume(channel: &Channel, queue: &str, prefetch: u16) -> Result<Consumer, lapin::Error> {
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
    channel.basic_consume(queue.into(), "".into(), options, none).await
}

/// The next message, if one comes within `time`.
async fn next(consumer: &mut Consumer, time: Duration) -> Option<Delivery> {
    tokio::time::timeout(time, consumer.next()).await.ok()??.ok()
}

async fn depth(channel: &Channel, queue: &str) -> Result<u32, lapin::Error> {
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    Ok(channel.queue_declare(queue.into(), passive, FieldTable::default()).await?.message_count())
}

fn body(delivery: &Delivery) -> String {
    String::from_utf8_lossy(&delivery.data).into_owned()
}

async fn confirms(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    let channel = channel(&connection).await?;
    declare(&channel, "jobs", &[]).await?;
    assert_eq!(put(&channel, "jobs", "one").await?, Confirmation::Ack(None));
    let returned = put(&channel, "nowhere", "two").await?.take_message().ok_or("it comes back")?;
    assert_eq!(returned.reply_text.as_str(), "NO_ROUTE");
    let full = [("x-max-length", AMQPValue::LongInt(2)), ("x-overflow", text("reject-publish"))];
    declare(&channel, "small", &full).await?;
    let mut stored = Vec::new();
    for entry in ["1", "2", "3", "4"] {
        stored.push(put(&channel, "small", entry).await?.is_ack());
    }
    assert_eq!(stored, [true, true, false, false]);
    assert_eq!(depth(&channel, "small").await?, 2);
    assert_eq!(channel.queue_purge("small".into(), QueuePurgeOptions::default()).await?, 2);

    // Larger than a frame, with everything that can be said about a message.
    let large = vec![7; 300_000];
    let about = BasicProperties::default()
        .with_message_id("m1".into())
        .with_reply_to("answers".into())
        .with_correlation_id("q1".into())
        .with_priority(3);
    publish(&channel, "", "small", &large, about.clone()).await?;
    let got = channel.basic_get("small".into(), BasicGetOptions::default()).await?.ok_or("a message")?;
    assert_eq!(got.data, large);
    assert_eq!(got.properties, about.with_delivery_mode(2));
    got.ack(BasicAckOptions::default()).await?;
    assert!(channel.basic_get("small".into(), BasicGetOptions::default()).await?.is_none());
    Ok(())
}

/// An error closes the channel that it happened on, and no other; a wrong password lets nobody in.
async fn errors_say_why(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    let (broken, other) = (channel(&connection).await?, channel(&connection).await?);
    let error = depth(&broken, "no-such-queue").await.expect_err("none").to_string();
    assert!(error.contains("NOT_FOUND - no queue 'no-such-queue'"), "{error}");
    assert!(put(&broken, "jobs", "x").await.is_err());
    assert!(put(&other, "jobs", "x").await?.is_ack());
    let error = rabbit.connect_as("guest", "wrong").await.expect_err("refused").to_string();
    assert!(error.contains("ACCESS_REFUSED") && error.contains("RabbitMQ"), "{error}");

    // What nobody can know: whether a message arrived whose confirm was cut off.
    let link = Link::to(rabbit.address()).await?;
    let connection = rabbit.connect_through(&link).await?;
    let far = channel(&connection).await?;
    assert!(put(&far, "jobs", "x").await?.is_ack());
    link.cut();
    assert!(tokio::time::timeout(MOMENT, put(&far, "jobs", "y")).await.is_err());
    Ok(())
}

async fn work_is_shared_and_done_again(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    let publisher = channel(&connection).await?;
    publisher.queue_purge("jobs".into(), QueuePurgeOptions::default()).await?;
    let (careful, hasty) = (rabbit.connect().await?, rabbit.connect().await?);
    let mut careful_jobs = consume(&channel(&careful).await?, "jobs", 1).await?;
    let hasty_channel = channel(&hasty).await?;
    let mut hasty_jobs = consume(&hasty_channel, "jobs", 1).await?;
    for job in 0..4 {
        put(&publisher, "jobs", &format!("job {job}")).await?;
    }
    let first = next(&mut careful_jobs, SOON).await.ok_or("a job")?;
    let lost = next(&mut hasty_jobs, SOON).await.ok_or("a job")?;
    assert!(!lost.redelivered && body(&first) != body(&lost));
    // With a prefetch of one, nobody gets a second before the first is acknowledged.
    assert!(next(&mut careful_jobs, MOMENT).await.is_none());
    let table = rabbit.queues().await?.to_string();
    let row = table.lines().find(|line| line.starts_with("jobs")).ok_or("a row")?;
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["jobs", "classic", "2", "2", "2"], "{table}");
    // One leaves with its job undone: the other gets it.
    hasty.close(200, "gone".into()).await?;
    // Too late: its word is not sent, and the client says so.
    assert!(!lost.ack(BasicAckOptions::default()).await.unwrap_or(false));
    first.ack(BasicAckOptions::default()).await?;
    let mut seen = vec![body(&first)];
    let mut again = 0;
    while let Some(job) = next(&mut careful_jobs, MOMENT).await {
        again += usize::from(job.redelivered);
        seen.push(body(&job));
        job.ack(BasicAckOptions::default()).await?;
    }
    seen.sort();
    assert_eq!(seen, ["job 0", "job 1", "job 2", "job 3"]);
    assert_eq!(again, 1);
    Ok(())
}

async fn exchanges_route(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    let channel = channel(&connection).await?;
    let none = FieldTable::default;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare("events".into(), ExchangeKind::Topic, durable, none()).await?;
    for (queue, pattern) in [("orders", "order.*"), ("all", "#")] {
        declare(&channel, queue, &[]).await?;
        let bind = QueueBindOptions::default();
        channel.queue_bind(queue.into(), "events".into(), pattern.into(), bind, none()).await?;
    }
    publish(&channel, "events", "order.paid", "a", BasicProperties::default()).await?;
    publish(&channel, "events", "user.left", "b", BasicProperties::default()).await?;
    assert_eq!((depth(&channel, "orders").await?, depth(&channel, "all").await?), (1, 2));
    let error = channel.exchange_declare("events".into(), ExchangeKind::Fanout, durable, none()).await;
    let error = error.expect_err("another kind").to_string();
    assert!(error.contains("PRECONDITION_FAILED"), "{error}");
    Ok(())
}

/// Why a message was dead-lettered, from its header `x-death`.
fn reason(dead: &Delivery) -> Option<String> {
    let deaths = dead.properties.headers().as_ref()?.inner().get("x-death")?.as_array()?;
    let reason = deaths.as_slice().first()?.as_field_table()?.inner().get("reason")?;
    Some(reason.as_long_string()?.to_string())
}

async fn what_is_rejected_goes_to_the_dead_letters(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    let channel = channel(&connection).await?;
    declare(&channel, "failed", &[]).await?;
    let onward = [("x-dead-letter-exchange", text("")), ("x-dead-letter-routing-key", text("failed"))];
    declare(&channel, "fragile", &onward).await?;
    let mut failed = consume(&channel, "failed", 0).await?;
    put(&channel, "fragile", "poison").await?;
    let poison = channel.basic_get("fragile".into(), BasicGetOptions::default()).await?;
    poison.ok_or("a message")?.reject(BasicRejectOptions { requeue: false }).await?;
    let dead = next(&mut failed, SOON).await.ok_or("a dead letter")?;
    assert_eq!((body(&dead).as_str(), reason(&dead).as_deref()), ("poison", Some("rejected")));
    dead.ack(BasicAckOptions::default()).await?;
    let short = BasicProperties::default().with_expiration("50".into());
    publish(&channel, "", "fragile", "late", short).await?;
    let dead = next(&mut failed, SOON).await.ok_or("a dead letter")?;
    assert_eq!(reason(&dead).as_deref(), Some("expired"));
    dead.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await?;
    assert!(next(&mut failed, SOON).await.is_some_and(|dead| dead.redelivered));
    Ok(())
}

async fn a_crash_keeps_what_was_confirmed(rabbit: &RabbitMq) -> Outcome {
    let connection = rabbit.connect().await?;
    let channel = channel(&connection).await?;
    declare(&channel, "votes", &[("x-queue-type", text("quorum"))]).await?;
    assert!(put(&channel, "votes", "yes").await?.is_ack());
    declare(&channel, "ledger", &[]).await?;
    for entry in 0..20 {
        assert!(put(&channel, "ledger", &format!("entry {entry}")).await?.is_ack());
    }
    declare(&channel, "memory", &[]).await?;
    let transient = BasicProperties::default().with_delivery_mode(1);
    publish(&channel, "", "memory", "transient", transient).await?;
    // Of two connections one was told to connect again by itself.
    let again = ConnectionProperties::default().enable_auto_recover();
    let patient = Connection::connect(&rabbit.url(), again).await?;
    let recovering = patient.create_channel().await?;
    rabbit.kill()?;
    assert!(put(&channel, "ledger", "x").await.is_err());
    rabbit.restart().await?;
    println!("after a crash {rabbit:?}");
    assert!(!connection.status().connected() && put(&channel, "ledger", "x").await.is_err());
    let error = depth(&recovering, "ledger").await.err();
    if let Some(error) = error {
        tokio::time::timeout(SOON * 4, recovering.wait_for_recovery(error)).await??;
    }
    assert_eq!(depth(&recovering, "ledger").await?, 20);
    assert_eq!(depth(&recovering, "memory").await?, 0, "what was not persistent is gone");
    Ok(())
}
