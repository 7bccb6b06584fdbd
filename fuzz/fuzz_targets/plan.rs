//! Images of plans: arbitrary ones, and those of real pipelines with changes.
#![no_main]

use hypernodes_core::remote::WorkerPlan;
use hypernodes_fuzz::bytes::{Input, edit};
use hypernodes_fuzz::pipelines::{COUNT, image};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let number = input.byte();
    let (head, blobs) = match number {
        255 => input.parcel(),
        _ => {
            let (mut head, mut blobs) = image(number % COUNT);
            edit(&mut head, &mut Input(input.piece()));
            if let Some(blob) = blobs.first_mut() {
                edit(blob, &mut input);
            }
            (head, blobs)
        }
    };
    let Ok(decoded) = WorkerPlan::decode(&head, &blobs) else {
        return;
    };
    // What can be built can be told: names, and the image of it again.
    let names = decoded.plan().step_names().count();
    let Ok(again) = decoded.plan().image("fuzz") else {
        return;
    };
    let more: Vec<Vec<u8>> = again
        .parcel
        .blobs
        .iter()
        .map(|blob| blob.as_bytes().to_vec())
        .collect();
    let twice = WorkerPlan::decode(&again.parcel.head, &more).expect("an image of this program");
    assert_eq!(twice.plan().step_names().count(), names);
});
