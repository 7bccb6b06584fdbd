//! Inputs, cut into pieces; changes of valid bytes.
//!
//! A piece has its length before it, in two bytes. The last one needs none: it is what is left. So that a mutation of an
//! input never makes it invalid, whatever is not there is empty.

/// An input that is read from front to back.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let (&first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        first
    }

    /// The next number of two bytes.
    pub fn number(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// The next so many bytes, or what is left.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (piece, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        piece
    }

    /// The next piece.
    pub fn piece(&mut self) -> &'a [u8] {
        let length = self.number();
        self.take(length)
    }

    /// The next up to 255 pieces.
    pub fn pieces(&mut self) -> Vec<Vec<u8>> {
        (0..self.byte())
            .map_while(|_| (!self.0.is_empty()).then(|| self.piece().to_vec()))
            .collect()
    }

    /// The next parcel: head and blobs.
    pub fn parcel(&mut self) -> (Vec<u8>, Vec<Vec<u8>>) {
        (self.piece().to_vec(), self.pieces())
    }
}

/// Writes what [`Input`] reads.
#[derive(Clone, Debug, Default)]
pub struct Output(pub Vec<u8>);

impl Output {
    /// Adds a byte.
    #[must_use]
    pub fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// Adds a piece, of fewer than 64 KiB.
    #[must_use]
    pub fn piece(mut self, piece: &[u8]) -> Self {
        let length = u16::try_from(piece.len()).expect("a short piece");
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(piece);
        self
    }

    /// Adds a parcel.
    #[must_use]
    pub fn parcel(self, head: &[u8], blobs: &[Vec<u8>]) -> Self {
        let count = u8::try_from(blobs.len()).expect("few blobs");
        blobs
            .iter()
            .fold(self.piece(head).byte(count), |all, blob| all.piece(blob))
    }
}

/// Changes valid bytes as the input says, until it ends: single bytes, runs that are cut out, put in or copied.
pub fn edit(bytes: &mut Vec<u8>, input: &mut Input<'_>) {
    while !input.0.is_empty() {
        let (what, at) = (input.byte(), input.number());
        let at = at % (bytes.len() + 1);
        match what % 6 {
            0 => {
                let by = input.byte();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= by;
                }
            }
            1 => {
                let by = input.byte();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = byte.wrapping_add(by);
                }
            }
            2 => {
                let to = (at + usize::from(input.byte())).min(bytes.len());
                bytes.drain(at..to);
            }
            3 => {
                let length = usize::from(input.byte());
                let more = input.take(length);
                bytes.splice(at..at, more.iter().copied());
            }
            4 => {
                let from = input.number() % (bytes.len() + 1);
                let to = (from + usize::from(input.byte())).min(bytes.len());
                let more = bytes[from..to].to_vec();
                if bytes.len() < 1 << 16 {
                    bytes.splice(at..at, more);
                }
            }
            _ => bytes.truncate(at),
        }
    }
}
