//! A small box with one line of text: an input, an output, the name of a frame.

use std::fmt::Write;

use super::markup::{escaped, number, text_width, typed_markup};
use crate::render::description::{InputDescription, PortDescription};
use crate::render::label::{shortened, typed, visible};

pub(super) const CHIP_HEIGHT: f64 = 18.0;
const CHIP_GAP: f64 = 6.0;

/// A small box with one line of text.
pub(super) struct Chip {
    pub(super) width: f64,
    pub(super) markup: String,
}

impl Chip {
    pub(super) fn new(label: &str, class: &str, title: &str) -> Self {
        Self::styled(label, class, title, 4, "hn-chip")
    }

    pub(super) fn styled(
        label: &str,
        class: &str,
        title: &str,
        radius: u8,
        text_class: &str,
    ) -> Self {
        let label = shortened(label, 44);
        let width = text_width(&label, 11.0) + 16.0;
        let markup = format!(
            "<g><title>{}</title><rect class=\"{class}\" width=\"{}\" height=\"{}\" rx=\"{radius}\"/>\
             <text class=\"{text_class}\" x=\"8\" y=\"13\">{}</text></g>",
            escaped(title),
            number(width),
            number(CHIP_HEIGHT),
            typed_markup(&label),
        );
        Self { width, markup }
    }

    pub(super) fn parameter(port: &PortDescription) -> Self {
        let title = format!("parameter {}", typed(&port.name, &port.type_name));
        Self::new(&port.parameter_label(), "hn-in", &title)
    }

    pub(super) fn result(port: &PortDescription, asked: bool) -> Self {
        let title = typed(&port.value, &port.type_name);
        let (class, title) = if asked {
            ("hn-asked", format!("{title}\nan output of the pipeline"))
        } else {
            ("hn-out", title)
        };
        Self::new(&port.result_label(), class, &title)
    }

    pub(super) fn input(input: &InputDescription) -> Self {
        let mut title = format!("input {}", typed(&input.name, &input.type_name));
        if let Some(default) = &input.default {
            let _ = write!(
                title,
                "\n{} {}",
                if input.bound { "bound to" } else { "default" },
                visible(default)
            );
        } else if input.bound {
            title.push_str("\nbound");
        }
        Self::styled(
            &input.label(),
            if input.bound { "hn-bound" } else { "hn-in" },
            &title,
            9,
            "hn-chip",
        )
    }

    pub(super) fn unknown(name: &str) -> Self {
        Self::styled(
            &visible(name),
            "hn-in",
            "a value that comes from nowhere",
            9,
            "hn-chip",
        )
    }
}

/// A row of chips and its width.
pub(super) fn row_width(chips: &[Chip]) -> f64 {
    let gaps = CHIP_GAP * u32::try_from(chips.len().saturating_sub(1)).map_or(0.0, f64::from);
    chips.iter().map(|chip| chip.width).sum::<f64>() + gaps
}

/// Draws a row of chips in the middle of `width`; returns the middle of each.
pub(super) fn draw_row(out: &mut String, chips: &[Chip], width: f64, y: f64) -> Vec<f64> {
    let mut x = (width - row_width(chips)) / 2.0;
    let mut middles = Vec::with_capacity(chips.len());
    for chip in chips {
        let _ = write!(
            out,
            "\n<g transform=\"translate({} {})\">{}</g>",
            number(x),
            number(y),
            chip.markup
        );
        middles.push(x + chip.width / 2.0);
        x += chip.width + CHIP_GAP;
    }
    middles
}
