//! The same messages in hickory-proto.

use hickory_proto::op;

use super::*;

#[test]
fn hickory_reads_and_writes_the_same_messages() {
    for bytes in seeds() {
        let ours = Message::decode(&bytes).expect("our own");
        let theirs = op::Message::from_vec(&bytes).expect("hickory reads it");
        let counts =
            (theirs.queries.len(), theirs.answers.len(), theirs.authorities.len(), theirs.additionals.len());
        assert_eq!(
            counts,
            (ours.questions.len(), ours.answers.len(), ours.authorities.len(), ours.additionals.len())
        );
        let again = theirs.to_vec().expect("hickory writes it");
        assert_eq!(Message::decode(&again), Ok(ours));
    }
}

/// Where both read some bytes, they read the same names and types.
#[test]
fn any_bytes_mean_what_they_mean_to_hickory() {
    let seeds = seeds();
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    any_bytes(&seeds, |bytes| {
        let (Ok(ours), Ok(theirs)) = (Message::decode(bytes), op::Message::from_vec(bytes)) else { return };
        assert_eq!(ours.header.id, theirs.metadata.id);
        let sections = [
            (&ours.answers, &theirs.answers),
            (&ours.authorities, &theirs.authorities),
            (&ours.additionals, &theirs.additionals),
        ];
        for (ours, theirs) in sections {
            let ours: Vec<(usize, u16)> =
                ours.iter().map(|record| (record.name.label_count(), record.data.record_type().0)).collect();
            let theirs: Vec<(usize, u16)> = theirs
                .iter()
                .map(|record| (record.name.iter().count(), record.record_type().into()))
                .collect();
            assert_eq!(ours, theirs);
        }
    });
}
