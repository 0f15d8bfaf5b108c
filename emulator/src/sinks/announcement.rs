//! Announcements of Security Hub, which AWS publishes to an SNS topic in each Region (EVT-70 … EVT-73).

use std::collections::VecDeque;
use std::sync::Arc;

use securityhub_fixtures::regions;
use serde_json::json;

use super::queue::Announcement;
use crate::state::sync::Mutex;
use crate::state::{AccountId, IdSource, Region, Timestamp, timestamp_text};

/// The types of announcements (EVT-72).
pub const KINDS: [&str; 10] = [
    "GENERAL",
    "UPCOMING_STANDARDS_CONTROLS",
    "NEW_REGIONS",
    "NEW_STANDARDS_CONTROLS",
    "UPDATED_STANDARDS_CONTROLS",
    "RETIRED_STANDARDS_CONTROLS",
    "UPDATED_ASFF",
    "NEW_INTEGRATION",
    "NEW_FEATURE",
    "UPDATED_FEATURE",
];

/// Maximum number of announcements that are stored for streams.
const MAX_STORED: usize = 1000;
/// Placeholder for the signature, which only SNS can create.
const SIGNATURE: &str = "c2VjdXJpdHlodWItbG9jYWw=";

/// The text of an announcement.
#[derive(Clone, Copy, Debug)]
pub struct Text<'t> {
    /// `AnnouncementType`
    pub kind: &'t str,
    /// `Title`
    pub title: &'t str,
    /// `Description`
    pub description: &'t str,
}

/// The newest announcements, and the number of all announcements.
#[derive(Debug, Default)]
pub struct Announcements(Mutex<Stored>);

#[derive(Debug, Default)]
struct Stored {
    newest: VecDeque<Arc<Announcement>>,
    /// The number of announcements so far, including dropped ones.
    count: u64,
    /// The number of IDs assigned so far.
    ids: u64,
}

impl Announcements {
    /// Creates an announcement in a Region.
    pub fn write(&self, text: Text<'_>, region: &Region, ids: &IdSource, at: Timestamp) -> Announcement {
        let number = {
            let mut stored = self.0.lock();
            stored.ids += 1;
            stored.ids
        };
        let id = ids.uuid_of(&format!("announcement/{number}"));
        let envelope = envelope(text, region, (&id, &ids.uuid_of("announcements")), at);
        Announcement { region: region.clone(), id, envelope }
    }

    pub(super) fn store(&self, announcement: Arc<Announcement>) {
        let mut stored = self.0.lock();
        stored.newest.push_back(announcement);
        stored.count += 1;
        if stored.newest.len() > MAX_STORED {
            stored.newest.pop_front();
        }
    }

    /// The number of announcements so far.
    pub fn count(&self) -> u64 {
        self.0.lock().count
    }

    /// Returns the stored announcements after the first `count`, and the number of all announcements.
    pub fn after(&self, count: u64) -> (Vec<Arc<Announcement>>, u64) {
        let stored = self.0.lock();
        let new = usize::try_from(stored.count.saturating_sub(count)).unwrap_or(usize::MAX);
        let skipped = stored.newest.len().saturating_sub(new);
        (stored.newest.iter().skip(skipped).cloned().collect(), stored.count)
    }
}

/// Returns the envelope of SNS for the topic of a Region.
fn envelope(text: Text<'_>, region: &Region, (id, subscription): (&str, &str), at: Timestamp) -> String {
    let account = regions::find(region.as_str()).and_then(|region| region.announcements);
    let account = account.map_or_else(|| AccountId::DEFAULT.to_string(), str::to_owned);
    let topic = format!("arn:{}:sns:{}:{account}:SecurityHubAnnouncements", region.partition(), region.as_str());
    let endpoint = format!("https://sns.{}.{}", region.as_str(), region.dns_suffix());
    let message =
        json!({ "AnnouncementType": text.kind, "Title": text.title, "Description": text.description }).to_string();
    json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": topic,
        "Message": message,
        "Timestamp": timestamp_text(at),
        "SignatureVersion": "1",
        "Signature": SIGNATURE,
        "SigningCertURL": format!("{endpoint}/SimpleNotificationService-{subscription}.pem"),
        "UnsubscribeURL": format!("{endpoint}/?Action=Unsubscribe&SubscriptionArn={topic}:{subscription}"),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn write(announcements: &Announcements, region: &str) -> Announcement {
        let text = Text { kind: "NEW_REGIONS", title: "A \"title\"", description: "It is new." };
        let at = "2026-01-15T09:00:00Z".parse().unwrap();
        announcements.write(text, &Region::new(region), &IdSource::new(7), at)
    }

    /// Rules: EVT-70, EVT-71, EVT-73.
    #[test]
    fn the_envelope_is_that_of_sns() {
        let announcements = Announcements::default();
        let first = write(&announcements, "eu-west-1");
        let envelope: Value = serde_json::from_str(&first.envelope).unwrap();
        let members: Vec<&String> = envelope.as_object().unwrap().keys().collect();
        let expected = [
            "Type",
            "MessageId",
            "TopicArn",
            "Message",
            "Timestamp",
            "SignatureVersion",
            "Signature",
            "SigningCertURL",
            "UnsubscribeURL",
        ];
        assert_eq!(members, expected);
        assert_eq!((&envelope["Type"], &envelope["SignatureVersion"]), (&json!("Notification"), &json!("1")));
        assert_eq!(envelope["TopicArn"], "arn:aws:sns:eu-west-1:705756202095:SecurityHubAnnouncements");
        assert_eq!(envelope["Timestamp"], "2026-01-15T09:00:00.000Z");
        let message: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
        let expected =
            json!({ "AnnouncementType": "NEW_REGIONS", "Title": "A \"title\"", "Description": "It is new." });
        assert_eq!(message, expected);
        let second = write(&announcements, "cn-north-1");
        assert_ne!(first.id, second.id);
        assert!(second.envelope.contains("arn:aws-cn:sns:cn-north-1:672341567257:"), "{}", second.envelope);
        assert!(second.envelope.contains("https://sns.cn-north-1.amazonaws.com.cn/"), "{}", second.envelope);
        let unknown = write(&announcements, "eu-far-1");
        assert!(unknown.envelope.contains("arn:aws:sns:eu-far-1:000000000000:"), "{}", unknown.envelope);
    }

    /// Rules: CPL-88.
    #[test]
    fn streams_read_the_newest_announcements() {
        let announcements = Announcements::default();
        let store = || announcements.store(Arc::new(write(&announcements, "us-east-1")));
        store();
        let seen = announcements.count();
        (0..3).for_each(|_| store());
        let (new, count) = announcements.after(seen);
        assert_eq!((new.len(), count), (3, 4));
        assert_eq!(announcements.after(count).0.len(), 0);
        (0..MAX_STORED).for_each(|_| store());
        assert_eq!(announcements.after(0).0.len(), MAX_STORED);
    }
}
