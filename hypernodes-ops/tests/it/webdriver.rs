//! A browser that is steered over `WebDriver`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::http::{Answer, ask};

/// A chromium of its own, with a new profile. It ends when this is dropped.
pub(crate) struct Browser {
    driver: Child,
    addr: SocketAddr,
    session: String,
    profile: PathBuf,
}

impl Browser {
    /// `None`, with a printed reason, where there is no browser and none is required.
    #[expect(clippy::print_stdout, reason = "a test that does nothing says so")]
    pub(crate) fn start(name: &str) -> Option<Self> {
        let (Some(chromium), Some(driver)) = (find("chromium"), find("chromedriver")) else {
            assert!(
                std::env::var("HYPERNODES_BROWSER").as_deref() != Ok("require"),
                "HYPERNODES_BROWSER=require, but chromium or chromedriver is not on the PATH"
            );
            println!("skipped: chromium or chromedriver is not on the PATH");
            return None;
        };
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let profile = tmp.join(format!("profile-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&profile);
        std::fs::create_dir_all(&profile).expect("a folder");
        let mut child = Command::new(driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let rest = line.split("started successfully on port ").nth(1)?;
                rest.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("chromedriver says its port");
        let mut browser = Self {
            driver: child,
            addr: ([127, 0, 0, 1], port).into(),
            session: String::new(),
            profile,
        };
        let profile = browser.profile.display();
        let arguments = json!([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            format!("--user-data-dir={profile}"),
        ]);
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": chromium, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = browser.call("POST", "/session", &wanted);
        browser.session = session["sessionId"].as_str().expect("a session").to_owned();
        Some(browser)
    }

    pub(crate) fn open(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    /// What the body of a function gives.
    pub(crate) fn script(&self, body: &str) -> Value {
        self.command("execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Waits in the browser until a condition holds, asked each time it draws; it gives up after a minute.
    pub(crate) fn wait_for(&self, condition: &str) {
        let body = format!(
            "const done = arguments[0], began = Date.now();
            const look = () => {{
                let holds = false;
                try {{ holds = Boolean({condition}); }} catch (error) {{ holds = false; }}
                if (holds) done(true);
                else if (Date.now() - began > 60000) done(false);
                else setTimeout(look, 20);
            }};
            look();"
        );
        let held = self.command("execute/async", &json!({ "script": body, "args": [] }));
        assert_eq!(held, Value::Bool(true), "{condition}");
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.command(&format!("element/{element}/click"), &json!({}));
    }

    pub(crate) fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command(
            &format!("element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Writes what is seen beside the other results of the tests.
    pub(crate) fn screenshot(&self, name: &str) {
        let answer = self.call_raw("GET", &format!("/session/{}/screenshot", self.session), "");
        let value: Value = serde_json::from_str(&answer.body).expect("JSON");
        let png = from_base64(value["value"].as_str().expect("a picture"));
        assert!(
            png.starts_with(b"\x89PNG") && png.len() > 10_000,
            "{}",
            png.len()
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(path, png).expect("written");
    }

    pub(crate) fn timeouts(&self) {
        self.command("timeouts", &json!({ "script": 90_000, "pageLoad": 90_000 }));
    }

    /// Panics if a page of this browser had an error or broke its policy.
    pub(crate) fn check_console(&self) {
        let log = self.command("se/log", &json!({ "type": "browser" }));
        let bad: Vec<&Value> = (log.as_array().expect("a list").iter())
            .filter(|line| line["level"] == "SEVERE")
            .collect();
        assert!(bad.is_empty(), "{bad:?}");
    }

    /// A command of the browser's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.command(
            "goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        );
    }

    fn element(&self, selector: &str) -> String {
        let found = self.command(
            "element",
            &json!({ "using": "css selector", "value": selector }),
        );
        let id = found.as_object().and_then(|ids| ids.values().next());
        id.and_then(Value::as_str).expect("an element").to_owned()
    }

    fn command(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}/{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.call_raw(method, path, &body.to_string());
        let value: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(answer.status, 200, "{path}: {value}");
        value["value"].clone()
    }

    fn call_raw(&self, method: &str, path: &str, body: &str) -> Answer {
        let length = body.len();
        ask(
            self.addr,
            &format!(
                "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
                content-length: {length}\r\nconnection: close\r\n\r\n{body}",
                self.addr
            ),
        )
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.call_raw("DELETE", &format!("/session/{}", self.session), "");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn from_base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.bytes().filter(|&b| b != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).expect("eight bits"));
        }
    }
    out
}
