//! `graph COMMAND`: the pipeline's picture.

use std::io::Write;

use hypernodes::Pipeline;
use hypernodes::trading::pipelines;

use super::{atc, format, indicators, print};
use crate::cli::{Common, Format, GraphOf};
use crate::error::{CommandError, Exit};

pub(crate) fn run(common: &Common, of: &GraphOf) -> Result<Exit, CommandError> {
    let pipeline: Pipeline = match of {
        GraphOf::Atc(_) => atc::pipeline()?,
        GraphOf::Indicators(_) => indicators::pipeline()?,
        GraphOf::Scan(command) => match command.scan.spec()? {
            Some(_) => pipelines::market_where(),
            None => pipelines::market_scan(),
        },
    };
    let choices = [Format::Text, Format::Mermaid, Format::Dot, Format::Svg];
    let picture = pipeline.describe();
    let text = match format(common, "graph", &choices)? {
        Format::Mermaid => picture.to_mermaid(usize::MAX),
        Format::Dot => picture.to_dot(usize::MAX),
        Format::Svg => picture.to_svg(usize::MAX),
        _ => picture.to_text(usize::MAX),
    };
    print(common, |out| {
        out.write_all(text.trim_end().as_bytes())?;
        Ok(out.write_all(b"\n")?)
    })
}
