//! Pieces of SVG.

use crate::render::label::width;

/// Self-contained style: no variables and no ids, so that several pictures can share a page and plain viewers draw it.
pub(super) const STYLE: &str = "<style>
.hn text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2328}
.hn .hn-head{font-size:15px;font-weight:bold}
.hn .hn-name{font-size:13px;font-weight:bold}
.hn .hn-chip{font-size:11px}
.hn .hn-small{font-size:11px;fill:#656d76}
.hn .hn-type{fill:#656d76}
.hn-page{fill:#ffffff}
.hn-box{fill:#ffffff;stroke:#8c959f}
.hn-pipe{fill:#f6f8fa;stroke:#8c959f;stroke-width:3}
.hn-frame{fill:#818b98;fill-opacity:.08;stroke:#8c959f}
.hn-in{fill:#ddf0ff;stroke:#54a0d6}
.hn-bound{fill:#f6f8fa;stroke:#8c959f;stroke-dasharray:4 3}
.hn-out{fill:#eaeef2;stroke:#8c959f}
.hn-asked{fill:#d2f4dc;stroke:#2da44e}
.hn-line{fill:none;stroke:#8c959f;stroke-width:1.3}
.hn-dash{stroke-dasharray:4 3}
.hn-tip{fill:#8c959f}
.hn-net:hover .hn-line{stroke:#0969da;stroke-width:2.2}
.hn-net:hover .hn-tip{fill:#0969da}
@media (prefers-color-scheme:dark){
.hn text{fill:#e6edf3}
.hn .hn-small,.hn .hn-type{fill:#9198a1}
.hn-page{fill:#0d1117}
.hn-box{fill:#161b22;stroke:#6e7681}
.hn-pipe{fill:#11161d;stroke:#6e7681}
.hn-frame{stroke:#6e7681}
.hn-in{fill:#10283d;stroke:#3d7fb5}
.hn-bound{fill:#11161d;stroke:#6e7681}
.hn-out{fill:#21262d;stroke:#6e7681}
.hn-asked{fill:#12361f;stroke:#3fb950}
.hn-line{stroke:#6e7681}
.hn-tip{fill:#6e7681}
}
</style>
";

/// The width of `text` in a fixed-width font of this size, in pixels.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    // 0.602 is the advance of Menlo and DejaVu Sans Mono; the other fonts of the style are narrower.
    let columns = u32::try_from(width(text)).unwrap_or(u32::MAX);
    f64::from(columns) * size * 0.602
}

/// A coordinate with at most one decimal, short.
pub(super) fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // No "-0".
    format!("{}", rounded + 0.0)
}

/// Text as XML character data or as an attribute value.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// `name: Type` with the type in a quieter colour.
pub(super) fn typed_markup(label: &str) -> String {
    match label.split_once(": ") {
        Some((name, type_name)) => {
            format!(
                "{}<tspan class=\"hn-type\">: {}</tspan>",
                escaped(name),
                escaped(type_name)
            )
        }
        None => escaped(label),
    }
}
