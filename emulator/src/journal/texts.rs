//! The texts of a call in one buffer.

/// A text of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    RequestId,
    Service,
    /// The operation of another service. Operations of Security Hub are recorded as a number.
    Operation,
    Method,
    Path,
    Region,
    Principal,
    AccessKey,
    Test,
    UserAgent,
    Traceparent,
    Fault,
    /// The part of the emulator that made the call, if no client sent it.
    Via,
    /// `Content-Encoding` of the request.
    Encoding,
    ErrorCode,
    /// The body of the request, if it is short.
    Input,
    /// The body of the response, if it is short.
    Output,
}

/// The number of fields.
pub(super) const FIELDS: usize = Field::Output as usize + 1;
/// The length that stands for an absent text.
const ABSENT: u32 = u32::MAX;
/// Size of a length, in bytes.
const LENGTH: usize = size_of::<u32>();

/// Texts to write, by field.
#[derive(Debug, Default)]
pub(super) struct NewTexts<'t>([Option<&'t [u8]>; FIELDS]);

impl<'t> NewTexts<'t> {
    /// Sets a text.
    pub fn set(&mut self, field: Field, text: Option<&'t [u8]>) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = text;
        }
    }

    /// The number of bytes that [`NewTexts::write`] appends.
    pub fn size(&self) -> usize {
        FIELDS * LENGTH + self.0.iter().flatten().map(|text| text.len()).sum::<usize>()
    }

    /// Appends the lengths and then the texts.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        for text in &self.0 {
            let length = text.and_then(|text| u32::try_from(text.len()).ok()).unwrap_or(ABSENT);
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        for text in self.0.iter().flatten() {
            bytes.extend_from_slice(text);
        }
    }
}

/// The bytes that [`NewTexts::write`] wrote.
#[derive(Debug)]
pub(super) struct Texts<'b>(pub &'b [u8]);

impl<'b> Texts<'b> {
    /// The bytes of a text.
    pub fn bytes(&self, field: Field) -> Option<&'b [u8]> {
        let (lengths, texts) = self.0.split_at_checked(FIELDS * LENGTH)?;
        let length = |bytes: &[u8]| bytes.try_into().map_or(ABSENT, u32::from_le_bytes);
        let mut lengths = lengths.chunks_exact(LENGTH).map(length);
        let before = lengths.by_ref().take(field as usize).filter(|length| *length != ABSENT);
        let start = before.map(|length| length as usize).sum();
        let own = lengths.next().filter(|length| *length != ABSENT)?;
        texts.get(start..start + own as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_found_by_its_field() {
        let mut texts = NewTexts::default();
        for (field, text) in [(Field::RequestId, "id"), (Field::Path, ""), (Field::Output, "{}")] {
            texts.set(field, Some(text.as_bytes()));
        }
        let mut bytes = Vec::new();
        texts.write(&mut bytes);
        assert_eq!(bytes.len(), texts.size());
        let read = Texts(&bytes);
        let text = |field| read.bytes(field).map(|text| std::str::from_utf8(text).unwrap());
        assert_eq!(
            (text(Field::RequestId), text(Field::Path), text(Field::Output)),
            (Some("id"), Some(""), Some("{}"))
        );
        assert_eq!((text(Field::Service), text(Field::Fault)), (None, None));
    }
}
