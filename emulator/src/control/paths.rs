//! The paths of the control plane, as listed by `GET /_emulator/`, in errors and in docs/reference/control-plane.md. A test
//! compares them with the router.

use serde::Serialize;

/// A path and its calls.
pub(super) struct Path {
    pub(super) name: &'static str,
    /// The parameters and results of the path in Markdown, for docs/reference/control-plane.md.
    description: &'static str,
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
        name: "/_emulator/",
        description: "lists these calls with an example each; a browser gets a page with the content of the emulator, as \
                      at `/`",
        calls: &[call("GET", "List the paths of the control plane; a browser receives a page", "")],
    },
    Path {
        name: "/_emulator/status",
        description: "returns accounts, Regions and hubs, the number of findings by owner, and the clock; \
                      `securityhub-local status` prints it",
        calls: &[call("GET", "Show accounts, Regions, hubs, numbers of findings, and the clock", "")],
    },
    Path {
        name: "/_emulator/caller",
        description: "`?access-key=…`: returns the account that calls with an access key belong to, and whether the \
                      key is known",
        calls: &[call("GET", "Show the account of an access key", "?access-key=test")],
    },
    Path {
        name: "/_emulator/health",
        description: "returns the version, the clock, and the number of hubs and findings; `status` is `ok`, or \
                      `degraded` with `last_panic` (a request ID) after a request has panicked; `dropped_log_lines` is \
                      the number of log lines that could not be written",
        calls: &[call("GET", "Check that the emulator runs", "")],
    },
    Path {
        name: "/_emulator/reset",
        description: "restores the initial state; `?to=empty` removes everything",
        calls: &[call("POST", "Return to the start of the scenario, or with ?to=empty to an empty state", "?to=start")],
    },
    Path {
        name: "/_emulator/clock",
        description: "returns the clock; `POST` advances it by a duration such as `36h` or, in ISO 8601, `P3D`, \
                      `P1DT12H` or `P2W`",
        calls: &[call("GET", "Show the time", ""), call("POST", "Advance the clock", r#"{"advance": "P1D"}"#)],
    },
    Path {
        name: "/_emulator/findings",
        description: "imports a finding, a list of findings or `{\"Findings\": [...]}`, up to 64 MiB, as if sent by \
                      their products, including AWS services",
        calls: &[call("POST", "Import findings on behalf of any product", "@findings.json")],
    },
    Path {
        name: "/_emulator/exposures",
        description: "computes exposure findings at once instead of after `delays.exposures`, in all Regions in which a \
                      hub V2 is enabled: returns `OpenExposures`, the number of those that are open",
        calls: &[call("POST", "Compute exposure findings now", "")],
    },
    Path {
        name: "/_emulator/findings/query",
        description: "`{\"Account\", \"Region\", \"Filters\"?, \"TitleContains\"?, \"Limit\"?}`: returns the findings \
                      that the account sees, the most severe and then the newest first, the number of all that match, \
                      and the numbers in its other Regions; `securityhub-local findings` prints it",
        calls: &[call(
            "POST",
            "List the findings that an account sees, and count those in its other Regions",
            r#"{"Account": "111111111111", "Region": "us-east-1", "Limit": 10}"#,
        )],
    },
    Path {
        name: "/_emulator/explain",
        description: "`{\"Account\", \"Region\", \"Id\", \"ProductArn\"?, \"Filters\"}`: explains why GetFindings \
                      returns or does not return the finding",
        calls: &[call(
            "POST",
            "Explain why GetFindings returns a finding or not",
            r#"{"Account": "111111111111", "Region": "us-east-1", "Id": "ID", "Filters": {}}"#,
        )],
    },
    Path {
        name: "/_emulator/events",
        description: "`?account=…&region=…&detail-type=…&pattern=…&after=0&limit=100`: lists the events sent to \
                      EventBridge, oldest first, optionally only those that match an event pattern. Returns \
                      `{\"Events\", \"Last\", \"More\", \"Dropped\"}`: use `Last` as the next `after`; `More` is \
                      true if there are later events (a call compares at most 1,000 events with a pattern, so a page can \
                      be empty even if more follow); `Dropped` is the minimum number of skipped events that are no \
                      longer available (`serve --events` keeps 10,000). `DELETE` removes all events",
        calls: &[
            call("GET", "List the events sent to EventBridge", "?limit=10"),
            call("DELETE", "Remove all events", ""),
        ],
    },
    Path {
        name: "/_emulator/custom-actions",
        description: "`{\"ActionTargetArn\", \"FindingIdentifiers\"` or `\"InsightArn\", \"ResultValues\"?}`: sends up \
                      to 20 findings, or results of an insight, to a custom action, as in the console",
        calls: &[call(
            "POST",
            "Send findings to a custom action, as a user of the console does",
            r#"{"ActionTargetArn": "ARN", "FindingIdentifiers": [{"Id": "ID", "ProductArn": "ARN"}]}"#,
        )],
    },
    Path {
        name: "/_emulator/exports/{id}",
        description: "returns an export job of the V2 half of any account: `{\"ExportJobId\", \"Account\", \"Region\", \
                      \"Status\", \"Object\", \"Exported\"?}`, with bucket and key in `Object`, and what it has exported in \
                      `Exported` unless it was written to the directory of `serve --export-dir` or to the endpoint of `serve \
                      --export-s3-endpoint`. `PUT` takes `{\"Status\", \"FailureCode\"?}` and puts it in that state; a job \
                      with the status `RUNNING` runs until it is put in another state",
        calls: &[
            call("GET", "Show an export job of the V2 half, and what it has exported", ""),
            call(
                "PUT",
                "Let an export job succeed, fail, be cancelled or run again",
                r#"{"Status": "FAILED", "FailureCode": "ACCESS_DENIED"}"#,
            ),
        ],
    },
    Path {
        name: "/_emulator/compliance",
        description: "`?account=…&region=…&standard=…`: returns control statuses and security scores as the console \
                      shows them to the account; for an administrator, also those of each member",
        calls: &[call("GET", "Show security scores and control statuses", "?account=111111111111&region=us-east-1")],
    },
    Path {
        name: "/_emulator/members",
        description: "`GET` with `?administrator=…&region=…` lists members, with their statuses and whether their hubs \
                      are enabled; `POST` takes `{\"Administrator\", \"Regions\", \"AccountDetails\"` or `\"Csv\", \
                      \"Invite\"?, \"Accept\"?}`: adds members, and optionally invites them and accepts on their behalf",
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
        name: "/_emulator/members/accept",
        description: "`{\"Administrator\", \"Regions\", \"AccountIds\"?}`: accepts on behalf of these accounts, or of \
                      all invited accounts",
        calls: &[call(
            "POST",
            "Accept invitations on behalf of the invited accounts",
            r#"{"Administrator": "111111111111", "Regions": ["us-east-1"]}"#,
        )],
    },
    Path {
        name: "/_emulator/organization",
        description: "returns the organization as a tree: units, accounts with their statuses, and the names of the \
                      attached policies; `securityhub-local organization tree` prints it. `POST` takes `{\"Action\", \
                      \"AccountId\", \"Parent\"?, \"Name\"?, \"Email\"?}` and changes an account; the action is `join`, \
                      `move`, `leave`, `suspend`, `reactivate` or `close`",
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
        name: "/_emulator/organization/policies",
        description: "lists the policies with their targets. `POST` takes `{\"Action\", \"Policy\", \"Target\", \
                      \"Document\"?}`: attaches (`attach`) a service control policy, by name or ID, to a unit, an \
                      account or `root`, or detaches it (`detach`). With a `Document`, `attach` creates the policy or \
                      replaces its document everywhere. Returns the organization as a tree, and in `Policy` whether the \
                      policy was `created`, `replaced` or `unchanged`",
        calls: &[
            call("GET", "List the policies of the organization and their targets", ""),
            call(
                "POST",
                "Attach or detach a service control policy",
                r#"{"Action": "attach", "Policy": "NAME", "Target": "root"}"#,
            ),
        ],
    },
    Path {
        name: "/_emulator/resources",
        description: "lists, adds or replaces, and deletes the resources that controls check; `PUT` takes one resource \
                      or a list, in the format of `resources` in a scenario; `DELETE` takes \
                      `?account=…&region=…&type=…&id=…`. Changed resources are checked immediately, by periodic controls \
                      within 12 hours",
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
        name: "/_emulator/config-recorder",
        description: "`{\"Account\", \"Regions\", \"Recorder\": \"on\"`, `\"off\"` or `{\"Types\"?, \"Role\": \
                      \"custom\"?}}`: sets what AWS Config records",
        calls: &[call(
            "PUT",
            "Turn the recorder of AWS Config on or off",
            r#"{"Account": "111111111111", "Regions": ["us-east-1"], "Recorder": "off"}"#,
        )],
    },
    Path {
        name: "/_emulator/checks/run",
        description: "`{\"Account\"?, \"Regions\"?}`: checks all controls of the given hubs, or of all hubs, immediately",
        calls: &[call("POST", "Check all controls now", "")],
    },
    Path {
        name: "/_emulator/connectors/{id}",
        description: "`{\"Status\"?, \"Issues\"?: [{\"Code\", \"Message\"}], \"JiraProject\"?, \"JiraIssueType\"?}`: sets \
                      what the next check of a connector finds, and whether the project and its issue type exist in \
                      Jira",
        calls: &[call("PUT", "Set the health of a connector", r#"{"Status": "FAILED_TO_CONNECT"}"#)],
    },
    Path {
        name: "/_emulator/oauth/authorize",
        description: "`?state=…&redirect_uri=…`: authorizes a connector to Jira on behalf of its owner, with the state \
                      of its `AuthUrl`: redirects with a code and the state or, without `redirect_uri`, returns \
                      `AuthCode` and `AuthState` for RegisterConnectorV2",
        calls: &[call("GET", "Authorize a connector to Jira", "?state=STATE")],
    },
    Path {
        name: "/_emulator/tickets",
        description: "`?account=…&region=…`: lists the tickets that connectors have created, oldest first",
        calls: &[call("GET", "List the tickets that connectors have created", "")],
    },
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
    let each = |path: &'static Path| path.calls.iter().map(move |call| (path.name, call));
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

    /// The address that a browser can open; `None` for a call that changes something or needs an ID.
    pub(super) fn link(&self) -> Option<String> {
        (self.method == "GET" && !self.path.contains('{')).then(|| format!("{}{}", self.path, self.query))
    }
}

impl Call {
    /// A command line for this call.
    fn curl(&self, endpoint: &str, path: &str) -> String {
        let path = path.replace("{id}", "ID");
        let method = if self.method == "GET" { String::new() } else { format!("-X {} ", self.method) };
        match self.example {
            "" => format!("curl {method}{endpoint}{path}"),
            query if query.starts_with('?') => format!("curl {method}'{endpoint}{path}{query}'"),
            body if body.starts_with('@') => format!("curl {method}{endpoint}{path} --data-binary {body}"),
            body => format!("curl {method}{endpoint}{path} -d '{body}'"),
        }
    }
}

/// The table of docs/reference/control-plane.md.
pub fn markdown() -> String {
    let methods = |path: &Path| path.calls.iter().map(|call| call.method).collect::<Vec<_>>().join("`, `");
    let row = |path: &Path| format!("| `{} {}` | {} |\n", methods(path), path.name, path.description);
    let rows: String = PATHS.iter().map(row).collect();
    format!("| call | description |\n| --- | --- |\n{rows}")
}

/// `GET /_emulator/health, POST /_emulator/reset, GET and POST /_emulator/clock`, for errors.
pub(super) fn summary() -> String {
    let path = |path: &Path| format!("{} {}", methods(path, "and"), path.name);
    PATHS.iter().map(path).collect::<Vec<_>>().join(", ")
}

/// The methods of a path as text; `None` if the path is unknown.
pub(super) fn methods_of(path: &str) -> Option<String> {
    let is_it = |known: &&Path| is_path(known.name, path) || known.name.strip_suffix('/') == Some(path);
    PATHS.iter().find(is_it).map(|path| methods(path, "or"))
}

/// Whether a path matches a known one, in which a segment such as `{id}` matches any segment.
fn is_path(known: &str, path: &str) -> bool {
    let is_same = |(known, segment): (&str, &str)| known == segment || known.starts_with('{');
    known.split('/').count() == path.split('/').count() && known.split('/').zip(path.split('/')).all(is_same)
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
