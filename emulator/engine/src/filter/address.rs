//! CIDR blocks.

use std::net::IpAddr;

use ipnet::IpNet;

/// Parses a block such as `10.0.0.0/16`, or a single address, which is a block of one address (FLT-36). The caller
/// checks the address family (FLT-37).
pub fn block(text: &str) -> Option<IpNet> {
    match text.parse::<IpNet>() {
        Ok(block) => Some(block),
        Err(_) => text.parse::<IpAddr>().ok().map(IpNet::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, address: &str) -> bool {
        block(text).expect(text).contains(&address.parse::<IpAddr>().expect(address))
    }

    /// Rules: FLT-36.
    #[test]
    fn blocks_contain_their_addresses() {
        assert!(holds("10.0.0.0/16", "10.0.255.255"));
        assert!(!holds("10.0.0.0/16", "10.1.0.0"));
        assert!(holds("10.0.3.4/16", "10.0.0.1"), "host bits are ignored");
        assert!(holds("10.0.0.5", "10.0.0.5") && !holds("10.0.0.5", "10.0.0.6"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && holds("::1", "::1"));
        assert!(!holds("::/0", "10.0.0.5") && !holds("0.0.0.0/0", "::1"));
    }

    /// Rules: FLT-37.
    #[test]
    fn other_text_is_not_a_block() {
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129", "example.com", " 10.0.0.1"] {
            assert_eq!(block(text), None, "{text}");
        }
    }
}
