//! Programs of their own: this same test binary in another role, for what would disturb the other tests, or for what
//! has to die.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use crate::{chaos, large, life};

const ROLE: &str = "HYPERNODES_TEST_ROLE";
const GIVEN: &str = "HYPERNODES_TEST_GIVEN";

/// Nothing here takes so long; what does, hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a role says begins with this: the harness prints lines too.
const MARK: &str = "@ ";

#[test]
#[ignore = "a program of its own, which other tests start"]
fn a_program_of_its_own() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let given = std::env::var(GIVEN).unwrap();
    let given: Vec<u64> = given
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    match role.as_str() {
        "storm" => chaos::storms(&given),
        "weigh" => large::weigh(&given),
        "endless" => life::endless(),
        "surroundings" => life::surroundings(),
        "prints" => life::prints(&given),
        role => panic!("there is no role {role}"),
    }
}

/// This binary in a role, with numbers that it is given.
pub(crate) fn program(role: &str, given: &[u64]) -> Command {
    let given: Vec<String> = given.iter().map(u64::to_string).collect();
    let mut program = of_this_program();
    program
        .args(["stage::a_program_of_its_own", "--exact", "--ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(GIVEN, given.join(" "))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    program
}

/// What a shell starts in the background ignores Ctrl-C, and so does all that it starts: not what is to be interrupted here.
fn of_this_program() -> Command {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    if ignored & (1 << (Signal::INT.as_raw() - 1)) == 0 {
        return Command::new("/proc/self/exe");
    }
    let mut program = Command::new("env");
    program
        .arg("--default-signal=INT")
        .arg(std::env::current_exe().unwrap());
    program
}

/// Says something to whoever has started this program.
pub(crate) fn say(what: impl std::fmt::Display) {
    println!("{MARK}{what}");
}

/// Runs a program to its end, which has to be a good one; gives what it said.
pub(crate) fn play(mut program: Command, patience: Duration) -> Vec<String> {
    let mut child = program.spawn().unwrap();
    let end = Watched::new(child.id());
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::Builder::new().spawn(move || {
        let mut text = Vec::new();
        stdout.read_to_end(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    });
    if !end.comes(patience) {
        child.kill().unwrap();
    }
    let text = reader.unwrap().join().unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}: {text}");
    text.lines().filter_map(said).collect()
}

fn said(line: &str) -> Option<String> {
    // The harness writes the name of a test without ending the line.
    let (_, said) = line.split_once(MARK)?;
    Some(said.to_owned())
}

/// The first lines that a program says.
pub(crate) fn hear(child: &mut Child, lines: usize) -> Vec<String> {
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let all = stdout.lines().map_while(Result::ok);
    all.filter_map(|line| said(&line)).take(lines).collect()
}

/// A process, whoever's child it is, whose end is awaited.
pub(crate) struct Watched(OwnedFd);

impl Watched {
    pub(crate) fn new(pid: u32) -> Self {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        Self(pidfd_open(pid, PidfdFlags::empty()).unwrap())
    }

    /// Waits for its end.
    pub(crate) fn comes(&self, patience: Duration) -> bool {
        let limit = Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let mut polled = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut polled, Some(&limit)).unwrap() > 0
    }
}

/// The children of this process, those that are dead and not yet buried too.
pub(crate) fn children() -> BTreeSet<u32> {
    let own = std::process::id();
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // `pid (name) state parent ..`, and the name may have anything in it.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
        (parent.parse() == Ok(own)).then_some(pid)
    });
    all.collect()
}

/// A line of `/proc/self/status`, in KiB.
pub(crate) fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let found = status.lines().find_map(|known| known.strip_prefix(line));
    let number = found.unwrap().trim().trim_end_matches(" kB");
    number.trim().parse().unwrap()
}
