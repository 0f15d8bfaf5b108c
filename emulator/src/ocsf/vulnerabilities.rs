//! `vulnerabilities`: the vulnerabilities that Inspector found in packages and code (OCF-32).

use securityhub_engine::json::text;

use super::asff::Member;
use super::out::{Out, inside};
use super::source::Source;

/// Writes `vulnerabilities`, one for each of ASFF (OCM-70).
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) {
    let description = source.get(Member::Description);
    out.list("vulnerabilities", |out| {
        text::each_element(source.get(Member::Vulnerabilities).unwrap_or_default(), |vulnerability| {
            out.element(|out| one(vulnerability, description, out));
        });
    });
}

fn one(vulnerability: &str, description: Option<&str>, out: &mut Out<'_>) {
    let [code, packages, exploit, exploited_at, fix, references, related, vendor] = text::values_of(
        Some(vulnerability),
        [
            "CodeVulnerabilities",
            "VulnerablePackages",
            "ExploitAvailable",
            "LastKnownExploitAt",
            "FixAvailable",
            "ReferenceUrls",
            "RelatedVulnerabilities",
            "Vendor",
        ],
    );
    let [severity] = text::values_of(vendor, ["VendorSeverity"]);
    affected_code(code, out);
    out.list("affected_packages", |out| {
        text::each_element(packages.unwrap_or_default(), |package| out.element(|out| affected_package(package, out)));
    });
    out.object("cve", |out| cve(vulnerability, vendor, description, out));
    out.time(["exploit_last_seen_time", "exploit_last_seen_time_dt"], exploited_at);
    fix_coverage(fix, out);
    if let Some(exploit) = inside(exploit) {
        out.flag("is_exploit_available", exploit == "YES");
    }
    out.copy_texts("references", references);
    out.copy_texts("related_vulnerabilities", related);
    out.copy("severity", severity);
}

/// Writes the CVE of a vulnerability (OCM-71 to OCM-73) and the weaknesses of its code (OCM-78).
fn cve(vulnerability: &str, vendor: Option<&str>, description: Option<&str>, out: &mut Out<'_>) {
    let [id, cvss, epss, code] =
        text::values_of(Some(vulnerability), ["Id", "Cvss", "EpssScore", "CodeVulnerabilities"]);
    let [created, modified] = text::values_of(vendor, ["VendorCreatedAt", "VendorUpdatedAt"]);
    out.time(["created_time", "created_time_dt"], created);
    out.list("cvss", |out| {
        text::each_element(cvss.unwrap_or_default(), |score| out.element(|out| cvss_score(score, out)));
    });
    out.copy("desc", description);
    if let Some(score) = epss.and_then(|score| score.parse::<f64>().ok()) {
        out.object("epss", |out| out.text("score", &format!("{score:.5}")));
    }
    out.time(["modified_time", "modified_time_dt"], modified);
    out.list("related_cwes", |out| {
        text::each_element(code.unwrap_or_default(), |code| {
            let [cwes] = text::values_of(Some(code), ["Cwes"]);
            text::each_element(cwes.unwrap_or_default(), |cwe| out.element(|out| out.copy("uid", Some(cwe))));
        });
    });
    out.copy("uid", id);
}

fn cvss_score(score: &str, out: &mut Out<'_>) {
    let [base, vector, version, source] =
        text::values_of(Some(score), ["BaseScore", "BaseVector", "Version", "Source"]);
    // The schema requires the score. A vector begins with its version since version 3.
    let Some(score) = base.and_then(|base| base.parse::<f64>().ok()) else { return };
    let of_vector = || inside(vector)?.strip_prefix("CVSS:")?.split('/').next();
    out.copy_number("base_score", base);
    out.text("severity", band(score));
    out.copy("vector_string", vector);
    out.copy("vendor_name", source);
    out.text("version", inside(version).or_else(of_vector).unwrap_or_default());
}

/// The severity that CVSS gives a score (OCM-72).
fn band(score: f64) -> &'static str {
    match score {
        _ if score <= 0.0 => "NONE",
        _ if score < 4.0 => "LOW",
        _ if score < 7.0 => "MEDIUM",
        _ if score < 9.0 => "HIGH",
        _ => "CRITICAL",
    }
}

/// Writes whether a fix is available (OCM-75).
fn fix_coverage(fix: Option<&str>, out: &mut Out<'_>) {
    let (coverage, is_available) = match inside(fix) {
        Some("YES") => ((1, "Complete"), true),
        Some("PARTIAL") => ((2, "Partial"), true),
        Some("NO") => ((3, "None"), false),
        _ => return,
    };
    out.coded(["fix_coverage", "fix_coverage_id"], coverage);
    out.flag("is_fix_available", is_available);
}

/// Writes a vulnerable package (OCM-77).
fn affected_package(package: &str, out: &mut Out<'_>) {
    let [name, version, epoch, release, architecture, manager, path, fixed_in, remediation] = text::values_of(
        Some(package),
        [
            "Name",
            "Version",
            "Epoch",
            "Release",
            "Architecture",
            "PackageManager",
            "FilePath",
            "FixedInVersion",
            "Remediation",
        ],
    );
    if inside(name).is_none() {
        return;
    }
    out.copy("architecture", architecture);
    out.number("epoch", inside(epoch).and_then(|epoch| epoch.parse::<i64>().ok()).unwrap_or_default());
    out.copy("fixed_in_version", fixed_in);
    out.copy("name", name);
    out.copy("package_manager", manager);
    out.copy("path", path);
    out.copy("release", release);
    out.object("remediation", |out| out.copy("desc", remediation));
    out.copy("version", version);
}

/// Writes the locations of vulnerable code (OCM-78).
fn affected_code(code: Option<&str>, out: &mut Out<'_>) {
    out.list("affected_code", |out| {
        text::each_element(code.unwrap_or_default(), |code| {
            let [file] = text::values_of(Some(code), ["FilePath"]);
            let [path, name, start, end] = text::values_of(file, ["FilePath", "FileName", "StartLine", "EndLine"]);
            if inside(path).or(inside(name)).is_none() {
                return;
            }
            out.element(|out| {
                out.copy_number("end_line", end);
                out.object("file", |out| out.file(path, name));
                out.copy_number("start_line", start);
            });
        });
    });
}
