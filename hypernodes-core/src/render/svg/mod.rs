//! The SVG picture: our own layered layout, so that no program and no network is needed.
//!
//! | file | job |
//! |---|---|
//! | `layout.rs` | boxes and nets to places and routes, whatever they mean; a grid when there are too many |
//! | `layers.rs`, `order.rs`, `place.rs` | its three steps: which layer, which order within it, which coordinates |
//! | `level.rs` | one pipeline as boxes and nets |
//! | `block.rs`, `chip.rs` | one node, one frame, one line of text: measured and drawn |
//! | `markup.rs` | escaping, numbers, text |

mod block;
mod chip;
mod layers;
mod layout;
mod level;
mod markup;
mod order;
mod place;

use super::DEEPEST;
use super::description::GraphDescription;
use super::label::{first_paragraph, shortened, visible};
use markup::{STYLE, escaped, number, text_width};

/// The space around the picture.
const MARGIN: f64 = 20.0;

impl GraphDescription {
    /// The graph as a self-contained SVG picture, for light and dark pages.
    ///
    /// `depth` says how many levels of nested pipelines are opened: 0 draws each as one box, `usize::MAX` opens all (up to
    /// 32), each as a frame. A node shows its outputs as chips, those asked for in green; inputs are rounded, bound ones
    /// dashed; a renamed input is a chip on top of its node. Hovering shows docs, types and options.
    ///
    /// # Complexity
    /// Near linear; pipelines of more than 1,500 nodes on one level are packed in rows instead of layers, and very many
    /// edges between them are left out.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::GraphDescription;
    /// let svg = GraphDescription::new("a < b").to_svg(0);
    /// assert!(svg.starts_with("<svg xmlns=") && svg.contains("a &lt; b"));
    /// ```
    #[must_use]
    pub fn to_svg(&self, depth: usize) -> String {
        let picture = block::picture(self, depth.min(DEEPEST));
        let name = visible(&self.name);
        let doc = self
            .doc
            .as_deref()
            .map(first_paragraph)
            .filter(|doc| !doc.is_empty());
        let shown_name = shortened(&name, 80);
        let shown_doc = doc.as_deref().map(|doc| shortened(doc, 110));

        let doc_width = shown_doc
            .as_deref()
            .map_or(0.0, |doc| text_width(doc, 11.0));
        let inner = picture
            .width
            .max(text_width(&shown_name, 15.0))
            .max(doc_width);
        let width = inner + 2.0 * MARGIN;
        let heading = if shown_doc.is_some() { 58.0 } else { 40.0 };
        let height = heading + MARGIN + picture.height + MARGIN;

        let (w, h) = (number(width), number(height));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hn\" role=\"img\" viewBox=\"0 0 {w} {h}\" \
             width=\"{w}\" height=\"{h}\">\n<title>{}</title>\n",
            escaped(&name)
        );
        if let Some(doc) = &doc {
            out.push_str(&format!("<desc>{}</desc>\n", escaped(doc)));
        }
        out.push_str(STYLE);
        out.push_str(&format!(
            "<rect class=\"hn-page\" width=\"{w}\" height=\"{h}\"/>\n"
        ));
        let left = number(MARGIN);
        out.push_str(&format!(
            "<text class=\"hn-head\" x=\"{left}\" y=\"32\">{}</text>\n",
            escaped(&shown_name)
        ));
        if let Some(doc) = &shown_doc {
            out.push_str(&format!(
                "<text class=\"hn-small\" x=\"{left}\" y=\"52\">{}</text>\n",
                escaped(doc)
            ));
        }
        let (x, y) = (
            number(MARGIN + (inner - picture.width) / 2.0),
            number(heading + MARGIN),
        );
        out.push_str(&format!(
            "<g transform=\"translate({x} {y})\">\n{}</g>\n</svg>\n",
            picture.markup
        ));
        out
    }
}
