//! Converts IDs and attributes from OCSF to the classic half.

/// The ProductArn of a `metadata.product.uid`; `None` if the text is not one (OCM-10, OCM-95).
pub fn classic_product_arn(product: &str) -> Option<String> {
    product.contains(":productv2/").then(|| product.replacen(":productv2/", ":product/", 1))
}

/// The label of a severity in the classic half (OCM-60).
pub fn severity_label(severity_id: u8) -> &'static str {
    match severity_id {
        2 => "LOW",
        3 => "MEDIUM",
        4 => "HIGH",
        5 | 6 => "CRITICAL",
        _ => "INFORMATIONAL",
    }
}

/// The workflow status of a status in the classic half; `None` for one that archives the finding (OCM-61).
pub fn workflow_status(status_id: u8) -> Option<&'static str> {
    match status_id {
        0 | 1 => Some("NEW"),
        2 => Some("NOTIFIED"),
        3 => Some("SUPPRESSED"),
        5 => None,
        _ => Some("RESOLVED"),
    }
}
