//! What the corpus begins with: what parents and workers really say to each other.

use std::sync::{Arc, Mutex, PoisonError};

use hypernodes::remote::Parcel;
use hypernodes_engines::process::fuzzing;
use hypernodes_engines::process::wire::Kind;

use crate::bytes::Output;
use crate::pipelines::{COUNT, items, pipeline, with_policies, worker_plan};
use crate::remote::{Link, Packed, Replies, nested};

/// Seeds: the target, a name, and the input.
pub type Seeds = Vec<(&'static str, String, Vec<u8>)>;

/// The seeds of all targets.
#[must_use]
pub fn all() -> Seeds {
    let mut seeds = Seeds::new();
    for (number, (kind, frame)) in fuzzing::frames().into_iter().enumerate() {
        let way = u8::from(kind == Kind::ToParent);
        let raw = Output::default().byte(way).byte(3).piece(&frame);
        seeds.push(("wire", format!("frame-{number}"), raw.0));
        let sealed = Output::default().byte(way | 2).byte(3).piece(&frame[20..]);
        seeds.push(("wire", format!("body-{number}"), sealed.0));
    }
    for (number, layout) in fuzzing::layouts().into_iter().enumerate() {
        let seed = Output::default().byte(2).byte(9).byte(12).piece(&layout);
        seeds.push(("parcel", format!("layout-{number}"), seed.0));
    }
    for number in 0..COUNT {
        for (name, edits) in [
            ("whole", &[][..]),
            ("renamed", &[0, 3, 0, 1]),
            ("cut", &[5, 9, 0]),
        ] {
            let mut seed = Output::default().byte(number).piece(edits);
            seed.0.extend_from_slice(&[0, 0, 0]);
            seeds.push(("plan", format!("{name}-{number}"), seed.0));
        }
        for policies in 0..16 {
            seeds.extend(exchange(number, policies));
        }
    }
    seeds
}

/// What goes over for the first chunk of a map.
fn exchange(number: u8, policies: u8) -> Seeds {
    let seeds = Arc::new(Mutex::new(Seeds::new()));
    let own = Arc::clone(&seeds);
    let engine = Replies::new(move |feed, sent, packed: Packed| {
        let link = Arc::new(Link::default());
        let run = worker_plan(number).begin(&packed.terms, nested(), Arc::clone(&link) as _)?;
        let Parcel { head, blobs } = run.execute(packed.chunk, &packed.head, &packed.blobs, None);
        let blobs: Vec<Vec<u8>> = blobs.iter().map(|blob| blob.as_bytes().to_vec()).collect();
        let mut seeds = own.lock().unwrap_or_else(PoisonError::into_inner);
        if packed.chunk == 1 {
            let name = format!("{number}-{policies}");
            let worker = Output::default().byte(number).piece(&packed.terms);
            let worker = worker.byte(0).parcel(&packed.head, &packed.blobs);
            seeds.push(("worker", name.clone(), worker.0));
            let asked = link.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let question = asked.first().cloned().unwrap_or_default();
            let outcome = Output::default().byte(number).byte(policies);
            let outcome = outcome.piece(&question).piece(&[0]).parcel(&head, &blobs);
            seeds.push(("outcome", name, outcome.0));
        }
        drop(seeds);
        feed.unpack(sent, &head, &blobs)
    });
    let (inputs, over) = items(number);
    let ran = with_policies(pipeline(number), policies)
        .with_engine(engine)
        .map(inputs, over);
    assert!(
        ran.is_ok() || policies % 2 == 1,
        "only halves fails: {ran:?}"
    );
    let mut seeds = seeds.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *seeds)
}
