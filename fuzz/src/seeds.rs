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
    let mut seeds = crate::prices::seeds();
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
        // None, snapshots and a listener, all of them.
        for policies in [0, 10, 15] {
            seeds.extend(exchange(number, policies));
        }
    }
    seeds
}

/// What goes over for a map of two chunks.
fn exchange(number: u8, policies: u8) -> Seeds {
    let worker = Output::default().byte(number);
    let outcome = Output::default().byte(number).byte(policies);
    let said = Arc::new(Mutex::new((worker, outcome)));
    let own = Arc::clone(&said);
    let link = Arc::new(Link::default());
    let mut run = None;
    let engine = Replies::new(move |feed, sent, packed: Packed| {
        let mut said = own.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut worker, mut outcome) = std::mem::take(&mut *said);
        if run.is_none() {
            let link = Arc::clone(&link) as _;
            run = Some(worker_plan(number).begin(&packed.terms, nested(), link)?);
            worker = worker.piece(&packed.terms).byte(0);
        }
        let run = run.as_ref().expect("it was just begun");
        let Parcel { head, blobs } = run.execute(packed.chunk, &packed.head, &packed.blobs, None);
        let blobs: Vec<Vec<u8>> = blobs.iter().map(|blob| blob.as_bytes().to_vec()).collect();
        worker = worker.parcel(&packed.head, &packed.blobs);
        let asked = link.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let question = asked.last().cloned().unwrap_or_default();
        outcome = outcome.piece(&question).piece(&[0]).parcel(&head, &blobs);
        *said = (worker, outcome);
        feed.unpack(sent, &head, &blobs)
    });
    let (inputs, over) = items(number);
    let p = with_policies(pipeline(number), policies).with_engine(engine);
    let ran = p.map(inputs, over);
    assert!(ran.is_ok() || policies % 2 == 1, "collected: {ran:?}");
    let (worker, outcome) = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let name = format!("{number}-{policies}");
    vec![
        ("worker", name.clone(), worker.0),
        ("outcome", name, outcome.0),
    ]
}
