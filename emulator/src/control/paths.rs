//! The paths of the control plane, as listed by `GET /_emulator/` and in errors. A test compares them with the router.

use serde::Serialize;

/// A path and its calls.
pub(super) struct Path {
    pub(super) path: &'static str,
    pub(super) calls: &'static [Call],
}

/// A method of a path.
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) purpose: &'static str,
    /// The query, with its question mark, or the body of an example.
    example: &'static str,
}

const fn call(method: &'static str, purpose: &'static str, example: &'static str) -> Call {
    Call { method, purpose, example }
}

/// All paths, in the order in which a new user needs them.
pub(super) const PATHS: &[Path] = &[
    Path {
        path: "/_emulator/",
        calls: &[call("GET", "List the paths of the control plane; a browser receives a page", "")],
    },
    Path {
        path: "/_emulator/status",
        calls: &[call("GET", "Show accounts, Regions, hubs, numbers of findings, and the clock", "")],
    },
    Path { path: "/_emulator/health", calls: &[call("GET", "Check that the emulator runs", "")] },
    Path {
        path: "/_emulator/reset",
        calls: &[call("POST", "Return to the start of the scenario, or with ?to=empty to an empty state", "?to=start")],
    },
    Path {
        path: "/_emulator/clock",
        calls: &[call("GET", "Show the time", ""), call("POST", "Advance the clock", r#"{"advance": "P1D"}"#)],
    },
    Path {
        path: "/_emulator/findings",
        calls: &[call("POST", "Import findings on behalf of any product", "@findings.json")],
    },
    Path {
        path: "/_emulator/explain",
        calls: &[call(
            "POST",
            "Explain why GetFindings returns a finding or not",
            r#"{"Account": "111111111111", "Region": "us-east-1", "Id": "ID", "Filters": {}}"#,
        )],
    },
    Path {
        path: "/_emulator/events",
        calls: &[
            call("GET", "List the events sent to EventBridge", "?limit=10"),
            call("DELETE", "Remove all events", ""),
        ],
    },
    Path {
        path: "/_emulator/custom-actions",
        calls: &[call(
            "POST",
            "Send findings to a custom action, as a user of the console does",
            r#"{"ActionTargetArn": "ARN", "FindingIdentifiers": [{"Id": "ID", "ProductArn": "ARN"}]}"#,
        )],
    },
    Path {
        path: "/_emulator/compliance",
        calls: &[call("GET", "Show security scores and control statuses", "?account=111111111111&region=us-east-1")],
    },
    Path {
        path: "/_emulator/members",
        calls: &[
            call("GET", "List the members of an administrator", "?administrator=111111111111"),
            call(
                "POST",
                "Add, invite and accept members",
                r#"{"Administrator": "111111111111", "Regions": ["us-east-1"], "AccountDetails": [{"AccountId": "444444444444"}], "Accept": true}"#,
            ),
        ],
    },
    Path {
        path: "/_emulator/members/accept",
        calls: &[call(
            "POST",
            "Accept invitations on behalf of the invited accounts",
            r#"{"Administrator": "111111111111", "Regions": ["us-east-1"]}"#,
        )],
    },
    Path {
        path: "/_emulator/organization",
        calls: &[
            call("GET", "Show the organization as a tree", ""),
            call(
                "POST",
                "Let an account join, move, leave or be closed",
                r#"{"Action": "join", "AccountId": "444444444444"}"#,
            ),
        ],
    },
    Path {
        path: "/_emulator/organization/policies",
        calls: &[call(
            "POST",
            "Attach or detach a service control policy",
            r#"{"Action": "attach", "Policy": "NAME", "Target": "root"}"#,
        )],
    },
    Path {
        path: "/_emulator/resources",
        calls: &[
            call("GET", "List the resources that controls check", ""),
            call(
                "PUT",
                "Declare resources",
                r#"[{"account": "111111111111", "regions": ["us-east-1"], "type": "AwsS3Bucket", "id": "logs"}]"#,
            ),
            call("DELETE", "Delete resources", "?account=111111111111&type=AwsS3Bucket&id=logs"),
        ],
    },
    Path {
        path: "/_emulator/config-recorder",
        calls: &[call(
            "PUT",
            "Turn the recorder of AWS Config on or off",
            r#"{"Account": "111111111111", "Regions": ["us-east-1"], "Recorder": "off"}"#,
        )],
    },
    Path { path: "/_emulator/checks/run", calls: &[call("POST", "Check all controls now", "")] },
];

/// A path in the format of `GET /_emulator/`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    method: &'static str,
    path: &'static str,
    purpose: &'static str,
    example: String,
    #[serde(skip)]
    query: &'static str,
}

/// All calls, each with an example for an emulator at `endpoint`.
pub(super) fn listed(endpoint: &str) -> Vec<Listed> {
    let each = |path: &'static Path| path.calls.iter().map(move |call| (path.path, call));
    let listed = |(path, call): (&'static str, &'static Call)| Listed {
        method: call.method,
        path,
        purpose: call.purpose,
        example: call.curl(endpoint, path),
        query: if call.example.starts_with('?') { call.example } else { "" },
    };
    PATHS.iter().flat_map(each).map(listed).collect()
}

impl Listed {
    /// Method, path, purpose and example.
    pub(super) fn cells(&self) -> [&str; 4] {
        [self.method, self.path, self.purpose, &self.example]
    }

    /// The address to open in a browser, for a call that reads.
    pub(super) fn link(&self) -> Option<String> {
        (self.method == "GET").then(|| format!("{}{}", self.path, self.query))
    }
}

impl Call {
    /// A command line for this call.
    fn curl(&self, endpoint: &str, path: &str) -> String {
        let method = if self.method == "GET" { String::new() } else { format!("-X {} ", self.method) };
        match self.example {
            "" => format!("curl {method}{endpoint}{path}"),
            query if query.starts_with('?') => format!("curl {method}'{endpoint}{path}{query}'"),
            body if body.starts_with('@') => format!("curl {method}{endpoint}{path} --data-binary {body}"),
            body => format!("curl {method}{endpoint}{path} -d '{body}'"),
        }
    }
}

/// `GET /_emulator/health, POST /_emulator/reset, GET and POST /_emulator/clock`, for errors.
pub(super) fn summary() -> String {
    let path = |path: &Path| format!("{} {}", methods(path, "and"), path.path);
    PATHS.iter().map(path).collect::<Vec<_>>().join(", ")
}

/// The methods of a path as text; `None` if the path is unknown.
pub(super) fn methods_of(path: &str) -> Option<String> {
    let is_it = |known: &&Path| known.path == path || known.path.strip_suffix('/') == Some(path);
    PATHS.iter().find(is_it).map(|path| methods(path, "or"))
}

/// `GET, PUT and DELETE`
fn methods(path: &Path, conjunction: &str) -> String {
    let methods: Vec<&str> = path.calls.iter().map(|call| call.method).collect();
    match methods.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
        None => String::new(),
    }
}
