//! Fields that no filter has used before: the time of their first response, and its effect on other calls.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::ask;
use crate::common::child::Child;
use crate::common::connection::Connection;
use crate::common::goal::{at_most, below};
use crate::common::latency::milliseconds;
use crate::common::size::sized;
use crate::common::summary::Summary;
use crate::findings;
use crate::pairs::Rounds;

/// Each field can be used once per world, so these lists have no field in common with other queries.
const FIRST: [&str; 8] = [
    "GeneratorId",
    "Type",
    "Description",
    "ResourceId",
    "FindingProviderFieldsTypes",
    "RecommendationText",
    "VulnerabilitiesExploitAvailable",
    "ResourceAwsEc2InstanceVpcId",
];
/// The columns built while DescribeHub is called, and while findings are imported; one row per round.
const WHILE_CALLED: [[&str; 2]; ROUNDS] = [
    ["SourceUrl", "ResourceAwsEc2InstanceImageId"],
    ["ResourcePartition", "ResourceAwsS3BucketOwnerId"],
    ["ResourceRegion", "VulnerabilitiesFixAvailable"],
];
const WHILE_IMPORTED: [[&str; 2]; ROUNDS] = [
    ["CompanyName", "ResourceAwsEc2InstanceSubnetId"],
    ["ComplianceStatus", "ResourceAwsIamAccessKeyUserName"],
    ["ProcessName", "ResourceAwsEc2InstanceIamInstanceProfileArn"],
];
const ROUNDS: usize = 3;
/// Maximum ratio by which building a column may increase the 99th percentile of other calls.
const MAX_SLOWDOWN: f64 = 3.0;

/// The first and second response for each field.
pub(crate) fn first_answers(programs: &[Child]) {
    let answers = Rounds::of(programs, FIRST.len(), |program, round| {
        let (mut connection, question) = (Connection::open(program.address()), ask::none_has(FIRST[round]));
        (milliseconds(&mut connection, &question), milliseconds(&mut connection, &question))
    });
    let first = answers.map(|(first, _)| first / 1000.0);
    first.print_figure("first filter on a field, first response", 3, " s", |median| below(median, 3.0, " s"));
    first.print_ratio("first response", 0.25);
    let second = answers.map(|(_, second)| *second);
    second.print_figure("the same, second response", 2, " ms", |median| below(median, 50.0, " ms"));
    second.print_ratio("second response", 1.0);
}

/// DescribeHub every two milliseconds, idle and while columns are built.
pub(crate) fn describe_hub(programs: &[Child]) {
    let call = ask::describe_hub();
    let pace = Duration::from_millis(2);
    let rounds = Rounds::of(programs, ROUNDS, |program, round| {
        let quiet = quiet(program, std::iter::repeat_n(&call, sized(1_000, 10)), pace);
        (quiet, building(program, std::iter::repeat(&call), pace, WHILE_CALLED[round]))
    });
    print("DescribeHub", &rounds);
}

/// Imports of a hundred findings every ten milliseconds, idle and while columns are built.
pub(crate) fn imports(programs: &[Child], accounts: usize, count: usize) {
    let of_a_round = (count / 3_000).clamp(sized(30, 2), 300);
    let requests = findings::imports(accounts, of_a_round * ROUNDS);
    let pace = Duration::from_millis(10);
    let rounds = Rounds::of(programs, ROUNDS, |program, round| {
        let requests = &requests[round * of_a_round..(round + 1) * of_a_round];
        let (first, second) = requests.split_at(of_a_round / 2);
        (quiet(program, first, pace), building(program, second, pace, WHILE_IMPORTED[round]))
    });
    print("import of 100", &rounds);
}

/// Milliseconds of each call while the program is otherwise idle.
fn quiet<'r>(program: &Child, calls: impl IntoIterator<Item = &'r Vec<u8>>, pace: Duration) -> Summary {
    Summary::of(paced(program, calls, pace, &AtomicBool::new(false)))
}

/// Milliseconds of each call that starts while another connection waits for the first responses for these fields.
fn building<'r>(
    program: &Child,
    calls: impl IntoIterator<Item = &'r Vec<u8>>,
    pace: Duration,
    fields: [&str; 2],
) -> Summary {
    let is_built = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = Connection::open(program.address());
            for field in fields {
                connection.send_ok(&ask::none_has(field));
            }
            is_built.store(true, Ordering::Relaxed);
        });
        Summary::of(paced(program, calls, pace, &is_built))
    })
}

/// Makes calls until there are no more or `is_over` is set, but at least one.
fn paced<'r>(
    program: &Child,
    calls: impl IntoIterator<Item = &'r Vec<u8>>,
    pace: Duration,
    is_over: &AtomicBool,
) -> Vec<f64> {
    let mut connection = Connection::open(program.address());
    let (start, mut measured) = (Instant::now(), Vec::new());
    for (number, call) in (0..).zip(calls) {
        std::thread::sleep((pace * number).saturating_sub(start.elapsed()));
        if is_over.load(Ordering::Relaxed) && !measured.is_empty() {
            break;
        }
        measured.push(milliseconds(&mut connection, call));
    }
    measured
}

/// Prints both latencies, and the ratio of the 99th percentiles.
fn print(call: &str, rounds: &Rounds<(Summary, Summary)>) {
    rounds.map(|(quiet, _)| quiet.clone()).print(&format!("{call}, quiet"));
    rounds.map(|(_, building)| building.clone()).print(&format!("{call}, while columns are built"));
    let disturbed = rounds.map(|(quiet, building)| building.percentile_99() / quiet.percentile_99());
    disturbed
        .print_figure("  p99 while columns are built to the quiet one", 2, "", |median| at_most(median, MAX_SLOWDOWN));
}
