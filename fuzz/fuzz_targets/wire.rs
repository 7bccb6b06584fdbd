//! Frames: arbitrary bytes, and bodies under a header with the right checksums, in arbitrary pieces.
#![no_main]

use hypernodes_engines::process::fuzzing::next;
use hypernodes_engines::process::wire::{Decoder, Kind, VERSION};
use hypernodes_fuzz::bytes::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let flags = input.byte();
    let kind = match flags & 1 {
        0 => Kind::ToWorker,
        _ => Kind::ToParent,
    };
    let is_sealed = flags & 2 != 0;
    let descriptors = input.byte();
    let mut stream = Vec::new();
    while !input.0.is_empty() {
        let piece = input.piece();
        match is_sealed {
            true => stream.extend(sealed(kind, descriptors, piece)),
            false => stream.extend_from_slice(piece),
        }
    }
    let size = match flags >> 2 {
        0 => stream.len().max(1),
        size => usize::from(size),
    };
    let mut decoder = Decoder::new(kind);
    for _ in 0..descriptors % 12 {
        let null = std::fs::File::open("/dev/null").expect("there is one");
        if decoder.push_descriptor(null.into()).is_err() {
            return;
        }
    }
    let mut found = 0;
    for piece in stream.chunks(size) {
        decoder.push(piece);
        loop {
            match next(kind, &mut decoder) {
                Ok(Some(_)) => found += 1,
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    assert!(found <= stream.len() / 20, "each frame has a header");
});

/// A frame as `process::wire` writes it.
fn sealed(kind: Kind, descriptors: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"HNF1".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend([kind as u8, descriptors % 6]);
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(crc32fast::hash(body).to_le_bytes());
    let own = crc32fast::hash(&bytes);
    bytes.extend(own.to_le_bytes());
    bytes.extend_from_slice(body);
    bytes
}
