//! What listeners hear of workers.

use super::*;

/// Checks that every span ends inside the one around it; tells what does not depend on chunks and time.
fn essence(events: &[Event]) -> String {
    let mut open: BTreeMap<SpanId, (Option<SpanId>, u64)> = BTreeMap::new();
    let mut totals: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    let mut others = Vec::new();
    let mut names = BTreeMap::new();
    let mut insides = BTreeSet::new();
    let mut last = 0;
    for event in events {
        assert!(
            event.at_ns >= last,
            "one thread tells all of them: {event:?}"
        );
        last = event.at_ns;
        match &event.kind {
            EventKind::RunStarted(_) => {
                open.insert(event.span, (event.parent, event.at_ns));
            }
            EventKind::ChunkStarted { .. }
            | EventKind::NodeStarted { .. }
            | EventKind::NestedStarted { .. } => {
                let parent = event.parent.unwrap();
                assert!(open.contains_key(&parent), "{event:?}");
                let name = match &event.kind {
                    EventKind::NodeStarted { node, .. } => format!("node {node}"),
                    EventKind::NestedStarted { node, .. } => format!("map {node}"),
                    _ => "chunk".to_owned(),
                };
                insides.insert(format!("{:?} > {name}", names.get(&parent)));
                names.insert(event.span, name);
                let before = open.insert(event.span, (event.parent, event.at_ns));
                assert!(before.is_none());
            }
            EventKind::ItemFailed {
                items,
                node,
                message,
                inputs,
                ..
            } => {
                others.push(format!("{items:?} {node} {message} {inputs:?}"));
            }
            EventKind::Retried {
                node,
                item,
                attempt,
                message,
                ..
            } => {
                assert!(open.contains_key(&event.span), "{event:?}");
                others.push(format!("{node} {item} {attempt} {message}"));
            }
            EventKind::CacheHit { node, .. } | EventKind::CacheMiss { node, .. } => {
                assert!(open.contains_key(&event.span), "{event:?} {node}");
            }
            kind => {
                if let EventKind::NodeEnded {
                    node,
                    rows,
                    failed,
                    cached,
                    ..
                } = kind
                {
                    let total = totals.entry(node.to_string()).or_default();
                    *total = [total[0] + rows, total[1] + failed, total[2] + cached];
                }
                let (parent, _) = open.remove(&event.span).expect("it began");
                assert_eq!(parent, event.parent, "{event:?}");
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    others.sort();
    format!("{totals:?} {others:?} {insides:?}\n")
}

#[test]
fn listeners_hear_what_happens_in_workers() {
    CALLS
        .iter()
        .for_each(|calls| calls.store(0, Ordering::Relaxed));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&heard);
    let listening = Listening::with_buffer(
        move |event: &Event| own.lock().unwrap().push(event.clone()),
        1 << 20,
    );
    let p = nested()
        .with_listening(&listening)
        .on_error(ErrorPolicy::Collect);
    let text = agree(&p, |p| {
        let lists: Vec<Vec<u64>> = (0..60).map(|i| (i..i + i % 6).collect()).collect();
        let x: Vec<u64> = (0..60).map(|i| i * 5).collect();
        let mut text = String::new();
        let inputs = inputs! { xs: lists, x: x, word: "ab", offset: 3_u64 };
        p.map(inputs, ["xs", "x"]).unwrap();
        assert!(listening.flush(Duration::from_secs(60)));
        text += &essence(&std::mem::take(&mut *heard.lock().unwrap()));
        let inputs = inputs! { xs: vec![4_u64, 5], x: 4_u64, word: "ab", offset: 3_u64 };
        p.run(inputs).unwrap();
        assert!(listening.flush(Duration::from_secs(60)));
        text + &essence(&std::mem::take(&mut *heard.lock().unwrap()))
    });
    assert!(
        text.contains("inner/halves") && text.contains("inline/shout"),
        "{text}"
    );
}
