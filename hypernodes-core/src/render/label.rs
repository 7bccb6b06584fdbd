//! Names and types as people read them.

use super::description::{InputDescription, MapDescription, NodeDescription, PortDescription};

/// `text` on one line: control characters become their pictures (`␊` for a line break).
pub(super) fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

fn visible_char(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // Line separators, marks that turn the direction of what follows, and what XML cannot hold.
        '\u{80}'..='\u{9f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fffe}'
        | '\u{ffff}' => '\u{fffd}',
        c => c,
    }
}

/// The first paragraph of a doc comment, on one line.
pub(super) fn first_paragraph(doc: &str) -> String {
    let lines = doc
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty());
    visible(&lines.collect::<Vec<_>>().join(" "))
}

/// A type without its paths: `alloc::vec::Vec<alloc::string::String>` is `Vec<String>`.
pub(super) fn short_type(type_name: &str) -> String {
    let mut short = String::with_capacity(type_name.len());
    let mut word_starts_at = 0;
    let mut chars = type_name.chars().peekable();
    while let Some(c) = chars.next() {
        if c == ':' && chars.peek() == Some(&':') {
            chars.next();
            // Only a path goes; `<T as Trait>::Item` keeps what is before its colons.
            if word_starts_at < short.len() {
                short.truncate(word_starts_at);
            } else {
                short.push_str("::");
            }
        } else {
            short.push(visible_char(c));
            if !(c == '_' || c.is_alphanumeric()) {
                word_starts_at = short.len();
            }
        }
    }
    short
}

/// At most `columns` columns of `text`, ending in `…` when something was cut.
pub(super) fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += char_width(*c);
        used <= columns
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// How many columns of a fixed-width font `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        // East Asian wide blocks and emoji.
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f000}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// `name: Type`, or the name alone when the type is not known.
pub(super) fn typed(name: &str, type_name: &str) -> String {
    let name = visible(name);
    if type_name.is_empty() {
        name
    } else {
        format!("{name}: {}", short_type(type_name))
    }
}

impl InputDescription {
    /// `min_len: usize = 4`.
    pub(super) fn label(&self) -> String {
        let mut label = typed(&self.name, &self.type_name);
        if let Some(default) = &self.default {
            label.push_str(" = ");
            label.push_str(&shortened(&visible(default), 24));
        }
        label
    }
}

impl PortDescription {
    pub(super) fn is_renamed(&self) -> bool {
        self.name != self.value
    }

    /// `doc ← docs`: the parameter and the value it takes.
    pub(super) fn parameter_label(&self) -> String {
        let name = visible(&self.name);
        if self.is_renamed() {
            format!("{name} ← {}", visible(&self.value))
        } else {
            name
        }
    }

    /// `clean → cleaned: String`: the result and the value it becomes.
    pub(super) fn result_label(&self) -> String {
        let value = typed(&self.value, &self.type_name);
        if self.is_renamed() {
            format!("{} → {value}", visible(&self.name))
        } else {
            value
        }
    }
}

impl MapDescription {
    /// `map over zip(docs)`.
    pub(super) fn label(&self) -> String {
        let names: Vec<_> = self.names.iter().map(|name| visible(name)).collect();
        let mode = if self.mode.is_empty() {
            "zip".to_owned()
        } else {
            visible(&self.mode)
        };
        format!("map over {mode}({})", names.join(", "))
    }
}

impl NodeDescription {
    /// How it maps, and its options: the small print below its name.
    pub(super) fn notes(&self) -> Vec<String> {
        let map = self.map_over.iter().map(MapDescription::label);
        let option = |(name, value): &(String, String)| {
            let name = visible(name);
            if value.is_empty() {
                name
            } else {
                format!("{name} = {}", visible(value))
            }
        };
        let options: Vec<_> = self.options.iter().map(option).collect();
        map.chain((!options.is_empty()).then(|| options.join(", ")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_lose_their_paths_and_nothing_else() {
        for (long, short) in [
            ("alloc::vec::Vec<alloc::string::String>", "Vec<String>"),
            (
                "&[core::option::Option<(f64, my_crate::Bar)>]",
                "&[Option<(f64, Bar)>]",
            ),
            ("<T as Trait>::Item", "<T as Trait>::Item"),
            ("f64", "f64"),
            ("a::", ""),
        ] {
            assert_eq!(short_type(long), short);
        }
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(visible("a\nb\0\u{7f}\u{85}"), "a␊b␀␡\u{fffd}");
        assert_eq!(
            first_paragraph("\n Counts\n words.\n\nMore."),
            "Counts words."
        );
    }

    #[test]
    fn wide_characters_count_twice_and_long_text_is_cut() {
        assert_eq!(width("日本 e\u{301}"), 6);
        assert_eq!(shortened("日本語", 5), "日本…");
        assert_eq!(shortened("abc", 3), "abc");
    }
}
