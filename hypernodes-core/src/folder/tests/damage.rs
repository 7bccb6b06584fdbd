//! Logs that are cut, changed or made up: whole pieces survive, and nothing wrong is ever given.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use proptest::prelude::*;

use super::super::frame::{self, FrameHeader, FrameKey, HEADER, MAGIC, MOST_PAYLOAD};
use super::super::log::{FILE_HEADER, PieceLog};
use super::super::scan::{Scan, scan};
use super::{Scratch, piece};
use crate::event::RunId;
use crate::folder::{Piece, PieceInfo};

const RUN: RunId = RunId(7);

/// Disjoint pieces in the order in which they are written.
fn any_pieces() -> impl Strategy<Value = Vec<Piece>> {
    let one = (
        prop::collection::vec(any::<bool>(), 1..6),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..3),
        any::<bool>(),
        0_u64..3,
    );
    let made = prop::collection::vec(one, 1..6).prop_map(|made| {
        let mut start = 0;
        let mut pieces = Vec::new();
        for (is_failed, columns, has_keys, gap) in made {
            let rows = is_failed.len() as u64;
            start += gap;
            let failed = (0..).zip(is_failed).filter(|(_, is_failed)| *is_failed);
            pieces.push(Piece {
                start,
                rows,
                failed: failed.map(|(row, _)| row).collect(),
                columns,
                input_keys: if has_keys {
                    (start..start + rows).collect()
                } else {
                    Vec::new()
                },
            });
            start += rows;
        }
        pieces
    });
    made.prop_shuffle()
}

/// The frames of pieces, as they stand in a log behind its header.
fn frames(pieces: &[Piece]) -> Vec<Vec<u8>> {
    let key = FrameKey::of(RUN);
    pieces
        .iter()
        .map(|piece| frame::encode(piece, key).unwrap())
        .collect()
}

fn scanned(bytes: &[u8]) -> Scan {
    scan(
        &mut Cursor::new(bytes),
        0,
        bytes.len() as u64,
        FrameKey::of(RUN),
    )
    .unwrap()
}

/// The pieces that a scan finds, in the order in which they were written.
fn found(bytes: &[u8]) -> Vec<Piece> {
    let mut infos = scanned(bytes).pieces;
    infos.sort_by_key(|info| info.offset);
    let read = |info: &PieceInfo| {
        let from = usize::try_from(info.offset).unwrap();
        let to = from + usize::try_from(info.len).unwrap();
        let piece = frame::decode(&bytes[from..to], FrameKey::of(RUN)).unwrap();
        assert_eq!(
            (piece.start, piece.rows, &piece.failed),
            (info.start, info.rows, &info.failed)
        );
        piece
    };
    infos.iter().map(read).collect()
}

/// A log in a file.
fn log_file(pieces: &[Piece]) -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    fs::create_dir_all(&scratch.0).unwrap();
    let path = scratch.0.join("pieces.log");
    let log = PieceLog::create(&path, RUN).unwrap();
    for piece in pieces {
        log.append(piece).unwrap();
    }
    (scratch, path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_log_cut_anywhere_keeps_all_pieces_before(pieces in any_pieces()) {
        let frames = frames(&pieces);
        let whole = frames.concat();
        prop_assert_eq!(found(&whole), pieces.clone());
        let last = whole.len() - frames[frames.len() - 1].len();
        for len in last..whole.len() {
            let scan = scanned(&whole[..len]);
            prop_assert_eq!(scan.end, last as u64);
            prop_assert_eq!(scan.damaged, []);
            prop_assert_eq!(&found(&whole[..len]), &pieces[..pieces.len() - 1]);
        }
    }

    #[test]
    fn a_changed_byte_takes_its_piece_only(pieces in any_pieces(), bit in 0_u32..8) {
        let frames = frames(&pieces);
        let mut bytes = frames.concat();
        let mut at = 0;
        for (hit, frame) in frames.iter().enumerate() {
            let mut others = pieces.clone();
            others.remove(hit);
            for place in at..at + frame.len() {
                bytes[place] ^= 1 << bit;
                prop_assert_eq!(&found(&bytes), &others, "byte {}", place);
                bytes[place] ^= 1 << bit;
            }
            at += frame.len();
        }
    }

    /// Zeros as a lost block leaves them, and bytes that are gone or too many.
    #[test]
    fn damage_in_the_middle_does_not_hide_what_follows(
        pieces in any_pieces(),
        from in any::<prop::sample::Index>(),
        len in 1_usize..200,
        kind in 0..3,
    ) {
        let frames = frames(&pieces);
        let mut bytes = frames.concat();
        let from = from.index(bytes.len());
        let to = (from + len).min(bytes.len());
        match kind {
            0 => bytes[from..to].fill(0),
            1 => drop(bytes.drain(from..to)),
            _ => drop(bytes.splice(from..from, vec![0xAB; len])),
        }
        let hit_to = if kind == 2 { from + 1 } else { to };
        let mut at = 0;
        let mut whole = Vec::new();
        for (piece, frame) in pieces.iter().zip(&frames) {
            let is_hit = if kind == 2 { at < from && from < at + frame.len() } else { at < hit_to && from < at + frame.len() };
            if !is_hit {
                whole.push(piece.clone());
            }
            at += frame.len();
        }
        let found = found(&bytes);
        // Bytes that were gone or zero already change nothing, so more may survive, but nothing wrong.
        prop_assert!(whole.iter().all(|piece| found.contains(piece)));
        prop_assert!(found.iter().all(|piece| pieces.contains(piece)));
    }

    #[test]
    fn made_up_bytes_are_no_pieces(mut bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0_usize..300) {
        if bytes.len() >= at + MAGIC.len() {
            bytes[at..at + MAGIC.len()].copy_from_slice(&MAGIC);
        }
        let scan = scanned(&bytes);
        prop_assert_eq!((scan.pieces.len(), scan.end), (0, 0));
        prop_assert_eq!(frame::decode(&bytes, FrameKey::of(RUN)), None);
    }
}

#[test]
fn the_magic_is_found_across_blocks() {
    let frame = &frames(&[piece(3, 2)])[0];
    for before in (65_536 - 10..65_536 + 10).chain([131_072 - 7 * 2]) {
        let mut bytes = vec![0x11; before];
        bytes.extend(frame);
        let scan = scanned(&bytes);
        assert_eq!(
            (scan.pieces.len(), scan.end),
            (1, bytes.len() as u64),
            "{before}"
        );
        assert_eq!(scan.damaged, std::slice::from_ref(&(0..before as u64)));
    }
}

#[test]
fn a_value_that_holds_the_magic_or_frames_of_another_run_does_no_harm() {
    let other = frame::encode(&piece(90, 2), FrameKey::of(RunId(8))).unwrap();
    let tricky = Piece {
        columns: vec![[MAGIC.repeat(3), other].concat()],
        ..piece(0, 2)
    };
    let frames = frames(&[tricky.clone(), piece(2, 2)]);
    let mut bytes = frames.concat();
    assert_eq!(found(&bytes), [tricky, piece(2, 2)]);
    bytes[20] ^= 1;
    assert_eq!(found(&bytes), [piece(2, 2)]);
}

#[test]
fn a_frame_that_claims_too_much_is_refused_before_memory_is_taken() {
    let key = FrameKey::of(RUN);
    for payload in [1 << 60, MOST_PAYLOAD + 1, MOST_PAYLOAD, 1000] {
        for failed in [0, u32::MAX] {
            let header = FrameHeader {
                kind: frame::KIND_PIECE,
                failed,
                payload,
                start: 0,
                rows: 1 << 60,
            };
            let mut bytes = Vec::new();
            header.write(key, &mut bytes);
            assert_eq!(bytes.len() as u64, HEADER);
            let is_known = payload <= MOST_PAYLOAD && u64::from(failed) * 4 <= payload;
            assert_eq!(FrameHeader::read(&bytes, key).is_some(), is_known);
            bytes.extend([0; 100]);
            let good = frame::encode(&piece(3, 2), key).unwrap();
            bytes.extend(&good);
            assert_eq!(found(&bytes), [piece(3, 2)]);
        }
    }
    let (_scratch, path) = log_file(&[piece(0, 2)]);
    let (log, found) = PieceLog::open(&path, RUN).unwrap();
    for (offset, len) in [
        (FILE_HEADER, 1 << 60),
        (FILE_HEADER, 1 << 33),
        (u64::MAX, 100),
        (0, 64),
    ] {
        let claim = PieceInfo {
            offset,
            len,
            ..found.pieces[0].clone()
        };
        assert!(log.read(&claim).unwrap_err().is_damaged());
    }
}

#[test]
fn a_frame_of_a_later_kind_is_passed_over() {
    let key = FrameKey::of(RUN);
    let mut later = Vec::new();
    let header = FrameHeader {
        kind: 2,
        failed: 0,
        payload: 3,
        start: 0,
        rows: 100,
    };
    header.write(key, &mut later);
    later.extend(b"abc");
    let checksum: [u8; 16] = FrameKey::sum(key.hasher().update(&later));
    later.extend(checksum);
    let scan = scanned(&later);
    assert_eq!(
        (scan.pieces.len(), scan.end, scan.damaged.len()),
        (0, later.len() as u64, 0)
    );
    later.extend(frame::encode(&piece(3, 2), key).unwrap());
    assert_eq!(found(&later), [piece(3, 2)]);
}

#[test]
fn a_damaged_tail_is_cut_off_and_a_damaged_middle_is_kept() {
    let pieces = [piece(0, 2), piece(2, 2), piece(4, 2)];
    let (_scratch, path) = log_file(&pieces);
    let whole = fs::read(&path).unwrap();
    let frame = (whole.len() - 28) / 3;
    let mut bytes = whole.clone();
    bytes[28 + frame + 60] ^= 1;
    bytes.truncate(whole.len() + 1);
    bytes.extend([0; 1000]);
    fs::write(&path, &bytes).unwrap();

    let (log, found) = PieceLog::open(&path, RUN).unwrap();
    let starts: Vec<u64> = found.pieces.iter().map(|piece| piece.start).collect();
    assert_eq!(starts, [0, 4]);
    let middle = 28 + frame as u64;
    assert_eq!(
        found.damaged,
        std::slice::from_ref(&(middle..middle + frame as u64))
    );
    assert_eq!(fs::metadata(&path).unwrap().len(), whole.len() as u64);
    log.append(&pieces[1]).unwrap();
    drop(log);
    let (log, found) = PieceLog::open(&path, RUN).unwrap();
    let read: Vec<Piece> = found
        .pieces
        .iter()
        .map(|info| log.read(info).unwrap())
        .collect();
    assert_eq!(read, pieces);
}

#[test]
fn damage_that_comes_after_opening_is_seen_when_a_piece_is_read() {
    let (_scratch, path) = log_file(&[piece(0, 2)]);
    let (log, found) = PieceLog::open(&path, RUN).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = log.read(&found.pieces[0]).unwrap_err();
    assert!(error.is_damaged());
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is damaged: the piece with items 0..2 is not what was written",
            path.display()
        )
    );
    fs::write(&path, &bytes[..40]).unwrap();
    assert!(log.read(&found.pieces[0]).unwrap_err().is_damaged());
}

#[test]
fn a_damaged_file_header_costs_no_piece() {
    let pieces = [piece(0, 2), piece(2, 2)];
    let (_scratch, path) = log_file(&pieces);
    let whole = fs::read(&path).unwrap();
    for place in 0..28 {
        let mut bytes = whole.clone();
        bytes[place] ^= 4;
        fs::write(&path, &bytes).unwrap();
        let (_, found) = PieceLog::open(&path, RUN).unwrap();
        assert_eq!(found.pieces.len(), 2, "byte {place}");
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    for len in 0..=28 {
        fs::write(&path, &whole[..len]).unwrap();
        let (log, found) = PieceLog::open(&path, RUN).unwrap();
        assert_eq!(found.pieces, []);
        log.append(&pieces[0]).unwrap();
        assert_eq!(PieceLog::open(&path, RUN).unwrap().1.pieces.len(), 1);
    }
}

#[test]
fn the_log_of_another_run_is_refused_and_left_alone() {
    let (_scratch, path) = log_file(&[piece(0, 2)]);
    let whole = fs::read(&path).unwrap();
    let error = PieceLog::open(&path, RunId(8)).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "it belongs to run 0000000000000007, but `manifest.json` to run 0000000000000008"
        ),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[test]
fn a_header_is_refused_before_its_payload_is_read() {
    let key = FrameKey::of(RUN);
    let mut bytes = frames(&[piece(3, 2)]).remove(0);
    assert!(FrameHeader::read(&bytes, key).is_some());
    assert!(FrameHeader::read(&bytes, FrameKey::of(RunId(8))).is_none());
    for place in 0..usize::try_from(HEADER).unwrap() {
        bytes[place] ^= 1;
        assert!(FrameHeader::read(&bytes, key).is_none(), "byte {place}");
        bytes[place] ^= 1;
    }
}
