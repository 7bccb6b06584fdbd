//! All columns of `atc` against the eight vector files.

use hypernodes_trading::atc::{AtcConfig, AtcOutput, AtcWorkspace, Profile, Robustness, atc};

use crate::{assert_close, fixture};

const SERIES: [(&str, &str); 4] = [
    ("goog", "default"),
    ("goog", "cut50"),
    ("lcg1200", "default"),
    ("lcg1200", "narrow20"),
];

fn config(name: &str, profile: Profile) -> AtcConfig {
    let config = AtcConfig::new(profile);
    match name {
        "cut50" => AtcConfig {
            cutout: 50,
            ..config
        },
        "narrow20" => AtcConfig {
            robustness: Robustness::Narrow,
            ..config
        }
        .with_length(20),
        _ => config,
    }
}

/// The columns of a csv text by position; an empty cell is NaN.
fn columns(text: &str) -> (Vec<&str>, Vec<Vec<f64>>) {
    let mut lines = text.lines();
    let names: Vec<_> = lines.next().expect("a header").split(',').collect();
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line.split(',')) {
            column.push(if cell.is_empty() {
                f64::NAN
            } else {
                cell.parse().expect("a number")
            });
        }
    }
    (names, columns)
}

#[test]
fn every_column_agrees_with_the_vectors() {
    for profile in Profile::ALL {
        for (series, name) in SERIES {
            let text = fixture(&format!("{series}__{name}__{profile}.csv.gz"));
            let (names, theirs) = columns(&text);
            assert_eq!(names[2..], AtcOutput::COLUMNS);
            let config = config(name, profile);
            let ours = atc(&theirs[1], None, &config).expect("good input");
            let mut worst = 0.0_f64;
            for ((column, ours), theirs) in names[2..].iter().zip(ours.columns()).zip(&theirs[2..])
            {
                let what = format!("{series} {name} {profile} {column}");
                worst = worst.max(assert_close(&what, ours, theirs));
            }
            println!("{series} {name} {profile}: largest difference {worst:e}");

            let mut workspace = AtcWorkspace::new(&config).expect("good settings");
            let last = workspace.last(&theirs[1], None).expect("good input");
            let expected = theirs.last().and_then(|c| c.last()).expect("rows");
            assert!((last.average_signal - expected).abs() <= 1e-9);
        }
    }
}

#[test]
fn the_written_csv_reads_back_as_the_vector() {
    let text = fixture("goog__cut50__pine.csv.gz");
    let (_, theirs) = columns(&text);
    let out = atc(&theirs[1], None, &config("cut50", Profile::Pine)).expect("good input");
    let mut written = Vec::new();
    AtcOutput::write_csv_header(&mut written, false).expect("memory");
    out.write_csv(&mut written, None, &theirs[1])
        .expect("memory");
    let written = String::from_utf8(written).expect("text");
    assert_eq!(written.lines().next(), text.lines().next());
    let (_, ours) = columns(&written);
    for (a, b) in ours.iter().zip(&theirs) {
        assert_close("written", a, b);
    }
}
