//! No file makes it panic.

use proptest::prelude::*;

use crate::support::{Folder, Ran};

fn check(ran: &Ran) -> Result<(), TestCaseError> {
    prop_assert!(matches!(ran.code, Some(0 | 2 | 3)), "{ran:?}");
    prop_assert!(ran.stderr.lines().count() <= 2, "{ran:?}");
    prop_assert!(
        !ran.stderr.contains("panicked") && !ran.stderr.contains("defect"),
        "{ran:?}"
    );
    Ok(())
}

/// Cells that are nearly right.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => (1_u32..400).prop_map(|n| n.to_string()),
        2 => "[0-9]{1,4}\\.[0-9]{0,12}",
        1 => "[-+]?[0-9]{0,30}(e[-+]?[0-9]{1,4})?",
        1 => "\"[a-z,\n\"]{0,6}\"?",
        1 => prop_oneof![Just("NaN"), Just("inf"), Just(""), Just("1e308"), Just("5e-324"), Just("2024-02-30")]
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let folder = Folder::new();
        folder.write("a.csv", &bytes);
        for command in ["scan", "atc"] {
            check(&folder.run(&[command, "a.csv"]))?;
        }
    }

    #[test]
    fn nearly_good_rows_are_read_or_refused(
        rows in proptest::collection::vec(proptest::collection::vec(cell(), 2..5), 0..12),
        header in prop_oneof![Just("time,close,open,high"), Just("time,close"), Just("symbol,time,close")],
        seed in 0_u32..3,
    ) {
        let folder = Folder::new();
        let lines = rows.iter().map(|row| row.join(","));
        let text: Vec<String> = std::iter::once(header.to_owned()).chain(lines).collect();
        folder.write("a.csv", text.join(if seed == 0 { "\r\n" } else { "\n" }));
        for command in [&["scan", "a.csv", "--limit", "3"][..], &["atc", "a.csv", "--on-error", "collect"]] {
            let ran = folder.run(command);
            prop_assert!(matches!(ran.code, Some(0 | 2 | 3)), "{ran:?}");
            prop_assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("defect"), "{ran:?}");
        }
    }
}
