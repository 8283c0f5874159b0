//! A link as a picture that a phone's camera reads.
//!
//! Guarantees: error correction M and a quiet zone of four modules, in every form. Does not: style.

use fast_qr::{ECL, QRBuilder};
use serde::Serialize;

const QUIET: usize = 4;

/// A QR code, ready for an inline `<svg>`.
#[derive(Debug, Clone, Serialize)]
pub struct Qr {
    /// Width and height of the view box, in modules, quiet zone included.
    pub size: usize,
    /// The dark modules as one path.
    pub path: String,
    #[serde(skip)]
    rows: Vec<Vec<bool>>,
}

impl Qr {
    /// `None` where the text is too long for any QR code (over about 2,300 bytes).
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let modules = code.data.iter().map(|module| module.value()).take(code.size * code.size);
        let flat: Vec<bool> = modules.collect();
        let rows: Vec<Vec<bool>> = flat.chunks(code.size).map(<[bool]>::to_vec).collect();
        Some(Self { size: code.size + 2 * QUIET, path: path(&rows), rows })
    }

    /// A file of its own, black on white.
    #[must_use]
    pub fn svg(&self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\" width=\"512\" \
             height=\"512\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{0}v{0}H0z\"/>\
             <path fill=\"#000\" d=\"{1}\"/></svg>\n",
            self.size, self.path
        )
    }

    /// A one-bit PNG, `scale` pixels a module.
    #[must_use]
    pub fn png(&self, scale: usize) -> Vec<u8> {
        let side = self.size * scale;
        let mut raw = Vec::with_capacity(side * (side / 8 + 2));
        for y in 0..side {
            raw.push(0);
            for byte in 0..side.div_ceil(8) {
                let bits = (0..8).fold(0u8, |bits, bit| {
                    bits << 1 | u8::from(!self.dark((byte * 8 + bit) / scale, y / scale))
                });
                raw.push(bits);
            }
        }
        png::grey_one_bit(side, &raw)
    }

    fn dark(&self, x: usize, y: usize) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(QUIET), y.checked_sub(QUIET)) else { return false };
        self.rows.get(y).and_then(|row| row.get(x)).copied().unwrap_or(false)
    }
}

/// Runs of dark modules as rectangles, a row at a time.
fn path(rows: &[Vec<bool>]) -> String {
    let mut out = String::new();
    for (y, row) in rows.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&true) {
                out.push_str(&format!("M{} {}h{}v1h-{2}z", x + QUIET, y + QUIET, run.len()));
            }
            x += run.len();
        }
    }
    out
}

/// The few bytes of PNG (W3C PNG third edition) that a black and white square needs.
mod png {
    /// `raw` is what the rows are before compression: a filter byte, then the bits.
    pub(super) fn grey_one_bit(side: usize, raw: &[u8]) -> Vec<u8> {
        let side = u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes();
        let header = [&side[..], &side[..], &[1, 0, 0, 0, 0]].concat();
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut out, *b"IHDR", &header);
        chunk(&mut out, *b"IDAT", &stored(raw));
        chunk(&mut out, *b"IEND", &[]);
        out
    }

    fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        let body = [&kind[..], data].concat();
        out.extend_from_slice(&body);
        out.extend_from_slice(&crc32(&body).to_be_bytes());
    }

    /// zlib with stored blocks (RFC 1950, RFC 1951 3.2.4).
    fn stored(raw: &[u8]) -> Vec<u8> {
        let mut out = vec![0x78, 0x01];
        let mut blocks = raw.chunks(65_535).peekable();
        while let Some(block) = blocks.next() {
            let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
            out.push(u8::from(blocks.peek().is_none()));
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(&(!length).to_le_bytes());
            out.extend_from_slice(block);
        }
        out.extend_from_slice(&adler32(raw).to_be_bytes());
        out
    }

    fn crc32(data: &[u8]) -> u32 {
        !data.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
            })
        })
    }

    fn adler32(data: &[u8]) -> u32 {
        let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        b << 16 | a
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn the_checksums_are_the_published_ones() {
            assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
            assert_eq!(super::adler32(b"Wikipedia"), 0x11E6_0398);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_a_square_with_its_three_eyes() {
        let qr = Qr::of("https://home.example.org/invite/abc").unwrap();
        assert!(qr.dark(QUIET, QUIET) && qr.dark(qr.size - QUIET - 1, QUIET));
        assert!(qr.dark(QUIET, qr.size - QUIET - 1) && !qr.dark(0, 0));
        assert!(qr.svg().contains(&qr.path));
        assert_eq!(&qr.png(4)[..8], b"\x89PNG\r\n\x1a\n");
    }

    #[test]
    fn a_text_too_long_is_refused() {
        assert!(Qr::of(&"x".repeat(5_000)).is_none());
    }
}
