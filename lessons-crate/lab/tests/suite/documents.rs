//! The same conversation, through the official driver, with the stand-in inside this process and with a server
//! that speaks as MongoDB does.

use lessons::lab::{Documents, Explained, MongoDb};
use lessons::prelude::Render as _;
use mongodb::IndexModel;
use mongodb::bson::{Bson, Document, bson, doc};
use mongodb::options::IndexOptions;

use crate::Outcome;

fn index(key: Document, unique: bool) -> IndexModel {
    IndexModel::builder().keys(key).options(IndexOptions::builder().unique(unique).build()).build()
}

/// What a lesson does with documents.
async fn conversation(server: &MongoDb) -> Outcome {
    println!("with {server:?}");
    let people = server.collection("people");
    let everyone = (0..200).map(|n| {
        let city = if n % 2 == 0 { "Oslo" } else { "Rome" };
        doc! { "_id": n, "name": format!("p{n:03}"), "age": n % 50, "address": { "city": city },
        "tags": [format!("t{}", n % 3), "all"] }
    });
    assert_eq!(people.insert_many(everyone).await?.inserted_ids.len(), 200);
    let twice = people.insert_one(doc! { "_id": 7 }).await.expect_err("taken").to_string();
    assert!(twice.contains("E11000"), "{twice}");

    let filter = doc! { "age": { "$gte": 48 }, "address.city": "Rome" };
    let found = Documents::of(people.find(filter.clone())).await?;
    assert_eq!(found.len(), 4, "{found}");
    let sorted = people.find(filter).sort(doc! { "age": 1, "name": -1 }).limit(3);
    let sorted = Documents::of(sorted.projection(doc! { "name": 1, "_id": 0 })).await?;
    assert_eq!(sorted.field("name"), ["p199", "p149", "p099"].map(Bson::from));
    assert_eq!(sorted.to_string().lines().next(), Some("{\"name\": \"p199\"}"));
    assert!(sorted.render().get("text/html").is_some_and(|html| html.contains("p199")));
    assert_eq!(people.find_one(doc! { "_id": 7 }).await?.ok_or("one")?.get_str("name")?, "p007");
    assert!(people.find_one(doc! { "_id": 700 }).await?.is_none());

    let scan = Explained::of(&people, doc! { "age": 7 }).await?;
    assert_eq!((scan.index.as_deref(), scan.examined, scan.found), (None, Some(200), Some(4)), "{scan}");
    people.create_index(index(doc! { "age": 1, "name": -1 }, false)).await?;
    let seek = Explained::of(&people, doc! { "age": 7 }).await?;
    let seen = (seek.index.as_deref(), seek.examined, seek.found);
    assert_eq!(seen, (Some("age_1_name_-1"), Some(4), Some(4)), "{seek}");
    people.create_index(index(doc! { "name": 1 }, true)).await?;
    let names = people.list_index_names().await?;
    assert_eq!(names, ["_id_", "age_1_name_-1", "name_1"]);
    assert!(people.insert_one(doc! { "name": "p001" }).await.is_err());
    assert_eq!(server.client().database("lab").list_collection_names().await?, ["people"]);

    let change = doc! { "$inc": { "age": 100 }, "$push": { "tags": "old" }, "$set": { "address.zip": 7 } };
    let changed = people.update_many(doc! { "age": 49 }, change).await?;
    assert_eq!((changed.matched_count, changed.modified_count), (4, 4));
    let old = Documents::of(people.find(doc! { "age": 149, "tags": "old", "address.zip": 7 })).await?;
    assert_eq!((old.len(), &old.field("address.city")[0]), (4, &Bson::from("Rome")));
    let visit = doc! { "$inc": { "visits": 1 } };
    for (upserted, visits) in [(true, 1), (false, 2)] {
        let result = people.update_one(doc! { "_id": "new" }, visit.clone()).upsert(true).await?;
        assert_eq!(result.upserted_id.is_some(), upserted);
        let one = people.find_one(doc! { "_id": "new" }).await?;
        assert_eq!(one, Some(doc! { "_id": "new", "visits": visits }));
    }
    assert_eq!(people.delete_one(doc! { "_id": "new" }).await?.deleted_count, 1);

    let by_tag = [
        doc! { "$match": { "age": { "$lt": 100 } } },
        doc! { "$unwind": "$tags" },
        doc! { "$match": { "tags": { "$ne": "all" } } },
        doc! { "$group": { "_id": "$tags", "people": { "$sum": 1 }, "oldest": { "$max": "$age" },
        "mean": { "$avg": "$age" } } },
        doc! { "$sort": { "_id": 1 } },
    ];
    let groups = Documents::of(people.aggregate(by_tag)).await?;
    assert_eq!(groups.field("_id"), ["t0", "t1", "t2"].map(Bson::from));
    let counts = groups.field("people").iter().filter_map(Bson::as_i32).sum::<i32>();
    assert_eq!((counts, &groups.field("oldest")[0]), (196, &bson!(48)), "{groups}");
    assert!(groups.field("mean").iter().all(|mean| mean.as_f64().is_some()), "{groups}");

    assert_eq!(people.delete_many(doc! { "age": { "$gt": 100 } }).await?.deleted_count, 4);
    assert_eq!(people.count_documents(doc! {}).await?, 196);
    assert_eq!(people.estimated_document_count().await?, 196);
    let error = people.find(doc! { "age": { "$nonsense": 1 } }).await.expect_err("unknown").to_string();
    assert!(error.contains("$nonsense"), "{error}");
    // A long answer comes in several parts.
    let many = server.collection("many");
    many.insert_many((0..30_000).map(|n| doc! { "_id": n })).await?;
    let all = Documents::of(many.find(doc! {}).sort(doc! { "_id": -1 })).await?;
    assert_eq!((all.len(), &all.field("_id")[29_999]), (30_000, &bson!(0)));
    assert_eq!(Documents::of(many.find(doc! {}).batch_size(7).limit(40)).await?.len(), 40);
    Ok(())
}

#[tokio::test]
async fn documents_inside_this_process() -> Outcome {
    let server = MongoDb::stand_in().await?;
    conversation(&server).await?;
    let people = server.collection("people");
    // What it does not know it names, and says what helps.
    let change = vec![doc! { "$set": { "a": "$b" } }];
    let pipeline = people.update_many(doc! {}, change).await.expect_err("a pipeline").to_string();
    assert!(pipeline.contains("not known to this store"), "{pipeline}");
    let database = server.client().database("lab");
    let error = database.run_command(doc! { "mapReduce": "people" }).await.expect_err("unknown").to_string();
    for word in ["mapReduce", "aggregate", "SD35_MONGODB"] {
        assert!(error.contains(word), "{error}");
    }
    // What is no message ends that connection, and no other.
    for noise in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[26, 0, 0, 0], &[255; 64]] {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = tokio::net::TcpStream::connect(server.address()).await?;
        stream.write_all(noise).await?;
        stream.shutdown().await?;
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
    }
    assert_eq!(people.count_documents(doc! {}).await?, 196);
    // Paused it does not answer; then it does.
    server.pause()?;
    let waiting =
        tokio::time::timeout(std::time::Duration::from_millis(200), people.find_one(doc! {}).into_future());
    assert!(waiting.await.is_err());
    server.resume()?;
    assert!(people.find_one(doc! {}).await?.is_some());
    server.kill()?;
    assert!(people.find_one(doc! {}).await.is_err());
    server.restart().await?;
    assert_eq!(people.count_documents(doc! {}).await?, 0, "it keeps nothing");
    Ok(())
}

/// In a process of its own, which has SecantusDB on its PATH.
#[test]
fn documents_on_a_server() -> Outcome {
    let output = std::process::Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "--nocapture", "documents::documents_on_the_path"])
        .env("PATH", crate::path_with_tools()?)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    Ok(())
}

#[tokio::test]
#[ignore = "started by the test above, which says where the server is"]
async fn documents_on_the_path() -> Outcome {
    let server = MongoDb::start().await?;
    println!("START {server:?}, memory {} MB", server.memory() / 1_000_000);
    assert!(!server.name().contains("stand-in"), "{server:?}");
    conversation(&server).await?;
    let people = server.collection("people");
    server.kill()?;
    assert!(people.find_one(doc! {}).await.is_err());
    server.restart().await?;
    assert_eq!(people.count_documents(doc! {}).await?, 196, "what was acknowledged is there");
    crate::neighbors::refuses_strangers(&server).await?;
    Ok(())
}
