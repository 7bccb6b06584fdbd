//! The worker's side: takes chunks from its parent, computes them, sends outcomes back.
//!
//! There is one thread more than chunks are computed at the same time. All that compute nothing listen, and one of them
//! wakes when something comes: who takes a chunk computes it, so that a chunk costs no change of threads, and the parent's
//! end is noticed while nodes compute.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::thread;
use std::time::Duration;

use hypernodes_core::remote::{Arrived, Parcel, WorkerLink, WorkerPlan, WorkerRun, fingerprint};
use hypernodes_core::{Engine, Progress, Sequential, format_size};
use rustix::process::{Pid, Resource, Rlimit, Signal, getpid, getppid, kill_process, setrlimit};

use super::link::{Bell, Ear, LinkError, Receiver, Sender, halves};
use super::message::{Begin, Hello, Layout, ToParent, ToWorker};
use super::parcels::{Received, Slots, lay_out};
use super::shm::{Arena, View, Words};
use super::wire::Kind;
use super::{LINK_LOST, MOST_PLANS};

/// How often a listening thread looks whether its parent is still there.
const LOOK: Duration = Duration::from_secs(1);

/// Serves the parent until it says goodbye or is gone.
pub(super) fn serve(socket: OwnedFd) -> ! {
    let parent = getppid();
    let code = match Worker::greet(socket, parent) {
        Ok(Some(worker)) => {
            let worker: &'static Worker = Box::leak(Box::new(worker));
            worker.work()
        }
        Ok(None) => 0,
        Err(_) => LINK_LOST,
    };
    std::process::exit(code)
}

/// What a worker shares among its threads.
struct Worker {
    parent: Option<Pid>,
    sender: Mutex<Sender>,
    receiver: Mutex<Receiver>,
    bell: Bell,
    arena: Arena,
    view: View,
    slots: Slots,
    words: &'static [AtomicU64],
    threads: usize,
    tells_memory: bool,
    result_limit: Option<u64>,
    engine: Arc<dyn Engine>,
    plans: Mutex<VecDeque<(u64, Arc<WorkerPlan>)>>,
    run: Mutex<Weak<WorkerRun>>,
    /// The same while more chunks of it may come; then its chunks hold it.
    held: Mutex<Option<Arc<WorkerRun>>>,
    schedule: Mutex<Schedule>,
    questions: Mutex<BTreeMap<u64, mpsc::Sender<Option<Vec<u8>>>>>,
    next_question: AtomicU64,
    is_over: AtomicBool,
}

#[derive(Default)]
struct Schedule {
    /// How many threads compute.
    computing: usize,
    waiting: VecDeque<Job>,
}

/// A chunk that came, with its arguments.
struct Job {
    chunk: u64,
    slot: u32,
    run: Arc<WorkerRun>,
    arguments: Arrived,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    /// Shakes hands with the parent. `None`: it is no parent that this worker can serve.
    fn greet(socket: OwnedFd, parent: Option<Pid>) -> Result<Option<Self>, LinkError> {
        let (sender, mut receiver) = halves(socket, Kind::ToParent, Kind::ToWorker)?;
        let first = receiver.receive::<ToWorker>(None)?;
        let Some((ToWorker::Hello(hello), descriptors)) = first else {
            return Err(LinkError::Closed);
        };
        let refuse = |reason: String| {
            sender.send(&ToParent::Refused { reason }, &[])?;
            Ok::<_, LinkError>(None)
        };
        let own = fingerprint();
        if hello.fingerprint != own {
            return refuse("it is another program, or another build of it".to_owned());
        }
        let Ok([stdout, arena, words]) = <[OwnedFd; 3]>::try_from(descriptors) else {
            return refuse("descriptors are missing".to_owned());
        };
        // From here on, what nodes print goes where the parent's own prints go.
        rustix::stdio::dup2_stdout(stdout).map_err(io::Error::from)?;
        let slots = Slots {
            count: hello.slots as usize,
            bytes: usize::try_from(hello.slot_bytes).map_err(io::Error::other)?,
        };
        let view = View::open(&arena)?;
        let (arena, arena_file) = Arena::create(slots.len())?;
        let words = Words::open(&words)?.leak();
        let threads = hello.threads as usize;
        if view.len() < slots.len() || words.len() < (threads + 1) * Progress::WORDS || threads == 0
        {
            return refuse("the shared memory is too small".to_owned());
        }
        if let Some(memory) = hello.memory {
            limit_memory(memory, threads)?;
        }
        let ready = ToParent::Ready { fingerprint: own };
        sender.send(&ready, &[arena_file.as_fd()])?;
        Ok(Some(Self {
            parent,
            sender: Mutex::new(sender),
            receiver: Mutex::new(receiver),
            bell: Bell::new()?,
            arena,
            view,
            slots,
            words,
            threads,
            tells_memory: hello.tells_memory,
            result_limit: hello.result_limit,
            engine: engine_for(&hello),
            plans: Mutex::default(),
            run: Mutex::default(),
            held: Mutex::default(),
            schedule: Mutex::default(),
            questions: Mutex::default(),
            next_question: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        }))
    }

    /// Works until the parent says goodbye; gives the exit code.
    fn work(&'static self) -> i32 {
        // With fewer threads it would not listen while it computes.
        let broken = |error: io::Error| {
            let reason = format!("a worker gets no thread: {error}");
            let _ = self.send(&ToParent::Broken { reason });
            1
        };
        let ear = || Ear::new(&lock(&self.receiver), &self.bell);
        for thread in 1..=self.threads {
            let started = ear().and_then(|ear| {
                thread::Builder::new()
                    .name(format!("hypernodes-{thread}"))
                    .spawn(move || self.work_as(thread, &ear))
            });
            if let Err(error) = started {
                return broken(error);
            }
        }
        match ear() {
            Ok(ear) => self.work_as(0, &ear),
            Err(error) => return broken(error),
        }
        0
    }

    fn work_as(&'static self, thread: usize, ear: &Ear<'_>) {
        let words = Progress::WORDS;
        let progress = Progress::new(&self.words[thread * words..(thread + 1) * words]);
        while let Some(job) = self.listen(ear, progress) {
            let mut next = Some(job);
            while let Some(job) = next {
                self.compute(progress, job);
                let mut schedule = lock(&self.schedule);
                next = schedule.waiting.pop_front();
                if next.is_none() {
                    schedule.computing -= 1;
                }
            }
        }
    }

    /// Listens until there is a chunk that this thread may compute. `None`: the parent said goodbye.
    fn listen(&'static self, ear: &Ear<'_>, progress: Progress) -> Option<Job> {
        loop {
            if let Some(job) = self.take_all(progress) {
                return Some(job);
            }
            if self.is_over.load(Ordering::Relaxed) {
                // The others are to see it too.
                self.bell.ring();
                return None;
            }
            match ear.wait(LOOK) {
                Ok(true) => {}
                Ok(false) if getppid() == self.parent => {}
                Ok(false) => lost(&LinkError::Closed),
                Err(error) => lost(&error.into()),
            }
        }
    }

    /// Takes the messages that are here, up to a chunk that this thread may compute.
    fn take_all(&'static self, progress: Progress) -> Option<Job> {
        let mut receiver = lock(&self.receiver);
        loop {
            if self.is_over.load(Ordering::Relaxed) {
                return None;
            }
            let (message, descriptors) = match receiver.receive_at_once::<ToWorker>() {
                Ok(Some(message)) => message,
                Ok(None) => return None,
                Err(error) => lost(&error),
            };
            let job = match self.take(message, descriptors, progress) {
                Ok(Some(job)) => job,
                Ok(None) => continue,
                Err(reason) => {
                    self.tell(&ToParent::Broken { reason });
                    continue;
                }
            };
            let mut schedule = lock(&self.schedule);
            if schedule.computing < self.threads {
                schedule.computing += 1;
                if receiver.may_hold_more() {
                    self.bell.ring();
                }
                return Some(job);
            }
            schedule.waiting.push_back(job);
            progress.end();
        }
    }

    /// Takes a message; a chunk becomes a job.
    fn take(
        &'static self,
        message: ToWorker,
        descriptors: Vec<OwnedFd>,
        progress: Progress,
    ) -> Result<Option<Job>, String> {
        let file = descriptors.into_iter().next();
        let open = |layout: Layout| Received::open(layout, file, self.slots, &self.view);
        match message {
            ToWorker::Hello(_) => return Err("a second greeting".to_owned()),
            ToWorker::Plan { id, parcel } => {
                let received = open(parcel)?;
                let plan = WorkerPlan::decode(&received.head(), &received);
                let plan = plan.map_err(|error| error.to_string())?;
                let mut plans = lock(&self.plans);
                if plans.len() == MOST_PLANS {
                    plans.pop_front();
                }
                plans.push_back((id, Arc::new(plan)));
            }
            ToWorker::Chunk {
                id,
                slot,
                begin,
                is_last,
                parcel,
            } => {
                if let Some(begin) = begin {
                    self.begin(&begin)?;
                }
                let run = lock(&self.run).upgrade().ok_or("a chunk without a run")?;
                if is_last {
                    drop(lock(&self.held).take());
                }
                let received = open(parcel)?;
                // Values are read by their own code, which may crash: it is known what for.
                progress.begin(id);
                let arguments = run.arrive(id, &received.head(), &received);
                return Ok(Some(Job {
                    chunk: id,
                    slot,
                    run,
                    arguments,
                }));
            }
            ToWorker::Cancel => {
                if let Some(run) = lock(&self.run).upgrade() {
                    run.cancel();
                }
            }
            ToWorker::Abandon { chunk } => {
                if let Some(run) = lock(&self.run).upgrade() {
                    run.abandon(chunk);
                }
            }
            ToWorker::Answer { id, bytes } => {
                if let Some(question) = lock(&self.questions).remove(&id) {
                    let _ = question.send(bytes);
                }
            }
            ToWorker::End => drop(lock(&self.held).take()),
            ToWorker::Bye => self.is_over.store(true, Ordering::Relaxed),
        }
        Ok(None)
    }

    fn begin(&'static self, begin: &Begin) -> Result<(), String> {
        let plans = lock(&self.plans);
        let known = plans.iter().find(|(id, _)| *id == begin.plan);
        let (_, plan) = known.ok_or_else(|| format!("plan {} was never sent", begin.plan))?;
        let link: Arc<dyn WorkerLink> = Arc::new(Link(self));
        let run = plan.begin(&begin.terms, Arc::clone(&self.engine), link);
        let run = Arc::new(run.map_err(|error| error.to_string())?);
        *lock(&self.run) = Arc::downgrade(&run);
        *lock(&self.held) = Some(run);
        Ok(())
    }

    fn compute(&'static self, progress: Progress, job: Job) {
        let Job {
            chunk,
            slot,
            run,
            arguments,
        } = job;
        progress.begin(chunk);
        let outcome = run.compute(arguments, Some(progress));
        // What nodes have printed must not wait for the next chunk, or be lost with this process.
        let _ = io::stdout().flush();
        self.send_outcome(chunk, slot, &outcome);
        progress.end();
    }

    fn send_outcome(&self, chunk: u64, slot: u32, outcome: &Parcel) {
        let bytes = (outcome.head.len() + outcome.blob_bytes()) as u64;
        if let Some(limit) = self.result_limit.filter(|&limit| bytes > limit) {
            let (bytes, limit) = (format_size(bytes), format_size(limit));
            let reason = format!("the results of a chunk have {bytes}, and may have {limit}");
            return self.tell(&ToParent::Failed { chunk, reason });
        }
        match lay_out(outcome, Some((slot, self.slots, &self.arena))) {
            Err(error) => {
                let reason = format!("a result cannot be handed over: {error}");
                self.tell(&ToParent::Failed { chunk, reason });
            }
            Ok((parcel, file)) => {
                let resident = if self.tells_memory { resident() } else { 0 };
                let descriptors: Vec<_> = file.iter().map(AsFd::as_fd).collect();
                let done = ToParent::Done {
                    chunk,
                    parcel,
                    resident,
                };
                if let Err(error) = lock(&self.sender).send(&done, &descriptors) {
                    lost(&error);
                }
            }
        }
    }

    fn send(&self, message: &ToParent) -> Result<(), LinkError> {
        lock(&self.sender).send(message, &[])
    }

    fn tell(&self, message: &ToParent) {
        if let Err(error) = self.send(message) {
            lost(&error);
        }
    }
}

/// What a run asks of its parent.
struct Link(&'static Worker);

impl WorkerLink for Link {
    fn ask(&self, question: Vec<u8>) -> Option<Vec<u8>> {
        let id = self.0.next_question.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = mpsc::channel();
        lock(&self.0.questions).insert(id, sender);
        self.0.tell(&ToParent::Ask {
            id,
            bytes: question,
        });
        answer.recv().ok().flatten()
    }

    fn tell(&self, chunk: u64, events: Vec<u8>) {
        self.0.tell(&ToParent::Events {
            chunk,
            bytes: events,
        });
    }
}

/// Nested maps share the threads of the worker.
fn engine_for(hello: &Hello) -> Arc<dyn Engine> {
    #[cfg(feature = "threaded")]
    if hello.threads > 1 {
        return Arc::new(crate::Threaded::new().workers(hello.threads as usize));
    }
    let _ = hello;
    Arc::new(Sequential::default())
}

/// The parent cannot be reached any more. When it is gone, this process ends at once, whatever its nodes are doing.
fn lost(error: &LinkError) -> ! {
    if let LinkError::Closed = error {
        let _ = kill_process(getpid(), Signal::KILL);
    }
    std::process::exit(LINK_LOST)
}

/// What a thread's stack counts.
const STACK: u64 = 2 << 20;

/// From now on the process may allocate so many bytes more than it has.
fn limit_memory(bytes: u64, threads: usize) -> io::Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let now = line.and_then(|line| {
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .ok()
    });
    let now = now.unwrap_or(0).saturating_mul(1024);
    let stacks = STACK.saturating_mul(threads as u64);
    let most = now.saturating_add(bytes).saturating_add(stacks);
    setrlimit(
        Resource::Data,
        Rlimit {
            current: Some(most),
            maximum: Some(most),
        },
    )?;
    Ok(())
}

/// Bytes of memory that this process has in use.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}
