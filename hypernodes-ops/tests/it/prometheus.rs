//! A strict reader of the text format 0.0.4.

use std::collections::BTreeMap;

/// The samples by name and labels. Panics where the text breaks a rule of the format.
pub(crate) fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'), "the last line ends");
    let mut samples = BTreeMap::new();
    let mut types = BTreeMap::new();
    let mut helped = "";
    let mut current = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            helped = rest.split_once(' ').expect("a name and a text").0;
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            assert_eq!(name, helped, "help stands before the type");
            assert!(["counter", "gauge"].contains(&kind), "{kind}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            assert!(types.insert(name, kind).is_none(), "{name} twice");
            current = name;
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a name and a value");
        let name = series.split('{').next().unwrap_or_default();
        assert_eq!(name, current, "samples stand behind their type");
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
        check_labels(&series[name.len()..]);
        let value: f64 = value.parse().expect("a number");
        assert!(
            samples.insert(series.to_owned(), value).is_none(),
            "{series} twice"
        );
    }
    samples
}

fn check_labels(labels: &str) {
    if labels.is_empty() {
        return;
    }
    let mut rest = labels.strip_prefix('{').expect("labels begin");
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{name}");
        let mut escaped = false;
        let end = after.char_indices().find(|&(_, c)| {
            if escaped {
                assert!(matches!(c, '\\' | '"' | 'n'), "\\{c}");
                escaped = false;
                return false;
            }
            escaped = c == '\\';
            c == '"'
        });
        rest = &after[end.expect("the value ends").0 + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    assert_eq!(rest, "}");
}
