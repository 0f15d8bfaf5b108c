//! Several texts in one allocation.

/// What a text of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    RequestId,
    Service,
    /// The operation of another service; that of Security Hub is a number.
    Operation,
    Path,
    Principal,
    AccessKey,
    Test,
    UserAgent,
    Traceparent,
    Fault,
    /// `Content-Encoding` of the request.
    Encoding,
    ErrorCode,
    /// The body of the request, if it is short.
    Input,
    /// The body of the response, if it is short.
    Output,
}

/// The number of fields.
const FIELDS: usize = Field::Output as usize + 1;
/// The length of a text that is not there.
const ABSENT: u32 = u32::MAX;

/// The texts of a call.
#[derive(Debug)]
pub(super) struct Texts {
    bytes: Box<[u8]>,
    lengths: [u32; FIELDS],
}

impl Texts {
    /// Copies texts, which must be in the order of [`Field`].
    pub fn new(texts: &[(Field, Option<&[u8]>)]) -> Texts {
        let length = texts.iter().filter_map(|(_, text)| *text).map(<[u8]>::len).sum();
        let mut bytes = Vec::with_capacity(length);
        let mut lengths = [ABSENT; FIELDS];
        for (field, text) in texts {
            let Some(text) = text else { continue };
            bytes.extend_from_slice(text);
            if let (Some(slot), Ok(length)) = (lengths.get_mut(*field as usize), u32::try_from(text.len())) {
                *slot = length;
            }
        }
        Texts { bytes: bytes.into_boxed_slice(), lengths }
    }

    /// A text as bytes.
    pub fn bytes(&self, field: Field) -> Option<&[u8]> {
        let length = |length: &u32| if *length == ABSENT { 0 } else { *length as usize };
        let (before, from) = self.lengths.split_at_checked(field as usize)?;
        let own = from.first().filter(|length| **length != ABSENT)?;
        let start: usize = before.iter().map(length).sum();
        self.bytes.get(start..start + length(own))
    }

    /// A text. Bytes that are not UTF-8 are replaced when a call is recorded, except in bodies.
    pub fn text(&self, field: Field) -> Option<&str> {
        std::str::from_utf8(self.bytes(field)?).ok()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_found_by_its_field() {
        let texts = Texts::new(&[
            (Field::RequestId, Some(b"id")),
            (Field::Service, None),
            (Field::Path, Some(b"")),
            (Field::Output, Some(b"{}")),
        ]);
        assert_eq!(texts.text(Field::RequestId), Some("id"));
        assert_eq!((texts.text(Field::Service), texts.text(Field::Fault)), (None, None));
        assert_eq!((texts.text(Field::Path), texts.text(Field::Output), texts.len()), (Some(""), Some("{}"), 4));
    }
}
