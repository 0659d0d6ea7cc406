//! Legacy encodings of text releases, and their lines.
//!
//! Most releases are UTF-8, and then strictly so: a malformed byte is an error with its line, not
//! a replacement character that later shows up in a medical record. Older German releases are in
//! ISO-8859-1 or code page 850; those are declared by the user or follow from the format and year,
//! see [`Encoding::of_legacy_german`].

mod cp850;
mod lines;

use std::borrow::Cow;
use std::io::Read;

pub use lines::{Line, Lines};

use crate::archive::File;
use crate::{Error, Result};

/// A character encoding of release files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; malformed bytes are errors.
    Utf8,
    /// Windows-1252; the five bytes without a character are errors.
    Windows1252,
    /// ISO-8859-1 proper: bytes 0x80 to 0x9F are control characters.
    Iso8859_1,
    /// Code page 850 (DOS).
    Cp850,
}

/// A byte that has no meaning in the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Position in the text given, from 0.
    pub at: usize,
    /// The byte.
    pub byte: u8,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Windows1252, Self::Iso8859_1, Self::Cp850];

    /// The name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
            Self::Iso8859_1 => "iso-8859-1",
            Self::Cp850 => "cp850",
        }
    }

    /// The encoding called `name` (upper or lower case), among them the usual further names.
    ///
    /// # Errors
    /// When the name is not known.
    pub fn from_name(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Ok(Self::Utf8),
            "windows-1252" | "cp1252" => Ok(Self::Windows1252),
            "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" => Ok(Self::Iso8859_1),
            "cp850" | "ibm850" => Ok(Self::Cp850),
            _ => Err(Error::Options(format!(
                "unknown encoding '{name}', expected one of: {}",
                Self::ALL.map(Self::name).join(", ")
            ))),
        }
    }

    /// The text that `bytes` stand for; borrowed where they are UTF-8 already.
    ///
    /// # Errors
    /// The first byte without a meaning.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
        if self == Self::Utf8 || bytes.is_ascii() {
            return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
                let at = error.valid_up_to();
                Malformed { at, byte: bytes.get(at).copied().unwrap_or_default() }
            });
        }
        let undefined = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
        match self {
            Self::Windows1252 => match bytes.iter().position(undefined) {
                Some(at) => Err(Malformed { at, byte: bytes.get(at).copied().unwrap_or_default() }),
                None => Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0),
            },
            Self::Cp850 => Ok(bytes.iter().map(|&byte| cp850_char(byte)).collect()),
            Self::Utf8 | Self::Iso8859_1 => {
                Ok(bytes.iter().map(|&byte| char::from(byte)).collect())
            }
        }
    }

    /// Which of the encodings that German publishers used before they settled on UTF-8 a file is
    /// in. For releases of years in which the encoding changed from file to file without being
    /// said anywhere; the three cannot be confused in German text:
    ///
    /// - text with umlauts in one of the others is never well-formed UTF-8;
    /// - ISO-8859-1 has control characters where code page 850 has its umlauts (0x80 to 0x9F).
    ///
    /// Reads the whole file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_legacy_german(file: &File) -> Result<Self> {
        let mut reader = file.open()?;
        let mut buffer = vec![0; 1 << 16];
        let (mut utf8, mut dos) = (Utf8Check::default(), false);
        loop {
            let read = reader.read(&mut buffer).map_err(|source| Error::io(&file.path, source))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            utf8.feed(bytes);
            dos |= bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
        }
        Ok(match (utf8.holds(), dos) {
            (true, _) => Self::Utf8,
            (false, true) => Self::Cp850,
            (false, false) => Self::Iso8859_1,
        })
    }
}

fn cp850_char(byte: u8) -> char {
    let upper = usize::from(byte).checked_sub(0x80);
    upper.and_then(|at| cp850::UPPER_HALF.get(at).copied()).unwrap_or(char::from(byte))
}

/// Checks a stream for well-formed UTF-8 across the borders of its pieces.
#[derive(Debug, Default)]
struct Utf8Check {
    rest: Vec<u8>,
    failed: bool,
}

impl Utf8Check {
    fn feed(&mut self, bytes: &[u8]) {
        if self.failed {
            return;
        }
        self.rest.extend_from_slice(bytes);
        match std::str::from_utf8(&self.rest) {
            Ok(_) => self.rest.clear(),
            Err(error) if error.error_len().is_none() => {
                self.rest.drain(..error.valid_up_to());
            }
            Err(_) => self.failed = true,
        }
    }

    fn holds(&self) -> bool {
        !self.failed && self.rest.is_empty()
    }
}

/// A stream of UTF-8 from a stream in another encoding, for readers that know UTF-8 only.
#[derive(Debug)]
pub struct Transcoded<R> {
    inner: R,
    encoding: Encoding,
    ready: Vec<u8>,
    taken: usize,
}

impl<R: Read> Transcoded<R> {
    /// Reads `inner`, which is in `encoding`; UTF-8 is passed on unchecked.
    pub fn new(inner: R, encoding: Encoding) -> Self {
        Self { inner, encoding, ready: Vec::new(), taken: 0 }
    }

    fn refill(&mut self) -> std::io::Result<()> {
        let mut raw = [0; 8192];
        let read = self.inner.read(&mut raw)?;
        let text = self.encoding.decode(raw.get(..read).unwrap_or_default());
        let text = text.map_err(|malformed| {
            let problem = format!("byte 0x{:02X} is not {}", malformed.byte, self.encoding.name());
            std::io::Error::new(std::io::ErrorKind::InvalidData, problem)
        })?;
        self.ready.clear();
        self.ready.extend_from_slice(text.as_bytes());
        self.taken = 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.encoding == Encoding::Utf8 {
            return self.inner.read(buffer);
        }
        if self.taken >= self.ready.len() {
            self.refill()?;
        }
        let left = self.ready.get(self.taken..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(left) {
            *to = *from;
        }
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_letters_are_read_in_every_encoding() {
        for (encoding, bytes) in [
            (Encoding::Utf8, "Größe Äpfel".as_bytes()),
            (Encoding::Windows1252, b"Gr\xf6\xdfe \xc4pfel"),
            (Encoding::Iso8859_1, b"Gr\xf6\xdfe \xc4pfel"),
            (Encoding::Cp850, b"Gr\x94\xe1e \x8epfel"),
        ] {
            assert_eq!(encoding.decode(bytes).as_deref(), Ok("Größe Äpfel"), "{}", encoding.name());
        }
    }

    #[test]
    fn bytes_without_a_meaning_are_refused() {
        let malformed = Encoding::Utf8.decode(b"Gr\xf6\xdfe").unwrap_err();
        assert_eq!(malformed, Malformed { at: 2, byte: 0xf6 });
        let malformed = Encoding::Windows1252.decode(b"abc\x81").unwrap_err();
        assert_eq!(malformed, Malformed { at: 3, byte: 0x81 });
    }

    #[test]
    fn windows_1252_and_iso_8859_1_differ_in_the_control_range() {
        assert_eq!(Encoding::Windows1252.decode(b"\x80").as_deref(), Ok("€"));
        assert_eq!(Encoding::Iso8859_1.decode(b"\x80").as_deref(), Ok("\u{80}"));
    }

    #[test]
    fn names_of_encodings_are_understood_and_others_refused() {
        for encoding in Encoding::ALL {
            assert_eq!(Encoding::from_name(encoding.name()).unwrap(), encoding);
        }
        assert_eq!(Encoding::from_name("Latin1").unwrap(), Encoding::Iso8859_1);
        assert!(Encoding::from_name("ebcdic").unwrap_err().to_string().contains("cp850"));
    }

    #[test]
    fn a_transcoded_stream_is_utf8() {
        let mut text = String::new();
        let input: &[u8] = b"Sch\x81sselnummer";
        Transcoded::new(input, Encoding::Cp850).read_to_string(&mut text).unwrap();
        assert_eq!(text, "Schüsselnummer");
    }

    #[test]
    fn characters_split_between_two_reads_are_still_utf8() {
        let mut check = Utf8Check::default();
        check.feed(b"Gr\xc3");
        check.feed(b"\xb6\xc3\x9fe");
        assert!(check.holds());
        check.feed(b"\xc3");
        assert!(!check.holds());
    }
}
