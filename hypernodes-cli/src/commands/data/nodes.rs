//! What `data` computes for each symbol: nodes, so that it is done where the symbol is read.

use hypernodes::node;
use hypernodes::trading::Bars;
use hypernodes::trading::data::write::WriteColumns;
use hypernodes::trading::dtypes::Dtypes;
use serde::{Deserialize, Serialize};

/// What is told of a symbol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SymbolFacts {
    pub(super) exchange: Option<String>,
    pub(super) bars: usize,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) columns: Vec<String>,
}

/// Tells what bars there are.
#[node(output = "facts")]
pub(super) fn symbol_facts(bars: &Bars) -> SymbolFacts {
    let is_there = [
        ("open", bars.open().is_some()),
        ("high", bars.high().is_some()),
        ("low", bars.low().is_some()),
        ("close", true),
        ("volume", bars.volume().is_some()),
    ];
    let columns = is_there.into_iter().filter(|(_, is)| *is);
    SymbolFacts {
        exchange: bars.exchange().map(str::to_owned),
        bars: bars.len(),
        first: bars.time().first().copied(),
        last: bars.time().last().copied(),
        columns: columns.map(|(name, _)| name.to_owned()).collect(),
    }
}

/// What a file needs that is to hold certain bars.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct FileNeeds {
    pub(super) columns: WriteColumns,
    pub(super) dtypes: Dtypes,
}

/// Tells what a file needs that is to hold these bars.
#[node(output = "needs")]
pub(super) fn file_needs(bars: &Bars) -> FileNeeds {
    FileNeeds {
        columns: WriteColumns::of(bars),
        dtypes: Dtypes::of_bars(bars),
    }
}
