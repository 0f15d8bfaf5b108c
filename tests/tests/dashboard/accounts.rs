//! Tests of the page `Accounts`: what it shows of both sides, and its forms.

use securityhub_fixtures::Operation;
use serde_json::json;

use super::document::Document;
use super::forms::token;
use super::site::{Fields, Site, header, text};

const ADMINISTRATOR: &str = "111111111111";
const REGION: &str = "us-east-1";

/// Two administrators with hubs in two Regions, and members in several states.
const WORLD: &str = r#"
name: accounts
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
regions: [us-east-1, eu-west-1]
accounts:
  "111111111111": { name: security, email: security@example.com }
  "222222222222": { name: shop, email: shop@example.com }
hubs:
  - account: "111111111111"
    regions: all
    quiet: true
    members: { "222222222222": enabled, "333333333333": invited, "555555555555": created }
  - account: "666666666666"
    regions: [us-east-1]
    quiet: true
    members: { "333333333333": enabled }
findings:
  - generate: { product: guardduty, count: 3, accounts: ["222222222222"], regions: [us-east-1] }
"#;

fn address(account: &str, region: &str) -> String {
    format!("/_emulator/ui/as/{account}/{region}/accounts")
}

/// Rules: DSH-85.
#[test]
fn members_are_shown_as_both_sides_see_them() {
    let site = Site::written(WORLD);
    let page = site.page(&address(ADMINISTRATOR, REGION));
    assert_eq!(page.text_of("heading"), "Accounts");
    let rows = page.required_table("Members");
    let heading = ["Select", "Account", "Name", "Email", "Status", "Member's side", "Hub", "Findings", "Since"];
    assert_eq!(rows[0], heading);
    let row = |number: usize| rows[number][1..].iter().map(String::as_str).collect::<Vec<_>>();
    let since = "2026-01-15 09:00:00Z";
    assert_eq!(row(1), ["222222222222", "shop", "shop@example.com", "Enabled", "Enabled", "on", "3", since]);
    assert_eq!(row(2), ["333333333333", "–", "–", "Invited", "666666666666", "on", "0", since]);
    assert_eq!(row(3), ["555555555555", "–", "–", "Created", "–", "off", "0", since]);
    let invited = site.page(&format!("{}?status=Invited", address(ADMINISTRATOR, REGION)));
    let rows = invited.required_table("Members");
    assert_eq!((rows.len(), rows[1][1].as_str()), (2, "333333333333"));
    let none = site.page(&format!("{}?status=Deleted", address(ADMINISTRATOR, REGION)));
    assert!(none.text_of("main").contains("No member has the status Deleted"), "{}", none.text());
    let unknown = Document::new(&text(&site.get(&format!("{}?status=nope", address(ADMINISTRATOR, REGION)))));
    assert_eq!(unknown.rows("Members").len(), 3, "all members are shown beside the sentence about the status");
    let all = [("action", "delete"), ("all", "yes")];
    let refused = site.post(
        &format!("{}?status=nope", address(ADMINISTRATOR, REGION)),
        &[],
        &format!("token={}&{}", token(&unknown), all.encoded()),
    );
    assert_eq!(refused.status(), 422, "an unknown status does not select all members");
    for query in ["?status=Nope", "?page=0", "?page=x"] {
        assert_eq!(site.status(&format!("{}{query}", address(ADMINISTRATOR, REGION))), 400, "{query}");
    }
    let member = site.page(&address("222222222222", REGION)).text_of("main");
    assert!(
        member.contains("This account has no members") && member.contains("111111111111 security since"),
        "{member}"
    );
}

/// The list of the accounts of the quickstart's neighbours, in the format of the console.
fn forty() -> String {
    let line = |number: u32| format!("2{number:011},member-{number}@example.com\r\n");
    format!("Account ID,Email\r\n{}", (1..=40).map(line).collect::<String>())
}

/// Rules: DSH-11, DSH-12, DSH-86.
#[test]
fn forty_accounts_are_added_invited_and_accepted_with_one_button() {
    let site = Site::written(WORLD);
    let address = address("666666666666", REGION);
    let accounts = forty();
    let fields = [("action", "add-invite-and-accept"), ("accounts", accounts.as_str()), ("region", REGION)];
    let page = site.submitted(&address, &fields);
    assert_eq!(page.text_of("status"), "40 added, 40 invited, 40 accepted, 0 refused");
    let main = page.text_of("main");
    for part in ["create-members", "invite-members", "members accept --administrator 666666666666", "41 members"] {
        assert!(main.contains(part), "{part}: {main}");
    }
    assert!(!main.contains("Not processed"), "{main}");
    let enabled = site.page(&format!("{address}?status=Enabled"));
    for row in &enabled.required_table("Members")[2..] {
        assert_eq!((&*row[4], &*row[5], &*row[6]), ("Enabled", "Enabled", "on"), "{row:?}");
    }
    let (status, administrator) = site.call("200000000040", REGION, Operation::GetAdministratorAccount, &json!({}));
    assert_eq!((status, &administrator["Administrator"]["AccountId"]), (200, &json!("666666666666")));
    let recorded = site.control("/_emulator/requests?operation=CreateMembers");
    let calls = recorded["Requests"].as_array().unwrap();
    assert_eq!((calls.len(), &calls[0]["Via"], &calls[0]["Account"]), (1, &json!("dashboard"), &json!("666666666666")));
    let again = site.submitted(&address, &fields);
    assert_eq!(
        again.text_of("status"),
        "0 added, 0 invited, 0 accepted, 0 refused, 40 unchanged",
        "done steps are skipped"
    );
}

/// Rules: DSH-86.
#[test]
fn the_steps_of_an_invitation_have_buttons_of_their_own() {
    let site = Site::written(WORLD);
    let address = address(ADMINISTRATOR, REGION);
    let list = "777777777777\n333333333333";
    let add = [("action", "add"), ("accounts", list), ("region", REGION)];
    let added = site.submitted(&address, &add);
    assert_eq!(added.text_of("status"), "1 added, 0 invited, 0 accepted, 1 refused");
    let rows = added.required_table("Not processed");
    assert_eq!(rows[0], ["Account", "Region", "Reason"]);
    assert_eq!((&*rows[1][0], &*rows[1][1]), ("333333333333", REGION));
    assert!(rows[1][2].contains("already a member or associated member"), "{rows:?}");
    let invite = [("action", "add-and-invite"), ("accounts", "777777777777"), ("region", "all")];
    let invited = site.submitted(&address, &invite);
    assert_eq!(invited.text_of("status"), "1 added, 2 invited, 0 accepted, 0 refused, in 2 Regions");
    // The hub of the account is off in one Region and the account has another administrator in the other.
    let accept =
        [("action", "add-invite-and-accept"), ("accounts", list), ("region", "us-east-1"), ("region", "eu-west-1")];
    let accepted = site.submitted(&address, &accept);
    let status = accepted.text_of("status");
    assert!(status.starts_with("0 added, 0 invited, 3 accepted, 1 refused, in 2 Regions"), "{status}");
    assert_eq!(accepted.required_table("Not processed")[1][0], "333333333333");
}

/// Rules: DSH-11, DSH-86.
#[test]
fn a_malformed_list_is_refused_as_a_whole() {
    let site = Site::written(WORLD);
    let address = address(ADMINISTRATOR, REGION);
    let list = "777777777777,a@example.com\n77,b@example.com\n<b>";
    let page = site.refused(&address, &[("action", "add"), ("accounts", list), ("region", REGION)]);
    let alert_text = page.alert();
    assert!(alert_text.contains("line 2: `77` is not a valid account ID"), "{alert_text}");
    assert!(alert_text.contains("line 3: `<b>`"), "{alert_text}");
    let kept = page.text_of("invite-list");
    assert_eq!(kept, list.replace('\n', " "));
    assert_eq!(site.page(&address).required_table("Members").len(), 4, "nothing was added");
    for (fields, sentence) in [
        (vec![("action", "add"), ("accounts", " \n"), ("region", REGION)], "Enter at least one account"),
        (vec![("action", "add"), ("accounts", "777777777777")], "Choose at least one Region"),
        (vec![("action", "add"), ("accounts", "777777777777"), ("region", "us-west-2")], "`us-west-2`"),
        (vec![("action", "nope")], "`nope`"),
        (vec![("action", "invite")], "Select at least one account"),
        (vec![("action", "invite"), ("account", "1")], "`1` is not a valid account ID"),
    ] {
        let page = site.refused(&address, &fields);
        assert!(page.alert().contains(sentence), "{fields:?}: {}", page.alert());
    }
}

/// Rules: DSH-86.
#[test]
fn accounts_can_be_read_from_a_file() {
    let site = Site::written(WORLD);
    let address = address("666666666666", REGION);
    let token = token(&site.page(&address));
    let part =
        |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let head = [part("token", &token), part("accounts", ""), part("region", REGION), part("action", "add")].concat();
    let file =
        "--x\r\nContent-Disposition: form-data; name=\"csv\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n";
    let body = format!("{head}{file}{}\r\n--x--\r\n", forty());
    let headers = [("content-type", "multipart/form-data; boundary=x")];
    let response = site.send(Site::request("POST", &address, &headers, &body));
    assert_eq!(response.status(), 303, "{}", text(&response));
    let page = site.page(header(&response, "location"));
    assert_eq!(page.text_of("status"), "40 added, 0 invited, 0 accepted, 0 refused");
    let created = site.page(&format!("{address}?status=Created"));
    assert_eq!(created.required_table("Members")[40][3], "member-40@example.com");
    for (content, sentence) in [
        (&b"500000000002,m\xfcller@example.com"[..], "The file is not UTF-8."),
        (b"\xff\xfe5\x000\x00", "The file is UTF-16."),
    ] {
        let mut request = Site::request("POST", &address, &headers, "");
        *request.body_mut() = [format!("{head}{file}").as_bytes(), content, b"\r\n--x--\r\n"].concat().into();
        let response = site.send(request);
        assert_eq!(response.status(), 422, "{sentence}");
        assert!(Document::new(&text(&response)).text_of("main").contains(sentence), "{}", text(&response));
    }
    let after = site.page(&format!("{address}?status=Created"));
    assert_eq!(after.required_table("Members").len(), created.required_table("Members").len(), "nothing was added");
}

/// Rules: DSH-13, DSH-86.
#[test]
fn the_page_stays_small_with_long_addresses() {
    let site = Site::written(WORLD);
    let address = address(ADMINISTRATOR, REGION);
    let line = |number: u32| format!("7000000000{number:02},{}@example.com\n", "x".repeat(20_000));
    let list = (0..50).map(line).collect::<Vec<_>>().concat();
    let added = site.submit(&address, &[("accounts", list.as_str()), ("region", REGION), ("action", "add-and-invite")]);
    assert_eq!(added.status(), 303, "{}", text(&added));
    let wrong =
        site.submit(&address, &[("accounts", "x".repeat(50_000).as_str()), ("region", REGION), ("action", "add")]);
    assert_eq!(wrong.status(), 422);
    for (what, response) in
        [("after", site.get(header(&added, "location"))), ("later", site.get(&address)), ("wrong", wrong)]
    {
        assert!(response.body().len() <= 300 * 1024, "{what}: {} bytes", response.body().len());
    }
}

/// Rules: DSH-85.
#[test]
fn selected_members_are_changed_together() {
    let site = Site::written(WORLD);
    let address = address(ADMINISTRATOR, REGION);
    let both = [("account", "555555555555"), ("account", "222222222222")];
    let act = |action| site.submitted(&address, &[&[("action", action)][..], &both].concat()).text_of("status");
    assert_eq!(act("invite"), "1 invited, 1 refused");
    assert_eq!(act("accept-for"), "1 accepted, 1 refused");
    assert_eq!(act("disassociate"), "2 disassociated, 0 refused");
    assert_eq!(act("delete"), "2 deleted, 0 refused");
    let all = site.submitted(&format!("{address}?status=Invited"), &[("action", "disassociate"), ("all", "yes")]);
    assert_eq!(all.text_of("status"), "1 disassociated, 0 refused");
    let rows = site.page(&address).required_table("Members");
    assert_eq!((rows.len(), &*rows[1][1], &*rows[1][4]), (2, "333333333333", "Removed"));
}

/// Rules: DSH-88.
#[test]
fn received_invitations_can_be_answered() {
    let site = Site::written(WORLD);
    let member = address("777777777777", REGION);
    site.call("777777777777", REGION, Operation::EnableSecurityHub, &json!({ "EnableDefaultStandards": false }));
    let none = site.page(&member).text_of("main");
    assert!(none.contains("received no invitations") && none.contains("has no administrator"), "{none}");
    let invite = |account: &str| {
        let fields = [("action", "add-and-invite"), ("accounts", "777777777777"), ("region", REGION)];
        site.submitted(&address(account, REGION), &fields)
    };
    let sent = invite(ADMINISTRATOR).text_of("main");
    assert!(
        sent.contains("2 invited accounts have not accepted yet") && sent.contains("Accept all in their place"),
        "{sent}"
    );
    invite("666666666666");
    let rows = site.page(&member).required_table("Invitations");
    assert_eq!(rows[0], ["From", "Sent", "Status", "Action"]);
    assert_eq!(rows[1][..3], ["111111111111 security", "2026-01-15 09:00:00Z", "Invited"]);
    let answer = |action, sender| site.submitted(&member, &[("action", action), ("sender", sender)]).text_of("status");
    assert_eq!(answer("decline", "666666666666"), "The invitation of 666666666666 is declined.");
    assert_eq!(answer("delete-invitation", "666666666666"), "The invitation of 666666666666 is deleted.");
    let again = site.refused(&member, &[("action", "decline"), ("sender", "666666666666")]);
    assert!(again.alert().contains("no pending invitation"), "{}", again.alert());
    let (_, listed) = site.call("777777777777", REGION, Operation::ListInvitations, &json!({}));
    let id = listed["Invitations"][0]["InvitationId"].as_str().unwrap();
    let wrong = [("action", "accept"), ("sender", ADMINISTRATOR), ("invitation", "0")];
    assert!(site.refused(&member, &wrong).alert().contains("InvalidInputException (400)"));
    let accepted = site.submitted(&member, &[("action", "accept"), ("sender", ADMINISTRATOR), ("invitation", id)]);
    let main = accepted.text_of("main");
    assert!(main.contains("111111111111 security since 2026-01-15 09:00:00Z Leave"), "{main}");
    let left = site.submitted(&member, &[("action", "leave")]).text_of("main");
    assert!(left.contains("This account has no administrator in this Region"), "{left}");
    let all = site.submitted(&address(ADMINISTRATOR, REGION), &[("action", "accept-all")]);
    assert_eq!(all.text_of("status"), "0 accepted, 1 refused", "333333333333 has another administrator");
}

/// Rules: DSH-87.
#[test]
fn a_message_is_shown_to_the_invited_accounts() {
    let site = Site::written(WORLD);
    let fields = [
        ("action", "add-and-invite"),
        ("accounts", "777777777777"),
        ("region", REGION),
        ("message", "Please accept <today>."),
    ];
    let page = site.submitted(&address(ADMINISTRATOR, REGION), &fields);
    assert_eq!(page.text_of("status"), "1 added, 1 invited, 0 accepted, 0 refused");
    site.call("777777777777", REGION, Operation::EnableSecurityHub, &json!({}));
    let rows = site.page(&address("777777777777", REGION)).required_table("Invitations");
    assert_eq!(rows[1][0], "111111111111 security “Please accept <today>.”");
    let long = "a".repeat(1_001);
    let page = site.refused(&address(ADMINISTRATOR, REGION), &[&fields[..3], &[("message", long.as_str())]].concat());
    assert!(page.alert().contains("at most 1000 characters"), "{}", page.alert());
    let exported = site.control("/_emulator/scenario?format=json").to_string();
    assert!(exported.contains("Please accept <today>."), "the message is a part of the state");
}

/// Rules: DSH-89.
#[test]
fn the_organization_is_shown_as_a_tree_and_its_accounts_can_be_changed() {
    let site = Site::of("delegated-admin.yaml");
    let address = address(ADMINISTRATOR, REGION);
    let main = site.page(&address).text_of("main");
    for part in [
        "o-a1b2c3d4e5, managed by 999999999999",
        "Delegated administrator of Security Hub: 111111111111 security in eu-west-1, us-east-1",
        "Workloads 222222222222 shop active, hub on 333333333333 warehouse active, hub",
        "Configuration type: LOCAL. Status: ENABLED.",
    ] {
        assert!(main.contains(part), "{part}: {main}");
    }
    let change = |change: &str, more: &[(&str, &str)]| {
        let fields = [("action", "change-account"), ("change", change), ("changed-account", "444444444444")];
        site.submitted(&address, &[&fields[..], more].concat())
    };
    let joined = change("join", &[("unit", "Workloads"), ("name", "payments")]);
    assert_eq!(joined.text_of("status"), "444444444444 is active in Workloads.");
    let main = joined.text_of("main");
    assert!(main.contains("organization join --account 444444444444"), "{main}");
    assert!(main.contains("444444444444 payments active, hub on"), "{main}");
    assert_eq!(change("move", &[("unit", "Sandbox")]).text_of("status"), "444444444444 is active in Sandbox.");
    assert_eq!(change("suspend", &[]).text_of("status"), "444444444444 is suspended in Sandbox.");
    assert_eq!(change("reactivate", &[]).text_of("status"), "444444444444 is active in Sandbox.");
    assert_eq!(change("leave", &[]).text_of("status"), "444444444444 is active outside the organization.");
    let again = [("action", "change-account"), ("change", "leave"), ("changed-account", "444444444444")];
    let page = site.refused(&address, &again);
    assert!(page.alert().contains("444444444444"), "{}", page.alert());
    let saved = site.submitted(&address, &[("action", "auto-enable"), ("standards", "yes")]);
    assert_eq!(saved.text_of("status"), "The settings for accounts that join are saved.");
    let (_, described) = site.call(ADMINISTRATOR, REGION, Operation::DescribeOrganizationConfiguration, &json!({}));
    assert_eq!((&described["AutoEnable"], &described["AutoEnableStandards"]), (&json!(false), &json!("DEFAULT")));
    let member = site.page(&self::address("222222222222", REGION)).text_of("main");
    assert!(member.contains("a member through the organization, so it cannot leave"), "{member}");
    let without = Site::of("forty-members.yaml").page(&self::address(ADMINISTRATOR, REGION)).text_of("main");
    assert!(without.contains("No organization exists"), "{without}");
}

/// Rules: DSH-90.
#[test]
fn configuration_policies_and_regions_are_shown() {
    let site = Site::of("central-configuration.yaml");
    let page = site.page(&address(ADMINISTRATOR, REGION));
    let policies = page.required_table("Configuration policies");
    assert_eq!(policies[0], ["Name", "Hub", "Standards", "Controls", "Targets"]);
    let baseline = policies.iter().find(|row| row[0] == "baseline").unwrap();
    assert_eq!(
        baseline[1..],
        [
            "on",
            "aws-foundational-security-best-practices/v/1.0.0, cis-aws-foundations-benchmark/v/1.4.0",
            "all but S3.9, EC2.10",
            "Workloads"
        ]
    );
    let closed = policies.iter().find(|row| row[0] == "closed").unwrap();
    assert_eq!(closed[1..], ["off", "–", "–", "Sandbox"]);
    let targets = page.required_table("What governs whom");
    assert_eq!(targets[0], ["Target", "Policy", "Applied or inherited", "Status", "Message"]);
    let target = |name: &str| targets.iter().find(|row| row[0] == name).unwrap()[1..4].to_vec();
    assert_eq!(target("Root"), ["self-managed", "Applied", "FAILED"]);
    assert_eq!(target("Workloads")[..2], ["baseline", "Applied"]);
    assert_eq!(target("222222222222 shop"), ["baseline", "Inherited", "SUCCESS"]);
    assert_eq!(target("333333333333 warehouse"), ["baseline", "Inherited", "FAILED"]);
    let regions = page.required_table("Regions");
    assert_eq!(regions[1][1..], [REGION, "ALL_REGIONS", "eu-west-1"]);
    let main = page.text_of("main");
    assert!(main.contains("222222222222 shop active, hub on, baseline"), "{main}");
    let member = site.page(&address("222222222222", REGION)).text_of("main");
    assert!(member.contains("Must be a Security Hub delegated administrator"), "{member}");
}

/// Rules: DSH-91.
#[test]
fn denied_calls_are_shown_with_the_statement_that_denies_them() {
    let site = Site::of("prevent-tamper.yaml");
    let member = address("222222222222", REGION);
    let none = site.page(&member);
    assert!(none.text_of("main").contains("Policies have not denied any recorded call"), "{}", none.text());
    assert_eq!(none.required_table("Service control policies")[1], ["Workloads", "prevent-tamper"]);
    let (status, _) = site.call("222222222222", REGION, Operation::DisableSecurityHub, &json!({}));
    assert_eq!(status, 403);
    let rows = site.page(&member).required_table("Denied calls");
    assert_eq!(rows[0], ["Time", "Operation", "Principal", "Policy", "Statement"]);
    let user = "arn:aws:iam::222222222222:user/local";
    assert_eq!(rows[1][..4], ["2026-01-15 09:00:00Z", "DisableSecurityHub", user, "prevent-tamper"]);
    assert_eq!(rows[1][4], "SecurityHubStaysOn");
    let may = |account: &str, operation: &str| {
        site.page(&format!("{member}?may-account={account}&may-operation={operation}")).text_of("main")
    };
    let denied = may("222222222222", "DisableSecurityHub");
    assert!(denied.contains("Denied: 222222222222 may not perform securityhub:DisableSecurityHub"), "{denied}");
    assert!(denied.contains("with an explicit deny in a service control policy ("), "{denied}");
    let allowed = may("222222222222", "GetFindings");
    assert!(allowed.contains("allows 222222222222 to perform securityhub:GetFindings"), "{allowed}");
    let unbound = may("999999999999", "DisableSecurityHub");
    assert!(unbound.contains("Allowed: no policy applies to 999999999999"), "{unbound}");
    for query in ["may-account=1&may-operation=GetFindings", "may-account=222222222222&may-operation=Nope"] {
        assert_eq!(site.status(&format!("{member}?{query}")), 400, "{query}");
    }
}

/// Rules: DSH-20, DSH-24, DSH-35.
#[test]
fn the_page_is_well_formed_and_its_calls_work_in_organizations() {
    for scenario in ["central-configuration.yaml", "delegated-admin.yaml", "prevent-tamper.yaml"] {
        let site = Site::of(scenario);
        for account in [ADMINISTRATOR, "222222222222"] {
            let query = "?targets=1&may-account=222222222222&may-operation=DisableSecurityHub";
            let address = format!("{}{query}", address(account, REGION));
            let page = site.page(&address);
            page.check_structure(&address);
            page.check_content_policy(&address);
            page.check_tables(&address);
            super::calls::check(&site, &address, &page);
            super::links::check(&site, &address, &page);
            super::links::check_numbers(&site, &address, &page);
        }
    }
}
