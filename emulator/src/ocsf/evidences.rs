//! `evidences`: the activity that was observed (OCF-33).

use securityhub_engine::json::text;

use super::asff::Member;
use super::out::{Out, inside};
use super::resources;
use super::source::Source;

/// Writes `evidences`: one for the action (for a port probe, one for each port) or, without an action, one for the
/// network; one for the process; one for each actor of an attack sequence. If there are none of these, one evidence
/// contains the role of the resource.
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) {
    let near = Near::of(source);
    let [connection, api, dns, probe] = text::values_of(
        source.get(Member::Action),
        ["NetworkConnectionAction", "AwsApiCallAction", "DnsRequestAction", "PortProbeAction"],
    );
    let [probes] = text::values_of(probe, ["PortProbeDetails"]);
    out.list("evidences", |out| {
        let mut number = 0;
        let mut evidence = |out: &mut Out<'_>, write: &dyn Fn(&mut Out<'_>)| {
            number += 1;
            out.element(|out| write(out));
        };
        if let Some(api) = api {
            evidence(out, &|out| api_call(api, &near, out));
        }
        if let Some(action) = connection {
            evidence(out, &|out| network_connection(action, &near, out));
        }
        if let Some(action) = dns {
            evidence(out, &|out| dns_request(action, &near, out));
        }
        text::each_element(probes.unwrap_or_default(), |probe| evidence(out, &|out| port_probe(probe, &near, out)));
        if let Some(network) = source.get(Member::Network).filter(|_| source.get(Member::Action).is_none()) {
            evidence(out, &|out| from_network(network, &near, out));
        }
        if let Some(details) = source.get(Member::Process) {
            evidence(out, &|out| process(details, &near, out));
        }
        actors(source, &mut |user, session| evidence(out, &|out| actor((user, session), &near, out)));
        if number == 0 {
            out.element(|out| near.role(out));
        }
    });
}

/// The resource at which the activity was observed.
struct Near<'t> {
    /// Its role, such as `Target`.
    role: Option<&'t str>,
    /// The ID of the first instance.
    instance: Option<String>,
}

impl<'t> Near<'t> {
    fn of(source: &Source<'t>) -> Near<'t> {
        let mut near = Near { role: None, instance: None };
        text::each_object(source.get(Member::Resources), ["Type", "Id", "ResourceRole"], |[kind, id, role]| {
            near.role = near.role.or(inside(role));
            if near.instance.is_none() && inside(kind) == Some("AwsEc2Instance") {
                near.instance = inside(id).map(|id| resources::ids("AwsEc2Instance", id).0.into_owned());
            }
        });
        near
    }

    /// Writes the role of the resource (OCM-57).
    fn role(&self, out: &mut Out<'_>) {
        out.object("data", |out| self.resource_role(out));
    }

    fn resource_role(&self, out: &mut Out<'_>) {
        // The case of an escape must not change.
        if let Some(role) = self.role {
            let role = if role.contains('\\') { role.to_owned() } else { role.to_uppercase() };
            out.text("resource_role", &role);
        }
    }

    /// Writes the endpoint of the resource in a connection. A port alone is not written, since the schema requires more
    /// of an endpoint.
    fn endpoint(&self, name: &str, (address, port): (Option<&str>, Option<&str>), out: &mut Out<'_>) {
        if inside(address).is_none() && self.instance.is_none() {
            return;
        }
        out.object(name, |out| {
            out.text("instance_uid", self.instance.as_deref().unwrap_or_default());
            out.copy("ip", address);
            out.port(port);
        });
    }
}

/// Writes an API call (OCM-80).
fn api_call(action: &str, near: &Near<'_>, out: &mut Out<'_>) {
    let [operation, service, remote, affected] =
        text::values_of(Some(action), ["Api", "ServiceName", "RemoteIpDetails", "AffectedResources"]);
    if inside(operation).is_some() {
        out.object("api", |out| {
            out.copy("operation", operation);
            out.object("service", |out| out.copy("name", service));
        });
    }
    out.object("data", |out| {
        out.object("affected_resource", |out| {
            text::each_member(affected.unwrap_or_default(), |name, value| out.copy(name, Some(value)));
        });
        near.resource_role(out);
    });
    out.object("src_endpoint", |out| far(remote, None, out));
}

/// Writes a network connection (OCM-81).
fn network_connection(action: &str, near: &Near<'_>, out: &mut Out<'_>) {
    let [direction, protocol, remote, remote_port, local_port] = text::values_of(
        Some(action),
        ["ConnectionDirection", "Protocol", "RemoteIpDetails", "RemotePortDetails", "LocalPortDetails"],
    );
    let ([remote_port], [local_port]) = (text::values_of(remote_port, ["Port"]), text::values_of(local_port, ["Port"]));
    connection_info(direction, protocol, out);
    near.role(out);
    let is_outbound = inside(direction) == Some("OUTBOUND");
    let (far_side, near_side) =
        if is_outbound { ("dst_endpoint", "src_endpoint") } else { ("src_endpoint", "dst_endpoint") };
    out.object(far_side, |out| far(remote, remote_port, out));
    near.endpoint(near_side, (None, local_port), out);
}

/// Writes a DNS request (OCM-82).
fn dns_request(action: &str, near: &Near<'_>, out: &mut Out<'_>) {
    let [domain, protocol] = text::values_of(Some(action), ["Domain", "Protocol"]);
    connection_info(None, protocol, out);
    near.role(out);
    out.object("query", |out| out.copy("hostname", domain));
}

/// Writes the probe of a port (OCM-83).
fn port_probe(probe: &str, near: &Near<'_>, out: &mut Out<'_>) {
    let [local, local_port, remote] =
        text::values_of(Some(probe), ["LocalIpDetails", "LocalPortDetails", "RemoteIpDetails"]);
    let ([address], [port]) = (text::values_of(local, ["IpAddressV4"]), text::values_of(local_port, ["Port"]));
    near.role(out);
    near.endpoint("dst_endpoint", (address, port), out);
    out.object("src_endpoint", |out| far(remote, None, out));
}

/// Writes the remote endpoint of a connection (OCM-84).
fn far(remote: Option<&str>, port: Option<&str>, out: &mut Out<'_>) {
    let [address, organization, country, city, place] =
        text::values_of(remote, ["IpAddressV4", "Organization", "Country", "City", "GeoLocation"]);
    // The schema requires the address or another name of an endpoint.
    if inside(address).is_none() {
        return;
    }
    let [network, number] = text::values_of(organization, ["AsnOrg", "Asn"]);
    let ([country], [city]) = (text::values_of(country, ["CountryName"]), text::values_of(city, ["CityName"]));
    let [longitude, latitude] = text::values_of(place, ["Lon", "Lat"]);
    out.object("autonomous_system", |out| {
        out.copy("name", network);
        out.copy_number("number", number);
    });
    out.copy("ip", address);
    out.object("location", |out| {
        out.copy("city", city);
        if let (Some(longitude), Some(latitude)) = (longitude, latitude) {
            out.raw("coordinates", &format!("[{longitude},{latitude}]"));
        }
        out.copy("country", country);
    });
    out.port(port);
}

fn connection_info(direction: Option<&str>, protocol: Option<&str>, out: &mut Out<'_>) {
    let direction = match inside(direction) {
        Some("INBOUND" | "IN") => Some((1, "Inbound")),
        Some("OUTBOUND" | "OUT") => Some((2, "Outbound")),
        _ => None,
    };
    out.object("connection_info", |out| {
        match direction {
            Some(direction) => out.coded(["direction", "direction_id"], direction),
            None => out.number("direction_id", 0),
        }
        if let Some(protocol) = inside(protocol).filter(|protocol| !protocol.contains('\\')) {
            out.text("protocol_name", &protocol.to_lowercase());
        }
    });
}

/// Writes the member Network of a finding without an action (OCM-85).
fn from_network(network: &str, near: &Near<'_>, out: &mut Out<'_>) {
    let [direction, protocol, source4, source6, source_port, source_domain, source_mac] = text::values_of(
        Some(network),
        ["Direction", "Protocol", "SourceIpV4", "SourceIpV6", "SourcePort", "SourceDomain", "SourceMac"],
    );
    let [destination4, destination6, destination_port, destination_domain] =
        text::values_of(Some(network), ["DestinationIpV4", "DestinationIpV6", "DestinationPort", "DestinationDomain"]);
    connection_info(direction, protocol, out);
    near.role(out);
    let mut side = |name, address, [port, domain, mac]: [Option<&str>; 3]| {
        if inside(address).or(inside(domain)).is_some() {
            out.object(name, |out| {
                out.copy("hostname", domain);
                out.copy("ip", address);
                out.copy("mac", mac.filter(|mac| is_mac(mac)));
                out.port(port);
            });
        }
    };
    side("dst_endpoint", destination4.or(destination6), [destination_port, destination_domain, None]);
    side("src_endpoint", source4.or(source6), [source_port, source_domain, source_mac]);
}

/// Returns whether a JSON string is a hardware address, such as `00:0d:83:b1:c0:8e`.
fn is_mac(text: &str) -> bool {
    let pairs: Vec<&str> = inside(Some(text)).unwrap_or_default().split([':', '-']).collect();
    pairs.len() == 6 && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Writes a process (OCM-86).
fn process(details: &str, near: &Near<'_>, out: &mut Out<'_>) {
    let [name, path, pid, launched] = text::values_of(Some(details), ["Name", "Path", "Pid", "LaunchedAt"]);
    near.role(out);
    // The schema requires the number of a process.
    if pid.is_none_or(|pid| pid.parse::<i64>().is_err()) {
        return;
    }
    out.object("process", |out| {
        out.time(["created_time", "created_time_dt"], launched);
        out.object("file", |out| out.file(path, None));
        out.copy("name", name);
        out.copy_number("pid", pid);
    });
}

/// Visits the actors of an attack sequence who are users with a name or an ID, with their sessions (OCM-88).
fn actors<'t>(source: &Source<'t>, actor: &mut dyn FnMut(&'t str, Option<&'t str>)) {
    let [sequence] = text::values_of(source.get(Member::Detection), ["Sequence"]);
    let [actors] = text::values_of(sequence, ["Actors"]);
    text::each_element(actors.unwrap_or_default(), |it| {
        let [user, session] = text::values_of(Some(it), ["User", "Session"]);
        let [name, uid] = text::values_of(user, ["Name", "Uid"]);
        if let Some(user) = user.filter(|_| inside(name).or(inside(uid)).is_some()) {
            actor(user, session);
        }
    });
}

fn actor((user, session): (&str, Option<&str>), near: &Near<'_>, out: &mut Out<'_>) {
    let [name, uid, credential, account] = text::values_of(Some(user), ["Name", "Uid", "CredentialUid", "Account"]);
    let [account_id, account_name] = text::values_of(account, ["Uid", "Name"]);
    let [session_id, mfa, created, issuer] = text::values_of(session, ["Uid", "MfaStatus", "CreatedTime", "Issuer"]);
    out.object("actor", |out| {
        out.object("session", |out| {
            out.time(["created_time", "created_time_dt"], created);
            if let Some(status) = inside(mfa) {
                out.flag("is_mfa", status == "ENABLED");
            }
            out.copy("issuer", issuer);
            out.copy("uid", session_id);
        });
        out.object("user", |out| {
            out.object("account", |out| {
                out.copy("name", account_name);
                out.copy("uid", account_id);
            });
            out.copy("credential_uid", credential);
            out.copy("name", name);
            out.copy("uid", uid);
        });
    });
    near.role(out);
}
