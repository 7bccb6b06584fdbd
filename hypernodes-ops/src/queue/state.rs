//! What a queue knows, without threads: who waits for whom, and who is next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use super::task::Work;
use super::{QueueError, Task, TaskFailure, TaskId, TaskOutcome, TaskState};

/// What is dropped only when the lock is free: the code of users.
pub(super) type Rest<T> = Vec<Work<T>>;

pub(super) struct State<T> {
    entries: BTreeMap<TaskId, Entry<T>>,
    /// By task: those that wait for it, whether it was added or not.
    dependents: BTreeMap<TaskId, Vec<(TaskId, u64)>>,
    /// Highest priority first, then the oldest. Some may be cancelled.
    ready: BinaryHeap<(i64, Reverse<u64>, TaskId)>,
    next: u64,
    /// Tasks that have not begun.
    pub(super) waiting: usize,
    /// Those of them that could begin.
    pub(super) startable: usize,
    pub(super) running: usize,
    pub(super) is_started: bool,
    pub(super) is_closed: bool,
}

struct Entry<T> {
    number: u64,
    priority: i64,
    after: BTreeSet<TaskId>,
    /// How many of these have not ended.
    missing: usize,
    /// Whether it has its place among those that could begin.
    is_ready: bool,
    stage: Stage<T>,
}

enum Stage<T> {
    Waiting(Work<T>),
    Running,
    Ended(Arc<TaskOutcome<T>>),
}

impl<T> State<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            dependents: BTreeMap::new(),
            ready: BinaryHeap::new(),
            next: 0,
            waiting: 0,
            startable: 0,
            running: 0,
            is_started: false,
            is_closed: false,
        }
    }

    /// Whether a task may be added.
    pub(super) fn check(&self, task: &Task<T>) -> Result<(), QueueError> {
        if self.is_closed {
            return Err(QueueError::Closed(task.id.clone()));
        }
        if self.entries.contains_key(&task.id) {
            return Err(QueueError::Duplicate(task.id.clone()));
        }
        if task.after.contains(&task.id) {
            return Err(QueueError::SelfDependency(task.id.clone()));
        }
        self.cycle(task)
            .map_or(Ok(()), |path| Err(QueueError::Cycle(path)))
    }

    /// Only a task that others wait for already can close a circle.
    fn cycle(&self, task: &Task<T>) -> Option<Vec<TaskId>> {
        self.dependents.get(&task.id)?;
        let mut came_from: BTreeMap<&TaskId, &TaskId> = BTreeMap::new();
        let mut open: Vec<&TaskId> = Vec::new();
        for id in &task.after {
            came_from.insert(id, &task.id);
            open.push(id);
        }
        while let Some(at) = open.pop() {
            for id in self
                .entries
                .get(at)
                .into_iter()
                .flat_map(|entry| &entry.after)
            {
                if came_from.contains_key(id) {
                    continue;
                }
                came_from.insert(id, at);
                if *id == task.id {
                    let mut path = vec![id.clone()];
                    let mut back = at;
                    while *back != task.id {
                        path.push(back.clone());
                        back = came_from[back];
                    }
                    path.push(task.id.clone());
                    path.reverse();
                    return Some(path);
                }
                open.push(id);
            }
        }
        None
    }

    /// Adds a task that was [checked](Self::check).
    pub(super) fn add(&mut self, task: Task<T>) -> Rest<T> {
        let number = self.next;
        self.next += 1;
        let mut missing = 0;
        let mut failed = None;
        for id in &task.after {
            match self.entries.get(id).map(|entry| &entry.stage) {
                Some(Stage::Ended(outcome)) => {
                    failed = failed.or(outcome.as_ref().as_ref().err());
                }
                _ => missing += 1,
            }
        }
        let failure = failed.map(|failure| failure.skip(task.id.clone()));
        if failure.is_none() {
            for id in &task.after {
                let is_ended = self.entries.get(id).is_some_and(Entry::is_ended);
                if !is_ended {
                    let dependents = self.dependents.entry(id.clone()).or_default();
                    dependents.push((task.id.clone(), number));
                }
            }
        }
        let id = task.id.clone();
        let entry = Entry {
            number,
            priority: task.priority,
            after: task.after,
            missing,
            is_ready: false,
            stage: Stage::Waiting(task.work),
        };
        self.entries.insert(id.clone(), entry);
        self.waiting += 1;
        match failure {
            Some(failure) => self.give_up(&id, failure),
            None => {
                if missing == 0 {
                    self.make_ready(&id);
                }
                Rest::new()
            }
        }
    }

    fn make_ready(&mut self, id: &TaskId) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.is_ready = true;
            self.startable += 1;
            let place = (entry.priority, Reverse(entry.number), id.clone());
            self.ready.push(place);
        }
    }

    /// The next task to run.
    pub(super) fn take(&mut self) -> Option<(TaskId, Work<T>)> {
        loop {
            let (_, Reverse(number), id) = self.ready.pop()?;
            let Some(entry) = self.entries.get_mut(&id) else {
                continue;
            };
            // A cancelled task leaves its place behind, and its name may be in use again.
            if entry.number != number || !matches!(entry.stage, Stage::Waiting(_)) {
                continue;
            }
            if let Stage::Waiting(work) = std::mem::replace(&mut entry.stage, Stage::Running) {
                self.waiting -= 1;
                self.startable -= 1;
                self.running += 1;
                return Some((id, work));
            }
        }
    }

    /// Ends a task that runs.
    pub(super) fn finish(&mut self, id: &TaskId, outcome: TaskOutcome<T>) -> Rest<T> {
        self.running -= 1;
        self.end(id, outcome)
    }

    /// Ends a task that waits.
    fn give_up(&mut self, id: &TaskId, failure: TaskFailure) -> Rest<T> {
        let waits = self.entries.get(id);
        let waits = waits.filter(|entry| matches!(entry.stage, Stage::Waiting(_)));
        let Some(is_ready) = waits.map(|entry| entry.is_ready) else {
            return Rest::new();
        };
        self.waiting -= 1;
        self.startable -= usize::from(is_ready);
        self.end(id, Err(failure))
    }

    fn end(&mut self, id: &TaskId, outcome: TaskOutcome<T>) -> Rest<T> {
        let mut rest = Rest::new();
        let mut ended = vec![(id.clone(), outcome)];
        while let Some((id, outcome)) = ended.pop() {
            let Some(entry) = self.entries.get_mut(&id) else {
                continue;
            };
            let outcome = Arc::new(outcome);
            let before = std::mem::replace(&mut entry.stage, Stage::Ended(Arc::clone(&outcome)));
            if let Stage::Waiting(work) = before {
                rest.push(work);
            }
            for (dependent, number) in self.dependents.remove(&id).unwrap_or_default() {
                let Some(entry) = self.entries.get_mut(&dependent) else {
                    continue;
                };
                if entry.number != number || !matches!(entry.stage, Stage::Waiting(_)) {
                    continue;
                }
                match outcome.as_ref() {
                    Err(failure) => {
                        // Taken out at once, so that it cannot be ended twice.
                        let failure = failure.skip(dependent.clone());
                        self.waiting -= 1;
                        let work = std::mem::replace(&mut entry.stage, Stage::Running);
                        if let Stage::Waiting(work) = work {
                            rest.push(work);
                        }
                        ended.push((dependent, Err(failure)));
                    }
                    Ok(_) => {
                        entry.missing -= 1;
                        if entry.missing == 0 {
                            self.make_ready(&dependent);
                        }
                    }
                }
            }
        }
        rest
    }

    /// Cancels a task that has not begun; says whether it will never run because of that.
    pub(super) fn cancel(&mut self, id: &TaskId) -> Option<(bool, Rest<T>)> {
        let entry = self.entries.get(id)?;
        if !matches!(entry.stage, Stage::Waiting(_)) {
            return Some((false, Rest::new()));
        }
        let failure = TaskFailure::Cancelled { task: id.clone() };
        Some((true, self.give_up(id, failure)))
    }

    /// Cancels everything that has not begun.
    pub(super) fn cancel_all(&mut self) -> Rest<T> {
        let waits = |entry: &Entry<T>| matches!(entry.stage, Stage::Waiting(_));
        let waiting = self.entries.iter().filter(|(_, entry)| waits(entry));
        let ids: Vec<TaskId> = waiting.map(|(id, _)| id.clone()).collect();
        let mut rest = Rest::new();
        // All at once: none of them is skipped for another.
        self.dependents.clear();
        for id in ids {
            let failure = TaskFailure::Cancelled { task: id.clone() };
            rest.extend(self.give_up(&id, failure));
        }
        rest
    }

    /// Who waits for tasks that nobody has added.
    pub(super) fn unknown(&self) -> Vec<(TaskId, TaskId)> {
        let missing = self.dependents.iter();
        let missing = missing.filter(|(id, _)| !self.entries.contains_key(*id));
        let mut pairs: Vec<(u64, TaskId, TaskId)> = Vec::new();
        for (dependency, dependents) in missing {
            for (task, number) in dependents {
                let entry = self.entries.get(task);
                let waits = entry.is_some_and(|entry| {
                    entry.number == *number && matches!(entry.stage, Stage::Waiting(_))
                });
                if waits {
                    pairs.push((*number, task.clone(), dependency.clone()));
                }
            }
        }
        pairs.sort();
        pairs
            .into_iter()
            .map(|(_, task, dependency)| (task, dependency))
            .collect()
    }

    /// Skips who waits for tasks that nobody will add any more.
    pub(super) fn skip_unknown(&mut self, unknown: &[(TaskId, TaskId)]) -> Rest<T> {
        let mut rest = Rest::new();
        for (task, dependency) in unknown {
            let failure = TaskFailure::Skipped {
                task: task.clone(),
                root: dependency.clone(),
                reason: format!("`{dependency}` was never added"),
            };
            rest.extend(self.give_up(task, failure));
        }
        rest
    }

    /// Whether nothing moves although tasks wait.
    pub(super) fn is_stuck(&self) -> bool {
        self.waiting > 0 && self.running == 0 && self.startable == 0
    }

    pub(super) fn outcome(&self, id: &TaskId) -> Option<Option<Arc<TaskOutcome<T>>>> {
        self.entries.get(id).map(|entry| match &entry.stage {
            Stage::Ended(outcome) => Some(Arc::clone(outcome)),
            _ => None,
        })
    }

    pub(super) fn task_state(&self, id: &TaskId) -> Option<TaskState> {
        self.entries.get(id).map(|entry| match &entry.stage {
            Stage::Waiting(_) if entry.missing > 0 => TaskState::Waiting,
            Stage::Waiting(_) => TaskState::Ready,
            Stage::Running => TaskState::Running,
            Stage::Ended(outcome) => match outcome.as_ref() {
                Ok(_) => TaskState::Done,
                Err(failure) => failure.state(),
            },
        })
    }

    /// Forgets a task that has ended.
    pub(super) fn forget(&mut self, id: &TaskId) -> Option<Arc<TaskOutcome<T>>> {
        let outcome = self.outcome(id)??;
        self.entries.remove(id);
        Some(outcome)
    }
}

impl<T> Entry<T> {
    fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: &str, after: &[&str]) -> Task<u32> {
        Task::new(id, || Ok(1)).after(after.iter().copied())
    }

    #[test]
    fn the_place_of_a_cancelled_task_is_not_that_of_its_name() {
        let mut state = State::new();
        state.add(task("a", &[]));
        assert!(
            state
                .cancel(&"a".into())
                .is_some_and(|(is_cancelled, _)| is_cancelled)
        );
        state.forget(&"a".into());
        state.add(task("a", &["b"]));
        assert!(state.take().is_none());
        state.add(task("b", &[]));
        assert_eq!(state.take().map(|(id, _)| id), Some("b".into()));
        state.finish(&"b".into(), Ok(1));
        assert_eq!(state.take().map(|(id, _)| id), Some("a".into()));
    }

    #[test]
    fn what_was_cancelled_gives_no_hope() {
        let mut state = State::new();
        state.add(task("a", &["missing"]));
        assert!(state.is_stuck());
        state.add(task("b", &[]));
        assert!(!state.is_stuck());
        state.cancel(&"b".into());
        assert!(state.is_stuck());
        assert_eq!((state.waiting, state.startable, state.running), (1, 0, 0));
    }
}
