//! A socket with frames on it, and descriptors beside them.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, epoll, eventfd, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::{Decoder, Kind, MOST_DESCRIPTORS, WireError, frame};

/// How many bytes are read at once.
const READ: usize = 64 * 1024;

/// Why nothing can be received any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// The other side has closed the socket, or is gone.
    #[error("the socket was closed")]
    Closed,
    /// What came is no frame.
    #[error(transparent)]
    Garbled(#[from] WireError),
    /// The system says so.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Both ends of a socket.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// The sending half.
#[derive(Debug)]
pub(super) struct Sender {
    socket: OwnedFd,
    kind: Kind,
}

impl Sender {
    pub(super) fn new(socket: OwnedFd, kind: Kind) -> Self {
        Self { socket, kind }
    }

    /// Sends a message, with descriptors beside its first byte.
    pub(super) fn send(
        &self,
        message: &impl Serialize,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), LinkError> {
        let bytes = frame(self.kind, message, descriptors.len())?;
        let mut sent = 0;
        while sent < bytes.len() {
            let mut space =
                [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
            let mut beside = SendAncillaryBuffer::new(&mut space);
            if sent == 0 && !descriptors.is_empty() {
                let fits = beside.push(SendAncillaryMessage::ScmRights(descriptors));
                debug_assert!(fits, "a frame takes at most so many descriptors");
            }
            match sendmsg(
                &self.socket,
                &[IoSlice::new(&bytes[sent..])],
                &mut beside,
                SendFlags::NOSIGNAL,
            ) {
                Ok(more) => sent += more,
                Err(Errno::INTR) => {}
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(LinkError::Closed),
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
        Ok(())
    }
}

/// The receiving half.
#[derive(Debug)]
pub(super) struct Receiver {
    socket: OwnedFd,
    decoder: Decoder,
    buffer: Vec<u8>,
    /// The last read left no room: there may be more.
    was_full: bool,
}

impl Receiver {
    pub(super) fn new(socket: OwnedFd, kind: Kind) -> Self {
        Self {
            socket,
            decoder: Decoder::new(kind),
            buffer: vec![0; READ],
            was_full: false,
        }
    }

    /// Whether a frame has begun to come and has not ended.
    pub(super) fn is_inside(&self) -> bool {
        self.decoder.is_inside()
    }

    /// The next message and its descriptors; `None` when none came in this time.
    pub(super) fn receive<M: DeserializeOwned>(
        &mut self,
        at_most: Option<Duration>,
    ) -> Result<Option<(M, Vec<OwnedFd>)>, LinkError> {
        loop {
            // Bytes are read first: most of the time they are there, and asking whether they are costs as much.
            if let Some(message) = self.receive_at_once()? {
                return Ok(Some(message));
            }
            if !self.wait(at_most)? {
                return Ok(None);
            }
        }
    }

    /// The next message and its descriptors, if it is there.
    pub(super) fn receive_at_once<M: DeserializeOwned>(
        &mut self,
    ) -> Result<Option<(M, Vec<OwnedFd>)>, LinkError> {
        loop {
            if let Some(message) = self.decoder.message()? {
                return Ok(Some(message));
            }
            if !self.read()? {
                return Ok(None);
            }
        }
    }

    /// Whether bytes may be here of which an [`Ear`] was told that has heard of them before: another one is not.
    pub(super) fn may_hold_more(&self) -> bool {
        self.decoder.is_inside() || self.was_full
    }

    /// Waits for bytes. `false`: none came in this time.
    fn wait(&self, at_most: Option<Duration>) -> Result<bool, LinkError> {
        let limit = at_most.map(timespec);
        let mut polled = [PollFd::new(&self.socket, PollFlags::IN)];
        match poll(&mut polled, limit.as_ref()) {
            Ok(0) => Ok(false),
            Ok(_) | Err(Errno::INTR) => Ok(true),
            Err(error) => Err(io::Error::from(error).into()),
        }
    }

    /// Reads what is there. `false`: nothing is.
    fn read(&mut self) -> Result<bool, LinkError> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        let came = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut self.buffer)],
            &mut beside,
            flags,
        );
        self.was_full = came.as_ref().is_ok_and(|came| came.bytes == READ);
        let came = match came {
            Ok(came) => came,
            Err(Errno::AGAIN) => return Ok(false),
            Err(Errno::INTR) => return Ok(true),
            Err(Errno::CONNRESET) => return Err(LinkError::Closed),
            Err(error) => return Err(io::Error::from(error).into()),
        };
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                for descriptor in descriptors {
                    self.decoder.push_descriptor(descriptor)?;
                }
            }
        }
        if came.bytes == 0 {
            return Err(LinkError::Closed);
        }
        self.decoder.push(&self.buffer[..came.bytes]);
        Ok(true)
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// Wakes one of the threads that listen to a socket.
#[derive(Debug)]
pub(super) struct Bell(OwnedFd);

impl Bell {
    pub(super) fn new() -> io::Result<Self> {
        let flags = EventfdFlags::SEMAPHORE | EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC;
        Ok(Self(eventfd(0, flags)?))
    }

    /// Wakes one thread: the one that waits, or the next that would.
    pub(super) fn ring(&self) {
        // It only fails when it was rung more often than anybody can count.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }
}

/// The ear of one of several threads that listen to the same socket: one of them wakes when something comes. So nobody has
/// to be woken to take over the listening.
#[derive(Debug)]
pub(super) struct Ear<'a> {
    epoll: OwnedFd,
    bell: &'a Bell,
}

impl<'a> Ear<'a> {
    pub(super) fn new(receiver: &Receiver, bell: &'a Bell) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let one = epoll::EventFlags::IN | epoll::EventFlags::EXCLUSIVE;
        epoll::add(&epoll, &receiver.socket, epoll::EventData::new_u64(0), one)?;
        epoll::add(&epoll, &bell.0, epoll::EventData::new_u64(1), one)?;
        Ok(Self { epoll, bell })
    }

    /// Waits for bytes or the bell. `false`: there was neither in this time.
    pub(super) fn wait(&self, at_most: Duration) -> io::Result<bool> {
        let mut events = [epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        }; 2];
        let came = match epoll::wait(&self.epoll, &mut events[..], Some(&timespec(at_most))) {
            Ok(came) => came,
            Err(Errno::INTR) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        if events[..came].iter().any(|event| event.data.u64() == 1) {
            // One ring is for one thread; another one may have been quicker.
            let _ = rustix::io::read(&self.bell.0, &mut [0; 8]);
            // Whoever hears of two things does one of them, and nobody else may have been told of the other.
            if came > 1 {
                self.bell.ring();
            }
        }
        Ok(came > 0)
    }
}

/// The two halves of one end.
pub(super) fn halves(socket: OwnedFd, sends: Kind, takes: Kind) -> io::Result<(Sender, Receiver)> {
    let other = socket.as_fd().try_clone_to_owned()?;
    Ok((Sender::new(socket, sends), Receiver::new(other, takes)))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;
    use crate::clock;

    const LONG: Duration = Duration::from_secs(20);

    /// Both halves that are needed to send frames one way.
    fn one_way() -> (Sender, Receiver) {
        let (ours, theirs) = pair().unwrap();
        (
            Sender::new(ours, Kind::ToWorker),
            Receiver::new(theirs, Kind::ToWorker),
        )
    }

    #[test]
    fn an_ear_hears_bytes_the_bell_and_the_end() {
        let (sender, mut receiver) = one_way();
        let bell = Bell::new().unwrap();
        let ear = Ear::new(&receiver, &bell).unwrap();
        assert!(!ear.wait(Duration::ZERO).unwrap());
        bell.ring();
        assert!(ear.wait(LONG).unwrap(), "the bell");
        assert!(!ear.wait(Duration::ZERO).unwrap(), "one ring is heard once");
        sender.send(&7_u8, &[]).unwrap();
        assert!(ear.wait(LONG).unwrap(), "a frame");
        assert_eq!(receiver.receive_at_once::<u8>().unwrap().unwrap().0, 7);
        assert!(!ear.wait(Duration::ZERO).unwrap(), "it was read");
        drop(sender);
        assert!(ear.wait(LONG).unwrap(), "the end");
        assert!(matches!(
            receiver.receive_at_once::<u8>(),
            Err(LinkError::Closed)
        ));
    }

    /// The kernel wakes one thread for each; when both come at the same moment, that may be the same thread.
    #[test]
    fn who_hears_bytes_and_the_bell_leaves_one_to_the_next() {
        let (sender, mut receiver) = one_way();
        let bell = Bell::new().unwrap();
        let [first, second] = [(); 2].map(|()| Ear::new(&receiver, &bell).unwrap());
        bell.ring();
        sender.send(&7_u8, &[]).unwrap();
        assert!(first.wait(LONG).unwrap());
        assert!(receiver.receive_at_once::<u8>().unwrap().is_some());
        assert!(second.wait(Duration::ZERO).unwrap(), "the bell");
        for ear in [first, second] {
            assert!(!ear.wait(Duration::ZERO).unwrap(), "nothing is left");
        }
    }

    /// Threads that take one frame at a time, as a worker's do: none sleeps while there are frames that nobody takes.
    #[test]
    fn no_frame_waits_for_a_thread_that_sleeps() {
        const BURSTS: u64 = 3_000;
        let (sender, receiver) = one_way();
        let (receiver, bell) = (Mutex::new(receiver), Bell::new().unwrap());
        let (sent, taken) = (AtomicU64::new(0), AtomicU64::new(0));
        let deadline = clock::now() + 2 * LONG;
        let wait_until_taken = |frames: u64| {
            while taken.load(Ordering::SeqCst) < frames && clock::now() < deadline {
                thread::yield_now();
            }
        };
        let listen = || {
            let ear = Ear::new(&receiver.lock().unwrap(), &bell).unwrap();
            loop {
                let mut own = receiver.lock().unwrap();
                let message = own.receive_at_once::<bool>().unwrap();
                let more = own.may_hold_more();
                drop(own);
                let Some((is_last, _)) = message else {
                    assert!(ear.wait(LONG).unwrap(), "{taken:?} of {sent:?} were taken");
                    continue;
                };
                if more || is_last {
                    bell.ring();
                }
                if is_last {
                    return;
                }
                // It is busy until the others have taken the rest of the burst.
                let burst = sent.load(Ordering::SeqCst);
                taken.fetch_add(1, Ordering::SeqCst);
                wait_until_taken(burst);
            }
        };
        thread::scope(|scope| {
            let listeners: Vec<_> = (0..3).map(|_| scope.spawn(listen)).collect();
            for burst in 0..BURSTS {
                let frames = 2 + burst % 2;
                sent.fetch_add(frames, Ordering::SeqCst);
                (0..frames).for_each(|_| sender.send(&false, &[]).unwrap());
                // Nothing else comes that would wake anybody.
                wait_until_taken(sent.load(Ordering::SeqCst));
            }
            (0..3).for_each(|_| sender.send(&true, &[]).unwrap());
            for listener in listeners {
                listener.join().unwrap();
            }
        });
    }
}
