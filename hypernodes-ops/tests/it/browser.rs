//! The pages in a real browser. Without chromium and chromedriver these tests say so and pass, unless
//! `HYPERNODES_BROWSER=require` is set.

use std::path::Path;

use hypernodes_core::Listener;
use hypernodes_ops::{Dashboard, RunRecorder, report};
use serde_json::{Value, json};

use crate::fake::realistic;
use crate::http::get;
use crate::prometheus::parse;
use crate::webdriver::Browser;

/// The texts of a column of a table, as they are seen.
fn column(browser: &Browser, table: &str, at: usize) -> Vec<String> {
    let texts = browser.script(&format!(
        "return [...document.querySelectorAll('#{table} tbody tr:not([hidden])')].map(row => row.children[{at}].innerText.trim())"
    ));
    serde_json::from_value(texts).expect("texts")
}

fn dark(browser: &Browser) {
    let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    browser.devtools("Emulation.setEmulatedMedia", &dark);
}

#[test]
fn the_report_can_be_used_from_a_file() {
    let Some(browser) = Browser::start("report") else {
        return;
    };
    browser.timeouts();
    let recorder = RunRecorder::new();
    realistic(1)
        .events
        .iter()
        .for_each(|event| recorder.hear(event));
    let mut record = recorder.record().expect("one run");
    for at in 0..60_u64 {
        record.memory.sample(
            at * 12_000_000,
            300_000_000 + (at % 17) * 9_000_000 + at * 4_000_000,
        );
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html");
    report::write_html(&path, &record).expect("written");
    browser.open(&format!("file://{}", path.display()));

    // The slowest nodes stand first; a click sorts by name, another turns it round.
    assert_eq!(column(&browser, "nodes", 0)[0], "sentences nested");
    assert_eq!(column(&browser, "nodes", 0)[1], "fetch");
    browser.click("#nodes thead th:first-child button");
    let names = column(&browser, "nodes", 0);
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(names[0], "clean");
    browser.click("#nodes thead th:first-child button");
    assert!(column(&browser, "nodes", 0).iter().rev().is_sorted());
    browser.click("#nodes thead th:nth-child(5) button");
    let rows = column(&browser, "nodes", 4);
    assert_eq!((rows[0].as_str(), rows[9].as_str()), ("16,920", "1,880"));

    // A click on a node tells about it, and shows its row and its edges.
    browser.click(".graph [data-node='sentences/stems'] rect");
    let detail = browser.script("return document.getElementById('detail').innerText");
    let detail = detail.as_str().unwrap_or_default();
    for text in ["sentences/stems", "16,920", "sentences/tokens, min_len"] {
        assert!(detail.contains(text), "{detail}");
    }
    let chosen = "return [document.querySelectorAll('tr.on').length, document.querySelectorAll('.edge.on').length]";
    assert_eq!(browser.script(chosen), json!([1, 2]));

    // A click on a chunk tells about it.
    browser.script("document.querySelector('.chunks .f').dispatchEvent(new MouseEvent('click', { bubbles: true }))");
    let chunk = browser.script("return document.getElementById('chunk').innerText");
    let chunk = chunk.as_str().unwrap_or_default();
    assert!(
        chunk.contains("32 items from item 80") && chunk.contains("2 failed"),
        "{chunk}"
    );

    browser.script("window.scrollTo(0, 0)");
    browser.screenshot("report-light.png");
    browser.write("#filter", "document 27");
    assert_eq!(
        column(&browser, "failures", 0),
        ["272", "273"].map(str::to_owned)
    );
    assert_eq!(
        browser.script("return document.getElementById('filtered').value"),
        "2 of 40"
    );
    dark(&browser);
    browser.script("window.scrollTo(0, 900)");
    browser.screenshot("report-dark.png");
    browser.script("window.scrollTo(0, 100000)");
    browser.screenshot("report-end.png");
    browser.check_console();
}

#[test]
fn the_live_page_follows_a_run_without_a_reload() {
    let Some(browser) = Browser::start("live") else {
        return;
    };
    browser.timeouts();
    let recorder = RunRecorder::new();
    let dashboard = Dashboard::start(([127, 0, 0, 1], 0).into(), recorder.clone()).expect("a port");
    let url = format!("http://{}/", dashboard.addr());
    browser.open(&url);
    browser.script("window.untouched = true");
    browser.wait_for("document.body.innerText.includes('No run has begun yet')");

    let events = realistic(7).events;
    let (first, rest) = events.split_at(events.len() / 2);
    first.iter().for_each(|event| recorder.hear(event));
    browser.wait_for("document.querySelector('h1').innerText === 'summaries'");
    browser.wait_for("document.querySelector('.badge').innerText === 'Running'");
    let done = "document.querySelector('.tiles dd').firstChild.textContent";
    let before = browser.script(&format!("return {done}"));

    // What was chosen is still chosen after it is drawn again.
    browser.click("#nodes thead th:first-child button");
    browser.click(".graph [data-node='clean'] rect");
    browser.write("#filter", "document 272");
    browser.script("window.scrollTo(0, 0)");
    browser.screenshot("live-running.png");

    rest.iter().for_each(|event| recorder.hear(event));
    browser.wait_for("document.querySelector('.badge').innerText === 'Done, some items failed'");
    browser.wait_for(&format!("{done} === '1,960'"));
    assert_ne!(before, Value::from("1,960"));
    assert_eq!(column(&browser, "nodes", 0)[0], "clean");
    assert_eq!(column(&browser, "failures", 0), ["272"]);
    let chosen = "return [window.untouched, document.querySelector('tr.on').dataset.node, document.querySelectorAll('.graph .on').length]";
    assert_eq!(browser.script(chosen), json!([true, "clean", 4]));
    assert!(
        parse(&get(dashboard.addr(), "/metrics").body)["hypernodes_items_done_total"] > 1_959.0
    );

    // A newer run is followed; an older one can be chosen.
    realistic(8).events[..200]
        .iter()
        .for_each(|event| recorder.hear(event));
    browser.wait_for("document.querySelector('.how').innerText.includes('run 0000000000000008')");
    browser.wait_for("document.querySelectorAll('#run option').length === 3");
    browser.script("const run = document.getElementById('run'); run.value = '0000000000000007'; run.dispatchEvent(new Event('change'))");
    browser.wait_for("document.querySelector('.how').innerText.includes('run 0000000000000007')");
    dark(&browser);
    browser.screenshot("live-ended.png");
    browser.check_console();

    drop(dashboard);
    browser.wait_for("document.getElementById('state').className === 'lost'");
}
