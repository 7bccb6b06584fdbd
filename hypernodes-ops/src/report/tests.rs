//! The page as a whole: well formed, harmless, bounded.

use hypernodes_core::RunId;

use super::html;
use crate::RunRecord;
use crate::fake::{FakeRun, node, realistic};

fn record(fake: &FakeRun) -> RunRecord {
    let mut record = RunRecord::new(fake.run);
    fake.events.iter().for_each(|event| record.hear(event));
    record
}

/// Panics unless every tag is closed, in order, and every attribute is quoted.
fn check_tags(page: &str) -> usize {
    const VOID: [&str; 4] = ["meta", "link", "input", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    let mut tags = 0;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        assert!(!tag.contains('<'), "{tag}");
        rest = &rest[end + 1..];
        tags += 1;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert!(
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '!'),
            "{tag}"
        );
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if VOID.contains(&name) || tag.ends_with('/') {
            continue;
        }
        if name == "script" || name == "style" {
            let end = rest.find(&format!("</{name}>")).expect("it ends");
            rest = &rest[end..];
        }
        open.push(name);
    }
    assert!(open.is_empty(), "{open:?}");
    tags
}

#[test]
fn a_realistic_page_is_well_formed() {
    let page = html(&record(&realistic(1)));
    assert!(check_tags(&page) > 300);
    for text in [
        "Done, some items failed",
        "threaded",
        "16 partitions: 4 workers, 4 partitions each",
        "no text in document 80",
        "connection reset by peer",
        "sentences/stems",
        "1,960",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_page_about_nothing_is_well_formed() {
    let page = html(&RunRecord::new(RunId(9)));
    check_tags(&page);
    for text in [
        "No node is known.",
        "No chunk has ended.",
        "No item failed.",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn one_node_and_no_items() {
    let mut fake = FakeRun::new(1);
    fake.start("one", Some(0), vec![node("only", &[], &["x"])]);
    fake.end(5, hypernodes_core::RunOutcome::Done, 0, 0);
    let page = html(&record(&fake));
    check_tags(&page);
    assert!(page.contains("no call yet"));
}

#[test]
fn names_and_values_are_never_markup() {
    let evil = "</script><script>alert('\"')</script><!-- &";
    let mut fake = FakeRun::new(1);
    fake.start(evil, Some(1), vec![node(evil, &[], &[evil])]);
    fake.node_ended(5, 1, evil, [1, 1, 0, 3]);
    fake.item_failed(6, &[0], evil, evil);
    let node = evil.into();
    let message = evil.to_owned();
    fake.tell(
        7,
        1,
        hypernodes_core::EventKind::Retried {
            node,
            item: 0,
            attempt: 1,
            pause_ns: 1,
            message,
        },
    );
    fake.tell(
        8,
        1,
        hypernodes_core::EventKind::WorkerLost {
            cause: evil.to_owned(),
        },
    );
    let mut record = record(&fake);
    record.why = evil.to_owned();
    record.engine = evil.to_owned();
    record.error = Some(evil.to_owned());
    let page = html(&record);
    check_tags(&page);
    assert_eq!(
        page.matches("<script").count(),
        2,
        "data and the page's own"
    );
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(&#39;"));
}

#[test]
fn of_ten_thousand_nodes_the_slowest_are_shown() {
    let names: Vec<String> = (0..10_000).map(|n| format!("node_{n}")).collect();
    let mut fake = FakeRun::new(1);
    let nodes = names.iter().map(|name| node(name, &[], &[])).collect();
    fake.start("wide", Some(1), nodes);
    for (at, name) in (1..).zip(&names) {
        fake.node_ended(at, 1, name, [1, 0, 0, at]);
    }
    let page = html(&record(&fake));
    check_tags(&page);
    assert!(page.contains("The 200 slowest of 10,000 nodes are shown."));
    assert!(page.contains("\"node_9999\"") && page.contains("\"node_9800\""));
    assert!(!page.contains("\"node_9799\""));
    assert!(page.len() < 400_000, "{}", page.len());
}

#[test]
fn a_thousand_failures_are_shown_and_all_are_counted() {
    let mut fake = FakeRun::new(1);
    fake.start("bad", Some(5_000), vec![node("clean", &[], &[])]);
    for item in 0..5_000 {
        fake.item_failed(item, &[item, 2], "clean", &format!("message {item}"));
    }
    let page = html(&record(&fake));
    check_tags(&page);
    assert!(page.contains("5,000 items failed; the first 1,000 are shown."));
    assert!(page.contains("message 999<") && !page.contains("message 1000<"));
    assert!(page.contains(">999 / 2<"));
}

#[test]
fn a_long_timeline_has_a_bounded_page() {
    let mut fake = FakeRun::new(1);
    fake.start("long", None, Vec::new());
    for at in 0..100_000_u64 {
        let worker = u32::try_from(at % 8).expect("small");
        fake.chunk_ended((at + 1) * 1_000, worker + 1, [at, 1, 0, 6_000]);
    }
    let page = html(&record(&fake));
    check_tags(&page);
    assert!(page.contains("100,000 chunks; neighbours are drawn as one."));
    assert!(page.len() < 1_000_000, "{}", page.len());
}

#[test]
fn a_small_page_reads_like_this() {
    let mut fake = FakeRun::new(1);
    let nodes = vec![node("read", &[], &["path"]), node("count", &["read"], &[])];
    fake.start("words", Some(12), nodes);
    fake.node_ended(3_000_000, 1, "read", [12, 0, 4, 2_500_000]);
    fake.item_failed(3_500_000, &[5], "count", "empty");
    fake.node_ended(4_000_000, 1, "count", [12, 1, 0, 900_000]);
    fake.chunk_ended(4_100_000, 1, [0, 12, 1, 3_600_000]);
    fake.end(4_200_000, hypernodes_core::RunOutcome::Partial, 11, 1);
    insta::assert_snapshot!(super::parts(&record(&fake)));
}
