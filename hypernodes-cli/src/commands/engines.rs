//! `engines`: each engine, available or not, and why.

use std::io::{self, Write};

use hypernodes::EngineConfig;

use super::{format, print};
use crate::cli::{Common, Format};
use crate::error::{CommandError, Exit};

pub(crate) fn run(common: &Common) -> Result<Exit, CommandError> {
    let format = format(
        common,
        "engines",
        &[Format::Table, Format::Json, Format::Csv],
    )?;
    let engines = EngineConfig::available();
    print(common, |out| {
        match format {
            Format::Json => {
                serde_json::to_writer(&mut *out, engines).map_err(io::Error::from)?;
                writeln!(out)?;
            }
            Format::Csv => {
                writeln!(out, "name,available,description")?;
                for engine in engines {
                    let quoted = engine.description.replace('"', "\"\"");
                    writeln!(out, "{},{},\"{quoted}\"", engine.name, engine.available)?;
                }
            }
            _ => {
                for engine in engines {
                    let available = if engine.available { "available" } else { "-" };
                    writeln!(
                        out,
                        "{:<12}{available:<11}{}",
                        engine.name, engine.description
                    )?;
                }
            }
        }
        Ok(())
    })
}
