//! `follow FILE|-`: indicators and signals of bars as they come.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use hypernodes::trading::data::{CsvLines, CsvOptions};
use hypernodes::trading::follow::{Followed, Follower};
use hypernodes::trading::quoted;
use hypernodes::trading::scan::Expr;

use super::format;
use super::indicator_rows::civil;
use super::indicators::named;
use crate::cancel;
use crate::cli::{Common, FollowCommand, Format};
use crate::error::{CommandError, Exit, say};

/// How long a file that has ended is left alone before it is looked at again.
const PAUSE: Duration = Duration::from_millis(50);

/// How often Ctrl-C is looked for while nothing comes.
const LOOK: Duration = Duration::from_millis(50);

/// The longest line that can be one of a csv file of prices.
const LONGEST: usize = 1 << 20;

pub(crate) fn run(common: &Common, command: &FollowCommand) -> Result<Exit, CommandError> {
    let format = format(common, "follow", &[Format::Csv, Format::Json])?;
    if common.output.is_some() {
        let problem =
            "`follow` prints as bars come and never finishes a file; leave `--output` out";
        return Err(CommandError::Usage(problem.to_owned()));
    }
    let columns = command
        .columns
        .as_deref()
        .map(named)
        .transpose()?
        .unwrap_or_default();
    let filter = filter(command)?;
    let is_stdin = command.source == "-";
    let name = if is_stdin {
        "standard input"
    } else {
        &command.source
    };
    let mut rows = Rows {
        format,
        names: columns
            .iter()
            .map(|column| column.name().to_owned())
            .collect(),
        has_header: false,
        text: String::new(),
    };
    let follower = Follower::new(columns, filter, command.table.timeframe);
    let follower = follower.map_err(|error| CommandError::Usage(format!("`--where`: {error}")))?;
    let options = CsvOptions {
        columns: follower.needed_columns(),
        // The follower takes bars together.
        timeframe: None,
        ..command.table.options()?
    };
    let mut work = Work {
        lines: CsvLines::new(name, options),
        follower,
        is_strict: common.fails_fast(),
        failed: 0,
    };
    cancel::listen();
    let pieces = pieces(command, is_stdin)?;
    let mut rest: Vec<u8> = Vec::new();
    let is_cancelled = loop {
        let piece = match pieces.recv_timeout(LOOK) {
            _ if cancel::token().is_cancelled() => break true,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break false,
            Ok(piece) => {
                piece.map_err(|error| CommandError::Symbol(format!("`{name}`: {error}")))?
            }
        };
        if rest.is_empty() && work.lines.lines() == 0 {
            check_plain(name, &piece)?;
        }
        rest.extend_from_slice(&piece);
        let whole = rest
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let taken = rest[..whole]
            .split_inclusive(|&byte| byte == b'\n')
            .try_for_each(|line| work.line(line, &mut rows));
        rest.drain(..whole);
        if rest.len() > LONGEST {
            let problem = format!(
                "`{name}` line {}: it is longer than {LONGEST} bytes; name a csv file",
                work.lines.lines() + 1
            );
            return Err(CommandError::Symbol(problem));
        }
        // What was found before a fault is told.
        rows.print()?;
        taken?;
    };
    if !is_cancelled {
        if !rest.is_empty() {
            work.line(&rest, &mut rows)?;
        }
        work.finish(&mut rows)?;
        rows.print()?;
    }
    Ok(match (is_cancelled, work.failed) {
        (true, _) => Exit::Cancelled,
        (false, 0) => Exit::Done,
        (false, _) => Exit::SomeFailed,
    })
}

/// Files of prices that are no text are told as what they are.
fn check_plain(name: &str, start: &[u8]) -> Result<(), CommandError> {
    const GUNZIP: &str = "unpack it in front, as in `zcat FILE | hypernodes follow -`";
    const UNZSTD: &str = "unpack it in front, as in `zstdcat FILE | hypernodes follow -`";
    const CONVERT: &str = "make it csv with `hypernodes data convert FILE --as csv`";
    const KINDS: [(&[u8], &str, &str); 4] = [
        (b"\x1f\x8b", "packed with gzip", GUNZIP),
        (b"\x28\xb5\x2f\xfd", "packed with zstd", UNZSTD),
        (b"PAR1", "a Parquet file", CONVERT),
        (b"ARROW1", "an Arrow IPC file", CONVERT),
    ];
    let kind = KINDS.iter().find(|(magic, ..)| start.starts_with(magic));
    kind.map_or(Ok(()), |(_, what, remedy)| {
        let problem = format!("`{name}` is {what}, and `follow` reads plain csv; {remedy}");
        Err(CommandError::Symbol(problem))
    })
}

fn filter(command: &FollowCommand) -> Result<Option<Expr>, CommandError> {
    let parsed = command
        .filter
        .as_deref()
        .map(str::parse::<Expr>)
        .transpose();
    let filter = parsed.map_err(|error| CommandError::Expression {
        option: "--where",
        error: Box::new(error),
    })?;
    match filter {
        Some(filter) if !filter.is_condition() => {
            let problem = format!(
                "`--where`: `{filter}` is a number, expected a condition such as `{filter} > 0`"
            );
            Err(CommandError::Usage(problem))
        }
        filter => Ok(filter),
    }
}

/// Lines to bars to rows.
struct Work {
    lines: CsvLines,
    follower: Follower,
    /// Whether the first bad row ends the command.
    is_strict: bool,
    failed: u64,
}

impl Work {
    fn line(&mut self, line: &[u8], rows: &mut Rows) -> Result<(), CommandError> {
        let read = match self.lines.read(line) {
            Ok(None) => return Ok(()),
            Ok(Some(read)) => read,
            // Without a header nothing can be read.
            Err(error) if self.is_strict || !self.lines.has_header() => return Err(error.into()),
            Err(error) => {
                self.failed += 1;
                say(&format!("failed: {error}"));
                return Ok(());
            }
        };
        let (symbol, bar) = read;
        let symbol_of_row = self.lines.has_symbols().then_some(&*symbol);
        // Its times were seen to ascend.
        let followed = self.follower.update(&symbol, bar);
        let followed = followed.map_err(|error| CommandError::Symbol(error.to_string()))?;
        if let Some(followed) = followed {
            rows.add(symbol_of_row, &followed)?;
        }
        Ok(())
    }

    /// The bars that were forming.
    fn finish(&mut self, rows: &mut Rows) -> Result<(), CommandError> {
        let has_symbols = self.lines.has_symbols();
        let mut written = Ok(());
        self.follower.finish(|symbol, followed| {
            if written.is_ok() {
                written = rows.add(has_symbols.then_some(symbol), &followed);
            }
        });
        written
    }
}

/// Rows on their way to standard output.
struct Rows {
    format: Format,
    names: Vec<String>,
    has_header: bool,
    text: String,
}

impl Rows {
    fn add(&mut self, symbol: Option<&str>, followed: &Followed<'_>) -> Result<(), CommandError> {
        if followed.holds == Some(false) {
            return Ok(());
        }
        let written = match self.format {
            Format::Json => self.json(symbol, followed),
            _ => self.csv(symbol, followed),
        };
        written.map_err(|error| CommandError::Defect(error.to_string()))
    }

    fn csv(&mut self, symbol: Option<&str>, followed: &Followed<'_>) -> std::fmt::Result {
        if !self.has_header {
            self.has_header = true;
            let first = symbol.map(|_| "symbol,").unwrap_or_default();
            write!(self.text, "{first}time,close")?;
            for name in &self.names {
                write!(self.text, ",{name}")?;
            }
            self.text.push('\n');
        }
        if let Some(symbol) = symbol {
            write!(self.text, "{},", quoted(symbol))?;
        }
        write!(
            self.text,
            "{},{:?}",
            civil(followed.bar.time),
            followed.bar.close
        )?;
        for value in followed.values {
            match value.is_finite() {
                true => write!(self.text, ",{value:?}")?,
                false => self.text.push(','),
            }
        }
        self.text.push('\n');
        Ok(())
    }

    fn json(&mut self, symbol: Option<&str>, followed: &Followed<'_>) -> std::fmt::Result {
        let quoted = |text: &str| serde_json::to_string(text).map_err(|_| std::fmt::Error);
        self.text.push('{');
        if let Some(symbol) = symbol {
            write!(self.text, "\"symbol\":{},", quoted(symbol)?)?;
        }
        let (time, close) = (civil(followed.bar.time), followed.bar.close);
        write!(self.text, "\"time\":\"{time}\",\"close\":{close:?}")?;
        for (name, value) in self.names.iter().zip(followed.values) {
            match value.is_finite() {
                true => write!(self.text, ",{}:{value:?}", quoted(name)?)?,
                false => write!(self.text, ",{}:null", quoted(name)?)?,
            }
        }
        self.text.push_str("}\n");
        Ok(())
    }

    /// Prints what has come together.
    fn print(&mut self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        out.flush()
    }
}

/// What is read, piece by piece, by a thread of its own: who waits for input does not see Ctrl-C.
fn pieces(
    command: &FollowCommand,
    is_stdin: bool,
) -> Result<Receiver<io::Result<Vec<u8>>>, CommandError> {
    let (to, pieces) = sync_channel(4);
    let thread = std::thread::Builder::new().name("follow".to_owned());
    if is_stdin {
        thread.spawn(move || read(io::stdin(), || Ok(End::Last), &to))?;
        return Ok(pieces);
    }
    let path = Path::new(&command.source);
    let refused = |error: io::Error| {
        let problem = format!(
            "cannot read `{}`: {error}; name a csv file, or `-` for standard input",
            path.display()
        );
        CommandError::Usage(problem)
    };
    let file = File::open(path).map_err(refused)?;
    let mut seen = file.try_clone().map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    if metadata.is_dir() {
        return Err(refused(io::ErrorKind::IsADirectory.into()));
    }
    // A pipe ends when nobody writes into it any more; a file may go on.
    let waits = !command.until_end && metadata.is_file();
    let end = move || {
        if !waits {
            return Ok(End::Last);
        }
        if seen.metadata()?.len() < seen.stream_position()? {
            return Err(io::Error::other(
                "it was cut while it was followed; start again",
            ));
        }
        Ok(End::ForNow)
    };
    thread.spawn(move || read(file, end, &to))?;
    Ok(pieces)
}

/// What the end of the input means.
enum End {
    Last,
    ForNow,
}

fn read(
    mut source: impl Read,
    mut end: impl FnMut() -> io::Result<End>,
    to: &SyncSender<io::Result<Vec<u8>>>,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let piece = match source.read(&mut buffer) {
            Ok(0) => match end() {
                Ok(End::Last) => return,
                Ok(End::ForNow) => {
                    std::thread::sleep(PAUSE);
                    continue;
                }
                Err(error) => Err(error),
            },
            Ok(bytes) => Ok(buffer[..bytes].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_last = piece.is_err();
        if to.send(piece).is_err() || is_last {
            return;
        }
    }
}
