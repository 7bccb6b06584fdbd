//! The parent's side of a run: outcomes, events and questions of a worker.
#![no_main]

use hypernodes_fuzz::bytes::Input;
use hypernodes_fuzz::pipelines::{items, pipeline, with_policies};
use hypernodes_fuzz::remote::Replies;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let (number, policies) = (input.byte(), input.byte());
    let bytes = input.0.to_vec();
    let mut at = 0;
    let engine = Replies::new(move |feed, sent, _| {
        let mut input = Input(&bytes[at..]);
        let answer = feed.answer(input.piece());
        assert!(!answer.is_empty(), "no answer is one, too");
        feed.hear(sent, input.piece());
        let (head, blobs) = input.parcel();
        at = bytes.len() - input.0.len();
        feed.unpack(sent, &head, &blobs)
    });
    let (inputs, over) = items(number);
    let p = with_policies(pipeline(number), policies & 15).with_engine(engine);
    if let Ok(runs) = p.map(inputs, over) {
        assert_eq!(runs.len(), 12, "each item once");
        for failure in runs.failures() {
            drop(format!("{failure} {failure:?}"));
        }
        drop(format!("{runs:?}"));
    }
});
