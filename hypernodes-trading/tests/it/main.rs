//! The public interface against external vectors; see `fixtures/README.md`.

mod components;
mod indicators;
mod vectors;

use std::io::Read;
use std::path::Path;

/// The text of a packed fixture.
fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let file = std::fs::File::open(path).expect("the fixture is in the repository");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("it is packed text");
    text
}

/// Asserts that two columns agree within 1e-9, undefined values in the same places.
fn assert_close(what: &str, ours: &[f64], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let mut worst = 0.0_f64;
    for (bar, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(
            a.is_nan(),
            b.is_nan(),
            "{what} bar {bar}: {a}, expected {b}"
        );
        if !b.is_nan() {
            worst = worst.max((a - b).abs());
            assert!((a - b).abs() <= 1e-9, "{what} bar {bar}: {a}, expected {b}");
        }
    }
    worst
}
