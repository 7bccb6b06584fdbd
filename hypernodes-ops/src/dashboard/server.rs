//! The server: one thread, connections bounded in number, size and time.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

use super::answer::answer;
use super::host::Hosts;
use crate::RunRecorder;

/// How many connections there are at the same time; further ones wait.
const CONNECTIONS: usize = 64;
/// How long the first line and all headers of a request may be, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// How many headers a request may have.
const HEADERS: usize = 64;
/// How long a client may take to send them.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long a connection may last: one request and its answer.
const CONNECTION_TIME: Duration = Duration::from_secs(30);
/// How long it waits when the system gives no connection, as when there are no file descriptors left.
const PAUSE: Duration = Duration::from_millis(50);

/// A live page and metrics of the runs of this process, while it lives.
///
/// | path | answer |
/// |---|---|
/// | `/` | the page of the newest run, which draws itself again while the run goes on |
/// | `/metrics` | numbers for Prometheus |
/// | `/healthz` | `ok` |
/// | `/api/runs` | the runs that are kept, as JSON |
/// | `/api/runs/{id}` | the [`RunRecord`](crate::RunRecord) of a run, as JSON |
/// | `/api/runs/{id}/page` | the inner part of its page |
///
/// It shows names, inputs of failed items and error texts to everybody who reaches the address, without a password:
/// bind it to loopback unless the network is trusted. On loopback it refuses requests for other host names, so that
/// pages of other sites cannot read it.
///
/// # Example
/// ```
/// use std::io::{Read, Write};
/// use hypernodes_ops::{Dashboard, RunRecorder};
/// let dashboard = Dashboard::start(([127, 0, 0, 1], 0).into(), RunRecorder::new())?;
/// let mut client = std::net::TcpStream::connect(dashboard.addr())?;
/// client.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Dashboard {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why there is no dashboard.
///
/// # Example
/// ```
/// use hypernodes_ops::{Dashboard, DashboardError, RunRecorder};
/// let first = Dashboard::start(([127, 0, 0, 1], 0).into(), RunRecorder::new())?;
/// let second = Dashboard::start(first.addr(), RunRecorder::new());
/// assert!(matches!(second, Err(DashboardError::Bind { .. })));
/// # Ok::<(), DashboardError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// The address cannot be used.
    #[error("cannot listen on {addr}; choose another port, or port 0 for any free one")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no thread, or nothing to wait for connections with.
    #[error("the thread of the dashboard cannot be started")]
    Thread(#[source] std::io::Error),
}

impl Dashboard {
    /// Listens from now on. Port 0 takes any free one: [`addr`](Self::addr) says which.
    ///
    /// # Errors
    /// When the address cannot be used, or there is no thread.
    pub fn start(addr: SocketAddr, recorder: RunRecorder) -> Result<Self, DashboardError> {
        let bind = |source| DashboardError::Bind { addr, source };
        let listener = std::net::TcpListener::bind(addr).map_err(bind)?;
        let bound = listener.local_addr().map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(DashboardError::Thread)?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(bind)?
        };
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                tokio::spawn(accept(listener, Hosts::new(bound), recorder));
                // The sender says nothing: it goes, with the dashboard.
                let _ = stopped.await;
            });
            // All connections end with it.
            drop(runtime);
        };
        let thread = std::thread::Builder::new()
            .name("hypernodes-dashboard".to_owned())
            .spawn(serve)
            .map_err(DashboardError::Thread)?;
        Ok(Self {
            addr: bound,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, hosts: Hosts, recorder: RunRecorder) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let recorder = recorder.clone();
        tokio::spawn(async move {
            // A client that is too slow, or has gone, is nobody's error.
            let _ = tokio::time::timeout(CONNECTION_TIME, serve(stream, hosts, recorder)).await;
            drop(place);
        });
    }
}

async fn serve(stream: TcpStream, hosts: Hosts, recorder: RunRecorder) {
    let service = service_fn(|request| {
        let response = answer(&request, hosts, &recorder);
        let response = response.map(|body| Full::new(Bytes::from(body)));
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let _ = http1::Builder::new()
        .keep_alive(false)
        .half_close(true)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
